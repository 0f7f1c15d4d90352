"""Editions on the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import REFUSED, USAGE, Newsletter


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ("editions show 99", REFUSED, "newsletter editions list"),
        ("editions create nowhere", REFUSED, "morning"),
        ("editions create morning --date 25.11.2026", USAGE, "2026-11-24"),
        ("editions approve 99", REFUSED, "99"),
        ("editions preview 99 --out /tmp/x", REFUSED, "99"),
        ("editions send 99", REFUSED, "99"),
    ],
)
def test_bad_input_is_named_with_its_remedy(
    newsletter: Newsletter, house: Any, words: str, code: int, said: str
) -> None:
    status, out, err = newsletter(*words.split())
    assert (status, out) == (code, ""), err
    assert said in err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("edit 1 KEY --visibility nobody", "members, free"),
        ("edit 1 KEY --size x", "l, m, s or a"),
        ("box 1 Words --place middle", "top or end"),
        ("preview 1 --out OUT --for members", "nobody in particular"),
        ("send 1 --test-to a@example.com --second-subject", "no second subject"),
        ("send 1 --for members", "--test-to"),
    ],
)
def test_an_unknown_group_is_named(newsletter: Newsletter, edition: Any, tmp_path: Path, words: str, said: str) -> None:
    given = words.replace(" 1", f" {edition.id}", 1).replace("KEY", edition.picks[0].key).replace("OUT", str(tmp_path))
    status, _, err = newsletter("editions", *given.split())
    assert status == USAGE, err
    assert said in err


def test_parts_for_some_are_set_shown_written_and_tested(
    newsletter: Newsletter, edition: Any, tmp_path: Path, settings: Any
) -> None:
    number, key = str(edition.id), edition.picks[1].key
    assert newsletter("editions", "edit", number, key, "--visibility", "members")[0] == 0
    assert newsletter("editions", "edit", number, "--second-subject", "Trains come back")[0] == 0
    assert newsletter("editions", "box", number, "Of *ours*", "--title", "A word", "--visibility", "free")[0] == 0
    shown = json.loads(newsletter("editions", "show", number, "--json")[1])
    assert [pick["shown_to"] for pick in shown["picks"]] == ["", "members", ""]
    (box,) = shown["boxes"]
    assert "members" in newsletter("editions", "show", number)[1]
    for options, inside in (([], False), (["--for", "members"], True), (["--web"], False)):
        assert newsletter("editions", "preview", number, "--out", str(tmp_path), *options)[0] == 0
        assert (f"nl={key}" in next(tmp_path.glob("*.html")).read_text()) == inside, options
    sent = ("send", number, "--test-to", "desk@example.com", "--for", "members", "--second-subject")
    assert newsletter("editions", *sent)[0] == 0
    (letter,) = settings.CONFIG.outbox_dir.rglob("*.eml")
    assert "Subject: [TEST] Trains come back" in letter.read_text()
    assert newsletter("editions", "drop-box", number, str(box["id"]))[0] == 0
    assert json.loads(newsletter("editions", "show", number, "--json")[1])["boxes"] == []


def test_a_time_that_is_past_sends_nothing(newsletter: Newsletter, edition: Any) -> None:
    assert newsletter("editions", "approve", str(edition.id))[0] == 0
    status, _, err = newsletter("editions", "send", str(edition.id), "--at", "2020-01-01T07:00")
    assert status == USAGE
    assert "is past" in err
    assert json.loads(newsletter("mailings", "list", "--json")[1]) == []


@pytest.mark.parametrize("words", ["editions list", "editions show 1", "editions check 1"])
def test_what_is_read_is_json_and_nothing_else(newsletter: Newsletter, edition: Any, words: str) -> None:
    json.loads(newsletter(*words.replace(" 1", f" {edition.id}").split(), "--json")[1])
