"""Shared by the tests of this folder."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest

from newsletter.delivery.reports import summary
from newsletter.delivery.reports.summary import Mailing
from subscribers import people
from tests.actors import SYSTEM
from tests.conftest import Newsroom
from tests.delivery.conftest import hand_over_as_told
from tests.fakes import provider

Plan = Callable[..., Mailing]
Join = Callable[..., list[int]]


@pytest.fixture
def sent(frozen: Plan, join: Join, newsroom: Newsroom, now: datetime) -> Mailing:
    """Of 121 readers one was left out, 100 were accepted, and for 20 nobody knows."""
    ids = join(121)
    people.unsubscribe(ids[60], newsroom.list.id, by=SYSTEM, now=now)
    made = frozen()
    hand_over_as_told([provider.accepts, provider.accepts, provider.loses_the_answer], now)
    return summary.get_mailing(made.id)
