"""An import as a record: looked through, explained, confirmed, taken up by a worker, kept and forgotten."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path

import pytest
from django.conf import settings

from newsletter.accounts import audit_log
from newsletter.accounts.actors import SystemActor
from newsletter.accounts.audit_log import AuditFilter
from newsletter.kernel.actors import ActionRecord
from newsletter.kernel.errors import Conflict, NotFound, Refused
from subscribers import models
from subscribers.imports import chunks
from subscribers.imports.import_lookup import get_import, stream_refused_csv
from subscribers.imports.run import (
    begin_import,
    change_import_options,
    confirm_import,
    delete_old_files,
    discard_import,
    has_waiting_imports,
    import_csv,
    process_next_import,
    request_undo,
    resume_import,
)
from subscribers.imports.staging import ImportOptions
from subscribers.values import ImportRun, List
from tests.actors import SYSTEM
from tests.interleaving import just_before
from tests.subscribers.imports.conftest import step

FILE = "email,first_name\nann@example.com,Ann\nben@example.com,Ben\nnobody@,\n"


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
    confirm_import(run.id, by=SYSTEM, now=now, seen=None)
    assert has_waiting_imports(now)
    assert step(now)
    done = get_import(run.id)
    assert (done.state, done.merged, done.report.new) == ("done", 2, 2)
    assert models.Subscriber.objects.count() == 2
    assert [line.split(",")[:2] for line in stream_refused_csv(run.id)] == [["line", "field"], ["4", "email"]]


def test_a_worker_that_looks_while_a_file_is_taken_in_imports_nobody(
    begin: Callable[..., ImportRun], now: datetime
) -> None:
    with just_before("UPDATE subscribers_import SET state", lambda: step(now)):
        run = begin()
    assert run.state == "checking"
    assert models.Subscriber.objects.count() == 0


class Failing(SystemActor):
    """Somebody whose process dies before what they do is recorded."""

    def record(self, entry: ActionRecord) -> None:
        raise RuntimeError("The process dies.")


@pytest.mark.parametrize("at_once", [False, True])
def test_an_import_that_was_not_recorded_is_not_carried_out(at_once: bool, morning: List, now: datetime) -> None:
    stream, by = BytesIO(FILE.encode()), Failing("ann")
    with pytest.raises(RuntimeError):
        if at_once:
            import_csv(stream, morning.id, dry_run=False, by=by, now=now)
        else:
            begin_import(stream, morning.id, by=by, now=now, name="readers.csv")
    assert models.ImportRun.objects.exists()
    assert not has_waiting_imports(now)
    assert not step(now)
    assert models.Subscriber.objects.count() == 0


def test_a_file_that_is_not_understood_asks_and_goes_on_when_it_is_explained(
    begin: Callable[..., ImportRun], now: datetime
) -> None:
    run = begin("email,permission\nann@example.com,full\n")
    step(now)
    asks = get_import(run.id)
    assert asks.state == "asks"
    assert "permission" in asks.error
    with pytest.raises(Refused, match="asks"):
        confirm_import(run.id, by=SYSTEM, now=now, seen=None)
    change_import_options(run.id, ImportOptions(mapping={"permission": "ignore"}), by=SYSTEM, now=now, seen=None)
    step(now)
    assert (get_import(run.id).state, get_import(run.id).error) == ("ready", "")
    (entry,) = audit_log.list_entries(AuditFilter(action="changed import"))
    assert (entry.before, entry.after) == ({"mapping": {}}, {"mapping": {"permission": "ignore"}})


def test_answers_stay_while_others_are_given(begin: Callable[..., ImportRun], now: datetime) -> None:
    run = begin("email,permission,status\nann@example.com,full,VIP\n")
    step(now)
    assert [question.column for question in get_import(run.id).questions] == ["permission", "status"]
    change_import_options(run.id, ImportOptions(mapping={"permission": "ignore"}), by=SYSTEM, now=now, seen=None)
    assert get_import(run.id).questions == ()
    step(now)
    assert [question.column for question in get_import(run.id).questions] == ["status"]
    change_import_options(run.id, ImportOptions(statuses={"status:VIP": "active"}), by=SYSTEM, now=now, seen=None)
    step(now)
    assert get_import(run.id).state == "ready"


def test_a_file_whose_columns_a_colleague_explains_at_the_same_moment_is_not_imported_unseen(
    begin: Callable[..., ImportRun], now: datetime
) -> None:
    run = begin("email,permission\nann@example.com,full\n")
    step(now)
    change_import_options(run.id, ImportOptions(mapping={"permission": "ignore"}), by=SYSTEM, now=now, seen=None)
    step(now)

    def explain() -> None:
        colleague = ImportOptions(mapping={"permission": "first_name"})
        change_import_options(run.id, colleague, by=SYSTEM, now=now, seen=None)
        step(now)
        assert get_import(run.id).state == "ready"

    with just_before("UPDATE subscribers_import SET state", explain), pytest.raises(Conflict, match="Look at it again"):
        confirm_import(run.id, by=SYSTEM, now=now, seen=get_import(run.id).seen)
    assert get_import(run.id).state == "ready"


def test_what_was_discarded_leaves_nothing(begin: Callable[..., ImportRun], now: datetime) -> None:
    run = begin()
    step(now)
    discard_import(run.id, by=SYSTEM, now=now)
    assert not models.ImportRun.objects.filter(id=run.id).exists()
    assert not [name for name in files() if name.startswith(f"{run.id}.")]


def test_a_work_file_that_is_gone_or_broken_is_made_again(begin: Callable[..., ImportRun], now: datetime) -> None:
    run = begin()
    step(now)
    confirm_import(run.id, by=SYSTEM, now=now, seen=None)
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


@pytest.mark.parametrize("state", ["waiting", "running", "undoing"])
def test_the_file_of_an_import_under_way_is_kept_however_old_it_is(
    state: str, begin: Callable[..., ImportRun], now: datetime
) -> None:
    run = begin()
    step(now)
    seen = {confirm_import(run.id, by=SYSTEM, now=now, seen=None).state}
    much_later = now + timedelta(days=400)
    if state == "waiting":
        delete_old_files(much_later)

    def clock() -> datetime:
        if state == "running":
            delete_old_files(much_later)
            seen.add(get_import(run.id).state)
        return now

    assert process_next_import(now, owner="worker", clock=clock)
    if state == "undoing":
        seen.add(
            request_undo(
                run.id,
                by=SYSTEM,
                now=now,
            ).state
        )
        delete_old_files(much_later)
    assert state in seen
    assert get_import(run.id).file_kept
    assert files() == [f"{run.id}.csv", f"{run.id}.work"]
    if state != "undoing":
        assert get_import(run.id).state == "done"
        delete_old_files(much_later)
        assert files() == []


def test_an_import_that_somebody_took_over_at_its_end_is_theirs_to_end(
    begin: Callable[..., ImportRun], now: datetime
) -> None:
    run = begin()
    step(now)
    confirm_import(run.id, by=SYSTEM, now=now, seen=None)

    def clock() -> datetime:
        models.ImportRun.objects.filter(id=run.id, merged=2).update(owner="another worker")
        return now

    assert process_next_import(now, owner="worker", clock=clock)
    assert (get_import(run.id).merged, get_import(run.id).state) == (2, "running")


@pytest.mark.parametrize("meanwhile", [{"owner": "another worker"}, {"state": "failed"}], ids=str)
def test_what_was_looked_through_is_ready_only_if_it_is_still_ours_and_still_asked_for(
    meanwhile: dict[str, str], begin: Callable[..., ImportRun], now: datetime
) -> None:
    run = begin()

    def clock() -> datetime:
        models.ImportRun.objects.filter(id=run.id).update(**meanwhile)
        return now

    assert process_next_import(now, owner="worker", clock=clock)
    assert get_import(run.id).state == meanwhile.get("state", "checking")


def test_a_worker_that_lost_its_import_keeps_up_nobody_elses_lease(
    begin: Callable[..., ImportRun], now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = begin()
    seconds, theirs, asked = iter(range(0, 10_000, 6)), now + timedelta(seconds=5), 0
    monkeypatch.setattr("subscribers.imports.run.perf_counter", lambda: float(next(seconds)))  # reading takes its time

    def clock() -> datetime:
        nonlocal asked
        asked += 1
        if asked > 1:
            raise KeyboardInterrupt  # killed before it does anything else
        models.ImportRun.objects.filter(id=run.id).update(owner="another worker", lease_until=theirs)
        return now

    with pytest.raises(KeyboardInterrupt):
        process_next_import(now, owner="worker", clock=clock)
    assert models.ImportRun.objects.get(id=run.id).lease_until == theirs


def test_of_two_workers_one_has_an_import(begin: Callable[..., ImportRun], now: datetime) -> None:
    run = begin()

    def dies() -> datetime:
        raise KeyboardInterrupt

    def another_takes_it() -> None:
        with pytest.raises(KeyboardInterrupt):
            process_next_import(now, owner="another worker", clock=dies)

    with just_before('UPDATE "subscribers_import"', another_takes_it):
        assert not step(now)
    row = models.ImportRun.objects.get(id=run.id)
    assert (row.state, row.owner) == ("checking", "another worker")


def test_what_somebody_confirmed_meanwhile_is_not_looked_through_again(
    begin: Callable[..., ImportRun], now: datetime
) -> None:
    run = begin()

    def another_looks_and_it_is_confirmed() -> None:
        assert step(now)
        confirm_import(run.id, by=SYSTEM, now=now, seen=None)

    with just_before('UPDATE "subscribers_import"', another_looks_and_it_is_confirmed):
        assert not step(now)
    assert get_import(run.id).state == "waiting"


def test_what_was_discarded_at_the_same_moment_is_not_confirmed(begin: Callable[..., ImportRun], now: datetime) -> None:
    run = begin()
    step(now)
    with (
        just_before('UPDATE "subscribers_import"', lambda: discard_import(run.id, by=SYSTEM, now=now)),
        pytest.raises(NotFound),
    ):
        confirm_import(run.id, by=SYSTEM, now=now, seen=None)


def test_an_import_under_way_is_resumed_only_when_its_lease_is_over(
    begin: Callable[..., ImportRun], now: datetime
) -> None:
    run = begin()
    step(now)
    confirm_import(run.id, by=SYSTEM, now=now, seen=None)
    models.ImportRun.objects.filter(id=run.id).update(state="running", owner="worker", lease_until=now + chunks.LEASE)
    for seconds in (0, 60):
        with pytest.raises(Refused, match="under way"):
            resume_import(run.id, by=SYSTEM, now=now + timedelta(seconds=seconds))
    assert resume_import(run.id, by=SYSTEM, now=now + timedelta(seconds=61)).new == 2


def test_an_import_whose_people_are_partly_in_keeps_its_file_when_it_fails(
    begin: Callable[..., ImportRun], now: datetime
) -> None:
    """The rest can still be had; a file of which nothing is in and nothing ever can be is of no use to anybody."""
    run = begin()
    step(now)
    confirm_import(run.id, by=SYSTEM, now=now, seen=None)
    work = Path(settings.CONFIG.data_dir) / "imports" / f"{run.id}.work"
    work.unlink()
    (work.with_suffix(".csv")).write_text("no addresses here\n")
    models.ImportRun.objects.filter(id=run.id).update(merged=1)
    step(now)
    assert (get_import(run.id).state, get_import(run.id).file_kept) == ("failed", True)
    models.ImportRun.objects.filter(id=run.id).update(merged=0, state="waiting")
    step(now)
    assert (get_import(run.id).state, get_import(run.id).file_kept) == ("failed", False)


def test_an_import_whose_people_are_partly_in_is_not_forgotten_when_it_is_discarded(
    begin: Callable[..., ImportRun], now: datetime
) -> None:
    run = begin()
    step(now)
    models.ImportRun.objects.filter(id=run.id).update(merged=1)
    discard_import(run.id, by=SYSTEM, now=now)
    assert get_import(run.id).state == "failed"


def test_an_import_whose_file_lies_on_another_machine_is_left_to_it(
    begin: Callable[..., ImportRun], now: datetime
) -> None:
    run = begin()
    (Path(settings.CONFIG.data_dir) / "imports" / f"{run.id}.csv").unlink()
    assert not step(now)
    assert not has_waiting_imports(now)


def test_an_import_that_fails_for_a_fault_of_ours_is_not_tried_for_ever(
    begin: Callable[..., ImportRun], now: datetime
) -> None:
    """It says so and keeps its file; the next one goes on."""
    broken, other = begin(), begin()
    models.ImportRun.objects.filter(id=broken.id).update(options={"mapping": 7})
    assert step(now)
    failed = get_import(broken.id)
    assert (failed.state, failed.file_kept) == ("failed", True)
    assert "It failed inside this program (TypeError" in failed.error
    assert step(now)
    assert get_import(other.id).state == "ready"
    assert not step(now)


def test_an_import_whose_process_died_before_the_clock_was_put_back_goes_on(
    begin: Callable[..., ImportRun], now: datetime
) -> None:
    run = begin()
    models.ImportRun.objects.filter(id=run.id).update(owner="dead", lease_until=now + timedelta(seconds=90))
    assert not has_waiting_imports(now)
    models.ImportRun.objects.filter(id=run.id).update(lease_until=now + timedelta(hours=1))
    assert has_waiting_imports(now)
