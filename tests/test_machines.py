"""More than one machine: the compose file names only what there is, and what is missing is said."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from newsletter.cli.app import app
from newsletter.config import OPTIONS

COMPOSE: dict[str, Any] = yaml.safe_load((Path(__file__).parents[1] / "docs" / "compose.yaml").read_text())
OURS = {name: service for name, service in COMPOSE["services"].items() if service.get("command")}


def test_there_is_a_web_a_scheduler_and_more_than_one_worker() -> None:
    assert {"web", "scheduler", "worker", "setup"} == set(OURS)
    assert OURS["worker"]["deploy"]["replicas"] > 1


@pytest.mark.parametrize("name", OURS)
def test_every_command_and_its_options_exist(name: str) -> None:
    program, verb, *options = OURS[name]["command"]
    assert program == "newsletter"
    shown = CliRunner().invoke(app, [verb, "--help"], env={"COLUMNS": "200"})
    assert shown.exit_code == 0
    assert all(option in shown.output for option in options if option.startswith("--"))


@pytest.mark.parametrize("name", OURS)
def test_every_setting_exists_and_every_secret_is_given(name: str) -> None:
    known = {option.name for option in OPTIONS}
    for setting, value in OURS[name]["environment"].items():
        assert setting.removesuffix("_FILE") in known
        if setting.endswith("_FILE"):
            secret = Path(value).name
            assert secret in OURS[name]["secrets"]
            assert secret in COMPOSE["secrets"]


def test_secrets_are_files_and_stand_nowhere_in_the_clear() -> None:
    secrets = {option.name for option in OPTIONS if option.secret}
    assert not any(secrets & set(service["environment"]) for service in OURS.values())


def test_postgres_without_its_packages_is_one_clear_line_with_the_remedy(tmp_path: Path) -> None:
    program = (
        "import sys; sys.modules['procrastinate'] = None; sys.argv[0] = 'newsletter'\n"
        "from newsletter.__main__ import main; main()"
    )
    environment = os.environ | {
        "NEWSLETTER_DATA_DIR": str(tmp_path),
        "NEWSLETTER_DATABASE_URL": "postgres://nobody@127.0.0.1:9/none",
    }
    environment.pop("DJANGO_SETTINGS_MODULE", None)
    done = subprocess.run([sys.executable, "-c", program, "doctor"], env=environment, capture_output=True, text=True)
    assert done.returncode == 3, done.stderr
    assert "newsletter-desk[postgres]" in done.stderr
    assert "Traceback" not in done.stderr
