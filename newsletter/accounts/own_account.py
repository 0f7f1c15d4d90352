"""What users do with their own account: who that is, and the password that confirms it."""

from __future__ import annotations

from datetime import datetime, timedelta

from newsletter.accounts.actors import SystemActor, UserActor
from newsletter.accounts.models import AuditEntry, User
from newsletter.kernel.actors import ActionRecord, Actor, Verb, require_right
from newsletter.kernel.errors import BadInput, NotAllowed, Refused

MOST_WRONG_PASSWORDS = 5
WRONG_PASSWORD_WINDOW = timedelta(minutes=15)
_WRONG_PASSWORD = "gave a wrong password"  # noqa: S105  an action of the audit log


class TooManyPasswords(Refused):
    """Too many wrong passwords."""

    http_status = 429


def normalise_email(email: str) -> str:
    """An address as accounts are found by it."""
    return email.strip().casefold()


def require_own(by: Actor, email: str) -> None:
    """Raises NotAllowed unless the account is the actor's own, or a command acts: whoever runs it has the database."""
    if not (isinstance(by, SystemActor) or _is_own(by, email)):
        raise NotAllowed("Only the user can do this, signed in.")


def require_own_or_users(by: Actor, email: str) -> None:
    """Raises NotAllowed unless the account is the actor's own, or they have the right to change users."""
    if not _is_own(by, email):
        require_right(by, Verb.USERS)


def refuse_own(by: Actor, email: str) -> None:
    """Raises Refused for the actor's own account: whoever finds an administrator's session open shall not take it over.

    One's own password and codes are changed by whoever knows the password.
    """
    if _is_own(by, email):
        raise Refused("This is your own account. Change its password and codes under Account, with your password.")


def confirm_password(user: User, password: str, *, by: Actor, now: datetime) -> None:
    """Checks the password of somebody who is signed in already.

    Raises BadInput for a wrong one, which is recorded; Refused after too many: whoever finds a session open shall not
    guess there.
    """
    tried = AuditEntry.objects.filter(target=user.email, verb=_WRONG_PASSWORD, at__gt=now - WRONG_PASSWORD_WINDOW)
    if tried.count() >= MOST_WRONG_PASSWORDS:
        raise TooManyPasswords("Too many wrong passwords. Wait a quarter of an hour, then try again.")
    if not user.check_password(password):
        by.record(ActionRecord(_WRONG_PASSWORD, user.email, now))
        raise BadInput("The password is wrong, so nothing was changed.", "password")


def _is_own(by: Actor, email: str) -> bool:
    return isinstance(by, UserActor) and by.user.is_active and by.user.email == normalise_email(email)
