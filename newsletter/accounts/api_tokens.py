"""Tokens with which programs act for a user, with that user's permissions. Only a hash is stored."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from newsletter.accounts.models import ApiToken, User
from newsletter.accounts.users import get_user_row
from newsletter.kernel.errors import BadInput, NotFound, Refused

MOST_TOKENS = 20  # tokens to a person
LONGEST_NAME = 60
USED_EVERY = timedelta(minutes=5)  # how often “last used” is written: not with every call
_LONGEST = 100  # characters of what may be a token


@dataclass(frozen=True, slots=True)
class ApiTokenInfo:
    """A token as it is shown: its name and first letters, never the whole."""

    id: int
    email: str
    name: str
    prefix: str
    created_at: datetime
    used_at: datetime | None


def create_token(email: str, name: str, *, now: datetime) -> tuple[ApiTokenInfo, str]:
    """A new token of a person, and its text, which nobody can show again. Raises BadInput, NotFound, Refused."""
    user = get_user_row(email)
    flat = " ".join(name.split())
    if not flat or len(flat) > LONGEST_NAME:
        raise BadInput(f"Name the token after the program that uses it, in at most {LONGEST_NAME} characters.", "name")
    if user.tokens.count() >= MOST_TOKENS:
        raise Refused(f"{user.email} has {MOST_TOKENS} tokens, which is the most. Revoke one first.")
    prefix = secrets.token_hex(4)
    text = f"nl_{prefix}_{secrets.token_urlsafe(32)}"
    row = ApiToken.objects.create(user=user, name=flat, prefix=prefix, digest=_compute_digest(text), created_at=now)
    return _to_info(row), text


def find_token_user(text: str, *, now: datetime) -> User | None:
    """The active user of a token; None for any other text. Takes the same time for all that look like a token."""
    parts = text[:_LONGEST].split("_", 2)
    if len(parts) != 3 or parts[0] != "nl" or len(text) > _LONGEST:
        return None
    row = ApiToken.objects.select_related("user").filter(prefix=parts[1]).first()
    right = hmac.compare_digest(row.digest if row else "0" * 64, _compute_digest(text))
    if row is None or not right or not row.user.is_active:
        return None
    if row.used_at is None or now - row.used_at > USED_EVERY:
        ApiToken.objects.filter(id=row.pk).update(used_at=now)
    return row.user


def list_tokens(email: str = "") -> tuple[ApiTokenInfo, ...]:
    """The tokens of a person, or of everybody."""
    rows = ApiToken.objects.select_related("user").order_by("user__email", "created_at")
    return tuple(_to_info(row) for row in (rows.filter(user=get_user_row(email)) if email else rows))


def revoke_token(token_id: int, *, email: str = "") -> None:
    """Ends a token (with `email`: only one of that person). Raises NotFound."""
    rows = ApiToken.objects.filter(id=token_id)
    if not (rows.filter(user=get_user_row(email)) if email else rows).delete()[0]:
        raise NotFound(f"There is no token {token_id}.")


def _compute_digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _to_info(row: ApiToken) -> ApiTokenInfo:
    return ApiTokenInfo(row.pk, row.user.email, row.name, f"nl_{row.prefix}_…", row.created_at, row.used_at)
