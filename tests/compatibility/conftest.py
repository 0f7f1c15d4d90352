"""A newsroom that version 0.1.0 left behind, migrated to now, on each database."""

from __future__ import annotations

import base64
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from tests.flows.conftest import new_database, postgres_url
from tests.shared import make_once

__all__ = ["postgres_url"]

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
DATA = HERE / "data"
WEBHOOK_KEY = ec.derive_private_key(20261128, ec.SECP256R1())  # of these tests alone
WEBHOOK_PUBLIC_KEY = (
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEXdh+M0m63fODWPNL1a4XE5V+JLEOPDX2HR"
    "mCnCaKFjUXlo9v4WWbiZeCAJkg63ye8wvUDz6dIBSJ5R9Aaj8NNg=="
)
SECRET_KEY = "a key of the year 2026, for tests alone"
APPS = ["accounts", "catalog", "curator", "scheduler", "delivery", "jobs", "subscribers"]


def listed(name: str) -> Any:
    """One of the checked-in lists."""
    return json.loads((DATA / f"{name}.json").read_text("utf-8"))


class House:
    """The program in a process of its own, on one database and data folder."""

    def __init__(self, kind: str, environment: dict[str, str]) -> None:
        self.kind, self.environment = kind, environment
        self.folder = Path(environment["NEWSLETTER_DATA_DIR"])
        self._process = subprocess.Popen(
            [sys.executable, str(HERE / "inside.py")],
            env=environment,
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def do(self, step: str, **given: Any) -> Any:
        """Takes a step inside (see inside.py)."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"step": step, "given": given}) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        assert "trouble" not in answer, answer["trouble"]
        return answer["answer"]

    def begin(self) -> None:
        """From here on everything can be undone."""
        self.do("begin")

    def undo(self) -> None:
        """Undoes what was written since `begin`, the files of imports too: the next one has the same number."""
        self.do("undo")
        shutil.rmtree(self.folder / "imports")
        shutil.copytree(HERE / "folder" / "imports", self.folder / "imports")

    def end(self) -> None:
        self._process.communicate(timeout=20)

    def run(self, *words: str, stdin: str = "") -> dict[str, Any]:
        """A command's exit code, output and errors."""
        return self.do("cli", words=words, stdin=stdin)

    def json(self, *words: str, stdin: str = "") -> Any:
        """What a command prints with --json, whether it ends with 0 or with 1 for something found wrong."""
        done = self.run(*words, "--json", stdin=stdin)
        assert done["code"] in (0, 1, 4), (words, done["err"])
        assert done["out"], (words, done["err"])
        return json.loads(done["out"])

    def get(self, path: str, user: str = "", **headers: str) -> dict[str, Any]:
        return self.do("web", method="GET", path=path, user=user, **headers)

    def post(self, path: str, data: str = "", kind: str = "application/x-www-form-urlencoded", **rest: str) -> Any:
        return self.do("web", method="POST", path=path, data=data, content_type=kind, **rest)

    def report(self, *events: dict[str, Any]) -> Any:
        """Posts events as the provider does: dated now, and signed."""
        now = int(time.time())
        raw = json.dumps([{"timestamp": now} | each for each in events], separators=(",", ":")) + "\r\n"
        proof = WEBHOOK_KEY.sign(f"{now}{raw}".encode(), ec.ECDSA(hashes.SHA256()))
        return self.do(
            "web",
            method="POST",
            path="/hooks/sendgrid",
            data=raw,
            content_type="application/json",
            HTTP_X_TWILIO_EMAIL_EVENT_WEBHOOK_SIGNATURE=base64.b64encode(proof).decode(),
            HTTP_X_TWILIO_EMAIL_EVENT_WEBHOOK_TIMESTAMP=str(now),
        )

    def value(self, sql: str) -> Any:
        """The one value that a statement finds."""
        return self.do("rows", sql=sql)[0][0]

    def values(self, sql: str) -> list[Any]:
        """The first column of what a statement finds."""
        return [row[0] for row in self.do("rows", sql=sql)]


def environment_of(folder: Path, database: str) -> dict[str, str]:
    ours = ("NEWSLETTER_", "SENDGRID_", "DJANGO_")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)} | {
        "NEWSLETTER_DATA_DIR": str(folder),
        "NEWSLETTER_STATE_DIR": f"{folder} state",
        "NEWSLETTER_DATABASE_URL": database,
        "NEWSLETTER_BASE_URL": "https://news.example.com",
        "NEWSLETTER_SECRET_KEY": SECRET_KEY,
        "NEWSLETTER_TEMPLATES_DIR": str(HERE / "templates"),
        "NEWSLETTER_PROVIDER": "outbox",
        "NEWSLETTER_SENDGRID_WEBHOOK_KEYS": WEBHOOK_PUBLIC_KEY,
        "PYTHONPATH": str(ROOT),
    }


@pytest.fixture(scope="session")
def left_sqlite(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The newsroom on SQLite: the database of 0.1.0, then migrated."""
    left: dict[str, str] = make_once(tmp_path_factory, "left-sqlite", lambda: _leave_sqlite(tmp_path_factory))
    return left


def _leave_sqlite(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("left") / "house"
    shutil.copytree(HERE / "folder", folder)
    with sqlite3.connect(folder / "newsletter.sqlite3") as database:
        database.executescript((DATA / "sqlite.sql").read_text("utf-8"))
    database.close()
    house = House("sqlite", environment_of(folder, ""))
    house.do("migrate")
    house.end()
    return house.environment


@pytest.fixture(scope="session")
def left_postgres(tmp_path_factory: pytest.TempPathFactory, postgres_url: str) -> dict[str, str]:
    """The newsroom on PostgreSQL: the migrations of 0.1.0, its rows, then the later migrations."""

    def make() -> dict[str, str]:
        return _leave_postgres(tmp_path_factory, postgres_url)

    left: dict[str, str] = make_once(tmp_path_factory, "left-postgres", make)
    return left


def _leave_postgres(tmp_path_factory: pytest.TempPathFactory, postgres_url: str) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("left") / "house"
    shutil.copytree(HERE / "folder", folder)
    house = House("postgres", environment_of(folder, new_database(postgres_url, "template0")))
    house.do("migrate_to", names=listed("migrations"))
    house.do("load", path=str(DATA / "postgres.sql"))
    house.do("migrate")
    house.end()
    return house.environment


def copy_of(left: dict[str, str], folder: Path) -> dict[str, str]:
    """The same newsroom once more, with a folder and database of its own."""
    shutil.copytree(left["NEWSLETTER_DATA_DIR"], folder)
    database = left["NEWSLETTER_DATABASE_URL"]
    return environment_of(folder, database and new_database(database))


@pytest.fixture(scope="session")
def open_sqlite(left_sqlite: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    house = House("sqlite", copy_of(left_sqlite, tmp_path_factory.mktemp("open") / "house"))
    yield house
    house.end()


@pytest.fixture(scope="session")
def open_postgres(left_postgres: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    house = House("postgres", copy_of(left_postgres, tmp_path_factory.mktemp("open") / "house"))
    yield house
    house.end()


@pytest.fixture(params=["sqlite", "postgres"])
def kind(request: pytest.FixtureRequest) -> str:
    """Each database in turn."""
    return str(request.param)


@pytest.fixture
def house(kind: str, request: pytest.FixtureRequest) -> Iterator[House]:
    """The newsroom on each database; what a test writes is undone."""
    opened: House = request.getfixturevalue(f"open_{kind}")
    opened.begin()
    yield opened
    opened.undo()
