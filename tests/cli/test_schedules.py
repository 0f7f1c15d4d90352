"""Schedules on the command line."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from newsletter.checks import preflight
from newsletter.curator.editions.models import Edition
from newsletter.scheduling.models import Occurrence
from tests.actors import SYSTEM
from tests.cli.conftest import USAGE, Newsletter


@pytest.mark.parametrize("words", ["schedules list", "schedules next"])
def test_what_is_read_is_json_and_nothing_else(newsletter: Newsletter, newsroom: Any, words: str) -> None:
    json.loads(newsletter(*words.split(), "--json")[1])


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("add", "morning", "--time", ""), "time"),
        (("add", "morning", "--time", "07:00", "--weekdays", ""), "names no weekdays"),
        (("change", "1", "--time", ""), "time"),
        (("change", "1", "--zone", ""), "zone"),
        (("skip", "1", "2020-01-01", "--reason", "x"), "2020-01-01 is past"),
    ],
)
def test_what_is_left_empty_or_past_is_refused_and_changes_nothing(
    newsletter: Newsletter, newsroom: Any, words: tuple[str, ...], message: str
) -> None:
    assert newsletter("schedules", "add", "morning", "--time", "18:00")[0] == 0
    before = newsletter("schedules", "list", "--json")[1]
    status, _, err = newsletter("schedules", *words)
    assert (status, message in err) == (USAGE, True), err
    assert newsletter("schedules", "list", "--json")[1] == before


def test_one_time_of_a_date_is_skipped_and_unskipped(newsletter: Newsletter, newsroom: Any) -> None:
    assert newsletter("schedules", "add", "morning", "--time", "07:00,17:30")[0] == 0
    tomorrow = str((datetime.now(UTC) + timedelta(days=2)).date())

    def list_states() -> list[str]:
        found = json.loads(newsletter("schedules", "next", "--json")[1])
        return [each["state"] for each in found if each["date"] == tomorrow]

    assert newsletter("schedules", "skip", "1", tomorrow, "--time", "17:30", "--reason", "A strike")[0] == 0
    assert list_states() == ["planned", "skipped"]
    assert newsletter("schedules", "unskip", "1", tomorrow, "--time", "17:30")[0] == 0
    assert list_states() == ["planned", "planned"]


def test_a_date_is_told_as_the_desk_tells_it(
    newsletter: Newsletter, newsroom: Any, edition: Any, now: datetime
) -> None:
    assert newsletter("schedules", "add", "morning", "--time", "18:00")[0] == 0
    row = Occurrence.objects.order_by("instant").first()
    assert row

    def read_status() -> tuple[str, str, str]:
        found = json.loads(newsletter("schedules", "next", "--json")[1])
        (mine,) = [each for each in found if each["id"] == row.id]
        (line,) = [
            each for each in newsletter("schedules", "next")[1].splitlines() if each.split()[:1] == [str(row.id)]
        ]
        return mine["state"], mine["status"], line

    Occurrence.objects.filter(id=row.id).update(state="opened", edition_id=edition.id)
    assert read_status()[:2] == ("opened", "open")
    preflight.approve_edition(edition.id, content_hash=None, by=SYSTEM, now=now)
    state, status, line = read_status()
    assert (state, status, "approved" in line) == ("opened", "approved", True)
    Occurrence.objects.filter(id=row.id).update(state="claimed")
    Edition.objects.filter(id=edition.id).update(state="sent")
    state, status, line = read_status()
    assert (state, status, "sent" in line, "sending" in line) == ("claimed", "sent", True, False)
