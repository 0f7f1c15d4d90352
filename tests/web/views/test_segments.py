"""Segments in a form."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.test import Client

from subscribers.attributes import change_profile
from subscribers.segments.service import change_segment, get_segment, list_segment_members, list_segments
from tests.actors import SYSTEM
from tests.web.seen import flatten, read_seen


def test_a_segment_is_counted_while_it_is_edited_and_saved(
    admin: Client, readers: Callable[..., list[int]], now: datetime
) -> None:
    ids = readers(3)
    change_profile(ids[0], tier="paid", seen=None, by=SYSTEM, now=now)
    rows = {
        "group": "all",
        "kind-0": "all",
        "asked-0-0": "tier is",
        "value-0-0": "paid",
        "asked-0-1": "tag has_not",
        "value-0-1": "VIP",
    }
    counted = admin.post("/readers/segments/", rows, headers={"HX-Request": "true"}).content.decode()
    assert "<b>1</b> subscribers: tier is paid" in counted
    wrong = admin.post("/readers/segments/", rows | {"value-0-0": "gold"}, headers={"HX-Request": "true"})
    assert "not a tier" in wrong.content.decode()
    assert admin.post("/readers/segments/", rows | {"value-0-0": "gold", "name": "X"}).status_code == 422
    admin.post("/readers/segments/", rows | {"name": "Who pays!"})
    assert list(list_segment_members("who-pays", now=now)) == [ids[0]]
    listed = admin.get("/readers/segments/").content.decode()
    assert "tier is paid" in listed
    assert '<span class="meta">Admin</span>' in listed
    seen = read_seen(admin.get("/readers/segments/").content.decode())
    change_segment(
        "who-pays", name="Payers", definition=get_segment("who-pays").definition, seen=None, by=SYSTEM, now=now
    )
    refused = admin.post("/readers/segments/", {"do": "drop", "slug": "who-pays"} | seen)
    assert (refused.status_code, "Who pays!" in refused.content.decode()) == (409, True)
    seen = read_seen(admin.get("/readers/segments/").content.decode())
    admin.post("/readers/segments/", {"do": "drop", "slug": "who-pays"} | seen)
    assert list_segments() == ()


def test_a_segment_of_several_groups_is_saved_shown_and_changed(
    admin: Client, readers: Callable[..., list[int]], now: datetime
) -> None:
    ids = readers(3)
    change_profile(ids[0], tier="paid", seen=None, by=SYSTEM, now=now)
    change_profile(ids[1], add_tags=["VIP"], seen=None, by=SYSTEM, now=now)
    first = {"group": "all", "kind-0": "all", "asked-0-0": "tracked is", "value-0-0": "yes"}
    longer = admin.post("/readers/segments/", first | {"do": "more"}).content.decode()
    assert 'name="asked-1-0"' in longer
    assert 'value="tracked is" selected' in longer
    assert 'name="asked-0-1"' in admin.post("/readers/segments/", first | {"do": "more-0"}).content.decode()
    second = {"kind-1": "any", "asked-1-0": "tier is", "value-1-0": "paid", "asked-1-1": "tag has", "value-1-1": "VIP"}
    admin.post("/readers/segments/", first | second | {"do": "keep", "name": "Friends"})
    assert list(list_segment_members("friends", now=now)) == ids[:2]
    page = admin.get("/readers/segments/friends/").content.decode()
    assert 'value="tag has" selected' in page
    assert 'value="VIP"' in page
    others = first | second | {"do": "keep", "slug": "friends", "name": "Others", "kind-1": "none"}
    assert admin.post("/readers/segments/", others).status_code == 422  # without what they saw
    change_segment("friends", name="Pals", definition=get_segment("friends").definition, seen=None, by=SYSTEM, now=now)
    refused = admin.post("/readers/segments/", others | read_seen(page))
    assert refused.status_code == 409
    assert all(name in refused.content.decode() for name in ("Friends", "Pals", 'value="Others"'))
    admin.post("/readers/segments/", others | read_seen(refused.content.decode()))
    assert list(list_segment_members("friends", now=now)) == [ids[2]]
    assert get_segment("friends").name == "Others"


def test_what_is_wrong_with_a_condition_is_said_beside_it_and_everything_stays(admin: Client, newsroom: Any) -> None:
    rows = {
        "group": "all",
        "kind-0": "all",
        "asked-0-0": "tier is",
        "value-0-0": "paid",
        "asked-0-1": "joined after",
        "value-0-1": "someday",
        "name": "Who came late",
    }
    refused = admin.post("/readers/segments/", rows)
    shown = flatten(refused.content.decode())
    assert refused.status_code == 422
    assert 'id="error-0-1">“someday” is not a date' in shown
    assert re.search(r'name="value-0-1"[^>]*value="someday"[^>]*aria-describedby="error-0-1"', shown)
    assert all(f'value="{each}"' in shown for each in ("paid", "Who came late"))
    assert list_segments() == ()


def test_a_segment_needs_a_name_and_its_refusal_stands_there(admin: Client, newsroom: Any) -> None:
    refused = admin.post("/readers/segments/", {"kind-0": "all", "asked-0-0": "tier is", "value-0-0": "paid"})
    assert refused.status_code == 422
    assert 'value="paid"' in refused.content.decode()
    assert re.search(r'id="name_error">Give the segment a name', refused.content.decode())
