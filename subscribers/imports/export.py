"""Exporting subscribers, so that nobody is locked in.

`jsonl` is our own complete format: lists, attributes, people with every change, and suppressions; restore.py reads it
back exactly. `csv` is for spreadsheets; `mailchimp` and `listmonk` are what those programs import. Formula cells are
defused in all but our own format.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from newsletter.kernel.actors import ActionRecord, Actor, Verb, require_right
from newsletter.kernel.errors import BadInput
from subscribers import lists, models, rights, tiers
from subscribers.imports.csv import CsvWriter
from subscribers.segments import service
from subscribers.states import SubscriptionState

FORMATS = ("csv", "jsonl", "mailchimp", "listmonk")
VERSION = 1
_PAGE = 1_000
Write = Callable[[str], object]


def write_export(
    list_id: int | None,
    write: Write,
    *,
    by: Actor,
    now: datetime,
    export_format: str = "csv",
    state: str = "",
    segment: str = "",
    progress: Callable[[int], object] | None = None,
) -> int:
    """Writes the people of a list. Returns how many. See `stream_export`."""
    total = 0
    pieces = stream_export(list_id, by=by, now=now, export_format=export_format, state=state, segment=segment)
    for count, text in pieces:
        write(text)
        total += count
        if progress and count:
            progress(count)
    return total


def stream_export(
    list_id: int | None,
    *,
    by: Actor,
    now: datetime,
    export_format: str = "csv",
    state: str = "",
    segment: str = "",
) -> Iterator[tuple[int, str]]:
    """A list's people (None: everybody, in our own format alone), piece by piece: how many are in it, and its text.

    `state` and `segment` (as of `now`) narrow it down; a segment needs the right for everybody, as it tells what is
    known of those in it. mailchimp and listmonk get the active ones by default, for they take everybody in a file as
    such. What the actor may not know of a person is left empty. Raises NotAllowed, BadInput, NotFound.
    """
    rights.require_visible_list(by, list_id)
    if segment:
        require_right(by, Verb.SUBSCRIBERS)
    if export_format not in FORMATS:
        raise BadInput(f"“{export_format}” is not an export format. It can be {', '.join(FORMATS)}.", "format")
    if list_id is None and export_format != "jsonl":
        raise BadInput("Everything at once can be had as jsonl alone; name a list.", "list")
    if state and state not in list(SubscriptionState):
        raise BadInput(f"“{state}” is not a state. It can be {', '.join(SubscriptionState)}.", "state")
    if export_format in ("mailchimp", "listmonk"):
        state = state or SubscriptionState.ACTIVE
    wanted = frozenset(service.list_segment_members(segment, now=now, list_id=list_id)) if segment else None
    target = "everything" if list_id is None else lists.get_list(list_id).slug
    list_ids = [] if list_id is None else [list_id]
    by.record(ActionRecord("exported readers", target, now, detail=export_format, list_ids=list_ids))
    return _stream_pieces(_Records(list_id, by, now), export_format, state, wanted)


def _stream_pieces(
    records: _Records, export_format: str, state: str, wanted: frozenset[int] | None
) -> Iterator[tuple[int, str]]:
    list_id = records.list_id
    parts: list[str] = []

    def piece() -> str:
        text = "".join(parts)
        parts.clear()
        return text

    writer = {
        "csv": _csv_writers,
        "jsonl": _jsonl_writers,
        "mailchimp": _mailchimp_writers,
        "listmonk": _listmonk_writers,
    }[export_format]
    head, line = writer(parts.append, records)
    head()
    yield 0, piece()
    for page in _list_pages(list_id, state):
        people = [row for row in page if wanted is None or row.id in wanted]
        line(people)
        yield len(people), piece()
    if export_format == "jsonl" and list_id is None:
        for row in models.Suppression.objects.order_by("id").iterator(chunk_size=2000):
            _write_line(
                parts.append,
                {"suppression": _pick_fields(row, "address_key", "reason", "source", "created_at", "expires_at")},
            )
            yield 0, piece()


def _list_pages(list_id: int | None, state: str) -> Iterator[list[models.Subscriber]]:
    after = 0
    while ids := list(_list_next_ids(list_id, state, after)):
        people = models.Subscriber.objects.in_bulk(ids)
        yield [people[each] for each in ids if each in people]
        after = ids[-1]


def _list_next_ids(list_id: int | None, state: str, after: int) -> Iterator[int]:
    """The next people by id: of a list by its own index, for a list is a part of everybody."""
    if list_id is None:
        yield from models.Subscriber.objects.filter(id__gt=after).order_by("id").values_list("id", flat=True)[:_PAGE]
        return
    held = models.Subscription.objects.filter(list_id=list_id, subscriber_id__gt=after)
    held = held.filter(state=state) if state else held
    yield from held.order_by("subscriber_id").values_list("subscriber_id", flat=True)[:_PAGE]


WriteHeader = Callable[[], None]
WriteRows = Callable[[Sequence[models.Subscriber]], None]


def _csv_writers(write: Write, records: _Records) -> tuple[WriteHeader, WriteRows]:
    names = [attribute.slug for attribute in models.Attribute.objects.order_by("name")]
    tier_names = {code: name for name, code in tiers.map_own_tiers().items()}
    out = CsvWriter(write)

    def head() -> None:
        out.write_row(
            [
                "email",
                "first_name",
                "last_name",
                "status",
                "since",
                "confirmed_at",
                "zone",
                "language",
                "source",
                "tier",
                "tags",
                "former_addresses",
                *names,
            ]
        )

    def lines(people: Sequence[models.Subscriber]) -> None:
        known = records.load(people)
        for person in people:
            (held,) = known.subscriptions[person.id]
            cells = [
                person.address,
                person.first_name,
                person.last_name,
                held.state,
                held.since.isoformat(),
                held.confirmed_at.isoformat() if held.confirmed_at else "",
                person.zone,
                person.language,
                held.source,
                tier_names.get(present := tiers.get_present(person.tier, person.tier_ends_at, records.now), present),
                ", ".join(known.tags[person.id]),
                " ".join(former.address for former in known.former_addresses[person.id]),
                *(str(person.attributes.get(name, "")) for name in names),
            ]
            out.write_row(cells)

    return head, lines


def _mailchimp_writers(write: Write, records: _Records) -> tuple[WriteHeader, WriteRows]:
    """Mailchimp takes one file for each status, and a person's tags in one cell."""
    names = models.Attribute.objects.order_by("name")
    out = CsvWriter(write)

    def head() -> None:
        out.write_row(["Email Address", "First Name", "Last Name", "Tags", *(attribute.name for attribute in names)])

    def lines(people: Sequence[models.Subscriber]) -> None:
        known = records.load(people)
        for person in people:
            values = (str(person.attributes.get(attribute.slug, "")) for attribute in names)
            tags = ",".join(f'"{tag}"' if "," in tag else tag for tag in known.tags[person.id])
            out.write_row((person.address, person.first_name, person.last_name, tags, *values))

    return head, lines


