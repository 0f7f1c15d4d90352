"""Builds a newsroom of some years: subscribers, articles, and an edition a day with its full ledger, on SQLite.

It begins as the demo does, with everything by its service. What there is a million times of is then copied within the
database, statement by statement: each part is one transaction that also notes that it is done, so that a build that was
stopped goes on where it was, and a folder that is complete is taken as it is.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

LOGIN = "editor@example.com"
BATCH = 1_000
SOURCES = 40
TEMPLATES = 4  # ledgers that the others are copies of
_WORDS = (
    "harbour",
    "council",
    "railway",
    "orchard",
    "winter",
    "teachers",
    "hospital",
    "bridge",
    "library",
    "festival",
    "budget",
    "river",
    "school",
    "market",
    "farmers",
    "museum",
    "election",
    "ferry",
    "theatre",
    "housing",
)


@dataclass(frozen=True, slots=True)
class Size:
    """How much of everything."""

    subscribers: int
    editions: int
    articles: int


def build(folder: Path, size: Size, now: datetime, tell: Callable[[str], None]) -> None:
    """Builds what is missing of a newsroom in the folder the settings name."""
    from django.core.management import call_command
    from django.db import connection

    from newsletter.delivery.reports import ledger_sums
    from subscribers import search_index

    call_command("migrate", verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE IF NOT EXISTS bench_done (part text PRIMARY KEY)")
    parts: dict[str, Callable[[], None]] = {
        "demo": lambda: begin(folder, now),
        "subscribers": lambda: _add_subscribers(size.subscribers, now),
        "articles": lambda: add_articles(size.articles, now),
        "draft": lambda: _create_draft(now),
        "template ledgers": lambda: _add_template_ledgers(now),
    }
    for first in range(TEMPLATES + 1, size.editions, 100):
        parts[f"editions from {first}"] = partial(_copy_editions, first, min(first + 100, size.editions), now)
    parts["statistics"] = _analyse
    for name, make in parts.items():
        _do_once(name, make, tell)
    while search_index.index_next() or ledger_sums.refresh(now, limit=100):
        pass  # what the scheduler does in its ticks


def _do_once(name: str, make: Callable[[], None], tell: Callable[[str], None]) -> None:
    from django.db import connection, transaction

    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM bench_done WHERE part = %s", [name])
        if cursor.fetchone():
            return
        with transaction.atomic():
            make()
            cursor.execute("INSERT INTO bench_done VALUES (%s)", [name])
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    tell(f"built: {name}")


def begin(folder: Path, now: datetime) -> None:
    """What the demo has, and somebody who may see all of it."""
    from newsletter.accounts import users
    from newsletter.cli.demo import compose_demo
    from tests.actors import SYSTEM

    users.create_user(LOGIN, "a bench for many pages", name="Bench", role="admin", by=SYSTEM, now=now)
    compose_demo(folder, now)


def get_newsletter() -> Any:
    """The newsletter that the demo sent an edition of."""
    from newsletter.catalog import newsletters
    from newsletter.delivery import models

    return newsletters.get_newsletter(models.Mailing.objects.earliest("id").newsletter_id)


def _add_subscribers(count: int, now: datetime) -> None:
    """One in twenty has left, bounced or waits; two in five opened something; some have tags and former addresses."""
    from django.db import connection

    at = connection.ops.adapt_datetimefield_value(now - timedelta(days=1200))
    list_id = get_newsletter().list_id
    statements: list[tuple[str, list[Any]]] = [
        (
            """
            INSERT INTO subscribers_subscriber
                   (address, address_key, first_name, last_name, language, zone, source, created_at, soft_bounces)
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %s)
            SELECT 'reader' || i || '@example.com', 'reader' || i || '@example.com',
                   'Ann' || (i %% 5003), 'Lee' || (i %% 49999), '', '', '', %s, 0
              FROM n
            """,
            [count, at],
        ),
        (
            """
            INSERT INTO subscribers_subscription (list_id, subscriber_id, state, since, source)
            SELECT %s, id, CASE id %% 100 WHEN 0 THEN 'pending' WHEN 1 THEN 'bounced' WHEN 2 THEN 'unsubscribed'
                                          WHEN 3 THEN 'unsubscribed' WHEN 4 THEN 'unsubscribed' ELSE 'active' END,
                   created_at, ''
              FROM subscribers_subscriber WHERE source = '' AND address_key LIKE 'reader%%' ORDER BY id
            """,
            [list_id],
        ),
        (
            """
            INSERT INTO subscribers_consent (subscriber_id, list_id, state, at, how, by, origin, words)
            SELECT subscriber_id, list_id, 'active', since, 'form', '', '', '' FROM subscribers_subscription
             WHERE list_id = %s AND source = ''
            """,
            [list_id],
        ),
        (
            """
            INSERT INTO subscribers_engagement (subscription_id, newest, opened, clicked, last_opened_at, as_of)
            SELECT id, 50, id * 7919 %% 1000003, 0, %s, %s FROM subscribers_subscription
             WHERE list_id = %s AND source = '' AND id %% 5 < 2
            """,
            [at, at, list_id],
        ),
        ("INSERT INTO subscribers_tag (name) VALUES ('VIP'), ('panel')", []),
        (
            """
            INSERT INTO subscribers_tagged (tag_id, subscriber_id)
            SELECT t.id, p.id FROM subscribers_subscriber p JOIN subscribers_tag t ON t.name = 'VIP'
             WHERE p.id %% 10 = 7
            """,
            [],
        ),
        (
            """
            INSERT INTO subscribers_addresschange (subscriber_id, address, address_key, since, until, changed_by)
            SELECT id, 'former' || id || '@example.com', 'former' || id || '@example.com', created_at, %s, 'desk'
              FROM subscribers_subscriber WHERE id %% 100 = 50
            """,
            [at],
        ),
        (
            """
            INSERT INTO subscribers_suppression (address_key, reason, source, created_at)
            SELECT 'gone' || id || '@example.com', 'bounced', 'provider', %s FROM subscribers_subscriber
             WHERE id %% 100 = 1
            """,
            [at],
        ),
    ]
    with connection.cursor() as cursor:
        for statement, values in statements:
            cursor.execute(statement, values)


def add_articles(count: int, now: datetime) -> None:
    from newsletter.curator.articles import models

    chance = random.Random(5)
    sources = [
        models.Source.objects.create(
            url=f"https://paper{n}.example.com/feed.xml",
            title=f"Paper {n}",
            active=n % 8 > 0,
            added_at=now - timedelta(days=1100),
            fetched_at=now,
            fresh_at=now,
            next_at=now + timedelta(days=400),
            error="Timed out after 20 s." if n % 13 == 5 else "",
        )
        for n in range(SOURCES)
    ]
    models.Article.objects.bulk_create(
        (_build_article(n, count, chance, sources, now) for n in range(count)), batch_size=2_000
    )


def _build_article(n: int, count: int, chance: random.Random, sources: list[Any], now: datetime) -> Any:
    from newsletter.curator.articles import models
    from newsletter.curator.articles.canonical_urls import normalise_title

    words = " ".join(chance.choices(_WORDS, k=220))
    title = f"{' '.join(chance.choices(_WORDS, k=6)).capitalize()} {n}"
    at = now - timedelta(days=1095) * ((count - n) / count)
    url = f"https://paper{n % SOURCES}.example.com/{n}"
    return models.Article(
        source=sources[n % SOURCES],
        entry_key=url,
        origin="feed",
        url=url,
        canonical_url=url,
        canonical_key=f"bench-{n}",
        title=title,
        title_key=normalise_title(title),
        dek=words[:120],
        text=words,
        publisher=f"Paper {n % SOURCES}",
        published_at=at,
        added_at=at,
        page_read_at=at,
        language="en",
    )


def _create_draft(now: datetime) -> None:
    """Tomorrow's edition, prefilled and not yet approved."""
    from newsletter.curator.editions import suggestions
    from tests.actors import SYSTEM

    newsletter = get_newsletter()
    day = (now + timedelta(days=1)).date()
    suggestions.create_suggested_edition(newsletter.id, day, by=SYSTEM, now=now)


