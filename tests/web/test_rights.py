"""Every address of the desk and the interface for programs × method × role: what opens, and what it shows.

Two newsletters. What belongs to the morning newsletter (subscribers, an edition in work, one that was sent, an import,
a schedule) carries words that stand nowhere else, and everything that anybody gets is searched for them: personal ones
for whoever may not see its subscribers, those of its edition for whoever may not look at it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from html import unescape
from io import BytesIO
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, resolve

from newsletter.accounts import api_tokens
from newsletter.accounts.models import Role, User
from newsletter.accounts.token_scopes import TokenScope
from newsletter.catalog import newsletter_settings
from newsletter.curator.editions.models import Box, Edition, Pick
from newsletter.scheduling import schedules
from subscribers.imports.run import import_csv
from subscribers.models import Attribute, FormerAddress, Segment, Subscriber, SubscriberTag, Tag
from tests.actors import SYSTEM

VIEW, EDIT, APPROVE, SEND = "view", "edit", "approve", "send"
SUBSCRIBERS, CONFIGURE, USERS = "subscribers", "configure", "users"
AUDIT = "read the audit log"
ROLES = {
    "admin": {VIEW, EDIT, APPROVE, SEND, SUBSCRIBERS, CONFIGURE, USERS, AUDIT},
    "editor": {VIEW, EDIT, APPROVE, SEND, SUBSCRIBERS, AUDIT},
    "author": {VIEW, EDIT, AUDIT},
    "readers": {VIEW, SUBSCRIBERS, AUDIT},
    "viewer": {VIEW},
}
MORNING, ANY, NEWSROOM = "the morning newsletter", "any newsletter", "all newsletters"
PERSONAL = ("Canarina", "Kanarienvogel", "canary-tag", "canary-file", "canary-row", "canarylane", "canary-tester")
ADDRESS = re.compile(r"\breader\d@example\.com", re.IGNORECASE)
CONTENT = ("Canary subject", "Canary preheader", "Canary intro", "Canary headline", "Canary blurb", "Canary box")


@dataclass(frozen=True)
class Needs:
    """The right that an address asks for."""

    verb: str
    of: str


@dataclass(frozen=True)
class Row:
    """An address and its methods: what each needs, and what is sent to it. None: it does not have the method."""

    path: str
    get: Needs | None = None
    post: Needs | None = None
    queries: tuple[str, ...] = ("",)
    forms: tuple[dict[str, Any], ...] = ({},)


@dataclass(frozen=True)
class Visitor:
    """Somebody with one role, signed in; without one: signed out, or disabled."""

    name: str
    client: Client
    role: str = ""
    scope: str = ""  # “morning”, “evening” or “newsroom”
    headers: dict[str, str] = field(default_factory=dict)

    def may(self, needs: Needs) -> bool:
        if needs.verb not in ROLES.get(self.role, ()):
            return False
        return self.scope == "newsroom" or needs.of == ANY or (needs.of == MORNING and self.scope == "morning")


# What a viewer reads in the same fields in which others write: sending these is refused.
EDITED_IN_PLACE = ("board", "changes")
# Pages for everybody: what they show of whom is tested with them. They are searched for personal words all the same.
PUBLIC = {
    "login": "/login/",
    "login-code": "/login/code/",
    "logout": "",  # signs out
    "archive": "/archive/",
    "archive-of": "/archive/morning/",
    "archive-edition": "/archive/morning/2026-11-24/",
    "archive-feed": "/archive/morning/feed.xml",
    "calendar-feed": "/calendar/none.ics",
    "picture": "/pictures/none.png",
    "health": "/healthz",
    "liveness": "/livez",
    "readiness": "/readyz",
    "join": "/join/",
    "join-list": "/join/morning/",
    "embed": "/embed/",
    "embed-list": "/embed/morning/",
    "subscriptions": "/api/subscriptions",
    "confirm": "/c/none",
    "stay": "/s/none",
    "leave": "/u/none",
    "preferences": "/p/none",
    "mine": "/me/none",
    "which": "/which/",
    "hook-sendgrid": "/hooks/sendgrid",
}


@dataclass(frozen=True)
class Things:
    """What the addresses are about: ids of the morning newsletter's things."""

    sent: int
    draft: int
    empty: int
    pick: str
    article: int
    mailing: int
    folder: str
    letter: str
    reader: int
    imported: int
    schedule: int


