"""Deliveries: the proof of a mailing, and settling what is unknown."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import lxml.html
import pytest
from django.conf import settings
from django.db import connection
from django.db.models import F
from django.test import Client
from django.test.utils import CaptureQueriesContext

from newsletter.accounts import audit_log, users
from newsletter.accounts.audit_log import AuditFilter
from newsletter.accounts.models import Role
from newsletter.catalog.newsletter_settings import change_newsletter
from newsletter.checks import preflight
from newsletter.curator.editions import editions
from newsletter.curator.editions.models import Edition
from newsletter.delivery.ledger.format import unpack_members
from newsletter.delivery.ledger.states import Outcome
from newsletter.delivery.models import Alarm, Batch, DeliveryException, Mailing
from newsletter.delivery.reports import summary
from newsletter.delivery.sending import freeze, recall_window, send_again
from newsletter.jobs import tasks, wiring
from newsletter.kernel import clock
from newsletter.kernel.actors import ActionRecord
from newsletter.web.forms.filters import PAGE
from tests.actors import SYSTEM
from tests.conftest import PASSWORD, Newsroom
from tests.delivery.conftest import keep_bounced
from tests.web.seen import flatten


def test_a_sent_edition_shows_its_proof(editor: Client, sent: Any) -> None:
    text = editor.get(f"/deliveries/{sent.id}/").content.decode()
    assert "3 + 0 = 3" in text
    assert editor.get(f"/deliveries/{sent.id}/progress/").status_code == 286, "htmx stops asking"
    lines = b"".join(editor.get(f"/deliveries/{sent.id}/proof.csv")).decode().splitlines()
    assert len(lines) == 4
    assert lines[1].split(",")[1:3] == ["reader0@example.com", "accepted"]


def test_unknown_outcomes_are_settled_or_sent_again_on_the_page(admin: Client, sent: Any, now: datetime) -> None:
    Batch.objects.update(state="unknown", outcomes=bytes([Outcome.UNKNOWN, 0] * 3), version=F("version") + 1)
    page = admin.get(f"/deliveries/{sent.id}/").content.decode()
    assert "Count as accepted" in page
    admin.post(f"/deliveries/{sent.id}/state/", {"do": "settle"})
    assert summary.get_mailing(sent.id).counts == {"accepted": 3}
    Batch.objects.update(state="refused", outcomes=bytes([Outcome.REFUSED, 0] * 3), version=F("version") + 1)
    assert "Send to those who did not get it" in admin.get(f"/deliveries/{sent.id}/").content.decode()
    answer = admin.post(f"/deliveries/{sent.id}/state/", {"do": "repair"}, follow=True)
    assert "Subscribers planned again: 3." in answer.content.decode()
    assert summary.get_mailing(sent.id).counts == {"planned": 3}


def test_the_provider_account_of_now_is_taken_only_by_a_button_of_its_own(
    admin: Client, sent: Any, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    take = "Resume with the current provider account"
    Mailing.objects.filter(id=sent.id).update(
        state="paused", provider="sendgrid", account="host key1", finished_at=None
    )
    assert take not in admin.get(f"/deliveries/{sent.id}/").content.decode(), "another provider is no other account"
    settings.CONFIG = replace(settings.CONFIG, provider="sendgrid", sendgrid_api_key="SG.now")
    assert take in admin.get(f"/deliveries/{sent.id}/").content.decode()
    answer = admin.post(f"/deliveries/{sent.id}/state/", {"do": "resume"}, follow=True).content.decode()
    assert "planned for the account at host" in answer
    assert summary.get_mailing(sent.id).state == "paused"
    admin.post(f"/deliveries/{sent.id}/state/", {"do": "accept_account"})
    assert summary.get_mailing(sent.id).state == "freezing"
    assert summary.get_mailing(sent.id).account == wiring.find_account()


def test_a_recall_refused_for_another_account_can_be_made_with_the_one_of_now(
    admin: Client, sent: Any, now: datetime
) -> None:
    Mailing.objects.filter(id=sent.id).update(
        state="recalling",
        provider="sendgrid",
        account="host former",
        recall="open",
        cancel_id="id",
        due_at=clock.now() + timedelta(hours=1),
    )
    settings.CONFIG = replace(
        settings.CONFIG, provider="sendgrid", sendgrid_api_key="SG.now", sendgrid_host="http://127.0.0.1:9"
    )
    page = admin.get(f"/deliveries/{sent.id}/").content.decode()
    assert "Recall with the current provider account" in page
    answer = admin.post(f"/deliveries/{sent.id}/state/", {"do": "recall"}, follow=True).content.decode()
    assert "planned for the account at host" in answer
    answer = admin.post(f"/deliveries/{sent.id}/state/", {"do": "recall_accept_account"}, follow=True).content.decode()
    assert "SendGrid cannot be reached" in answer
    assert summary.get_mailing(sent.id).account == wiring.find_account()


def test_whoever_bounced_for_a_reason_of_ours_is_chosen_by_it_and_sent_it_again(
    admin: Client, sent: Any, now: datetime
) -> None:
    batch = Batch.objects.get(mailing_id=sent.id)
    member = unpack_members(batch.members)[0]
    Batch.objects.filter(id=batch.id).update(
        state="accepted", outcomes=bytes([Outcome.BOUNCED, 0]) + bytes([Outcome.ACCEPTED, 0]) * (batch.size - 1)
    )
    Mailing.objects.filter(id=sent.id).update(state="finished")
    DeliveryException.objects.create(
        mailing_id=sent.id, batch=batch, subscriber_id=member, kind="bounced", reason="550 5.7.1 blocked", at=now
    )
    assert f'href="/deliveries/{sent.id}/bounces/"' in admin.get(f"/deliveries/{sent.id}/").content.decode()
    page = admin.get(f"/deliveries/{sent.id}/bounces/").content.decode()
    assert 'value="550 5.7.1 blocked" checked' in page
    answer = admin.post(f"/deliveries/{sent.id}/state/", {"do": "again"}, follow=True).content.decode()
    assert "Choose at least one reason." in answer
    admin.post(f"/deliveries/{sent.id}/state/", {"do": "again", "reason": "550 5.7.1 blocked"})
    assert send_again.count_waiting(sent.id).subscribers == 1
    assert "To be sent it again after a bounce: 1." in admin.get(f"/deliveries/{sent.id}/").content.decode()


def test_the_page_of_a_mailing_costs_the_same_however_many_bounced(admin: Client, sent: Any, now: datetime) -> None:
    Mailing.objects.filter(id=sent.id).update(state="finished")
    keep_bounced(sent, 1, now)
    admin.get(f"/deliveries/{sent.id}/")  # what is looked up once in a process
    queries = []
    for batches in (1, 4):
        keep_bounced(sent, batches, now)
        with CaptureQueriesContext(connection) as counted:
            page = admin.get(f"/deliveries/{sent.id}/").content.decode()
        assert "Why they bounced" in page
        assert "Show 50 more" in page
        queries.append(len(counted))
    assert queries[0] == queries[1] <= 30


def test_the_reasons_of_bounces_are_asked_for_once_however_many_batches_have_some(
    admin: Client, sent: Any, now: datetime
) -> None:
    Mailing.objects.filter(id=sent.id).update(state="finished")
    keep_bounced(sent, 1, now)
    admin.get(f"/deliveries/{sent.id}/bounces/")  # what is looked up once in a process
    queries = []
    for batches in (1, 4):
        keep_bounced(sent, batches, now)
        with CaptureQueriesContext(connection) as counted:
            page = admin.get(f"/deliveries/{sent.id}/bounces/").content.decode()
        assert 'name="reason"' in page
        queries.append(len(counted))
    assert queries[0] == queries[1]


@pytest.mark.parametrize("account", ["", "host key1"])
def test_a_late_mailing_goes_on_only_by_a_button_that_says_so(admin: Client, sent: Any, account: str) -> None:
    Mailing.objects.update(state="paused", provider="sendgrid", account=account, finished_at=None)
    Batch.objects.update(state="planned")
    settings.CONFIG = replace(settings.CONFIG, provider="sendgrid", sendgrid_api_key="SG.now")
    page = admin.get(f"/deliveries/{sent.id}/").content.decode()
    assert "Send late" in page
    assert ("Send late with the current provider account" in page) is bool(account)
    wrong, right = ("accept_account", "accept_account_late") if account else ("resume", "resume_late")
    answer = admin.post(f"/deliveries/{sent.id}/state/", {"do": wrong}, follow=True).content.decode()
    assert "Held, because it is" in answer
    assert summary.get_mailing(sent.id).state == "paused"
    admin.post(f"/deliveries/{sent.id}/state/", {"do": right})
    assert summary.get_mailing(sent.id).state == "freezing"


def test_an_alarm_stands_at_the_head_of_its_mailing(editor: Client, sent: Any, now: datetime) -> None:
    Alarm.objects.create(
        mailing_id=sent.id, message="Subscribers may have it twice.", count=2, first_at=now, last_at=now
    )
    Alarm.objects.create(message="The plan is used up.", count=1, first_at=clock.now(), last_at=clock.now())
    assert "Subscribers may have it twice." in editor.get(f"/deliveries/{sent.id}/").content.decode()
    page = editor.get("/").content.decode()
    assert "Subscribers may have it twice." in page
    assert "The plan is used up." in page


def test_the_delivery_page_shows_how_each_subject_did(
    editor: Client, edition: Any, readers: Callable[..., list[int]], now: datetime
) -> None:
    editions.edit_edition(edition.id, second_subject="Trains come back", now=now, seen=None, by=SYSTEM)
    readers(30)
    preflight.approve_edition(edition.id, by=SYSTEM, now=now, content_hash=None)
    mailing = tasks.send_edition(edition.id, at=None, by=SYSTEM, now=now, content_hash=None)
    freeze.freeze_next(now)
    page = editor.get(f"/deliveries/{mailing.id}/").content.decode()
    assert "Variants" in page
    assert "Trains come back" in page
    assert "Second subject" in page


@pytest.mark.parametrize(
    ("fields", "outcome", "button"),
    [
        ({"state": "sending"}, Outcome.ACCEPTED, "pause"),
        ({"state": "paused"}, Outcome.ACCEPTED, "resume"),
        ({"state": "recalling"}, Outcome.ACCEPTED, "recall"),
        ({"state": "sending", "recall": "open"}, Outcome.ACCEPTED, "recall"),
        ({"state": "finished"}, Outcome.UNKNOWN, "settle"),
        ({"state": "finished"}, Outcome.REFUSED, "repair"),
    ],
)
def test_who_may_not_send_is_offered_nothing_to_do(
    editor: Client, newsroom: Newsroom, sent: Any, now: datetime, fields: Any, outcome: Outcome, button: str
) -> None:
    Mailing.objects.filter(id=sent.id).update(due_at=clock.now() + timedelta(hours=1), **fields)
    Batch.objects.update(outcomes=bytes([outcome, 0] * 3), version=F("version") + 1)
    offered = f'name="do" value="{button}"'
    assert offered in editor.get(f"/deliveries/{sent.id}/").content.decode()
    for role in ("author", "readers", "viewer"):
        page = sign_in_as(role, newsroom.briefing.id, now).get(f"/deliveries/{sent.id}/").content.decode()
        assert f"/deliveries/{sent.id}/state/" not in page
        assert 'name="do"' not in page


@pytest.mark.parametrize("query", ["", "?state=accepted", "?state=unknown"])
@pytest.mark.parametrize("role", ["viewer", "author"])
def test_who_has_no_right_to_subscribers_sees_the_numbers_alone(
    newsroom: Newsroom, sent: Any, now: datetime, role: str, query: str
) -> None:
    Batch.objects.update(outcomes=bytes([Outcome.ACCEPTED, 0] * 2 + [Outcome.UNKNOWN, 0]), version=F("version") + 1)
    client = sign_in_as(role, newsroom.briefing.id, now)
    text = client.get(f"/deliveries/{sent.id}/{query}").content.decode()
    assert "3 + 0 = 3" in text
    assert "@example.com" not in text.replace(f"{role}-only@example.com", "")
    assert "/readers/" not in text
    assert client.get(f"/deliveries/{sent.id}/proof.csv").status_code == 403


def test_who_may_see_subscribers_of_another_newsletter_of_the_list_sees_who_got_it(
    newsroom: Newsroom, sent: Any, now: datetime
) -> None:
    change_newsletter(newsroom.other.id, list_id=newsroom.list.id, now=now, seen=None, by=SYSTEM)
    client = sign_in_as("readers", newsroom.other.id, now, extra=("viewer", newsroom.briefing.id))
    assert "reader0@example.com" in client.get(f"/deliveries/{sent.id}/?state=accepted").content.decode()


def test_exporting_the_proof_is_recorded(editor: Client, sent: Any) -> None:
    assert editor.get(f"/deliveries/{sent.id}/proof.csv").status_code == 200
    (entry,) = audit_log.list_entries(AuditFilter(action="exported proof"))
    assert (entry.actor, entry.target, entry.newsletter_id) == (
        "editor@example.com",
        f"mailing {sent.id}",
        sent.newsletter_id,
    )


def sign_in_as(role: str, newsletter_id: int, now: datetime, extra: tuple[str, int] | None = None) -> Client:
    """A browser of somebody with this role for this newsletter, and perhaps one more."""
    address = f"{role}-only@example.com"
    users.create_user(address, PASSWORD, role=role, newsletter_id=newsletter_id, by=SYSTEM, now=now)
    if extra:
        Role.objects.create(user=users.get_user_row(address), name=extra[0], newsletter_id=extra[1])
    client = Client()
    client.force_login(users.get_user_row(address), backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_the_undecided_are_shown_with_the_mailing_they_wait_for_which_settles_them(
    admin: Client, sent: Any, readers: Callable[..., list[int]], now: datetime
) -> None:
    Batch.objects.update(state="unknown", outcomes=bytes([Outcome.UNKNOWN, 0] * 3), version=F("version") + 1)
    Mailing.objects.filter(id=sent.id).update(state="cancelled")
    Edition.objects.filter(id=sent.edition_id).update(state="handed_over")
    row = Mailing.objects.get(id=sent.id)
    row.pk, row.key, row.state, row.due_at, row.frozen_at = None, "another", "scheduled", clock.now(), None
    row.occurrence_id, row.candidates, row.planned, row.excluded, row.frozen_through = None, 0, 0, 0, 0
    row.save()
    freeze.freeze_next(clock.now())
    page = admin.get(f"/deliveries/{row.id}/").content.decode()
    assert "Undecided: 3." in page
    assert f'href="/deliveries/{sent.id}/"' in page
    today = admin.get("/").content.decode()
    assert "3 subscribers: undecided" in today
    assert f"whether mailing {sent.id} reached them" in today
    admin.post(f"/deliveries/{sent.id}/state/", {"do": "resend"})
    assert summary.get_mailing(sent.id).counts == {"withdrawn": 3}
    assert summary.get_mailing(row.id).counts == {"planned": 3}


def test_a_mailing_that_cannot_be_closed_says_why_at_the_field(admin: Client, sent: Any, now: datetime) -> None:
    answer = admin.post(f"/deliveries/{sent.id}/state/", {"do": "close", "reason": "x" * 201})
    assert answer.status_code == 422
    assert answer.context["close_form"].errors["reason"]
    refused = admin.post(f"/deliveries/{sent.id}/state/", {"do": "close", "reason": "Nobody will know"})
    page = lxml.html.fromstring(refused.content.decode())
    assert refused.status_code in (409, 422)
    assert page.cssselect("main [role=alert] .error"), "the refusal stands with the buttons"
    assert admin.post(f"/deliveries/{sent.id}/state/", {"do": "explode"}).status_code == 422


@pytest.mark.parametrize(
    ("state", "outcome", "act"),
    [
        ("paused", Outcome.ACCEPTED, "resume"),  # planned for another account
        ("recalling", Outcome.ACCEPTED, "recall"),
        ("recalling", Outcome.UNKNOWN, "resend"),
    ],
)
def test_a_refusal_stands_at_the_button_that_was_pressed(
    admin: Client, sent: Any, state: str, outcome: Outcome, act: str
) -> None:
    settings.CONFIG = replace(settings.CONFIG, provider="sendgrid", sendgrid_api_key="SG.now")
    soon = clock.now() + timedelta(hours=1)
    Mailing.objects.update(state=state, provider="sendgrid", account="host former", recall="open", due_at=soon)
    Batch.objects.update(outcomes=bytes([outcome, 0] * 3), version=F("version") + 1)
    answer = admin.post(f"/deliveries/{sent.id}/state/", {"do": act})
    assert answer.status_code == 422
    page = lxml.html.fromstring(answer.content.decode())
    (problem,) = page.cssselect("main [role=alert] .error")
    form = problem.getparent().getnext()
    assert form.cssselect(f"button[value={act}]")
    assert all(each.get("open") is not None for each in form.iterancestors("details")), "it is not folded away"


def test_a_refusal_stands_above_the_buttons_when_its_own_is_gone(admin: Client, sent: Any) -> None:
    page = lxml.html.fromstring(admin.post(f"/deliveries/{sent.id}/state/", {"do": "pause"}).content.decode())
    (problem,) = page.cssselect("main [role=alert] .error")
    assert problem.getparent().getparent().get("id") == "decisions"


def test_a_repair_is_offered_with_the_number_it_would_reach_and_never_for_nobody(admin: Client, sent: Any) -> None:
    Batch.objects.update(state="refused", outcomes=bytes([Outcome.REFUSED, 0] * 3), version=F("version") + 1)
    assert "3 can still get it." in admin.get(f"/deliveries/{sent.id}/").content.decode()
    (batch,) = Batch.objects.all()
    for member in unpack_members(batch.members):  # refused themselves
        DeliveryException.objects.create(
            mailing_id=sent.id, batch=batch, subscriber_id=member, kind="refused", at=clock.now()
        )
    assert "can still get it" not in admin.get(f"/deliveries/{sent.id}/").content.decode()
    Mailing.objects.update(state="recalling")
    assert 'value="repair"' not in admin.get(f"/deliveries/{sent.id}/").content.decode(), "it would be refused"


def test_a_poll_brings_the_decisions_only_when_they_have_changed(admin: Client, sent: Any) -> None:
    Mailing.objects.update(state="sending", finished_at=None)
    page = lxml.html.fromstring(admin.get(f"/deliveries/{sent.id}/").content.decode())
    poll = page.cssselect("#progress")[0].get("hx-get")
    quiet = admin.get(poll)
    assert quiet.status_code == 200
    assert 'id="sums" hx-swap-oob' in quiet.content.decode()
    assert 'id="decisions"' not in quiet.content.decode(), "what somebody does there is not disturbed"
    Mailing.objects.update(state="paused")
    assert 'id="decisions" hx-swap-oob' in admin.get(poll).content.decode()


@pytest.mark.parametrize(
    ("state", "days", "seconds"),
    [
        ("sending", 9, 2),
        ("paused", 9, 10),
        ("held", 9, 10),
        ("cancelled", 0, 60),
        ("finished", 0, 60),
        ("finished", 9, 0),
    ],
)
def test_a_page_asks_again_as_long_as_somebody_may_move_the_mailing_on(
    admin: Client, sent: Any, state: str, days: int, seconds: int
) -> None:
    Mailing.objects.update(state=state, due_at=clock.now() - timedelta(days=days))
    answer = admin.get(f"/deliveries/{sent.id}/progress/")
    assert answer.status_code == (200 if seconds else 286)
    assert (f'hx-trigger="every {seconds}s"' in answer.content.decode()) is bool(seconds)


def test_an_alarm_comes_with_a_poll(admin: Client, sent: Any, now: datetime) -> None:
    Mailing.objects.update(state="sending", finished_at=None)
    page = lxml.html.fromstring(admin.get(f"/deliveries/{sent.id}/").content.decode())
    Alarm.objects.create(mailing_id=sent.id, message="Mailed twice.", count=1, first_at=now, last_at=now)
    answer = admin.get(page.cssselect("#progress")[0].get("hx-get")).content.decode()
    assert 'id="alarms" hx-swap-oob' in answer
    assert "Mailed twice." in answer


def test_the_address_of_a_refusal_leads_to_the_page(admin: Client, signed_in: Any, sent: Any) -> None:
    refused = admin.post(f"/deliveries/{sent.id}/state/", {"do": "pause"})
    assert refused.status_code == 422
    again = admin.get(f"/deliveries/{sent.id}/state/")
    assert (again.status_code, again.url) == (302, f"/deliveries/{sent.id}/")  # type: ignore[attr-defined]
    assert signed_in("viewer").get(f"/deliveries/{sent.id}/state/").status_code == 403


def test_a_refusal_names_who_did_it(admin: Client, people: Any, sent: Any) -> None:
    Mailing.objects.update(state="cancelled", recall="open", cancel_id="x", reason="recalled by editor@example.com")
    answer = admin.post(f"/deliveries/{sent.id}/state/", {"do": "recall"}).content.decode()
    assert "recalled by Editor" in answer
    assert "recalled by editor@example.com" not in answer


def test_a_scheduled_mailing_asks_for_its_audience_and_counts_nobody_yet(admin: Client, sent: Any) -> None:
    Mailing.objects.update(state="scheduled", frozen_at=None, candidates=0, planned=0, finished_at=None)
    page = admin.get(f"/deliveries/{sent.id}/").content.decode()
    assert f'hx-get="/editions/{sent.edition_id}/audience/"' in page
    assert "delivered of" not in page
    assert "accepted by" not in page


def test_the_time_left_to_recall_is_counted_down_and_its_end_is_said(admin: Client, sent: Any) -> None:
    def look(minutes: float) -> str:
        due = clock.now() + recall_window.LAST_CALL + timedelta(minutes=minutes)
        Mailing.objects.update(recall="open", cancel_id="id", due_at=due, state="finished")
        return admin.get(f"/deliveries/{sent.id}/progress/").content.decode()

    assert re.search(r"Can be recalled until .*: 9:\d\d left\.", look(10))
    assert "Too late to recall since" in look(-0.5)
    assert "recall" not in look(-120).lower()


def test_reasons_of_bounces_that_were_chosen_stay_chosen(admin: Client, sent: Any, now: datetime) -> None:
    answer = admin.post(f"/deliveries/{sent.id}/state/", {"do": "again"})
    assert answer.status_code == 422
    assert "Choose at least one reason." in answer.content.decode()


def test_every_mailing_is_reached_and_found_by_subject_state_and_month(
    editor: Client, sent: Any, django_assert_max_num_queries: Any
) -> None:
    original = Mailing.objects.get(id=sent.id)
    for n in range(PAGE + 2):
        original.pk, original.key, original.kind = None, f"copy{n}", "correction"
        original.due_at = sent.due_at - timedelta(days=n // 3)  # some at the same instant
        original.save(force_insert=True)
    with django_assert_max_num_queries(30):
        page = lxml.html.fromstring(editor.get("/deliveries/").content.decode())
    first = [each.get("href") for each in page.cssselect("#rows a")]
    more = page.get_element_by_id("show-more").get("href")
    page = lxml.html.fromstring(editor.get(f"/deliveries/{more}").content.decode())
    rest = [each.get("href") for each in page.cssselect("#rows a")]
    assert (len(first), len(rest), len({*first, *rest})) == (PAGE, 3, PAGE + 3)

    def count(query: str) -> int:
        return len(lxml.html.fromstring(editor.get(f"/deliveries/?{query}").content.decode()).cssselect("#rows tr"))

    assert count("q=RAILWAY") == PAGE
    assert count("q=nowhere") == count("state=paused") == 0
    assert count("month=2026-11") == PAGE
    assert editor.get("/deliveries/?month=1999-01").status_code == 422


def test_the_log_of_a_mailing_shows_what_the_audit_log_shows_in_the_same_words(
    signed_in: Callable[[str], Client], newsroom: Newsroom, sent: Any, now: datetime
) -> None:
    """Not to a viewer, not to the editor of another newsletter, and not to one who is both."""
    page, poll = f"/deliveries/{sent.id}/", f"/deliveries/{sent.id}/progress/"
    SYSTEM.record(ActionRecord("planned once more", f"mailing {sent.id}", now, newsroom.briefing.id, "by Ada"))
    SYSTEM.record(ActionRecord("paused", f"mailing {sent.id}0", now, newsroom.briefing.id, "of another"))

    def read(who: str) -> str:
        answers = [signed_in(who).get(address) for address in (page, poll)]
        return "".join(each.content.decode() for each in answers)

    assert read("editor").count('id="log"') == 2
    assert read("editor").count("Planned once more") == 2
    assert "planned once more" not in read("editor")
    assert "of another" not in read("editor")
    assert 'id="log"' not in read("viewer")
    assert signed_in("stranger").get(page).status_code == 403
    users.set_role("stranger@example.com", "viewer", newsletter_id=newsroom.briefing.id, seen=None, by=SYSTEM, now=now)
    for who in ("viewer", "stranger"):
        assert signed_in(who).get(page).status_code == 200
        assert "lanned once more" not in read(who)
        assert "by Ada" not in read(who)
        assert 'id="log"' not in read(who)


def test_a_mailing_that_left_after_its_time_says_so_in_the_list(editor: Client, sent: Any) -> None:
    assert "Sent late" not in editor.get("/deliveries/").content.decode()
    Mailing.objects.filter(id=sent.id).update(resumed_at=sent.due_at + timedelta(days=3))
    page = flatten(editor.get("/deliveries/").content.decode())
    assert "Sent late" in page
    assert "sent Fri 27 Nov" in page
