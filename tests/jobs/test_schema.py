"""Whether the database is older or newer than this version."""

from __future__ import annotations

import sys
from typing import Any

import pytest
from django.db.migrations.recorder import MigrationRecorder

from newsletter.cli.app import main
from newsletter.jobs import doctor, readiness, schema
from newsletter.jobs.doctor import Diagnosis

pytestmark = pytest.mark.django_db
Row = MigrationRecorder.Migration


def test_a_database_of_this_version_has_what_it_needs_and_no_more() -> None:
    assert schema.list_missing_migrations() == schema.list_unknown_migrations() == ()


def test_what_it_lacks_and_what_is_newer_is_named(now: Any) -> None:
    Row.objects.filter(app="delivery", name="0001_initial").delete()
    assert schema.list_missing_migrations() == (("delivery", "0001_initial"),)
    assert "Run: newsletter setup" in readiness.list_problems(now)["migrations"]
    Row.objects.create(app="delivery", name="0001_initial")
    Row.objects.create(app="delivery", name="9999_from_the_future")
    Row.objects.create(app="gone", name="0001_of_an_app_that_is_not_installed")
    assert schema.list_unknown_migrations() == (("delivery", "9999_from_the_future"),)
    assert "does not know" in readiness.list_problems(now)["migrations"]
    found: list[Diagnosis] = list(doctor._check_database())
    assert [(each.level, "newer" in each.what) for each in found] == [("bad", True)]


@pytest.mark.parametrize("command", ["run", "web", "worker", "scheduler"])
def test_nothing_starts_on_a_database_that_is_newer(
    command: str, newsroom: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    Row.objects.create(app="delivery", name="9999_from_the_future")
    monkeypatch.setattr(sys, "argv", ["newsletter", command])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 3
    assert "The database is newer than this version" in capsys.readouterr().err
