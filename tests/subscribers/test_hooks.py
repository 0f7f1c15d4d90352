"""What the project plugs in; where it plugs in nothing, everything goes on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from subscribers import hooks

NOW = datetime(2026, 11, 24, 6, 0, tzinfo=UTC)


@pytest.fixture
def unplugged(settings: Any) -> None:
    settings.SUBSCRIBERS_HOOKS = {}


def test_without_hooks_no_captcha_is_asked_and_nothing_is_known_elsewhere(unplugged: None) -> None:
    assert hooks.check_captcha("", "192.0.2.1")
    assert hooks.get_captcha_widget() == {}
    assert hooks.find_arrival(1, [1], NOW) is None
    assert hooks.collect_external_data(1) == {}


def refuse_captcha(answer: str, network: str) -> bool:
    return (answer, network) == ("right", "192.0.2.1")


def arrive_at_once(subscriber_id: int, list_ids: Sequence[int], now: datetime) -> datetime | None:
    return now if (subscriber_id, list(list_ids)) == (7, [1, 2]) else None


def test_a_hook_gets_what_it_has_to_know_and_its_answer_counts(settings: Any) -> None:
    settings.SUBSCRIBERS_HOOKS = {
        "captcha": f"{__name__}.refuse_captcha",
        "on_its_way": f"{__name__}.arrive_at_once",
    }
    assert hooks.check_captcha("right", "192.0.2.1")
    assert not hooks.check_captcha("wrong", "192.0.2.1")
    assert hooks.find_arrival(7, [1, 2], NOW) == NOW
    assert hooks.find_arrival(8, [1, 2], NOW) is None


def test_every_name_the_settings_may_use_is_that_of_a_hook_in_use(settings: Any) -> None:
    assert set(settings.SUBSCRIBERS_HOOKS) <= hooks.NAMES
