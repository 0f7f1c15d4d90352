"""Subscribers: found, shown, changed and erased."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

import lxml.html
import pytest
from django.test import Client

from tests.actors import SYSTEM
from tests.web.seen import flatten, read_seen


def test_subscribers_are_found_by_a_former_address(
    editor: Client, readers: Callable[..., list[int]], now: datetime
) -> None:
    from subscribers import people

    (person,) = readers(1)
    people.change_address(person, "new@example.org", by=SYSTEM, seen=None, now=now)
    text = editor.get("/readers/?list=morning&q=reader0").content.decode()
    assert "new@example.org" in text
    assert "was <mark>reader0</mark>@example.com" in text


def test_the_list_with_the_most_subscribers_is_shown_first(
    admin: Client, readers: Callable[..., list[int]], newsroom: Any
) -> None:
    readers(2)
    page = flatten(admin.get("/readers/").content.decode())
    assert "<p>Morning Briefing</p>" in page
    assert "<b>2</b>active" in page


def test_data_of_a_subscriber_is_changed_downloaded_and_erased(
    editor: Client, readers: Callable[..., list[int]], now: datetime
) -> None:
    from subscribers import subscriber_lookup
    from subscribers.attributes import create_attribute

    (person,) = readers(1)
    create_attribute("Town", by=SYSTEM, now=now)
    page = f"/readers/{person}/"
    form = {"do": "know", "tier": "paid", "tag": "VIP", "attribute": "town", "value": "Leeds"}
    assert editor.post(page, form).status_code == 422, "without what they saw"
    assert subscriber_lookup.get_subscriber(person).tier == "free"
    form["tier_until"] = "2099-01-31"
    editor.post(page, form | {"seen_tier": "free", "seen_tier_until": "", "seen_attribute_town": ""})
    assert '<input type="date" name="tier_until" value="2099-01-31"' in editor.get(page).content.decode()
    found = subscriber_lookup.get_subscriber(person)
    assert (found.tier, found.tags, found.attributes) == ("paid", ("VIP",), {"town": "Leeds"})
    shown = flatten(editor.get(page).content.decode())
    assert "Leeds" in shown
    assert ", Editor</span>" in shown, "who changed the tier"
    assert b"reader0@example.com" in editor.post(page, {"do": "data"}).content
    unsure = editor.post(page, {"do": "erase"})
    assert (unsure.status_code, 'id="sure_error"' in unsure.content.decode()) == (422, True)
    assert subscriber_lookup.get_subscriber(person)
    editor.post(page, {"do": "erase", "sure": "1"})
    assert subscriber_lookup.find_subscriber_by_address("reader0@example.com") is None


def test_who_is_added_with_the_words_where_they_agreed_gets_the_next_edition(
    editor: Client, newsroom: Any, now: datetime
) -> None:
    from subscribers import subscriber_lookup

    form = {"list": "morning", "email": "ann@example.com", "reason": "signed the sheet at the fair"}
    shown = editor.post("/readers/", form, follow=True).content.decode()
    assert "ann@example.com is added." in shown
    assert "signed the sheet at the fair" in shown
    asked = editor.post("/readers/", {"list": "morning", "email": "ben@example.com"}, follow=True).content.decode()
    assert "A mail asks them to confirm." in asked
    states = {}
    for name in ("ann", "ben"):
        person = subscriber_lookup.find_subscriber_by_address(f"{name}@example.com")
        assert person is not None
        states[name] = [each.state for each in person.subscriptions]
    assert states == {"ann": ["active"], "ben": ["pending"]}


def test_two_who_change_a_subscriber_are_shown_each_others_values(
    editor: Client, readers: Callable[..., list[int]], now: datetime
) -> None:
    from subscribers import subscriber_lookup
    from subscribers.attributes import change_profile

    (person,) = readers(1)
    page = f"/readers/{person}/"
    seen = read_seen(editor.get(page).content.decode())
    change_profile(person, tier="comp", seen=None, by=SYSTEM, now=now)
    refused = editor.post(page, {"do": "know", "tier": "paid", "tag": "VIP"} | seen)
    assert refused.status_code == 409
    assert all(text in refused.content.decode() for text in ("comp", 'value="paid" selected', 'value="VIP"'))
    assert subscriber_lookup.get_subscriber(person).tags == ()
    editor.post(page, {"do": "know", "tier": "paid", "tag": "VIP"} | read_seen(refused.content.decode()))
    assert subscriber_lookup.get_subscriber(person).tier == "paid"


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"do": "know", "tier": "paid", "tier_until": "soon", "tag": "VIP"}, "tier_until"),
        ({"do": "know", "tier": "free", "attribute": "born", "value": "someday"}, "value"),
        ({"do": "know", "tier": "gold", "tag": "VIP"}, "tier"),
        ({"do": "move", "email": "nobody@"}, "email"),
    ],
)
def test_what_is_refused_of_a_subscriber_stands_at_its_field_with_what_was_typed(
    editor: Client, readers: Callable[..., list[int]], now: datetime, sent: dict[str, str], field: str
) -> None:
    from subscribers.attributes import create_attribute

    create_attribute("Born", kind="date", by=SYSTEM, now=now)
    page = f"/readers/{readers(1)[0]}/"
    refused = editor.post(page, sent | read_seen(editor.get(page).content.decode()))
    shown = refused.content.decode()
    assert refused.status_code == 422
    assert re.search(
        rf'class="error" id="{field}_error">.*?<(?:input|select)[^>]*name="{field}"[^>]*invalid', shown, re.S
    )
    kept = [value for name, value in sent.items() if name not in ("do", "tier") or value == "paid"]
    assert all(f'value="{value}"' in shown for value in kept)


def test_who_cannot_be_added_is_said_at_the_address_and_the_words_stay(editor: Client, newsroom: Any) -> None:
    form = {"list": "morning", "email": "ann@", "first_name": "Ann", "reason": "signed the sheet"}
    refused = editor.post("/readers/", form)
    shown = refused.content.decode()
    assert refused.status_code == 422
    assert re.search(r'id="email_error">.*?<input[^>]*name="email"[^>]*value="ann@"', shown, re.S)
    assert all(f'value="{each}"' in shown for each in ("Ann", "signed the sheet"))


def test_a_list_that_there_is_not_gets_nobody(editor: Client, newsroom: Any) -> None:
    assert editor.post("/readers/", {"list": "nowhere", "email": "ann@example.com"}).status_code == 404


def test_a_name_is_corrected_and_a_tag_taken_off(
    editor: Client, readers: Callable[..., list[int]], now: datetime
) -> None:
    from subscribers import subscriber_lookup
    from subscribers.attributes import change_profile

    (person,) = readers(1)
    change_profile(person, seen=None, add_tags=["VIP", "press"], by=SYSTEM, now=now)
    page = f"/readers/{person}/"
    before = subscriber_lookup.get_subscriber(person)
    seen = {"seen_first_name": before.first_name, "seen_last_name": before.last_name, "seen_tier": before.tier}
    editor.post(page, {"do": "know", "tier": before.tier, "first_name": " Tilda ", "last_name": "Brook"} | seen)
    editor.post(page, {"do": "untag", "tag": "VIP"})
    found = subscriber_lookup.get_subscriber(person)
    assert (found.first_name, found.last_name, found.tags) == ("Tilda", "Brook", ("press",))
    late = editor.post(page, {"do": "know", "tier": before.tier, "first_name": "Tilly", "last_name": "Brook"} | seen)
    assert late.status_code == 409
    assert 'value="Tilly"' in late.content.decode()
    assert editor.post(page, {"do": "untag"}).status_code == 422


def test_a_subscriber_is_added_to_another_list_and_not_to_one_they_left(
    admin: Client, readers: Callable[..., list[int]], newsroom: Any, now: datetime
) -> None:
    from subscribers import lists, people, subscriber_lookup

    (person,) = readers(1)
    page, other = f"/readers/{person}/", lists.get_list(newsroom.other.list_id).slug
    assert "Add to list" in admin.get(page).content.decode()
    assert admin.post(page, {"do": "join", "list": other, "reason": "at the fair"}).status_code == 302
    states = {each.list_id: each.state for each in subscriber_lookup.get_subscriber(person).subscriptions}
    assert states[newsroom.other.list_id] == "active"
    people.unsubscribe(person, newsroom.other.list_id, by=SYSTEM, now=now)
    shown = admin.get(page).content.decode()
    assert "Only they can re-subscribe." in shown
    assert "Add to list" not in shown
    assert admin.post(page, {"do": "join", "list": other, "reason": "at the fair"}).status_code == 422


def test_an_address_is_suppressed_by_whoever_confirms_it(
    admin: Client, editor: Client, readers: Callable[..., list[int]]
) -> None:
    from subscribers import suppressions

    (person,) = readers(1)
    page = f"/readers/{person}/"
    assert admin.post(page, {"do": "suppress"}).status_code == 422
    assert editor.post(page, {"do": "suppress", "sure": "on"}).status_code == 403
    assert "Suppress address" not in editor.get(page).content.decode()
    assert suppressions.list_suppressions() == ()
    assert admin.post(page, {"do": "suppress", "sure": "on", "why": "by phone"}).status_code == 302
    assert [each.reason for each in suppressions.list_suppressions()] == ["by phone"]
    assert "Suppress address" not in admin.get(page).content.decode()


def test_all_lists_are_searched_at_once_by_those_who_may_see_them(
    signed_in: Callable[[str], Client], newsroom: Any, readers: Callable[..., list[int]], now: datetime
) -> None:
    from subscribers import people

    (ours,) = readers(1)
    theirs = people.add_subscriber("jo.reader@example.com", newsroom.other_list.id, by=SYSTEM, now=now).id

    def find(who: str, query: str) -> list[str]:
        page = lxml.html.fromstring(signed_in(who).get(f"/readers/?{query}").content.decode())
        return [each.get("href") for each in page.cssselect("#rows a")]

    assert find("admin", "list=&q=reader") == [f"/readers/{ours}/", f"/readers/{theirs}/"]
    assert find("admin", "list=&state=pending") == [f"/readers/{theirs}/"]
    assert find("editor", "list=&q=reader") == find("editor", "list=") == [f"/readers/{ours}/"]
    assert find("stranger", "list=&q=reader") == [f"/readers/{theirs}/"]
    assert find("editor", "list=&state=pending") == []
    assert signed_in("editor").get("/readers/?list=evening").status_code == 403
    marked = signed_in("admin").get("/readers/?list=&q=READER").content.decode()
    assert "jo.<mark>reader</mark>@example.com" in marked


def test_who_handed_out_the_data_of_a_subscriber_is_said_and_leads_to_all_that_was_done(
    editor: Client, readers: Callable[..., list[int]]
) -> None:
    first, second = readers(2)
    page = flatten(editor.get(f"/readers/{first}/").content.decode())
    assert "Nobody has handed out their data yet." in page
    assert editor.post(f"/readers/{first}/", {"do": "data"}).status_code == 200
    page = flatten(editor.get(f"/readers/{first}/").content.decode())
    assert "Handed out a subscriber’s data: Editor" in page
    assert f'href="/audit/?subscriber={first}"' in page
    assert editor.get(f"/audit/?subscriber={first}").status_code == 200
    assert "Nobody has handed out their data yet." in flatten(editor.get(f"/readers/{second}/").content.decode())
