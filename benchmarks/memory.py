"""How much memory it takes to know who has an edition already: ten million people in the ledger, read page by page.

The ledger alone is filled, with packed batches: subscribers are not asked for. Two limits: 250 MB for the process, and
less than what a set of everybody would take.
"""

from __future__ import annotations

import os
import resource
import time
from collections.abc import Iterator
from typing import Any

from benchmarks.delivery import plan_mailing, surroundings

READERS = int(os.environ.get("BENCH_READERS", 10_000_000))
BATCH, STRATA, BLOCK = 1_000, 6, 500  # ledger rows to a statement
LIMIT_MB = 250


def main() -> None:
    with surroundings():
        from newsletter.delivery import models
        from newsletter.delivery.sending import freeze
        from newsletter.delivery.sending.mailed_before import EarlierBatches

        earlier = models.Mailing.objects.get(id=plan_mailing(10))
        for rows in _build_ledger(earlier):
            models.Batch.objects.bulk_create(rows)
        before, start, found = _peak_mb(), time.perf_counter(), 0
        batches = EarlierBatches(earlier.edition_id, 0, after=0)
        for upto in range(freeze.PAGE_SIZE, READERS + freeze.PAGE_SIZE, freeze.PAGE_SIZE):
            found += len(batches.read_page(upto).mailed)
        assert found == READERS, found
        peak = _peak_mb()
        print(
            f"who has it already: {READERS:,} people in {models.Batch.objects.count():,} batches, "
            f"{time.perf_counter() - start:.0f} s, {peak:.0f} MB at most ({before:.0f} before)",
            flush=True,
        )
        assert peak < LIMIT_MB, f"more than {LIMIT_MB} MB"


def _build_ledger(mailing: Any) -> Iterator[list[object]]:
    """Batches of `BATCH` accepted people each, who are spread over strata."""
    from datetime import UTC, datetime

    from newsletter.delivery.ledger.format import Outcomes
    from newsletter.delivery.ledger.states import BatchState, Outcome
    from newsletter.delivery.sending import ledger_rows

    now, number, rows = datetime.now(UTC), 0, []
    for start in range(1, READERS + 1, BATCH * STRATA):
        for stratum in range(STRATA):
            members = range(start + stratum, min(start + BATCH * STRATA, READERS + 1), STRATA)
            if not members:
                continue
            number += 1
            row = ledger_rows.build_batch(mailing, number, members, now, stratum)
            outcomes = Outcomes.all_planned(len(members))
            outcomes.settle(Outcome.ACCEPTED)
            row.state, row.outcomes = BatchState.ACCEPTED, outcomes.pack()
            rows.append(row)
        if len(rows) >= BLOCK:
            yield rows
            rows = []
    yield rows


def _peak_mb() -> float:
    """The most memory this process ever had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
