"""Segments by name, and who is in them."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from newsletter.kernel.errors import BadInput, NotFound, Refused
from subscribers.segments.service import (
    change_segment,
    count_segment,
    create_segment,
    drop_segment,
    filter_members,
    get_segment,
    list_segment_members,
)
from tests.actors import SYSTEM
from tests.subscribers.segments.conftest import find_id


def test_a_count_says_as_of_when_opening_is_known(people: None, now: datetime) -> None:
    asked = {"about": "opened", "op": "never", "list": "morning"}
    assert count_segment(asked, now=now).as_of == now
    assert count_segment({"about": "tier", "op": "is", "value": "paid"}, now=now).as_of is None


def test_a_segment_has_a_name_and_is_used_again(people: None, now: datetime) -> None:
    paid = {"about": "tier", "op": "is", "value": "paid"}
    made = create_segment("payers", "Who pays", paid, by=SYSTEM, now=now)
    assert (made.words, made.definition) == ("tier is paid", {"all": [paid]})
    assert len(list(list_segment_members("payers", now=now))) == 2
    assert filter_members("payers", [find_id("ann"), find_id("ben")], now=now) == {find_id("ann")}
    change_segment(
        "payers", name="Guests", definition=paid | {"value": "comp"}, by=SYSTEM, seen=None, now=now + timedelta(1)
    )
    assert list(list_segment_members("payers", now=now)) == [find_id("cleo")]
    with pytest.raises(Refused, match="payers already"):
        create_segment("payers", "x", paid, by=SYSTEM, now=now)
    with pytest.raises(BadInput, match="no list “gone”"):
        create_segment("x", "x", {"about": "list", "op": "on", "value": "gone"}, by=SYSTEM, now=now)
    drop_segment("payers", by=SYSTEM, now=now, seen=None)
    with pytest.raises(NotFound, match="no segment “payers”") as refused:
        get_segment("payers")
    assert "segments create" in refused.value.command_hint
