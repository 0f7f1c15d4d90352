"""All data of one person, handed out."""

from __future__ import annotations

from datetime import datetime

import pytest

from subscribers import self_service
from subscribers.consent import personal_data
from subscribers.values import List
from tests.actors import SYSTEM
from tests.subscribers.consent.test_erasure import Active


@pytest.mark.parametrize(
    "wanted", ["consents", "subscriptions", "former_addresses", "sign_up_attempts", "other_rooms", "attributes"]
)
def test_everything_about_somebody_has_it_all(wanted: str, active: Active, morning: List, now: datetime) -> None:
    person = active("ann@example.com")
    self_service.sign_up(
        "ann@example.com", [morning.id], origin="https://www.example.com/a", network="192.0.2.1", now=now
    )
    document = personal_data.collect_personal_data(person, by=SYSTEM, now=now)
    assert wanted in document
    assert document["sign_up_attempts"][0]["from"] == "https://www.example.com/a"
    assert len(document["consents"]) == 2
