"""The pool on the desk: what may be said about articles there, what others changed, rules, and clipping."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from newsletter.accounts.models import AuditEntry
from newsletter.curator.articles import article_lookup, triage
from newsletter.curator.editions import edition_lookup, editions, rules
from newsletter.curator.editions.picks import add_pick
from newsletter.kernel import clock

HTMX = {"HX-Request": "true"}
PASTED = "Ferry gets a second boat\n\n" + "\n\n".join(
    f"From the first of May boat number {n} will cross the lake every half hour, the harbour office said on Monday."
    for n in range(4)
)


@pytest.fixture
def editor(signed_in: Callable[[str], Client]) -> Client:
    return signed_in("editor")


def change(client: Client, edition: Any, article_id: int, **form: Any) -> Any:
    return client.post(f"/editions/{edition.id}/articles/{article_id}/", form, headers=HTMX)


def test_an_article_is_marked_tagged_held_and_noted(editor: Client, edition: Any, articles: Any) -> None:
    article_id = articles(1)[0]
    assert b"Shortlisted" in change(editor, edition, article_id, do="shortlisted").content
    assert b">rivers<" in change(editor, edition, article_id, do="tags", tags="Rivers, lakes").content
    assert (
        b"held until" in change(editor, edition, article_id, do="days", **{"from": "2099-01-01", "until": ""}).content
    )
    assert b"Call first." in change(editor, edition, article_id, do="note", note="Call first.").content
    assert article_lookup.get_article(article_id).version == 4
    verbs = AuditEntry.objects.filter(target=f"article {article_id}").values_list("verb", flat=True)
    assert set(verbs) == {"marked shortlisted", "tagged", "set days of", "noted"}


@pytest.mark.parametrize(
    "form",
    [
        {"do": "days", "from": "tomorrow"},
        {"do": "tags", "tags": "x" * 50},
        {"do": "explode"},
        {"do": "note", "note": ""},
    ],
)
def test_what_makes_no_sense_is_said(editor: Client, edition: Any, articles: Any, form: dict[str, str]) -> None:
    answer = change(editor, edition, articles(1)[0], **form)
    assert answer.status_code == 422
    assert answer.headers["HX-Retarget"] == "#trouble"


def test_an_old_version_is_not_written_over(editor: Client, edition: Any, articles: Any) -> None:
    article_id = articles(1)[0]
    triage.set_standing(article_id, "ignored", by="bo@example.com")
    answer = change(editor, edition, article_id, do="shortlisted", version=1)
    assert answer.status_code == 409
    assert b"bo@example.com changed this article" in answer.content


def test_the_pool_is_filtered(editor: Client, edition: Any, articles: Any) -> None:
    first, second = articles(5, at=clock.now())[3:]  # the pool offers what is new by the clock
    triage.set_standing(first, "ignored", by="x")
    titles = {each: article_lookup.get_article(each).title for each in (first, second)}
    offered = editor.get(f"/editions/{edition.id}/pool/").content.decode()
    assert titles[first] not in offered
    assert titles[second] in offered
    assert titles[first] in editor.get(f"/editions/{edition.id}/pool/?state=ignored").content.decode()
    assert editor.get(f"/editions/{edition.id}/pool/?state=lost", headers=HTMX).status_code == 422
    assert "Nothing matches these filters" in editor.get(f"/editions/{edition.id}/pool/?tag=none").content.decode()


def test_what_ran_asks_for_a_reason(editor: Client, edition: Any, articles: Any, now: Any) -> None:
    from datetime import timedelta

    article_id = articles(6, at=clock.now())[5]
    add_pick(edition.id, article_id, now=now)
    later = editions.create_edition(edition.newsletter_id, edition.date + timedelta(days=1), now=now, by="x")
    picks = f"/editions/{later.id}/picks/"
    refused = editor.post(picks, {"article": article_id}, headers=HTMX)
    assert refused.status_code == 409
    assert b"give a reason" in refused.content
    assert b"It ran" in editor.get(f"/editions/{later.id}/pool/").content
    taken = editor.post(picks, {"article": article_id, "reason": "New figures."}, headers=HTMX)
    assert b"New figures. (editor@example.com)" in taken.content


def test_what_others_change_shows_by_itself(editor: Client, edition: Any, articles: Any) -> None:
    address = f"/editions/{edition.id}/changes/"
    seen = edition_lookup.get_edition(edition.id).version
    assert editor.get(f"{address}?version={seen}").status_code == 204
    editor.post(f"/editions/{edition.id}/words/", {"name": "subject", "was": edition.subject, "value": "Theirs"})
    changed = editor.get(f"{address}?version={seen}").content.decode()
    assert 'id="f-subject"' in changed
    assert "Theirs" in changed
    assert "editor@example.com edited at" in changed
    while_writing = editor.get(f"{address}?version={seen}&editing=1")
    assert while_writing.headers["HX-Retarget"] == "#others"
    assert b"editor@example.com edited at" in while_writing.content
    assert b"f-subject" not in while_writing.content


def test_rules_are_made_on_the_desk(editor: Client, house: Any, articles: Any) -> None:
    page = "/newsletters/morning/rules/"
    assert b"No rule yet" in editor.get(page).content
    editor.post(page, {"do": "make", "effect": "mute", "phrase": "Royal gossip", "source": "", "section": ""})
    (rule,) = rules.list_rules(house.briefing.id)
    assert "“royal gossip”" in editor.get(page).content.decode()
    assert "a source or for a phrase" in editor.post(page, {"effect": "mute"}, follow=True).content.decode()
    editor.post(page, {"do": "remove", "rule": rule.id})
    assert rules.list_rules(house.briefing.id) == ()


@pytest.mark.parametrize("digits", [19, 5000])
def test_a_number_longer_than_any_id_is_told_like_no_number(editor: Client, house: Any, digits: int) -> None:
    answer = editor.post(
        f"/newsletters/{house.briefing.slug}/rules/", {"do": "remove", "rule": "9" * digits}, follow=True
    )
    assert answer.status_code == 200
    assert "Say which rule." in answer.content.decode()


@pytest.mark.parametrize("digits", [19, 5000])
def test_no_page_minds_a_number_without_end(
    signed_in: Callable[[str], Client], house: Any, readers: Callable[..., list[int]], digits: int
) -> None:
    admin, endless = signed_in("admin"), "9" * digits
    (reader,) = readers(1)
    assert admin.get(f"/readers/lists/{house.list.slug}/?months={endless}").status_code == 200
    assert admin.post("/readers/segments/", {"do": f"more-{endless}"}).status_code == 200
    assert admin.post(f"/readers/{reader}/", {"do": "leave", "list": endless}, follow=True).status_code == 200


def test_a_clipped_page_is_added_by_a_press_alone(editor: Client, house: Any) -> None:
    page = "/sources/clip/"
    shown = editor.get(page, {"url": "https://echo.example.org/ferry", "title": "Ferry <b>", "text": PASTED})
    assert b"Ferry &lt;b&gt;" in shown.content
    assert article_lookup.list_articles() == ()
    added = editor.post(page, {"do": "text", "url": "https://echo.example.org/ferry", "text": PASTED})
    assert b"In the pool:" in added.content
    (article,) = article_lookup.list_articles()
    assert (article.title, article.url) == ("Ferry gets a second boat", "https://echo.example.org/ferry")
    assert (
        b"Known already"
        in editor.post(page, {"do": "text", "url": "https://echo.example.org/ferry", "text": PASTED}).content
    )


@pytest.mark.parametrize("url", ["", "file:///etc/passwd", "javascript:alert(1)"])
def test_a_clip_of_no_web_address_is_refused(editor: Client, house: Any, url: str) -> None:
    answer = editor.post("/sources/clip/", {"do": "page", "url": url})
    assert answer.status_code == 422
    assert b"begins with https" in answer.content


def test_the_bookmark_names_this_desk(editor: Client, house: Any, settings: Any) -> None:
    assert f"{settings.CONFIG.base_url}/sources/clip/".encode() in editor.get("/sources/clip/").content


def test_what_was_found_at_a_storys_page_is_answered_by_a_press(editor: Client, edition: Any) -> None:
    from newsletter.curator.editions import models, page_checks

    key = edition.picks[0].key
    pick = models.Pick.objects.get(key=key)
    now = edition.created_at
    models.PageCheck.objects.create(
        pick=pick, state="changed", detail="What it is called now", looked_at=now, next_at=now
    )
    board = f"/editions/{edition.id}/"
    shown = editor.get(board).content.decode()
    assert "“What it is called now”" in shown
    assert "Use that headline" in shown
    address = f"{board}picks/{key}/look/"
    assert b"Use that headline" not in editor.post(address, {"do": "stand"}, headers=HTMX).content
    assert page_checks.list_page_checks(edition.id)[key].overridden_by == "editor@example.com"
    taken = editor.post(address, {"do": "headline"}, headers=HTMX)
    assert "What it is called now" in taken.content.decode()
    assert edition_lookup.get_edition(edition.id).picks[0].headline == "What it is called now"
    assert editor.post(address, {"do": "shout"}, headers=HTMX).status_code == 422


def test_an_edition_that_was_sent_is_corrected_on_the_desk(
    editor: Client, signed_in: Callable[[str], Client], sent: Any
) -> None:
    from newsletter.curator.editions import corrections
    from newsletter.delivery.reports import summary

    page = f"/editions/{sent.edition_id}/corrections/"
    assert "Say what was wrong" in editor.post(page, {"text": " "}, follow=True).content.decode()
    shown = editor.post(page, {"text": "The boat is from 1961."}, follow=True).content.decode()
    assert "The boat is from 1961." in shown
    assert "The next edition carries it." in shown
    (made,) = corrections.list_corrections(sent.edition_id)
    assert made.by == "editor@example.com"
    assert "type the word" in editor.post(page, {"do": "mail", "sure": "yes"}, follow=True).content.decode()
    mailed = editor.post(page, {"do": "mail", "sure": "Correct"})
    assert mailed.status_code == 302
    assert summary.get_mailing(int(mailed.url.strip("/").split("/")[-1])).kind == "correction"
    assert signed_in("viewer").post(page, {"text": "No."}).status_code == 403


def test_a_token_is_made_on_ones_account_and_shown_once(editor: Client) -> None:
    from newsletter.accounts import api_tokens

    made = editor.post("/account/", {"do": "token", "name": "Our site"}).content.decode()
    assert "nl_" in made
    assert "cannot be shown again" in made
    (token,) = api_tokens.list_tokens("editor@example.com")
    later = editor.get("/account/").content.decode()
    assert token.prefix in later
    assert "cannot be shown again" not in later
    editor.post("/account/", {"do": "revoke", "token": token.id})
    assert api_tokens.list_tokens() == ()


def test_a_finding_is_overridden_on_the_review(
    editor: Client, signed_in: Callable[[str], Client], edition: Any, now: Any
) -> None:
    editions.edit_edition(edition.id, now=now, intro="TK writes this.")
    review = f"/editions/{edition.id}/review/"
    assert b">Override<" in editor.get(review).content
    form = {"code": "placeholder", "where": "intro", "reason": "TK is a poet."}
    assert signed_in("viewer").post(f"/editions/{edition.id}/overrides/", form).status_code == 403
    shown = editor.post(f"/editions/{edition.id}/overrides/", form, follow=True).content.decode()
    assert "TK is a poet. (editor@example.com" in shown
    assert ">Override<" not in shown
    editor.post(f"/editions/{edition.id}/approval/", {})
    assert edition_lookup.get_edition(edition.id).state == "approved"


def test_a_mail_is_looked_at_as_any_reader_gets_it(
    editor: Client, signed_in: Callable[[str], Client], edition: Any, readers: Any, now: Any
) -> None:
    readers(2)
    editions.edit_edition(edition.id, now=now, intro="Dear {{ first_name | reader }}, good morning.")
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


def test_where_tests_went_is_remembered(editor: Client, edition: Any) -> None:
    editor.post(f"/editions/{edition.id}/tests/", {"addresses": "ann@example.com, bo@example.com"})
    assert 'value="ann@example.com, bo@example.com"' in editor.get(f"/editions/{edition.id}/review/").content.decode()
