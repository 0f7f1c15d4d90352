"""The proof of a mailing, as a file: every candidate and what became of them."""

from __future__ import annotations

from datetime import datetime
from typing import TextIO

from newsletter.delivery.reports import recipients, summary
from newsletter.kernel.actors import ActionRecord, Actor
from subscribers.imports.csv import CsvWriter

COLUMNS = ("reader", "address", "state", "batch", "reason")


def export_proof(mailing_id: int, out: TextIO, *, by: Actor, now: datetime) -> int:
    """Writes the proof as CSV for a spreadsheet, and records who took it. Returns how many candidates there are.

    Raises NotFound, NotAllowed for whoever may not see the subscribers of the mailing's list.
    """
    rows = recipients.iterate_recipients(mailing_id, by=by)
    newsletter_id = summary.get_newsletter_of_mailing(mailing_id)
    by.record(ActionRecord("exported proof", f"mailing {mailing_id}", now, newsletter_id))
    writer = CsvWriter(out.write)
    writer.write_row(COLUMNS)
    written = 0
    for row in rows:
        writer.write_row((row.subscriber_id, row.address, row.state, row.batch or "", row.reason))
        written += 1
    return written