def list_rows(ids: Things) -> dict[str, Row]:
    """Every address that is not public, by its name."""
    mine = {verb: Needs(verb, MORNING) for verb in ROLES["admin"]}
    some = {verb: Needs(verb, ANY) for verb in ROLES["admin"]}
    whole = {verb: Needs(verb, NEWSROOM) for verb in ROLES["admin"]}
    draft = f"/editions/{ids.draft}"
    as_canary = "?as=reader0@example.com"
    dos = tuple(
        {"do": each}
        for each in (
            "pause",
            "resume",
            "accept_account",
            "resume_late",
            "accept_account_late",
            "cancel",
            "recall",
            "repair",
            "resend",
            "settle",
            "close",
        )
    )
    return {
        "today": Row("/", some[VIEW]),
        "account": Row("/account/", some[VIEW]),
        "notifications": Row("/account/notifications/", some[VIEW], some[VIEW], forms=({}, {"do": "test"})),
        "editions": Row(
            "/editions/",
            some[VIEW],
            mine[EDIT],
            ("", "?q=canary"),
            forms=({"newsletter": "morning", "date": "2026-12-24"},),
        ),
        "calendar": Row("/calendar/", some[VIEW], queries=("", "?month=2026-12", "?week=2026-W48")),
        "schedule": Row(
            "/schedule/",
            some[VIEW],
            mine[CONFIGURE],
            forms=({"newsletter": "morning", "weekdays": "1", "time": "08:00"},),
        ),
        "newsletters": Row("/newsletters/", some[VIEW], whole[CONFIGURE], forms=({"name": "Noon", "slug": "noon"},)),
        "newsletter": Row("/newsletters/morning/", mine[VIEW], mine[CONFIGURE], forms=({"strap": "New"},)),
        "rules": Row(
            "/newsletters/morning/rules/", mine[VIEW], mine[EDIT], forms=({}, {"do": "remove", "rule_id": "1"})
        ),
        "sponsor": Row(
            "/newsletters/morning/sponsors/", post=mine[CONFIGURE], forms=({}, {"do": "remove", "sponsor_id": "1"})
        ),
        "sources": Row("/sources/", some[EDIT]),
        "read-sources": Row("/sources/reading/", post=some[EDIT]),
        "remove-source": Row("/sources/removal/", post=whole[EDIT], forms=({"source": "1", "sure": "on"},)),
        "opml": Row("/sources/feeds.opml", some[EDIT]),
        "add-article": Row("/sources/articles/", post=some[EDIT], forms=({"text": "Nothing"},)),
        "all-articles": Row("/sources/articles/all/", some[EDIT], queries=("", "?q=railway")),
        "find": Row("/find/", some[VIEW], queries=("", "?q=reader", "?q=canar", "?q=anaryl", "?q=railway")),
        "clip": Row("/sources/clip/", some[EDIT], some[EDIT]),
        "readers": Row(
            "/readers/",
            some[SUBSCRIBERS],
            mine[SUBSCRIBERS],
            ("", "?q=reader", "?q=canar", "?list=&q=reader", "?list=&q=anaryl", "?list=&state=active"),
            ({"list": "morning", "email": "new@example.com"},),
        ),
        "readers of the list": Row("/readers/", mine[SUBSCRIBERS], queries=("?list=morning", "?list=morning&q=reader")),
        "reader": Row(
            f"/readers/{ids.reader}/",
            mine[SUBSCRIBERS],
            mine[SUBSCRIBERS],
            ("", "?editions=all"),
            (
                {"do": "move", "email": "elsewhere@example.com"},
                {"do": "leave", "list": "1", "sure": "1"},
                {"do": "know", "tier": "paid", "tag": "new"},
                {"do": "untag", "tag": "canary-tag"},
                {"do": "data"},
                {"do": "erase", "sure": "1"},
            ),
        ),
        "reader, for all": Row(
            f"/readers/{ids.reader}/", post=whole[SUBSCRIBERS], forms=({"do": "suppress", "sure": "on"},)
        ),
        "import": Row("/readers/import/", some[SUBSCRIBERS], mine[SUBSCRIBERS], forms=({"list": "morning"},)),
        "import-run": Row(
            f"/readers/import/{ids.imported}/",
            mine[SUBSCRIBERS],
            mine[SUBSCRIBERS],
            forms=({"do": "import"}, {"do": "explain"}, {"do": "discard"}, {"do": "undo"}),
        ),
        "import-progress": Row(f"/readers/import/{ids.imported}/progress/", mine[SUBSCRIBERS]),
        "import-refused": Row(f"/readers/import/{ids.imported}/refused.csv", mine[SUBSCRIBERS]),
        "lists": Row("/readers/lists/", some[SUBSCRIBERS], whole[CONFIGURE], forms=({"slug": "noon", "name": "Noon"},)),
        "list": Row("/readers/lists/morning/", mine[SUBSCRIBERS], mine[CONFIGURE], forms=({"name": "Dawn"},)),
        "list, its removal": Row("/readers/lists/morning/", post=whole[CONFIGURE], forms=({"do": "remove"},)),
        "suppressions": Row("/readers/suppressions/", whole[SUBSCRIBERS], whole[SUBSCRIBERS], ("", "?q=reader")),
        "suppressions-export": Row("/readers/suppressions.csv", whole[SUBSCRIBERS]),
        "segments": Row("/readers/segments/", whole[SUBSCRIBERS], whole[SUBSCRIBERS], forms=({"do": "count"},)),
        "segment": Row("/readers/segments/canaries/", whole[SUBSCRIBERS]),
        "export": Row("/readers/export/morning.jsonl", mine[SUBSCRIBERS]),
        "board": Row(f"{draft}/", mine[VIEW]),
        "changes": Row(f"{draft}/changes/", mine[VIEW]),
        "pool": Row(f"{draft}/pool/", mine[VIEW], queries=("", "?q=railway")),
        "article": Row(
            f"{draft}/articles/{ids.article}/",
            post=mine[EDIT],
            forms=(
                {"do": "tags", "tags": "a", "seen_tags": ""},
                {"do": "note", "note": "b"},
                {"do": "shortlisted", "seen_standing": "new"},
            ),
        ),
        "article, for all": Row(
            f"{draft}/articles/{ids.article}/",
            post=whole[EDIT],
            forms=(
                {"do": "ignored", "seen_standing": "new"},
                {"do": "days", "from": "2026-12-01", "until": "", "seen_from": "", "seen_until": ""},
            ),
        ),
        "words": Row(f"{draft}/words/", post=mine[EDIT], forms=({"subject": "x", "seen_subject": "y"},)),
        "history": Row(f"{draft}/history/", mine[VIEW], queries=("", "?from=0")),
        "undo": Row(f"{draft}/history/undo/", post=mine[EDIT], forms=({"act": "1"},)),
        "restore": Row(f"{draft}/history/restore/", post=mine[EDIT], forms=({"since": "0", "upto": "9"},)),
        "presence": Row(f"{draft}/presence/", post=mine[EDIT], forms=({"part": ""}, {"gone": "1"})),
        "unsaved-texts": Row(f"{draft}/unsaved-texts/", post=mine[EDIT], forms=({"part": "", "field": "subject"},)),
        "withdraw-to-edit": Row(f"{draft}/editing/", post=mine[EDIT], forms=({"content_hash": "0-0"},)),
        "suggest": Row(f"{draft}/suggestions/", post=mine[EDIT]),
        "boxes": Row(f"{draft}/boxes/", post=mine[EDIT], forms=({"text": "new"}, {"do": "drop", "box": "1"})),
        "pick": Row(f"{draft}/picks/", post=mine[EDIT], forms=({"article": str(ids.article)},)),
        "edit-pick": Row(f"{draft}/picks/{ids.pick}/", mine[EDIT], mine[EDIT], forms=({"headline": "Other"},)),
        "pick-picture": Row(
            f"{draft}/picks/{ids.pick}/picture/", mine[EDIT], mine[EDIT], forms=({"picture": "", "image_alt": "x"},)
        ),
        "add-pictures": Row(
            "/editions/pictures/", post=mine[EDIT], forms=({"edition": str(ids.draft), "story": ids.pick},)
        ),
        "look": Row(f"{draft}/picks/{ids.pick}/look/", post=mine[EDIT]),
        "move-pick": Row(f"{draft}/picks/{ids.pick}/place/", post=mine[EDIT]),
        "drop-pick": Row(f"{draft}/picks/{ids.pick}/removal/", post=mine[EDIT]),
        "notification-webhooks": Row(
            "/notifications/webhooks/",
            whole[CONFIGURE],
            whole[CONFIGURE],
            forms=({"name": "chat", "url": "https://hooks.example.com/x", "form": "json"}, {"do": "remove"}),
        ),
        "approve": Row(f"{draft}/approve/", mine[VIEW], mine[APPROVE], queries=("", "?seen=0-0")),
        "review": Row(f"{draft}/review/", mine[VIEW], queries=("", "?view=text", "?view=source")),
        "rendering": Row(f"{draft}/rendering/", mine[VIEW], queries=("", "?view=dark")),
        "audience": Row(f"{draft}/audience/", mine[SEND]),
        "outlook": Row(f"{draft}/outlook/", mine[VIEW]),
        "departure": Row(f"{draft}/departure/", mine[SEND], queries=("?at=2040-01-31T07:00",)),
        "inbox-row": Row(f"{draft}/inbox/", mine[VIEW]),
        "recipients": Row(f"{draft}/recipients/", mine[SUBSCRIBERS], queries=("?q=reader",)),
        "letter": Row(f"{draft}/letter.eml", mine[VIEW]),
        "review as a subscriber": Row(f"{draft}/review/", mine[SUBSCRIBERS], queries=(as_canary,)),
        "rendering as a subscriber": Row(f"{draft}/rendering/", mine[SUBSCRIBERS], queries=(as_canary,)),
        "inbox-row as a subscriber": Row(f"{draft}/inbox/", mine[SUBSCRIBERS], queries=(as_canary,)),
        "letter as a subscriber": Row(f"{draft}/letter.eml", mine[SUBSCRIBERS], queries=(as_canary,)),
        "looks": Row(f"/editions/{ids.empty}/looks/", post=mine[EDIT]),
        "approval": Row(f"{draft}/approval/", post=mine[APPROVE], forms=({}, {"withdraw": "1"})),
        "request-approval": Row(f"{draft}/approval/request/", post=mine[EDIT], forms=({"of": "", "note": "x"},)),
        "send-back": Row(f"{draft}/approval/send-back/", post=mine[APPROVE], forms=({"note": "x"},)),
        "tests": Row(f"{draft}/tests/", post=mine[EDIT], forms=({"addresses": "desk@example.com"},)),
        "send": Row(f"/editions/{ids.sent}/mailing/", post=mine[SEND], forms=({"readers": "3", "do": "now"},)),
        "override": Row(f"{draft}/overrides/", post=mine[APPROVE], forms=({"code": "x", "where": "y", "reason": "z"},)),
        "correct": Row(f"/editions/{ids.sent}/corrections/", post=mine[APPROVE], forms=({"text": "Wrong."},)),
        "mail a correction": Row(
            f"/editions/{ids.sent}/corrections/", post=mine[SEND], forms=({"do": "mail", "sure": "correct"},)
        ),
        "skip-edition": Row(f"{draft}/skip/", post=mine[EDIT], forms=({"reason": "x"}, {"open": "1"})),
        "change-schedule": Row(
            f"/schedule/{ids.schedule}/",
            post=mine[CONFIGURE],
            forms=(
                {"weekdays": "1", "time": "07:00"},
                {"weekdays": "1", "time": "07:00", "do": "preview"},
                {"do": "pause"},
                {"do": "resume"},
            ),
        ),
        "skip": Row(
            f"/schedule/{ids.schedule}/skips/",
            post=mine[EDIT],
            forms=({"date": "2026-12-24", "reason": "x"}, {"date": "2026-12-24", "undo": "1"}),
        ),
        "calendar-skip": Row(
            f"/calendar/{ids.schedule}/skips/",
            mine[EDIT],
            mine[EDIT],
            forms=({"date": "2026-12-24", "reason": "x"}, {"date": "2026-12-24", "undo": "1"}),
        ),
        "deliveries": Row("/deliveries/", some[VIEW]),
        "mailing": Row(
            f"/deliveries/{ids.mailing}/", mine[VIEW], queries=("", "?state=accepted", "?state=excluded", "?state=none")
        ),
        "bounces": Row(f"/deliveries/{ids.mailing}/bounces/", mine[SEND]),
        "progress": Row(f"/deliveries/{ids.mailing}/progress/", mine[VIEW]),
        "change-mailing": Row(f"/deliveries/{ids.mailing}/state/", post=mine[SEND], forms=dos),
        "proof": Row(f"/deliveries/{ids.mailing}/proof.csv", mine[SUBSCRIBERS]),
        "outbox": Row("/outbox/", whole[SUBSCRIBERS]),
        "outbox-folder": Row(f"/outbox/{ids.folder}/", whole[SUBSCRIBERS], queries=("", "?q=reader")),
        "outbox-letter": Row(f"/outbox/{ids.folder}/{ids.letter}/", whole[SUBSCRIBERS]),
        "outbox-html": Row(f"/outbox/{ids.folder}/{ids.letter}/html/", whole[SUBSCRIBERS]),
        "audit": Row("/audit/", some[AUDIT], queries=("", "?newsletter=morning", f"?subscriber={ids.reader}")),
        "audit-export": Row("/audit/entries.csv", some[AUDIT]),
        "people": Row(
            "/people/",
            whole[USERS],
            whole[USERS],
            forms=(
                {"email": "viewer-evening@example.com", "role": "editor"},
                {"do": "password", "email": "viewer-evening@example.com"},
                {"do": "code", "email": "viewer-evening@example.com"},
            ),
        ),
        "articles": Row("/api/articles", some[EDIT], some[EDIT], ("", "?query=railway"), ({"text": "x"},)),
        "article-details": Row(f"/api/articles/{ids.article}", some[EDIT]),
        "tier": Row("/api/subscribers/reader0@example.com/tier", some[SUBSCRIBERS]),
    }


