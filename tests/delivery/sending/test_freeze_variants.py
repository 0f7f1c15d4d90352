"""Readers get what is for them: by their group, the second subject by lot, and the date of the day where they live."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from newsletter.curator.editions import editions, picks, variants
from newsletter.delivery.ledger.states import MailingState
from newsletter.delivery.providers.personal_message import build_personal_message
from newsletter.delivery.reports import summary
from newsletter.delivery.reports.summary import Mailing
from newsletter.delivery.sending import freeze, mailings, repair
from subscribers import models
from subscribers.attributes import change_profile
from subscribers.segments.service import create_segment, drop_segment
from tests.actors import SYSTEM
from tests.delivery.conftest import hand_over_all
from tests.fakes.provider import ScriptedProvider, loses_the_request

pytestmark = pytest.mark.django_db
Plan = Callable[..., Mailing]
Join = Callable[..., list[int]]


@pytest.fixture
def for_members(edition: Any, now: datetime) -> str:
    """What is in the link of a story that members alone see."""
    story = edition.picks[1]
    picks.edit_pick(edition.id, story.key, visibility="members", now=now, seen=None, by=SYSTEM)
    return f"nl={story.key}"


def got(provider: ScriptedProvider) -> dict[str, Any]:
    """What everybody was mailed, by address."""
    return {
        who.address: build_personal_message(request.envelope, who)
        for request in provider.accepted
        for who in request.recipients
    }


@pytest.mark.parametrize("page", [7, 5_000])
def test_members_get_what_is_for_them_and_nobody_else_does(
    plan: Plan, join: Join, for_members: str, now: datetime, monkeypatch: pytest.MonkeyPatch, page: int
) -> None:
    monkeypatch.setattr(freeze, "PAGE_SIZE", page)
    ids = join(120)
    for person in ids[::5]:
        change_profile(person, tier="paid" if person % 2 else "comp", seen=None, by=SYSTEM, now=now)
    made = plan()
    freeze.freeze_next(now)
    provider = ScriptedProvider()
    hand_over_all(provider, now)
    mails = got(provider)
    assert len(mails) == 120
    members = set(models.Subscriber.objects.exclude(tier="free").values_list("address", flat=True))
    assert len(members) == 24
    assert {who for who, mail in mails.items() if for_members in mail.html} == members
    assert {who for who, mail in mails.items() if for_members in mail.text} == members
    assert summary.get_mailing(made.id).adds_up
    assert set(provider.mailed.values()) == {1}


def test_half_are_mailed_with_the_second_subject(plan: Plan, join: Join, edition: Any, now: datetime) -> None:
    ids = join(100)
    editions.edit_edition(edition.id, second_subject="Trains again", now=now, seen=None, by=SYSTEM)
    plan()
    freeze.freeze_next(now)
    provider = ScriptedProvider()
    hand_over_all(provider, now)
    addresses = models.Subscriber.objects.in_bulk(ids)
    expected = {
        addresses[person].address: "Trains again"
        if variants.gets_second_subject(person, edition.id)
        else edition.subject
        for person in ids
    }
    assert {who: mail.subject for who, mail in got(provider).items()} == expected
    assert 25 < sum(subject == "Trains again" for subject in expected.values()) < 75


def test_a_repair_sends_each_the_variant_they_were_to_get(
    plan: Plan, join: Join, for_members: str, now: datetime
) -> None:
    ids = join(40)
    for person in ids[:10]:
        change_profile(person, tier="paid", seen=None, by=SYSTEM, now=now)
    made = plan()
    freeze.freeze_next(now)
    hand_over_all(ScriptedProvider(loses_the_request, loses_the_request), now)
    mailings.resume(made.id, by=SYSTEM, now=now)  # it paused: neither was accepted
    freeze.freeze_next(now)
    assert repair.repair_mailing(made.id, unknown=True, by=SYSTEM, now=now) == 40
    provider = ScriptedProvider()
    hand_over_all(provider, now + timedelta(minutes=10))
    mails = got(provider)
    members = set(models.Subscriber.objects.filter(id__in=ids[:10]).values_list("address", flat=True))
    assert len(mails) == 40
    assert {who for who, mail in mails.items() if for_members in mail.html} == members


def test_a_segment_dropped_after_the_approval_holds_the_mailing_and_not_the_others(
    plan: Plan, join: Join, edition: Any, now: datetime
) -> None:
    join(3)
    definition = {"all": [{"about": "tier", "op": "is", "value": "free"}]}
    create_segment("locals", "Readers nearby", definition, by=SYSTEM, now=now)
    picks.edit_pick(edition.id, edition.picks[1].key, visibility="segment:locals", now=now, seen=None, by=SYSTEM)
    made = plan()
    drop_segment("locals", by=SYSTEM, now=now, seen=None)
    freeze.freeze_next(now)
    held = summary.get_mailing(made.id)
    assert (held.state, held.planned) == (MailingState.HELD, 0)
    assert "locals" in held.reason
    assert "Nothing was sent" in held.reason


def test_a_segment_that_counts_days_sees_its_stories_by_the_days_before_the_freeze(
    plan: Plan, join: Join, edition: Any, now: datetime
) -> None:
    ids = join(4)
    models.Subscriber.objects.filter(id=ids[0]).update(created_at=now - timedelta(days=31))
    recent = {"about": "joined", "op": "in_last_days", "value": 30}
    create_segment("recent", "Recent", recent, by=SYSTEM, now=now)
    picks.edit_pick(edition.id, edition.picks[1].key, visibility="segment:recent", now=now, seen=None, by=SYSTEM)
    made = plan()
    freeze.freeze_next(now)
    assert sorted(each.planned for each in summary.get_mailing(made.id).variants.values()) == [1, 3]


def test_the_date_is_the_day_in_the_subscribers_time_zone(plan: Plan, join: Join, edition: Any, now: datetime) -> None:
    ids = join(4)
    for person, zone in zip(ids, ("Pacific/Auckland", "America/Los_Angeles", "", "Mars/Olympus"), strict=True):
        models.Subscriber.objects.filter(id=person).update(zone=zone)
    editions.edit_edition(
        edition.id, intro="It is {{ date }}, {{ first_name }}. You get {{ list }}.", now=now, seen=None, by=SYSTEM
    )
    late = datetime(2026, 11, 24, 12, 30, tzinfo=UTC)
    plan(due_at=late)
    freeze.freeze_next(late)
    provider = ScriptedProvider()
    hand_over_all(provider, late)
    dates = {who: mail.text.split("It is ")[1].split(",")[0] for who, mail in got(provider).items()}
    home = "Tuesday 24 November 2026"
    assert dates == {
        "reader0@example.com": "Wednesday 25 November 2026",
        "reader1@example.com": home,
        "reader2@example.com": home,
        "reader3@example.com": home,
    }
    assert all("You get Morning Briefing." in mail.text for mail in got(provider).values())


def test_a_mail_without_a_date_asks_for_no_zones(plan: Plan, join: Join, now: datetime) -> None:
    join(3)
    plan()
    freeze.freeze_next(now)
    with CaptureQueriesContext(connection) as queries:
        assert hand_over_all(ScriptedProvider(), now) == 1
    assert not any("p.zone" in each["sql"] for each in queries)


def test_each_variant_is_counted_separately(plan: Plan, join: Join, edition: Any, now: datetime) -> None:
    ids = join(60)
    editions.edit_edition(edition.id, second_subject="Trains again", now=now, seen=None, by=SYSTEM)
    made = plan()
    freeze.freeze_next(now)
    hand_over_all(ScriptedProvider(), now)
    seconds = sum(variants.gets_second_subject(person, edition.id) for person in ids)
    found = summary.get_mailing(made.id).variants
    assert {code: (each.planned, each.taken) for code, each in found.items()} == {
        "": (60 - seconds, 60 - seconds),
        "2": (seconds, seconds),
    }
