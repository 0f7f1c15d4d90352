"""Importing readers, in strokes: the pages of readers go on beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from django.db import IntegrityError, transaction

from newsletter.kernel.errors import BadInput, SurroundingsError
from subscribers import addresses, formats, models, policy, reads
from subscribers.formats import BadRow, Row
from subscribers.values import ImportReport

STROKE = 500  # rows to a transaction: about 30 ms
TRIES = 4
_ACT = {
    "active": "import",
    "pending": "import-unconfirmed",
    "unsubscribed": "import-left",
    "bounced": "import-bounced",
    "complained": "complain",
}
_STRENGTH = {status: strength for strength, status in enumerate(_ACT)}  # the strongest word against mailing wins


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
    changes nothing, and so that the strongest word of the file counts wherever it stands.
    Raises BadInput, SurroundingsError.
    """
    target = reads.list(list_id)
    origin = name or (source.name if isinstance(source, Path) else "")
    once = _Once(_rows(source))
    counts = dict.fromkeys(("rows", "new", "updated", "unchanged", "kept_unsubscribed"), 0)
    bad: list[BadRow] = []
    rows = _rows(source)
    while part := list(islice(rows, STROKE)):
        bad += [row for row in part if isinstance(row, BadRow)]
        good = [row for row in part if isinstance(row, Row)]
        first = once.first(good)
        counts["rows"] += len(part)
        counts["unchanged"] += len(good) - len(first)
        for outcome in _taken(first, target.id, by, origin, now, dry_run):
            counts[outcome] += 1
        if progress:
            progress(len(part))
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
        yield from formats.read(source)


class _Once:
    """Of the rows that name one address the first counts, with the strongest status of them all."""

    def __init__(self, rows: Iterable[Row | BadRow]) -> None:
        strongest: dict[str, str] = {}
        repeated: set[str] = set()
        for row in rows:
            if isinstance(row, Row):
                key = addresses.key(row.address)
                if key in strongest:
                    repeated.add(key)
                strongest[key] = max(strongest.get(key, row.status), row.status, key=_STRENGTH.__getitem__)
        self._waiting = {key: strongest[key] for key in repeated}
        self._taken: set[str] = set()

    def first(self, rows: list[Row]) -> dict[str, Row]:
        """Those of the next rows that count, by the key of their address."""
        found: dict[str, Row] = {}
        for row in rows:
            key = addresses.key(row.address)
            if key in self._taken:
                continue
            if key in self._waiting:
                self._taken.add(key)
                row = replace(row, status=self._waiting.pop(key))
            found[key] = row
        return found


def _taken(rows: dict[str, Row], list_id: int, by: str, origin: str, now: datetime, dry_run: bool) -> list[str]:
    """Takes one stroke in, whole or not at all; once more when somebody else added one of its people meanwhile."""
    for _ in range(TRIES - 1):
        try:
            with transaction.atomic():
                return list(_take(rows, list_id, by, origin, now, dry_run))
        except IntegrityError:
            continue
    with transaction.atomic():
        return list(_take(rows, list_id, by, origin, now, dry_run))


def _take(rows: dict[str, Row], list_id: int, by: str, origin: str, now: datetime, dry_run: bool) -> Iterator[str]:
    """Takes one stroke of rows in and yields what became of each."""
    people = _people(rows)
    suppressed = set(models.Suppression.objects.filter(address_key__in=rows).values_list("address_key", flat=True))
    states = {
        subscription.subscriber_id: subscription
        for subscription in models.Subscription.objects.select_for_update()
        .filter(list_id=list_id, subscriber__in=people.values())
        .order_by("id")  # held in one order by all: somebody who leaves just now stays out, and two imports never block
    }
    stroke = _Stroke(list_id, by, origin, now)
    for key, row in rows.items():
        person = people.get(key)
        yield stroke.take(key, row, person, states.get(person.id) if person else None, key in suppressed)
    if not dry_run:
        stroke.write()


def _people(keys: Iterable[str]) -> dict[str, models.Subscriber]:
    """Those who have one of these addresses, or had: somebody who left is not signed up again by an old address."""
    people = {person.address_key: person for person in models.Subscriber.objects.filter(address_key__in=keys)}
    unknown = [key for key in keys if key not in people]
    former = models.AddressChange.objects.filter(address_key__in=unknown).select_related("subscriber").order_by("until")
    return people | {change.address_key: change.subscriber for change in former}


class _Stroke:
    """The rows to write for one stroke of an import."""

    def __init__(self, list_id: int, by: str, origin: str, now: datetime) -> None:
        self._list_id, self._by, self._origin, self._now = list_id, by, origin, now
        self._new_people: list[models.Subscriber] = []
        self._changed_people: list[models.Subscriber] = []
        self._joined: list[tuple[models.Subscriber, str]] = []
        self._moved: list[tuple[models.Subscription, str]] = []
        self._known: set[int] = set()

    def take(
        self,
        key: str,
        row: Row,
        person: models.Subscriber | None,
        subscription: models.Subscription | None,
        suppressed: bool,
    ) -> str:
        if person is not None:
            if person.id in self._known:
                return "unchanged"  # by a former and the present address: one person
            self._known.add(person.id)
        before = subscription.state if subscription else None
        change = policy.after(_ACT[row.status], before)
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
