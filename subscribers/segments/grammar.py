"""Questions about people, without SQL: conditions over what is known of them, all, any or none, nested. Pure.

A definition is JSON, for instance

    {"all": [{"about": "tier", "op": "is", "value": "paid"},
             {"any": [{"about": "tag", "op": "has", "value": "VIP"},
                      {"about": "opened", "op": "in_last", "value": 10, "list": "morning"}]}]}

About opening and clicking a question knows what was folded down hourly: the latest 62 editions of a list.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from newsletter.kernel.errors import BadInput
from newsletter.kernel.numbers import parse_decimal, parse_whole_number
from subscribers.states import Tier

DEEPEST, MOST_CONDITIONS = 5, 40
LONGEST_TEXT = 200
MOST_EDITIONS = 62


class GroupKind(StrEnum):
    """How the parts of a group are joined, as definitions say it."""

    ALL = "all"
    ANY = "any"
    NONE = "none"


GROUPS = {kind: f"{kind} of these" for kind in GroupKind}
# What may be asked about what; {kind of value} after the colon: text, tier, number, days, date, editions, yes, or none.
OPS: Mapping[str, Mapping[str, str]] = {
    "tier": {"is": "tier", "is_not": "tier"},
    "tag": {"has": "text", "has_not": "text"},
    "list": {"on": "list", "not_on": "list"},
    "language": {"is": "text", "is_not": "text", "unknown": ""},
    "zone": {"is": "text", "is_not": "text", "unknown": ""},
    "source": {"is": "text", "contains": "text"},
    "joined": {"before": "date", "after": "date", "in_last_days": "days", "not_in_last_days": "days"},
    "confirmed": {"before": "date", "after": "date", "known": "", "unknown": ""},
    "tracked": {"is": "yes"},
    "opened": {"in_last": "editions", "not_in_last": "editions", "never": ""},
    "clicked": {"in_last": "editions", "not_in_last": "editions", "never": ""},
}
ATTRIBUTE_OPS: Mapping[str, Mapping[str, str]] = {
    "text": {"is": "text", "is_not": "text", "contains": "text", "known": "", "unknown": ""},
    "number": {"is": "number", "above": "number", "below": "number", "known": "", "unknown": ""},
    "date": {"is": "date", "before": "date", "after": "date", "known": "", "unknown": ""},
    "choice": {"is": "text", "is_not": "text", "known": "", "unknown": ""},
}
PER_LIST_SUBJECTS = ("confirmed", "opened", "clicked")
OPERATOR_WORDS = {
    "is": "is",
    "is_not": "is not",
    "has": "is on them:",
    "has_not": "is not on them:",
    "on": "they get",
    "not_on": "they do not get",
    "unknown": "is not known",
    "known": "is known",
    "contains": "contains",
    "before": "before",
    "after": "from",
    "in_last_days": "in the last days:",
    "not_in_last_days": "not in the last days:",
    "in_last": "one of the last editions:",
    "not_in_last": "none of the last editions:",
    "never": "never did",
    "above": "is above",
    "below": "is below",
}


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition. `about` is a key of OPS or attribute:SLUG; `list` the slug of the list it is about, if any."""

    about: str
    op: str
    value: str | int | float | bool | None = None
    list: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """All, any or none of some conditions and groups."""

    kind: GroupKind
    parts: tuple[Condition | Group, ...]


def parse_definition(definition: Any, kinds: Mapping[str, str]) -> Group:
    """The tree of a definition; `kinds` are the attributes there are, with their kinds.

    Raises BadInput naming the place.
    """
    found = _parse_part(definition, kinds, "segment", 1)
    group = found if isinstance(found, Group) else Group(GroupKind.ALL, (found,))
    if sum(1 for _ in list_conditions(group)) > MOST_CONDITIONS:
        raise BadInput(f"A segment can have {MOST_CONDITIONS} conditions.", "segment")
    return group


def parse_condition(definition: Mapping[str, Any], kinds: Mapping[str, str]) -> Condition:
    """One condition, without its place in a tree; `kinds` are those of the attributes there are. Raises BadInput."""
    about, op = str(definition.get("about", "")), str(definition.get("op", ""))
    ops = get_ops(about, kinds)
    if op not in ops:
        raise BadInput(f"“{op[:40]}” cannot be asked about {about}. It can be {', '.join(ops)}.", "op")
    value = _PARSERS[ops[op]](definition.get("value"))
    listed = str(definition.get("list", "") or "")
    if about in PER_LIST_SUBJECTS and not listed:
        raise BadInput(f"Say of which list: “{about}” is known for each list.", "list")
    unknown = {*definition} - {"about", "op", "value", "list"}
    if unknown:
        raise BadInput(f"“{min(unknown)[:40]}” is unknown.", "segment")
    return Condition(about, op, value, listed[:60] if about in PER_LIST_SUBJECTS else "")


def list_conditions(group: Group) -> list[Condition]:
    """Every condition of a tree."""
    found: list[Condition] = []
    for part in group.parts:
        found += [part] if isinstance(part, Condition) else list_conditions(part)
    return found


