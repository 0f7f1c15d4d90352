"""Django's own commands."""

from __future__ import annotations

from tests.cli.conftest import Newsletter


def test_a_command_of_django_gets_its_own_options(newsletter: Newsletter, db: None) -> None:
    status, out, _ = newsletter("manage", "showmigrations", "accounts", "--plan", "--no-color")
    assert status == 0
    assert "accounts.0001_initial" in out


def test_a_command_there_is_not_fails(newsletter: Newsletter, db: None) -> None:
    assert newsletter("manage", "explode")[0] != 0
