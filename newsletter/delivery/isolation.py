"""Work on many items one by one, so that one that fails never stops the others.

An item that fails is counted and left alone for a while, longer each time. After some failures it is kept aside: an
alarm names it and what to do, and it is tried once an hour. Nothing is deleted, and nothing of it is taken for done.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import InterfaceError, OperationalError, transaction

from newsletter.delivery import alarms, models
from newsletter.delivery.ledger.states import BatchState
from newsletter.kernel.actors import ActionRecord, Actor, Verb, require_right
from newsletter.kernel.text import remove_unstorable

log = logging.getLogger(__name__)

MAX_FAILURES = 5  # then it is kept aside
FIRST_WAIT = timedelta(seconds=10)  # doubled with each failure
WAIT_ASIDE = timedelta(hours=1)  # an update may have mended what failed
WAIT_OF_STEP = timedelta(minutes=1)  # of a step as a whole: all items wait for it
DATABASE_AWAY = (OperationalError, InterfaceError)  # locked, full or gone: nothing is wrong with the item
REMEDY = "See why: newsletter doctor. Try it again: newsletter mailings retry-failed"


@dataclass(frozen=True, slots=True)
class Failure:
    """What fails, how often it did, and why."""

    what: str
    failures: int
    error: str
    since: datetime
    aside: bool


_Act = Callable[[int], int | bool | None]


def run_each(step: str, items: Iterable[int], act: _Act, now: datetime, *, stop_at_first: bool = False) -> int:
    """Takes a step for every item, the ids of mailings or batches. Returns the sum of what the steps return.

    Items that failed lately are left out. `stop_at_first` ends with the first item that had work.
    """
    items = list(items)
    # Most steps find no item most of the time: then nothing more is asked.
    failed = {row.item: row for row in models.FailedItem.objects.filter(step=step)} if items else {}
    done = 0
    for item in items:
        row = failed.get(item)
        if row is not None and row.next_at > now:
            continue
        try:
            done += int(act(item) or 0)
        except DATABASE_AWAY:
            raise
        except Exception as error:
            note_failure(step, item, error, now)
            continue
        if row is not None:
            row.delete()
        if done and stop_at_first:
            break
    return done


def run_steps(steps: Iterable[tuple[str, Callable[[], int | bool | None]]], now: datetime) -> bool:
    """Takes steps until one had work, and returns whether one had; one that fails stops none of those behind it."""
    return any(run_each(name, [0], lambda _, step=step: step(), now) for name, step in steps)  # type: ignore[misc]


def note_failure(step: str, item: int, error: Exception, now: datetime, *, mailing_id: int | None = None) -> datetime:
    """Counts a failure of an item. Returns when it is to be tried again."""
    with transaction.atomic():
        models.FailedItem.objects.get_or_create(step=step, item=item, defaults={"first_at": now, "next_at": now})
        row = models.FailedItem.objects.select_for_update().get(step=step, item=item)
        row.failures += 1
        aside = row.failures >= MAX_FAILURES
        row.error = remove_unstorable(f"{type(error).__name__}: {error}")[:300]
        longest = WAIT_ASIDE if item else WAIT_OF_STEP
        row.next_at = now + (longest if aside else min(FIRST_WAIT * 2 ** (row.failures - 1), longest))
        row.save()
        if row.failures == MAX_FAILURES:
            what = describe(step, item)
            alarms.raise_alarm(mailing_id, f"{what} fails again and again and is kept aside. {REMEDY}", now)
    log.error("%s failed, for the %s. time", describe(step, item), row.failures, exc_info=error)
    return row.next_at


def count_kept_aside() -> int:
    """How many items are kept aside."""
    return models.FailedItem.objects.filter(failures__gte=MAX_FAILURES).count()


def forget(step: str, items: Iterable[int]) -> None:
    """Forgets the failures of items that need the step no more."""
    models.FailedItem.objects.filter(step=step, item__in=list(items)).delete()


def list_failures() -> tuple[Failure, ...]:
    """What fails, kept aside first."""
    rows = models.FailedItem.objects.order_by("-failures", "first_at")
    return tuple(
        Failure(describe(row.step, row.item), row.failures, row.error, row.first_at, row.failures >= MAX_FAILURES)
        for row in rows
    )


def retry_failed(*, by: Actor, now: datetime) -> int:
    """Lets what fails be tried again at once. Returns how many items that are. Raises NotAllowed."""
    require_right(by, Verb.SEND)
    with transaction.atomic():
        batches = models.FailedItem.objects.filter(step=PREPARE_BATCH).values_list("item", flat=True)
        waiting = models.Batch.objects.filter(id__in=list(batches), state=BatchState.PLANNED)
        freezing = models.FailedItem.objects.filter(step=FREEZE_MAILING).values_list("item", flat=True)
        decided = {*waiting.values_list("mailing_id", flat=True), *freezing}  # with this, they may leave late
        models.Mailing.objects.filter(id__in=decided).update(underway_at=now)
        waiting.update(due_at=now)
        count = models.FailedItem.objects.update(next_at=now)
        if count:
            by.record(ActionRecord("retried failed", "failed items", now, detail=f"{count} kept aside or waiting"))
    return count


def list_failing(step: str) -> frozenset[int]:
    """The items of a step that failed at their last try."""
    return frozenset(models.FailedItem.objects.filter(step=step).values_list("item", flat=True))


OPEN_OCCURRENCE = "Opening occurrence"
PREPARE_BATCH = "Preparing batch"
FREEZE_MAILING = "Freezing mailing"


def describe(step: str, item: int) -> str:
    """An item and what is done with it, as people read it."""
    if step == PREPARE_BATCH:
        batch = models.Batch.objects.filter(id=item).values_list("number", "mailing_id").first()
        return f"{step} {batch[0]} of mailing {batch[1]}" if batch else f"{step} {item}"
    return f"{step} {item}" if item else step
