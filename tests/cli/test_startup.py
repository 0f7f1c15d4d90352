"""What keeps a process from starting."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import Any

import pytest

from newsletter.cli import startup
from newsletter.cli.app import main


def test_a_state_folder_inside_the_data_folder_is_warned_of(
    db: None, settings: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = settings.CONFIG.data_dir / "state"
    settings.CONFIG = replace(settings.CONFIG, provider="smtp", state_dir=folder)
    startup.look_at_history()
    assert f"The state folder {folder} lies inside the data folder" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["run", "web"])
def test_a_hook_that_does_not_exist_is_refused_at_start(
    command: str, newsroom: Any, settings: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.SUBSCRIBERS_HOOKS = {"captcha": "newsletter.web.captcha.verify"}
    monkeypatch.setattr(sys, "argv", ["newsletter", command])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 3
    assert "SUBSCRIBERS_HOOKS['captcha'] names “newsletter.web.captcha.verify”" in capsys.readouterr().err