@pytest.fixture
def things(newsroom: Any, edition: Any, sent: Any, now: datetime, settings: Any) -> Things:
    newsletter_settings.remember_test_addresses(newsroom.briefing.id, ["canary-tester@example.com"])
    pick = Pick.objects.filter(edition_id=edition.id).first()
    assert pick is not None
    draft, empty = (
        Edition.objects.create(
            newsletter_id=newsroom.briefing.id,
            date=now.date() + timedelta(days=days),
            subject="Canary subject",
            preheader="Canary preheader",
            intro="Canary intro",
            created_at=now,
            changed_at=now,
        )
        for days in (1, 2)
    )
    article_id = pick.article_id
    pick.pk, pick.edition, pick.key = None, draft, "canarypick"
    pick.headline, pick.blurb = "Canary headline", "Canary blurb"
    pick.save()
    Box.objects.create(edition=draft, title="Canary box", text="Canary box")
    reader = Subscriber.objects.get(address="reader0@example.com")
    Attribute.objects.create(slug="city", name="City", created_at=now)
    Subscriber.objects.filter(id=reader.id).update(first_name="Canarina", attributes={"city": "Kanarienvogel"})
    tag = Tag.objects.create(name="canary-tag")
    SubscriberTag.objects.create(tag=tag, subscriber=reader)
    FormerAddress.objects.create(
        subscriber=reader,
        address="canarylane@example.org",
        address_key="canarylane@example.org",
        since=now - timedelta(days=9),
        until=now - timedelta(days=8),
        changed_by="x",
    )
    Segment.objects.create(
        slug="canaries", name="Birds", definition={"all": [{"tier": "paid"}]}, created_at=now, changed_at=now
    )
    imported = import_csv(
        BytesIO(b"email\ncanary-row\n"), newsroom.list.id, dry_run=False, by=SYSTEM, now=now, name="canary-file.csv"
    )
    schedule = schedules.create_schedule(
        newsroom.briefing.id, weekdays="daily", time="07:00", zone="UTC", by=SYSTEM, now=now
    )
    letter = next((settings.CONFIG.outbox_dir / sent.key).glob("*.eml")).name
    return Things(
        sent=edition.id,
        draft=draft.id,
        empty=empty.id,
        pick=pick.key,
        article=article_id,
        mailing=sent.id,
        folder=sent.key,
        letter=letter,
        reader=reader.id,
        imported=imported.id,
        schedule=schedule.id,
    )


