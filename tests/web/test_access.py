"""The URL map, walked as nobody, as somebody without rights, and as the editor of another newsletter."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from io import BytesIO
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, URLResolver, get_resolver

from tests import prepared
from tests.actors import SYSTEM

MOST_QUERIES = 30  # of a page: each takes its time, and beside a hand-over it waits
PUBLIC = {
    "login",
    "login-code",
    "logout",
    "archive",
    "archive-of",
    "archive-edition",
    "archive-feed",
    "calendar-feed",  # its address is the secret
    "picture",
    "health",
    "liveness",
    "readiness",
    "join",
    "join-list",
    "embed",
    "embed-list",
    "subscriptions",
    "confirm",
    "stay",
    "leave",
    "preferences",
    "mine",
    "which",
    "hook-sendgrid",
    "articles",
    "article-details",  # by token: tests/api walks them
    "tier",
}
WITHOUT_CSRF = {
    "leave",  # one-click leaving (RFC 8058) comes without a cookie
    "embed",
    "embed-list",
    "subscriptions",  # sign-up forms on the newsroom's own sites: no cookies, and nothing to ride on
    "hook-sendgrid",  # the provider’s reports: their signature is what counts
    "articles",
    "article-details",  # by token; no cookie counts there, and so there is nothing to ride on
    "tier",
}
NEWSROOM_WIDE = {
    "remove-source",
    "notification-webhooks",
    "people",
    "segments",
    "segment",
    "suppressions",
    "suppressions-export",
    "outbox",
    "outbox-folder",
    "outbox-letter",
    "outbox-html",
}
OF_NO_NEWSLETTER = {
    "account",
    "audit",
    "audit-export",
    "notifications",
    "today",
    "editions",
    "calendar",
    "schedule",
    "newsletters",
    "sources",
    "read-sources",
    "add-pictures",  # the form says of which
    "add-article",
    "all-articles",
    "find",
    "readers",
    "clip",
    "lists",
    "opml",
    "import",
    "deliveries",
}


def patterns(resolver: Any = None) -> Iterator[URLPattern]:
    for entry in (resolver or get_resolver()).url_patterns:
        if isinstance(entry, URLResolver):
            yield from patterns(entry)
        else:
            yield entry


NAMES = sorted(pattern.name or "" for pattern in patterns())
DESK = sorted(set(NAMES) - PUBLIC)


@pytest.fixture
def addresses(sent: Any, newsroom: Any, now: datetime) -> dict[str, str]:
    """An address of every page, about the morning briefing where it is about one."""
    from subscribers import subscriber_lookup

    schedule, run = prepared.prepare(_create_schedule_and_import, newsroom.briefing.id, newsroom.list.id, now)
    reader = subscriber_lookup.find_subscribers("reader0", by=SYSTEM)[0].id
    edition, mailing = sent.edition_id, sent.id
    key = "somekey1"
    found = {
        "today": "/",
        "account": "/account/",
        "notifications": "/account/notifications/",
        "notification-webhooks": "/notifications/webhooks/",
        "editions": "/editions/",
        "calendar": "/calendar/",
        "schedule": "/schedule/",
        "newsletters": "/newsletters/",
        "sources": "/sources/",
        "read-sources": "/sources/reading/",
        "add-article": "/sources/articles/",
        "remove-source": "/sources/removal/",
        "all-articles": "/sources/articles/all/?q=railway",
        "find": "/find/?q=r",
        "readers": "/readers/",
        "segments": "/readers/segments/",
        "import": "/readers/import/",
        "segment": "/readers/segments/payers/",
        "suppressions": "/readers/suppressions/",
        "suppressions-export": "/readers/suppressions.csv",
        "opml": "/sources/feeds.opml",
        "lists": "/readers/lists/",
        "list": f"/readers/lists/{newsroom.list.slug}/",
        "import-run": f"/readers/import/{run}/",
        "import-progress": f"/readers/import/{run}/progress/",
        "import-refused": f"/readers/import/{run}/refused.csv",
        "deliveries": "/deliveries/",
        "audit": "/audit/",
        "audit-export": "/audit/entries.csv",
        "people": "/people/",
        "outbox": "/outbox/",
        "newsletter": "/newsletters/morning/",
        "export": "/readers/export/morning.csv",
        "reader": f"/readers/{reader}/",
        "board": f"/editions/{edition}/",
        "changes": f"/editions/{edition}/changes/",
        "article": f"/editions/{edition}/articles/1/",
        "rules": "/newsletters/morning/rules/",
        "sponsor": "/newsletters/morning/sponsors/",
        "clip": "/sources/clip/",
        "pool": f"/editions/{edition}/pool/",
        "words": f"/editions/{edition}/words/",
        "history": f"/editions/{edition}/history/",
        "undo": f"/editions/{edition}/history/undo/",
        "restore": f"/editions/{edition}/history/restore/",
        "presence": f"/editions/{edition}/presence/",
        "unsaved-texts": f"/editions/{edition}/unsaved-texts/",
        "withdraw-to-edit": f"/editions/{edition}/editing/",
        "suggest": f"/editions/{edition}/suggestions/",
        "boxes": f"/editions/{edition}/boxes/",
        "pick": f"/editions/{edition}/picks/",
        "edit-pick": f"/editions/{edition}/picks/{key}/",
        "add-pictures": "/editions/pictures/",
        "pick-picture": f"/editions/{edition}/picks/{key}/picture/",
        "look": f"/editions/{edition}/picks/{key}/look/",
        "move-pick": f"/editions/{edition}/picks/{key}/place/",
        "drop-pick": f"/editions/{edition}/picks/{key}/removal/",
        "approve": f"/editions/{edition}/approve/",
        "review": f"/editions/{edition}/review/",
        "rendering": f"/editions/{edition}/rendering/",
        "audience": f"/editions/{edition}/audience/",
        "outlook": f"/editions/{edition}/outlook/",
        "departure": f"/editions/{edition}/departure/",
        "inbox-row": f"/editions/{edition}/inbox/",
        "recipients": f"/editions/{edition}/recipients/",
        "approval": f"/editions/{edition}/approval/",
        "request-approval": f"/editions/{edition}/approval/request/",
        "send-back": f"/editions/{edition}/approval/send-back/",
        "letter": f"/editions/{edition}/letter.eml",
        "looks": f"/editions/{edition}/looks/",
        "override": f"/editions/{edition}/overrides/",
        "correct": f"/editions/{edition}/corrections/",
        "tests": f"/editions/{edition}/tests/",
        "send": f"/editions/{edition}/mailing/",
        "skip-edition": f"/editions/{edition}/skip/",
        "change-schedule": f"/schedule/{schedule}/",
        "skip": f"/schedule/{schedule}/skips/",
        "calendar-skip": f"/calendar/{schedule}/skips/",
        "mailing": f"/deliveries/{mailing}/",
        "bounces": f"/deliveries/{mailing}/bounces/",
        "progress": f"/deliveries/{mailing}/progress/",
        "change-mailing": f"/deliveries/{mailing}/state/",
        "proof": f"/deliveries/{mailing}/proof.csv",
        "outbox-folder": f"/outbox/{sent.key}/",
        "outbox-letter": f"/outbox/{sent.key}/x.eml/",
        "outbox-html": f"/outbox/{sent.key}/x.eml/html/",
    }
    assert sorted(found) == DESK, "a page is missing here"
    return found


def _create_schedule_and_import(newsletter_id: int, list_id: int, now: datetime) -> tuple[int, int]:
    from newsletter.scheduling import schedules
    from subscribers.imports.run import import_csv

    schedule = schedules.create_schedule(newsletter_id, weekdays="daily", time="07:00", zone="UTC", by=SYSTEM, now=now)
    run = import_csv(BytesIO(b"email\n"), list_id, dry_run=False, by=SYSTEM, now=now, name="none.csv")
    return schedule.id, run.id


def both(client: Client, address: str) -> list[Any]:
    """GET and POST; a method that a view does not have is answered 405 before anything else."""
    return [answer for answer in (client.get(address), client.post(address)) if answer.status_code != 405]


def test_every_page_has_a_name() -> None:
    assert "" not in NAMES
    assert set(NAMES) >= PUBLIC


def test_nobody_is_sent_to_sign_in(addresses: dict[str, str]) -> None:
    for name, address in addresses.items():
        answers = both(Client(), address)
        assert answers, name
        for answer in answers:
            assert answer.status_code == 302, name
            assert answer.url.startswith("/login/?next="), name


def test_the_editor_of_another_newsletter_is_refused(
    addresses: dict[str, str], signed_in: Callable[[str], Client]
) -> None:
    stranger = signed_in("stranger")
    for name, address in addresses.items():
        if name in OF_NO_NEWSLETTER:
            continue
        for answer in both(stranger, address):
            assert answer.status_code == 403, name


def test_what_is_of_no_newsletter_shows_a_stranger_nothing_of_ours(
    addresses: dict[str, str], signed_in: Callable[[str], Client]
) -> None:
    stranger = signed_in("stranger")
    for name in OF_NO_NEWSLETTER - {"read-sources", "add-article", "add-pictures", "sources", "opml", "audit-export"}:
        text = stranger.get(addresses[name]).content.decode()
        assert "Morning Briefing" not in text, name
        assert "reader0@example.com" not in text, name


def test_somebody_who_may_only_look_changes_nothing(
    addresses: dict[str, str], signed_in: Callable[[str], Client]
) -> None:
    viewer = signed_in("viewer")
    for name, address in addresses.items():
        answer = viewer.post(address)
        assert answer.status_code in (403, 405) or name in ("editions", "schedule", "account", "notifications"), name


@pytest.mark.parametrize("name", DESK)
def test_no_page_asks_the_database_too_often(
    name: str, addresses: dict[str, str], signed_in: Callable[[str], Client]
) -> None:
    admin = signed_in("admin")
    admin.get("/account/notifications/")  # with the first of its session, the session is written
    with CaptureQueriesContext(connection) as asked:
        admin.get(addresses[name])
    assert len(asked) <= MOST_QUERIES, "\n".join(each["sql"][:200] for each in asked)


def test_every_form_but_these_is_guarded_against_forgery() -> None:
    unguarded = {pattern.name for pattern in patterns() if getattr(pattern.callback, "csrf_exempt", False)}
    assert unguarded == WITHOUT_CSRF


def test_a_forged_post_changes_nothing(addresses: dict[str, str], people: dict[str, Any]) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(people["admin"], backend="django.contrib.auth.backends.ModelBackend")
    for name, address in addresses.items():
        answer = client.post(address)
        assert answer.status_code in (403, 405), name


def test_a_stranger_whose_form_cannot_be_read_is_shown_no_board(
    addresses: dict[str, str], signed_in: Callable[[str], Client]
) -> None:
    answer = signed_in("stranger").post(addresses["words"], {"subject": "Theirs"})
    assert answer.status_code == 403
    assert "Morning Briefing" not in answer.content.decode()
