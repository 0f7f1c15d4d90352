"""Hints to workers on other machines; where workers look for themselves there are none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from newsletter.jobs import hints


@pytest.mark.parametrize("hint", [hints.hint_mailings, hints.hint_events, hints.hint_imports])
def test_on_sqlite_a_hint_asks_the_database_for_nothing(
    hint: Callable[[], None],
    db: None,
    django_capture_on_commit_callbacks: Any,
    django_assert_num_queries: Any,
) -> None:
    with django_assert_num_queries(0), django_capture_on_commit_callbacks(execute=True):
        hint()


def test_a_hint_about_a_mailing_waits_until_the_mailing_is_there(
    db: None, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks() as waiting:
        hints.hint_mailings()
    assert len(waiting) == 1