def _add_template_ledgers(now: datetime) -> None:
    """Editions of the last days, with ledgers of chance: the copies' originals."""
    _copy_editions(1, TEMPLATES + 1, now, ledgers=False)
    from newsletter.delivery import models

    for place, mailing in enumerate(models.Mailing.objects.filter(created_by="bench").order_by("id")):
        _fill_ledger(mailing, random.Random(place))


def _fill_ledger(mailing: Any, chance: random.Random) -> None:
    from django.db import connection

    from newsletter.delivery import models
    from newsletter.delivery.ledger.audience_index import encode_exclusion
    from newsletter.delivery.ledger.states import BatchState, ExclusionReason
    from newsletter.delivery.sending import ledger_rows

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT subscriber_id, state FROM subscribers_subscription WHERE list_id = %s ORDER BY subscriber_id",
            [mailing.list_id],
        )
        candidates = cursor.fetchall()
    active = [person for person, state in candidates if state == "active"]
    batches, exceptions = [], []
    for number, start in enumerate(range(0, len(active), BATCH), 1):
        batch = ledger_rows.build_batch(mailing, number, active[start : start + BATCH], mailing.due_at, 0)
        batch.state, batch.attempt, batch.begun, batch.version = BatchState.ACCEPTED, 1, 1, 7
        batch.folded, batch.submitted_at, batch.provider_id = 7, mailing.due_at, f"bench{number}"
        batch.outcomes, bounced = _draw_outcomes(batch.size, chance)
        batches.append(batch)
        exceptions.append([active[start + place] for place in bounced])
    models.Batch.objects.bulk_create(batches, batch_size=200)
    models.DeliveryException.objects.bulk_create(
        (
            ledger_rows.build_exception(
                batch,
                person,
                address=f"reader{person}@example.com",
                kind="bounced",
                reason="550 5.1.1 user unknown",
                at=mailing.due_at,
            )
            for batch, people in zip(batches, exceptions, strict=True)
            for person in people
        ),
        batch_size=2_000,
    )
    excluded = 0
    for reason in (ExclusionReason.PENDING, ExclusionReason.BOUNCED, ExclusionReason.UNSUBSCRIBED):
        people = [person for person, state in candidates if state == reason.value]
        excluded += len(people)
        for start in range(0, len(people), 20_000):
            ledger_rows.build_exclusion(mailing.id, reason, people[start : start + 20_000]).save()
    entries = [(person, 0 if state == "active" else encode_exclusion(state)) for person, state in candidates]
    for start in range(0, len(entries), 20_000):
        ledger_rows.build_audience_index(mailing.id, entries[start : start + 20_000]).save()
    models.Mailing.objects.filter(id=mailing.id).update(
        candidates=len(candidates), planned=len(active), excluded=excluded
    )


