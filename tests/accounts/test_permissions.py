"""Who may do what: the table."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser

from newsletter.accounts.permissions import can, list_visible_newsletters, map_visible_newsletters
from newsletter.accounts.roles import ALLOWED_VERBS, RoleName
from newsletter.kernel.actors import Verb


def test_a_role_for_one_newsletter_covers_only_that_one(people: dict[str, Any], newsroom: Any) -> None:
    assert can(people["editor"], Verb.EDIT, newsroom.briefing)
    assert not can(people["editor"], Verb.EDIT, newsroom.other)
    assert not can(people["editor"], Verb.EDIT)


def test_a_role_for_the_newsroom_covers_all(people: dict[str, Any], newsroom: Any) -> None:
    for verb in Verb:
        assert can(people["admin"], verb, newsroom.briefing.id)
        assert can(people["admin"], verb)
    assert list_visible_newsletters(people["admin"]) is None


def test_editing_is_not_sending() -> None:
    assert Verb.EDIT in ALLOWED_VERBS[RoleName.AUTHOR]
    assert Verb.SEND not in ALLOWED_VERBS[RoleName.AUTHOR]
    assert Verb.APPROVE not in ALLOWED_VERBS[RoleName.AUTHOR]


@pytest.mark.parametrize("verb", Verb)
def test_a_stranger_may_nothing(verb: Verb, people: dict[str, Any], newsroom: Any) -> None:
    assert not can(AnonymousUser(), verb, newsroom.briefing)
    assert not can(None, verb)
    assert not can(people["stranger"], verb, newsroom.briefing)
    people["admin"].is_active = False
    assert not can(people["admin"], verb)


def test_what_is_visible_is_known_for_all_verbs_at_once(people: dict[str, Any], newsroom: Any) -> None:
    for who in people.values():
        assert map_visible_newsletters(who) == {verb: list_visible_newsletters(who, verb) for verb in Verb}
    assert map_visible_newsletters(people["editor"])[Verb.EDIT] == {newsroom.briefing.id}
    assert set(map_visible_newsletters(AnonymousUser()).values()) == {frozenset()}
