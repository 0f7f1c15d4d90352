"""What keeps a process from starting."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from newsletter.cli.app import main


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
