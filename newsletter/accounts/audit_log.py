"""The audit log: who did what, when, from where, and which values changed. Append-only.

Service functions write it through their actor (`newsletter.kernel.actors`), in the transaction of the change. Personal
values stand in rows of their own, which `redact_subscriber` and `redact_before` empty; the entry keeps a keyed digest,
by which a value can be recognised but not read.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, transaction
from django.db.models import Exists, Max, Min, OuterRef, Q, QuerySet
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Coalesce, Lower

from newsletter.accounts.models import AuditEntry, AuditEntryList, AuditPersonalValues, User
from newsletter.kernel.actors import ActionRecord

COMMAND_LINE = "command line"
PERSONAL_RETENTION = timedelta(days=400)  # of personal values; the entries stay
ENTRIES_PER_QUERY = 500
LONGEST_VALUE = 2_000  # characters of one value, before and after
MOST_NAMES = 1_000  # of actors or of actions
MOST_BRANCHES = 12  # looked up one by one, each in its index; of more the log is read through
EXPORTED = (
    "id",
    "at",
    "actor",
    "network",
    "action",
    "target",
    "newsletter_id",
    "detail",
    "before",
    "after",
    "digest",
    "subscriber_id",
    "personal_before",
    "personal_after",
    "redacted_at",
    "list_ids",
)


@dataclass(frozen=True, slots=True)
class RecordedEntry:
    """An entry as it is read. `personal_before` and `personal_after` are empty once they were redacted."""

    id: int
    at: datetime
    actor: str
    network: str
    action: str
    target: str
    newsletter_id: int | None
    list_ids: tuple[int, ...]
    detail: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    digest: str
    subscriber_id: int | None
    personal_before: Mapping[str, Any]
    personal_after: Mapping[str, Any]
    redacted_at: datetime | None


@dataclass(frozen=True, slots=True)
class AuditScope:
    """What somebody may read: entries of these newsletters and about these lists; None means all of them."""

    newsletter_ids: frozenset[int] | None = None
    list_ids: frozenset[int] | None = None
    includes_newsroom: bool = True  # entries of no newsletter and no list, such as those about users


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which entries; an empty value asks for all."""

    actor: str = ""  # the name, or a part of it
    action: str = ""
    target: str = ""  # “edition 12”, or “edition” for all of them
    newsletter_ids: Sequence[int] | None = field(default=None)  # entries of no newsletter are then left out,
    list_ids: Sequence[int] = ()  # but for those about these lists
    since: datetime | None = None
    until: datetime | None = None
    actor_names: Sequence[str] | None = None  # exactly these
    exact_action: str = ""
    exact_targets: Sequence[str] = ()  # one of these
    subscriber_id: int | None = None
    scope: AuditScope = AuditScope()


def write_entry(entry: ActionRecord, *, user: User | None, actor_name: str, network: str = "") -> None:
    """Writes an entry of a user, or of `actor_name` where no user acts."""
    personal_before, personal_after = _to_json(entry.personal_before), _to_json(entry.personal_after)
    is_personal = bool(personal_before or personal_after)
    with transaction.atomic():
        row = AuditEntry.objects.create(
            at=entry.at,
            actor=user,
            actor_name=actor_name[:254],
            network=network,
            verb=entry.action[:60],
            target=entry.target[:200],
            newsletter_id=entry.newsletter_id,
            detail=entry.detail[:LONGEST_VALUE],
            before=_to_json(entry.before),
            after=_to_json(entry.after),
            digest=compute_digest(personal_before, personal_after) if is_personal else "",
        )
        AuditEntryList.objects.bulk_create(
            AuditEntryList(entry=row, list_id=each) for each in sorted({*entry.list_ids})
        )
        if is_personal:
            AuditPersonalValues.objects.create(
                entry=row, subscriber_id=entry.subscriber_id, before=personal_before, after=personal_after
            )