def invite(scope: str, newsroom: Any, now: datetime) -> list[Visitor]:
    """Somebody of every role for this scope; for “nobody” those who are signed out or disabled."""
    if scope == "nobody":
        client, headers = sign_in("disabled@example.com", "admin", None, now)
        User.objects.filter(email="disabled@example.com").update(is_active=False)
        return [Visitor("signed out", Client()), Visitor("disabled", client, headers=headers)]
    newsletter_id = {"newsroom": None, "morning": newsroom.briefing.id, "evening": newsroom.other.id}[scope]
    found = []
    for role in ROLES:
        client, headers = sign_in(f"{role}-{scope}@example.com", role, newsletter_id, now)
        found.append(Visitor(f"{role} of {scope}", client, role, scope, headers))
    return found


def sign_in(address: str, role: str, newsletter_id: int | None, now: datetime) -> tuple[Client, dict[str, str]]:
    user = User.objects.create(email=address, created_at=now)
    Role.objects.create(user=user, name=role, newsletter_id=newsletter_id)
    client = Client(raise_request_exception=False)
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    _, token = api_tokens.create_token(address, "test", scopes=list(TokenScope), password=None, by=SYSTEM, now=now)
    return client, {"Authorization": f"Bearer {token}"}


def ask(visitor: Visitor, path: str, form: dict[str, Any] | None = None, *, htmx: bool = False) -> tuple[int, str, str]:
    """The status, everything that came, and where it leads; what the request changed is undone."""
    headers = {"HX-Request": "true"} if htmx else {}
    if path.startswith(("/api/articles", "/api/subscribers/")):
        headers |= visitor.headers
    with transaction.atomic():
        if form is None:
            answer: Any = visitor.client.get(path, headers=headers)
        elif path.startswith(("/api/", "/hooks/")):
            answer = visitor.client.post(path, form, content_type="application/json", headers=headers)
        else:
            answer = visitor.client.post(path, form, headers=headers)
        body = b"".join(answer.streaming_content) if answer.streaming else answer.content
        transaction.set_rollback(True)
    leads_to = answer.headers.get("Location") or answer.headers.get("HX-Redirect", "")
    return answer.status_code, f"{answer.headers}\n{body.decode('utf-8', 'replace')}", leads_to


