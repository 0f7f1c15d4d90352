"""What a token may be used for. Pure. Stored values stay."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from newsletter.kernel.errors import BadInput


class TokenScope(StrEnum):
    """One part of the interface for programs. A token never allows more than its user's rights."""

    ARTICLES_READ = "articles:read"
    ARTICLES_WRITE = "articles:write"
    SUBSCRIPTIONS_WRITE = "subscriptions:write"
    TIERS_WRITE = "tiers:write"

    @property
    def label(self) -> str:
        """What it allows, as people read it."""
        return _LABELS[self]


_LABELS = {
    TokenScope.ARTICLES_READ: "Look up articles",
    TokenScope.ARTICLES_WRITE: "Add and update articles",
    TokenScope.SUBSCRIPTIONS_WRITE: "Sign up subscribers",
    TokenScope.TIERS_WRITE: "Set subscribers' tiers",
}
SCOPE_NAMES = ", ".join(TokenScope)  # as people type them


def parse_scopes(texts: Iterable[str]) -> tuple[TokenScope, ...]:
    """The scopes with these stored values, each once, in their order. Raises BadInput for none and for unknown ones."""
    wanted = set(texts)
    if unknown := sorted(wanted - set(TokenScope)):
        raise BadInput(f"There is no scope “{unknown[0]}”. The scopes are {SCOPE_NAMES}.", "scope")
    if not wanted:
        raise BadInput("Choose what the token may be used for.", "scope")
    return tuple(scope for scope in TokenScope if scope in wanted)


def read_stored(text: str) -> tuple[TokenScope, ...]:
    """The scopes of a stored token; one that a later version gave allows nothing here."""
    return tuple(scope for scope in TokenScope if scope in text.split())
