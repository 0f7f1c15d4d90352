"""Mailings that can be recalled."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from newsletter.delivery import models
from tests.delivery.chaos import serving
from tests.delivery.sending.recall_stage import (
    LEAD,
    Stage,
)


@pytest.fixture
def stage(plan: Any, join: Any, now: datetime) -> Iterator[Stage]:
    join(5)
    with serving(delay=0) as server:
        yield Stage(server, plan, now)


@pytest.fixture
def trial(stage: Stage, plan: Any) -> models.Mailing:
    """A test of the edition with a window of its own, due half an hour later."""
    made = plan(
        kind="test", provider="sendgrid", due_at=stage.due + timedelta(minutes=30), recall_minutes=LEAD, now=stage.now
    )
    return models.Mailing.objects.get(id=made.id)
