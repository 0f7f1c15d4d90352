"""Rules of what is suggested, on the command line."""

from __future__ import annotations

import json
from typing import Any

from tests.cli.conftest import Newsletter


def test_a_rule_is_set_listed_and_removed(newsletter: Newsletter, newsroom: Any) -> None:
    status, out, _ = newsletter("rules", "set", "morning", "boost", "--phrase", "ferry", "--json")
    made = json.loads(out)
    assert (status, made["effect"], made["phrase"]) == (0, "boost", "ferry")
    assert [each["id"] for each in json.loads(newsletter("rules", "list", "morning", "--json")[1])] == [made["id"]]
    assert "“ferry”" in newsletter("rules", "list", "morning")[1]
    assert newsletter("rules", "remove", "morning", str(made["id"]), "--yes")[0] == 0
    assert json.loads(newsletter("rules", "list", "morning", "--json")[1]) == []


def test_the_track_record_says_where_it_comes_from_when_there_is_none(newsletter: Newsletter, newsroom: Any) -> None:
    assert "learned from editions that were sent" in " ".join(newsletter("rules", "track-record", "morning")[1].split())
    assert json.loads(newsletter("rules", "track-record", "morning", "--json")[1]) == {"publishers": [], "words": []}
