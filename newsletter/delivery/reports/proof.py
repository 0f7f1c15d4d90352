"""The proof of a mailing, as a file: every candidate and what became of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from itertools import islice
from typing import TextIO

from newsletter.delivery.reports import recipients, summary
from newsletter.delivery.reports.recipients import CandidateOutcome
from newsletter.kernel.actors import ActionRecord, Actor
from subscribers.imports.csv import CsvWriter

COLUMNS = ("reader", "address", "state", "batch", "reason", "excluded")
ROWS_PER_PIECE = 500


def export_proof(mailing_id: int, out: TextIO, *, by: Actor, now: datetime) -> int:
    """Writes the proof as CSV for a spreadsheet, and records who took it. Returns how many candidates there are.

    Raises NotFound, NotAllowed for whoever may not see the subscribers of the mailing's list.
    """
    written = -1  # the first row names the columns
    for row in _export_rows(mailing_id, None, "", "", by, now):
        out.write(row)
        written += 1
    return written


def stream_proof(
    mailing_id: int,
    *,
    state: Collection[str] | None = None,
    reason: str = "",
    text: str = "",
    by: Actor,
    now: datetime,
) -> Iterator[str]:
    """The proof as pieces of CSV: of all candidates, or of those that `recipients.iterate_recipients` finds.

    Permission is asked and the export recorded before the first piece is taken. Raises the same, and BadInput.
    """
    rows = _export_rows(mailing_id, state, reason, text, by, now)
    return iter(lambda: "".join(islice(rows, ROWS_PER_PIECE)), "")


def _export_rows(
    mailing_id: int, state: Collection[str] | None, reason: str, text: str, by: Actor, now: datetime
) -> Iterator[str]:
    found = recipients.iterate_recipients(mailing_id, state=state, reason=reason, text=text, by=by)
    newsletter_id = summary.get_newsletter_of_mailing(mailing_id)
    # What the provider said of somebody, or what was searched for, may name a person: the log does not repeat it.
    which = ", ".join(filter(None, (*sorted(state or ()), reason and "of one reason", text and "of one search")))
    by.record(ActionRecord("exported proof", f"mailing {mailing_id}", now, newsletter_id, which))
    return _format_rows(found)


def _format_excluded(row: CandidateOutcome) -> str:
    """“yes” of those to whom it was never sent: some reasons for that are named as an outcome is."""
    return "yes" if row.excluded else ""


def _format_rows(found: Iterable[CandidateOutcome]) -> Iterator[str]:
    written: list[str] = []
    writer = CsvWriter(written.append)
    writer.write_row(COLUMNS)
    for row in found:
        became = (row.state, row.batch or "", row.reason, _format_excluded(row))
        writer.write_row((row.subscriber_id, row.address, *became))
        yield written.pop(0)
    yield from written
