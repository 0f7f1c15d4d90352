"""What must be in order before a process starts."""

from __future__ import annotations

import fcntl
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.core import checks
from django.db import connection

from newsletter.cli.output import warn
from newsletter.delivery import installation
from newsletter.jobs import schema, wiring
from newsletter.kernel import clock
from newsletter.kernel.errors import Refused, SurroundingsError


def require_ready() -> None:
    """Refuses to start without a provider (with its key), with wrong settings or an outdated database."""
    wiring.get_provider()
    require_valid_settings()
    schema.require_known()
    if schema.list_missing_migrations():
        raise Refused("The database is not up to date. Run: newsletter setup")
    connection.close()


def look_at_history() -> None:
    """Looks whether the database is the one this machine was at, and says so where sending is held.

    A machine that is new to a database on PostgreSQL waits for up to a minute, to see another one at work on it.
    """
    if nesting := installation.describe_nesting():
        warn(f"{nesting} Set NEWSLETTER_STATE_DIR.")
    standing = installation.check(clock.now(), wait=time.sleep)
    if standing.held:
        warn(f"SENDING IS HELD: {standing.held}\nSee what is known: newsletter database status")


@contextmanager
def only_one(folder: Path) -> Iterator[None]:
    """Keeps a second `newsletter run` off a data folder. Raises SurroundingsError with the id of the first."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "run.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise SurroundingsError(
                f"Process {lock.read().strip() or '(unknown)'} runs with the data folder {folder} already. Stop it "
                "first, or give this one a folder of its own: NEWSLETTER_DATA_DIR."
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def require_valid_settings() -> None:
    """Raises SurroundingsError with what Django's system checks find wrong."""
    errors = [each for each in checks.run_checks() if each.is_serious()]
    if errors:
        lines = [f"{each.id}: {each.msg} {each.hint or ''}".strip() for each in errors]
        raise SurroundingsError("\n".join(["The settings do not work:", *lines]))


def read_secrets_on_hangup() -> None:
    """Lets a hangup mean that secrets in files have changed. It never ends a process."""
    signal.signal(signal.SIGHUP, lambda *_: wiring.read_secrets_again())
