"""What users do with their own account."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from newsletter.accounts import audit_log
from newsletter.accounts.own_account import (
    MOST_WRONG_PASSWORDS,
    WRONG_PASSWORD_WINDOW,
    TooManyPasswords,
    confirm_password,
    require_own,
    require_own_or_users,
)
from newsletter.kernel.errors import BadInput, NotAllowed
from tests.actors import SYSTEM, act_as
from tests.conftest import PASSWORD


def test_an_account_is_its_users_and_the_commands_alone(people: dict[str, Any]) -> None:
    require_own(act_as("editor@example.com"), " Editor@Example.com ")
    require_own(SYSTEM, "editor@example.com")
    for other in ("admin@example.com", "viewer@example.com"):
        with pytest.raises(NotAllowed):
            require_own(act_as(other), "editor@example.com")


def test_who_may_change_users_may_act_for_others_where_that_is_allowed(people: dict[str, Any]) -> None:
    require_own_or_users(act_as("editor@example.com"), "editor@example.com")
    require_own_or_users(act_as("admin@example.com"), "editor@example.com")
    with pytest.raises(NotAllowed):
        require_own_or_users(act_as("viewer@example.com"), "editor@example.com")


def test_a_wrong_password_is_refused_and_recorded_and_the_right_one_is_not(
    people: dict[str, Any], now: datetime
) -> None:
    user, by = people["editor"], act_as("editor@example.com")
    before = audit_log.list_entries(audit_log.AuditFilter())
    confirm_password(user, PASSWORD, by=by, now=now)
    assert audit_log.list_entries(audit_log.AuditFilter()) == before
    with pytest.raises(BadInput, match="nothing was changed") as refused:
        confirm_password(user, "wrong", by=by, now=now)
    assert refused.value.field == "password"
    (entry, *rest) = audit_log.list_entries(audit_log.AuditFilter())
    assert (entry.target, entry.actor, tuple(rest)) == ("editor@example.com", by.name, before)


def test_after_too_many_wrong_ones_even_the_right_one_has_to_wait(people: dict[str, Any], now: datetime) -> None:
    user, by = people["editor"], act_as("editor@example.com")
    for _ in range(MOST_WRONG_PASSWORDS):
        with pytest.raises(BadInput):
            confirm_password(user, "wrong", by=by, now=now)
    with pytest.raises(TooManyPasswords):
        confirm_password(user, PASSWORD, by=by, now=now)
    confirm_password(people["viewer"], PASSWORD, by=act_as("viewer@example.com"), now=now)
    confirm_password(user, PASSWORD, by=by, now=now + WRONG_PASSWORD_WINDOW + timedelta(seconds=1))
