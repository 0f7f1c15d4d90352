"""What stands for an address once its owner is erased."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from subscribers.consent import erasure
from subscribers.values import ImportReport
from tests.actors import SYSTEM

Active = Callable[..., int]


def test_the_hash_holds_when_the_key_of_the_links_is_changed(
    active: Active, take_in: Callable[..., ImportReport], settings: Any, now: datetime
) -> None:
    erasure.erase_subscriber(active("ann@example.com"), by=SYSTEM, now=now)
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another", []
    assert take_in("email\nann@example.com\n").kept_unsubscribed == 1
