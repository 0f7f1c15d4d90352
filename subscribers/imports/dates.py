"""Dates as other programs write them. Pure. None rather than an invented one."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from newsletter.kernel.numbers import parse_decimal
from subscribers.imports import worded_dates

_GO = re.compile(r"(?a)(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d(?:\.\d+)?) ([+-]\d{4}) [A-Z]{2,5}")  # how Go prints a time
_TIME = r"(?:[ ,T]+([0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?))?"
_YEAR = r"([0-9]{4}|[0-9]{2})"
_DOTTED = re.compile(rf"([0-9]{{1,2}})\. ?([0-9]{{1,2}})\. ?{_YEAR}\.?{_TIME}")  # 24.11.2026: the day first
_SLASHED = re.compile(rf"([0-9]{{1,2}})[/-]([0-9]{{1,2}})[/-]{_YEAR}{_TIME}(?: ?([AaPp])\.?[Mm]\.?)?")
# 2026.11.24, 2026. 11. 24., 2026年11月24日, 2026년 11월 24일: where the year is first, the month is next
_YEAR_FIRST = re.compile(
    rf"([0-9]{{4}})(?:[./-] ?|年|년 ?)([0-9]{{1,2}})(?:[./-] ?|月|월 ?)([0-9]{{1,2}})[.日일]?{_TIME}"
)
_EARLIEST, _LATEST = 1990, 2100  # years
_LONGEST = 60  # characters
_NO_DATE = re.compile(r"(?a)[0:./\- T]*")  # 0000-00-00 00:00:00 and the like
_EPOCH = re.compile(r"(?a)1\d{9}(?:\d{3})?")
_SPREADSHEET = re.compile(r"(?a)[2-6]\d{4}(?:\.\d{1,12})?")  # days as a spreadsheet counts them: from 1954 to 2091
_SPREADSHEET_BEGINS = datetime(1899, 12, 30, tzinfo=UTC)


@lru_cache(maxsize=4096)
def parse_date(text: str, day_first: bool | None = None, languages: frozenset[str] = frozenset()) -> datetime | None:
    """The instant a cell names, aware. Without a zone UTC is meant; without a time, midnight.

    `day_first` says how 03/04/2021 is read; where it is None, it is not: a date that proves consent is never guessed.
    `languages` are those the name of its month may be in. None for what cannot be read.
    """
    moment = _parse_any(text, day_first, languages)
    return moment if moment and _EARLIEST <= moment.year <= _LATEST else None


def is_birth_date(text: str) -> bool:
    """Whether a cell is a date before the first one that can be of a subscriber, and no program's word for none."""
    moment = _parse_any(text, True) or _parse_any(text, False)
    return moment is not None and 1900 < moment.year < _EARLIEST and (moment.month, moment.day) != (1, 1)


def _parse_any(text: str, day_first: bool | None, languages: frozenset[str] = frozenset()) -> datetime | None:
    flat = text.strip().strip("'")
    if not flat or len(flat) > _LONGEST:
        return None
    moment = _parse_iso(flat) or _parse_numeric(flat, day_first) or _parse_epoch(flat)
    moment = moment or worded_dates.parse_worded_date(flat, languages)
    if moment is None:
        return None
    try:
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except OverflowError:  # in the year 1 or 9999
        return None


def is_no_date(text: str) -> bool:
    """Whether a cell is how a program writes that there is no date: nothing, or zeros alone."""
    return bool(_NO_DATE.fullmatch(text.strip()))


def looks_like_date(text: str) -> bool:
    """Whether a cell is a date, whichever of its numbers is the day, and whichever month its word is."""
    readings = (parse_date(text), parse_date(text, True), parse_date(text, False))
    return any(readings) or bool(worded_dates.find_languages(text))


def parse_spreadsheet_date(text: str) -> datetime | None:
    """The date of a cell that lost its format: the number a spreadsheet keeps. Only for what is known to be a date."""
    days = parse_decimal(text) if _SPREADSHEET.fullmatch(text) else None
    return None if days is None else _SPREADSHEET_BEGINS + timedelta(days=days)


def _parse_iso(text: str) -> datetime | None:
    plain = text.removesuffix(" UTC").removesuffix(" GMT")
    go = _GO.fullmatch(text)
    if go:
        plain = f"{go[1]}T{go[2][:15]}{go[3]}"
    try:
        return datetime.fromisoformat(plain.replace("/", "-", 2) if re.match(r"[0-9]{4}/", plain) else plain)
    except ValueError:
        return None


def _parse_numeric(text: str, day_first: bool | None) -> datetime | None:
    year_first = _YEAR_FIRST.fullmatch(text)
    if year_first:
        year, month, day, time = year_first.groups()
        return _build_datetime(year, month, day, time, "")
    dotted, slashed = _DOTTED.fullmatch(text), _SLASHED.fullmatch(text)
    if dotted:
        return _build_datetime(dotted[3], dotted[2], dotted[1], dotted[4], "")
    if not slashed:
        return None
    first, second = int(slashed[1]), int(slashed[2])
    if first <= 12 and second <= 12 and first != second and day_first is None:
        return None
    leads = first > 12 or (bool(day_first) and second <= 12)
    day, month = (slashed[1], slashed[2]) if leads else (slashed[2], slashed[1])
    return _build_datetime(slashed[3], month, day, slashed[4], slashed[5] or "")


def _parse_epoch(text: str) -> datetime | None:
    """Seconds or milliseconds since 1970, of a time between 2001 and 2033."""
    if not _EPOCH.fullmatch(text):
        return None
    return datetime.fromtimestamp(int(text[:10]), UTC)


def _build_datetime(year: str, month: str, day: str, time: str | None, half: str) -> datetime | None:
    hour, minute, second = _parse_time(time)
    if half:
        hour = hour % 12 + (12 if half in "Pp" else 0)
    try:
        return datetime(int(year) + (2000 if len(year) == 2 else 0), int(month), int(day), hour, minute, second)
    except ValueError:
        return None


def _parse_time(text: str | None) -> tuple[int, int, int]:
    hour, minute, second = ([*(text or "0:00").split(":"), "0"])[:3]
    return int(hour), int(minute), int(second)
