"""Saving what somebody edited without overwriting what they did not see."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TypeVar

from newsletter.kernel.errors import BadInput, Conflict, Difference
from newsletter.kernel.sentences import join_labels, label, phrase

T = TypeVar("T")


def select_changes(
    present: Mapping[str, T],
    given: Mapping[str, T],
    seen: Mapping[str, T] | None,
    *,
    labels: Mapping[str, str] = MappingProxyType({}),
) -> dict[str, T]:
    """The values of `given` that are to be saved: those that differ from what is `present`.

    With `seen`, what the person saw when they began, a field they left alone is not saved, whatever it holds now.
    Raises Conflict with every field that both they and somebody else changed, BadInput where `seen` lacks a field.
    """
    changes = {name: value for name, value in given.items() if not _is_same(value, present[name])}
    if seen is None:
        return changes
    for name in changes:
        if name not in seen:
            raise BadInput(
                phrase(
                    "What you saw of the field “{field}” is missing. Load the page again.",
                    field=label(labels.get(name, name)),
                ),
                name,
            )
    mine = {name: value for name, value in changes.items() if not _is_same(value, seen[name])}
    differences = [
        Difference(name, str(seen[name]), str(present[name]), str(value), labels.get(name, ""))
        for name, value in mine.items()
        if not _is_same(present[name], seen[name])
    ]
    if differences:
        raise Conflict(_describe(differences), differences)
    return mine


def find_differences(present: Mapping[str, object], seen: Mapping[str, object]) -> list[Difference]:
    """Every value that is not as somebody saw it, for a decision about all of them at once."""
    return [
        Difference(name, str(value), str(present[name]))
        for name, value in seen.items()
        if not _is_same(value, present[name])
    ]


def _describe(differences: list[Difference]) -> str:
    return phrase(
        "Somebody else changed this since you opened it: {names}. Compare both versions, then save the one you want.",
        names=join_labels(each.label or each.name.replace("_", " ") for each in differences),
    )


def _is_same(one: object, other: object) -> bool:
    """Whether two values are equal; texts also when they differ in line ends or in blanks around them alone."""
    if isinstance(one, str) and isinstance(other, str):
        return one.replace("\r\n", "\n").strip() == other.replace("\r\n", "\n").strip()
    return one == other
