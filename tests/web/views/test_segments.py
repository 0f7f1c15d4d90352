"""Segments in a form."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from newsletter.web.views import segments
from subscribers.attributes import change_profile
from subscribers.segments import grammar
from subscribers.segments.service import change_segment, get_segment, list_segment_members, list_segments
from tests.actors import SYSTEM
from tests.web.seen import read_seen


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
    assert "tier is paid" in admin.get("/readers/segments/").content.decode()
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


@given(st.data())
def test_the_form_of_a_segment_keeps_its_meaning(data: st.DataObject) -> None:
    kinds = st.sampled_from(["all", "any", "none"])
    condition = st.sampled_from(
        [
            {"about": "tier", "op": "is", "value": "paid"},
            {"about": "tracked", "op": "is", "value": False},
            {"about": "opened", "op": "never", "list": "morning"},
        ]
    )
    block = st.builds(lambda kind, parts: {kind: parts}, kinds, st.lists(condition, min_size=1, max_size=3))
    definition = data.draw(st.builds(lambda k, p: {k: p}, kinds, st.lists(condition | block, min_size=1, max_size=4)))
    form = segments.to_form(definition)
    assert form is not None
    people = [
        {"tier": t, "tracked": k, "opened": o} for t in (True, False) for k in (True, False) for o in (True, False)
    ]

    def holds(part: dict[str, Any], person: dict[str, bool]) -> bool:
        if "about" in part:
            return person[part["about"]]
        ((kind, parts),) = part.items()
        found = [holds(each, person) for each in parts]
        return {"all": all(found), "any": any(found), "none": not any(found)}[kind]

    again = grammar.to_document(grammar.parse_definition(segments.to_definition(form, {}), {}))
    assert [holds(again, each) for each in people] == [holds(definition, each) for each in people]
