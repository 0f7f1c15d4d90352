"""Setting up: the database, and somebody who can sign in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from newsletter.accounts import users
from tests.cli.conftest import SURROUNDINGS, USAGE, Newsletter


@pytest.fixture
def password(tmp_path: Path) -> str:
    file = tmp_path / "password"
    file.write_text("a long enough password\n")
    return str(file)


def test_the_first_administrator_is_made_once(newsletter: Newsletter, db: None, password: str) -> None:
    words = ("setup", "--user", "Ann@example.com", "--password-file", password)
    assert "may sign in as administrator" in newsletter(*words)[1]
    again = newsletter(*words)[1]
    assert "exists already" in again
    assert "newsletter users password Ann@example.com" in " ".join(again.split())
    (person,) = users.list_users()
    assert person.email == "ann@example.com"


def test_it_says_what_is_still_missing(newsletter: Newsletter, db: None, settings: Any, password: str) -> None:
    message = newsletter("setup")[1]
    assert "Nobody can sign in yet. Run: newsletter setup --user" in message
    assert "NEWSLETTER_PROVIDER" not in message
    object.__setattr__(settings.CONFIG, "provider", "")
    assert "set NEWSLETTER_PROVIDER" in newsletter("setup", "--user", "a@example.com", "--password-file", password)[1]


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("--user", "a@example.com"), USAGE, "--password-file FILE"),
        (("--user", "a@example.com", "--password-file", "/nowhere"), SURROUNDINGS, "/nowhere"),
    ],
)
def test_without_a_terminal_nothing_is_asked(
    newsletter: Newsletter, db: None, words: tuple[str, ...], code: int, message: str
) -> None:
    status, _, err = newsletter("setup", *words)
    assert status == code
    assert message in err
    assert users.list_users() == ()


def test_a_data_folder_that_is_not_there_is_made(
    newsletter: Newsletter, db: None, settings: Any, tmp_path: Path
) -> None:
    object.__setattr__(settings.CONFIG, "data_dir", tmp_path / "of" / "ours")
    assert newsletter("setup")[0] == 0
    assert (tmp_path / "of" / "ours").is_dir()
    (tmp_path / "taken").write_text("a file")
    object.__setattr__(settings.CONFIG, "data_dir", tmp_path / "taken")
    status, _, err = newsletter("setup")
    assert status == SURROUNDINGS
    assert "Set NEWSLETTER_DATA_DIR" in err
