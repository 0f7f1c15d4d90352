"""What keeps a process from starting."""

from __future__ import annotations

import json
import sys
from typing import Any

import pytest

from newsletter.cli.app import main


@pytest.mark.parametrize("command", ["run", "web"])
def test_a_hook_that_does_not_exist_is_refused_at_start(
    command: str, house: Any, settings: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.SUBSCRIBERS_HOOKS = {"captcha": "newsletter.web.captcha.verify"}
    monkeypatch.setattr(sys, "argv", ["newsletter", command])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 3
    assert "SUBSCRIBERS_HOOKS['captcha'] names “newsletter.web.captcha.verify”" in capsys.readouterr().err


def test_the_doctor_finds_a_hook_that_does_not_exist(
    house: Any, settings: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.SUBSCRIBERS_HOOKS = {"captcha": "newsletter.web.captcha.verify"}
    monkeypatch.setattr(sys, "argv", ["newsletter", "doctor", "--json"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 1
    found = json.loads(capsys.readouterr().out)
    assert any(each["level"] == "bad" and "SUBSCRIBERS_HOOKS" in each["what"] for each in found)
