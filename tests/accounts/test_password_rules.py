"""Passwords that are easily guessed are refused, wherever one is set."""

from __future__ import annotations

import secrets
from typing import Any

import pytest

from newsletter.accounts import users
from newsletter.kernel.errors import BadInput
from tests.actors import SYSTEM
from tests.conftest import NOW

EDITOR = "editor@example.com"


@pytest.mark.parametrize(
    "password",
    [
        "newsletter1",
        "newsletter2026",
        "Newsletter2026!",
        "newsletternewsletter",
        "newsdesk2026",
        "password1234",
        "P@ssw0rd2026",
        "qwertyuiop",
        "Qwerty12345!",
        "1234567890",
        "abcabcabcabc",
        "aaaaaaaaaaaa",
        "Summer2026!",
        "Welcome2026!",
        "iloveyou123",
        "admin12345",
        "editor12345",  # the user's own address
        "Example.com1",
        "morningbriefing",  # the newsroom's newsletters and publications
        "MorningBriefing1",
        "M0rningBriefing!",
        "EveningLetter26",
        "TheUplandEcho1",
        "uplandecho2026",
        "the upland echo",
        "The Upland Echo!",
        "Morning-Briefing-2026",
        "Morning.Briefing.2026",
        "M0rning-Br1ef1ng-2026",
        "n e w s l e t t e r",
        "news-letter-2026",
        "N3w$-L3tt3r-26",
        "\uff4e\uff45\uff57\uff53\uff4c\uff45\uff54\uff54\uff45\uff52\uff11",  # newsletter1 in full width
        "N\u00e9ws-l\u00e8tter-1",
        "editor@example.com",
    ],
)
def test_a_password_that_is_easily_guessed_is_refused(people: Any, password: str) -> None:
    with pytest.raises(BadInput, match="cannot be used"):
        users.set_password(EDITOR, password, by=SYSTEM, now=NOW)


@pytest.mark.parametrize(
    "password",
    [
        "a long enough password",
        "xK9fjq3Lw0",
        "correct horse battery staple",
        "Bachforelle am Dienstag",
        "щукаЛодка9" * 20,
        "the upland echo of a wet grey otter",
        "newsletter ferry quartz lantern",
    ],
)
def test_a_password_that_is_not_is_taken(people: Any, password: str) -> None:
    users.set_password(EDITOR, password, by=SYSTEM, now=NOW)


def test_what_a_machine_makes_is_taken(people: Any) -> None:
    for _ in range(20):
        users.set_password(EDITOR, secrets.token_urlsafe(9), by=SYSTEM, now=NOW)
