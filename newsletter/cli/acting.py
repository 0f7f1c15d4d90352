"""Who acts on the command line."""

from __future__ import annotations

import getpass

from newsletter.accounts.actors import SystemActor
from newsletter.accounts.audit_log import COMMAND_LINE


def get_actor() -> SystemActor:
    """The command line, with the system user who runs it, as service functions take it."""
    try:
        user = getpass.getuser()
    except (OSError, KeyError):  # a container's user without a name
        return SystemActor(COMMAND_LINE)
    return SystemActor(f"{COMMAND_LINE} ({user})")
