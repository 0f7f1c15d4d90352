"""The suppression list: addresses, domains and hashes of erased addresses, each with reason, source, maybe an end."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import BinaryIO

from django.db import transaction

from newsletter.kernel import clock
from newsletter.kernel.actors import ActionRecord, Actor, Verb, require_right
from newsletter.kernel.errors import BadInput, NotFound, Refused
from subscribers import addresses, models, rights
from subscribers.bulk_writing import WritePacer, delete_in_chunks
from subscribers.consent.subscriptions import suppress_key
from subscribers.imports import dates
from subscribers.imports.csv import CsvWriter, PlainCell, clean_cell, read_table
from subscribers.states import SuppressionReason
from subscribers.values import BadRow, Suppression

LONGEST_REASON = 40
_COLUMNS = ("address", "reason", "source", "created_at", "expires_at")


def parse_expiry(text: str) -> datetime | None:
    """Until when an address is not mailed: a day, at whose beginning (UTC) it ends, or an instant. “”: for good.

    Raises BadInput.
    """
    typed = text.strip()
    if not typed:
        return None
    return clock.parse_local_moment(typed if "T" in typed or ":" in typed else f"{typed}T00:00", "UTC", "until")


def suppress(address: str, *, reason: str, by: Actor, now: datetime, expires_at: datetime | None = None) -> None:
    """Never mails an address, or a whole domain written as “@example.com”, again; or not before `expires_at`.

    The first reason stands, unless it was only that mail came back. Raises NotAllowed, BadInput.
    """
    require_right(by, Verb.SUBSCRIBERS)
    if expires_at is not None and expires_at <= now:
        raise BadInput(f"{expires_at:%Y-%m-%d %H:%M} UTC is past, so it would end at once.", "until")
    key = to_suppression_key(address)
    because = reason[:LONGEST_REASON] or SuppressionReason.ASKED
    with transaction.atomic():
        if not suppress_key(key, reason=because, source=by.name, now=now, expires_at=expires_at):
            return
        person = _find_subscriber_id(key)
        by.record(
            ActionRecord(
                "suppressed an address",
                because,
                now,
                after={"until": expires_at} if expires_at else {},
                list_ids=rights.find_list_ids(person) if person else (),
                subscriber_id=person,
                personal_after={"address": key},
            )
        )


def lift_suppression(address: str, *, complaints: bool, by: Actor, now: datetime) -> None:
    """Allows mailing an address or domain again; who complained only with `complaints`.

    Raises NotAllowed, NotFound, Refused.
    """
    require_right(by, Verb.SUBSCRIBERS)
    key = to_suppression_key(address, strict=False)
    with transaction.atomic():
        found = models.Suppression.objects.select_for_update().filter(address_key=key).first()
        if found is None:
            raise NotFound(f"{address} is not on the list of those never to be mailed.")
        if not complaints and found.reason == SuppressionReason.COMPLAINED:
            raise Refused(
                f"{address} complained. If they ask for mail again, confirm that beside the address.",
                command_hint="Use: newsletter suppressions lift",
            )
        found.delete()
        person = _find_subscriber_id(key)
        by.record(
            ActionRecord(
                "lifted a suppression",
                "",
                now,
                before={"reason": found.reason},
                list_ids=rights.find_list_ids(person) if person else (),
                subscriber_id=person,
                personal_before={"address": key},
            )
        )


def _find_subscriber_id(key: str) -> int | None:
    return models.Subscriber.objects.filter(address_key=key).values_list("id", flat=True).first()


def to_suppression_key(text: str, *, strict: bool = True) -> str:
    """The key of an address or of “@domain”. Raises BadInput."""
    flat = text.strip()
    if flat.startswith("@"):
        return f"@{addresses.to_domain_key(flat)}"
    return addresses.to_key(addresses.check_address(flat) if strict else addresses.unwrap_address(flat))


def list_suppressions(*, after: int = 0, query: str = "", limit: int = 50) -> tuple[Suppression, ...]:
    """The suppressions behind the id `after`, those with `query` in their address alone."""
    rows = models.Suppression.objects.filter(id__gt=after).order_by("id")
    if query.strip():
        rows = rows.filter(address_key__contains=query.strip().casefold())
    return tuple(
        Suppression(row.id, row.address_key, row.reason, row.source, row.created_at, row.expires_at)
        for row in rows[:limit]
    )


def write_suppressions(write: Callable[[str], object], *, by: Actor, now: datetime) -> int:
    """Writes all of them as CSV, hashes of erased addresses too, so that another installation keeps them unmailed."""
    count = -1  # the head
    for text in stream_suppressions(by=by, now=now):
        write(text)
        count += 1
    return count


def stream_suppressions(*, by: Actor, now: datetime) -> Iterator[str]:
    """All of them as lines of CSV, the head first. Raises NotAllowed."""
    require_right(by, Verb.SUBSCRIBERS)
    by.record(ActionRecord("exported suppressions", "", now))
    return _stream_lines()


def _stream_lines() -> Iterator[str]:
    parts: list[str] = []
    writer = CsvWriter(parts.append)
    writer.write_row(_COLUMNS)
    for row in models.Suppression.objects.order_by("id").iterator(chunk_size=2000):
        ends = row.expires_at.isoformat() if row.expires_at else ""
        key = PlainCell(row.address_key) if row.address_key.startswith("@") else row.address_key
        yield "".join(parts)
        parts.clear()
        writer.write_row((key, row.reason, row.source, row.created_at.isoformat(), ends))
    yield "".join(parts)


def import_suppressions(stream: BinaryIO, *, source: str, by: Actor, now: datetime) -> tuple[int, tuple[BadRow, ...]]:
    """Takes a CSV of addresses, domains and hashes: how many are new, and the bad rows. Nobody is taken off by it.

    The first column counts, or the one called address or email. `source` is the name of the file. Raises NotAllowed,
    BadInput for what is not CSV.
    """
    require_right(by, Verb.SUBSCRIBERS)
    table = read_table(stream)
    names = [name.casefold() for name in table.header]
    place = next((names.index(name) for name in ("address", "email", "email address", "domain") if name in names), 0)
    records: Iterator[tuple[int, list[str]]] = table.records
    if not {"address", "email", "email address", "domain"} & {*names}:
        records = _prepend_header(table.header, table.records)
    bad: list[BadRow] = []
    new = 0
    pacer = WritePacer()
    while part := pacer.take(records):
        rows = _parse_rows(part, names, place, source, now, bad)
        with pacer.transaction(len(part)):
            added = _write_rows(rows)
            if added and not new:  # with the first that are in: a file may break off in the middle
                by.record(ActionRecord("imported suppressions", source[:100], now))
        new += added
    return new, tuple(bad)


def _parse_rows(
    part: list[tuple[int, list[str]]], names: list[str], place: int, source: str, now: datetime, bad: list[BadRow]
) -> dict[str, models.Suppression]:
    """The suppressions of some lines, by address. What cannot be read goes into `bad`."""
    rows: dict[str, models.Suppression] = {}
    for line, cells in part:
        made = _parse_row(line, cells, names, place, source, now)
        if isinstance(made, BadRow):
            bad.append(made)
        else:
            rows.setdefault(made.address_key, made)
    return rows


def _write_rows(rows: dict[str, models.Suppression]) -> int:
    """Adds what is not there yet: how many."""
    there = {*models.Suppression.objects.filter(address_key__in=rows).values_list("address_key", flat=True)}
    models.Suppression.objects.bulk_create(
        [row for key, row in rows.items() if key not in there], ignore_conflicts=True
    )
    return len(rows) - len(there)


def _prepend_header(header: list[str], records: Iterable[tuple[int, list[str]]]) -> Iterator[tuple[int, list[str]]]:
    """A file without a header: its first line is one of its records."""
    yield 1, header
    yield from records


def _parse_row(
    line: int, cells: list[str], names: list[str], place: int, source: str, now: datetime
) -> models.Suppression | BadRow:
    values = {name: clean_cell(cell) for name, cell in zip(names, cells, strict=False)}
    typed = clean_cell(cells[place]) if place < len(cells) else ""
    try:
        key = typed if _is_hash(typed) else to_suppression_key(typed)
    except BadInput as error:
        return BadRow(line, "address", typed[:200], str(error))
    ends = values.get("expires_at", "")
    expires_at = dates.parse_date(ends)
    if ends and expires_at is None:
        return BadRow(line, "expires_at", ends[:100], "This is not a date we can read. Write it like 2026-11-24.")
    return models.Suppression(
        address_key=key,
        reason=values.get("reason", "")[:LONGEST_REASON] or SuppressionReason.IMPORTED,
        source=values.get("source", "")[:200] or source[:200],
        created_at=dates.parse_date(values.get("created_at", "")) or now,
        expires_at=expires_at,
    )


def _is_hash(text: str) -> bool:
    return len(text) == 33 and text[0] == "#" and all(digit in "0123456789abcdef" for digit in text[1:])


def lift_expired(now: datetime) -> int:
    """Lifts what has come to its end. Returns how many."""
    return delete_in_chunks(models.Suppression.objects.filter(expires_at__lte=now))
