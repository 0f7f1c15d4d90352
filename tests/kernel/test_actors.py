"""Asking an actor, and what a refusal says."""

from __future__ import annotations

import pytest

from newsletter.accounts.actors import SystemActor
from newsletter.kernel.actors import Verb, require_right, require_right_somewhere
from newsletter.kernel.errors import NotAllowed


class Nobody(SystemActor):
    """May nothing."""

    def may(self, *asked: object, **where: object) -> bool:
        return False

    def list_visible_lists(self, verb: Verb) -> frozenset[int]:
        return frozenset()


def test_who_may_is_let_through() -> None:
    require_right(SystemActor("the scheduler"), Verb.SEND, newsletter_id=1)


@pytest.mark.parametrize("verb", Verb)
def test_a_refusal_says_what_is_not_allowed_and_who_can_change_that(verb: Verb) -> None:
    with pytest.raises(NotAllowed, match=f"{verb.description} here. An administrator"):
        require_right(Nobody("a stranger"), verb, newsletter_id=1)


def test_a_refusal_for_all_newsletters_says_so() -> None:
    with pytest.raises(NotAllowed, match="for all newsletters"):
        require_right(Nobody("a stranger"), Verb.CONFIGURE)


def test_a_right_somewhere_is_one_for_some_list_or_for_all() -> None:
    require_right_somewhere(SystemActor("the scheduler"), Verb.EDIT)
    with pytest.raises(NotAllowed, match="no right to edit"):
        require_right_somewhere(Nobody("nobody"), Verb.EDIT)
