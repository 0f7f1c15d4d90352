"""Whose turn it is with an edition that is not approved."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.test import Client

from newsletter.accounts.actors import get_user_actor
from newsletter.accounts.models import Role, User
from newsletter.catalog import newsletter_settings, newsletters
from newsletter.curator.editions import edition_lookup, editions
from newsletter.jobs import tasks
from newsletter.kernel import clock
from newsletter.kernel.errors import BadInput
from newsletter.web.views import waiting
from newsletter.web.views.waiting import Wait, WaitsFor
from tests.actors import SYSTEM
from tests.web.seen import flatten


@pytest.fixture
def author(people: dict[str, Any], newsroom: Any, now: datetime) -> User:
    """Edits the morning briefing and may not approve it."""
    made = User.objects.create(email="author@example.com", name="Author", created_at=now)
    Role.objects.create(user=made, name="author", newsletter_id=newsroom.briefing.id)
    return made


def find_wait(edition_id: int, user: Any) -> Wait | None:
    edition = edition_lookup.get_edition(edition_id)
    by = get_user_actor(user, network="", find_lists=newsletters.map_lists)
    return waiting.find_waits([(edition, newsletters.get_newsletter(edition.newsletter_id))], by).get(edition_id)


def test_only_who_was_asked_is_told_that_it_waits_for_them(
    people: dict[str, Any], author: User, newsroom: Any, now: datetime
) -> None:
    made = editions.create_edition(newsroom.briefing.id, now.date(), now=now, by=SYSTEM)
    for user in (people["editor"], author):
        assert find_wait(made.id, user) == Wait(WaitsFor.EDITORS), "nobody was asked"
    tasks.request_approval(made.id, of="Editor@example.com", note="", by=SYSTEM, now=now)
    assert find_wait(made.id, people["editor"]) == Wait(WaitsFor.YOU)
    assert find_wait(made.id, people["admin"]) == Wait(WaitsFor.OTHERS, "editor@example.com")
    assert find_wait(made.id, author) == Wait(WaitsFor.OTHERS, "editor@example.com")
    assert find_wait(made.id, people["viewer"]) is None, "there is nothing that they may do"


def test_who_asks_anybody_asks_those_who_may_approve(
    people: dict[str, Any], author: User, newsroom: Any, now: datetime
) -> None:
    made = editions.create_edition(newsroom.briefing.id, now.date(), now=now, by=SYSTEM)
    tasks.request_approval(made.id, of="", note="", by=SYSTEM, now=now)
    assert find_wait(made.id, people["editor"]) == find_wait(made.id, people["admin"]) == Wait(WaitsFor.ANYBODY)
    assert find_wait(made.id, author) == Wait(WaitsFor.OTHERS)


def test_an_edition_that_publishes_itself_waits_for_nobody(
    people: dict[str, Any], newsroom: Any, now: datetime
) -> None:
    newsletter_settings.change_newsletter(newsroom.briefing.id, approvals="self", seen=None, by=SYSTEM, now=now)
    made = editions.create_edition(newsroom.briefing.id, now.date(), now=now, by=SYSTEM)
    assert find_wait(made.id, people["editor"]) == Wait(WaitsFor.NOBODY)


def test_today_tells_each_whose_turn_it_is(
    signed_in: Callable[[str], Client], newsroom: Any, people: dict[str, Any]
) -> None:
    made = editions.create_edition(newsroom.briefing.id, clock.now().date(), now=clock.now(), by=SYSTEM)
    tasks.request_approval(made.id, of="editor@example.com", note="", by=SYSTEM, now=clock.now())
    seen = {name: flatten(signed_in(name).get("/").content.decode()) for name in ("editor", "admin", "viewer")}
    assert "Waiting for you." in seen["editor"]
    assert "Waiting for Editor." in seen["admin"]
    assert f'id="needs-{made.id}"' not in seen["viewer"]
    outlook = flatten(signed_in("viewer").get(f"/editions/{made.id}/outlook/").content.decode())
    assert "needs-" not in outlook


def test_nobody_asks_themselves_for_approval(people: dict[str, Any], newsroom: Any, now: datetime) -> None:
    made = editions.create_edition(newsroom.briefing.id, now.date(), now=now, by=SYSTEM)
    by = get_user_actor(people["editor"], network="", find_lists=newsletters.map_lists)
    with pytest.raises(BadInput, match="You ask yourself"):
        tasks.request_approval(made.id, of="editor@example.com", note="", by=by, now=now)
