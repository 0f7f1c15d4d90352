"""What a token may be used for."""

from __future__ import annotations

import pytest

from newsletter.accounts.token_scopes import TokenScope, parse_scopes, read_stored
from newsletter.kernel.errors import BadInput


def test_scopes_are_kept_once_and_in_their_order() -> None:
    given = ["tiers:write", "articles:read", "tiers:write"]
    assert parse_scopes(given) == (TokenScope.ARTICLES_READ, TokenScope.TIERS_WRITE)


@pytest.mark.parametrize(
    ("given", "message"), [([], "Choose"), (["articles:read", "everything"], "“everything”.*read")]
)
def test_none_and_unknown_ones_are_refused_with_those_there_are(given: list[str], message: str) -> None:
    with pytest.raises(BadInput, match=message) as refused:
        parse_scopes(given)
    assert refused.value.field == "scope"


def test_a_scope_of_a_later_version_allows_nothing() -> None:
    assert read_stored("articles:write users:write") == (TokenScope.ARTICLES_WRITE,)
    assert read_stored("") == ()


def test_every_scope_has_words_of_its_own() -> None:
    assert len({scope.label for scope in TokenScope}) == len(TokenScope)