LINK = re.compile(r'\b(?:href|hx-get|formaction)="(/[^"#]*)')
# Pages that tests of this module have opened: each test builds the newsroom again, and always the same one.
_opened: dict[tuple[Things, str, str], tuple[int, tuple[str, ...]]] = {}


def open_page(things: Things, visitor: Visitor, path: str) -> tuple[int, tuple[str, ...]]:
    """The status of an address, and where its page leads: asked once for each newsroom and visitor."""
    if (things, visitor.name, path) not in _opened:
        note_page(things, visitor, path, *ask(visitor, path)[:2])
    return _opened[things, visitor.name, path]


def note_page(things: Things, visitor: Visitor, path: str, status: int, text: str) -> None:
    is_page = status == 200 and "text/html" in text.partition("\n")[0]
    links = tuple(map(unescape, LINK.findall(text))) if is_page else ()
    _opened[things, visitor.name, path] = status, tuple(dict.fromkeys(links))


def judge(visitor: Visitor, needs: Needs, status: int, text: str, leads_to: str) -> str:
    """What is wrong with the status; "" when nothing is. A form may be shown again with the refusal beside it."""
    if not visitor.role:
        turned_away = status == 401 or leads_to.startswith("/login/")
        return "" if turned_away else f"{status}, though nobody is signed in"
    if visitor.may(needs):
        return f"{status}, though they may" if status in (401, 403, 405) or status >= 500 else ""
    is_refused = status == 403 or (status == 422 and "You have no right to" in text)
    return "" if is_refused else f"{status} instead of 403"


