"""Who acts on the command line."""

from __future__ import annotations

import getpass

from newsletter.accounts.actors import SystemActor
from newsletter.accounts.audit_log import COMMAND_LINE


def get_actor() -> SystemActor:
    """The command line, with the system user who runs it, as service functions take it."""
    user = get_user_name()
    return SystemActor(f"{COMMAND_LINE} ({user})" if user else COMMAND_LINE)


def get_user_name() -> str:
    """The system user who runs the command; "" for a container's user without a name."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return ""
