"""Running everything: refused before anything is started."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from newsletter.cli import startup
from tests.cli.conftest import SURROUNDINGS, USAGE, Newsletter


@pytest.mark.parametrize(
    ("provider", "words", "message"),
    [("", (), "NEWSLETTER_PROVIDER"), ("sendgrid", (), "SENDGRID_API_KEY"), ("outbox", ("--listen", "x"), "“x”")],
)
def test_what_would_not_work_is_refused_before_anything_is_started(
    newsletter: Newsletter, newsroom: Any, settings: Any, provider: str, words: tuple[str, ...], message: str
) -> None:
    object.__setattr__(settings.CONFIG, "provider", provider)
    status, out, err = newsletter("run", *words)
    assert (status, out) == (USAGE, "")
    assert message in err


def test_a_second_run_with_the_same_data_folder_is_refused(newsletter: Newsletter, db: None, settings: Any) -> None:
    folder = settings.CONFIG.data_dir
    holding = (
        "import sys, pathlib\n"
        "from newsletter.cli.app import prepare_django; prepare_django()\n"
        "from newsletter.cli import startup\n"
        "with startup.only_one(pathlib.Path(sys.argv[1])): print('held', flush=True); input()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", holding, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as first:
        assert first.stdout
        assert first.stdout.readline() == "held\n"
        status, _, err = newsletter("run")
        assert status == SURROUNDINGS
        assert f"Process {first.pid} runs with the data folder {folder} already" in err
        first.communicate("\n")
    with startup.only_one(folder):
        pass