def to_document(part: Group | Condition) -> dict[str, Any]:
    """The definition of a tree: what `parse_definition` reads."""
    if isinstance(part, Group):
        return {part.kind.value: [to_document(each) for each in part.parts]}
    made: dict[str, Any] = {"about": part.about, "op": part.op}
    if part.value is not None:
        made["value"] = part.value
    return made | ({"list": part.list} if part.list else {})


def describe_group(part: Group | Condition) -> str:
    """A tree in words."""
    if isinstance(part, Condition):
        about = part.about.removeprefix("attribute:").replace("_", " ")
        value = "" if part.value is None else f" {part.value}"
        return f"{about} {OPERATOR_WORDS[part.op]}{value}{f' of {part.list}' if part.list else ''}"
    joined = (" and " if part.kind is GroupKind.ALL else " or ").join(
        f"({describe_group(each)})" if isinstance(each, Group) and len(each.parts) > 1 else describe_group(each)
        for each in part.parts
    )
    return f"not ({joined})" if part.kind is GroupKind.NONE else joined or "everybody"


def get_ops(about: str, kinds: Mapping[str, str]) -> Mapping[str, str]:
    """What may be asked about something. Raises BadInput for what nobody knows."""
    if about.startswith("attribute:"):
        kind = kinds.get(about.removeprefix("attribute:"))
        if kind is None:
            known = ", ".join(sorted(kinds)[:20]) or "none"
            raise BadInput(
                f"There is no attribute “{about.removeprefix('attribute:')[:60]}”. There is {known}.", "about"
            )
        return ATTRIBUTE_OPS[kind]
    if about not in OPS:
        raise BadInput(f"Nothing is known about “{about[:60]}”. It can be {', '.join(OPS)} or attribute:NAME.", "about")
    return OPS[about]


def _parse_part(definition: Any, kinds: Mapping[str, str], place: str, depth: int) -> Group | Condition:
    if not isinstance(definition, dict):
        raise BadInput(f"{place}: this must be an object such as {{“all”: […]}} or a condition.", "segment")
    group = next((kind for kind in GROUPS if kind in definition), None)
    if group is None:
        return _parse_condition(definition, kinds, place)
    if depth > DEEPEST:
        raise BadInput(f"{place}: groups can be nested {DEEPEST} deep.", "segment")
    parts = definition[group]
    if not isinstance(parts, list) or len(definition) > 1 or len(parts) > MOST_CONDITIONS:
        raise BadInput(
            f"{place}: “{group}” must be a list of conditions, at most {MOST_CONDITIONS}, and alone.", "segment"
        )
    return Group(
        group, tuple(_parse_part(each, kinds, f"{place}.{group}[{n}]", depth + 1) for n, each in enumerate(parts))
    )


def _parse_condition(definition: Mapping[str, Any], kinds: Mapping[str, str], place: str) -> Condition:
    try:
        return parse_condition(definition, kinds)
    except BadInput as error:
        raise BadInput(f"{place}: {error}", error.field) from None


def _parse_text(value: Any) -> str:
    if not isinstance(value, str | int | float) or not str(value).strip() or len(str(value)) > LONGEST_TEXT:
        raise BadInput(f"Give a text of at most {LONGEST_TEXT} characters.", "value")
    return str(value).strip()


def _integer_parser(least: int, most: int, what: str) -> Callable[[Any], int]:
    def read(value: Any) -> int:
        number = None if isinstance(value, bool) else parse_whole_number(str(value))
        if number is None or not least <= number <= most:
            raise BadInput(f"Give a number of {what} from {least} to {most:,}.", "value")
        return number

    return read


def _parse_number(value: Any) -> int | float:
    number = None if isinstance(value, bool) else parse_decimal(str(value))
    if number is None:
        raise BadInput(f"“{str(value)[:40]}” is not a number.", "value")
    return int(number) if number.is_integer() and abs(number) < 2**53 else number


def _parse_date(value: Any) -> str:
    try:
        return date.fromisoformat(str(value)).isoformat()
    except ValueError:
        raise BadInput(f"“{str(value)[:40]}” is not a date. Write it like 2026-11-24.", "value") from None


def _parse_tier(value: Any) -> str:
    name = str(value).strip().casefold()
    if not re.fullmatch(r"[a-z0-9-]{1,40}", name):
        raise BadInput(f"“{str(value)[:40]}” is not a tier. It can be {', '.join(Tier)}, or one of your own.", "value")
    return name  # whether there is one of the newsroom's own with this name is asked where the segment is


def _parse_yes_no(value: Any) -> bool:
    if value in (True, "yes", "true", "1"):
        return True
    if value in (False, "no", "false", "0"):
        return False
    raise BadInput(f"“{str(value)[:40]}” is neither yes nor no.", "value")


def _parse_nothing(value: Any) -> None:
    if value not in (None, ""):
        raise BadInput("No value belongs here.", "value")


_PARSERS: Mapping[str, Callable[[Any], Any]] = {
    "text": _parse_text,
    "list": _parse_text,
    "tier": _parse_tier,
    "number": _parse_number,
    "date": _parse_date,
    "days": _integer_parser(1, 36_500, "days"),
    "editions": _integer_parser(1, MOST_EDITIONS, "editions"),
    "yes": _parse_yes_no,
    "": _parse_nothing,
}
