"""Rules as people write and read them. Pure."""

from __future__ import annotations

import re
from datetime import date, time
from itertools import pairwise

from newsletter.kernel.errors import BadInput
from newsletter.scheduling import public_holidays, recurrence
from newsletter.scheduling.calendar import ScheduleRule
from newsletter.scheduling.recurrence import WEEKDAYS, Recurrence
from newsletter.scheduling.states import OnHoliday

_DAY_NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WEEKDAY_SETS = {"daily": "1234567", "every day": "1234567", "weekdays": "12345", "weekends": "67"}


def parse_weekdays(text: str) -> str:
    """ISO weekdays as a string such as "12345", from daily, weekdays, mon,wed, 1-5 or mon-fri. Raises BadInput."""
    flat = text.strip().lower()
    if flat in _WEEKDAY_SETS:
        return _WEEKDAY_SETS[flat]
    if re.fullmatch(r"[1-7]{2,7}", flat):
        return "".join(sorted(set(flat)))
    days: set[int] = set()
    for part in re.split(r"[,\s]+", flat):
        first, dash, last = part.partition("-")
        start, end = _parse_weekday(first, text), _parse_weekday(last, text) if dash else 0
        days |= {start} if not dash else {(start - 1 + step) % 7 + 1 for step in range((end - start) % 7 + 1)}
    return "".join(str(day) for day in sorted(days))


def _parse_weekday(word: str, whole: str) -> int:
    if word in {"1", "2", "3", "4", "5", "6", "7"}:
        return int(word)
    if len(word) >= 2:
        for number, name in enumerate(
            ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"), 1
        ):
            if name.startswith(word):
                return number
    raise BadInput(f"“{whole}” names no weekdays. Write daily, weekdays, mon,wed or 1-5.", "weekdays")


def parse_time(text: str) -> time:
    """A local time such as 07:00. Raises BadInput."""
    match = re.fullmatch(r"([0-9]{1,2})[:.]([0-9]{2})", text.strip())
    if not match or int(match[1]) > 23 or int(match[2]) > 59:
        raise BadInput(f"“{text}” is not a time. Write it like 07:00.", "time")
    return time(int(match[1]), int(match[2]))


def format_weekdays(weekdays: str) -> str:
    """“Mon to Fri”, “daily” or “Wed” for "12345", "1234567" or "3"."""
    names = {"1234567": "daily", "12345": "Mon to Fri", "67": "Sat and Sun"}
    return names.get(weekdays) or ", ".join(_DAY_NAMES[int(day) - 1].capitalize() for day in weekdays)


MOST_TIMES = 12  # that a schedule says one by one


def parse_times(text: str) -> tuple[time, ...]:
    """The local times of a day, such as “07:00, 17:30”, in order. Raises BadInput."""
    found = tuple(sorted({parse_time(each) for each in re.split(r"[,;\s]+", text.strip())}))
    if len(found) > MOST_TIMES:
        raise BadInput(f"{len(found)} times a day; {MOST_TIMES} are possible. For more write a rule (RRULE).", "time")
    return found


def format_times(times: tuple[time, ...]) -> str:
    """“07:00, 17:30”."""
    return ", ".join(f"{each:%H:%M}" for each in times)


def describe_rule(rule: ScheduleRule) -> str:
    """“Weekdays at 07:00, Europe/London; not on bank holidays in England”."""
    words = f"{_describe_days(rule.parsed, rule.first_day)} {_describe_times(rule.times)}, {rule.zone}"
    if rule.starts_on and rule.parsed.interval > 1:
        words += f"; from {_format_day(rule.starts_on)}"
    if rule.ends_on:
        words += f"; until {_format_day(rule.ends_on)}"
    return words + _describe_holidays(rule)


def _describe_holidays(rule: ScheduleRule) -> str:
    if not rule.region:
        return ""
    holidays = public_holidays.describe_holidays(rule.region)
    return {
        OnHoliday.SKIP: f"; not on {holidays}",
        OnHoliday.EARLIER: f"; before {holidays} instead of on them",
        OnHoliday.LATER: f"; after {holidays} instead of on them",
    }[rule.on_holiday]


