"""Browsers in which a user has signed in before: they keep a signed mark of it."""

from __future__ import annotations

import secrets
from datetime import timedelta

from django.core import signing

from newsletter.accounts.models import User
from newsletter.accounts.own_account import normalise_email

COOKIE = "desk_device"
LIFE = timedelta(days=180)
_SALT = "newsletter.accounts.known_devices"


def make_mark(user_id: int) -> str:
    """What a browser keeps once its user has signed in: by it the user is let in while strangers try the name."""
    return signing.dumps([user_id, secrets.token_hex(8)], salt=_SALT)


def find_device(mark: str, email: str) -> str:
    """The name by which a browser is counted that was marked when this user signed in; "" for any other browser."""
    try:
        user_id, number = signing.loads(mark, salt=_SALT, max_age=LIFE)
    except (signing.BadSignature, ValueError):
        return ""
    if not User.objects.filter(id=user_id, email=normalise_email(email)).exists():
        return ""
    return f"browser {number} {name_browsers_of(user_id)}"


def name_browsers_of(user_id: int) -> str:
    """How the names of all browsers of a user end."""
    return f"of user {user_id}"
