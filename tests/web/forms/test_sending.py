"""Sending takes a button that says when, and the number of subscribers."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from newsletter.kernel.errors import BadInput
from newsletter.web.forms.sending import SendForm


@pytest.mark.parametrize("typed", ["47081", "47,081", "47.081", "47 081", " 47\N{NO-BREAK SPACE}081 ", "47’081"])
def test_the_number_may_be_typed_with_separators(typed: str) -> None:
    SendForm({"readers": typed}).check_readers(47081)


@pytest.mark.parametrize("typed", ["", "47080", "all", "-47081", "٤٧٠٨١", "4" * 500])
def test_another_number_sends_nothing(typed: str) -> None:
    with pytest.raises(BadInput, match="47,081"):
        SendForm({"readers": typed}).check_readers(47081)


def test_an_empty_time_never_means_now() -> None:
    with pytest.raises(BadInput, match="Give the date and time"):
        SendForm({"do": "schedule", "at": " "}).read_time("UTC")
    with pytest.raises(BadInput, match="Press “Schedule”"):
        SendForm({"at": "2026-11-24T07:00"}).read_time("UTC")
    assert SendForm({"do": "now", "at": "2026-11-24T07:00"}).read_time("UTC") is None
    at = SendForm({"do": "schedule", "at": "2026-11-24T07:00"}).read_time("Europe/London")
    assert at == datetime(2026, 11, 24, 7, 0, tzinfo=UTC)
