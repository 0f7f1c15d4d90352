"""Subscribers on the command line."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from newsletter.cli.acting import get_user_name
from subscribers import lists, self_service, subscriber_lookup
from tests.actors import SYSTEM
from tests.cli.conftest import IN_PART, USAGE, Newsletter


def test_good_rows_of_a_bad_file_are_kept_and_the_others_told_line_by_line(
    newsletter: Newsletter, newsroom: Any, tmp_path: Path
) -> None:
    file = tmp_path / "readers.csv"
    file.write_text("email,zone\nann@example.com,UTC\nbroken@,\nann@nodot,Mars/Base\n")
    status, _, err = newsletter("subscribers", "import", str(file), "--list", "morning")
    assert status == IN_PART
    assert "line 3, email: “broken@”" in err
    assert "line 4, email: “ann@nodot”" in err
    assert [each.address for each in subscriber_lookup.find_subscribers("", list_id=newsroom.list.id, by=SYSTEM)] == [
        "ann@example.com"
    ]


def test_what_a_file_leaves_open_is_asked_all_at_once_and_answered_by_options(
    newsletter: Newsletter, newsroom: Any, tmp_path: Path
) -> None:
    file = tmp_path / "leser.csv"
    file.write_text(
        "E-Mail;Newsletter;Stufe;seit\nann@example.com;ja;A;03/04/2021\nben@example.com;nein;B;05/04/2021\n"
    )
    words = ("subscribers", "import", str(file), "--list", "morning")
    status, out, err = newsletter(*words)
    assert (status, out) == (USAGE, "")
    assert ("“Newsletter”" in err, "--map 'Newsletter=status'" in err, "“Stufe”" in err) == (True, True, True)
    assert "--other-columns" in err
    status, out, _ = newsletter(*words, "--json")
    columns = [each["column"] for each in json.loads(out)["questions"]]
    assert (status, columns) == (USAGE, ["Newsletter", "seit", "Stufe"])
    answers = ("--map", "Newsletter=wanted", "--map", "seit=joined_at", "--other-columns", "attribute")
    status, _, err = newsletter(*words, *answers)
    assert (status, "--dates 'seit=day-first'" in err) == (USAGE, True)
    status, _, err = newsletter(*words, *answers, "--dates", "seit=day-first")
    assert status == 0, err
    assert lists.count_subscribers_by_state(newsroom.list.id) == {"active": 1, "unsubscribed": 1}
    assert newsletter(*words, "--other-columns", "all")[0] == USAGE


def test_addresses_are_read_from_standard_input(newsletter: Newsletter, newsroom: Any) -> None:
    pasted = "ann@example.com\nBen <ben@example.com>\n"
    status, _, err = newsletter("subscribers", "import", "-", "--list", "morning", stdin=pasted)
    assert status == 0, err
    assert lists.count_subscribers_by_state(newsroom.list.id) == {"active": 2}


@pytest.mark.parametrize("words", ["find reader", "show reader0@example.com"])
def test_what_is_read_is_json_and_nothing_else(
    newsletter: Newsletter, readers: Callable[..., list[int]], words: str
) -> None:
    readers(1)
    assert "reader0@example.com" in newsletter("subscribers", *words.split(), "--json")[1]
    json.loads(newsletter("subscribers", *words.split(), "--json")[1])


@pytest.mark.parametrize(
    ("options", "state", "origin"),
    [
        ([], "pending", "command line"),
        (["--confirmed"], "active", f"confirmed on the command line by {get_user_name()}"),
        (["--reason", "signed the sheet at the fair"], "active", "signed the sheet at the fair"),
    ],
)
def test_who_is_added_counts_at_once_only_with_a_reason_which_is_kept(
    newsletter: Newsletter, newsroom: Any, options: list[str], state: str, origin: str
) -> None:
    newsletter("lists", "change", "morning", "--opt-in", "single")
    status, _, err = newsletter("subscribers", "add", "ann@example.com", "--list", "morning", *options)
    assert status == 0, err
    ann = subscriber_lookup.find_subscriber_by_address("ann@example.com")
    assert ann is not None
    assert [(each.state, each.origin) for each in ann.consents] == [(state, origin)]


def test_the_proof_of_consent_is_shown_with_its_texts_also_after_erasure(
    newsletter: Newsletter, newsroom: Any, now: datetime
) -> None:
    self_service.sign_up(
        "ann@example.com", [newsroom.list.id], origin="", network="", now=now, form_text="Sign up for the briefing"
    )
    assert "Sign up for the briefing" in newsletter("subscribers", "proof", "ann@example.com")[1]
    assert newsletter("subscribers", "erase", "ann@example.com", "--yes")[0] == 0
    status, out, _ = newsletter("subscribers", "proof", "ann@example.com", "--json")
    found = json.loads(out)
    assert (status, found["subscriber_id"], [each["how"] for each in found["events"]]) == (0, None, ["form"])
    assert found["texts"][found["events"][0]["form_hash"]]["text"] == "Sign up for the briefing"
    assert newsletter("subscribers", "proof", "ben@example.com")[0] != 0


def test_a_tier_is_given_until_a_day_and_shown_with_its_history(newsletter: Newsletter, newsroom: Any) -> None:
    newsletter("subscribers", "add", "ann@example.com", "--list", "morning", "--confirmed")
    assert (
        json.loads(newsletter("subscribers", "tiers", "--add", "founding-member", "--json")[1])[-1] == "founding-member"
    )
    status, out, err = newsletter(
        "subscribers", "tier", "ann@example.com", "founding-member", "--until", "2097-01-31", "--json"
    )
    assert status == 0, err
    given = json.loads(out)
    assert (given["tier"], given["until"][:16]) == ("founding-member", "2097-02-01T00:00")
    assert [(each["before"], each["tier"], each["how"]) for each in given["changes"]] == [
        ("free", "founding-member", "command")
    ]
    assert (
        "ann@example.com is founding-member until 2097-02-01" in newsletter("subscribers", "tier", "ann@example.com")[1]
    )
    assert newsletter("subscribers", "tier", "ann@example.com", "--until", "2097-01-31")[0] == USAGE
    assert newsletter("subscribers", "tier", "ann@example.com", "paid", "--until", "2020-01-31")[0] == USAGE
