"""All data of one person, handed out."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from newsletter.accounts import users
from subscribers import people, self_service
from subscribers.consent import personal_data
from subscribers.tokens import DATA, Claims
from subscribers.values import List
from tests.actors import SYSTEM, act_as
from tests.conftest import PASSWORD, Newsroom
from tests.subscribers.consent.test_erasure import Active


@pytest.mark.parametrize(
    "wanted", ["consents", "subscriptions", "former_addresses", "sign_up_attempts", "other_rooms", "attributes"]
)
def test_everything_about_somebody_has_it_all(wanted: str, active: Active, morning: List, now: datetime) -> None:
    person = active("ann@example.com")
    self_service.sign_up(
        "ann@example.com", [morning.id], origin="https://www.example.com/a", network="192.0.2.1", now=now
    )
    document = personal_data.collect_personal_data(person, by=SYSTEM, now=now)
    assert wanted in document
    assert document["sign_up_attempts"][0]["from"] == "https://www.example.com/a"
    assert len(document["consents"]) == 2


def test_what_another_list_asked_is_left_out_for_those_who_may_not_see_it(newsroom: Newsroom, now: datetime) -> None:
    users.create_user(
        "ed@example.com", PASSWORD, role="readers", newsletter_id=newsroom.briefing.id, by=SYSTEM, now=now
    )
    ann = people.add_subscriber("ann@example.com", newsroom.list.id, reason="at the fair", by=SYSTEM, now=now).id
    people.add_subscriber("ann@example.com", newsroom.other_list.id, by=SYSTEM, now=now)
    self_service.sign_up("ann@example.com", [newsroom.other_list.id], origin="evening", network="192.0.2.1", now=now)

    def lists_in(document: dict[str, Any]) -> set[int]:
        return {each["list_id"] for name in ("subscriptions", "consents") for each in document[name]}

    theirs = personal_data.collect_personal_data(ann, by=act_as("ed@example.com"), now=now)
    assert lists_in(theirs) == {newsroom.list.id}
    assert (theirs["mails_we_owed"], theirs["sign_up_attempts"]) == ([], [])
    own = personal_data.collect_own_data(Claims(DATA, 0, ann), now=now)
    assert lists_in(own) == {newsroom.list.id, newsroom.other_list.id}
    assert own["mails_we_owed"]
    assert own["sign_up_attempts"]
