"""Who is in the audience of a list, who of them must not be mailed, and at which address the others are."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

import pytest

from subscribers import addresses, audience, lists, models, people, sql_fragments, subscriber_lookup, suppressions
from subscribers.segments import service
from subscribers.values import List
from tests.actors import SYSTEM
from tests.conftest import reported
from tests.subscribers.audiences import fill_list

Active = Callable[..., int]


def test_everybody_on_a_list_is_a_candidate_and_those_not_to_mail_say_why(
    active: Active, morning: List, now: datetime
) -> None:
    ids = {name: active(f"{name}@example.com") for name in ("fine", "left", "bounced", "complained", "never")}
    ids["pending"] = people.add_subscriber("pending@example.com", morning.id, by=SYSTEM, now=now).id
    people.unsubscribe(ids["left"], morning.id, by=SYSTEM, now=now)
    reported(ids["bounced"], morning.id, "hard", reason="", now=now)
    reported(ids["complained"], morning.id, "complained", reason="", now=now)
    suppressions.suppress("never@example.com", reason="asked", by=SYSTEM, now=now)
    found = {
        c.subscriber_id: c.exclusion for c in audience.list_audience_page(morning.id, after=0, upto=10**9, limit=99)
    }
    assert found == {
        ids["fine"]: "",
        ids["left"]: "unsubscribed",
        ids["bounced"]: "bounced",
        ids["complained"]: "complained",
        ids["never"]: "suppressed",
        ids["pending"]: "pending",
    }
    assert audience.get_audience_bounds(morning.id)[:2] == (6, max(ids.values()))
    assert lists.count_subscribers_by_state(morning.id) == {
        "active": 2,
        "bounced": 1,
        "complained": 1,
        "pending": 1,
        "unsubscribed": 1,
    }


@pytest.mark.parametrize("limit", [1, 2, 3, 100])
def test_pages_of_any_size_meet_everybody_once_and_no_latecomer(limit: int, active: Active, morning: List) -> None:
    ids = [active(f"r{n}@example.com") for n in range(7)]
    upto = audience.get_audience_bounds(morning.id).last_id
    active("late@example.com")
    seen: list[int] = []
    while page := audience.list_audience_page(morning.id, after=seen[-1] if seen else 0, upto=upto, limit=limit):
        seen += [candidate.subscriber_id for candidate in page]
    assert seen == sorted(ids)


def test_an_empty_list_has_no_bounds(morning: List) -> None:
    assert audience.get_audience_bounds(morning.id) == (0, 0, 0)


def test_a_mailing_goes_to_the_address_of_the_freeze(active: Active, morning: List, now: datetime) -> None:
    person_id = active("one@example.com", first_name="Ann")
    for hours, address in ((1, "two@example.com"), (2, "three@example.com")):
        people.change_address(person_id, address, by=SYSTEM, seen=None, now=now + timedelta(hours=hours))
    for hours, address in (
        (0, "one@example.com"),
        (1, "two@example.com"),
        (2, "three@example.com"),
        (9, "three@example.com"),
    ):
        found = audience.get_audience_addresses(
            morning.id, [person_id], as_of=now + timedelta(hours=hours, minutes=1 if hours else 0)
        )
        assert ([*found.addresses], [*found.first_names], found.excluded) == ([address], ["Ann"], {})
        then = now + timedelta(hours=hours, minutes=1 if hours else 0)
        assert [*audience.list_addresses_at([person_id, person_id + 1], as_of=then)] == [address, ""]


@pytest.mark.parametrize("suppressed", ["old@example.com", "new@example.com"])
def test_nobody_is_mailed_when_either_address_must_not_be(
    suppressed: str, active: Active, morning: List, now: datetime
) -> None:
    person_id = active("old@example.com")
    people.change_address(person_id, "new@example.com", by=SYSTEM, seen=None, now=now + timedelta(hours=1))
    suppressions.suppress(suppressed, reason="asked", by=SYSTEM, now=now)
    assert audience.get_audience_addresses(morning.id, [person_id], as_of=now).excluded == {person_id: "suppressed"}


def test_suppressions_that_were_heeded_before_are_not_asked_for_again(
    active: Active, morning: List, now: datetime
) -> None:
    early, late = active("early@example.com"), active("late@example.com")
    suppressions.suppress("early@example.com", reason="asked", by=SYSTEM, now=now)
    bounds = audience.get_audience_bounds(morning.id)
    suppressions.suppress("late@example.com", reason="asked", by=SYSTEM, now=now)
    found = audience.get_audience_addresses(
        morning.id, [early, late], as_of=now, suppressed_upto=bounds.suppressed_upto
    )
    assert found.excluded == {late: "suppressed"}


def test_an_address_nobody_can_send_to_is_excluded_as_invalid(active: Active, morning: List) -> None:
    person_id = active("fine@example.com")
    models.Subscriber.objects.filter(id=person_id).update(address="no address at all")  # as an old row may have it
    (candidate,) = audience.list_audience_page(morning.id, after=0, upto=10**9, limit=9)
    assert candidate.exclusion == "invalid"


def test_somebody_unknown_is_reported_as_gone_in_their_place(active: Active, morning: List, now: datetime) -> None:
    person_id = active("ann@example.com")
    found = audience.get_audience_addresses(morning.id, [person_id, person_id + 1], as_of=now)
    assert (found.addresses, found.excluded) == (["ann@example.com", ""], {person_id + 1: "erased"})


def test_a_page_of_candidates_costs_one_query_and_a_batch_of_recipients_four(
    active: Active, morning: List, now: datetime, django_assert_num_queries: Any
) -> None:
    ids = [active(f"reader{n}@example.com") for n in range(20)]
    with django_assert_num_queries(2):  # one for domains that are never mailed
        assert len(audience.list_audience_page(morning.id, after=0, upto=10**9, limit=10_000)) == 20
    with django_assert_num_queries(4):
        assert len(audience.get_audience_addresses(morning.id, ids, as_of=now).addresses) == 20


@pytest.mark.parametrize("chosen", [slice(None), slice(None, None, 39)])
def test_a_few_of_a_long_range_are_looked_up_like_a_whole_batch(
    active: Active, morning: List, now: datetime, chosen: slice
) -> None:
    everybody = sorted(active(f"reader{n}@example.com") for n in range(40))
    wanted = everybody[chosen]
    found = audience.get_audience_addresses(morning.id, wanted, as_of=now)
    assert [person.address for person in map(subscriber_lookup.get_subscriber, wanted)] == [*found.addresses]
    assert not found.excluded


def find_reason(of: models.Subscription, on: date, never: set[str], payers: set[int] | None) -> str:
    """Why somebody is not mailed, one rule after the other."""
    address = of.subscriber.address
    domain = addresses.to_key(address).rpartition("@")[2]
    if of.state != "active":
        return of.state
    if of.subscriber.address_key in never or f"@{domain}" in never:
        return "suppressed"
    if not addresses.is_sendable(address):
        return "invalid"
    if of.paused_until and of.paused_until > on:
        return "paused"
    if of.frequency == "weekly" and of.list.weekly_day != on.weekday():
        return "frequency"
    return "segment" if payers is not None and of.subscriber_id not in payers else ""


def expect(morning: List, on: date, payers: set[int] | None = None) -> dict[int, str]:
    """What holds of everybody on a list."""
    never = set(models.Suppression.objects.values_list("address_key", flat=True))
    rows = models.Subscription.objects.filter(list_id=morning.id).select_related("subscriber", "list")
    return {each.subscriber_id: find_reason(each, on, never, payers) for each in rows}


@pytest.mark.parametrize("seed", range(4))
def test_the_reasons_of_pages_and_those_that_are_counted_are_the_same(
    seed: int, morning: List, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audience, "PEOPLE_AT_ONCE", 17)
    payers = fill_list(morning.id, Random(seed), now)
    on = now.date() + timedelta(days=seed)
    for segment, members in ((None, None), (service.build_filter("payers", now=now), payers)):
        expected = expect(morning, on, members)
        found, after = dict[int, str](), 0
        while page := audience.list_audience_page(morning.id, after=after, upto=10**9, limit=7, on=on, segment=segment):
            after = page[-1].subscriber_id
            found |= {each.subscriber_id: each.exclusion for each in page}
        assert found == expected
        assert audience.count_candidates(morning.id, on=on, segment=segment) == Counter(expected.values())
    assert {"", "unsubscribed", "suppressed", "invalid", "paused", "frequency", "segment"} <= {*expected.values()}


def test_what_goes_to_everybody_is_counted_whatever_the_day(morning: List, now: datetime) -> None:
    fill_list(morning.id, Random(5), now)
    page = audience.list_audience_page(morning.id, after=0, upto=10**9, limit=10**6)
    counted = audience.count_candidates(morning.id)
    assert counted == Counter(each.exclusion for each in page)
    assert not {"paused", "frequency", "segment"} & {*counted}


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(sql_fragments.is_postgresql(), reason="PostgreSQL has workers of its own")
def test_a_long_list_is_counted_by_several_threads_with_few_queries(
    morning: List, now: datetime, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any
) -> None:
    payers = fill_list(morning.id, Random(6), now)
    monkeypatch.setattr(sql_fragments, "PARALLEL_FROM", 1)
    monkeypatch.setattr(audience, "PEOPLE_AT_ONCE", 5)
    monkeypatch.setattr(os, "cpu_count", lambda: 3)
    segment = service.build_filter("payers", now=now)
    with django_assert_num_queries(2):  # for domains that are never mailed, and the highest id
        counted = audience.count_candidates(morning.id, on=now.date(), segment=segment)
    assert counted == Counter(expect(morning, now.date(), payers).values())


def test_an_empty_list_counts_nobody(morning: List) -> None:
    assert not audience.count_candidates(morning.id)
