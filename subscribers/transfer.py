"""Importing and exporting readers, in strokes: the pages of readers go on beside it."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from django.db import transaction

from newsletter.kernel.errors import BadInput, SurroundingsError
from subscribers import addresses, formats, models, policy, reads
from subscribers.formats import BadRow, Row
from subscribers.values import ImportReport

STROKE = 500  # rows to a transaction: about 30 ms
_ACT = {
    "active": "import",
    "pending": "import-unconfirmed",
    "unsubscribed": "import-left",
    "bounced": "bounce",
    "complained": "complain",
}
_STRENGTH = {
    "active": 0,
    "pending": 1,
    "unsubscribed": 2,
    "bounced": 3,
    "complained": 4,
}  # the strongest word against mailing wins


def import_csv(
    source: Path | BinaryIO,
    list_id: int,
    *,
    dry_run: bool,
    by: str,
    now: datetime,
    name: str = "",
    progress: Callable[[int], object] | None = None,
) -> ImportReport:
    """Imports a CSV file into a list. Good rows are kept, bad ones reported; nobody who left is signed up again.

    A first pass reads the whole file, so that one that cannot be taken (no addresses, unknown status)
    changes nothing. Raises BadInput, SurroundingsError.
    """
    target = reads.list(list_id)
    origin = name or (source.name if isinstance(source, Path) else "")
    for _ in _rows(source):
        pass
    counts = dict.fromkeys(("rows", "new", "updated", "unchanged", "kept_unsubscribed"), 0)
    bad: list[BadRow] = []
    rows = _rows(source)
    while stroke := list(islice(rows, STROKE)):
        bad += [row for row in stroke if isinstance(row, BadRow)]
        good = [row for row in stroke if isinstance(row, Row)]
        counts["rows"] += len(stroke)
        with transaction.atomic():
            for outcome in _take(good, target.id, by, origin, now, dry_run):
                counts[outcome] += 1
        if progress:
            progress(len(stroke))
    return ImportReport(**counts, refused=len(bad), bad=tuple(bad))


def _rows(source: Path | BinaryIO) -> Iterator[Row | BadRow]:
    if isinstance(source, Path):
        try:
            if source.stat().st_size > formats.LARGEST_FILE:
                raise BadInput(f"{source} is larger than {formats.LARGEST_FILE // 2**20} MB. Split it.", "file")
            with source.open("rb") as file:
                yield from formats.read(file)
        except OSError as error:
            raise SurroundingsError(f"{source} cannot be read: {error.strerror}.") from None
    else:
        source.seek(0)
        yield from formats.read(io.BytesIO(source.read()))


def _take(rows: list[Row], list_id: int, by: str, origin: str, now: datetime, dry_run: bool) -> Iterator[str]:
    """Takes one stroke of rows in and yields what became of each."""
    wanted: dict[str, Row] = {}
    for row in rows:
        key = addresses.key(row.address)
        held = wanted.get(key)
        if held is not None:
            yield "unchanged"  # the same person again: one of the two rows counts, the stronger word stands
        if held is None or _STRENGTH[row.status] > _STRENGTH[held.status]:
            wanted[key] = row
    people = {person.address_key: person for person in models.Subscriber.objects.filter(address_key__in=wanted)}
    suppressed = set(models.Suppression.objects.filter(address_key__in=wanted).values_list("address_key", flat=True))
    states = {
        subscription.subscriber_id: subscription
        for subscription in models.Subscription.objects.filter(list_id=list_id, subscriber__in=people.values())
    }
    stroke = _Stroke(list_id, by, origin, now)
    for key, row in wanted.items():
        person = people.get(key)
        yield stroke.take(key, row, person, states.get(person.id) if person else None, key in suppressed)
    if not dry_run:
        stroke.write()


class _Stroke:
    """The rows to write for one stroke of an import."""

    def __init__(self, list_id: int, by: str, origin: str, now: datetime) -> None:
        self._list_id, self._by, self._origin, self._now = list_id, by, origin, now
        self._new_people: list[models.Subscriber] = []
        self._changed_people: list[models.Subscriber] = []
        self._joined: list[tuple[models.Subscriber, str]] = []
        self._moved: list[tuple[models.Subscription, str]] = []

    def take(
        self,
        key: str,
        row: Row,
        person: models.Subscriber | None,
        subscription: models.Subscription | None,
        suppressed: bool,
    ) -> str:
        before = subscription.state if subscription else None
        change = policy.after(_ACT[row.status], before)
        if row.status in ("bounced",) and before is None:
            change = policy.Change(policy.BOUNCED, True)
        if (suppressed and change.state in (policy.ACTIVE, policy.PENDING)) or (
            change.state in policy.OUT and not change.changed
        ):
            return "kept_unsubscribed"
        renamed = person is not None and self._fill_in(person, row)
        if person is None:
            person = models.Subscriber(
                address=row.address,
                address_key=key,
                first_name=row.first_name,
                last_name=row.last_name,
                zone=row.zone,
                language=row.language,
                source=self._origin[:200],
                created_at=self._now,
            )
            self._new_people.append(person)
        if change.changed and change.state is not None:
            if subscription is None:
                self._joined.append((person, change.state))
            else:
                self._moved.append((subscription, change.state))
        return "new" if subscription is None else "updated" if change.changed or renamed else "unchanged"

    def _fill_in(self, person: models.Subscriber, row: Row) -> bool:
        """What the file says and we did not know; what readers told us themselves stays."""
        missing = {
            name: getattr(row, name)
            for name in ("first_name", "last_name", "zone", "language")
            if getattr(row, name) and not getattr(person, name)
        }
        for name, value in missing.items():
            setattr(person, name, value)
        if missing:
            self._changed_people.append(person)
        return bool(missing)

    def write(self) -> None:
        models.Subscriber.objects.bulk_create(self._new_people)
        if self._changed_people:
            models.Subscriber.objects.bulk_update(self._changed_people, ["first_name", "last_name", "zone", "language"])
        models.Subscription.objects.bulk_create(
            models.Subscription(
                list_id=self._list_id,
                subscriber=person,
                state=state,
                since=self._now,
                source=self._origin[:200],
            )
            for person, state in self._joined
        )
        for subscription, state in self._moved:
            models.Subscription.objects.filter(id=subscription.id).update(state=state, since=self._now)
        models.Consent.objects.bulk_create(
            [self._consent(person.id, state) for person, state in self._joined]
            + [self._consent(subscription.subscriber_id, state) for subscription, state in self._moved]
        )

    def _consent(self, subscriber_id: int, state: str) -> models.Consent:
        return models.Consent(
            subscriber_id=subscriber_id,
            list_id=self._list_id,
            state=state,
            at=self._now,
            how="import",
            by=self._by,
            origin=self._origin[:500],
        )


def export(list_id: int, write: Callable[[str], object], *, form: str = "csv") -> int:
    """Writes the people of a list: "csv" for spreadsheets (formula cells defused), "jsonl" complete and exact. Returns how many."""
    if form not in ("csv", "jsonl"):
        raise BadInput(f"“{form}” is no form of export. It can be csv or jsonl.", "format")
    target = reads.list(list_id)
    rows = (
        models.Subscription.objects.filter(list_id=target.id)
        .select_related("subscriber")
        .prefetch_related("subscriber__former_addresses")
        .order_by("subscriber_id")
    )
    writer = _csv_writer(write) if form == "csv" else _json_writer(write)
    count = 0
    for row in rows.iterator(chunk_size=2000):
        writer(row)
        count += 1
    return count


def _csv_writer(write: Callable[[str], object]) -> Callable[[models.Subscription], None]:
    names = (
        "email",
        "first_name",
        "last_name",
        "status",
        "since",
        "confirmed_at",
        "zone",
        "language",
        "source",
        "former_addresses",
    )
    out = csv.writer(_Pen(write))
    out.writerow(names)

    def line(row: models.Subscription) -> None:
        person = row.subscriber
        cells = (
            person.address,
            person.first_name,
            person.last_name,
            row.state,
            row.since.isoformat(),
            row.confirmed_at.isoformat() if row.confirmed_at else "",
            person.zone,
            person.language,
            row.source,
            " ".join(former.address for former in person.former_addresses.all()),
        )
        out.writerow([formats.defused(cell) for cell in cells])

    return line


def _json_writer(write: Callable[[str], object]) -> Callable[[models.Subscription], None]:
    def line(row: models.Subscription) -> None:
        person = row.subscriber
        document = {
            "email": person.address,
            "first_name": person.first_name,
            "last_name": person.last_name,
            "zone": person.zone,
            "language": person.language,
            "person_source": person.source,
            "created_at": person.created_at.isoformat(),
            "status": row.state,
            "since": row.since.isoformat(),
            "confirmed_at": row.confirmed_at.isoformat() if row.confirmed_at else None,
            "source": row.source,
            "former_addresses": [
                {
                    "email": former.address,
                    "since": former.since.isoformat(),
                    "until": former.until.isoformat(),
                    "changed_by": former.changed_by,
                }
                for former in person.former_addresses.all()
            ],
        }
        write(json.dumps(document, ensure_ascii=False) + "\n")

    return line


class _Pen:
    """What csv.writer writes to: anything that takes a string."""

    def __init__(self, write: Callable[[str], object]) -> None:
        self._write = write

    def write(self, text: str) -> None:
        self._write(text)
