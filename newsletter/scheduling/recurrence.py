"""On which days a rule happens: recurrence rules of RFC 5545, checked part by part and expanded by dateutil. Pure.

A newsletter goes out at times of a day, so what is expanded are days; an hourly rule is its times of every day.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from dateutil.rrule import rrule, rrulestr

from newsletter.kernel import clock
from newsletter.kernel.errors import BadInput
from newsletter.kernel.numbers import parse_whole_number

WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
FREQUENCIES = ("YEARLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY")
PARTS = (
    "FREQ",
    "INTERVAL",
    "COUNT",
    "UNTIL",
    "BYMONTH",
    "BYWEEKNO",
    "BYYEARDAY",
    "BYMONTHDAY",
    "BYDAY",
    "BYHOUR",
    "BYMINUTE",
    "BYSETPOS",
    "WKST",
)
LONGEST = 500  # characters
MOST_INTERVAL, MOST_COUNT = 1000, 10_000
MOST_TIMES = 48  # of one day
_EXAMPLE = "Write it like FREQ=MONTHLY;BYDAY=1MO."
# What RFC 5545 leaves without a meaning, or bounds; a part that may be negative counts from the end.
_RANGES = {"BYMONTH": 12, "BYWEEKNO": 53, "BYYEARDAY": 366, "BYMONTHDAY": 31, "BYSETPOS": 366}
_FROM_THE_END = {"BYWEEKNO", "BYYEARDAY", "BYMONTHDAY", "BYSETPOS"}
_ONLY_WITH = {
    "BYWEEKNO": {"YEARLY"},
    "BYYEARDAY": {"YEARLY"},
    "BYMONTHDAY": {"YEARLY", "MONTHLY", "DAILY", "HOURLY"},
    "BYSETPOS": {"YEARLY", "MONTHLY", "WEEKLY"},
}
_STEPS = {"DAILY": timedelta(days=1), "WEEKLY": timedelta(days=7)}


@dataclass(frozen=True, slots=True)
class Recurrence:
    """A rule that was checked. `days` is the rule of its days alone; `times` is empty where others say the time."""

    text: str
    parts: Mapping[str, str] = field(hash=False)
    days: str
    times: tuple[time, ...]

    @property
    def frequency(self) -> str:
        """How often, in the word of RFC 5545."""
        return self.parts["FREQ"]

    @property
    def interval(self) -> int:
        """Every how many of them."""
        return int(self.parts.get("INTERVAL", "1"))


@lru_cache(maxsize=4096)
def parse_recurrence(text: str, first: time = time(0)) -> Recurrence:
    """The rule of a text such as FREQ=MONTHLY;BYDAY=1MO. `first` is the time from which hours are counted.

    Raises BadInput with the part that is wrong, and why.
    """
    if len(text) > LONGEST:
        raise _refuse(f"The rule has {len(text)} characters; {LONGEST} are possible.")
    parts = _split(text)
    frequency = parts.get("FREQ", "")
    if frequency not in FREQUENCIES:
        raise _refuse(f"FREQ must be one of {', '.join(FREQUENCIES)}, not “{frequency[:20]}”. {_EXAMPLE}")
    for name, value in parts.items():
        _check_part(name, value, frequency)
    if "COUNT" in parts and "UNTIL" in parts:
        raise _refuse("COUNT and UNTIL cannot both say where the rule ends. Take one out.")
    if "BYSETPOS" in parts and not any(name.startswith("BY") and name != "BYSETPOS" for name in parts):
        raise _refuse("BYSETPOS chooses among days, so the rule needs BYDAY or another BY part.")
    times = _list_times(parts, first)
    if len(times) > MOST_TIMES:
        raise _refuse(f"The rule happens {len(times)} times a day; {MOST_TIMES} are possible.")
    if len(times) > 1 and "COUNT" in parts:
        raise _refuse("COUNT counts days here, and the rule has several times a day. Write UNTIL.")
    ordered = {name: parts[name] for name in PARTS if name in parts}
    return Recurrence(_join(ordered), ordered, _join(_to_days(ordered)), times)


def expand_days(recurrence: Recurrence, start: date, first: date, last: date, zone: ZoneInfo) -> Iterator[date]:
    """The days of a rule that begins on `start`, from `first` to `last`, in order. UNTIL in UTC is read in `zone`."""
    found = _build(recurrence.days, _advance(recurrence, start, first), zone)
    begin = datetime.combine(max(first, start), time(0))
    for each in found.xafter(begin, inc=True):
        if each.date() > last:
            return
        yield each.date()


def is_over(recurrence: Recurrence, instant: datetime, zone: ZoneInfo) -> bool:
    """Whether an instant lies behind the UNTIL of a rule."""
    if "UNTIL" not in recurrence.parts:
        return False
    until = _parse_until(recurrence.parts["UNTIL"])
    return instant > until if until.tzinfo else instant.astimezone(zone).replace(tzinfo=None) > until


@lru_cache(maxsize=1024)
def has_day(recurrence: Recurrence, start: date, zone: ZoneInfo) -> bool:
    """Whether the rule ever happens from `start` on."""
    days = recurrence.days
    if "BYMONTHDAY" in days and "INTERVAL" not in days:
        # Days chosen by their number are the same whether days or years are gone through, and years are fewer.
        days = days.replace("FREQ=DAILY", "FREQ=YEARLY")
    return next(iter(_build(days, start, zone)), None) is not None


def format_weekly(weekdays: str, *, weeks: int = 1) -> str:
    """The rule of ISO weekdays such as "135", every week or every few."""
    every = f"INTERVAL={weeks};" if weeks > 1 else ""
    return f"FREQ=WEEKLY;{every}BYDAY={','.join(WEEKDAYS[int(day) - 1] for day in weekdays)}"


def read_weekly(recurrence: Recurrence) -> str:
    """The ISO weekdays of a rule that is nothing but weekdays, such as "12345"; "" for any other."""
    if recurrence.frequency == "DAILY" and set(recurrence.parts) <= {"FREQ", "WKST"}:
        return "1234567"
    plain = recurrence.frequency == "WEEKLY" and set(recurrence.parts) <= {"FREQ", "BYDAY", "WKST"}
    days = recurrence.parts.get("BYDAY", "") if plain else ""
    return "".join(sorted({str(WEEKDAYS.index(day) + 1) for day in days.split(",")})) if days else ""


_POSITIONS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "last": -1}
_NAMES = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def parse_monthly(text: str) -> str:
    """The rule of “15”, “last”, “first monday”, “last friday” or “last weekday”, every month. Raises BadInput."""
    words = text.strip().lower().split()
    number = parse_whole_number(words[0]) if len(words) == 1 else None
    if number is not None and 1 <= number <= 31:
        return f"FREQ=MONTHLY;BYMONTHDAY={number}"
    if words in (["last"], ["last", "day"]):
        return "FREQ=MONTHLY;BYMONTHDAY=-1"
    if len(words) == 2 and words[0] in _POSITIONS:
        position = _POSITIONS[words[0]]
        if words[1] == "weekday":
            return f"FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS={position}"
        for day, name in zip(WEEKDAYS, _NAMES, strict=True):
            if len(words[1]) >= 3 and name.startswith(words[1]):
                return f"FREQ=MONTHLY;BYDAY={position}{day}"
    raise BadInput(
        f"“{text[:40]}” is no day of a month. Write 15, last, first monday, last friday or last weekday.", "monthly"
    )


def _split(text: str) -> dict[str, str]:
    flat = re.sub(r"\s", "", text.upper()).removeprefix("RRULE:").strip(";")
    parts: dict[str, str] = {}
    for piece in flat.split(";"):
        name, equals, value = piece.partition("=")
        if not equals or not value:
            raise _refuse(f"“{piece[:40]}” is no part of a rule. {_EXAMPLE}")
        if name not in PARTS:
            raise _refuse(f"A rule has no part “{name[:20]}”. It has {', '.join(PARTS)}.")
        if name in parts:
            raise _refuse(f"{name} stands twice. Take one out.")
        parts[name] = value
    return parts


def _check_part(name: str, value: str, frequency: str) -> None:
    if frequency not in _ONLY_WITH.get(name, {frequency}):
        raise _refuse(f"{name} has no meaning with FREQ={frequency}. Take it out, or change FREQ.")
    checks: dict[str, Callable[[], None]] = {
        "INTERVAL": lambda: _require_number(name, value, 1, MOST_INTERVAL),
        "COUNT": lambda: _require_number(name, value, 1, MOST_COUNT),
        "BYDAY": lambda: _check_weekdays(value, frequency),
        "BYHOUR": lambda: _check_numbers(name, value, 0, 23),
        "BYMINUTE": lambda: _check_numbers(name, value, 0, 59),
        "WKST": lambda: _check_weekday(value),
    }
    if name in checks:
        checks[name]()
    elif name == "UNTIL":
        _parse_until(value)
    elif name in _RANGES:
        _check_numbers(name, value, 1, _RANGES[name], signed=name in _FROM_THE_END)


def _check_numbers(name: str, value: str, least: int, most: int, *, signed: bool = False) -> None:
    for each in value.split(","):
        _require_number(name, each[1:] if signed and each[:1] in {"-", "+"} else each, least, most)


def _require_number(name: str, value: str, least: int, most: int) -> None:
    number = parse_whole_number(value)
    if number is None or not least <= number <= most:
        raise _refuse(f"{name} must be {least} to {most}, not “{value[:20]}”.")


def _check_weekdays(value: str, frequency: str) -> None:
    for each in value.split(","):
        found = re.fullmatch(r"([+-]?[0-9]{1,2})?(MO|TU|WE|TH|FR|SA|SU)", each)
        if not found:
            raise _refuse(f"BYDAY must be weekdays such as MO, 1MO or -1FR, not “{each[:20]}”.")
        if not found[1]:
            continue
        if frequency not in {"YEARLY", "MONTHLY"}:
            raise _refuse(f"“{each}” of BYDAY has no meaning with FREQ={frequency}. Write {found[2]}, or FREQ=MONTHLY.")
        if not 1 <= abs(int(found[1])) <= (5 if frequency == "MONTHLY" else 53):
            raise _refuse(f"There is no weekday “{each}” of BYDAY in a period.")


def _check_weekday(value: str) -> None:
    if value not in WEEKDAYS:
        raise _refuse(f"WKST must be a weekday such as MO, not “{value[:20]}”.")


def _parse_until(value: str) -> datetime:
    """Where the rule ends: aware in UTC, or naive and local."""
    try:
        if re.fullmatch(r"[0-9]{8}", value):
            found = datetime.combine(datetime.strptime(value, "%Y%m%d"), time.max)
        else:
            found = datetime.strptime(value.removesuffix("Z"), "%Y%m%dT%H%M%S")
        if not clock.FIRST_YEAR <= found.year <= clock.LAST_YEAR:
            raise ValueError("too far away")
    except ValueError:
        raise _refuse(f"UNTIL must be a date like 20271231 or 20271231T060000Z, not “{value[:20]}”.") from None
    return found.replace(tzinfo=UTC) if value.endswith("Z") else found


def _list_times(parts: Mapping[str, str], first: time) -> tuple[time, ...]:
    """The times of day that the rule itself says, in order."""
    hourly = parts["FREQ"] == "HOURLY"
    if not hourly and "BYHOUR" not in parts and "BYMINUTE" not in parts:
        return ()
    interval = int(parts.get("INTERVAL", "1")) if hourly else 1
    if hourly and 24 % interval:
        raise _refuse(f"Every {interval} hours falls on other hours each day. Write 1, 2, 3, 4, 6, 8 or 12.")
    hours = _to_numbers(parts, "BYHOUR") or (list(range(24)) if hourly else [first.hour])
    if hourly:
        hours = [hour for hour in hours if hour % interval == first.hour % interval]
    if not hours:
        raise _refuse(f"No hour of BYHOUR is among those of every {interval} hours.")
    return tuple(
        sorted({time(h, minute) for h in hours for minute in _to_numbers(parts, "BYMINUTE") or [first.minute]})
    )


def _to_numbers(parts: Mapping[str, str], name: str) -> list[int]:
    return [int(each) for each in parts[name].split(",")] if name in parts else []


def _to_days(parts: Mapping[str, str]) -> dict[str, str]:
    days = {name: value for name, value in parts.items() if name not in {"BYHOUR", "BYMINUTE"}}
    if days["FREQ"] == "HOURLY":
        days = {name: value for name, value in days.items() if name != "INTERVAL"} | {"FREQ": "DAILY"}
    return days


def _advance(recurrence: Recurrence, start: date, near: date) -> date:
    """The last begin of a period before `near`, so that years gone by are not gone through; the days stay the same."""
    step = _STEPS.get("DAILY" if recurrence.frequency == "HOURLY" else recurrence.frequency)
    if step is None or "COUNT" in recurrence.parts or near <= start:
        return start
    if recurrence.frequency != "HOURLY":
        step *= recurrence.interval
    return start + step * ((near - start) // step)


@lru_cache(maxsize=4096)
def _build(days: str, start: date, zone: ZoneInfo) -> rrule:
    ends = re.search(r";UNTIL=([^;]+)", days)
    begin = datetime.combine(start, time(0))
    if not ends:
        return _to_rule(days, begin)
    until = _parse_until(ends[1])
    local = until.astimezone(zone) if until.tzinfo else until
    return _to_rule(days.replace(ends[0], ""), begin).replace(until=datetime.combine(local.date(), time(0)))


def _to_rule(days: str, begin: datetime) -> rrule:
    found = rrulestr(days, dtstart=begin)
    assert isinstance(found, rrule)
    return found


def _join(parts: Mapping[str, str]) -> str:
    return ";".join(f"{name}={value}" for name, value in parts.items())


def _refuse(message: str) -> BadInput:
    return BadInput(message, "recurrence")
