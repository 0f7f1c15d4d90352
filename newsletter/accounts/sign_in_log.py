"""Signing in and out, and failing to, in the audit log.

A name that no user has is kept as a keyed digest alone: it is often a password, typed into the wrong field.
"""

from __future__ import annotations

import hmac
from datetime import datetime
from hashlib import sha256

from django.conf import settings
from django.db import transaction

from newsletter.accounts import audit_log
from newsletter.accounts.actors import SystemActor
from newsletter.accounts.models import User
from newsletter.accounts.own_account import normalise_email
from newsletter.kernel.actors import ActionRecord, Actor

ACTIONS = ("failed to sign in", "locked out", "signed in", "signed out", "session ended")
NOBODY = "not signed in"  # who acts, in the audit log


def find_logged_name(email: str) -> str:
    """The name that somebody typed, as it is kept: a user's address, or a digest by which it can be recognised."""
    typed = normalise_email(email)
    if User.objects.filter(email=typed).exists():
        return typed
    digest = hmac.new(settings.SECRET_KEY.encode(), b"name:" + typed.encode("utf-8", "surrogatepass"), sha256)
    return f"unknown name {digest.hexdigest()[:16]}"


def record_failure(email: str, *, was_refused: bool, limit: str, network: str, now: datetime) -> None:
    """Records that name or password were wrong, and which limit that reached, if one.

    What is refused unseen while a limit holds is not recorded: the log would grow as fast as somebody can ask.
    """
    if was_refused:
        return
    with transaction.atomic():
        _record("failed to sign in", email, "", network, now)
        if limit:
            _record("locked out", email, limit, network, now)


def record_wrong_code(email: str, *, network: str, now: datetime) -> None:
    """Records that the password was right, and the code after it wrong."""
    _record("failed to sign in", email, "the password was right, the code wrong", network, now)


def record_sign_in(email: str, *, detail: str, by: Actor, now: datetime) -> None:
    """Records that a user signed in, and with what."""
    by.record(ActionRecord("signed in", email, now, detail=detail))


def record_sign_out(email: str, *, by: Actor, now: datetime) -> None:
    """Records that a user signed out."""
    by.record(ActionRecord("signed out", email, now))


def record_session_end(email: str, reason: str, *, by: Actor, now: datetime) -> None:
    """Records that a session ended without its user."""
    by.record(ActionRecord("session ended", email, now, detail=reason))


def delete_old_entries(instant: datetime) -> int:
    """Deletes what is recorded here of before an instant. Returns how many entries."""
    return audit_log.delete_before(instant, actions=ACTIONS)


def _record(action: str, email: str, detail: str, network: str, now: datetime) -> None:
    SystemActor(NOBODY, network).record(ActionRecord(action, find_logged_name(email), now, detail=detail))
