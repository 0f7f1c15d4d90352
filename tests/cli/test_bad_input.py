"""What cannot be right is refused in one line on standard error, by exit status, and nothing is lost."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from newsletter.cli.app import main
from subscribers import subscriber_lookup

REFUSED, USAGE, SURROUNDINGS = 1, 2, 3
Newsletter = Callable[..., tuple[int, str, str]]


@pytest.fixture
def newsletter(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Newsletter:
    """Runs the command in this process: status, standard output, standard error."""

    def run(*words: str, stdin: str = "") -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["newsletter", *words])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin.encode())))
        with pytest.raises(SystemExit) as ended:
            main()
        printed = capsys.readouterr()
        return int(ended.value.code or 0), printed.out, " ".join(printed.err.split())

    return run


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (
            "newsletters create x --name X --from a@example.com --list morning --address A --zone Europe/Lundon",
            USAGE,
            "Europe/London",
        ),
        ("newsletters create x --name X --from nonsense --list morning --address A --zone UTC", USAGE, "nonsense"),
        (
            "newsletters create x --name X --from a@example.com --list nowhere --address A --zone UTC",
            REFUSED,
            "nowhere",
        ),
        (
            "newsletters create morning --name X --from a@example.com --list morning --address A --zone UTC",
            REFUSED,
            "morning",
        ),
        ("newsletters show nowhere", REFUSED, "morning"),
        ("newsletters change morning colour=red", USAGE, "colour"),
        ("newsletters change morning zone=Mars/Base", USAGE, "Mars/Base"),
        ("newsletters change morning state=asleep", USAGE, "paused"),
        ("feeds add ftp://x.example/feed", USAGE, "http"),
        ("feeds fetch 99", REFUSED, "99"),
        ("articles add /nowhere/page.html", SURROUNDINGS, "/nowhere/page.html"),
        ("articles show 99", REFUSED, "99"),
        ("editions show 99", REFUSED, "newsletter editions list"),
        ("editions create nowhere", REFUSED, "morning"),
        ("editions create morning --date 25.11.2026", USAGE, "2026-11-24"),
        ("editions approve 99", REFUSED, "99"),
        ("editions preview 99 --out /tmp/x", REFUSED, "99"),
        ("editions send 99", REFUSED, "99"),
        ("schedules create morning --time 25:00", USAGE, "07:00"),
        ("schedules create morning --time 07:00 --weekdays someday", USAGE, "mon,wed"),
        ("schedules create morning --time 07:00 --zone Mars/Base", USAGE, "Mars/Base"),
        ("schedules skip 99 2026-12-25 --reason x", REFUSED, "99"),
        ("mailings show 99", REFUSED, "newsletter mailings list"),
        ("mailings who 99 --state asleep", USAGE, "asleep"),
        ("mailings repair 99 --yes", REFUSED, "99"),
        ("mailings resolve 99", USAGE, "--resend"),
        ("lists show nowhere", REFUSED, "morning"),
        ("lists create Bad! --name X", USAGE, "Bad!"),
        ("lists create morning --name X", REFUSED, "morning"),
        ("subscribers import /nowhere.csv --list morning", SURROUNDINGS, "no such file"),
        ("subscribers import / --list morning", SURROUNDINGS, "folder"),
        ("subscribers add nonsense --list morning", USAGE, "nonsense"),
        ("subscribers add a@example.com --list nowhere", REFUSED, "nowhere"),
        ("subscribers show nobody@example.com", REFUSED, "nobody@example.com"),
        ("subscribers export --list morning --format docx", USAGE, "docx"),
        ("users role nobody@example.com editor", REFUSED, "nobody@example.com"),
        ("users add x@example.com --password-file /nowhere", SURROUNDINGS, "/nowhere"),
        ("users reset-code nobody@example.com", REFUSED, "nobody@example.com"),
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


def test_good_rows_of_a_bad_file_are_kept_and_the_others_told_line_by_line(
    newsletter: Newsletter, house: Any, tmp_path: Path
) -> None:
    file = tmp_path / "readers.csv"
    file.write_text("email,zone\nann@example.com,UTC\nbroken@,\nbob@example.com,Mars/Base\n")
    status, _, err = newsletter("subscribers", "import", str(file), "--list", "morning")
    assert status == REFUSED
    assert "line 3, email: “broken@”" in err
    assert "line 4, zone: There is no time zone “Mars/Base”" in err
    assert [each.address for each in subscriber_lookup.find_subscribers("", list_id=house.list.id)] == [
        "ann@example.com"
    ]


@pytest.mark.parametrize(
    "words",
    [
        "newsletters list",
        "newsletters show morning",
        "feeds list",
        "articles list",
        "editions list",
        "editions show 1",
        "editions check 1",
        "schedules list",
        "schedules next",
        "mailings list",
        "lists list",
        "lists show morning",
        "subscribers find reader",
        "subscribers show reader0@example.com",
        "users list",
        "doctor",
    ],
)
def test_whatever_reads_speaks_json_and_nothing_else(
    newsletter: Newsletter, edition: Any, readers: Callable[..., list[int]], words: str
) -> None:
    readers(1)
    _, out, _ = newsletter(*words.replace(" 1", f" {edition.id}").split(), "--json")
    json.loads(out)
