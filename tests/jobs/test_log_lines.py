"""The log of an outage is short, that of a fault is not."""

from __future__ import annotations

import logging
import sys

import pytest
from django.conf import settings
from django.db import OperationalError

from newsletter.jobs.log_lines import ShortenOutages


def log(error: Exception) -> logging.LogRecord:
    try:
        raise error
    except Exception:
        record = logging.LogRecord("x", logging.ERROR, "", 1, "The %s failed", ("worker",), sys.exc_info())
    assert ShortenOutages().filter(record)
    return record


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (OperationalError("database or disk is full"), "The worker failed: database or disk is full"),
        (OperationalError("100 % full"), "The worker failed: 100 % full"),
    ],
)
def test_an_outage_is_one_line(error: Exception, line: str) -> None:
    assert logging.Formatter("{message}", style="{").format(log(error)) == line


def test_a_fault_keeps_its_traceback() -> None:
    assert "Traceback" in logging.Formatter().format(log(ValueError("our own")))


def test_the_program_logs_by_it() -> None:
    assert settings.LOGGING["handlers"]["console"]["filters"] == ["outages"]
