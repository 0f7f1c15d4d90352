"""An import as a record: looked through, explained, confirmed, taken up by a worker, kept and forgotten."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings

from newsletter.kernel.errors import Refused, SurroundingsError
from subscribers import models
from subscribers.imports import chunks, staging
from subscribers.imports.run import (
    begin_import,
    change_import_options,
    confirm_import,
    delete_old_files,
    discard_import,
    get_import,
    has_waiting_imports,
    process_next_import,
    stream_refused_csv,
)
from subscribers.imports.staging import ImportOptions
from subscribers.values import ImportRun, List

FILE = "email,first_name\nann@example.com,Ann\nben@example.com,Ben\nnobody@,\n"


@pytest.fixture
def begin(morning: List, now: datetime) -> Callable[..., ImportRun]:
    def run(text: str = FILE, name: str = "readers.csv") -> ImportRun:
        return begin_import(io.BytesIO(text.encode()), morning.id, by="ed@example.com", now=now, name=name)

    return run


def step(now: datetime) -> bool:
    return process_next_import(now, owner="worker", clock=lambda: now)


def files() -> list[str]:
    return sorted(path.name for path in (Path(settings.CONFIG.data_dir) / "imports").iterdir())


def test_a_file_is_looked_through_before_anything_is_in(begin: Callable[..., ImportRun], now: datetime) -> None:
    run = begin()
    assert run.state == "checking"
    assert step(now)
    seen = get_import(run.id)
    assert (seen.state, seen.people, seen.merged) == ("ready", 2, 0)
    assert (seen.report.new, seen.report.refused, seen.report.columns) == (
        2,
        1,
        (("email", "email"), ("first_name", "first_name")),
    )
    assert models.Subscriber.objects.count() == 0
    assert not step(now)
    confirm_import(run.id)
    assert has_waiting_imports(now)
    assert step(now)
    done = get_import(run.id)
    assert (done.state, done.merged, done.report.new) == ("done", 2, 2)
    assert models.Subscriber.objects.count() == 2
    assert [line.split(",")[:2] for line in stream_refused_csv(run.id)] == [["line", "field"], ["4", "email"]]


def test_a_file_that_is_not_understood_asks_and_goes_on_when_it_is_explained(
    begin: Callable[..., ImportRun], now: datetime
) -> None:
    run = begin("email,permission\nann@example.com,full\n")
    step(now)
    asks = get_import(run.id)
    assert asks.state == "asks"
    assert "permission" in asks.error
    with pytest.raises(Refused, match="asks"):
        confirm_import(run.id)
    change_import_options(run.id, ImportOptions(mapping={"permission": "ignore"}))
    step(now)
    assert (get_import(run.id).state, get_import(run.id).error) == ("ready", "")


def test_what_was_discarded_leaves_nothing(begin: Callable[..., ImportRun], now: datetime) -> None:
    run = begin()
    step(now)
    discard_import(run.id)
    assert not models.Import.objects.filter(id=run.id).exists()
    assert not [name for name in files() if name.startswith(f"{run.id}.")]


def test_the_work_of_a_dead_worker_is_taken_up_when_its_lease_is_over(
    begin: Callable[..., ImportRun], now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = begin("email\n" + "".join(f"reader{n:03}@example.com\n" for n in range(300)))
    step(now)
    confirm_import(run.id)
    monkeypatch.setattr(chunks, "FIRST_CHUNK", 100)
    real, done_strokes = staging.read_chunks, 0

    def dies(*args: object, **more: object) -> object:
        nonlocal done_strokes
        for rows in real(*args, **more):  # type: ignore[arg-type]
            yield rows
            done_strokes += 1
            if done_strokes == 1:
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


def test_a_work_file_that_is_gone_or_broken_is_made_anew(begin: Callable[..., ImportRun], now: datetime) -> None:
    run = begin()
    step(now)
    confirm_import(run.id)
    (Path(settings.CONFIG.data_dir) / "imports" / f"{run.id}.work").write_bytes(b"rubbish")
    step(now)
    assert get_import(run.id).state == "done"


def test_files_are_kept_for_a_month_for_their_owner_alone(begin: Callable[..., ImportRun], now: datetime) -> None:
    run = begin()
    step(now)
    folder = Path(settings.CONFIG.data_dir) / "imports"
    assert (folder / f"{run.id}.csv").read_text() == FILE
    assert {path.stat().st_mode & 0o077 for path in (folder, *folder.glob(f"{run.id}.*"))} == {0}
    delete_old_files(now + timedelta(days=29))
    assert get_import(run.id).file_kept
    delete_old_files(now + timedelta(days=31))
    assert not list(folder.glob(f"{run.id}.*"))
    assert not get_import(run.id).file_kept


def test_an_import_whose_file_lies_on_another_machine_is_left_to_it(
    begin: Callable[..., ImportRun], now: datetime
) -> None:
    run = begin()
    (Path(settings.CONFIG.data_dir) / "imports" / f"{run.id}.csv").unlink()
    assert not step(now)
    assert not has_waiting_imports(now)


def test_a_full_disk_is_said_and_leaves_no_record(
    morning: List, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(staging.os, "open", _full)
    with pytest.raises(SurroundingsError, match="No space left"):
        begin_import(io.BytesIO(FILE.encode()), morning.id, by="test", now=now, name="readers.csv")
    assert not models.Import.objects.exists()


def _full(*_: object) -> int:
    raise OSError(28, "No space left on device")
