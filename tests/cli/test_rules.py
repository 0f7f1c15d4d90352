"""Rules of what is suggested, on the command line."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.cli.conftest import REFUSED, USAGE, Newsletter


def test_a_rule_is_set_listed_and_removed(newsletter: Newsletter, newsroom: Any) -> None:
    status, out, _ = newsletter("rules", "set", "morning", "boost", "--phrase", "ferry", "--json")
    made = json.loads(out)
    assert (status, made["effect"], made["phrase"]) == (0, "boost", "ferry")
    assert [each["id"] for each in json.loads(newsletter("rules", "list", "morning", "--json")[1])] == [made["id"]]
    assert "“ferry”" in newsletter("rules", "list", "morning")[1]
    assert newsletter("rules", "remove", "morning", str(made["id"]), "--yes")[0] == 0
    assert json.loads(newsletter("rules", "list", "morning", "--json")[1]) == []


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        ("list nowhere", REFUSED, "morning"),
        ("set morning love --phrase ferry", USAGE, "boost"),
        ("set morning boost", USAGE, "phrase"),
        ("set morning boost --source 99", REFUSED, "99"),
        ("set morning boost --phrase ferry --section nowhere", USAGE, "nowhere"),
        ("remove morning 99 --yes", REFUSED, "gone already"),
        ("remove morning 99", REFUSED, "--yes"),
    ],
)
def test_bad_input_is_named_with_its_remedy(
    newsletter: Newsletter, newsroom: Any, words: str, code: int, message: str
) -> None:
    status, out, err = newsletter("rules", *words.split())
    assert (status, out) == (code, ""), err
    assert message in err


def test_the_track_record_says_where_it_comes_from_when_there_is_none(newsletter: Newsletter, newsroom: Any) -> None:
    assert "learned from editions that were sent" in " ".join(newsletter("rules", "track-record", "morning")[1].split())
    assert json.loads(newsletter("rules", "track-record", "morning", "--json")[1]) == {"publishers": [], "words": []}
