"""What is misconfigured, on the command line."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from newsletter import config
from newsletter.cli.app import main
from tests.cli.conftest import Newsletter, run
from tests.shared import copy_migrated


def test_what_is_read_is_json_and_nothing_else(newsletter: Newsletter, newsroom: Any) -> None:
    json.loads(newsletter("doctor", "--json")[1])


def test_the_doctor_finds_a_hook_that_does_not_exist(
    newsroom: Any, settings: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.SUBSCRIBERS_HOOKS = {"captcha": "newsletter.web.captcha.verify"}
    monkeypatch.setattr(sys, "argv", ["newsletter", "doctor", "--json"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 1
    found = json.loads(capsys.readouterr().out)
    assert any(each["level"] == "bad" and "SUBSCRIBERS_HOOKS" in each["what"] for each in found)


def test_every_setting_of_the_environment_is_shown_with_what_it_can_be(tmp_path: Path) -> None:
    done = run(tmp_path, "doctor", "--settings", "--json", SENDGRID_API_KEY="SG.secret", NEWSLETTER_PROVIDER="smtp")
    found = {each["name"]: each for each in json.loads(done.stdout)}
    assert found.keys() == config.BY_NAME.keys()
    assert found["NEWSLETTER_PROVIDER"]["value"] == "smtp"
    assert found["SENDGRID_API_KEY"]["value"] == "set"
    assert "1 to 720" in run(tmp_path, "doctor", "--settings").stdout


def test_secrets_never_show(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    copy_migrated(tmp_path_factory, tmp_path / "newsroom" / "newsletter.sqlite3")
    done = run(
        tmp_path,
        "doctor",
        "--json",
        NEWSLETTER_PROVIDER="sendgrid",
        SENDGRID_API_KEY="SG.very-secret-indeed",
        NEWSLETTER_SECRET_KEY="another-secret",
    )
    assert "very-secret" not in done.stdout + done.stderr
    assert "another-secret" not in done.stdout + done.stderr
