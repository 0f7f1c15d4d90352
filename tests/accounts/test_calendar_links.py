"""The link of a user's calendar: one at a time, only its hash is kept, gone with the account."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from newsletter.accounts import calendar_links, users
from newsletter.accounts.models import CalendarLink
from newsletter.kernel.errors import NotAllowed, NotFound
from tests.actors import SYSTEM, act_as


@pytest.fixture
def ann(people: dict[str, Any]) -> Any:
    return people["viewer"]


def test_a_link_is_found_by_its_token_and_only_the_hash_is_kept(ann: Any, now: datetime) -> None:
    token = calendar_links.create_link(ann.email, by=act_as(ann.email), now=now)
    assert calendar_links.find_user(token) == ann
    assert calendar_links.find_created_at(ann) == now
    assert token not in str(CalendarLink.objects.values())
    for wrong in ("", "none", token[:-1], token * 9, "\udcff"):
        assert calendar_links.find_user(wrong) is None


def test_a_new_link_replaces_the_old_one_and_a_revoked_one_is_gone(ann: Any, now: datetime) -> None:
    old = calendar_links.create_link(ann.email, by=act_as(ann.email), now=now)
    new = calendar_links.create_link(ann.email, by=act_as(ann.email), now=now)
    assert calendar_links.find_user(old) is None
    calendar_links.revoke_link(ann.email, by=act_as(ann.email), now=now)
    assert calendar_links.find_user(new) is None
    with pytest.raises(NotFound):
        calendar_links.revoke_link(ann.email, by=act_as(ann.email), now=now)


def test_nobody_makes_a_link_for_somebody_else(ann: Any, people: dict[str, Any], now: datetime) -> None:
    with pytest.raises(NotAllowed):
        calendar_links.create_link(ann.email, by=act_as(people["admin"].email), now=now)
    with pytest.raises(NotAllowed):
        calendar_links.revoke_link(people["admin"].email, by=act_as(ann.email), now=now)


def set_password(email: str, **how: Any) -> None:
    users.set_password(email, "a long and quiet passphrase", **how)


@pytest.mark.parametrize("end", [users.disable_user, set_password])
def test_a_link_ends_with_the_account_or_its_password(ann: Any, now: datetime, end: Any) -> None:
    token = calendar_links.create_link(ann.email, by=act_as(ann.email), now=now)
    end(ann.email, by=SYSTEM, now=now)
    assert calendar_links.find_user(token) is None
    assert not CalendarLink.objects.exists()