def _describe_times(times: tuple[time, ...]) -> str:
    hourly = len(times) > 3 and len({each.minute for each in times}) == 1
    steps = {(after.hour - before.hour) for before, after in pairwise(times)}
    if hourly and len(steps) == 1:
        every = "every hour" if steps == {1} else f"every {steps.pop()} hours"
        return f"{every} from {times[0]:%H:%M} to {times[-1]:%H:%M}"
    *others, last = (f"{each:%H:%M}" for each in times)
    return f"at {', '.join(others)} and {last}" if others else f"at {last}"


def _describe_days(parsed: Recurrence, start: date) -> str:
    """The days of a rule; one without words of its own is shown as it is written."""
    days = recurrence.read_weekly(parsed)
    if days:
        return _WEEKDAY_WORDS.get(days) or _join([f"{_FULL_NAMES[int(day) - 1]}s" for day in days])
    names = set(parsed.parts) - {"FREQ", "INTERVAL", "WKST", "BYHOUR", "BYMINUTE", "UNTIL"}
    until = _describe_until(parsed)
    if parsed.frequency == "HOURLY" and not names:
        return "Every day" + until
    if parsed.frequency == "DAILY" and not names:
        return f"Every {_ordinal(parsed.interval)} day" + until
    if parsed.frequency == "WEEKLY" and names <= {"BYDAY"}:
        chosen = parsed.parts.get("BYDAY", WEEKDAYS[start.weekday()]).split(",")
        words = _join([_FULL_NAMES[WEEKDAYS.index(day)] for day in chosen])
        return (f"Every {_ordinal(parsed.interval)} week on {words}" if parsed.interval > 1 else f"{words}s") + until
    if parsed.frequency == "MONTHLY" and "COUNT" not in names:
        month = "every month" if parsed.interval == 1 else f"every {_ordinal(parsed.interval)} month"
        those = _describe_days_of_month(parsed, names)
        if those:
            return f"The {those} of {month}{until}"
    return f"By the rule {parsed.text}"


def _describe_days_of_month(parsed: Recurrence, names: set[str]) -> str:
    """“1st and 15th”, “last Friday”, “first weekday”; "" for what has no such words."""
    if names == {"BYMONTHDAY"}:
        numbers = [int(each) for each in parsed.parts["BYMONTHDAY"].split(",")]
        if all(number > 0 or number == -1 for number in numbers):
            return _join(["last day" if number == -1 else _ordinal(number) for number in numbers])
    byday, position = parsed.parts.get("BYDAY", ""), parsed.parts.get("BYSETPOS", "")
    if names == {"BYDAY", "BYSETPOS"} and position in _PLACES and set(byday.split(",")) == set(WEEKDAYS[:5]):
        return f"{_PLACES[position]} weekday"
    if names == {"BYDAY", "BYSETPOS"} and position in _PLACES and byday in WEEKDAYS:
        return f"{_PLACES[position]} {_FULL_NAMES[WEEKDAYS.index(byday)]}"
    if names == {"BYDAY"}:
        found = [(each[:-2].removeprefix("+"), each[-2:]) for each in byday.split(",")]
        if all(place in _PLACES for place, _ in found):
            return _join([f"{_PLACES[place]} {_FULL_NAMES[WEEKDAYS.index(day)]}" for place, day in found])
    return ""


def _describe_until(parsed: Recurrence) -> str:
    until = parsed.parts.get("UNTIL", "")
    return f" until {_format_day(date(int(until[:4]), int(until[4:6]), int(until[6:8])))}" if until else ""


_FULL_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_WEEKDAY_WORDS = {"1234567": "Every day", "12345": "Weekdays", "67": "Saturdays and Sundays"}
_PLACES = {"1": "first", "2": "second", "3": "third", "4": "fourth", "5": "fifth", "-1": "last", "-2": "last but one"}


def _ordinal(number: int) -> str:
    if number == 2:
        return "second"
    ending = "th" if 10 <= number % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def _join(words: list[str]) -> str:
    *others, last = words
    return f"{', '.join(others)} and {last}" if others else last


def _format_day(day: date) -> str:
    return f"{day.day} {day:%b %Y}"