def _listmonk_writers(write: Write, records: _Records) -> tuple[WriteHeader, WriteRows]:
    """listmonk takes email, name, and attributes as JSON."""
    out = CsvWriter(write)

    def head() -> None:
        out.write_row(["email", "name", "attributes"])

    def lines(people: Sequence[models.Subscriber]) -> None:
        known = records.load(people)
        for person in people:
            values: dict[str, Any] = dict(person.attributes)
            values |= {"tags": known.tags[person.id]} if known.tags[person.id] else {}
            values |= {name: getattr(person, name) for name in ("language", "zone") if getattr(person, name)}
            name = f"{person.first_name} {person.last_name}".strip()
            out.write_row((person.address, name, json.dumps(values, ensure_ascii=False)))

    return head, lines


def _jsonl_writers(write: Write, records: _Records) -> tuple[WriteHeader, WriteRows]:
    slugs = dict(models.List.objects.values_list("id", "slug"))

    def head() -> None:
        _write_line(write, {"newsletter_readers": VERSION})
        for row in models.List.objects.order_by("id"):
            if records.list_id in (None, row.id):
                _write_line(write, {"list": _pick_fields(row, *LIST_FIELDS)})
        for attribute in models.Attribute.objects.order_by("id"):
            _write_line(write, {"attribute": _pick_fields(attribute, *ATTRIBUTE_FIELDS)})
        for tier in models.OwnTier.objects.order_by("id"):
            _write_line(write, {"tier": _pick_fields(tier, *OWN_TIER_FIELDS)})
        for text in models.ConsentText.objects.order_by("id"):
            _write_line(write, {"text": _pick_fields(text, *CONSENT_TEXT_FIELDS)})

    def lines(people: Sequence[models.Subscriber]) -> None:
        known = records.load(people)
        for person in people:
            document = _pick_fields(person, *SUBSCRIBER_FIELDS)
            document["tags"] = known.tags[person.id]
            document["former_addresses"] = [
                _pick_fields(row, *FORMER_ADDRESS_FIELDS) for row in known.former_addresses[person.id]
            ]
            document["subscriptions"] = [
                {"list": slugs[row.list_id], **_pick_fields(row, *SUBSCRIPTION_FIELDS)}
                | (
                    {"engagement": _pick_fields(row.engagement, *ENGAGEMENT_FIELDS)}
                    if hasattr(row, "engagement")
                    else {}
                )
                for row in known.subscriptions[person.id]
            ]
            document["consents"] = [
                {"list": slugs.get(row.list_id or 0), **_pick_fields(row, *CONSENT_FIELDS)}
                for row in known.consents(person.id)
            ]
            document["tier_changes"] = [_pick_fields(row, *TIER_CHANGE_FIELDS) for row in known.tier_changes[person.id]]
            _write_line(write, {"person": document})

    return head, lines


