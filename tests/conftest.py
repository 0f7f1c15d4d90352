"""A small cast for all tests: a newsroom with two newsletters, an editor, a colleague, a stranger, and readers."""

from __future__ import annotations

import os
import sys
import tempfile

# Processes that tests start import what this one has compiled.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False
os.environ["NEWSLETTER_DATA_DIR"] = tempfile.mkdtemp(prefix="newsletter-tests-")
os.environ["XDG_STATE_HOME"] = tempfile.mkdtemp(prefix="newsletter-tests-state-")
os.environ["NEWSLETTER_BASE_URL"] = "http://testserver"
for name in (
    "NEWSLETTER_PROVIDER",
    "NEWSLETTER_DATABASE_URL",
    "NEWSLETTER_SECRET_KEY",
    "SENDGRID_API_KEY",
    "NEWSLETTER_DEBUG",
):
    os.environ.pop(name, None)

import gc  # noqa: E402
from collections.abc import Callable, Generator, Iterator  # noqa: E402  the settings read the environment when imported
from dataclasses import dataclass, replace  # noqa: E402
from datetime import UTC, datetime, timedelta  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import Any  # noqa: E402

import pytest  # noqa: E402
from hypothesis import settings as hypothesis_settings  # noqa: E402

from tests import prepared  # noqa: E402
from tests.confined import answers_kept  # noqa: E402
from tests.shared import copy_migrated  # noqa: E402

hypothesis_settings.register_profile("here", deadline=None, max_examples=60)
hypothesis_settings.load_profile("here")

NOW = datetime(2026, 11, 24, 6, 0, tzinfo=UTC)
PASSWORD = "a long enough password"


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection() -> Generator[None, object, object]:
    """Modules and tests stay to the end: looking for garbage among them takes as long as collecting them."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.collect()
        gc.freeze()
        gc.enable()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(tmp_path_factory: pytest.TempPathFactory, django_db_modify_db_settings: None) -> None:
    """SQLite in a file, as in use: in memory all threads of the browser tests' server would share one connection."""
    from django.db import connections

    for connection in connections.all():
        if connection.vendor == "sqlite":
            # What a test wrote need not outlast the machine.
            connection.settings_dict["OPTIONS"]["init_command"] += " PRAGMA synchronous=OFF;"
            file = tmp_path_factory.mktemp("database") / "tests.sqlite3"
            copy_migrated(tmp_path_factory, file)
            connection.settings_dict["TEST"]["NAME"] = str(file)


@pytest.fixture(scope="session")
def django_db_keepdb() -> bool:
    """The tables are there: on SQLite in a copy, on PostgreSQL in what test_sql_on_postgres.py made."""
    return True


@pytest.fixture(scope="session", autouse=True)
def _confined_answers() -> Iterator[None]:
    with answers_kept():
        yield


@pytest.fixture
def now() -> datetime:
    """Tuesday 24 November 2026, 06:00 UTC."""
    return NOW


@pytest.fixture(autouse=True)
def _own_data_dir(tmp_path: Path, settings: Any) -> None:
    """Every test has a data folder of its own and the outbox as its provider."""
    settings.CONFIG = replace(
        settings.CONFIG,
        data_dir=tmp_path / "data",
        state_dir=tmp_path / "state",
        outbox_dir=tmp_path / "outbox",
        provider="outbox",
        base_url="http://testserver",
    )
    settings.WHITENOISE_AUTOREFRESH = True  # or each client looks through all files of pages before its first request
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # the real one is slow on purpose
    from newsletter.delivery import installation
    from newsletter.delivery.sending import ledger_stand, prepared_batches
    from newsletter.jobs import wiring

    installation.forget_standing()
    prepared_batches._load_mailing_context.cache_clear()
    ledger_stand.forget_all()
    wiring._open_provider.cache_clear()


