"""Who acts on the command line."""

from __future__ import annotations

import getpass

import pytest

from newsletter.accounts.audit_log import COMMAND_LINE
from newsletter.cli.acting import get_actor


def test_the_user_of_the_machine_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(getpass, "getuser", lambda: "ann")
    assert get_actor().name == f"{COMMAND_LINE} (ann)"


@pytest.mark.parametrize("error", [OSError, KeyError])
def test_a_user_without_a_name_is_the_command_line(monkeypatch: pytest.MonkeyPatch, error: type[Exception]) -> None:
    def nobody() -> str:
        raise error

    monkeypatch.setattr(getpass, "getuser", nobody)
    assert get_actor().name == COMMAND_LINE
