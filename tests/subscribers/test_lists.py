"""Creating, changing and finding lists."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from newsletter.kernel.errors import BadInput, Conflict, NotFound, Refused
from subscribers import lists
from subscribers.lists import create_list
from subscribers.values import List
from tests.actors import SYSTEM


def test_a_slug_belongs_to_one_list(morning: List, now: datetime) -> None:
    with pytest.raises(Refused, match="morning already"):
        lists.create_list("morning", "Another", by=SYSTEM, now=now)
    assert [each.name for each in lists.list_lists()] == ["Morning Briefing"]


def test_what_is_not_given_stays_when_a_list_is_changed(morning: List, now: datetime) -> None:
    changed = lists.change_list(
        "morning", name=" Dawn ", opt_in="single", weekly_day="Monday", public="no", by=SYSTEM, seen=None, now=now
    )
    assert (changed.name, changed.double_opt_in, changed.weekly_day, changed.public) == ("Dawn", False, 0, False)
    assert (changed.description, changed.language) == ("Ten stories.", "en")
    assert lists.list_lists(public_only=True) == ()


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": "x" * 121}, "name"),
        ({"language": "english please"}, "language"),
        ({"opt_in": "triple"}, "opt_in"),
        ({"weekly_day": "someday"}, "weekly_day"),
        ({"public": "perhaps"}, "public"),
        ({}, "name"),
    ],
)
def test_a_list_is_not_changed_by_what_makes_no_sense(
    wrong: dict[str, Any], field: str, morning: List, now: datetime
) -> None:
    with pytest.raises(BadInput) as refused:
        lists.change_list("morning", **wrong, by=SYSTEM, seen=None, now=now)
    assert refused.value.field == field
    assert lists.get_list(morning.id) == morning


def test_a_list_that_is_not_there_is_not_found_and_only_the_command_line_names_those_there_are(morning: List) -> None:
    with pytest.raises(NotFound, match=r"^There is no list “evening”\.$") as refused:
        lists.get_list_by_slug("evening")
    assert refused.value.command_hint == "There is morning."
    with pytest.raises(NotFound):
        lists.get_list(morning.id + 1)


@pytest.mark.parametrize(
    ("slug", "name"), [("Morning", "x"), ("", "x"), ("-a", "x"), ("a" * 60, "x"), ("a", " "), ("a", "x" * 121)]
)
def test_a_list_needs_a_plain_slug_and_a_name(slug: str, name: str, now: datetime, db: None) -> None:
    with pytest.raises(BadInput):
        create_list(slug, name, by=SYSTEM, now=now)


def test_a_slug_is_given_once(morning: List, now: datetime) -> None:
    with pytest.raises(Refused, match="morning"):
        create_list("morning", "Another", by=SYSTEM, now=now)
    with pytest.raises(NotFound) as refused:
        lists.get_list_by_slug("mourning")
    assert refused.value.command_hint == "There is morning."


def test_of_two_who_change_a_list_neither_overwrites_what_they_did_not_see(morning: List, now: datetime) -> None:
    seen = lists.describe_settings(morning)
    lists.change_list("morning", description="Twelve stories.", seen=seen, by=SYSTEM, now=now)
    mine: lists.ListChanges = {"name": "Dawn", "description": seen["description"]}
    assert lists.change_list("morning", seen=seen, by=SYSTEM, now=now, **mine).description == "Twelve stories."
    with pytest.raises(Conflict) as refused:
        lists.change_list("morning", description="Nine.", public="no", seen=seen, by=SYSTEM, now=now)
    (difference,) = refused.value.differences
    assert (difference.seen, difference.present, difference.yours) == ("Ten stories.", "Twelve stories.", "Nine.")
    assert lists.get_list(morning.id).public
