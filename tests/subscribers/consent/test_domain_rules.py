"""Which domains may sign up."""

from __future__ import annotations

from datetime import datetime

import pytest

from newsletter.kernel.errors import BadInput
from subscribers.consent import domain_rules
from subscribers.values import List
from tests.actors import SYSTEM
from tests.subscribers.consent.test_signup_attempts import join


def test_rules_for_domains_hold_for_all_below_and_the_nearest_counts(morning: List, now: datetime) -> None:
    domain_rules.set_domain_rule("spam.example", "deny", by=SYSTEM, now=now)
    domain_rules.set_domain_rule("ok.spam.example", "allow", by=SYSTEM, now=now)
    domain_rules.set_domain_rule("@mailinator.com", "allow", by=SYSTEM, now=now)
    for refused in ("a@spam.example", "a@deep.spam.example"):
        with pytest.raises(BadInput, match="Use another"):
            join(refused, morning, now)
    for taken in ("a@ok.spam.example", "a@mailinator.com"):
        join(taken, morning, now)
    domain_rules.remove_domain_rule("spam.example", by=SYSTEM, now=now)
    join("a@spam.example", morning, now)
    assert dict(domain_rules.list_domain_rules()) == {"mailinator.com": "allow", "ok.spam.example": "allow"}
