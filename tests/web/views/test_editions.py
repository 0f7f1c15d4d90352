"""Editions: review, approval, tests, sending and correction."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import lxml.html
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from newsletter.accounts.models import User
from newsletter.curator.editions import correction_lookup, corrections, decisions, edition_lookup, editions, picks
from newsletter.delivery.reports import summary
from newsletter.delivery.sending import mailings
from newsletter.kernel import clock
from newsletter.scheduling import schedules
from newsletter.scheduling.models import Occurrence
from newsletter.scheduling.states import OccurrenceState
from newsletter.web.forms.filters import PAGE
from subscribers.attributes import change_profile
from tests.actors import SYSTEM
from tests.copies import copy_sent


def seen(edition: Any, **form: str) -> dict[str, str]:
    """A form as the review carries it."""
    return form | {"content_hash": decisions.get_content_hash(edition if isinstance(edition, int) else edition.id)}


def test_approving_withdrawing_and_sending(editor: Client, edition: Any, readers: Callable[..., list[int]]) -> None:
    readers(2)
    base = f"/editions/{edition.id}"
    editor.post(f"{base}/approval/", seen(edition))
    assert edition_lookup.get_edition(edition.id).approved_by == "editor@example.com"
    editor.post(f"{base}/approval/", seen(edition, withdraw="1"))
    assert edition_lookup.get_edition(edition.id).state == "open"
    editor.post(f"{base}/approval/", seen(edition))
    editor.post(f"{base}/mailing/", seen(edition, readers="3", do="now"))
    assert summary.list_mailings() == (), "the number was wrong"
    answer = editor.post(f"{base}/mailing/", seen(edition, readers="2", do="now", on_other_day="1"))
    assert answer.url.startswith("/deliveries/")


def test_who_sends_what_a_colleague_has_sent_meanwhile_is_told_so(
    signed_in: Callable[[str], Client], people: dict[str, Any], edition: Any, readers: Callable[..., list[int]]
) -> None:
    readers(2)
    eddy, paul = signed_in("editor"), signed_in("admin")
    eddy.post(f"/editions/{edition.id}/approval/", seen(edition))
    form = seen(edition, readers="2", do="now", on_other_day="1")
    assert eddy.post(f"/editions/{edition.id}/mailing/", form).status_code == 302
    for late in (form, form | {"readers": "3"}):
        answer = paul.post(f"/editions/{edition.id}/mailing/", late)
        assert answer.status_code == 409
        (alert,) = lxml.html.fromstring(answer.content.decode()).cssselect("#main [role=alert]")
        assert "was faster: this edition has its mailing" in alert.text_content()
    assert len(summary.list_mailings()) == 1


def test_what_is_wrong_with_a_form_that_is_not_shown_any_more_is_shown(editor: Client, sent: Any) -> None:
    base = f"/editions/{sent.edition_id}"
    for page, form, problem in (
        ("approval/send-back/", {"note": ""}, "What to change: Say what has to change."),
        ("skip/", {"reason": ""}, "Reason"),
        ("tests/", {"addresses": "nobody"}, "nobody"),
    ):
        answer = editor.post(f"{base}/{page}", seen(sent.edition_id, **form))
        assert answer.status_code == 422, page
        said = " ".join(
            each.text_content() for each in lxml.html.fromstring(answer.content.decode()).cssselect(".error")
        )
        assert problem in said, page


def test_colleagues_are_asked_for_approval_by_their_names_and_two_of_one_name_are_told_apart(
    editor: Client, edition: Any
) -> None:
    page = editor.get(f"/editions/{edition.id}/review/").content.decode()
    assert '<option value="admin@example.com">Admin</option>' in page
    User.objects.filter(email="admin@example.com").update(name="Editor")
    page = editor.get(f"/editions/{edition.id}/review/").content.decode()
    assert '<option value="admin@example.com">Editor (admin@example.com)</option>' in page


def test_sending_on_a_day_other_than_the_editions_is_asked_about_and_nothing_typed_is_lost(
    editor: Client, edition: Any, readers: Callable[..., list[int]]
) -> None:
    readers(2)
    base, form = f"/editions/{edition.id}", {"readers": "2", "do": "schedule", "at": "2040-01-31T07:00"}
    editor.post(f"{base}/approval/", seen(edition))
    assert b"on_other_day" not in editor.get(f"{base}/review/").content
    answer = editor.post(f"{base}/mailing/", seen(edition, **form))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "it would go out on Tue 31 Jan 2040" in page
    assert all(f'value="{typed}"' in page for typed in form.values())
    assert 'name="on_other_day"' in page
    assert summary.list_mailings() == ()
    assert editor.post(f"{base}/mailing/", seen(edition, **form, on_other_day="1")).status_code == 302
    assert len(summary.list_mailings()) == 1


def test_the_button_of_the_plan_says_its_time(
    editor: Client, newsroom: Any, edition: Any, readers: Callable[..., list[int]], now: datetime
) -> None:
    """Planned by nobody, by a schedule, by a schedule that will not send it after all, and typed."""

    def read_review() -> Any:
        page = lxml.html.fromstring(editor.get(f"/editions/{edition.id}/review/").content.decode())
        said = " ".join(page.get_element_by_id("departure").text_content().split())
        return said, page.get_element_by_id("at").get("value", ""), "Its schedule sends it" in page.text_content()

    readers(2)
    editor.post(f"/editions/{edition.id}/approval/", seen(edition))
    assert read_review() == ("Schedule for the time given", "", False)
    plan = schedules.create_schedule(newsroom.briefing.id, time="07:00", by=SYSTEM, now=now)
    planned = Occurrence.objects.create(
        schedule_id=plan.id,
        newsletter_id=newsroom.briefing.id,
        edition_id=edition.id,
        state=OccurrenceState.DRAFT,
        date=edition.date,
        instant=datetime(2040, 7, 2, 6, 0, tzinfo=UTC),
        opens_at=now,
        changed_at=now,
    )
    named = "Schedule for Mon 2 Jul 2040, 07:00 BST"
    assert read_review() == (named, "2040-07-02T07:00", True)
    form = {"readers": "2", "do": "schedule", "on_other_day": "1", "named": "2040-07-02T07:00"}
    answer = editor.post(f"/editions/{edition.id}/mailing/", seen(edition, **form, at="2040-07-03T07:00"))
    assert answer.status_code == 422, "the button said another time"
    assert "Schedule for Tue 3 Jul 2040, 07:00 BST" in answer.content.decode()
    shown = editor.get(f"/editions/{edition.id}/departure/?at=2040-07-04T07:00").content.decode()
    assert "Schedule for Wed 4 Jul 2040, 07:00 BST" in shown
    made = editor.post(f"/editions/{edition.id}/mailing/", seen(edition, **form, at="2040-07-02T07:00"))
    assert made.status_code == 302
    (mailing,) = summary.list_mailings()
    assert mailing.due_at == planned.instant
    mailings.cancel(mailing.id, by=SYSTEM, now=now)
    assert read_review() == (named, "2040-07-02T07:00", False), "what was cancelled leaves only by hand"


@pytest.mark.parametrize("view", ["wide", "phone", "dark", "text"])
def test_the_review_shows_the_mail_four_ways(editor: Client, edition: Any, view: str) -> None:
    assert editor.get(f"/editions/{edition.id}/review/?view={view}").status_code == 200
    rendering = editor.get(f"/editions/{edition.id}/rendering/?view={view}")
    assert rendering.headers["Content-Security-Policy"].startswith("sandbox allow-same-origin;")
    assert b"-nl_" not in rendering.content


def test_a_sent_edition_is_corrected(editor: Client, signed_in: Callable[[str], Client], sent: Any) -> None:
    from newsletter.delivery.reports import summary

    page = f"/editions/{sent.edition_id}/corrections/"
    assert "Say what was wrong" in editor.post(page, seen(sent.edition_id, text=" ")).content.decode()
    shown = editor.post(page, seen(sent.edition_id, text="The boat is from 1961."), follow=True).content.decode()
    assert "The boat is from 1961." in shown
    assert "The next edition carries it." in shown
    (made,) = correction_lookup.list_corrections(sent.edition_id)
    assert made.by == "editor@example.com"
    assert "type the word" in editor.post(page, seen(sent.edition_id, do="mail", sure="yes")).content.decode()
    mailed = editor.post(page, seen(sent.edition_id, do="mail", sure="Correct"))
    assert mailed.status_code == 302
    assert summary.get_mailing(int(mailed.url.strip("/").split("/")[-1])).kind == "correction"
    assert signed_in("viewer").post(page, {"text": "No."}).status_code == 403


def test_the_review_of_a_sent_edition_asks_no_more_often_for_more_editions_and_corrections(
    editor: Client, sent: Any, edition: Any
) -> None:
    editor.get(f"/editions/{edition.id}/review/")  # what is looked up once in a process
    queries = []
    for more in (1, 4):
        copy_sent(edition.id, more)
        for _ in range(more):
            corrections.add_correction(edition.id, "It was 1961.", by=SYSTEM, now=clock.now(), content_hash=None)
        with CaptureQueriesContext(connection) as asked:
            page = editor.get(f"/editions/{edition.id}/review/").content.decode()
        queries.append((page.count("It was 1961."), len(asked)))
    assert queries[0][0] < queries[1][0]
    assert queries[0][1] == queries[1][1] <= 28


def test_a_finding_is_overridden_on_the_review(
    editor: Client, signed_in: Callable[[str], Client], edition: Any, now: Any
) -> None:
    editions.edit_edition(edition.id, now=now, intro="TK writes this.", seen=None, by=SYSTEM)
    review = f"/editions/{edition.id}/review/"
    assert b">Override<" in editor.get(review).content
    form = seen(edition, code="placeholder", where="intro", reason="TK is a poet.")
    assert signed_in("viewer").post(f"/editions/{edition.id}/overrides/", form).status_code == 403
    shown = editor.post(f"/editions/{edition.id}/overrides/", form, follow=True).content.decode()
    assert "TK is a poet. (Editor, " in shown
    assert ">Override<" not in shown
    editor.post(f"/editions/{edition.id}/approval/", seen(edition))
    assert edition_lookup.get_edition(edition.id).state == "approved"


def test_the_review_shows_the_mail_of_any_subscriber(
    editor: Client, signed_in: Callable[[str], Client], edition: Any, readers: Any, now: Any
) -> None:
    readers(2)
    editions.edit_edition(
        edition.id, now=now, intro="Dear {{ first_name | reader }}, good morning.", seen=None, by=SYSTEM
    )
    review, rendering = f"/editions/{edition.id}/review/", f"/editions/{edition.id}/rendering/"
    assert "reader1@example.com" in editor.get(rendering, {"as": "reader1"}).content.decode()
    assert "reader1@example.com" not in editor.get(rendering).content.decode()
    assert "Nobody on this list" in editor.get(review, {"as": "nobody@example.com"}).content.decode()
    assert "give the whole address" in editor.get(review, {"as": "reader"}).content.decode()
    assert signed_in("viewer").get(rendering, {"as": "reader1"}).status_code == 403
    assert "&lt;!DOCTYPE html&gt;" in editor.get(review, {"view": "source"}).content.decode()
    off = editor.get(rendering, {"view": "pictures off"})
    assert "img-src 'none'" in off.headers["Content-Security-Policy"]
    eml = editor.get(f"/editions/{edition.id}/letter.eml", {"as": "reader1"})
    assert eml.headers["Content-Type"] == "message/rfc822"
    assert b"reader1@example.com" in eml.content


def test_addresses_of_tests_are_remembered(editor: Client, edition: Any) -> None:
    editor.post(f"/editions/{edition.id}/tests/", seen(edition, addresses="ann@example.com, bo@example.com"))
    assert 'value="ann@example.com, bo@example.com"' in editor.get(f"/editions/{edition.id}/review/").content.decode()


def test_the_review_shows_each_variant_and_the_page(
    editor: Client, edition: Any, readers: Callable[..., list[int]], now: datetime
) -> None:
    story = edition.picks[1]
    picks.edit_pick(edition.id, story.key, visibility="members", now=now, seen=None, by=SYSTEM)
    here = f"/editions/{edition.id}"
    assert f"nl={story.key}" not in editor.get(f"{here}/review/?view=source").content.decode()
    assert f"nl={story.key}" in editor.get(f"{here}/review/?view=source&variant=a").content.decode()
    assert f"nl={story.key}" in editor.get(f"{here}/rendering/?variant=a").content.decode()
    assert f"nl={story.key}" in editor.get(f"{here}/letter.eml?variant=a").content.decode().replace("=\n", "").replace(
        "nl=3D", "nl="
    )
    page = editor.get(f"{here}/review/?view=text&variant=web").content.decode()
    assert "This was sent to" not in page
    assert "Members only" in page


def test_the_review_shows_the_variant_of_a_subscriber(
    signed_in: Callable[[str], Client], edition: Any, readers: Callable[..., list[int]], now: datetime
) -> None:
    client = signed_in("admin")
    story = edition.picks[1]
    picks.edit_pick(edition.id, story.key, visibility="members", now=now, seen=None, by=SYSTEM)
    _, member = readers(2)
    change_profile(member, tier="paid", seen=None, by=SYSTEM, now=now)
    seen = {
        n: f"nl={story.key}"
        in client.get(f"/editions/{edition.id}/rendering/?as=reader{n}@example.com").content.decode()
        for n in (0, 1)
    }
    assert seen == {0: False, 1: True}


def test_a_test_sends_the_variant_on_the_page(editor: Client, edition: Any, settings: Any, now: datetime) -> None:
    story = edition.picks[1]
    picks.edit_pick(edition.id, story.key, visibility="members", now=now, seen=None, by=SYSTEM)
    editor.post(f"/editions/{edition.id}/tests/", seen(edition, addresses="desk@example.com", variant="a"))
    (letter,) = settings.CONFIG.outbox_dir.rglob("*.eml")
    assert f"nl={story.key}" in letter.read_text().replace("=\n", "").replace("nl=3D", "nl=")


DECISIONS = [
    ("approval", {}),
    ("approval", {"withdraw": "1"}),
    ("tests", {"addresses": "desk@example.com"}),
    ("mailing", {"readers": "0"}),
    ("skip", {"reason": "A holiday"}),
    ("skip", {"open": "1"}),
    ("overrides", {"code": "placeholder", "where": "intro", "reason": "TK is a poet."}),
    ("corrections", {"text": "The boat is from 1961."}),
    ("corrections", {"do": "mail", "sure": "correct"}),
]


@pytest.mark.parametrize(("action", "form"), DECISIONS)
def test_a_decision_that_does_not_say_what_it_is_about_is_refused(
    editor: Client, edition: Any, action: str, form: dict[str, str]
) -> None:
    answer = editor.post(f"/editions/{edition.id}/{action}/", form)
    assert answer.status_code == 422
    assert "does not say what you saw" in answer.content.decode()
    assert edition_lookup.get_edition(edition.id) == edition


def test_what_was_typed_stays_when_a_decision_is_refused(editor: Client, edition: Any) -> None:
    page = editor.post(f"/editions/{edition.id}/tests/", seen(edition, addresses="nobody, desk@example.com"))
    assert 'value="nobody, desk@example.com"' in page.content.decode()


@pytest.mark.parametrize(
    ("action", "form", "field", "message"),
    [
        ("mailing", {"readers": "3", "do": "now", "at": "2040-01-31T07:00"}, "readers", "Type the number"),
        ("mailing", {"readers": "2", "do": "schedule", "at": ""}, "at", "Give the date and time"),
        ("tests", {"addresses": "nobody"}, "addresses", "nobody"),
        ("skip", {"reason": " "}, "reason", "Say why"),
    ],
)
def test_a_refusal_stands_at_its_field(
    editor: Client, edition: Any, readers: Any, action: str, form: dict[str, str], field: str, message: str
) -> None:
    readers(2)
    editor.post(f"/editions/{edition.id}/approval/", seen(edition))
    answer = editor.post(f"/editions/{edition.id}/{action}/", seen(edition, **form))
    page = lxml.html.fromstring(answer.content.decode())
    assert answer.status_code == 422
    assert message in page.get_element_by_id(f"{field}_error").text_content()
    assert page.get_element_by_id(field).get("aria-invalid") == "true"
    for name, typed in form.items():
        for control in page.cssselect(f"input[name={name}]"):
            assert control.get("value", "").strip() == typed.strip()


def test_a_new_edition_that_is_refused_keeps_what_was_typed(editor: Client, edition: Any) -> None:
    answer = editor.post("/editions/", {"newsletter": "morning", "date": "24.11."})
    page = lxml.html.fromstring(answer.content.decode())
    assert answer.status_code == 422
    assert "is not a date" in page.get_element_by_id("date_error").text_content()
    assert page.get_element_by_id("date").get("value") == "24.11."
    assert page.get_element_by_id("suggest").get("checked") is None


def test_approval_is_asked_for_and_the_edition_sent_back_on_the_review(
    signed_in: Callable[[str], Client], edition: Any
) -> None:
    editor, admin = signed_in("editor"), signed_in("admin")
    address = f"/editions/{edition.id}/approval"
    asked = seen(edition, of="nobody@example.com", note="Is the lead right?")
    answer = editor.post(f"{address}/request/", asked)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "may not approve it" in page
    assert 'value="Is the lead right?"' in page, "what was typed is kept"
    assert editor.post(f"{address}/request/", asked | {"of": ""}).status_code == 302
    assert edition_lookup.get_edition(edition.id).state == "in_review"
    assert admin.post(f"{address}/send-back/", seen(edition.id, note="")).status_code == 422
    assert admin.post(f"{address}/send-back/", seen(edition.id, note="The lead is old.")).status_code == 302
    assert edition_lookup.get_edition(edition.id).state == "open"
    assert "The lead is old." in editor.get(f"/editions/{edition.id}/review/").content.decode()


def test_every_edition_is_reached_and_filters_stay_in_the_address(
    editor: Client, newsroom: Any, now: datetime, django_assert_max_num_queries: Any
) -> None:
    first = now.date().replace(day=1)
    dates = [first - timedelta(days=n) for n in range(PAGE + 5)]
    editions.create_edition(newsroom.other.id, first, now=now, by=SYSTEM)  # none that this editor may see
    for day in dates:
        editions.create_edition(newsroom.briefing.id, day, now=now, by=SYSTEM)
    with django_assert_max_num_queries(30):
        page = lxml.html.fromstring(editor.get("/editions/?state=open").content.decode())
    assert len(page.cssselect("#rows tr")) == PAGE
    more = page.get_element_by_id("show-more").get("href")
    assert more.startswith("?state=open&after=")
    page = lxml.html.fromstring(editor.get(f"/editions/{more}").content.decode())
    assert len(page.cssselect("#rows tr")) == 5
    assert page.cssselect("#show-more") == []
    assert page.cssselect("#more a")[0].get("href") == "?state=open"
    october = lxml.html.fromstring(editor.get("/editions/?month=2026-10").content.decode())
    assert len(october.cssselect("#rows tr")) == 31
    assert october.cssselect("#filter-month option[selected]")[0].text_content() == "October 2026"


def test_a_filter_that_is_not_offered_is_refused_and_shows_nothing_of_others(editor: Client, newsroom: Any) -> None:
    answer = editor.get("/editions/?newsletter=evening&q=ferry")
    page = lxml.html.fromstring(answer.content.decode())
    assert answer.status_code == 422
    assert "Select a valid choice" in page.get_element_by_id("filter-newsletter_error").text_content()
    assert page.get_element_by_id("filter-q").value == "ferry"
    assert "Evening Letter" not in page.get_element_by_id("main").text_content()
