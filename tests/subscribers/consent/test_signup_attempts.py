"""Sign-up attempts, domains, captchas, and forms on other sites."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from newsletter.kernel.errors import BadInput
from subscribers import models, self_service, subscriber_lookup
from subscribers.consent import signup_attempts
from subscribers.values import List
from tests.subscribers.views.conftest import verdicts


def join(address: str, target: List, now: datetime, **more: Any) -> None:
    self_service.sign_up(address, [target.id], origin="https://www.example.com/a", network="192.0.2.1", now=now, **more)


def test_every_try_is_written_down_with_what_became_of_it(morning: List, now: datetime) -> None:
    join("ann@example.com", morning, now)
    join("bot@example.com", morning, now, trapped=True)
    for wrong in ("rubbish", "x@mailinator.com"):
        with pytest.raises(BadInput):
            join(wrong, morning, now)
    assert verdicts() == ["taken", "trapped", "bad email", "domain"]
    assert signup_attempts.count_attempts(now).by_verdict == {"taken": 1, "trapped": 1, "bad email": 1, "domain": 1}
    assert subscriber_lookup.find_subscriber_by_address("bot@example.com") is None
    assert models.SignupAttempt.objects.first().origin == "https://www.example.com/a"  # type: ignore[union-attr]


def test_language_and_zone_of_the_browser_are_kept_for_a_new_person_alone(morning: List, now: datetime) -> None:
    join("ann@example.com", morning, now, language="de-AT", zone="Europe/Vienna")
    join("ann@example.com", morning, now, language="fr", zone="Europe/Paris")
    join("ben@example.com", morning, now, language="<script>", zone="Mars/Phobos")
    ann, ben = (
        subscriber_lookup.find_subscriber_by_address("ann@example.com"),
        subscriber_lookup.find_subscriber_by_address("ben@example.com"),
    )
    assert ann is not None
    assert ben is not None
    assert (ann.language, ann.zone, ben.language, ben.zone) == ("de-AT", "Europe/Vienna", "", "")
