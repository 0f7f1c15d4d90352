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


def find_month(word: str, language: str) -> int | None:
    """The number of a month by its name: in a language (a code such as “de-AT”), else in one of the common ones."""
    folded = word.casefold().strip(".")
    codes = (language[:2].lower(), *COMMON_LANGUAGES)
    return next((number for code in codes if (number := _list_months(code).get(folded))), None)


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
    """What dateparser knows of a language; nothing of one that it does not know."""
    from dateparser.data.languages_info import language_order

    if code not in language_order:
        return {}
    found: Mapping[str, Any] = import_module(f"dateparser.data.date_translation_data.{code}").info
    return found


for _code in COMMON_LANGUAGES:  # read once, before the process forks that takes pages apart
    _list_months(_code)
