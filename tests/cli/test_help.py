"""The command as a stranger meets it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from newsletter.cli.app import NOUNS

ROOT = Path(__file__).resolve().parents[2]


def run(tmp_path: Path, *words: str, stdin: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    base = {name: value for name, value in os.environ.items() if not name.startswith(("NEWSLETTER_", "SENDGRID_"))}
    return subprocess.run(
        [sys.executable, "-m", "newsletter", *words],
        env=base | {"NEWSLETTER_DATA_DIR": str(tmp_path / "house")} | environment,
        input=stdin,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_help_names_every_noun_and_imports_no_django(tmp_path: Path) -> None:
    script = (
        "import sys; sys.argv = ['newsletter', '--help']\n"
        "from newsletter.cli.app import main\n"
        "try: main()\nexcept SystemExit: pass\n"
        "assert 'django' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    for noun in NOUNS:
        assert noun in done.stdout


@pytest.mark.parametrize("noun", [noun for noun in NOUNS if noun != "manage"])
def test_every_noun_has_help(tmp_path: Path, noun: str) -> None:
    done = run(tmp_path, noun, "--help")
    assert done.returncode == 0, done.stderr
    assert "Usage: newsletter" in done.stdout


@pytest.mark.parametrize(
    ("words", "environment", "code", "said"),
    [
        (("feeds", "list"), {}, 3, "newsletter setup"),
        (
            ("feeds", "list"),
            {"NEWSLETTER_DATABASE_URL": "postgres://nobody@127.0.0.1:1/none"},
            3,
            "NEWSLETTER_DATABASE_URL",
        ),
        (("feeds", "list"), {"NEWSLETTER_PROVIDER": "pigeon"}, 2, "outbox, sendgrid, smtp"),
        (("feeds", "list"), {"NEWSLETTER_BASE_URL": "news.example.com"}, 2, "NEWSLETTER_BASE_URL"),
        (("feeds", "list"), {"NEWSLETTER_SECRET_KEY_FILE": "/nowhere/key"}, 3, "NEWSLETTER_SECRET_KEY_FILE"),
        (("run",), {}, 2, "NEWSLETTER_PROVIDER"),
        (("run",), {"NEWSLETTER_PROVIDER": "sendgrid"}, 2, "SENDGRID_API_KEY"),
        (("run",), {"NEWSLETTER_PROVIDER": "outbox"}, 1, "newsletter setup"),
        (("editions", "explode"), {}, 2, "No such command"),
    ],
)
def test_trouble_is_one_clear_line_with_the_remedy(
    tmp_path: Path, words: tuple[str, ...], environment: dict[str, str], code: int, said: str
) -> None:
    done = run(tmp_path, *words, **environment)
    assert done.returncode == code, done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_secrets_never_show(tmp_path: Path) -> None:
    run(tmp_path, "setup")
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
