"""Finds the date of a story: declared, in its address, or shown near its headline. Pure. None beats an invented one.

shape (digits, or digits around a word) ─▶ numbers read here, months in any language as dateparser knows them ─▶ a day
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from newsletter.curator.articles.extraction import markup, words
from newsletter.curator.articles.extraction.calendar_words import find_month, is_month_first
from newsletter.curator.articles.extraction.surroundings import Place
from newsletter.kernel.patterns import LINE, NAME, compile_bounded

LONGEST_STAMP = 80  # characters of what is read as a date and what belongs to it
LONGEST_CLOCK = 14  # letters of a day or a zone beside a date
LONGEST_UNIT = 3  # letters beside a date that stands alone anywhere on a page
WORDS_BESIDE = 5  # of a date; more are a sentence, in which dates are the story's
WORDS_BEFORE = 3  # of a date that a full stop follows
MOST_STAMPS = 100
MOST_SPANS = 3  # of a line that have the shape of a date
_MACHINE_DATE = compile_bounded(LINE, r"(?a)\d{4}[-/]?\d\d[-/]?\d\d")
_ISO_DATE = compile_bounded(LINE, r"(?a)\b(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d:\d\d)(?::\d\d)?(Z|[+-]\d\d:?\d\d)?)?\b")
# year first: 2026/11/24, 2026年11月24日, 2026년 11월 24일, 2026. május 24.
_YEAR_FIRST = compile_bounded(
    NAME,
    r"(?<![0-9./-])(?P<year>[0-9]{4})[./年년-]\s?(?P<month>[0-9]{1,2}|[^\s0-9.,:/()-]{3,12})[\s./月월-]\s?"
    r"(?P<day>[0-9]{1,2})(?![0-9/-]|\.[0-9])",
)
# a year of two digits only behind two and two: “4.8.12” is a version
_YEAR_LAST = compile_bounded(
    NAME,
    r"(?<![0-9./:-])(?P<day>[0-9]{1,2})([./-])\s?(?P<month>[0-9]{1,2})\2\s?"
    r"(?P<year>[0-9]{4}|(?<=[0-9]{2}.[0-9]{2}.)[0-9]{2})(?![0-9/:-]|\.[0-9])",
)
# a month in words: “24. November 2026”, “24 de noviembre de 2026”, “November 24th, 2026”, “24-Nov-2026”
_DAY_FIRST = compile_bounded(
    NAME,
    r"(?<![0-9.:–-])(?P<day>[0-9]{1,2})(?:st|nd|rd|th|er|º|ª)?\.?[\s-](?:de\s)?(?P<month>[^\s0-9.,:/()-]{3,12})\.?,?[\s-](?:de\s)?"
    r"(?P<year>[0-9]{4})\b",
)
_MONTH_FIRST = compile_bounded(
    NAME,
    r"(?P<month>[^\s0-9.,:/()-]{3,12})\.?\s(?P<day>[0-9]{1,2})(?:st|nd|rd|th)?,?\s(?:[0-9:]{8}\s\w{1,5}\s)?(?P<year>[0-9]{4})\b",
)
_IN_ADDRESS = compile_bounded(LINE, r"(?a)/((?:19|20)\d\d)[/-](\d\d?)[/-](\d\d?)(?=[/_-]|$)")
_PARTED = compile_bounded(NAME, r"[|•·/–—,;:()\n]+|\s-\s")
_DATED = ("date", "publish", "time")  # by what markup calls a stamp


def parse_declared(value: Any) -> datetime | None:
    """A date that is given for machines: ISO 8601 as it should be, or in words as some give it."""
    text = " ".join(value.split()) if isinstance(value, str) else ""
    if not _MACHINE_DATE.match(text):
        return parse_written(text) if len(text) <= LONGEST_STAMP else None
    return _parse_iso(text) or parse_written(text)


def parse_written(line: str, language: str = "") -> datetime | None:
    """The first date written out in full, in any language. A day without a time is midnight UTC."""
    found = find_written(line, language)
    return found[0] if found else None


def find_written(line: str, language: str = "") -> tuple[datetime, int, int] | None:
    """The same, with where it stands."""
    for shape in (_ISO_DATE, _YEAR_FIRST, _YEAR_LAST, _DAY_FIRST, _MONTH_FIRST):
        for found in islice(shape.finditer(line), MOST_SPANS):
            day = _parse_iso(found[0]) if shape is _ISO_DATE else _read_day(found, language)
            if day:
                return (day, *found.span())
    return None


def _read_day(found: re.Match[str], language: str) -> datetime | None:
    """The day in what has the shape of a date; whether day or month comes first is said by the sign or the language."""
    year, month, day = found["year"], found["month"], found["day"]
    if found.re is _YEAR_LAST.pattern:
        if "." not in found[0] and is_month_first(language):
            month, day = day, month
        return _build_day(year, month, day) or _build_day(year, day, month)
    if not "0" <= month[0] <= "9":
        month = str(find_month(month, language) or 0)
    return _build_day(year, month, day)


def is_stamp(line: str, most: int = LONGEST_CLOCK) -> bool:
    """Whether a line is a date, with its time or not, and nothing else: at most some letters beside it."""
    found = find_written(line) if len(line) <= LONGEST_STAMP // 2 else None
    return found is not None and sum(map(str.isalpha, line[: found[1]] + line[found[2] :])) <= most


def find_in_url(url: str) -> datetime | None:
    """The day in a story's URL: /2026/11/24/…"""
    found = _IN_ADDRESS.search(url)
    return _build_day(found[1], found[2], found[3]) if found else None


