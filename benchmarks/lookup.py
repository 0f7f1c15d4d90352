"""What became of one person in three years of a daily letter, with 24 strata to an edition."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from benchmarks.delivery import plan_mailing, surroundings
from benchmarks.measuring import line, median_ms

EDITIONS, STRATA, READERS = 1095, 24, 24_000
BLOCK = 2_000  # ledger rows to a statement


def main() -> None:
    with surroundings():
        _fill()
        from newsletter.accounts.actors import SystemActor
        from newsletter.delivery import models
        from newsletter.delivery.reports import history

        by = SystemActor("benchmark")
        line("one person's latest 50 editions", median_ms(lambda: history.list_deliveries(12_345, by=by)))
        line(f"all {EDITIONS} editions", median_ms(lambda: history.list_deliveries(12_345, limit=EDITIONS, by=by)))
        found = history.list_deliveries(12_345, limit=EDITIONS + 1, by=by)
        assert len(found) == EDITIONS, len(found)
        print(
            f"{models.Batch.objects.count():,} batches, {models.AudienceIndex.objects.count():,} rows of the directory"
        )


def _fill() -> None:
    """The ledger of many editions; a person is in another stratum every day."""
    from newsletter.delivery import models
    from newsletter.delivery.ledger import batching
    from newsletter.delivery.ledger.format import Outcomes
    from newsletter.delivery.ledger.states import BatchState, MailingState, Outcome
    from newsletter.delivery.sending import ledger_rows

    template = models.Mailing.objects.get(id=plan_mailing(10))
    everybody = range(1, READERS + 1)
    accepted = Outcomes.all_planned(READERS // STRATA)
    accepted.settle(Outcome.ACCEPTED)
    batches: list[models.Batch] = []
    directory: list[models.AudienceIndex] = []
    for day in range(EDITIONS):
        template.pk, template.key = None, f"day{day}"
        template.kind, template.state = "test", MailingState.FINISHED
        template.due_at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=day)
        template.save(force_insert=True)
        for stratum in range(STRATA):
            members = [person for person in everybody if (person + day) % STRATA == stratum]
            batch = ledger_rows.build_batch(template, stratum + 1, members, template.due_at, stratum)
            batch.state, batch.outcomes = BatchState.ACCEPTED, accepted.pack()
            batches.append(batch)
        places = [(person, (person + day) % STRATA) for person in everybody]
        directory += [
            ledger_rows.build_audience_index(template.id, some) for some in batching.split_into_chunks(places, 1_000)
        ]
        if len(batches) > BLOCK:
            models.Batch.objects.bulk_create(batches)
            models.AudienceIndex.objects.bulk_create(directory)
            batches, directory = [], []
    models.Batch.objects.bulk_create(batches)
    models.AudienceIndex.objects.bulk_create(directory)
