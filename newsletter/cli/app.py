"""The root of the command line: nouns are loaded only when called, errors become one clear line.

Django and the rooms take most of a second to import, so `newsletter --help` lists the nouns from
the table below and imports none of them.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import Any, NoReturn

import typer
from typer.core import TyperCommand, TyperGroup

from newsletter.kernel.errors import NewsletterError

# name → (module, help)
NOUNS: dict[str, tuple[str, str]] = {
    "setup": ("setup", "Prepare the database and the first administrator."),
    "run": ("run", "Run everything: web, heartbeat and worker, each in its own process."),
    "web": ("web", "Serve the desk and the readers' pages."),
    "worker": ("worker", "Freeze audiences and hand batches over to the provider."),
    "heartbeat": ("scheduler", "Open, claim and hold what the schedule says; fetch feeds."),
    "demo": ("demo", "Compose and deliver a sample briefing in a folder of its own."),
    "doctor": ("doctor", "Say what is misconfigured, and how to mend it."),
    "manage": ("manage", "Django's own management commands."),
    "newsletters": ("newsletters", "The products: sender, list, sections, look."),
    "feeds": ("feeds", "Where stories come from."),
    "articles": ("articles", "Stories taken from feeds, pages, files or pasted text."),
    "editions": ("editions", "Pick, write, check, preview, approve and send an edition."),
    "rules": ("rules", "What is suggested for a newsletter: rules, and what was learned."),
    "schedules": ("schedules", "When a newsletter goes out."),
    "mailings": ("mailings", "What was sent to whom, and what became of it."),
    "lists": ("lists", "What people subscribe to."),
    "segments": ("segments", "Questions about readers, by name."),
    "suppressions": ("suppressions", "Who must never be mailed, and which domains may not sign up."),
    "subscribers": ("subscribers", "The readers: add, import, export, find."),
    "users": ("users", "The people of the newsroom and their rights."),
}
WITHOUT_DJANGO = frozenset({"demo"})  # sets its own data folder before the settings are read


class _NounGroup(TyperGroup):
    """A group whose commands are imported when they are called, not when they are listed."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(NOUNS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in NOUNS:
            return None
        return TyperCommand(cmd_name, help=NOUNS[cmd_name][1])

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        name, command, rest = super().resolve_command(ctx, args)
        return name, _load_noun(name) if name in NOUNS else command, rest


def _load_noun(name: str) -> Any:
    if name not in WITHOUT_DJANGO:
        prepare_django()
    module = import_module(f"newsletter.cli.{NOUNS[name][0]}")
    command = typer.main.get_command(module.app)
    command.name = name
    return command


def prepare_django() -> None:
    """Prepares Django: after this, rooms with models can be imported."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "newsletter.settings")
    import django

    django.setup()


app = typer.Typer(
    cls=_NounGroup,
    name="newsletter",
    help="Newsletters from pick to proof: pick → render → check → send → prove.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.callback(invoke_without_command=True)
def show_version(version: bool = typer.Option(False, "--version", help="Print the version and end.")) -> None:
    """Newsletters from pick to proof: pick → render → check → send → prove."""
    if version:
        from newsletter import __version__

        typer.echo(__version__)
        raise typer.Exit


def main() -> NoReturn:
    """Runs the command line and ends the process: 0 done, 1 refused, 2 usage, 3 surroundings."""
    try:
        app(prog_name="newsletter")
    except NewsletterError as error:
        _exit_with(str(error), error.exit_code)
    except KeyboardInterrupt:
        _exit_with("Stopped.", 130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the reader of our output has gone
        sys.exit(0)
    except Exception as error:
        message = _describe_failure(error)
        if message is None:
            raise
        _exit_with(message, 3)
    sys.exit(0)


def _describe_failure(error: Exception) -> str | None:
    """A sentence for trouble of database or disk; None for anything else (a defect of ours)."""
    from django.core.exceptions import ImproperlyConfigured
    from django.db import DatabaseError

    if isinstance(error, DatabaseError):
        if "no such table" in str(error) or "does not exist" in str(error):
            return "The database is not prepared yet. Run: newsletter setup"
        return (
            f"The database did not answer as it should: {error}. Check NEWSLETTER_DATABASE_URL, then: newsletter doctor"
        )
    if isinstance(error, ImproperlyConfigured):
        return f"The settings do not work: {error}"
    if isinstance(error, OSError):
        return f"{error.strerror or error}: {error.filename or 'a file or connection'}"
    return None


def _exit_with(message: str, code: int) -> NoReturn:
    typer.echo(message, err=True)
    sys.exit(code)
