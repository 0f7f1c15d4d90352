"""Days in the words of a newsletter's language."""

from __future__ import annotations

from datetime import date

from django.utils import formats, translation


def format_long_day(day: date, language: str) -> str:
    """A day as a mail is headed by it: “Tuesday 24 November 2026”."""
    return _format_in(language, day, "l j F Y" if language[:2] == "en" else "l, j. F Y")


def format_day(day: date, language: str) -> str:
    """A day without the year: “24 November”."""
    return _format_in(language, day, "j F" if language[:2] != "de" else "j. F")


def _format_in(language: str, day: date, form: str) -> str:
    with translation.override(language):
        return formats.date_format(day, form)
