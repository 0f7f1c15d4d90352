"""Subscribers: found, shown, changed and erased."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.test import Client

from tests.actors import SYSTEM


def test_subscribers_are_found_by_a_former_address(
    editor: Client, readers: Callable[..., list[int]], now: datetime
) -> None:
    from subscribers import people

    (person,) = readers(1)
    people.change_address(person, "new@example.org", by=SYSTEM, seen=None, now=now)
    text = editor.get("/readers/?list=morning&q=reader0").content.decode()
    assert "new@example.org" in text
    assert "was reader0@example.com" in text


def test_the_list_with_the_most_subscribers_is_shown_first(
    admin: Client, readers: Callable[..., list[int]], house: Any
) -> None:
    readers(2)
    assert "Morning Briefing: <b>2</b> active" in admin.get("/readers/").content.decode()


def test_data_of_a_subscriber_is_changed_downloaded_and_erased(
    editor: Client, readers: Callable[..., list[int]], now: datetime
) -> None:
    from subscribers import subscriber_lookup
    from subscribers.attributes import create_attribute

    (person,) = readers(1)
    create_attribute("Town", by=SYSTEM, now=now)
    page = f"/readers/{person}/"
    form = {"do": "know", "tier": "paid", "tag": "VIP", "attribute": "town", "value": "Leeds"}
    editor.post(page, form)  # without what they saw
    assert subscriber_lookup.get_subscriber(person).tier == "free"
    editor.post(page, form | {"seen_tier": "free", "seen_attribute_town": ""})
    found = subscriber_lookup.get_subscriber(person)
    assert (found.tier, found.tags, found.attributes) == ("paid", ("VIP",), {"town": "Leeds"})
    assert "Leeds" in editor.get(page).content.decode()
    assert b"reader0@example.com" in editor.post(page, {"do": "data"}).content
    editor.post(page, {"do": "erase"})
    assert subscriber_lookup.get_subscriber(person)
    editor.post(page, {"do": "erase", "sure": "1"})
    assert subscriber_lookup.find_subscriber_by_address("reader0@example.com") is None
