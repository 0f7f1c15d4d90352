"""Looking at the rows for what is to be told: what is settled meanwhile is not, and one look that fails stops none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from newsletter.catalog import newsletter_settings
from newsletter.checks import preflight
from newsletter.curator.articles.models import Source
from newsletter.curator.editions import approval, editions
from newsletter.delivery import isolation
from newsletter.jobs import heartbeats, tasks
from newsletter.jobs.models import Notification
from newsletter.jobs.notification_kinds import NotificationKind
from newsletter.jobs.notifications import choices, observing, recording, texts
from newsletter.jobs.notifications.facts import Fact
from newsletter.scheduling import schedules
from newsletter.scheduling.models import Occurrence
from subscribers.models import SignupAttempt
from subscribers.states import SignupVerdict
from tests.actors import SYSTEM, act_as
from tests.interleaving import failing
from tests.jobs.notifications.conftest import keep_alive
from tests.jobs.notifications.scenarios import Scene

K = NotificationKind
MINUTE = timedelta(minutes=1)


@pytest.fixture
def scene(
    newsroom: Any,
    people: Any,
    articles: Callable[..., list[int]],
    readers: Callable[..., list[int]],
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
    settings: Any,
) -> Scene:
    settings.CONFIG = replace(settings.CONFIG, provider="smtp", smtp_url="smtp://127.0.0.1:9")
    articles(6)
    keep_alive(now)
    return Scene(newsroom, readers, now, monkeypatch)


def facts(kind: NotificationKind, now: datetime) -> list[Fact]:
    """What would be told of a kind, of all that happened."""
    found = [each.build() for each in observing.look_at_what_happened(now) if each.kind is kind]
    return [each for each in found if each is not None]


def seen(now: datetime) -> set[str]:
    return {each.key for look in observing.look_at_conditions(now) for each in look.sightings}


def test_a_request_that_was_answered_meanwhile_is_not_told(scene: Scene) -> None:
    edition_id, by = scene.find_edition(), act_as("editor@example.com")
    tasks.request_approval(edition_id, of="admin@example.com", note="", by=by, now=scene.now)
    (fact,) = facts(K.APPROVAL_REQUESTED, scene.now)
    assert (fact.only_user, fact.actor) == ("admin@example.com", "editor@example.com")
    assert fact.values["due_at"] == "2026-11-24T07:00:00+00:00"
    preflight.approve_edition(edition_id, content_hash=None, by=SYSTEM, now=scene.now)
    assert facts(K.APPROVAL_REQUESTED, scene.now) == []
    assert len(facts(K.APPROVED, scene.now)) == 1
    editions.edit_edition(edition_id, subject="Another subject", seen=None, by=by, now=scene.now)
    assert facts(K.APPROVED, scene.now) == []


def test_the_first_of_two_approvals_asks_for_the_second(scene: Scene) -> None:
    newsletter_settings.change_newsletter(
        scene.newsroom.briefing.id, approvals="two", seen=None, by=SYSTEM, now=scene.now
    )
    by = act_as("editor@example.com")
    preflight.approve_edition(scene.find_edition(), content_hash=None, by=by, now=scene.now)
    (fact,) = facts(K.APPROVAL_REQUESTED, scene.now)
    assert fact.values["first_approval_of"] == "editor@example.com"
    assert fact.actor == "editor@example.com"


@pytest.mark.parametrize("minutes", [0, 5, 90])
def test_the_minutes_of_the_reminder_are_a_setting_of_the_newsletter(scene: Scene, minutes: int) -> None:
    newsletter_settings.change_newsletter(
        scene.newsroom.briefing.id, remind_minutes=minutes, seen=None, by=SYSTEM, now=scene.now
    )
    instant = scene.open_edition().instant
    assert facts(K.NOT_APPROVED, instant - timedelta(minutes=minutes + 1)) == []
    assert bool(facts(K.NOT_APPROVED, instant - timedelta(minutes=minutes or 1))) is bool(minutes)


@pytest.mark.parametrize("settled", ["approved", "skipped", "publishes itself"])
def test_nobody_is_reminded_of_what_is_settled(scene: Scene, settled: str) -> None:
    occurrence = scene.open_edition()
    at, edition_id = occurrence.instant - 10 * MINUTE, occurrence.edition_id or 0
    assert len(facts(K.NOT_APPROVED, at)) == 1
    if settled == "approved":
        preflight.approve_edition(edition_id, content_hash=None, by=SYSTEM, now=scene.now)
    elif settled == "skipped":
        approval.skip(edition_id, reason="A strike", content_hash=None, by=SYSTEM, now=scene.now)
    else:
        newsletter_settings.change_newsletter(
            scene.newsroom.briefing.id, approvals="self", seen=None, by=SYSTEM, now=scene.now
        )
    assert facts(K.NOT_APPROVED, at) == []


def test_a_skipped_edition_is_not_told_as_held_too(scene: Scene) -> None:
    occurrence = scene.open_edition()
    approval.skip(occurrence.edition_id or 0, reason="A strike", content_hash=None, by=SYSTEM, now=scene.now)
    tasks.tick(occurrence.instant)
    assert (scene.find_occurrence().state, scene.find_occurrence().reason) == ("skipped", "A strike (tests)")
    assert facts(K.HELD, occurrence.instant) == []


def test_a_skip_of_a_date_to_come_is_told_at_once_and_not_again_when_it_comes(scene: Scene) -> None:
    found = scene.open_edition()
    by = act_as("editor@example.com")
    for days in (1, 20):
        day = found.date + timedelta(days=days)
        schedules.skip_date(found.schedule_id, day, reason="A strike", by=by, now=scene.now)
        (fact,) = (each for each in facts(K.SKIPPED, scene.now) if each.values["day"] == str(day))
        assert fact.values["reason"] == "A strike (editor@example.com)"
        assert (fact.actor, fact.like) == ("editor@example.com", None)
    comes = found.instant + timedelta(days=1)
    tasks.tick(comes)
    assert all(each.subject.startswith("entry ") for each in facts(K.SKIPPED, comes))
    assert facts(K.SKIPPED, comes + timedelta(hours=1)) == []


def test_a_skip_that_was_undone_or_given_another_reason_meanwhile_is_not_told(scene: Scene) -> None:
    found = scene.open_edition()
    day = found.date + timedelta(days=1)
    for reason in ("A strike", "A storm"):
        schedules.skip_date(found.schedule_id, day, reason=reason, by=SYSTEM, now=scene.now)
    assert [each.values["reason"] for each in facts(K.SKIPPED, scene.now)] == ["A storm (tests)"]
    schedules.unskip_date(found.schedule_id, day, by=SYSTEM, now=scene.now)
    assert facts(K.SKIPPED, scene.now) == []
    schedules.skip_date(found.schedule_id, day, reason="A storm", by=SYSTEM, now=scene.now)
    assert len(facts(K.SKIPPED, scene.now)) == 1


@pytest.mark.parametrize("with_edition", [True, False])
def test_what_is_skipped_because_it_is_late_is_told_as_what_is_held_is(scene: Scene, with_edition: bool) -> None:
    newsletter_settings.change_newsletter(
        scene.newsroom.briefing.id, when_late="skip", seen=None, by=SYSTEM, now=scene.now
    )
    late = scene.open_edition().instant + timedelta(minutes=40)
    if not with_edition:
        Occurrence.objects.update(edition=None)
    tasks.tick(late, with_editions=False)
    (fact,) = facts(K.SKIPPED, late)
    assert fact.values["reason"] == "It was 40 minutes late; more than 30 minutes late it is skipped."
    assert (fact.like, fact.actor) == (K.HELD, "")
    assert "editor@example.com" in {each.email for each in choices.list_notified_users(fact)}


def test_nobody_hears_that_there_is_no_edition_while_one_is_about_to_be_opened(scene: Scene) -> None:
    def remind(at: datetime) -> list[object]:
        return [each.values.get("edition", 0) for each in facts(K.NOT_APPROVED, at)]

    schedules.create_schedule(
        scene.newsroom.briefing.id, weekdays="daily", time="06:20", zone="Europe/London", by=SYSTEM, now=scene.now
    )
    assert remind(scene.now) == []
    assert remind(scene.now + 17 * MINUTE) == []
    assert remind(scene.now + 18 * MINUTE) == [0], "nobody opened one"
    isolation.note_failure(isolation.OPEN_OCCURRENCE, scene.find_occurrence().id, ValueError("x"), scene.now)
    assert remind(scene.now) == [0], "it failed"
    recording.record_new(observing.look_at_what_happened(scene.now), scene.now)
    tasks.create_due_editions(scene.now + timedelta(minutes=10))
    later = scene.now + 11 * MINUTE
    assert remind(later) == [scene.find_occurrence().edition_id]
    assert recording.record_new(observing.look_at_what_happened(later), later) >= 1
    told = Notification.objects.filter(kind=K.NOT_APPROVED).order_by("id")
    assert [bool(each.values.get("edition")) for each in told] == [False, True]


def test_a_draft_is_told_once_though_its_schedule_moves_away_and_back(scene: Scene) -> None:
    found = scene.open_edition()
    told = {each.subject for each in facts(K.DRAFT_READY, scene.now)}
    for time in ("09:00", "07:00"):
        schedules.change_schedule(found.schedule_id, time=time, seen=None, by=SYSTEM, now=scene.now)
        tasks.tick(scene.now)
    assert scene.find_occurrence().id != found.id
    assert {each.subject for each in facts(K.DRAFT_READY, scene.now)} == told


def test_an_approval_that_was_withdrawn_and_given_again_is_told_once(scene: Scene) -> None:
    edition_id, by = scene.find_edition(), act_as("editor@example.com")
    for again in (True, False):
        preflight.approve_edition(edition_id, content_hash=None, by=by, now=scene.now)
        if again:
            approval.withdraw_approval(edition_id, content_hash=None, by=by, now=scene.now)
    assert len(facts(K.APPROVED, scene.now)) == 1


def test_each_colleague_who_is_asked_is_told(scene: Scene) -> None:
    edition_id, by = scene.find_edition(), act_as("editor@example.com")
    for of in ("admin@example.com", ""):
        tasks.request_approval(edition_id, of=of, note="", by=by, now=scene.now)
    assert {each.only_user for each in facts(K.APPROVAL_REQUESTED, scene.now)} >= {"admin@example.com"}


def test_what_happened_two_days_ago_is_not_told(scene: Scene) -> None:
    scene.open_edition()
    tasks.tick(scene.find_occurrence().instant)
    assert len(facts(K.HELD, scene.now + timedelta(hours=20))) == 1
    assert facts(K.HELD, scene.now + timedelta(days=2)) == []


def test_dates_that_passed_while_nothing_ran_are_told_together_and_once(scene: Scene) -> None:
    scene.open_edition()
    back = scene.now + timedelta(days=3, hours=2)
    tasks.tick(back)
    (missed,) = facts(K.MISSED, back)
    assert (missed.values["day"], missed.values["earlier"]) == ("2026-11-26", 1), "they have no edition"
    (fact,) = facts(K.HELD, back)
    assert (fact.values["day"], fact.values["earlier"]) == ("2026-11-27", 1)
    text = texts.write_text(fact.kind, fact.values)
    assert "So was 1 earlier date." in text.paragraphs
    recording.record_new(observing.look_at_what_happened(back), back)
    tasks.tick(back + MINUTE)
    told = {each.subject for each in facts(K.HELD, back + MINUTE)}
    assert told == {fact.subject}


def test_the_numbers_come_an_hour_after_the_end(scene: Scene) -> None:
    scene.send_mailing()
    assert facts(K.SENT, scene.now + 59 * MINUTE) == []
    (fact,) = facts(K.SENT, scene.now + 60 * MINUTE)
    assert fact.values["numbers"]["accepted"] == 3  # type: ignore[index]


def test_a_newsletter_that_somebody_paused_is_told_with_who_did(scene: Scene) -> None:
    change = newsletter_settings.change_newsletter
    change(scene.newsroom.briefing.id, strap="Early", seen=None, by=SYSTEM, now=scene.now)
    assert facts(K.PAUSED, scene.now) == []
    change(scene.newsroom.briefing.id, state="paused", seen=None, by=act_as("admin@example.com"), now=scene.now)
    (fact,) = facts(K.PAUSED, scene.now)
    assert (fact.values["what"], fact.actor) == ("newsletter", "admin@example.com")


def test_with_everybody_alive_nothing_stands(scene: Scene) -> None:
    assert seen(scene.now) == set()


def test_times_of_the_service_are_told_in_the_zone_of_the_newsroom(newsroom: Any, now: datetime) -> None:
    zones = {each.values["zone"] for look in observing.look_at_conditions(now) for each in look.sightings}
    assert zones == {"Europe/London"}


def test_whoever_is_gone_is_seen_and_of_the_web_only_where_there_was_one(newsroom: Any, now: datetime) -> None:
    assert seen(now) == {"gone:scheduler", "gone:worker"}
    heartbeats.record_heartbeat(heartbeats.ProcessKind.WEB, now=now)
    assert seen(now + MINUTE) == {"gone:scheduler", "gone:worker", "gone:web"}


@pytest.mark.parametrize(
    ("fields", "dead"),
    [
        ({}, True),
        ({"error": ""}, False),
        ({"active": False}, False),
        ({"url": "file:///feed.xml"}, False),
        ({"fresh_days": 2}, False),
        ({"fresh_days": None, "added_days": 2}, False),
        ({"fresh_days": None, "added_days": 4}, True),
    ],
)
def test_a_feed_is_dead_after_three_days_of_failures(scene: Scene, fields: dict[str, Any], dead: bool) -> None:
    fresh, added = fields.pop("fresh_days", 4), fields.pop("added_days", 30)
    values = {"url": "https://coast.example.org/feed", "error": "It answered 404."} | fields
    Source.objects.create(
        added_at=scene.now - timedelta(days=added),
        fresh_at=None if fresh is None else scene.now - timedelta(days=fresh),
        **values,
    )
    assert any(key.startswith("feed:") for key in seen(scene.now)) is dead


@pytest.mark.parametrize(
    ("verdict", "count", "attack"),
    [
        (SignupVerdict.CHALLENGED, 10, True),
        (SignupVerdict.WAITING, 10, True),
        (SignupVerdict.CHALLENGED, 9, False),
        (SignupVerdict.ACCEPTED, 400, False),
    ],
)
def test_many_sign_ups_above_a_limit_are_an_attack(
    scene: Scene, verdict: SignupVerdict, count: int, attack: bool
) -> None:
    for n in range(count):
        SignupAttempt.objects.create(at=scene.now, address=f"a{n}@example.net", verdict=verdict)
    assert ("signups" in seen(scene.now)) is attack
    assert "signups" not in seen(scene.now + 16 * MINUTE)


def test_a_look_that_fails_judges_nothing_and_stops_no_other(scene: Scene) -> None:
    Source.objects.create(
        url="https://coast.example.org/feed", added_at=scene.now - timedelta(days=9), error="It answered 404."
    )
    with failing("SELECT subscribers_attempt"):
        looks = list(observing.look_at_conditions(scene.now))
    assert "signups" not in {each.judged for each in looks}
    assert any(each.judged == "feed:" and each.sightings for each in looks)


def test_what_happened_is_seen_behind_a_look_that_fails(scene: Scene) -> None:
    scene.send_mailing()
    with failing("SELECT curator_editiontransition"):
        kinds = {each.kind for each in observing.look_at_what_happened(scene.now + 60 * MINUTE)}
    assert K.SENT in kinds
    assert K.APPROVED not in kinds
