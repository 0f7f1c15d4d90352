"""Tables, columns, and the names in the database: a process of the version before goes on using them."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.db.migrations.loader import MigrationLoader

from tests.compatibility import inside
from tests.compatibility.conftest import APPS, House, listed

# Kept by SQL of our own, beside the models.
NO_MODEL = {f"curator_article_search{part}" for part in ("", "_config", "_data", "_docsize", "_idx")}


def _missing(kind: str, found: dict[str, Any]) -> list[str]:
    """What a list of today has and a database has not."""
    missing = []
    for table, then in listed("tables")[kind].items():
        now = found.get(table, {"columns": {}, "names": []})
        missing += [
            f"{table}.{column} {what}, now {now['columns'].get(column)}"
            for column, what in then["columns"].items()
            if now["columns"].get(column) != what
        ]
        missing += [f"{name} of {table}" for name in then["names"] if name not in now["names"]]
    return missing


def test_every_table_column_and_index_is_there_after_migrating_from_0_1_0(house: House) -> None:
    assert _missing(house.kind, house.do("tables", labels=APPS)) == []


@pytest.mark.django_db
def test_every_table_column_and_index_is_there_after_migrating_from_nothing() -> None:
    """On SQLite; on PostgreSQL the tables of the test above were made from nothing, too."""
    assert _missing("sqlite", inside.tables(APPS)) == []


def test_the_look_for_what_is_missing_finds_it() -> None:
    found = {
        table: {"columns": dict(each["columns"]), "names": list(each["names"])}
        for table, each in listed("tables")["sqlite"].items()
    }
    del found["jobs_pulse"]["columns"]["kind"]
    found["subscribers_visit"]["names"].remove("visit_recent")
    assert _missing("sqlite", found) == [
        "jobs_pulse.kind varchar(20) not null, now None",
        "visit_recent of subscribers_visit",
    ]


def test_every_table_belongs_to_the_app_it_did() -> None:
    tables = {model._meta.db_table: model._meta.app_label for model in apps.get_models(include_auto_created=True)}
    for table in listed("tables")["sqlite"]:
        if table not in NO_MODEL:
            assert tables.get(table) == table.split("_")[0], table


def test_every_migration_has_the_name_it_had() -> None:
    """A database knows by these names which of them it had."""
    known = {(label, name) for label, name in MigrationLoader(None).disk_migrations}
    then = {(label, name) for label, names in listed("migrations").items() for name in names}
    assert then - known == set()