def find_leaks(visitor: Visitor, text: str, *, public: bool = False) -> set[str]:
    """The words of the morning newsletter that this visitor should not have got."""
    leaks = set()
    if not visitor.may(Needs(SUBSCRIBERS, MORNING)):
        leaks |= {word for word in PERSONAL if word in text} | set(ADDRESS.findall(text))
    if not public and not visitor.may(Needs(VIEW, MORNING)):
        leaks |= {word for word in CONTENT if word in text}
    return leaks


def find_sent_back(status: int, form: dict[str, Any] | None) -> set[str]:
    """What a visitor who is not signed in gets back on the sign-in page: what they sent themselves."""
    return {str(value) for value in (form or {}).values()} if status == 401 else set()


def find_forms_beyond(visitor: Visitor, rows: dict[str, Row], path: str, body: str) -> set[str]:
    """The addresses of forms that a page shows to somebody who may not send them.

    A page about one thing may show forms of another: it is known by the name of the address what that needs.
    """
    needed: dict[str, list[Needs]] = {}
    for row in rows.values():
        if row.post:  # a page for anybody offers what they may choose from
            mine = row.get is not None and row.get.of == ANY and row.post.of == MORNING
            needs = Needs(row.post.verb, ANY) if mine else row.post
            needed.setdefault(resolve(row.path).url_name or "", []).append(needs)
    beyond = set()
    for form in re.findall(r"<form[^>]*>", body):
        if 'method="post"' in form:
            action = re.search(r'\baction="([^"]*)"', form)
            to = (action and action[1]) or path
            needs = needed.get(resolve(to.partition("?")[0]).url_name or "", [])
            if needs and not any(visitor.may(each) for each in needs):
                beyond.add(to)
    return beyond


