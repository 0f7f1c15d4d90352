"""Finds the date of a story: declared, in its address, or shown near its headline. Pure. None beats an invented one.

shape (digits, or digits around a word) ─▶ numbers read here, months in any language as dateparser knows them ─▶ a day
"""

from __future__ import annotations

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
LONGEST_MARGIN = 3  # characters around a date that stands alone: bars, brackets
WORDS_BESIDE = 5  # of a date; more are a sentence, in which dates are the story's
WORDS_BEFORE = 3  # of a date that a full stop follows
MOST_STAMPS = 100
MOST_SPANS = 3  # of a line that have the shape of a date
_MACHINE_DATE = compile_bounded(LINE, r"(?a)\d{4}[-/]?\d\d[-/]?\d\d")
_UTC = compile_bounded(LINE, r"\s*(?:UTC|GMT)$")
_ISO_DATE = compile_bounded(LINE, r"(?a)\b(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d:\d\d)(?::\d\d)?(Z|[+-]\d\d:?\d\d)?)?\b")
# year first: 2026/11/24, 2026年11月24日, 2026년 11월 24일, 2026. 11. 24
_YEAR_FIRST = compile_bounded(
    NAME, r"(?<![0-9./-])([0-9]{4})[./年년-]\s?([0-9]{1,2})[./月월-]\s?([0-9]{1,2})(?![0-9/-]|\.[0-9])"
)
# a year of two digits only behind two and two: “4.8.12” is a version
_YEAR_LAST = compile_bounded(
    NAME,
    r"(?<![0-9./:-])([0-9]{1,2})([./-])\s?([0-9]{1,2})\2\s?([0-9]{4}|(?<=[0-9]{2}.[0-9]{2}.)[0-9]{2})(?![0-9/:-]|\.[0-9])",
)
# a month in words: “24. November 2026”, “24 de noviembre de 2026”, “November 24th, 2026”, “24-Nov-2026”
_DAY_FIRST = compile_bounded(
    NAME,
    r"(?<![0-9.:–-])(?P<day>[0-9]{1,2})(?:st|nd|rd|th|er|º|ª)?\.?[\s-](?:de\s)?(?P<month>[^\W0-9]{3,12})\.?,?[\s-](?:de\s)?"
    r"(?P<year>[0-9]{4})\b",
)
_MONTH_FIRST = compile_bounded(
    NAME, r"(?P<month>[^\W0-9]{3,12})\.?\s(?P<day>[0-9]{1,2})(?:st|nd|rd|th)?,?\s(?P<year>[0-9]{4})\b"
)
_YEAR_BEFORE_WORD = compile_bounded(
    NAME, r"\b(?P<year>[0-9]{4})\.?\s(?P<month>[^\W0-9]{3,12})\.?\s(?P<day>[0-9]{1,2})\b"
)
_MAY_BE_DATE = compile_bounded(LONGEST_STAMP, r"[0-9]{4}|[0-9]{2}[./-]\s?[0-9]{2}[./-]\s?[0-9]{2}")
_IN_ADDRESS = compile_bounded(LINE, r"(?a)/((?:19|20)\d\d)[/-](\d\d?)[/-](\d\d?)(?=[/_-]|$)")
_PARTED = compile_bounded(NAME, r"[|•·/–—,;:()\n]+|\s-\s")
_DATED = ("date", "publish", "time")  # by what markup calls a stamp


