"""Rows that went back in time, and databases that were copied, are noticed before mail leaves."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection
from django.db.models import F

from newsletter.delivery import installation, models
from newsletter.delivery.ledger.states import BatchState
from newsletter.delivery.sending import freeze, hand_over, one_off
from newsletter.delivery.state_folder import Memory
from newsletter.kernel.errors import Refused
from tests.delivery.conftest import hand_over_all, hand_over_one
from tests.fakes.provider import ScriptedProvider

LATER = timedelta(minutes=10)
_TABLES = ("delivery_installation", "delivery_batch", "delivery_mailing")


class Backup:
    """The rows of delivery at one instant, to be put back."""

    def __init__(self) -> None:
        with connection.cursor() as cursor:
            self.rows = {table: cursor.execute(f"SELECT * FROM {table}").fetchall() for table in _TABLES}

    def restore(self) -> None:
        """Puts the rows back as a restored file would have them; this process starts anew."""
        with connection.cursor() as cursor:
            for table, rows in self.rows.items():
                cursor.execute(f"DELETE FROM {table}")
                for row in rows:
                    cursor.execute(f"INSERT INTO {table} VALUES ({', '.join(['%s'] * len(row))})", row)


@pytest.fixture
def provider() -> ScriptedProvider:
    return ScriptedProvider()


def restart() -> None:
    installation.forget_standing()


def held() -> str:
    return models.Installation.objects.get().held_reason


def test_what_was_sent_after_the_backup_is_not_sent_again(
    join: Any, frozen: Callable[..., Any], provider: ScriptedProvider, now: datetime
) -> None:
    join(100)
    frozen()
    backup = Backup()
    hand_over_all(provider, now)
    assert provider.mailed.total() == 100

    backup.restore()
    restart()
    hand_over_all(provider, now)

    assert set(provider.mailed.values()) == {1}
    assert held().startswith("The database went back in time")


def test_a_backup_of_the_middle_of_a_mailing_is_noticed_though_the_mark_did_not_rise(
    join: Any, frozen: Callable[..., Any], provider: ScriptedProvider, now: datetime
) -> None:
    join(150)
    frozen()
    assert hand_over_one(provider, now)
    backup, mark = Backup(), models.Installation.objects.get().mark
    hand_over_all(provider, now)
    assert models.Installation.objects.get().mark == mark

    backup.restore()
    restart()
    hand_over_all(provider, now)

    assert set(provider.mailed.values()) == {1}
    assert "does not know of 2 requests" in held()


def test_rows_that_go_back_under_a_running_worker_are_noticed_at_the_next_batch(
    join: Any, frozen: Callable[..., Any], provider: ScriptedProvider, now: datetime
) -> None:
    join(150)
    frozen()
    assert hand_over_one(provider, now)
    backup = Backup()
    assert hand_over_one(provider, now)

    backup.restore()
    assert not hand_over_one(provider, now)
    assert models.Batch.objects.filter(state=BatchState.PLANNED).count() == 2, "it keeps none"
    hand_over_all(provider, now)

    assert set(provider.mailed.values()) == {1}
    assert held() == "The database went back in time under a running worker. A backup was restored."


def test_an_attempt_does_not_begin_when_the_rows_go_back_between_claim_and_send(
    join: Any, frozen: Callable[..., Any], provider: ScriptedProvider, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    join(100)
    frozen()
    standing = installation.check(now)
    prepare = hand_over._prepare

    def go_back(*given: Any) -> Any:
        models.Installation.objects.update(mark=standing.mark - 1)
        return prepare(*given)

    monkeypatch.setattr(hand_over, "_prepare", go_back)
    hand_over_one(provider, now)

    assert not provider.requests
    assert held().startswith("The database went back in time")
    assert models.Batch.objects.filter(state=BatchState.PLANNED).count() == 2


def test_a_cancellation_that_the_backup_lacks_is_noticed_though_nothing_was_sent(
    join: Any, plan: Callable[..., Any], now: datetime
) -> None:
    join(1)
    plan()
    installation.check(now)
    backup = Backup()
    installation.raise_mark(now)  # as every process does all the time

    backup.restore()
    restart()

    assert not freeze.freeze_next(now)
    assert held().startswith("The database went back in time")


def test_what_is_known_is_never_ahead_of_the_database_while_all_is_well(
    join: Any, frozen: Callable[..., Any], provider: ScriptedProvider, now: datetime
) -> None:
    join(150)
    frozen()
    while hand_over_one(provider, now):
        restart()
        assert not installation.check(now).held
        memory = installation.get_state_folder().read(models.Installation.objects.get().identity)
        assert memory is not None
        assert memory.mark == models.Installation.objects.get().mark


def test_an_attempt_that_cannot_be_noted_does_not_leave_and_is_tried_again(
    join: Any, frozen: Callable[..., Any], provider: ScriptedProvider, now: datetime, settings: Any
) -> None:
    join(10)
    frozen()
    installation.check(now)
    folder = settings.CONFIG.state_dir / models.Installation.objects.get().identity
    shutil.rmtree(folder, ignore_errors=True)
    folder.write_text("in the way")

    hand_over_one(provider, now)

    batch = models.Batch.objects.get()
    assert not provider.requests
    assert batch.state == BatchState.PLANNED
    assert "The state folder" in batch.error
    folder.unlink()
    hand_over_all(provider, now + LATER)
    assert provider.mailed.total() == 10


def test_nothing_leaves_while_sending_is_held(
    join: Any,
    frozen: Callable[..., Any],
    newsroom: Any,
    provider: ScriptedProvider,
    now: datetime,
) -> None:
    join(10)
    frozen()
    installation.check(now)
    installation.hold("to be looked at", now)
    restart()

    assert not hand_over_one(provider, now)
    with pytest.raises(Refused, match="Sending is held, so nothing was sent: to be looked at"):
        one_off.send_transactional(
            rendered=type("Rendered", (), {"html": "x"})(),
            newsletter=newsroom.briefing,
            address="a@example.com",
            provider=provider,
            now=now,
        )
    assert not provider.requests


def test_a_hold_of_another_process_stops_this_one_at_the_next_batch(
    join: Any, frozen: Callable[..., Any], provider: ScriptedProvider, now: datetime
) -> None:
    join(100)
    frozen()
    assert hand_over_one(provider, now)
    models.Installation.objects.update(held_since=now, held_reason="another process found out")

    hand_over_one(provider, now)

    assert len(provider.requests) == 1


def move_to_another_machine(settings: Any, tmp_path: Path) -> None:
    settings.CONFIG = replace(settings.CONFIG, state_dir=tmp_path / "another machine")
    restart()


def test_a_data_folder_copied_to_another_machine_sends_nothing(
    join: Any, frozen: Callable[..., Any], provider: ScriptedProvider, now: datetime, settings: Any, tmp_path: Path
) -> None:
    join(100)
    frozen()
    assert hand_over_one(provider, now)
    move_to_another_machine(settings, tmp_path)

    hand_over_one(provider, now)

    assert len(provider.requests) == 1
    assert held().startswith("Another machine ran this database the last time")


def test_a_folder_copied_with_the_state_folder_is_noticed_by_the_id_of_the_machine(
    join: Any, frozen: Callable[..., Any], now: datetime, provider: ScriptedProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    join(100)
    frozen()
    assert hand_over_one(provider, now)
    monkeypatch.setattr("newsletter.delivery.state_folder._read_platform_id", lambda: "another")
    restart()

    assert installation.check(now).held.startswith("Another machine ran this database")


def test_a_second_folder_on_the_same_machine_is_noticed(
    join: Any, frozen: Callable[..., Any], now: datetime, provider: ScriptedProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    join(100)
    frozen()
    assert hand_over_one(provider, now)
    monkeypatch.setattr(installation, "get_location", lambda: "/elsewhere/newsletter.sqlite3")
    restart()

    assert installation.check(now).held.startswith("This is a copy of the installation in")


def test_a_lost_state_folder_holds_what_has_sent_before(
    join: Any, frozen: Callable[..., Any], provider: ScriptedProvider, now: datetime, settings: Any
) -> None:
    join(100)
    frozen()
    assert hand_over_one(provider, now)
    (settings.CONFIG.state_dir / f"{models.Installation.objects.get().identity}.json").unlink()
    restart()

    assert "remembers nothing of it" in installation.check(now).held


def test_a_new_installation_is_not_held(db: None, now: datetime, settings: Any, tmp_path: Path) -> None:
    assert not installation.check(now).held
    move_to_another_machine(settings, tmp_path)  # before there is anything to send
    assert not installation.check(now).held


def test_a_copy_of_before_the_first_mailing_is_noticed(
    join: Any, frozen: Callable[..., Any], now: datetime, settings: Any, tmp_path: Path
) -> None:
    join(10)
    frozen()
    assert not installation.check(now).held  # where it was made
    move_to_another_machine(settings, tmp_path)

    assert installation.check(now).held.startswith("Another machine ran this database the last time")


def test_a_backup_of_before_the_first_start_is_noticed_though_it_never_sent(
    join: Any, frozen: Callable[..., Any], provider: ScriptedProvider, now: datetime
) -> None:
    join(10)
    frozen()
    backup = Backup()
    hand_over_all(provider, now)
    backup.restore()
    models.Installation.objects.all().delete()  # it had no row yet
    restart()

    hand_over_all(provider, now)

    assert set(provider.mailed.values()) == {1}
    assert held().startswith("The database is from before it was started here")


def test_a_new_database_in_the_place_of_a_former_one_is_not_held(
    db: None, provider: ScriptedProvider, now: datetime
) -> None:
    assert not installation.check(now).held
    models.Installation.objects.all().delete()  # the data folder was deleted, and set up once more
    restart()

    assert not installation.check(now).held


def test_the_first_start_with_this_version_is_not_held(
    join: Any, frozen: Callable[..., Any], provider: ScriptedProvider, now: datetime
) -> None:
    join(100)
    frozen()
    models.Batch.objects.update(attempt_key="by the version before")

    assert not installation.check(now).held


def test_a_backup_of_before_this_version_is_noticed(join: Any, frozen: Callable[..., Any], now: datetime) -> None:
    join(100)
    frozen()
    models.Batch.objects.update(attempt_key="by the version before")
    installation.check(now)
    models.Installation.objects.all().delete()
    restart()

    assert installation.check(now).held.startswith("The database is from before it was started here")


def test_once_somebody_has_decided_mail_leaves_again_and_an_older_backup_is_noticed_again(
    join: Any, frozen: Callable[..., Any], provider: ScriptedProvider, now: datetime
) -> None:
    join(150)
    frozen()
    assert hand_over_one(provider, now)
    backup = Backup()
    assert hand_over_one(provider, now)
    backup.restore()
    restart()
    assert installation.check(now).held

    installation.release(now)
    restart()
    assert not installation.check(now).held

    backup.restore()
    restart()
    assert installation.check(now).held.startswith("The database went back in time")


def test_a_decision_that_the_database_lacks_is_noticed_though_its_mark_is_high(
    join: Any, frozen: Callable[..., Any], provider: ScriptedProvider, now: datetime
) -> None:
    join(100)
    frozen()
    assert hand_over_one(provider, now)
    installation.hold("to be looked at", now)
    before = models.Installation.objects.get().history
    restart()
    installation.release(now)
    models.Installation.objects.update(history=before, former_histories=[], mark=1_000)  # rows of before the decision
    restart()

    assert installation.check(now).held.startswith("The database went back in time")


def test_a_database_that_another_machine_ran_meanwhile_is_held_when_it_comes_back(
    join: Any, frozen: Callable[..., Any], provider: ScriptedProvider, now: datetime
) -> None:
    join(100)
    frozen()
    assert hand_over_one(provider, now)
    models.Installation.objects.update(machine="another", mark=1_000)
    restart()

    assert installation.check(now).held.startswith("Another machine ran this database")


def test_a_copy_has_an_id_of_its_own(join: Any, now: datetime) -> None:
    before = installation.check(now).identity

    installation.become_copy(now)

    assert installation.check(now).identity != before
    assert installation.sends_to_outbox_only()
    assert installation.clear_outbox_only()
    assert not installation.sends_to_outbox_only()


class TestANewMachineOnPostgreSQL:
    """It looks whether another one is at work: only who knows the database raises its mark."""

    @pytest.fixture
    def row(self, join: Any, frozen: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> models.Installation:
        join(10)
        frozen()
        models.Batch.objects.update(attempt_key="of another machine")
        models.Installation.objects.update(machine="another")
        monkeypatch.setattr(installation, "connection", SimpleNamespace(vendor="postgresql"))
        return models.Installation.objects.get()

    def look(self, row: models.Installation, wait: Callable[[float], object] | None) -> str:
        return installation._find_doubt(row, None, "this one", (), wait)

    def test_it_joins_where_the_mark_rises_twice(self, row: models.Installation) -> None:
        seconds: list[float] = []

        def wait(time: float) -> None:
            seconds.append(time)
            if len(seconds) % 15 == 0:
                models.Installation.objects.update(mark=F("mark") + 1)

        assert self.look(row, wait) == ""
        assert sum(seconds) == 30

    def test_once_is_not_enough_and_after_a_while_sending_is_held(self, row: models.Installation) -> None:
        seconds: list[float] = []

        def wait(time: float) -> None:
            seconds.append(time)
            if len(seconds) == 15:
                models.Installation.objects.update(mark=F("mark") + 1)

        assert "remembers nothing of it" in self.look(row, wait)
        assert sum(seconds) == installation.WITNESS_SECONDS

    def test_another_machine_that_found_out_is_no_witness(self, row: models.Installation, now: datetime) -> None:
        models.Installation.objects.update(mark=F("mark") + 1, held_since=now)
        assert "remembers nothing of it" in self.look(row, lambda time: None)

    def test_without_the_time_to_look_nothing_is_decided(self, row: models.Installation) -> None:
        assert self.look(row, None) == installation._UNDECIDED

    def test_a_state_folder_of_another_machine_is_no_memory_of_this_one(self, row: models.Installation) -> None:
        theirs = Memory(row.identity, row.history, row.mark, "another", "", "")
        assert "remembers nothing of it" in installation._find_doubt(row, theirs, "this one", (), lambda time: None)


def test_processes_that_start_at_once_check_one_by_one(db: None, now: datetime) -> None:
    folder = installation.get_state_folder()
    holding, told = os.pipe()
    other = os.fork()
    if not other:  # another process, between the row it wrote and the folder
        with folder.take_turns():
            os.write(told, b"x")
            time.sleep(0.3)
            (folder.root / "written").touch()
            os._exit(0)
    os.read(holding, 1)
    installation.check(now)
    assert (folder.root / "written").exists()
    os.waitpid(other, 0)