def list_patterns(resolver: Any = None) -> Iterator[URLPattern]:
    for entry in (resolver or get_resolver()).url_patterns:
        if isinstance(entry, URLResolver):
            yield from list_patterns(entry)
        else:
            yield entry


def test_every_address_has_a_row() -> None:
    rows = list_rows(Things(1, 2, 3, "key", 4, 5, "folder", "x.eml", 6, 7, 8))
    names = {pattern.name for pattern in list_patterns()}
    assert {resolve(row.path).url_name for row in rows.values()} == names - PUBLIC.keys()
    assert PUBLIC.keys() <= names


def list_requests(row: Row, visitor: Visitor) -> Iterator[tuple[Needs, str, dict[str, Any] | None, bool]]:
    """What is tried: the right it needs, the address, the form, and whether it is htmx that asks for a part."""
    if row.get:
        for query in row.queries:
            yield row.get, row.path + query, None, False
        if not visitor.may(Needs(SUBSCRIBERS, MORNING)) and not row.path.startswith("/api/"):
            yield row.get, row.path + row.queries[0], None, True
    if row.post:
        for form in row.forms:
            yield row.post, row.path, form, False


@pytest.mark.parametrize("scope", ["nobody", "evening", "morning", "newsroom"])
def test_everybody_gets_what_their_role_allows_and_nothing_of_anybody_else(
    things: Things, newsroom: Any, now: datetime, scope: str
) -> None:
    wrong: list[str] = []
    cells = 0
    visitors = invite(scope, newsroom, now)
    rows = list_rows(things)
    for name, row in rows.items():
        for visitor in visitors:
            for needs, path, form, htmx in list_requests(row, visitor):
                cells += 1
                status, text, leads_to = ask(visitor, path, form, htmx=htmx)
                if form is None and not htmx:
                    note_page(things, visitor, path, status, text)
                what = f"{name}: {'GET' if form is None else f'POST {form}'} {path} as {visitor.name}"
                if problem := judge(visitor, needs, status, text, leads_to):
                    wrong.append(f"{what}: {problem}")
                if leaks := find_leaks(visitor, text) - find_sent_back(status, form):
                    wrong.append(f"{what} shows {', '.join(sorted(leaks))}")
                offers = form is None and status == 200 and name not in EDITED_IN_PLACE
                if offers and (beyond := find_forms_beyond(visitor, rows, path, text)):
                    wrong.append(f"{what} offers {', '.join(sorted(beyond))}")
    print(f"{cells} cells of {scope}")
    assert not wrong, "\n".join(wrong)