def parse_declared(value: Any) -> datetime | None:
    """A date that is given for machines: ISO 8601 as it should be, or in words as some give it."""
    text = " ".join(value.split()) if isinstance(value, str) else ""
    if not _MACHINE_DATE.match(text):
        return parse_written(text) if len(text) <= LONGEST_STAMP else None
    try:
        moment = datetime.fromisoformat(_UTC.sub("+00:00", text.replace("/", "-")))
    except ValueError:
        return parse_written(text)
    return _discard_implausible(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def parse_written(line: str, language: str = "") -> datetime | None:
    """The first date written out in full, in any language. A day without a time is midnight UTC."""
    found = _find_written(line, language)
    return found[0] if found else None


def _find_written(line: str, language: str) -> tuple[datetime, int, int] | None:
    """The same, with where it stands."""
    if found := _ISO_DATE.search(line):
        try:
            moment = datetime.fromisoformat(found[0].replace(" ", "T"))
        except ValueError:
            return None
        day = _discard_implausible(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
        return (day, *found.span()) if day else None
    if found := _YEAR_FIRST.search(line):
        day = _build_day(found[1], found[2], found[3])
        return (day, *found.span()) if day else None
    if found := _YEAR_LAST.search(line):
        first, second = (
            (found[1], found[3]) if found[2] == "." or not is_month_first(language) else (found[3], found[1])
        )
        day = _build_day(found[4], second, first) or _build_day(found[4], first, second)
        return (day, *found.span()) if day else None
    for shape in (_DAY_FIRST, _MONTH_FIRST, _YEAR_BEFORE_WORD):
        for found in islice(shape.finditer(line), MOST_SPANS):
            month = find_month(found["month"], language)
            if month and (day := _build_day(found["year"], str(month), found["day"])):
                return (day, *found.span())
    return None


def is_stamp(line: str) -> bool:
    """Whether a line is a date, with its time or not, and nothing else."""
    found = _find_written(line, "") if len(line) <= LONGEST_STAMP // 2 else None
    return found is not None and sum(map(str.isalpha, line[: found[1]] + line[found[2] :])) <= LONGEST_CLOCK


def find_in_url(url: str) -> datetime | None:
    """The day in a story's URL: /2026/11/24/…"""
    found = _IN_ADDRESS.search(url)
    return _build_day(found[1], found[2], found[3]) if found else None


def find_shown(places: Sequence[Place], language: str) -> datetime | None:
    """The date that a page shows near its headline, else in what its markup calls a date, else alone.

    Not a date of a change.
    """
    stamps = list(islice(_list_stamps(places), MOST_STAMPS))
    near = [(abs(place.distance or 0), place.node, text) for place, text in stamps if place.is_near]
    others = [(place.node, text) for place, text in stamps if not place.is_near]
    for node, text in (
        *((node, text) for _, node, text in sorted(near, key=lambda stamp: stamp[0])),
        *((node, text) for node, text in others if _is_called_date(node) or _is_alone(node, text)),
    ):
        if not _is_change_date(node, text) and (day := _read_stamp(text, language)):
            return day
    return None


def _list_stamps(places: Sequence[Place]) -> Iterator[tuple[Place, str]]:
    """The texts that may be dates: of an element, or what it says for machines."""
    for place in places:
        node, text = place.node, place.text
        stamp = node.get("datetime") or node.get("content") if node.tag == "time" or node.get("itemprop") else None
        if stamp and _MACHINE_DATE.match(stamp) and len(stamp) <= LONGEST_STAMP and node.tag != "meta":
            yield place, stamp
        elif _MAY_BE_DATE.search(text):
            yield place, text


def _is_alone(node: Any, text: str) -> bool:
    """Whether a text is a date and nothing else, and no entry of a list."""
    found = _find_written(text[:LONGEST_STAMP], "") if node.tag not in ("li", "a") else None
    return found is not None and len(text) - (found[2] - found[1]) <= LONGEST_MARGIN


def _is_called_date(node: Any) -> bool:
    called = f"{node.tag} {markup.get_called(node)}"
    listed = node.tag == "li" or (node.getparent() is not None and node.getparent().tag == "li")
    return not listed and any(word in called for word in _DATED)


def _read_stamp(text: str, language: str) -> datetime | None:
    """The day in a text that is a date and little else."""
    found = _find_written(text[:LONGEST_STAMP], language)
    if not found:
        return None
    day, start, end = found
    before, behind = _PARTED.split(text[:start])[-1], _PARTED.split(text[end:])[0]
    most = WORDS_BEFORE if text.endswith(".") else WORDS_BESIDE
    return day if max(len(before.split()), len(behind.split())) <= most and "©" not in text else None


def _is_change_date(node: Any, text: str) -> bool:
    above = node.getparent()
    around = (markup.extract_short_text(above, LONGEST_STAMP) or "") if above is not None else ""
    says = f"{markup.get_called(node)} {text} {around}".casefold()
    return any(word in says for word in words.list_words("changed"))


def find_first(values: Iterable[Any]) -> datetime | None:
    """The first of some declared values that is a date."""
    return next((moment for value in values if (moment := parse_declared(value))), None)


def _build_day(year: str, month: str, day: str) -> datetime | None:
    """A day of ASCII digits; a year of two is of this century, or of the last from 70 on."""
    full = int(year) if len(year) == 4 else int(year) + (1900 if int(year) >= 70 else 2000)
    try:
        return _discard_implausible(datetime(full, int(month), int(day), tzinfo=UTC))
    except ValueError:
        return None


def _discard_implausible(moment: datetime) -> datetime | None:
    """In UTC; None for what means “unknown”, such as 1970 or the year 1."""
    return moment.astimezone(UTC) if 1990 <= moment.year < 2200 else None