@pytest.fixture(autouse=True)
def _history(_own_data_dir: None, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What many tests begin with is made once in a process: see tests/prepared.py."""
    marker = request.node.get_closest_marker("django_db")
    flushes = bool(marker and marker.kwargs.get("transaction")) or not _AFTER_FLUSH.isdisjoint(request.fixturenames)
    with prepared.keep_history(monkeypatch, flushes=flushes):
        yield


_AFTER_FLUSH = {"transactional_db", "live_server"}


@dataclass(frozen=True)
class Newsroom:
    """The newsroom of the tests."""

    briefing: Any
    other: Any
    list: Any
    other_list: Any


@pytest.fixture
def newsroom(db: None, now: datetime) -> Newsroom:
    """Two newsletters with a list each."""
    return prepared.prepare(_create_newsroom, now)


def _create_newsroom(now: datetime) -> Newsroom:
    from newsletter.catalog import newsletter_settings
    from subscribers.lists import create_list
    from tests.actors import SYSTEM

    morning = create_list("morning", "Morning Briefing", by=SYSTEM, now=now)
    evening = create_list("evening", "Evening Letter", by=SYSTEM, now=now)
    common = {
        "from_email": "news@example.com",
        "postal_address": "1 High Street, Upland",
        "zone": "Europe/London",
        "now": now,
    }
    return Newsroom(
        briefing=newsletter_settings.create_newsletter(
            slug="morning",
            name="Morning Briefing",
            publication="The Upland Echo",
            list_id=morning.id,
            **common,
            by=SYSTEM,
        ),
        other=newsletter_settings.create_newsletter(
            slug="evening", name="Evening Letter", list_id=evening.id, **common, by=SYSTEM
        ),
        list=morning,
        other_list=evening,
    )


@pytest.fixture
def readers(newsroom: Newsroom, now: datetime) -> Callable[..., list[int]]:
    """Adds active readers to the morning list: readers(3) gives their ids."""

    def add(count: int, prefix: str = "reader") -> list[int]:
        return prepared.prepare(_add_readers, newsroom.list.id, count, prefix, now - timedelta(days=1))

    return add


def _add_readers(list_id: int, count: int, prefix: str, now: datetime) -> list[int]:
    from subscribers.people import add_subscriber
    from tests.actors import SYSTEM

    return [
        add_subscriber(
            f"{prefix}{n}@example.com",
            list_id,
            first_name=f"First{n}",
            reason="asked in person",
            by=SYSTEM,
            now=now,
        ).id
        for n in range(count)
    ]


@pytest.fixture
def articles(newsroom: Newsroom, now: datetime) -> Callable[..., list[int]]:
    """Adds articles by pasting invented text: articles(3) gives their ids. `at` is the instant they came in."""

    def add(count: int, at: datetime = now) -> list[int]:
        return prepared.prepare(_add_articles, count, at)

    return add


def _add_articles(count: int, now: datetime) -> list[int]:
    from newsletter.curator.articles import intake
    from tests.actors import SYSTEM

    found = []
    for n in range(count):
        word = _WORDS[n % len(_WORDS)]
        text = (
            f"{word} reaches the {_PLACES[n % len(_PLACES)]} after {n + 2} quiet years\n\n"
            f"The {word.lower()} came up the valley road on Monday, "
            f"and the council of {_PLACES[n % len(_PLACES)]} voted to keep it there "
            "until the spring. Nobody had expected so many people to care about it, said the clerk.\n\n"
            f"A second meeting follows in March, when the cost of the {word.lower()} is known "
            "and the bridge is open again.\n"
        )
        found.append(
            intake.add_article_from_paste(
                text, url=f"https://paper{n % 4}.example.org/story/{n}", now=now, by=SYSTEM
            ).article.id
        )
    return found


_WORDS = [
    "Railway",
    "Orchard",
    "Lantern",
    "Harvest",
    "Library",
    "Museum",
    "Ferry",
    "Bakery",
    "Choir",
    "Theatre",
    "Garden",
    "Market",
]
_PLACES = [
    "mill",
    "harbour",
    "upper town",
    "station",
    "castle",
    "square",
    "quarry",
    "school",
    "old bridge",
    "meadow",
    "hospital",
]


@pytest.fixture
def edition(morning_edition: Any) -> Any:
    """The edition that most tests are about; some folders have one of their own."""
    return morning_edition


@pytest.fixture
def morning_edition(newsroom: Newsroom, articles: Callable[..., list[int]], now: datetime) -> Any:
    """An open edition of the morning briefing with three stories and a subject."""
    return prepared.prepare(_create_edition, newsroom.briefing.id, tuple(articles(3)), now)


def _create_edition(newsletter_id: int, article_ids: tuple[int, ...], now: datetime) -> Any:
    from newsletter.curator.editions import editions, picks
    from tests.actors import SYSTEM

    made = editions.create_edition(newsletter_id, now.date(), now=now, by=SYSTEM)
    for article_id in article_ids:
        picks.add_pick(made.id, article_id, now=now, by=SYSTEM)
    return editions.edit_edition(
        made.id, now=now, subject="The railway reaches the mill", preheader="And two more", seen=None, by=SYSTEM
    )


@pytest.fixture
def people(newsroom: Newsroom, now: datetime) -> dict[str, Any]:
    """An editor and a viewer of the morning briefing, an administrator, and the editor of the other newsletter."""
    return prepared.prepare(_create_users, newsroom.briefing.id, newsroom.other.id, now)


def _create_users(newsletter_id: int, other_id: int, now: datetime) -> dict[str, Any]:
    from newsletter.accounts import users
    from newsletter.accounts.models import User
    from tests.actors import SYSTEM

    cast = {
        "admin": ("admin", None),
        "editor": ("editor", newsletter_id),
        "viewer": ("viewer", newsletter_id),
        "stranger": ("editor", other_id),
    }
    for name, (role, newsletter_id) in cast.items():
        users.create_user(
            f"{name}@example.com",
            PASSWORD,
            name=name.title(),
            role=role,
            newsletter_id=newsletter_id,
            by=SYSTEM,
            now=now,
        )
    return {name: User.objects.get(email=f"{name}@example.com") for name in cast}


def reported(person_id: int, list_id: int, what: Any, *, now: datetime, reason: str = "") -> None:
    """The provider reports of a reader: “hard” (the mail came back) or “complained”."""
    from subscribers import bounces_complaints, subscriber_lookup

    report = bounces_complaints.ProviderReport(
        what, subscriber_lookup.get_subscriber(person_id).address, list_id, reason, now
    )
    bounces_complaints.apply_reports([report], source="provider", now=now)
