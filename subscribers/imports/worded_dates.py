"""Dates with the name of a month, in any language: 4 Μαρτίου 2021, 2021. március 4., Tue, 02 Feb 2021 10:00. Pure.

Which names there are the CLDR says, which comes with Babel.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone
from functools import cache, lru_cache
from typing import NamedTuple

from babel import Locale, localedata
from babel.core import get_global

from newsletter.kernel.numbers import is_whole_number, parse_whole_number

_CLOCK = re.compile(
    r"(?a)\b([0-9]{1,2}):([0-9]{2})(?::([0-9]{2})(?:[.,][0-9]+)?)?(?: ?([ap])\.?m\b\.?)?"
    r"(?: ?(?:utc|gmt)?([+-][0-9]{2}):?([0-9]{2})\b| ?(?:utc|gmt|z)\b)?",
    re.IGNORECASE,
)
_TOKEN = re.compile(r"(?a)\d+|[^\d\s.,;:/()'’-]+")
_ACCENT = re.compile("[\u0300-\u036f]")
_LONGEST_LINK = 3  # letters of a word that may stand in a date and says nothing: de, of, er, г
_FEWEST_TOKENS, _MOST_TOKENS = 3, 12  # of a date
_LONGEST_NAME = 3  # tokens of the name of a month: tháng 3
_MANY = 20  # per cent of the people of a country
_BUDDHIST = 543  # years by which Thailand is ahead


class _Day(NamedTuple):
    """A date taken apart: the months that its name can mean, each with the languages in which it does."""

    year: int
    months: Mapping[int, frozenset[str]]
    day: int


def parse_worded_date(text: str, languages: frozenset[str] = frozenset()) -> datetime | None:
    """The instant a text names, UTC where it names no zone; None for any other text, or a month that may be two.

    `languages`, if there are any, are those the month may be in: listopad is November in Prague, October in Zagreb.
    """
    clock = _CLOCK.search(text)
    found = _read_day(f"{text[: clock.start()]} {text[clock.end() :]}" if clock else text)
    if found is None:
        return None
    months = [month for month, theirs in found.months.items() if not languages or theirs & languages]
    if len(months) != 1:
        return None
    hour, minute, second, zone = _read_clock(clock)
    try:
        return datetime(found.year, months[0], found.day, hour, minute, second, tzinfo=zone)
    except ValueError:
        return None


def find_languages(text: str) -> frozenset[str]:
    """The languages in which a text is a date with the name of a month; none where it is no such date."""
    found = _read_day(_CLOCK.sub(" ", text))
    return frozenset().union(*found.months.values()) if found else frozenset()


@lru_cache(maxsize=2**15)
def _read_day(text: str) -> _Day | None:
    tokens = _TOKEN.findall(_fold(text))
    if not _FEWEST_TOKENS <= len(tokens) <= _MOST_TOKENS or not any(map(is_whole_number, tokens)):
        return None
    for start, end in _list_windows(tokens):
        months = _load_months().get(" ".join(tokens[start:end]))
        others = [*tokens[:start], *tokens[end:]]
        numbers = [token for token in others if is_whole_number(token)]
        if months and len(numbers) == 2 and all(map(_says_nothing, others)):
            day, year = _order_numbers(*numbers, day_leads=any(map(is_whole_number, tokens[:start])))
            if year:
                return _Day(year, months, day)
    return None


def _list_windows(tokens: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Where the name of a month may stand, the longest first."""
    for length in range(_LONGEST_NAME, 0, -1):
        yield from ((s, s + length) for s in range(len(tokens) - length + 1) if not is_whole_number(tokens[s]))


def _says_nothing(token: str) -> bool:
    return is_whole_number(token) or len(token) <= _LONGEST_LINK or token in _load_links()


def _order_numbers(first: str, second: str, *, day_leads: bool) -> tuple[int, int]:
    """Day and year: the year has four digits, or stands behind the month as in 04-Mar-21. The year is 0 for neither."""
    sizes = (len(first), len(second))
    if sizes in ((4, 1), (4, 2)):
        first, second = second, first
    elif sizes not in ((1, 4), (2, 4)) and not (sizes in ((1, 2), (2, 2)) and day_leads):
        return 0, 0
    day, year = parse_whole_number(first) or 0, parse_whole_number(second) or 0
    year += 2000 if len(second) == 2 else 0
    return day, year - _BUDDHIST if year > 2400 else year


def _read_clock(clock: re.Match[str] | None) -> tuple[int, int, int, timezone]:
    if clock is None:
        return 0, 0, 0, UTC
    hour, minute, second = (parse_whole_number(part or "0") or 0 for part in clock.group(1, 2, 3))
    if clock[4]:
        hour = hour % 12 + (12 if clock[4] in "Pp" else 0)
    sign, hours, minutes = (clock[5] or "+00")[0], (clock[5] or "+00")[1:], clock[6] or "00"
    ahead = timedelta(hours=parse_whole_number(hours) or 0, minutes=parse_whole_number(minutes) or 0)
    if not timedelta() < ahead < timedelta(days=1):
        return hour, minute, second, UTC
    return hour, minute, second, timezone(-ahead if sign == "-" else ahead)


def _fold(text: str) -> str:
    """A text as names of months are compared: small, without the accents that some leave out."""
    return _ACCENT.sub("", unicodedata.normalize("NFKD", text).casefold())


@cache
def _load_months() -> Mapping[str, Mapping[int, frozenset[str]]]:
    found: dict[str, dict[int, set[str]]] = defaultdict(lambda: defaultdict(set))
    for locale in list_locales():
        for names in _list_names(locale.months):
            for month, name in names.items():
                found[" ".join(_TOKEN.findall(_fold(name)))][month].add(locale.language)
    return {
        name: {month: frozenset(theirs) for month, theirs in _leave_out_rare(months).items()}
        for name, months in found.items()
        if not is_whole_number(name[:1])
    }


def _leave_out_rare(months: Mapping[int, set[str]]) -> Mapping[int, set[str]]:
    """What a name means in most languages, where one or two mean another month by it."""
    most = max(map(len, months.values()))
    return {month: theirs for month, theirs in months.items() if 4 * len(theirs) > most}


@cache
def _load_links() -> frozenset[str]:
    """Longer words that stand in dates: days of the week, and what the languages put between the parts."""
    texts: set[str] = set()
    for locale in list_locales():
        texts.update(name for names in _list_names(locale.days) for name in names.values())
        texts.update(part for style in locale.date_formats.values() for part in re.findall("'([^']+)'", style.pattern))
    return frozenset(token for text in texts for token in _TOKEN.findall(_fold(text)))


def _list_names(named: Mapping[str, Mapping[str, Mapping[int, str]]]) -> Iterator[Mapping[int, str]]:
    for context in named.values():
        yield from (context[width] for width in ("wide", "abbreviated") if width in context)


@cache
def list_locales() -> Sequence[Locale]:
    """The languages that are official somewhere, or that many speak: all would take seconds to load."""
    spoken = {
        language
        for languages in get_global("territory_languages").values()
        for language, about in languages.items()
        if about.get("official_status") or about.get("population_percent", 0) >= _MANY
    }
    return [Locale.parse(name) for name in sorted(spoken.intersection(localedata.locale_identifiers()))]
