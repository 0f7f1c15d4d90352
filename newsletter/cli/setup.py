"""Prepare the database and the first administrator."""

from __future__ import annotations

import sys
from pathlib import Path

import typer
from django.core.management import call_command

from newsletter.accounts import otp_devices, users
from newsletter.cli.acting import get_actor
from newsletter.cli.output import read_text_file, say
from newsletter.config import BY_NAME
from newsletter.delivery import installation
from newsletter.jobs import file_rights, wiring
from newsletter.kernel import clock
from newsletter.kernel.errors import BadInput, SurroundingsError

app = typer.Typer(add_completion=False)


@app.command()
def set_up(
    user: str = typer.Option("", help="Address of the first administrator."),
    password_file: Path | None = typer.Option(None, help="File that holds the password."),
    name: str = typer.Option("", help="Name of the administrator."),
) -> None:
    """Prepare the database and the first administrator. Running it again is harmless and updates the database."""
    config = wiring.get_config()
    _make_data_folder(config.data_dir)
    call_command("migrate", interactive=False, verbosity=0)
    otp_devices.seal_stored()
    installation.check(clock.now())  # from here on it is known: also a backup that is made before the first start
    if tightened := file_rights.make_private(config):
        say(f"Others could read {tightened} of our files or folders: now only their owner can.")
    say(f"The database is ready in {config.data_dir}.")
    if not user and not users.list_users() and sys.stdin.isatty():
        user = typer.prompt("Address of the first administrator")
    if user:
        _create_administrator(user, password_file, name)
    elif not users.list_users():
        say("Nobody can sign in yet. Run: newsletter setup --user ADDRESS --password-file FILE")
    if not config.provider:
        option = BY_NAME["NEWSLETTER_PROVIDER"]
        say(f"Next, choose how mail leaves: set {option.name} to {option.limits}.")
    say("Every setting, with what it can be and means: newsletter doctor --settings")
    say("Then start everything: newsletter run")


def _make_data_folder(folder: Path) -> None:
    """It is there already where the installation made its own secret key, and not where one was given."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SurroundingsError(f"The data folder {folder} cannot be used: {error}. Set NEWSLETTER_DATA_DIR.") from None


def _create_administrator(user: str, password_file: Path | None, name: str) -> None:
    if any(person.email == user.strip().casefold() for person in users.list_users()):
        say(f"{user} exists already. To set a new password: newsletter users password {user} --password-file FILE")
        return
    password = _read_password(password_file)
    users.create_user(user, password, name=name, role="admin", by=get_actor(), now=clock.now())
    say(f"{user} may sign in as administrator.")


def _read_password(password_file: Path | None) -> str:
    if password_file is not None:
        return read_text_file(password_file, "The password file")
    if not sys.stdin.isatty():
        raise BadInput("Give the password in a file: --password-file FILE", "password_file")
    return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))
