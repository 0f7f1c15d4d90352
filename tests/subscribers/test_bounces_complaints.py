"""What the provider reports of people: bounces and complaints act on the address they name, and on nobody else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from subscribers import audience, bounces_complaints, models, people, policy, self_service, subscriber_lookup
from subscribers.bounces_complaints import ProviderReport
from subscribers.states import ReportKind
from subscribers.tokens import CONFIRM, Claims
from subscribers.values import List
from tests.actors import SYSTEM
from tests.conftest import reported

Active = Callable[..., int]


@pytest.fixture
def report(now: datetime) -> Callable[..., int]:
    """Applies reports given as words, a minute apart: report("soft", "arrived")."""

    def apply(*whats: Any, address: str = "reader0@example.com", list_id: int | None = None) -> int:
        given = [
            ProviderReport(what, address, list_id, f"{what} {n}", now + timedelta(minutes=n))
            for n, what in enumerate(whats)
        ]
        return bounces_complaints.apply_reports(given, source="provider", now=now)

    return apply


@pytest.fixture
def reader(readers: Callable[..., list[int]]) -> int:
    return readers(2)[0]


def state(reader: int) -> list[str]:
    return [each.state for each in subscriber_lookup.get_subscriber(reader).subscriptions]


def test_five_soft_bounces_in_a_row_are_as_good_as_a_hard_one(reader: int, report: Callable[..., int]) -> None:
    report(*["soft"] * (policy.MAX_SOFT_BOUNCES - 1))
    assert state(reader) == ["active"]
    report("soft")
    assert state(reader) == ["bounced"]
    assert subscriber_lookup.get_subscriber(reader).suppressed == "bounced"


@pytest.mark.parametrize("portions", [1, 2])
def test_a_delivery_between_starts_the_count_again(reader: int, report: Callable[..., int], portions: int) -> None:
    course = ["soft"] * 4 + ["arrived"] + ["soft"] * 4
    if portions == 1:
        report(*course)
    else:
        report(*course[:3])
        report(*course[3:])
    assert state(reader) == ["active"]
    report("soft")
    assert state(reader) == ["bounced"]


def test_reports_act_in_the_order_in_which_things_happened(reader: int, now: datetime) -> None:
    soft = [
        ProviderReport(ReportKind.SOFT, "reader0@example.com", None, "", now + timedelta(minutes=n)) for n in range(5)
    ]
    arrived = ProviderReport(
        ReportKind.ARRIVED, "reader0@example.com", None, "", now + timedelta(minutes=2, seconds=30)
    )
    bounces_complaints.apply_reports([arrived, *soft[::-1]], source="provider", now=now)
    assert state(reader) == ["active"]
    assert models.Subscriber.objects.get(id=reader).soft_bounces == 2


def test_a_hard_bounce_holds_for_every_list(
    reader: int, report: Callable[..., int], newsroom: Any, now: datetime
) -> None:
    people.add_subscriber("reader0@example.com", newsroom.other_list.id, by=SYSTEM, now=now, reason="asked in person")
    report("hard")
    assert state(reader) == ["bounced", "bounced"]


def test_a_complaint_outweighs_a_bounce_and_nothing_outweighs_a_complaint(
    reader: int, report: Callable[..., int]
) -> None:
    report("hard", "complained", "hard", "soft")
    assert state(reader) == ["complained"]
    assert subscriber_lookup.get_subscriber(reader).suppressed == "complained"


@pytest.mark.parametrize("what", ["arrived", "soft", "hard", "complained", "left"])
def test_no_report_brings_anybody_back(
    what: str, reader: int, report: Callable[..., int], newsroom: Any, now: datetime
) -> None:
    people.unsubscribe(reader, newsroom.list.id, by=SYSTEM, now=now)
    report(*[what] * 6, "arrived", list_id=newsroom.list.id)
    assert state(reader) in (["unsubscribed"], ["complained"])


def test_leaving_at_the_provider_holds_for_the_list_it_is_about(
    reader: int, report: Callable[..., int], newsroom: Any
) -> None:
    report("left", list_id=newsroom.other_list.id)
    assert state(reader) == ["active"]
    report("left", list_id=newsroom.list.id)
    assert state(reader) == ["unsubscribed"]


def test_the_address_is_compared_as_people_are(reader: int, report: Callable[..., int]) -> None:
    assert report("hard", address="READER0@Example.com") == 1
    assert state(reader) == ["bounced"]


def test_nobody_of_ours_leaves_no_trace(reader: int, report: Callable[..., int]) -> None:
    assert report("hard", "complained", address="stranger@example.com") == 0
    assert not models.Suppression.objects.exists()


def test_a_former_address_that_bounces_is_never_mailed_again_and_its_subscriber_is(
    reader: int, report: Callable[..., int], now: datetime
) -> None:
    people.change_address(reader, "new@example.com", by=SYSTEM, seen=None, now=now)
    report("hard")
    assert state(reader) == ["active"]
    assert subscriber_lookup.get_subscriber(reader).suppressed == ""
    assert models.Suppression.objects.get().address_key == "reader0@example.com"


def test_every_change_leaves_its_consent_event(reader: int, report: Callable[..., int]) -> None:
    report("hard")
    newest = subscriber_lookup.get_subscriber(reader).consents[0]
    assert (newest.state, newest.how, newest.origin) == ("bounced", "event", "hard 0")


@pytest.mark.parametrize(("what", "after"), [("hard", "active"), ("left", "active"), ("complained", "complained")])
def test_who_said_yes_since_is_put_out_by_no_older_report_but_a_complaint(
    what: Any, after: str, newsroom: Any, now: datetime
) -> None:
    self_service.sign_up("ann@example.com", [newsroom.list.id], origin="", network="", now=now)
    ann = subscriber_lookup.find_subscriber_by_address("ann@example.com")
    assert ann is not None
    self_service.confirm_subscription(Claims(CONFIRM, newsroom.list.id, ann.id), network="", now=now)
    before = now - timedelta(hours=1)
    bounces_complaints.apply_reports(
        [ProviderReport(what, ann.address, newsroom.list.id, "", before)], source="provider", now=now
    )
    assert state(ann.id) == [after]


def test_a_complaint_on_one_list_stops_mail_from_all(
    active: Active, morning: List, evening: List, now: datetime
) -> None:
    person_id = active("ann@example.com")
    people.add_subscriber("ann@example.com", evening.id, by=SYSTEM, now=now, reason="asked in person")
    reported(person_id, morning.id, "complained", reason="spam button", now=now)
    assert [c.exclusion for c in audience.list_audience_page(evening.id, after=0, upto=10**6, limit=9)] == [
        "complained"
    ]
