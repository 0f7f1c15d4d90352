"""A process of the program beside the tests: takes steps as lines of JSON on standard input, answers in the same way.

Django's settings are read once for a process, so a newsroom on another database, with another key, is another process.
Of our own code it names the settings and the command line's entry alone.
"""

from __future__ import annotations

import contextlib
import gc
import io
import json
import os
import shutil
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import mock

os.environ["DJANGO_SETTINGS_MODULE"] = "newsletter.settings"

import django

django.setup()

from django.apps import apps  # noqa: E402
from django.contrib.auth import get_user_model  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection, transaction  # noqa: E402
from django.db.migrations.executor import MigrationExecutor  # noqa: E402
from django.forms.models import model_to_dict  # noqa: E402
from django.test import Client  # noqa: E402

gc.set_threshold(100_000, 50, 50)  # looking for garbage among the states of models takes a quarter of the time
_undone: list[Any] = []


def migrate_to(names: dict[str, list[str]]) -> None:
    """Migrates our apps to the named migrations and no further, the others as far as they go."""
    executor = MigrationExecutor(connection)
    ours = [(label, each[-1]) for label, each in names.items()]
    others = [node for node in executor.loader.graph.leaf_nodes() if node[0] not in names]
    executor.migrate([*ours, *others])


def load(path: str) -> None:
    """Runs a file of SQL, all of it or nothing."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(Path(path).read_text("utf-8"))


def migrate() -> None:
    """Migrates as far as there are migrations."""
    call_command("migrate", verbosity=0)


def begin() -> None:
    """From here on everything can be undone."""
    _undone.append(transaction.atomic())
    _undone[-1].__enter__()


def undo() -> None:
    """Undoes everything since `begin`."""
    transaction.set_rollback(True)
    _undone.pop().__exit__(None, None, None)
    _forget_what_was_undone()


def _forget_what_was_undone() -> None:
    """What this machine noted of it goes too: else the rows would seem to have gone back in time."""
    from newsletter.delivery import installation

    installation.forget_standing()
    shutil.rmtree(installation.get_state_folder().root, ignore_errors=True)


def cli(words: list[str], stdin: str = "") -> dict[str, Any]:
    """Runs a command: its exit code, output and errors."""
    from newsletter.cli.app import main

    out, err, code = io.StringIO(), io.StringIO(), 0
    with (
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        mock.patch.object(sys, "argv", ["newsletter", *words]),
        mock.patch.object(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin.encode()))),
    ):
        try:
            main()
        except SystemExit as end:
            code = int(end.code or 0)
    return {"code": code, "out": out.getvalue(), "err": err.getvalue()}


def web(method: str, path: str, user: str = "", **rest: Any) -> dict[str, Any]:
    """Asks for a page, signed in as `user` where one is named."""
    client = Client(raise_request_exception=False, SERVER_NAME="news.example.com")
    if user:
        client.force_login(get_user_model().objects.get(email=user), "django.contrib.auth.backends.ModelBackend")
    answer = client.generic(method, path, secure=True, **rest)
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return {"status": answer.status_code, "text": body.decode("utf-8", "replace"), "headers": dict(answer.headers)}


def rows(sql: str) -> list[list[Any]]:
    """What a statement finds."""
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return [[each.hex() if isinstance(each, bytes) else each for each in row] for row in cursor.fetchall()]


def write(sql: str) -> None:
    """Carries out a statement that finds nothing."""
    with connection.cursor() as cursor:
        cursor.execute(sql)


def tables(labels: list[str]) -> dict[str, Any]:
    """The tables of these apps: columns with their types, and the names of indexes, constraints and triggers."""
    with connection.cursor() as cursor:
        names = [name for name in connection.introspection.table_names(cursor) if name.split("_")[0] in labels]
        found = {name: {"columns": {}, "names": set()} for name in names}
        for name in names:
            constraints = connection.introspection.get_constraints(cursor, name)
            # Left out are names that neither Django nor we gave: SQLite's by number, and what only PostgreSQL 18 names.
            theirs = {each for each in constraints if each.startswith(("__", "sqlite_")) or each.endswith("_not_null")}
            found[name]["names"] |= constraints.keys() - theirs
    if connection.vendor == "sqlite":
        for name in names:
            found[name]["columns"] = {
                row[1]: f"{row[2]}{' not null' if row[3] else ''}" for row in rows(f"PRAGMA table_info({name})")
            }
        triggers = rows("SELECT tbl_name, name FROM sqlite_master WHERE type = 'trigger'")
    else:
        for table, column, kind, length, nullable in rows(
            "SELECT table_name, column_name, data_type, character_maximum_length, is_nullable"
            " FROM information_schema.columns WHERE table_schema = 'public'"
        ):
            if table in found:
                size = f"({length})" if length else ""
                found[table]["columns"][column] = f"{kind}{size}{'' if nullable == 'YES' else ' not null'}"
        triggers = rows("SELECT event_object_table, trigger_name FROM information_schema.triggers")
    for table, trigger in triggers:
        if table in found:
            found[table]["names"].add(trigger)
    return {name: {"columns": each["columns"], "names": sorted(each["names"])} for name, each in found.items()}


def everything() -> dict[str, int]:
    """How many rows of each table the models read, each of them to its last field."""
    return {
        model._meta.db_table: sum(1 for row in model._default_manager.all() if model_to_dict(row) and str(row))
        for model in apps.get_models()
    }


def tasks() -> dict[str, str]:
    """The tasks that procrastinate knows, each with its queue."""
    from procrastinate.contrib.django import app

    app.perform_import_paths()
    return {name: task.queue for name, task in app.tasks.items() if not name.startswith("builtin:")}


STEPS: dict[str, Callable[..., Any]] = {
    step.__name__: step
    for step in (migrate_to, load, migrate, begin, undo, cli, web, rows, write, tables, everything, tasks)
}


def main() -> None:
    """Takes step after step until the input ends."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    for line in sys.stdin:
        asked = json.loads(line)
        try:
            answer = {"answer": STEPS[asked["step"]](**asked["given"])}
        except Exception:
            answer = {"trouble": traceback.format_exc()}
        print(json.dumps(answer, default=str), file=answers, flush=True)


if __name__ == "__main__":
    main()
