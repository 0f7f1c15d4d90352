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
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Lower

from newsletter.accounts.models import AuditEntry, AuditEntryList, AuditPersonalValues, User
from newsletter.kernel.actors import ActionRecord

COMMAND_LINE = "command line"
PERSONAL_RETENTION = timedelta(days=400)  # of personal values; the entries stay
ENTRIES_PER_QUERY = 500
LONGEST_VALUE = 2_000  # characters of one value, before and after


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
class AuditFilter:
    """Which entries; an empty value asks for all."""

    actor: str = ""  # the name, or a part of it
    action: str = ""
    target: str = ""  # “edition 12”, or “edition” for all of them
    newsletter_ids: Sequence[int] | None = field(default=None)  # entries of no newsletter are then left out,
    list_ids: Sequence[int] = ()  # but for those about these lists
    since: datetime | None = None
    until: datetime | None = None


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
    rows = _select(wanted)
    if before_id is not None:
        rows = rows.filter(id__lt=before_id)
    return tuple(_to_recorded(row) for row in rows.order_by("-id")[:limit])


def iterate_entries(wanted: AuditFilter) -> Iterator[RecordedEntry]:
    """All entries, oldest first, page by page."""
    last = 0
    while page := list(_select(wanted).filter(id__gt=last).order_by("id")[:ENTRIES_PER_QUERY]):
        yield from (_to_recorded(row) for row in page)
        last = page[-1].pk


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


def _select(wanted: AuditFilter) -> QuerySet[AuditEntry]:
    rows = AuditEntry.objects.select_related("personal").prefetch_related("lists")
    if wanted.actor:
        rows = rows.filter(actor_name__icontains=wanted.actor)
    if wanted.action:
        rows = rows.filter(verb__icontains=wanted.action)
    if wanted.target:
        of_kind = rows.filter(target__startswith=f"{wanted.target} ")
        rows = rows.filter(target=wanted.target) | of_kind
    if wanted.newsletter_ids is not None:
        of_list = AuditEntryList.objects.filter(entry_id=OuterRef("id"), list_id__in=wanted.list_ids)
        rows = rows.filter(Q(newsletter_id__in=wanted.newsletter_ids) | Exists(of_list))
    if wanted.since:
        rows = rows.filter(at__gte=wanted.since)
    if wanted.until:
        rows = rows.filter(at__lt=wanted.until)
    return rows


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
