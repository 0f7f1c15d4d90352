"""Which clicks were a machine's: a scanner opens every link of a mail within a moment. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import pairwise
from operator import attrgetter

from newsletter.delivery.providers.base import Event, EventType

BURST_SECONDS = 2  # different links of one message opened within that time are opened by a scanner


def find_machine_clicks(events: Iterable[Event]) -> frozenset[str]:
    """The ids of the clicks that a machine made: on different links of one message within BURST_SECONDS."""
    clicks: dict[int, list[Event]] = defaultdict(list)
    for event in events:
        if event.type is EventType.CLICKED:
            clicks[event.place].append(event)
    return frozenset(
        id for of_one_message in clicks.values() for id in _find_burst(sorted(of_one_message, key=attrgetter("at")))
    )


def _find_burst(clicks: Sequence[Event]) -> Iterable[str]:
    for one, other in pairwise(clicks):
        if one.url != other.url and other.at - one.at <= BURST_SECONDS:
            yield from (one.id, other.id)