def test_pages_for_everybody_show_no_subscriber(things: Things) -> None:
    visitor = Visitor("signed out", Client())
    for path in filter(None, PUBLIC.values()):
        for form in (None, {}):
            assert find_leaks(visitor, ask(visitor, path, form)[1], public=True) == set(), path


def name_nothing(value: str) -> str:
    """An address, or what is sent, that asks for a newsletter, list or segment that is not there."""
    return value.replace("morning", "nope").replace("canaries", "nope")


def test_who_asks_for_what_is_not_there_learns_no_names_of_others(things: Things, newsroom: Any, now: datetime) -> None:
    names = re.compile(r"\bmorning\b|Morning Briefing|\bcanaries\b")
    rows = list_rows(things)
    asked_by_form = "?" + "&".join(f"{name}=nope" for name in ("newsletter", "list", "segment", "section", "state"))
    wrong, cells = [], 0
    for visitor in invite("evening", newsroom, now):
        for name, row in rows.items():
            paths = {name_nothing(row.path + query) for query in (*row.queries, asked_by_form)} if row.get else set()
            forms = [{key: name_nothing(value) for key, value in form.items()} for form in row.forms if row.post]
            for path, form in [*((path, None) for path in paths), *((name_nothing(row.path), form) for form in forms)]:
                if not visitor.may(Needs(EDIT, MORNING)) and row.path.startswith(f"/editions/{things.draft}"):
                    continue
                cells += 1
                status, text, _ = ask(visitor, path, form)
                if found := set(names.findall(text)):
                    wrong.append(f"{name}: {path} {form or ''} as {visitor.name}, {status}: {', '.join(sorted(found))}")
    assert cells > 200
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("scope", ["evening", "morning", "newsroom"])
def test_every_link_that_a_page_shows_leads_where_its_reader_may_go(
    things: Things, newsroom: Any, now: datetime, scope: str
) -> None:
    wrong: list[str] = []
    followed = 0
    for visitor in invite(scope, newsroom, now):
        led: dict[str, str] = {}
        for row in list_rows(things).values():
            if row.get and visitor.may(row.get) and not row.path.startswith("/api/"):
                for query in row.queries:
                    for link in open_page(things, visitor, row.path + query)[1]:
                        led.setdefault(link, row.path + query)
        for link, page in led.items():
            if not link.startswith(("/static/", "/pictures/", "/join/", "/archive/")):
                followed += 1
                status, _ = open_page(things, visitor, link)
                if status in (401, 403, 404):
                    wrong.append(f"{page} shows {link} to {visitor.name}: {status}")
    assert followed > 60
    assert not wrong, "\n".join(wrong)
