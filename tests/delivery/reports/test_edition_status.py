"""The state of an edition follows its mailing, wherever it is shown."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from newsletter.catalog import newsletter_settings
from newsletter.catalog.values import Newsletter as NewsletterSettings
from newsletter.curator.editions import approval, edition_lookup, editions
from newsletter.curator.editions.models import Edition
from newsletter.delivery import models
from newsletter.delivery.ledger.states import MailingState
from newsletter.delivery.reports import edition_status
from newsletter.delivery.reports.summary import Mailing
from newsletter.delivery.sending import freeze, mailings
from newsletter.kernel import clock
from newsletter.scheduling import occurrences, schedules
from newsletter.web.views import schedule, today
from tests.actors import SYSTEM
from tests.cli.conftest import newsletter
from tests.conftest import Newsroom
from tests.delivery.conftest import hand_over_all
from tests.fakes.provider import ScriptedProvider, wants_another_key
from tests.web.conftest import admin, signed_in

__all__ = ["admin", "newsletter", "signed_in"]
pytestmark = pytest.mark.django_db
Plan = Callable[..., Mailing]
Join = Callable[..., list[int]]


def paused(plan: Plan, now: datetime) -> None:
    plan()
    freeze.freeze_next(now)
    hand_over_all(ScriptedProvider(wants_another_key), now)


def held(plan: Plan, now: datetime) -> None:
    made = plan()
    editions.edit_edition(made.edition_id, now=now, subject="Another", seen=None, by=SYSTEM)
    freeze.freeze_next(now)


def recalling(plan: Plan, now: datetime) -> None:
    plan()
    freeze.freeze_next(now)
    models.Mailing.objects.update(state=MailingState.RECALLING, reason="being recalled by Ann")


def cancelled(plan: Plan, now: datetime) -> None:
    made = plan()
    freeze.freeze_next(now)
    mailings.cancel(made.id, by=SYSTEM, now=now)


def sending(plan: Plan, now: datetime) -> None:
    plan()
    freeze.freeze_next(now)


def finished(plan: Plan, now: datetime) -> None:
    sending(plan, now)
    hand_over_all(ScriptedProvider(), now)
    mailings.finish_settled(now)


def scheduled(plan: Plan, now: datetime) -> None:
    plan(due_at=now + timedelta(hours=1))


def cancelled_and_sent_again(plan: Plan, now: datetime) -> None:
    cancelled(plan, now)
    finished(plan, now)


CASES: dict[Callable[[Plan, datetime], None], tuple[str, str]] = {
    paused: ("paused", "The key is wrong. Set another, then resume."),
    held: ("held", "The edition was edited after its approval. Approve it again, then send it."),
    recalling: ("recalling", "being recalled by Ann"),
    cancelled: ("cancelled", "cancelled by tests"),
    sending: ("handed_over", ""),
    finished: ("sent", ""),
    scheduled: ("approved", ""),
    cancelled_and_sent_again: ("sent", ""),
}


@pytest.mark.parametrize("bring", CASES, ids=lambda bring: bring.__name__)
def test_desk_commands_and_programs_are_told_where_the_mailing_is_and_why(
    bring: Callable[[Plan, datetime], None],
    plan: Plan,
    join: Join,
    edition: Any,
    newsroom: Newsroom,
    admin: Client,
    newsletter: Any,
    now: datetime,
) -> None:
    join(3)
    schedules.create_schedule(newsroom.briefing.id, weekdays="daily", time="06:00", zone="UTC", by=SYSTEM, now=now)
    occurrences.materialise(now)
    bring(plan, now)
    state, reason = CASES[bring]
    label = edition_status.get_edition_status(edition_lookup.get_edition(edition.id)).state.label
    shown = json.loads(newsletter("editions", "show", str(edition.id), "--json")[1])
    assert (shown["state"], shown["reason"]) == (state, reason)
    (listed,) = json.loads(newsletter("editions", "list", "--json")[1])
    assert (listed["state"], listed["reason"]) == (state, reason)
    assert (
        f": {label.lower()}{f' ({reason})' if reason else ''}\n" in newsletter("editions", "show", str(edition.id))[1]
    )
    assert f" {label.lower()} " in newsletter("editions", "list")[1]
    assert f"{label}</span>" in admin.get("/editions/").content.decode()
    review = admin.get(f"/editions/{edition.id}/review/").content.decode()
    assert f"{label}</span>" in review
    assert reason in review
    if state == "paused":
        assert "handed_over" not in newsletter("editions", "show", str(edition.id), "--json")[1]
        assert "Sending</span>" not in review
    (line,) = list_lines(newsroom.briefing, now)
    assert (line.state, line.reason) == (state, reason)


def list_lines(briefing: NewsletterSettings, now: datetime) -> list[today.DueItem]:
    return [each for each in today.list_due_items((briefing,), now, clock.get_zone(briefing.zone)) if each.edition]


@pytest.mark.parametrize("bring", [paused, held, recalling, cancelled, finished], ids=lambda bring: bring.__name__)
def test_the_schedule_shows_it_too(
    bring: Callable[[Plan, datetime], None], plan: Plan, join: Join, newsroom: Newsroom, now: datetime
) -> None:
    join(3)
    schedules.create_schedule(newsroom.briefing.id, weekdays="daily", time="23:59", zone="UTC", by=SYSTEM, now=now)
    occurrences.materialise(now)
    bring(plan, now)
    occurrence = occurrences.list_occurrences(now, now + timedelta(days=1))[0]
    (found,) = schedule.describe_occurrences((occurrence,), {newsroom.briefing.id: newsroom.briefing})
    assert found[2:4] == CASES[bring]


def test_a_mailing_shows_the_number_of_its_own_audience_not_the_lists(
    plan: Plan, join: Join, newsroom: Newsroom, newsletter: Any, edition: Any, now: datetime
) -> None:
    join(3)
    assert [line.subscriber_count for line in list_lines(newsroom.briefing, now)] == [3], (
        "of the list, until it is counted"
    )
    sending(plan, now)
    join(4, "more")
    assert [line.subscriber_count for line in list_lines(newsroom.briefing, now)] == [3]
    shown = json.loads(newsletter("editions", "show", str(edition.id), "--json")[1])
    assert (shown["planned"], shown["mailing_id"]) == (3, models.Mailing.objects.get().id)


@pytest.mark.parametrize(
    ("bring", "public"),
    [(paused, False), (sending, False), (cancelled, False), (finished, True)],
    ids=lambda each: getattr(each, "__name__", str(each)),
)
def test_an_edition_that_nobody_has_is_not_in_the_archive(
    bring: Callable[[Plan, datetime], None], public: bool, plan: Plan, join: Join, edition: Any, now: datetime
) -> None:
    join(3)
    bring(plan, now)
    assert edition_status.has_left(edition_lookup.get_edition(edition.id), now) is public


def test_what_waits_at_the_provider_is_not_in_the_archive_before_its_time(
    plan: Plan, join: Join, edition: Any, now: datetime
) -> None:
    join(60)
    sending(plan, now)
    hand_over_all(ScriptedProvider(), now)
    models.Mailing.objects.update(due_at=now + timedelta(minutes=30))
    found = edition_lookup.get_edition(edition.id)
    assert not edition_status.has_left(found, now)
    assert edition_status.has_left(found, now + timedelta(minutes=30))


def test_each_of_many_editions_has_its_own_status(plan: Plan, edition: Any, newsroom: Newsroom, now: datetime) -> None:
    plan()
    other = editions.create_edition(newsroom.other.id, None, by=SYSTEM, now=now)
    found = edition_status.find_statuses((edition_lookup.get_edition(edition.id), other))
    assert {each: status.state for each, status in found.items()} == {edition.id: "approved", other.id: "open"}
    assert found[other.id].mailing_id is None


def test_an_edition_whose_approval_was_withdrawn_says_everywhere_that_it_will_be_held(
    plan: Plan, edition: Any, admin: Client, now: datetime
) -> None:
    later = clock.now().replace(microsecond=0) + timedelta(hours=2)
    mailing = plan()
    models.Mailing.objects.update(due_at=later)
    Edition.objects.update(date=later.date())  # today, for the page of that name
    pages = ("/", f"/editions/{edition.id}/", f"/editions/{edition.id}/review/", f"/deliveries/{mailing.id}/")
    for page in pages:
        assert "Will be held" not in admin.get(page).content.decode(), page
    assert_outline_says_the_same(edition.id)
    approval.withdraw_to_edit(edition.id, content_hash=None, by=SYSTEM, now=now)
    at = f"{later.astimezone(clock.get_zone('Europe/London')):%H:%M %Z}"
    for page in pages:
        text = " ".join(admin.get(page).content.decode().split())
        assert re.search(rf"Will be held at [^<]*{at} unless approved again", text), page
    assert_outline_says_the_same(edition.id)


def assert_outline_says_the_same(edition_id: int) -> None:
    outline = edition_lookup.get_outline(edition_id, planned=occurrences.select_planned_instant())
    whole = edition_status.get_edition_status(edition_lookup.get_edition(edition_id))
    assert edition_status.find_outline_status(outline) == whole


def test_an_edition_of_a_schedule_is_held_unless_somebody_approves_it(newsroom: Newsroom, now: datetime) -> None:
    schedules.create_schedule(newsroom.briefing.id, weekdays="daily", time="07:00", zone="UTC", by=SYSTEM, now=now)
    occurrences.materialise(now)
    (first, *_) = occurrences.list_occurrences(now, now + timedelta(days=2), [newsroom.briefing.id])
    made = editions.create_edition(newsroom.briefing.id, first.date, by=SYSTEM, now=now)
    before = edition_status.get_edition_status(made)
    assert_outline_says_the_same(made.id)
    occurrences.record_draft(first.id, made.id, now)
    status = edition_status.get_edition_status(made)
    assert status == before, "made by hand for a date that opens later, it is held at the same time"
    assert (status.held_at, status.lost_approval) == (first.instant, False)
    assert_outline_says_the_same(made.id)
    newsletter_settings.change_newsletter(newsroom.briefing.id, approvals="self", seen=None, by=SYSTEM, now=now)
    assert edition_status.get_edition_status(made).held_at is None, "it publishes itself"
    assert_outline_says_the_same(made.id)
