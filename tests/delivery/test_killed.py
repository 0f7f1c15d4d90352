"""kill -9 at any instant, in real processes on a real database, in bad weather.

What went out is counted at the server, not in our ledger.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.delivery.chaos import Storm, Troubles, Weather, recalled, serving, troubled, weathered
from tests.flows.conftest import migrated_postgres, new_database, postgres_url
from tests.shared import copy_migrated

__all__ = ["migrated_postgres", "postgres_url"]


@pytest.fixture(params=["sqlite", "postgres"])
def storm(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Storm]:
    database = _prepare_database(request, tmp_path)
    with serving() as server:
        made = Storm(Weather(readers=600, kills=4), tmp_path, server, database)
        yield made
        made.end()


def _prepare_database(request: pytest.FixtureRequest, folder: Path) -> str:
    """The URL of a database with all tables; empty for SQLite, which has it in the folder."""
    if request.param == "postgres":
        return new_database(request.getfixturevalue("migrated_postgres"))
    copy_migrated(request.getfixturevalue("tmp_path_factory"), folder / "newsletter.sqlite3")
    return ""


def test_after_a_recall_nobody_gets_it_despite_killed_workers_and_lost_answers(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    copy_migrated(tmp_path_factory, tmp_path / "newsletter.sqlite3")
    with serving() as server:
        storm = Storm(Weather(readers=400, kills=3, window=60), tmp_path, server)
        try:
            recalled(storm)
        finally:
            storm.end()


@pytest.mark.parametrize("cancelled", [True, False])
def test_a_recall_whose_process_was_killed_with_the_cancellation_under_way_is_completed(
    storm: Storm, cancelled: bool
) -> None:
    storm.weather = replace(storm.weather, readers=60, kills=0, faults=0, ambiguous=0, window=60)
    storm.prepare()
    storm.hand_over()
    storm.recall_and_die(cancelled=cancelled)
    assert storm.report()["state"] == "recalling"
    storm.complete_recall()
    reported = storm.report()
    assert not storm.server.accepted, "somebody was mailed all the same"
    assert (reported["state"], reported["adds_up"]) == ("cancelled", True)
    assert {who["state"] for who in reported["who"]} == {"recalled"}


def test_kill_9_at_any_instant_doubles_nobody_and_a_repair_reaches_exactly_who_is_missing(storm: Storm) -> None:
    figures = weathered(storm)
    ambiguous_and_killed = storm.server.requests * 0.3 + storm.weather.kills
    assert figures["unknown before events"] <= ambiguous_and_killed * storm.weather.batch


@pytest.fixture(params=["sqlite", "postgres"])
def troubles(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Troubles]:
    database = _prepare_database(request, tmp_path)
    with serving(delay=0.2) as server:
        made = Troubles(Weather(readers=600, kills=0, window=60, seconds=180), tmp_path, server, database)
        yield made
        made.end()


def test_operators_who_stop_recall_and_send_again_in_an_outage_double_and_lose_nobody(troubles: Troubles) -> None:
    troubled(troubles, rounds=6)