def find_shown(places: Sequence[Place], language: str) -> datetime | None:
    """The date that a page shows near its headline, else in what its markup calls a date, else alone.

    Not a date of a change.
    """
    stamps = islice(_list_stamps(places), MOST_STAMPS)
    for place, text in sorted(stamps, key=lambda stamp: abs(stamp[0].distance or 0)):
        node = place.node
        told = node.tag != "li" and (is_stamp(text, LONGEST_UNIT) or _is_called_date(node))
        if (place.is_near or told) and (day := _read_stamp(node, text, language)):
            return day
    return None


def _list_stamps(places: Sequence[Place]) -> Iterator[tuple[Place, str]]:
    """The texts that may be dates: of an element, or what it says for machines."""
    for place in places:
        node, text = place.node, place.text
        stamp = node.get("datetime") or node.get("content") if node.tag == "time" or node.get("itemprop") else None
        if stamp and _MACHINE_DATE.match(stamp) and len(stamp) <= LONGEST_STAMP and node.tag != "meta":
            yield place, stamp
        elif any("0" <= letter <= "9" for letter in text[:LONGEST_STAMP]):
            yield place, text


def _is_called_date(node: Any) -> bool:
    called = f"{node.tag} {markup.get_called(node)}"
    return any(word in called for word in _DATED)


def _read_stamp(node: Any, text: str, language: str) -> datetime | None:
    """The day in a text that is a date and little else, unless its markup or what is before it tells of a change."""
    found = find_written(text[:LONGEST_STAMP], language)
    if not found or "©" in text:
        return None
    day, start, end = found
    above = node.getparent()
    around = (markup.extract_short_text(above, LONGEST_STAMP) or "") if above is not None else ""
    says = f"{markup.get_called(node)} {around.partition(text)[0]} {text[:start]}".casefold()
    before, behind = _PARTED.split(text[:start])[-1], _PARTED.split(text[end:])[0]
    beside = max(len(before.split()), len(behind.split()))
    is_short = beside <= (WORDS_BEFORE if text.endswith(".") else WORDS_BESIDE)
    return day if is_short and not any(word in says for word in words.list_words("changed")) else None


def find_first(values: Iterable[Any]) -> datetime | None:
    """The first of some declared values that is a date."""
    return next((moment for value in values if (moment := parse_declared(value))), None)


def _build_day(year: str, month: str, day: str) -> datetime | None:
    """A day of ASCII digits; a year of two is of this century, or of the last from 70 on."""
    century = "" if len(year) == 4 else "19" if year >= "70" else "20"
    return _parse_iso(f"{century}{year}-{month:0>2}-{day:0>2}")


def _parse_iso(text: str) -> datetime | None:
    """A moment of ISO 8601 in UTC; None for what is none, or means “unknown”, such as 1970 or the year 1."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    plausible = 1990 <= moment.year < 2200
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC) if plausible else None
