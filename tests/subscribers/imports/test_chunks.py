"""An import merged chunk by chunk: each whole or not at all, and by its owner alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from newsletter.kernel.errors import BadInput
from subscribers import models
from subscribers.imports import chunks, staging
from subscribers.imports.chunks import FIRST_CHUNK
from subscribers.imports.import_lookup import get_import
from subscribers.imports.run import confirm_import, process_next_import
from subscribers.values import ImportReport, ImportRun
from tests.actors import SYSTEM
from tests.subscribers.imports.conftest import adds_up, counted, step

FILE = "email,first_name\nann@example.com,Ann\nben@example.com,Ben\nnobody@,\n"
TakeIn = Callable[..., ImportReport]
Look = Callable[..., str | None]


def test_a_dry_run_counts_an_address_once_however_far_apart_its_rows_are(take_in: TakeIn) -> None:
    between = "".join(f"r{n}@example.com,active\n" for n in range(FIRST_CHUNK + 5))
    file = f"email,status\nann@example.com,active\n{between}ANN@example.com,unsubscribed\n"
    dry = take_in(file, dry_run=True)
    assert counted(dry) == (FIRST_CHUNK + 6, 0, 1, 0, 0)
    assert dry.states == {"active": FIRST_CHUNK + 5, "unsubscribed": 1}
    assert replace(dry, states={}, newly_active=0) == replace(take_in(file), id=0)


@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize("gap", [0, FIRST_CHUNK + 5])
def test_the_strongest_word_against_mailing_wins_in_whatever_order(
    order: int, gap: int, take_in: TakeIn, state: Look
) -> None:
    message = [f"ann@example.com,{status}\n" for status in ("active", "unsubscribed")][::order]
    between = "".join(f"r{n}@example.com,active\n" for n in range(gap))
    report = take_in("email,status\n" + between.join(message))
    assert state("ann@example.com") == "unsubscribed"
    assert adds_up(report)


def test_a_file_that_cannot_be_taken_leaves_nothing_behind(take_in: TakeIn, state: Look) -> None:
    good = "".join(f"r{n}@example.com,active\n" for n in range(FIRST_CHUNK + 5))
    with pytest.raises(BadInput, match="maybe"):
        take_in(f"email,status\n{good}ann@example.com,maybe\n")
    assert state("r0@example.com") is None


def test_a_stroke_of_rows_costs_a_handful_of_queries_however_many_rows(
    take_in: TakeIn, django_assert_max_num_queries: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chunks, "CHUNK_SECONDS", 60.0)  # or a slow machine would make more of them
    monkeypatch.setattr(chunks, "POSTGRES_CHUNK_SECONDS", 60.0)
    chunk_count = 4
    file = "email,first_name\n" + "".join(f"reader{n}@example.com,Ann\n" for n in range(chunk_count * FIRST_CHUNK))
    with django_assert_max_num_queries(25 * chunk_count):
        assert take_in(file).new == chunk_count * FIRST_CHUNK


def test_the_work_of_a_dead_worker_is_taken_up_when_its_lease_is_over(
    begin: Callable[..., ImportRun], now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = begin("email\n" + "".join(f"reader{n:03}@example.com\n" for n in range(300)))
    step(now)
    confirm_import(run.id, by=SYSTEM, now=now, seen=None)
    monkeypatch.setattr(chunks, "FIRST_CHUNK", 100)
    real, done_chunks = staging.read_chunks, 0

    def dies(*args: object, **more: object) -> object:
        nonlocal done_chunks
        for rows in real(*args, **more):  # type: ignore[arg-type]
            yield rows
            done_chunks += 1
            if done_chunks == 1:
                raise KeyboardInterrupt  # as if the power went

    monkeypatch.setattr(staging, "read_chunks", dies)
    with pytest.raises(KeyboardInterrupt):
        step(now)
    monkeypatch.setattr(staging, "read_chunks", real)
    half = get_import(run.id)
    assert half.state == "running"
    assert 0 < half.merged < 300
    assert models.Subscriber.objects.count() == half.merged
    assert not step(now)  # somebody may still be at it
    assert step(now + chunks.LEASE * 2)
    done = get_import(run.id)
    assert (done.state, done.report.new, models.Subscriber.objects.count()) == ("done", 300, 300)


@pytest.mark.parametrize(
    "meanwhile", [{"owner": "another worker"}, {"state": "stopped"}, {"merged_to": "zoe@example.com"}], ids=str
)
def test_a_worker_that_was_overtaken_merges_nothing_more(
    meanwhile: dict[str, str], begin: Callable[..., ImportRun], now: datetime
) -> None:
    """Somebody took it over, stopped it, or has merged these people: whatever of the three, the stroke is not ours."""
    run = begin()
    step(now)
    confirm_import(run.id, by=SYSTEM, now=now, seen=None)

    def clock() -> datetime:
        models.ImportRun.objects.filter(id=run.id).update(**meanwhile)
        return now

    assert process_next_import(now, owner="worker", clock=clock)
    assert models.Subscriber.objects.count() == 0
    assert (get_import(run.id).merged, get_import(run.id).file_kept) == (0, True)
    if "owner" in meanwhile:
        assert get_import(run.id).state == "running"  # not “failed”: whose it is now is at it