LIST_FIELDS = (
    "slug",
    "name",
    "description",
    "language",
    "double_opt_in",
    "public",
    "weekly_day",
    "newest_edition",
    "engagement_as_of",
    "created_at",
    "privacy_notice",
    "removed_at",
)
ATTRIBUTE_FIELDS = ("slug", "name", "kind", "choices", "created_at")
SUBSCRIBER_FIELDS = (
    "address",
    "address_key",
    "first_name",
    "last_name",
    "language",
    "zone",
    "source",
    "tier",
    "tier_ends_at",
    "attributes",
    "tracked",
    "tracking_agreed_at",
    "soft_bounces",
    "created_at",
)
FORMER_ADDRESS_FIELDS = ("address", "address_key", "since", "until", "changed_by")
SUBSCRIPTION_FIELDS = ("state", "since", "confirmed_at", "source", "frequency", "paused_until", "asked_at")
ENGAGEMENT_FIELDS = ("newest", "opened", "clicked", "last_opened_at", "last_clicked_at", "as_of")
CONSENT_HASHES = ("form_hash", "notice_hash", "mail_hash")
CONSENT_FIELDS = (
    *("state", "before", "at", "claimed_at", "how", "by", "origin", "words", "network", "reason"),
    *CONSENT_HASHES,
    "tracking",
)
OWN_TIER_FIELDS = ("name", "code", "created_at")
TIER_CHANGE_FIELDS = ("tier", "ends_at", "before", "before_ends_at", "at", "how", "by")
CONSENT_TEXT_FIELDS = ("hash", "text", "first_used_at")


@dataclass(frozen=True, slots=True)
class _Records:
    """Loads what belongs to people, as far as the actor may know it."""

    list_id: int | None
    by: Actor
    now: datetime

    def load(self, people: Sequence[models.Subscriber]) -> _SubscriberRecords:
        """What belongs to some people; what is hidden of these is taken out of them, too."""
        known = _SubscriberRecords(people, self.list_id)
        if self.by.may(Verb.SUBSCRIBERS):
            return known
        ids = [person.id for person in people]
        changeable, named = rights.select_changeable(self.by, ids), rights.select_named(self.by, ids)
        for person in people:
            if person.id not in named:
                person.first_name = person.last_name = ""
            if person.id not in changeable:
                known.hide_profile(person.id)
                _hide_profile(person, known.subscriptions[person.id])
        return known


_HIDDEN = ("tracking_agreed_at", "tier_ends_at", "soft_bounces", "created_at")


def _hide_profile(person: models.Subscriber, held: Sequence[models.Subscription]) -> None:
    unknown = models.Subscriber(created_at=min(each.since for each in held))
    for name in ("language", "zone", "source", "tier", "attributes", "tracked", *_HIDDEN):
        setattr(person, name, getattr(unknown, name))


class _SubscriberRecords:  # reads like a question where it is used
    """What belongs to some people, a query for each kind instead of one for each person."""

    def __init__(self, people: Sequence[models.Subscriber], list_id: int | None) -> None:
        ids = [person.id for person in people]
        self._ids, self._list_id = ids, list_id
        self._all_consents: dict[int, list[models.ConsentEvent]] | None = None
        held = (
            models.Subscription.objects.filter(subscriber_id__in=ids).select_related("engagement").order_by("list_id")
        )
        self.subscriptions = _group_by_subscriber(ids, held if list_id is None else held.filter(list_id=list_id))
        self.former_addresses = _group_by_subscriber(
            ids, models.FormerAddress.objects.filter(subscriber_id__in=ids).order_by("until", "id")
        )
        self.tier_changes = _group_by_subscriber(
            ids, models.TierChange.objects.filter(subscriber_id__in=ids).order_by("at", "id")
        )
        tagged = models.SubscriberTag.objects.filter(subscriber_id__in=ids).select_related("tag")
        self.tags = {
            person: sorted(row.tag.name for row in rows) for person, rows in _group_by_subscriber(ids, tagged).items()
        }

    def hide_profile(self, person: int) -> None:
        """Takes out what only those may know who may change the person."""
        self.tier_changes[person] = []
        self.tags[person], self.former_addresses[person] = [], []
        for row in self.subscriptions[person]:
            row._state.fields_cache["engagement"] = None  # none is known

    def consents(self, person: int) -> Sequence[models.ConsentEvent]:
        """A person's history; asked for by our own format alone."""
        if self._all_consents is None:
            rows = models.ConsentEvent.objects.filter(subscriber_id__in=self._ids).order_by("id")
            if self._list_id is not None:
                rows = rows.filter(list_id=self._list_id)
            self._all_consents = _group_by_subscriber(self._ids, rows)
        return self._all_consents[person]


def _group_by_subscriber(ids: Sequence[int], rows: Any) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = {person: [] for person in ids}
    for row in rows:
        found[row.subscriber_id].append(row)
    return found


def _pick_fields(row: Any, *names: str) -> dict[str, Any]:
    return {name: _format_if_date(getattr(row, name)) for name in names}


def _format_if_date(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime | date) else value


def _write_line(write: Write, document: dict[str, Any]) -> None:
    write(json.dumps(document, ensure_ascii=False, separators=(",", ":")) + "\n")
