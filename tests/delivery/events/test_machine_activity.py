"""Clicks of machines are told from those of people."""

from __future__ import annotations

import pytest

from newsletter.delivery.events.machine_activity import find_machine_clicks
from newsletter.delivery.ledger.states import BatchState, MemberFlag, Outcome
from newsletter.delivery.providers.base import EventType
from tests.delivery.events.test_folding import after, batch, happened


def test_a_burst_over_several_links_is_a_machine_and_slow_reading_is_not() -> None:
    burst = [happened(EventType.CLICKED, 0, 100 + n, url=f"https://x.example/{n}") for n in range(3)]
    calm = [happened(EventType.CLICKED, 1, 100 + 60 * n, url=f"https://x.example/{n}") for n in range(3)]
    twice_the_same = [happened(EventType.CLICKED, 2, 100 + n, url="https://x.example/1") for n in range(2)]
    assert find_machine_clicks([*burst, *calm, *twice_the_same]) == {click.id for click in burst}


def test_clicks_in_a_burst_count_as_those_of_a_machine() -> None:
    burst = [happened(EventType.CLICKED, 0, 100 + n, url=f"https://x.example/{n}", pick="k") for n in range(2)]
    folded = after(BatchState.ACCEPTED, batch(Outcome.DELIVERED), *burst)
    assert folded.outcomes.get_flags(0) == MemberFlag.CLICKED_BY_MACHINE
    assert folded.clicks == {("k", True): 2}


@pytest.mark.parametrize(("apart", "machine"), [(2, True), (3, False)])
def test_a_burst_lasts_two_seconds_from_click_to_click(apart: int, machine: bool) -> None:
    clicks = [happened(EventType.CLICKED, 0, 100 + n * apart, url=f"https://x.example/{n}") for n in range(2)]
    assert bool(find_machine_clicks(clicks)) is machine


def test_slow_clicks_reported_in_the_wrong_order_are_no_burst() -> None:
    # Nor by the order of their ids: “1100” comes before “999”.
    clicks = [happened(EventType.CLICKED, 0, at, url=f"https://x.example/{at}") for at in (1100, 999)]
    assert not find_machine_clicks(clicks)


def test_an_open_right_before_a_click_is_no_burst() -> None:
    opened = happened(EventType.OPENED, 0, 100)
    assert not find_machine_clicks([opened, happened(EventType.CLICKED, 0, 101, url="https://x.example/")])
