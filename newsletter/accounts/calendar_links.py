"""The link at which a calendar program reads a user's schedule: made, replaced, revoked. Whoever has it may read."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime

from django.db import transaction

from newsletter.accounts.models import CalendarLink, User
from newsletter.accounts.own_account import require_own, require_own_or_users
from newsletter.accounts.users import get_user_row
from newsletter.kernel.actors import ActionRecord, Actor
from newsletter.kernel.errors import NotFound

_LONGEST = 100  # characters of what may be a token


def create_link(email: str, *, by: Actor, now: datetime) -> str:
    """A new token for the link of a user; it replaces an earlier one. Raises NotFound, NotAllowed for somebody else."""
    require_own(by, email)
    user, token = get_user_row(email), secrets.token_urlsafe(32)
    with transaction.atomic():
        CalendarLink.objects.update_or_create(user=user, defaults={"digest": _compute_digest(token), "created_at": now})
        by.record(ActionRecord("made calendar link", user.email, now))
    return token


def revoke_link(email: str, *, by: Actor, now: datetime) -> None:
    """Ends the link of a user. Raises NotFound where there is none, NotAllowed."""
    require_own_or_users(by, email)
    user = get_user_row(email)
    with transaction.atomic():
        if not CalendarLink.objects.filter(user=user).delete()[0]:
            raise NotFound(f"{user.email} has no calendar link.")
        by.record(ActionRecord("revoked calendar link", user.email, now))


def find_created_at(user: User) -> datetime | None:
    """When the link of a user was made; None where there is none."""
    return CalendarLink.objects.filter(user=user).values_list("created_at", flat=True).first()


def find_user(token: str) -> User | None:
    """The user whose link has this token, if they are active."""
    if not token or len(token) > _LONGEST:
        return None
    row = CalendarLink.objects.select_related("user").filter(digest=_compute_digest(token)).first()
    return row.user if row is not None and row.user.is_active else None


def _compute_digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
