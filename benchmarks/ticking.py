"""What a tick costs with 10,000 schedules, and whether several schedulers make one mailing of each date.

    BENCH_TICKING_SECONDS=60 python -m benchmarks ticking

Two and five processes tick once a second, on both databases. Their clocks are up to a minute apart, so that each
finds what the others may have taken, and newsletters fall due together.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta

from benchmarks.delivery import surroundings
from benchmarks.measuring import line, median_ms
from benchmarks.processes import run_each

MANY, FEW = 10_000, 100
NEWSLETTERS = 30
SECONDS = int(os.environ.get("BENCH_TICKING_SECONDS", 60))
APART = timedelta(minutes=1)  # the first clock and the last
START = datetime(2026, 11, 24, 6, 58, tzinfo=UTC)


def main() -> None:
    run_each({where: [sys.executable, "-m", "benchmarks.ticking", where] for where in ("sqlite", "postgres")})


def measure(database: str) -> None:
    """Both measurements on one database."""
    with surroundings(postgres=database == "postgres"):
        few = _measure_tick(FEW)
        line(f"{database}: a tick, {MANY:,} schedules", _measure_tick(MANY), f"with {FEW}", few)
        for number, processes in enumerate((2, 5)):
            _check_processes(database, processes, START + timedelta(days=1 + number))


def _measure_tick(schedules: int) -> float:
    """The median of a tick by which nothing is due, in ms, when all schedules are planned."""
    from newsletter.jobs import tasks
    from newsletter.scheduling import models, occurrences

    newsletter_id = _create_newsletter(f"idle-{schedules}", START)
    models.Schedule.objects.bulk_create(
        models.Schedule(
            newsletter_id=newsletter_id,
            weekdays="1",  # so that no more than two dates each lie within the days that are planned
            time=f"{(9 + number % 12):02d}:{number % 60:02d}",
            zone="Europe/London",
            created_at=START,
        )
        for number in range(schedules)
    )
    while occurrences.materialise(START):
        pass
    return median_ms(lambda: tasks.tick(START))


def _check_processes(database: str, processes: int, start: datetime) -> None:
    """Lets processes tick for a while; every date of that time must have one mailing."""
    from newsletter.delivery.models import Mailing
    from newsletter.scheduling.models import Occurrence

    since = max(Mailing.objects.values_list("id", flat=True), default=0)
    due = _plan_minutes(f"{processes}", start)
    command = [sys.executable, "-m", "benchmarks.ticking", "tick"]
    offsets = [APART * number / (processes - 1) for number in range(processes)]
    running = [subprocess.Popen([*command, start.isoformat(), str(each.total_seconds())]) for each in offsets]
    codes = [process.wait() for process in running]
    if any(codes):
        sys.exit("A process that ticked failed.")
    made = list(Mailing.objects.filter(id__gt=since).values_list("occurrence_id", flat=True))
    states = sorted(set(Occurrence.objects.filter(id__in=due).values_list("state", flat=True)))
    print(
        f"{database}: {processes} processes, {SECONDS} s: {len(due)} dates fell due, {len(made)} mailings of "
        f"{len(set(made))} dates; the dates are {', '.join(states)}",
        flush=True,
    )
    if sorted(made) != sorted(due):
        sys.exit("There is not one mailing for each date.")


def _plan_minutes(name: str, start: datetime) -> list[int]:
    """Newsletters with an approved edition each, due at each of the minutes in which the processes tick."""
    from newsletter.curator.editions.models import Edition, Snapshot
    from newsletter.curator.editions.states import EditionState
    from newsletter.jobs import tasks
    from newsletter.scheduling import schedules
    from newsletter.scheduling.models import Occurrence
    from tests.actors import SYSTEM

    until = start + APART + timedelta(seconds=SECONDS - 5)
    times = [start.replace(second=0) + timedelta(minutes=number) for number in range(1, 60)]
    wanted = [each for each in times if each <= until]
    for number in range(NEWSLETTERS):
        newsletter_id = _create_newsletter(f"ticking-{name}-{number}", start)
        schedules.create_schedule(
            newsletter_id,
            weekdays="daily",
            time=", ".join(f"{each:%H:%M}" for each in wanted),
            zone="UTC",
            by=SYSTEM,
            now=start - timedelta(hours=1),
        )
    tasks.create_due_editions(start)
    rows = Occurrence.objects.filter(instant__gt=start, instant__lte=until).exclude(edition=None)
    for row in rows:
        Snapshot.objects.create(
            edition_id=row.edition_id, approved_at=start, approved_by="Ada", sha256=f"{row.id:064d}", merge=[], html="x"
        )
        Edition.objects.filter(id=row.edition_id).update(state=EditionState.APPROVED)
    return [row.id for row in rows]


def _create_newsletter(slug: str, now: datetime) -> int:
    from newsletter.catalog import newsletter_settings
    from subscribers import lists
    from tests.actors import SYSTEM

    return newsletter_settings.create_newsletter(
        slug=slug,
        name=slug,
        from_email="news@example.com",
        postal_address="1 High Street",
        list_id=lists.create_list(slug, slug, by=SYSTEM, now=now).id,
        zone="UTC",
        now=now,
        by=SYSTEM,
    ).id


def tick(start: datetime, ahead: timedelta) -> None:
    """Ticks once a second, by a clock that began at `start` and is so far ahead."""
    import django

    django.setup()
    from newsletter.jobs import tasks

    begun = time.monotonic()
    for number in range(SECONDS):
        ticked = tasks.tick(start + ahead + timedelta(seconds=time.monotonic() - begun), with_editions=False)
        if ticked.failed:
            sys.exit(str(ticked.failed))
        time.sleep(max(0.0, begun + number + 1 - time.monotonic()))


if __name__ == "__main__":
    if sys.argv[1] == "tick":
        tick(datetime.fromisoformat(sys.argv[2]), timedelta(seconds=float(sys.argv[3])))
    else:
        measure(sys.argv[1])
