"""Names of 0.1.0 on the command line."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from newsletter.cli.app import NOUNS, OLD_NAMES, app, replace_old_names
from tests.cli.conftest import USAGE, Newsletter, run


@pytest.mark.parametrize(
    ("words", "today"),
    [
        ("heartbeat --once", "scheduler --once"),
        ("subscribers tries --days 3", "subscribers signup-attempts --days 3"),
        ("editions edit 1 KEY --shown-to free", "editions edit 1 KEY --visibility free"),
        ("editions edit 1 KEY --shown-to=free", "editions edit 1 KEY --visibility=free"),
        ("schedules create morning --open-before 120", "schedules add morning --draft-before 120"),
        ("editions box 1 -- --shown-to", "editions box 1 -- --shown-to"),
        ("feeds add heartbeat", "feeds add heartbeat"),
        ("editions send 1 --look", "editions send 1 --look"),
        ("", ""),
    ],
)
def test_an_old_name_is_replaced_only_where_it_was_one(words: str, today: str) -> None:
    assert " ".join(replace_old_names(words.split())[0]) == today


@pytest.mark.parametrize("old", OLD_NAMES)
def test_every_old_name_leads_to_something_that_exists_and_is_itself_gone(old: str) -> None:
    options = _find_options(replace_old_names(old.split())[0])
    assert old not in NOUNS
    if old.split()[-1].startswith("--"):
        assert OLD_NAMES[old] in options
        assert old.split()[-1] not in options


def _find_options(words: list[str]) -> set[str]:
    """The options of a command. Raises when there is no such command."""
    command: Any = typer.main.get_command(app)
    context = typer.Context(command, info_name="newsletter")
    for word in words:
        if word.startswith("--"):
            break
        _, command, _ = command.resolve_command(context, [word])
        context = typer.Context(command, info_name=word, parent=context)
    return {flag for each in command.params for flag in each.opts}


def test_the_new_name_is_printed_on_standard_error() -> None:
    done = CliRunner().invoke(app, ["heartbeat", "--help"])
    assert done.exit_code == 0
    assert done.stderr.strip() == "“heartbeat” is now called “scheduler”. The old name goes with the next release."


def test_old_names_are_not_listed() -> None:
    assert "heartbeat" not in CliRunner().invoke(app, ["--help"]).stdout


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
def test_every_noun_has_help(noun: str) -> None:
    done = CliRunner().invoke(app, [noun, "--help"], prog_name="newsletter")
    assert done.exit_code == 0, done.stderr
    assert "Usage: newsletter" in done.stdout


@pytest.mark.parametrize(
    ("words", "environment", "code", "message"),
    [
        (("feeds", "list"), {}, 3, "newsletter setup"),
        (
            ("feeds", "list"),
            {"NEWSLETTER_DATABASE_URL": "postgres://nobody@127.0.0.1:1/none"},
            3,
            "NEWSLETTER_DATABASE_URL",
        ),
        (("feeds", "list"), {"NEWSLETTER_PROVIDER": "pigeon"}, 2, "outbox, sendgrid or smtp"),
        (("feeds", "list"), {"NEWSLETTER_BASE_URL": "news.example.com"}, 2, "NEWSLETTER_BASE_URL"),
        (("feeds", "list"), {"NEWSLETTER_SECRET_KEY_FILE": "/nowhere/key"}, 3, "NEWSLETTER_SECRET_KEY_FILE"),
        (("run",), {}, 2, "NEWSLETTER_PROVIDER"),
        (("run",), {"NEWSLETTER_PROVIDER": "sendgrid"}, 2, "SENDGRID_API_KEY"),
        (("run",), {"NEWSLETTER_PROVIDER": "outbox"}, 1, "newsletter setup"),
        (("editions", "explode"), {}, 2, "No such command"),
    ],
)
def test_trouble_is_one_clear_line_with_the_remedy(
    tmp_path: Path, words: tuple[str, ...], environment: dict[str, str], code: int, message: str
) -> None:
    done = run(tmp_path, *words, **environment)
    assert done.returncode == code, done.stderr
    assert message in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.django_db
def test_bytes_that_are_no_text_are_said_in_one_line(newsletter: Newsletter) -> None:
    code, _, said = newsletter("lists", "create", "morning", "--name", "Mor\udcffning")
    assert code == USAGE
    assert said == "What was given holds bytes that are no text in UTF-8. Give it in UTF-8."
