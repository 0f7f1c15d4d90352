"""A mailing that is planned, with as many readers as a test asks for, and hands to send it with."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from newsletter.curator import reads as editions
from newsletter.curator import service as curator
from newsletter.delivery import reads, service
from newsletter.delivery.reads import Mailing
from subscribers import models as people
from subscribers import service as subscribers
from tests.conftest import House
from tests.fakes.provider import ScriptedProvider


@pytest.fixture
def join(house: House, now: datetime) -> Callable[..., list[int]]:
    """Imports readers at a stroke: join(120) gives their ids, ascending."""

    def add(count: int, prefix: str = "reader") -> list[int]:
        rows = "".join(f"{prefix}{n}@example.com,First{n}\n" for n in range(count))
        subscribers.import_csv(
            io.BytesIO(f"email,first_name\n{rows}".encode()), house.list.id, dry_run=False, by="test", now=now
        )
        found = people.Subscriber.objects.filter(address__startswith=prefix).order_by("id")
        return list(found.values_list("id", flat=True))

    return add


@pytest.fixture
def plan(house: House, edition: Any, now: datetime) -> Callable[..., Mailing]:
    """Approves the edition and plans its mailing for now; the provider is that of `scripted`: 50 readers to a batch."""

    def make(**changes: Any) -> Mailing:
        snapshot = editions.standing_snapshot(edition.id) or curator.approve(edition.id, by="test", now=now)
        given = {
            "snapshot_id": snapshot.id,
            "edition_id": edition.id,
            "newsletter_id": house.briefing.id,
            "list_id": house.list.id,
            "kind": "edition",
            "due_at": now,
            "provider": ScriptedProvider.name,
            "by": "test",
            "now": now,
        }
        return service.create_mailing(**(given | changes))

    return make


@pytest.fixture
def frozen(plan: Callable[..., Mailing], now: datetime) -> Callable[..., Mailing]:
    """A planned mailing whose audience is frozen: ready to be handed over."""

    def make(**changes: Any) -> Mailing:
        made = plan(**changes)
        assert service.freeze_next(now)
        return reads.mailing(made.id)

    return make


def hand_over_all(provider: Any, now: datetime, owner: str = "worker/1") -> int:
    """Hands batches over until none is due; how many steps it took."""
    steps = 0
    while service.hand_over_next(now, owner=owner, provider=provider, clock=lambda: now):
        steps += 1
        assert steps < 1_000, "it never rests"
    return steps
