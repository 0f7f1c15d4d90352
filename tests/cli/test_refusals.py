"""Every command says what is wrong with what it was given and what to do, on standard error alone."""

from __future__ import annotations

import shlex
from typing import Any

import pytest

from tests.cli.conftest import REFUSED, SURROUNDINGS, USAGE, Newsletter


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        ("articles add /nowhere/page.html", SURROUNDINGS, "/nowhere/page.html"),
        ("articles show 99", REFUSED, "99"),
        ("editions show 99", REFUSED, "newsletter editions list"),
        ("editions create nowhere", REFUSED, "morning"),
        ("editions create morning --date 25.11.2026", USAGE, "2026-11-24"),
        ("editions approve 99", REFUSED, "99"),
        ("editions preview 99 --out /tmp/x", REFUSED, "99"),
        ("editions send 99", REFUSED, "99"),
        ("feeds add ftp://x.example/feed", USAGE, "http"),
        ("feeds fetch 99", REFUSED, "99"),
        ("lists show nowhere", REFUSED, "morning"),
        ("lists create 'Bad!' --name X", USAGE, "Bad!"),
        ("lists create morning --name X", REFUSED, "morning"),
        ("mailings show 99", REFUSED, "newsletter mailings list"),
        ("mailings who 99 --state asleep", USAGE, "asleep"),
        ("mailings repair 99 --yes", REFUSED, "99"),
        ("mailings resolve 99", USAGE, "--resend"),
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
        ("newsletters change morning", USAGE, "--zone"),
        ("newsletters change morning --zone Mars/Base", USAGE, "Mars/Base"),
        ("newsletters change morning --stories 61", USAGE, "equal to 60"),
        ("newsletters change morning --recall-minutes 5", USAGE, "20 to 1440, or 0 for off"),
        ("newsletters change morning --theme '{'", USAGE, "The theme is not JSON"),
        ('newsletters change morning --theme \'{"light":{"accent":"red;"}}\'', USAGE, "The theme is invalid"),
        ("newsletters change morning --list nowhere", REFUSED, "nowhere"),
        ("newsletters change morning zone=Mars/Base", USAGE, "Mars/Base"),
        ("newsletters change morning state=asleep", USAGE, "paused"),
        ("rules list nowhere", REFUSED, "morning"),
        ("rules set morning love --phrase ferry", USAGE, "boost"),
        ("rules set morning boost", USAGE, "phrase"),
        ("rules set morning boost --source 99", REFUSED, "99"),
        ("rules set morning boost --phrase ferry --section nowhere", USAGE, "nowhere"),
        ("rules remove morning 99 --yes", REFUSED, "gone already"),
        ("rules remove morning 99", REFUSED, "--yes"),
        ("schedules add morning --time 25:00", USAGE, "07:00"),
        ("schedules add morning --time 07:00 --weekdays someday", USAGE, "mon,wed"),
        ("schedules add morning --time 07:00 --zone Mars/Base", USAGE, "Mars/Base"),
        ("schedules skip 99 2026-12-25 --reason x", REFUSED, "99"),
        ("segments create x --name X --definition '{'", USAGE, "not JSON"),
        ("segments create x --name X --definition /nowhere.json", SURROUNDINGS, "/nowhere.json"),
        ('segments create x --name X --definition \'{"about": "shoe size"}\'', USAGE, "shoe size"),
        ("segments count nowhere", REFUSED, "segments create"),
        ("segments drop nowhere --yes", REFUSED, "segments create"),
        ("segments attribute Age --kind shoe", USAGE, "shoe"),
        ("subscribers import /nowhere.csv --list morning", SURROUNDINGS, "no such file"),
        ("subscribers import / --list morning", SURROUNDINGS, "folder"),
        ("subscribers add nonsense --list morning", USAGE, "nonsense"),
        ("subscribers add a@example.com --list nowhere", REFUSED, "nowhere"),
        ("subscribers show nobody@example.com", REFUSED, "nobody@example.com"),
        ("subscribers export --list morning --format docx", USAGE, "docx"),
        ("suppressions add nonsense --yes", USAGE, "nonsense"),
        ("suppressions add ann@example.com", REFUSED, "--yes"),
        ("suppressions add ann@example.com --until soon --yes", USAGE, "soon"),
        ("suppressions lift nobody@example.com --yes", REFUSED, "nobody@example.com"),
        ("suppressions import /nowhere.csv", SURROUNDINGS, "/nowhere.csv"),
        ("suppressions domain bad.example maybe", USAGE, "deny, allow or drop"),
        ("users role nobody@example.com editor", REFUSED, "nobody@example.com"),
        ("users add x@example.com --password-file /nowhere", SURROUNDINGS, "/nowhere"),
        ("users reset-code nobody@example.com", REFUSED, "nobody@example.com"),
    ],
)
def test_bad_input_is_named_with_its_remedy(
    newsletter: Newsletter, newsroom: Any, words: str, code: int, message: str
) -> None:
    status, out, err = newsletter(*shlex.split(words))
    assert (status, out) == (code, ""), err
    assert message in err
