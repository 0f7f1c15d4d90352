"""Tokens with which programs act for a user, within the user's rights and the token's scopes. Stored as a hash."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from newsletter.accounts.actors import UserActor
from newsletter.accounts.models import ApiToken, User
from newsletter.accounts.own_account import confirm_password, require_own, require_own_or_users
from newsletter.accounts.token_scopes import TokenScope, parse_scopes, read_stored
from newsletter.accounts.users import get_user_row
from newsletter.kernel.actors import ActionRecord, Actor, Verb, require_right
from newsletter.kernel.errors import BadInput, NotFound, Refused

MOST_TOKENS = 20  # tokens to a person
LONGEST_NAME = 60
LONGEST_LIFE = 365  # days
USED_EVERY = timedelta(minutes=5)  # how often “last used” is written: not with every call
_LONGEST = 100  # characters of what may be a token


@dataclass(frozen=True, slots=True)
class ApiTokenInfo:
    """A token as it is shown: its name and first letters, never the whole. `expires_at` is None for older tokens."""

    id: int
    email: str
    name: str
    prefix: str
    created_at: datetime
    used_at: datetime | None
    scopes: tuple[TokenScope, ...]
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class ActiveToken:
    """A token that was sent with a call and is good: for whom it acts, and for what it may be used."""

    user: User
    name: str
    scopes: frozenset[TokenScope]


def create_token(
    email: str,
    name: str,
    *,
    scopes: Iterable[str],
    password: str | None,
    days: int = LONGEST_LIFE,
    by: Actor,
    now: datetime,
) -> tuple[ApiTokenInfo, str]:
    """A new token of a user, and its text, which nobody can show again. Raises BadInput, NotFound, Refused.

    Users make tokens for themselves alone, with their password: a token outlives the session it was made in. A command
    needs none.
    """
    require_own(by, email)
    user = get_user_row(email)
    flat = " ".join(name.split())
    if not flat or len(flat) > LONGEST_NAME:
        raise BadInput(f"Name the token after the program that uses it, in at most {LONGEST_NAME} characters.", "name")
    chosen = parse_scopes(scopes)
    if not 1 <= days <= LONGEST_LIFE:
        raise BadInput(f"A token lasts 1 to {LONGEST_LIFE} days.", "days")
    if isinstance(by, UserActor):
        confirm_password(user, password or "", by=by, now=now)
    prefix = secrets.token_hex(4)
    text = f"nl_{prefix}_{secrets.token_urlsafe(32)}"
    with transaction.atomic():
        User.objects.select_for_update().get(id=user.id)  # whoever asks at the same time waits for the count
        if not user.is_active:
            raise Refused(f"{user.email} is disabled. Enable the account first.")
        if user.tokens.count() >= MOST_TOKENS:
            raise Refused(f"{user.email} has {MOST_TOKENS} tokens, which is the most. Revoke one first.")
        row = ApiToken.objects.create(
            user=user,
            name=flat,
            prefix=prefix,
            digest=_compute_digest(text),
            created_at=now,
            scopes=" ".join(chosen),
            expires_at=now + timedelta(days=days),
        )
        by.record(
            ActionRecord(
                "made token", user.email, now, detail=flat, after={"scopes": list(chosen), "expires": row.expires_at}
            )
        )
    return _to_info(row), text


def find_active_token(text: str, *, now: datetime) -> ActiveToken | None:
    """The token with this text, if it holds and its user is active. Takes the same time for all that look like one."""
    parts = text[:_LONGEST].split("_", 2)
    if len(parts) != 3 or parts[0] != "nl" or len(text) > _LONGEST:
        return None
    row = ApiToken.objects.select_related("user").filter(prefix=parts[1]).first()
    right = hmac.compare_digest(row.digest if row else "0" * 64, _compute_digest(text))
    if row is None or not right or not row.user.is_active or (row.expires_at is not None and row.expires_at <= now):
        return None
    if row.used_at is None or now - row.used_at > USED_EVERY:
        ApiToken.objects.filter(id=row.pk).update(used_at=now)
    return ActiveToken(row.user, row.name, frozenset(read_stored(row.scopes)))


def list_tokens(email: str = "") -> tuple[ApiTokenInfo, ...]:
    """The tokens of a person, or of everybody."""
    rows = ApiToken.objects.select_related("user").order_by("user__email", "created_at")
    return tuple(_to_info(row) for row in (rows.filter(user=get_user_row(email)) if email else rows))


def revoke_token(token_id: int, *, email: str = "", by: Actor, now: datetime) -> None:
    """Ends a token (with `email`: only one of that person, who may do it alone). Raises NotFound."""
    if email:
        require_own_or_users(by, email)
    else:
        require_right(by, Verb.USERS)
    rows = ApiToken.objects.select_related("user").filter(id=token_id)
    with transaction.atomic():
        row = (rows.filter(user=get_user_row(email)) if email else rows).first()
        if row is None or not ApiToken.objects.filter(id=token_id).delete()[0]:
            raise NotFound(f"There is no token {token_id}.")
        by.record(ActionRecord("revoked token", row.user.email, now, detail=row.name))


def _compute_digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _to_info(row: ApiToken) -> ApiTokenInfo:
    return ApiTokenInfo(
        row.pk,
        row.user.email,
        row.name,
        f"nl_{row.prefix}_…",
        row.created_at,
        row.used_at,
        read_stored(row.scopes),
        row.expires_at,
    )
