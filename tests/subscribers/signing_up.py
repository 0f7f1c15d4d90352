"""Signing up, and the mails that are owed for it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from subscribers import self_service, transactional
from subscribers.values import List, TransactionalMail


def owed(now: datetime) -> list[TransactionalMail]:
    return list(transactional.claim_mails(now, limit=50, lease=timedelta(minutes=2)))


def join(address: str, *lists: List, now: datetime, network: str = "", **more: Any) -> None:
    self_service.sign_up(address, [each.id for each in lists], origin="/join/", network=network, now=now, **more)
