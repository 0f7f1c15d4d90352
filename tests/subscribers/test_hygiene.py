"""Silence, asking, letting go; and how a list grew."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from newsletter.kernel.errors import BadInput, Refused
from subscribers import engagement, hygiene, models, people, retention, self_service, subscriber_lookup, transactional
from subscribers.tokens import FOOTER, STAY, Claims
from subscribers.values import List
from tests.actors import SYSTEM
from tests.conftest import Newsroom

Active = Callable[..., int]
Look = Callable[..., str | None]
LATER = timedelta(days=400)


@pytest.fixture
def silent(active: Active, morning: List, now: datetime) -> datetime:
    """A year later ann opens, ben clicks, cleo and dan do nothing, eve may not be tracked, finn came lately."""
    ids = {name: active(f"{name}@example.com") for name in ("ann", "ben", "cleo", "dan", "eve")}
    models.Subscriber.objects.filter(id=ids["eve"]).update(tracked=False)
    then = now + LATER
    engagement.record_engagement(morning.id, 1, opened=[ids["cleo"]], clicked=[], as_of=now)
    engagement.record_engagement(morning.id, 9, opened=[ids["ann"]], clicked=[ids["ben"]], as_of=then)
    people.add_subscriber("finn@example.com", morning.id, by=SYSTEM, now=then, reason="asked in person")
    return then


def test_those_whom_nobody_noticed_are_counted_asked_and_let_go(silent: datetime, morning: List, state: Look) -> None:
    seen = hygiene.count_inactive(morning.id, 6, now=silent)
    assert (seen.silent, seen.asked, seen.as_of) == (2, 0, silent)
    assert hygiene.ask_inactive(morning.id, 6, by=SYSTEM, expected=None, now=silent) == 2
    assert hygiene.ask_inactive(morning.id, 6, by=SYSTEM, expected=None, now=silent + timedelta(days=1)) == 0
    mails = transactional.claim_mails(silent, limit=9, lease=timedelta(minutes=1))
    assert {mail.kind for mail in mails} == {"stay"}
    assert {mail.address for mail in mails} == {"cleo@example.com", "dan@example.com"}
    token = next(mail for mail in mails if mail.address.startswith("cleo")).button_url.rpartition("/")[2]
    self_service.confirm_interest(
        subscriber_lookup.get_signer().read(token, STAY, silent), network="", now=silent + timedelta(days=3)
    )
    retention.apply_retention(silent + timedelta(days=29))
    assert state("dan@example.com") == "active"
    retention.apply_retention(silent + timedelta(days=31))
    assert (state("cleo@example.com"), state("dan@example.com")) == ("active", "unsubscribed")
    dan = subscriber_lookup.find_subscriber_by_address("dan@example.com")
    assert dan is not None
    assert dan.consents[0].how == "silence"


def test_who_opens_after_being_asked_stays(silent: datetime, morning: List, state: Look) -> None:
    hygiene.ask_inactive(morning.id, 6, by=SYSTEM, expected=None, now=silent)
    dan = subscriber_lookup.find_subscriber_by_address("dan@example.com")
    assert dan is not None
    engagement.record_engagement(morning.id, 10, opened=[dan.id], clicked=[], as_of=silent + timedelta(days=5))
    retention.apply_retention(silent + timedelta(days=40))
    assert state("dan@example.com") == "active"


def test_who_never_agreed_to_be_counted_is_not_called_silent(newsroom: Newsroom, now: datetime) -> None:
    ann, ben, _ = (
        people.add_subscriber(f"{name}@example.com", newsroom.list.id, by=SYSTEM, now=now, reason="asked in person").id
        for name in ("ann", "ben", "cleo")
    )
    models.Subscriber.objects.filter(id=ann).update(tracking_agreed_at=now)
    models.Subscriber.objects.filter(id=ben).update(tracking_agreed_at=now + LATER - timedelta(days=9))
    engagement.record_engagement(newsroom.list.id, 1, opened=[], clicked=[], as_of=now + LATER)
    assert hygiene.count_inactive(newsroom.list.id, 6, now=now + LATER).silent == 1


def test_where_nothing_is_known_nobody_is_called_silent(active: Active, morning: List, now: datetime) -> None:
    active("ann@example.com")
    with pytest.raises(Refused, match="nothing recent is known"):
        hygiene.count_inactive(morning.id, 6, now=now + LATER)
    with pytest.raises(BadInput, match="from 2 to 60"):
        hygiene.count_inactive(morning.id, 1, now=now)


def test_growth_counts_who_came_and_went_and_the_sums_come_out(
    active: Active, morning: List, take_in: Callable[..., object], now: datetime
) -> None:
    ann = active("ann@example.com")
    active("ben@example.com")
    take_in("email\ncleo@example.com\ndan@example.com\n")
    self_service.sign_up("eve@example.com", [morning.id], origin="", network="", now=now)
    then = now + timedelta(days=40)
    self_service.unsubscribe_by_link(Claims(FOOTER, morning.id, ann), how="one-click", network="", now=then)
    newest, first = hygiene.compute_growth(morning.id, now=then)
    assert (newest.active, newest.happened["left"], newest.churn) == (3, 1, 0.25)
    assert (first.active, first.happened["confirmed"], first.happened["imported"], first.happened["asked"]) == (
        4,
        2,
        2,
        1,
    )
