"""Imports as values, and the rows that were refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from newsletter.kernel.errors import NotFound
from subscribers import import_files, models
from subscribers.imports import import_lookup, staging
from subscribers.imports.run import change_import_options, confirm_import
from subscribers.imports.staging import ImportOptions
from subscribers.states import ImportState
from subscribers.values import ImportFilter, ImportRun, List
from tests.actors import SYSTEM
from tests.subscribers.imports.conftest import step


@pytest.mark.django_db
def test_an_import_that_is_not_there_is_said_to_be_missing() -> None:
    with pytest.raises(NotFound, match="There is no import 7"):
        import_lookup.get_import(7)


def test_imports_are_listed_newest_first_and_of_the_lists_asked_for(
    begin: Callable[..., ImportRun], morning: List, evening: List
) -> None:
    first, second = begin(name="first.csv"), begin(name="second.csv")
    models.ImportRun.objects.filter(id=second.id).update(list_id=evening.id)
    assert [each.name for each in import_lookup.list_imports()] == ["second.csv", "first.csv"]
    assert [each.name for each in import_lookup.list_imports([morning.id])] == ["first.csv"]
    assert [each.id for each in import_lookup.list_imports(limit=1)] == [second.id]
    assert first.list_name == morning.name


def test_all_bad_rows_are_listed_where_the_file_is_and_the_first_of_them_elsewhere(
    begin: Callable[..., ImportRun], now: datetime
) -> None:
    made = begin("email\nann@example.com\n" + "nobody@\n" * (staging.MOST_SHOWN + 1))
    step(now)
    confirm_import(made.id, by=SYSTEM, now=now, seen=None)
    step(now)
    assert len(list(import_lookup.list_bad_rows(made.id))) == staging.MOST_SHOWN + 1
    import_files.get_work_path(made.id).unlink()  # as on another machine
    left = list(import_lookup.list_bad_rows(made.id))
    assert len(left) == staging.MOST_SHOWN
    assert left[0].line == 3
    import_files.delete_file(made.id)
    assert not list(import_lookup.list_bad_rows(made.id)), "they have addresses in them"


def test_refused_rows_are_csv_that_no_spreadsheet_runs(begin: Callable[..., ImportRun], now: datetime) -> None:
    made = begin('email\nann@example.com\n"=cmd()|A1@"\n')
    step(now)
    lines = "".join(import_lookup.stream_refused_csv(made.id)).splitlines()
    assert lines[0] == "line,field,value,reason"
    assert lines[1].startswith("3,email,")
    assert ",=cmd" not in lines[1]


def test_what_was_seen_changes_with_what_the_columns_mean(begin: Callable[..., ImportRun], now: datetime) -> None:
    made = begin("email,a\nann@example.com,x\n")
    step(now)
    seen = import_lookup.get_import(made.id).seen
    change_import_options(made.id, ImportOptions(mapping={"a": "tag"}), by=SYSTEM, now=now, seen=None)
    assert import_lookup.get_import(made.id).seen != seen
    assert import_lookup.get_import(made.id).answers == (("a", "tag"),)


def test_an_import_whose_options_cannot_be_read_is_shown(begin: Callable[..., ImportRun]) -> None:
    made = begin()
    models.ImportRun.objects.filter(id=made.id).update(options=json.loads('{"mapping": "x"}'))
    assert import_lookup.get_import(made.id).answers == ()


def test_rows_of_imports_are_filtered_and_go_on_behind_one(
    begin: Callable[..., ImportRun], morning: List, evening: List, now: datetime
) -> None:
    made = [begin(name=f"Über {n}.csv") for n in range(3)]
    models.ImportRun.objects.filter(id=made[0].id).update(state="done", created_at=now - timedelta(days=60))

    def find(after: int = 0, **wanted: Any) -> list[int]:
        filtered = ImportFilter([morning.id], **wanted)
        return [each.id for each in import_lookup.list_import_rows(filtered, limit=2, after=after)]

    assert find() == [made[2].id, made[1].id]
    assert find(after=made[1].id) == find(states=[ImportState.DONE]) == [made[0].id]
    assert find(text="über 1") == [made[1].id]
    assert find(begun_between=(now - timedelta(days=61), now - timedelta(days=59))) == [made[0].id]
    assert import_lookup.list_import_rows(ImportFilter([evening.id]), limit=2) == ()
    span = import_lookup.find_import_span([morning.id])
    assert span is not None
    assert span[0] == now - timedelta(days=60)
    assert import_lookup.find_import_span([evening.id]) is None
