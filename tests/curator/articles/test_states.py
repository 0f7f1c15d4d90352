"""Labels of states that their names do not say."""

from __future__ import annotations

from newsletter.curator.articles.states import SourceState


def test_a_feed_that_was_never_fetched_says_that_it_is_still_to_come() -> None:
    assert [state.label for state in SourceState] == ["Fresh", "Late", "Not fetched yet"]
