"""A backup is put in place only where nothing runs, and where it fits. The rest: tests/flows/test_restored.py."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from newsletter.delivery import installation
from newsletter.jobs import backup, erasure, heartbeats, restore
from newsletter.kernel.errors import BadInput, NotAllowed, Refused
from subscribers.consent.erasure import erase_subscriber
from subscribers.models import Subscriber, Suppression
from tests.actors import SYSTEM, act_as

pytestmark = pytest.mark.django_db


def test_nothing_is_replaced_under_running_processes(tmp_path: Path, now: datetime) -> None:
    heartbeats.record_heartbeat(heartbeats.ProcessKind.WORKER, now=now)
    with pytest.raises(Refused, match="ran a moment ago. Stop everything"):
        restore.restore(tmp_path / "any", by=SYSTEM, now=now)


def test_whoever_may_not_configure_the_newsroom_restores_nothing(people: Any, tmp_path: Path, now: datetime) -> None:
    with pytest.raises(NotAllowed):
        restore.restore(tmp_path / "any", by=act_as("editor@example.com"), now=now)


def test_a_file_that_is_no_backup_changes_nothing(tmp_path: Path, now: datetime, settings: Any) -> None:
    settings.CONFIG.data_dir.mkdir()
    (tmp_path / "text").write_text("no backup")
    with pytest.raises(BadInput, match="is no backup"):
        restore.restore(tmp_path / "text", by=SYSTEM, now=now)
    assert list(settings.CONFIG.data_dir.iterdir()) == []


def test_a_backup_of_a_newer_version_is_refused(tmp_path: Path, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    manifest = backup.Manifest(1, "", "9.0", "sqlite", "", "", 0, backup.list_migrations(), {}, {})
    restore._check_fits(manifest, tmp_path)
    newer = replace(manifest, migrations=[*manifest.migrations, "delivery.9999_later"])
    with pytest.raises(Refused, match="made by version 9.0, which is newer"):
        restore._check_fits(newer, tmp_path)
    with pytest.raises(Refused, match="is of another"):
        restore._check_fits(replace(manifest, vendor="another"), tmp_path)


def test_whether_there_is_anything_to_lose(newsroom: Any) -> None:
    assert not restore.is_empty()


def test_an_empty_database_has_nothing_to_lose() -> None:
    assert restore.is_empty()


def test_people_whom_a_backup_has_again_are_erased_again(readers: Any, now: datetime) -> None:
    first, second = readers(2)
    installation.check(now)
    kept = Subscriber.objects.filter(id=first).values().get()
    erase_subscriber(first, by=SYSTEM, now=now)
    assert erasure.propagate_erasures(now) == 1
    Suppression.objects.all().delete()
    Subscriber.objects.create(**kept)  # as a backup of before has it

    assert erasure.erase_again(now) == 1

    assert set(Subscriber.objects.values_list("id", flat=True)) == {second}
    assert Suppression.objects.get().reason == "erased"
    assert erasure.erase_again(now) == 0
