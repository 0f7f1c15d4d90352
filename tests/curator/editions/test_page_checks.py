"""Looking again at the pages of picked stories."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from newsletter.accounts.actors import SystemActor
from newsletter.checks import preflight
from newsletter.curator.articles import intake
from newsletter.curator.articles.values import Article
from newsletter.curator.editions import approval, edition_lookup, page_checks, picks
from newsletter.curator.editions.values import Edition
from newsletter.fetching import FetchError
from newsletter.kernel.errors import BadInput
from tests.actors import SYSTEM
from tests.conftest import NOW
from tests.interleaving import just_before

AddArticle = Callable[..., Article]
URL = "https://echo.example.org/ferry"
BODY = "<p>From the first of May two boats will cross the lake, the harbour office said on Monday.</p>" * 3


def page(title: str = "Ferry gets a second boat", more: str = "") -> str:
    return (
        f"<html><head><title>{title} | Upland Echo</title></head>"
        f"<body><article><h1>{title}</h1>{BODY}{more}</article></body></html>"
    )


@pytest.fixture
def picked(edition: Edition, add_article: AddArticle, web: Any, now: datetime) -> Edition:
    article = add_article("Ferry gets a second boat", link=URL)
    web.serve(URL, page())
    picked = picks.add_pick(edition.id, article.id, now=now, by=SYSTEM)
    page_checks.check_due_pages(now, fetch=web)
    return picked


def found(edition: Edition, now: datetime) -> list[str]:
    return [
        finding.message
        for finding in preflight.inspect_edition(edition.id, now=now).findings
        if (finding.where.startswith("story:") and "site" in finding.message) or "again" in finding.message
    ]


def test_a_page_that_is_as_it_was_is_no_finding(picked: Edition, web: Any, now: datetime) -> None:
    assert found(picked, now) == []
    assert page_checks.check_due_pages(now + timedelta(minutes=1), fetch=web) == 0  # its time has not come
    web.asked.clear()
    page_checks.check_due_pages(now + timedelta(minutes=21), fetch=web)
    assert web.asked == [URL]


def test_a_page_that_is_gone_is_a_finding_that_stays(picked: Edition, web: Any, now: datetime) -> None:
    later = now + timedelta(minutes=30)
    web.fail(URL, FetchError("404", status=404))
    assert page_checks.check_due_pages(later, fetch=web) == 1
    (shown,) = found(picked, later)
    assert "is gone from its site (answered 404; checked 24 Nov, 06:30 UTC)" in shown
    web.fail(URL)  # a hiccup tells nothing new
    page_checks.check_due_pages(later + timedelta(hours=1), fetch=web)
    assert len(found(picked, later)) == 1
    web.serve(URL, page())
    page_checks.check_due_pages(later + timedelta(hours=2), fetch=web)
    assert found(picked, later) == []


def test_a_server_may_hiccup_twice(picked: Edition, web: Any, now: datetime) -> None:
    web.fail(URL)
    for hours in (1, 2):
        page_checks.check_due_pages(now + timedelta(hours=hours), fetch=web)
        assert found(picked, now) == []
    page_checks.check_due_pages(now + timedelta(hours=3), fetch=web)
    assert "could not be checked again" in found(picked, now)[0]


def test_another_headline_is_taken_or_let_stand(picked: Edition, web: Any, now: datetime) -> None:
    key = picked.picks[0].key
    with pytest.raises(BadInput):
        page_checks.adopt_headline(picked.id, key, by=SYSTEM, now=now, content_hash=None, seen=None)
    web.serve(URL, page("Second boat is delayed until autumn"))
    page_checks.check_due_pages(now, fetch=web, edition_id=picked.id)
    assert "“Second boat is delayed until autumn”" in found(picked, now)[0]
    page_checks.override_page_check(picked.id, key, by=SystemActor("ann@example.com"), content_hash=None, now=NOW)
    assert found(picked, now) == []
    assert page_checks.list_page_checks(picked.id)[key].overridden_by == "ann@example.com"
    web.serve(URL, page("Second boat is never to come at all"))
    page_checks.check_due_pages(now, fetch=web, edition_id=picked.id)
    assert len(found(picked, now)) == 1  # what was let stand was something else
    edited = page_checks.adopt_headline(picked.id, key, by=SYSTEM, now=now, content_hash=None, seen=None)
    assert edited.picks[0].headline == "Second boat is never to come at all"
    assert found(picked, now) == []


def test_nobody_looks_once_an_edition_is_sent_or_skipped(picked: Edition, web: Any, now: datetime) -> None:
    approval.skip(picked.id, reason="Holiday", by=SYSTEM, now=now, content_hash=None)
    web.asked.clear()
    page_checks.check_due_pages(now + timedelta(days=1), fetch=web)
    assert web.asked == []


def test_the_copy_is_never_changed_by_looking(picked: Edition, web: Any, now: datetime) -> None:
    before = edition_lookup.get_edition(picked.id)
    web.serve(URL, page("Second boat is delayed until autumn"))
    page_checks.check_due_pages(now + timedelta(hours=1), fetch=web)
    assert edition_lookup.get_edition(picked.id) == before


def test_two_who_look_at_the_same_moment_do_not_stop_each_other(
    edition: Edition, add_article: AddArticle, web: Any, now: datetime
) -> None:
    article = add_article("Ferry gets a second boat", link=URL)
    web.serve(URL, page())
    picks.add_pick(edition.id, article.id, now=now, by=SYSTEM)
    with just_before('INSERT OR IGNORE INTO "curator_look"', lambda: page_checks.check_due_pages(now, fetch=web)):
        assert page_checks.check_due_pages(now, fetch=web) == 0
    (look,) = page_checks.list_page_checks(edition.id).values()
    assert (look.state, look.looked_at) == ("same", now)


def test_a_page_behind_a_wall_or_rewritten_since_is_a_finding(picked: Edition, web: Any, now: datetime) -> None:
    title = "Ferry gets a second boat"
    walled = f'{{"@type":"NewsArticle","headline":"{title}","isAccessibleForFree":false}}'
    data = f'<script type="application/ld+json">{walled}</script></head>'
    web.serve(URL, page(title).replace("</head>", data))
    page_checks.check_due_pages(now + timedelta(hours=1), fetch=web)
    assert [look.state for look in page_checks.list_page_checks(picked.id).values()] == ["paywalled"]
    other = "<p>Nobody knows any more what the boat was for, or who had paid for it.</p>" * 3
    web.serve(URL, page(title).replace(BODY, other))
    page_checks.check_due_pages(now + timedelta(hours=2), fetch=web)
    assert [look.state for look in page_checks.list_page_checks(picked.id).values()] == ["rewritten"]
    web.serve(URL, f"<html><body><article><h1>{title}</h1></article></body></html>")
    page_checks.check_due_pages(now + timedelta(hours=3), fetch=web)
    (message,) = found(picked, now + timedelta(hours=3))
    assert "withdrawn from its site" in message


def test_a_correction_that_was_there_when_the_story_was_taken_is_not_new(
    edition: Edition, web: Any, now: datetime
) -> None:
    correction = "Correction: The second boat was built in 1961, and not in 1951, as an earlier text had it."
    web.serve(URL, page(more=f"<p>{correction}</p>"))
    article = intake.add_article_from_page(URL, fetch=web, now=now, by=SYSTEM).article
    picked = picks.add_pick(edition.id, article.id, now=now, by=SYSTEM)
    page_checks.check_due_pages(now, fetch=web)
    assert [look.state for look in page_checks.list_page_checks(picked.id).values()] == ["same"]
