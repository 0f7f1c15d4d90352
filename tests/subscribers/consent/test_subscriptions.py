"""How a subscription changes, and what is kept of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest

from newsletter.kernel.errors import NotFound
from subscribers import subscriber_lookup, suppressions

Active = Callable[..., int]


def test_saying_it_twice_keeps_the_first_reason_of_a_suppression(active: Active, now: datetime) -> None:
    person_id = active("ann@example.com")
    suppressions.suppress("ANN@example.com", reason="asked", source="letter", now=now)
    suppressions.suppress("ann@example.com", reason="later", source="letter", now=now)
    assert subscriber_lookup.get_subscriber(person_id).suppressed == "asked"
    suppressions.lift_suppression("Ann <ann@example.com>")
    assert subscriber_lookup.get_subscriber(person_id).suppressed == ""
    with pytest.raises(NotFound):
        suppressions.lift_suppression("ann@example.com")
