"""What was read of a ledger is read again only when it has changed since."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db.models import F

from newsletter.delivery import models
from newsletter.delivery.sending import ledger_stand

pytestmark = pytest.mark.django_db


def test_the_stand_rises_with_every_change_and_every_batch(
    frozen: Callable[..., Any], join: Callable[..., list[int]]
) -> None:
    batches = models.Batch.objects.all()
    assert ledger_stand.read_stand(batches) == (0, 0)
    join(60)
    frozen()
    assert ledger_stand.read_stand(batches) == (2, 2)
    models.Batch.objects.filter(number=1).update(version=F("version") + 1)
    assert ledger_stand.read_stand(batches) == (2, 3)


def test_what_was_read_is_read_again_at_another_stand() -> None:
    found = iter("abc")
    read = [ledger_stand.read_once(("mine",), stand, lambda: next(found)) for stand in (1, 1, 2, 2, 1)]
    assert read == ["a", "a", "b", "b", "c"]
    assert ledger_stand.is_known(("mine",), 1)
    assert not ledger_stand.is_known(("mine",), 2)
    assert not ledger_stand.is_known(("yours",), 1)


def test_of_too_much_the_oldest_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger_stand, "MOST_KEPT", 2)
    for about in ("a", "b", "a", "c"):
        ledger_stand.keep((about,), 1)
    assert [ledger_stand.is_known((about,), 1) for about in "abc"] == [True, False, True]