def compute_digest(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    """Recognises personal values that somebody claims an entry held; keyed, for addresses can be guessed."""
    text = json.dumps([before, after], sort_keys=True, ensure_ascii=False)
    return hmac.new(settings.SECRET_KEY.encode(), text.encode("utf-8", "surrogatepass"), sha256).hexdigest()


def list_entries(wanted: AuditFilter, *, limit: int = 100, before_id: int | None = None) -> tuple[RecordedEntry, ...]:
    """The latest entries, newest first; `before_id` goes on after the last one shown."""
    found: dict[int, AuditEntry] = {}
    for rows in _list_branches(wanted, before_id):
        found |= {row.pk: row for row in rows[:limit]}
    return tuple(_to_recorded(found[each]) for each in sorted(found, reverse=True)[:limit])


def iterate_entries(wanted: AuditFilter) -> Iterator[RecordedEntry]:
    """All entries, oldest first, page by page."""
    last = 0
    rows = _select_within(wanted)
    while page := list(rows.filter(id__gt=last).order_by("id")[:ENTRIES_PER_QUERY]):
        yield from (_to_recorded(row) for row in page)
        last = page[-1].pk


def list_actions() -> tuple[str, ...]:
    """Every action that the log has, by name."""
    return _list_distinct("verb")


def find_actor_names(text: str) -> tuple[str, ...]:
    """Those who did something and whose name holds a text."""
    return tuple(each for each in _list_distinct("actor_name") if text.casefold() in each.casefold())


def to_cells(entry: RecordedEntry) -> dict[str, Any]:
    """What is exported of an entry, by column."""
    return {name: getattr(entry, name) for name in EXPORTED} | {"at": entry.at.isoformat()}


def to_row(entry: RecordedEntry) -> list[str]:
    """The same as texts, for a table."""
    return [_to_cell(value) for value in to_cells(entry).values()]


def _to_cell(value: object) -> str:
    if isinstance(value, Mapping | tuple):
        return json.dumps(value, ensure_ascii=False, default=str)
    return "" if value is None else str(value)


def find_last_entry(target: str) -> tuple[str, str, datetime] | None:
    """Who did what to `target` last, and when; None: nothing was."""
    entry = AuditEntry.objects.filter(target=target).order_by("-at", "-id").first()
    return (entry.actor_name, entry.verb, entry.at) if entry else None


def redact_subscriber(subscriber_id: int, addresses: Collection[str], *, now: datetime) -> int:
    """Empties the personal values of a subscriber, whose erasure was asked for. Returns how many entries had some.

    Also those that hold one of their `addresses`: somebody may have suppressed it before its owner ever subscribed.
    """
    forms = {form for address in addresses for form in (address, address.lower(), address.casefold())}
    found = AuditPersonalValues.objects.annotate(
        was=Lower(KeyTextTransform("address", "before")), became=Lower(KeyTextTransform("address", "after"))
    )
    return found.filter(Q(subscriber_id=subscriber_id) | Q(was__in=forms) | Q(became__in=forms)).redact(now)


def redact_before(instant: datetime, *, now: datetime) -> int:
    """Empties the personal values of entries older than an instant. Returns how many entries had some."""
    return AuditPersonalValues.objects.filter(entry__at__lt=instant).redact(now)


def delete_before(instant: datetime, *, actions: Collection[str] = ()) -> int:
    """Deletes entries older than an instant, those of some actions or all, a few at a time. Returns how many."""
    old = AuditEntry.objects.filter(at__lt=instant)
    old = old.filter(verb__in=actions) if actions else old
    deleted = 0
    while ids := list(old.values_list("id", flat=True)[:ENTRIES_PER_QUERY]):
        deleted += AuditEntry.objects.expire(ids)
    return deleted


def _list_branches(wanted: AuditFilter, before_id: int | None) -> list[QuerySet[AuditEntry]]:
    """The entries in as many queries as there are newsletters, lists and actors to look for, the newest first.

    Each reads its latest from an index. One query for all of them would sort every entry of theirs.
    """
    rows = _select(wanted)
    if before_id is not None:
        rows = rows.filter(id__lt=before_id)
    names = wanted.actor_names or ()
    of_actors = [rows.filter(actor_name=each) for each in names] if 0 < len(names) <= MOST_BRANCHES else [rows]
    ids = _find_branches(wanted)
    if ids is None:
        return [_select_within(wanted, each).order_by("-id") for each in of_actors]
    newsletter_ids, list_ids = ids
    of_list: dict[str, int] = {} if before_id is None else {"lists__entry_id__lt": before_id}
    return [
        branch
        for of_actor in of_actors
        for branch in (
            *(of_actor.filter(newsletter_id=each).order_by("-id") for each in newsletter_ids),
            *(of_actor.filter(lists__list_id=each, **of_list).order_by("-lists__entry_id") for each in list_ids),
        )
    ]


def _find_branches(wanted: AuditFilter) -> tuple[list[int], list[int]] | None:
    """The newsletters and lists to look for one by one; None where that is too many, or all."""
    newsletter_ids, list_ids = _restrict(wanted)
    if newsletter_ids is None or list_ids is None or (wanted.scope.includes_newsroom and wanted.newsletter_ids is None):
        return None
    count = (len(newsletter_ids) + len(list_ids)) * max(1, len(wanted.actor_names or ()))
    if count > MOST_BRANCHES:
        return None
    return sorted(newsletter_ids), sorted(list_ids)


def _restrict(wanted: AuditFilter) -> tuple[Collection[int] | None, Collection[int] | None]:
    """The newsletters and lists that are asked for and may be seen; None means all."""
    scope = wanted.scope
    if wanted.newsletter_ids is None:
        return scope.newsletter_ids, scope.list_ids
    asked, asked_lists = {*wanted.newsletter_ids}, {*wanted.list_ids}
    return (
        asked if scope.newsletter_ids is None else asked & scope.newsletter_ids,
        asked_lists if scope.list_ids is None else asked_lists & scope.list_ids,
    )


def _select_within(wanted: AuditFilter, rows: QuerySet[AuditEntry] | None = None) -> QuerySet[AuditEntry]:
    """The entries that are asked for, of the newsletters and lists that may be seen."""
    rows = _select(wanted) if rows is None else rows
    newsletter_ids, list_ids = _restrict(wanted)
    if newsletter_ids is None and list_ids is None and wanted.scope.includes_newsroom:
        return rows
    lists = AuditEntryList.objects.filter(entry_id=OuterRef("id"))
    of_newsletter = Q(newsletter_id__isnull=False) if newsletter_ids is None else Q(newsletter_id__in=newsletter_ids)
    of_list = Exists(lists if list_ids is None else lists.filter(list_id__in=list_ids))
    found = of_newsletter | Q(of_list)
    if wanted.scope.includes_newsroom and wanted.newsletter_ids is None:
        found |= Q(newsletter_id__isnull=True) & ~Q(Exists(lists))
    return rows.filter(found)


def _select(wanted: AuditFilter) -> QuerySet[AuditEntry]:
    rows = AuditEntry.objects.select_related("personal").prefetch_related("lists")
    if wanted.actor:
        rows = rows.filter(actor_name__icontains=wanted.actor)
    if wanted.actor_names is not None:
        rows = rows.filter(actor_name__in=wanted.actor_names)
    if wanted.action:
        rows = rows.filter(verb__icontains=wanted.action)
    if wanted.exact_action:
        rows = rows.filter(verb=wanted.exact_action)
    if wanted.target:
        of_kind = rows.filter(target__startswith=f"{wanted.target} ")
        rows = rows.filter(target=wanted.target) | of_kind
    if wanted.exact_targets:
        rows = rows.filter(target__in=wanted.exact_targets)
    if wanted.subscriber_id is not None:
        of_target = AuditEntry.objects.filter(target=f"reader {wanted.subscriber_id}").values("id")
        of_values = AuditPersonalValues.objects.filter(subscriber_id=wanted.subscriber_id).values("entry_id")
        rows = rows.filter(id__in=of_target.union(of_values))
    return _select_period(rows, wanted) if wanted.since or wanted.until else rows


def _select_period(rows: QuerySet[AuditEntry], wanted: AuditFilter) -> QuerySet[AuditEntry]:
    """The entries of a period. They are found by their ids: sorting all of a period by id would take long."""
    began = {"__gte": wanted.since} if wanted.since else {}
    period = began | ({"__lt": wanted.until} if wanted.until else {})
    inside = AuditEntry.objects.filter(**{f"at{how}": instant for how, instant in period.items()})
    bounds = inside.aggregate(first=Min("id"), last=Max("id"))
    if bounds["first"] is None:
        return rows.none()
    rows = rows.filter(id__gte=bounds["first"], id__lte=bounds["last"])
    no_index = rows.alias(moment=Coalesce("at", "at"))  # clocks go back: not all ids between are of the period
    return no_index.filter(**{f"moment{how}": instant for how, instant in period.items()})


def _list_distinct(column: str) -> tuple[str, ...]:
    """The values of an indexed column, each found after the one before: the entries are not read through."""
    table = connection.ops.quote_name(AuditEntry._meta.db_table)
    sql = f"""
        WITH RECURSIVE found(value) AS (
            SELECT MIN({column}) FROM {table}
            UNION ALL
            SELECT (SELECT MIN({column}) FROM {table} WHERE {column} > found.value) FROM found
            WHERE found.value IS NOT NULL
        )
        SELECT value FROM found WHERE value IS NOT NULL LIMIT {MOST_NAMES}
    """  # noqa: S608  both names are our own
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return tuple(value for (value,) in cursor.fetchall())


def _to_recorded(row: AuditEntry) -> RecordedEntry:
    personal = getattr(row, "personal", None)
    return RecordedEntry(
        id=row.pk,
        at=row.at,
        actor=row.actor_name,
        network=row.network,
        action=row.verb,
        target=row.target,
        newsletter_id=row.newsletter_id,
        list_ids=tuple(sorted(each.list_id for each in row.lists.all())),
        detail=row.detail,
        before=row.before or {},
        after=row.after or {},
        digest=row.digest,
        subscriber_id=personal.subscriber_id if personal else None,
        personal_before=personal.before if personal else {},
        personal_after=personal.after if personal else {},
        redacted_at=personal.redacted_at if personal else None,
    )


def _to_json(values: Mapping[str, object]) -> dict[str, Any]:
    """Values as JSON keeps them; long texts are cut."""
    found: dict[str, Any] = json.loads(json.dumps(dict(values), cls=DjangoJSONEncoder, default=str))
    return {name: _cut(value) for name, value in found.items()}


def _cut(value: Any) -> Any:
    if isinstance(value, str) and len(value) > LONGEST_VALUE:
        return value[: LONGEST_VALUE - 1] + "…"
    return value
