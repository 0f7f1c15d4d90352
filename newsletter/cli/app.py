"""The root of the command line: nouns are imported only when called, errors become one clear line.

Django and our packages take most of a second to import, so `newsletter --help` lists the nouns from
the table below and imports none of them.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from importlib import import_module
from typing import Any, NoReturn

import typer
from typer.core import TyperCommand, TyperGroup

from newsletter.kernel.errors import Conflict, NewsletterError

# name → (module, help)
NOUNS: dict[str, tuple[str, str]] = {
    "setup": ("setup", "Prepare the database and the first administrator."),
    "run": ("run", "Run everything: web, scheduler and worker, each in its own process."),
    "web": ("web", "Serve the desk and the public pages."),
    "worker": ("worker", "Freeze audiences and send batches to the provider."),
    "scheduler": ("scheduler", "Create drafts, start and hold mailings as scheduled; fetch feeds."),
    "demo": ("demo", "Compose and deliver a sample briefing in a folder of its own."),
    "database": ("database", "Back up, restore, recount, and decide when rows may have gone back in time."),
    "doctor": ("doctor", "Report what is misconfigured, and how to fix it."),
    "manage": ("manage", "Run Django's own management commands."),
    "newsletters": ("newsletters", "The products: sender, list, sections, theme."),
    "feeds": ("feeds", "Where stories come from."),
    "articles": ("articles", "Stories taken from feeds, pages, files or pasted text."),
    "editions": ("editions", "Pick, write, check, preview, approve and send an edition."),
    "rules": ("rules", "What is suggested for a newsletter: rules and the track record."),
    "schedules": ("schedules", "When a newsletter goes out."),
    "mailings": ("mailings", "What was sent to whom, and its outcome."),
    "lists": ("lists", "What people subscribe to."),
    "segments": ("segments", "Saved filters over subscribers."),
    "suppressions": ("suppressions", "The suppression list, and which domains may not sign up."),
    "subscribers": ("subscribers", "Add, import, export and find subscribers."),
    "users": ("users", "Who works at the desk, and with which roles."),
    "notifications": ("notifications", "What users and webhooks are told of."),
    "audit": ("audit", "Who did what, when, and which values changed."),
}
# Nouns, verbs and options by their names in 0.1.0: still taken, listed nowhere, and the new name is printed on stderr.
OLD_NAMES = {
    "heartbeat": "scheduler",
    "articles hold": "articles dates",
    "editions box --shown-to": "--visibility",
    "editions check --look": "--check-pages",
    "editions edit --shown-to": "--visibility",
    "lists silent": "lists inactive",
    "mailings pull": "mailings sync-suppressions",
    "newsletters create --least": "--min-stories",
    "rules taste": "rules track-record",
    "schedules add --open-before": "--draft-before",
    "schedules create": "schedules add",
    "subscribers move": "subscribers change-address",
    "subscribers tries": "subscribers signup-attempts",
}
NO_TEXT = "What was given holds bytes that are no text in UTF-8. Give it in UTF-8."
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
        args, replaced = replace_old_names(args)
        for old, new in replaced:
            typer.echo(f"“{old}” is now called “{new}”. The old name goes with the next release.", err=True)
        name, command, rest = super().resolve_command(ctx, args)
        return name, _load_noun(name) if name in NOUNS else command, rest


def replace_old_names(args: list[str]) -> tuple[list[str], list[tuple[str, str]]]:
    """The words of a command line under today's names, and what was replaced: old name, new name."""
    words, replaced = list(args), []
    for length in (1, 2):  # the noun, then its verb
        old = " ".join(words[:length])
        if old in OLD_NAMES:
            words[:length] = OLD_NAMES[old].split()
            replaced.append((old, OLD_NAMES[old]))
    command = " ".join(words[:2])
    for place, word in enumerate(words):
        if word == "--":  # no options behind it
            break
        option, equals, value = word.partition("=")
        new = OLD_NAMES.get(f"{command} {option}")
        if new is not None:
            words[place] = f"{new}{equals}{value}"
            replaced.append((option, new))
    return words, replaced


def _load_noun(name: str) -> Any:
    if name not in WITHOUT_DJANGO:
        prepare_django()
    module = import_module(f"newsletter.cli.{NOUNS[name][0]}")
    command = typer.main.get_command(module.app)
    command.name = name
    return command


def prepare_django() -> None:
    """Prepares Django: after this, packages with models can be imported."""
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
def show_version(version: bool = typer.Option(False, "--version", help="Print the version and exit.")) -> None:
    """Newsletters from pick to proof: pick → render → check → send → prove."""
    if version:
        from newsletter import __version__

        typer.echo(__version__)
        raise typer.Exit


def main() -> NoReturn:
    """Runs the command line and ends the process: 0 done, 1 refused, 2 usage, 3 surroundings."""
    os.umask(0o077)  # also what is written before Django's settings are read
    if any(map(_is_no_text, sys.argv[1:])):
        _exit_with(NO_TEXT, 2)
    try:
        app(prog_name="newsletter")
    except NewsletterError as error:
        _exit_with("\n".join([f"{error} {error.command_hint}".strip(), *_list_differences(error)]), error.exit_code)
    except KeyboardInterrupt:
        _exit_with("Stopped.", 130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # nobody reads our output any more
        sys.exit(0)
    except UnicodeEncodeError as error:
        if error.reason != "surrogates not allowed":
            raise
        _exit_with(NO_TEXT, 2)
    except Exception as error:
        message = _describe_failure(error)
        if message is None:
            raise
        _exit_with(message, 3)
    sys.exit(0)


def _is_no_text(word: str) -> bool:
    """Whether a word of the command line holds bytes that are no text; the name of a file may."""
    return any("\ud800" <= each <= "\udfff" for each in word) and not os.path.lexists(word)


def _list_differences(error: NewsletterError) -> Iterator[str]:
    """What changed meanwhile, a line each, where that is why it was refused."""
    for each in error.differences if isinstance(error, Conflict) else ():
        who = f" ({each.by})" if each.by else ""
        yield f"  {each.label or each.name}: “{each.seen[:200]}” is now “{each.present[:200]}”{who}"


def _describe_failure(error: Exception) -> str | None:
    """A sentence for a failure of database, settings or disk; None for anything else (a defect of ours)."""
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