def _draw_outcomes(size: int, chance: random.Random) -> tuple[bytes, list[int]]:
    """The outcomes of a batch some days later, and who of it bounced: one in a hundred."""
    from newsletter.delivery.ledger.format import Outcomes
    from newsletter.delivery.ledger.states import MemberFlag, Outcome

    outcomes = Outcomes.all_planned(size)
    outcomes.settle(Outcome.DELIVERED)
    bounced = sorted(chance.sample(range(size), size // 100))
    outcomes.mark(bounced, Outcome.BOUNCED)
    gone = frozenset(bounced)
    for place in chance.sample(range(size), size // 3):
        if place not in gone:
            outcomes.set_flag(place, MemberFlag.OPENED | (MemberFlag.CLICKED if place % 10 == 0 else MemberFlag(0)))
    return outcomes.pack(), bounced


def _copy_editions(first: int, end: int, now: datetime, *, ledgers: bool = True) -> None:
    """Editions of so many days ago, as the demo's of today, each with its mailing, and a copy of a ledger."""
    from newsletter.curator.editions import edition_lookup
    from newsletter.curator.editions.models import Edition, EditionTransition, Pick, Revision, Snapshot, SnapshotVariant
    from newsletter.delivery.models import Mailing
    from newsletter.scheduling.models import Occurrence, Schedule
    from newsletter.scheduling.states import OccurrenceState

    newsletter = get_newsletter()
    original = Edition.objects.order_by("id").first()
    assert original is not None
    snapshot = edition_lookup.find_standing_snapshot(original.id)
    assert snapshot is not None
    sent = Mailing.objects.get(edition_id=original.id)
    schedule = Schedule.objects.filter(newsletter_id=newsletter.id).first()
    assert schedule is not None
    templates = [*Mailing.objects.filter(created_by="bench").order_by("id").values_list("id", flat=True)[:TEMPLATES]]
    for days in range(first, end):
        day = original.date - timedelta(days=days)
        at = _adapt(sent.due_at - timedelta(days=days))
        edition_id = _copy_row(Edition, original.id, date=day.isoformat(), created_at=at, changed_at=at)
        mine = {"edition_id": edition_id}
        _copy_rows(Pick, "edition_id", original.id, "key = lower(hex(randomblob(6)))", clicks_as_of=at, **mine)
        _copy_rows(Revision, "edition_id", original.id, began_at=at, at=at, **mine)
        _copy_rows(EditionTransition, "edition_id", original.id, at=at, **mine)
        snapshot_id = _copy_row(Snapshot, snapshot.id, approved_at=at, **mine)
        _copy_rows(SnapshotVariant, "snapshot_id", snapshot.id, snapshot_id=snapshot_id)
        occurrence = Occurrence.objects.create(
            schedule=schedule,
            newsletter_id=newsletter.id,
            instant=sent.due_at - timedelta(days=days),
            date=day,
            opens_at=sent.due_at - timedelta(days=days),
            state=OccurrenceState.CLAIMED,
            edition_id=edition_id,
            changed_at=sent.due_at - timedelta(days=days),
        )
        times = dict.fromkeys(("due_at", "created_at", "frozen_at", "started_at", "finished_at", "underway_at"), at)
        mailing_id = _copy_row(
            Mailing,
            templates[days % TEMPLATES] if ledgers else sent.id,
            key=f"bench{days:07}",
            created_by="bench",
            snapshot_id=snapshot_id,
            occurrence_id=occurrence.id,
            **mine,
            **times,
        )
        if ledgers:
            _copy_ledger(templates[days % TEMPLATES], mailing_id, at)


def _copy_ledger(template: int, mailing_id: int, at: str) -> None:
    from django.db.models import Min

    from newsletter.delivery import models

    fresh = "key = lower(hex(randomblob(6)))"
    _copy_rows(models.Batch, "mailing_id", template, fresh, mailing_id=mailing_id, due_at=at, handed_over_at=at)
    first, copied = (
        models.Batch.objects.filter(mailing_id=each).aggregate(n=Min("id"))["n"] for each in (template, mailing_id)
    )
    _copy_rows(
        models.DeliveryException,
        "mailing_id",
        template,
        f"batch_id = batch_id + {copied - first}",
        mailing_id=mailing_id,
        at=at,
    )
    _copy_rows(models.Exclusion, "mailing_id", template, mailing_id=mailing_id)
    _copy_rows(models.AudienceIndex, "mailing_id", template, mailing_id=mailing_id)


def _adapt(at: datetime) -> str:
    from django.db import connection

    return str(connection.ops.adapt_datetimefield_value(at))


def _copy_row(model: Any, row_id: int, **changes: Any) -> int:
    """A copy of one row with other values in some columns; its id."""
    from django.db import connection

    _copy_rows(model, "id", row_id, **changes)
    with connection.cursor() as cursor:
        cursor.execute("SELECT last_insert_rowid()")
        return int(cursor.fetchone()[0])


def _copy_rows(model: Any, column: str, value: int, *expressions: str, **changes: Any) -> None:
    """Copies of the rows with this value; `expressions` are “column = SQL”, `changes` other values."""
    from django.db import connection

    columns = [field.column for field in model._meta.local_concrete_fields if field.column != "id"]
    written: Mapping[str, str] = dict(each.split(" = ", 1) for each in expressions)
    taken = ", ".join("%s" if each in changes else written.get(each, f'"{each}"') for each in columns)
    names = ", ".join(f'"{each}"' for each in columns)
    table = model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} ({names}) SELECT {taken} FROM {table} WHERE {column} = %s ORDER BY id",
            [*(changes[each] for each in columns if each in changes), value],
        )


def _analyse() -> None:
    """What a database of this age knows of itself."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def list_pages() -> Iterator[tuple[str, str]]:
    """The name and the address of every page of the desk and of the readers, each about something that is there."""
    from django.urls import reverse

    from newsletter.curator.articles.models import Article, Source
    from newsletter.curator.editions.models import Edition
    from newsletter.curator.editions.states import EditionState
    from newsletter.delivery.models import Mailing
    from newsletter.scheduling import schedules
    from newsletter.web.urls import archive_patterns, desk_patterns
    from subscribers import subscriber_lookup
    from subscribers.lists import get_list
    from subscribers.models import Subscriber
    from subscribers.urls import readers_patterns

    newsletter = get_newsletter()
    mine = Edition.objects.filter(newsletter_id=newsletter.id)
    draft = mine.get(state=EditionState.DRAFT)  # editions of later days are what was sent beside a hand-over before
    _, sent = mine.filter(date__lt=draft.date).order_by("-date")[:2]
    person = Subscriber.objects.order_by("-id")[10]
    signer = subscriber_lookup.get_signer()
    arguments: dict[str, object] = {
        "edition_id": draft.id,
        "article_id": sent.picks.values_list("article_id", flat=True)[0],
        "mailing_id": Mailing.objects.get(edition_id=sent.id).id,
        "schedule_id": schedules.list_schedules()[0].id,
        "subscriber_id": person.id,
        "day": sent.date.isoformat(),
        "token": signer.sign_footer(newsletter.list_id, person.id),
    }
    slugs = dict.fromkeys(("desk:list", "desk:export", "readers:join-list", "readers:embed-list"), "")
    slugs = dict.fromkeys(slugs, get_list(newsletter.list_id).slug)
    for space, patterns in (("desk", desk_patterns), ("readers", [*archive_patterns, *readers_patterns])):
        for pattern in patterns:
            name = f"{space}:{pattern.name}"
            wanted = pattern.pattern.converters
            known = {**arguments, "slug": slugs.get(name, newsletter.slug)}
            if wanted.keys() <= known.keys():
                yield name, reverse(name, kwargs={each: known[each] for each in wanted})
    for name in ("board", "history", "review"):
        yield f"desk:{name}, sent", reverse(f"desk:{name}", args=[sent.id])
    yield "search: a rare name", f"{reverse('desk:readers')}?q=Lee4711"
    yield "search: nobody", f"{reverse('desk:readers')}?q=zqzq"
    yield "search: nobody on any list", f"{reverse('desk:readers')}?q=zqzq&list="
    yield "search: who left", f"{reverse('desk:readers')}?state=unsubscribed"
    for what, text in (("a rare name", "Lee4711"), ("a word", "harbour"), ("nothing", "zqzq")):
        yield f"search: find {what}", f"{reverse('desk:find')}?q={text}"
    yield "search: articles with a word", f"{reverse('desk:all-articles')}?q=harbour"
    yield "search: articles of a source", f"{reverse('desk:all-articles')}?source={Source.objects.latest('id').id}"
    yield "desk:editions, far down", f"{reverse('desk:editions')}?after={Edition.objects.order_by('date')[1].id}"
    yield "desk:deliveries, far down", f"{reverse('desk:deliveries')}?after={Mailing.objects.order_by('due_at')[1].id}"
    yield (
        "desk:all-articles, far down",
        f"{reverse('desk:all-articles')}?after={Article.objects.order_by('added_at')[1].id}",
    )
