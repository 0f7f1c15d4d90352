"""The names of months and days in some two hundred languages, as dateparser knows them. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from typing import Any

COMMON_LANGUAGES = ("en", "de", "fr", "es", "it", "pt", "nl", "ru", "pl", "sv")  # that most pages of ours are in
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)


def list_languages(language: str) -> list[str]:
    """The codes of a language (such as “de-AT”), where dateparser knows it, and of the common ones."""
    from dateparser.data.languages_info import language_order

    code = language[:2].lower()
    return [*([code] if code in language_order else []), *COMMON_LANGUAGES]


def is_month_first(language: str) -> bool:
    """Whether a language writes dates of numbers with the month first: American English does."""
    return language.replace("_", "-").casefold() in ("en", "en-us")


def find_month(word: str, language: str) -> int | None:
    """The number of a month by its name: in a language, else in one of the common ones."""
    folded = word.casefold().strip(".")
    return next((number for code in list_languages(language) if (number := _list_months(code).get(folded))), None)


def is_calendar_word(word: str) -> bool:
    """Whether a word names a day or a month in one of the common languages."""
    return word.casefold().strip(".,") in _list_calendar()


@cache
def _list_months(code: str) -> Mapping[str, int]:
    known = _read_language(code)
    return {_fold(name): number for number, month in enumerate(_MONTHS, 1) for name in known.get(month, ())}


@cache
def _list_calendar() -> frozenset[str]:
    known = [_read_language(code) for code in COMMON_LANGUAGES]
    return frozenset(_fold(name) for each in known for kind in (*_DAYS, *_MONTHS) for name in each.get(kind, ()))


def _fold(name: str) -> str:
    return name.casefold().strip(".")


@cache
def _read_language(code: str) -> Mapping[str, Any]:
    """What dateparser knows of a language."""
    found: Mapping[str, Any] = import_module(f"dateparser.data.date_translation_data.{code}").info
    return found


for _code in COMMON_LANGUAGES:  # read once, before the process forks that takes pages apart
    _list_months(_code)
