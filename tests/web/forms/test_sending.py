"""Sending takes a button that says when, and the number of subscribers."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.http import QueryDict

from newsletter.web.forms.sending import SendForm


def send(zone: str = "UTC", **sent: str) -> SendForm:
    data = QueryDict(mutable=True)
    data.update({"content_hash": "abc", "readers": "47081", "do": "now"} | sent)
    return SendForm(data, subscribers=47081, zone=zone)


@pytest.mark.parametrize("typed", ["47081", "47,081", "47.081", "47 081", " 47\N{NO-BREAK SPACE}081 ", "47’081"])
def test_the_number_may_be_typed_with_separators(typed: str) -> None:
    assert send(readers=typed).is_valid()


@pytest.mark.parametrize(
    "typed", ["", "47080", "all", "-47081", "٤٧٠٨١", "4" * 500, "4,7,0,8,1", "470,81", "47,081,", "4,7081"]
)
def test_another_number_sends_nothing(typed: str) -> None:
    assert "47,081" in send(readers=typed).errors["readers"][0]


@pytest.mark.parametrize(
    ("shown", "typed", "is_taken"),
    [
        ("47090", "47090", True),
        ("46700", "46,700", True),
        ("46000", "46000", False),  # many joined meanwhile
        ("47090", "47091", False),
        ("", "47090", False),
        ("4" * 400, "4", False),
    ],
)
def test_the_number_shown_counts_where_few_joined_or_left_meanwhile(shown: str, typed: str, is_taken: bool) -> None:
    assert send(shown=shown, readers=typed).is_valid() == is_taken


def test_an_empty_time_never_means_now() -> None:
    assert "Give the date and time" in send(do="schedule", at=" ").errors["at"][0]
    for do in ("", "later"):
        assert "Press one of the buttons" in send(do=do, at="2026-11-24T07:00").non_field_errors()[0]


def test_the_button_says_when() -> None:
    def read_time(**sent: Any) -> datetime | None:
        form = send(at="2026-11-24T07:00", **sent)
        assert form.is_valid()
        at: datetime | None = form.cleaned_data["at"]
        return at

    assert read_time(do="now") is None
    assert read_time(do="schedule", zone="Europe/London") == datetime(2026, 11, 24, 7, 0, tzinfo=UTC)
    assert "is not a time" in send(do="schedule", at="tomorrow").errors["at"][0]


def test_a_button_that_said_another_time_schedules_nothing() -> None:
    for at in ("2026-11-24T08:00", ""):
        assert "at" in send(do="schedule", at=at, named="2026-11-24T07:00").errors
    assert send(do="schedule", at="2026-11-24T07:00", named="2026-11-24T07:00").is_valid()
    assert send(do="now", at="2026-11-24T08:00", named="2026-11-24T07:00").is_valid(), "its time does not count"


def test_the_time_of_the_schedule_is_the_one_the_button_says_until_another_is_typed() -> None:
    planned_at = datetime(2026, 7, 24, 6, 0, tzinfo=UTC)
    form = SendForm(subscribers=1, zone="Europe/London", planned_at=planned_at)
    assert form["at"].value() == "2026-07-24T07:00", "in the newsletter's zone"
    assert form.departs_at == planned_at
    assert send(at="2026-07-25T07:00").departs_at == datetime(2026, 7, 25, 7, tzinfo=UTC)
    assert send(at="soon").departs_at is None
    assert SendForm(subscribers=1, zone="UTC").departs_at is None


def test_a_time_that_clocks_leave_out_is_refused_beside_the_field_and_not_on_the_button() -> None:
    form = send(do="schedule", at="2027-03-14T02:30", zone="America/New_York")
    assert form.departs_at is None
    assert "Give 01:59 or 03:00" in form.errors["at"][0]
