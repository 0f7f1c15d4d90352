"""Handing the readers of a list out, so that nobody is locked in."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable

from newsletter.kernel.errors import BadInput
from subscribers import models, reads, tables


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
    out = csv.writer(tables.Pen(write))
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
        out.writerow([tables.defused(cell) for cell in cells])

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
