"""One thing of each kind that happens: what the rows are then, and when it is looked at."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from newsletter.checks import preflight
from newsletter.curator.articles.models import Source
from newsletter.curator.editions import approval
from newsletter.delivery import installation, models
from newsletter.delivery.events import inbox
from newsletter.delivery.ledger.states import BatchState, MailingState, Outcome
from newsletter.delivery.reports import summary
from newsletter.delivery.sending import freeze, hand_over, mailings
from newsletter.jobs import heartbeats, tasks
from newsletter.jobs.notification_kinds import NotificationKind
from newsletter.scheduling import occurrences, schedules
from newsletter.scheduling.values import Occurrence
from subscribers.models import SignupAttempt
from subscribers.states import SignupVerdict
from tests.actors import SYSTEM, act_as
from tests.fakes.provider import ScriptedProvider, Situation, accepts, loses_the_answer

DAY = "Morning Briefing, Tue 24 Nov"


@dataclass
class Scene:
    """What a scenario begins with: a newsroom with users, stories and readers, and a daily schedule at 07:00 UTC."""

    newsroom: Any
    readers: Callable[..., list[int]]
    now: datetime
    monkeypatch: pytest.MonkeyPatch

    def open_edition(self) -> Occurrence:
        """Today's occurrence, with the edition that the scheduler opens for it."""
        schedules.create_schedule(
            self.newsroom.briefing.id, weekdays="daily", time="07:00", zone="Europe/London", by=SYSTEM, now=self.now
        )
        tasks.tick(self.now)
        return self.find_occurrence()

    def find_occurrence(self) -> Occurrence:
        found = occurrences.list_occurrences(self.now - timedelta(hours=1), self.now + timedelta(hours=20))
        return next(each for each in found if each.date == self.now.date())

    def find_edition(self) -> int:
        return self.open_edition().edition_id or 0

    def plan_mailing(self) -> summary.Mailing:
        """The mailing of today's edition, to three readers, due now."""
        self.readers(3)
        edition_id = self.find_edition()
        preflight.approve_edition(edition_id, content_hash=None, by=SYSTEM, now=self.now)
        return tasks.send_edition(edition_id, at=None, content_hash=None, by=SYSTEM, now=self.now)

    def send_mailing(self, situation: Situation = accepts) -> summary.Mailing:
        """The same, handed over; no provider answers, this one plays it."""
        made = self.plan_mailing()
        provider = ScriptedProvider(situation)
        for _ in range(3):
            freeze.freeze_next(self.now)
        hand_over.hand_over_next(self.now, owner="worker/1", provider=provider, clock=lambda: self.now)
        mailings.finish_settled(self.now)
        return summary.get_mailing(made.id)


@dataclass(frozen=True)
class Scenario:
    """How something happens: `happen` gives when it is looked at. What is told: its subject, where it leads."""

    kind: NotificationKind
    happen: Callable[[Scene], datetime]
    subject: str
    path: str
    name: str = ""

    def __str__(self) -> str:
        return self.name or self.kind.value


def _open_draft(scene: Scene) -> datetime:
    scene.open_edition()
    return scene.now


def _ask_for_approval(scene: Scene) -> datetime:
    tasks.request_approval(scene.find_edition(), of="", note="The lead", by=act_as("editor@example.com"), now=scene.now)
    return scene.now


def _let_time_pass(scene: Scene) -> datetime:
    return scene.open_edition().instant - timedelta(minutes=20)


def _approve(scene: Scene) -> datetime:
    preflight.approve_edition(scene.find_edition(), content_hash=None, by=act_as("editor@example.com"), now=scene.now)
    return scene.now


def _let_time_come(scene: Scene) -> datetime:
    instant = scene.open_edition().instant
    tasks.tick(instant)
    return instant


def _miss(scene: Scene) -> datetime:
    found = scene.open_edition()
    occurrences.miss(found.id, "Nothing ran at its time.", scene.now)
    return scene.now


def _skip(scene: Scene) -> datetime:
    by = act_as("editor@example.com")
    approval.skip(scene.find_edition(), reason="A strike", content_hash=None, by=by, now=scene.now)
    return scene.now


def _skip_date(scene: Scene) -> datetime:
    found = scene.open_edition()
    by = act_as("editor@example.com")
    schedules.skip_date(found.schedule_id, found.date, reason="A strike", by=by, now=scene.now)
    return scene.now


def _pause_mailing(scene: Scene) -> datetime:
    made = scene.plan_mailing()
    for _ in range(3):
        freeze.freeze_next(scene.now)
    mailings.pause_on_error(made.id, "The provider refuses: ann@example.com is no sender.")
    return scene.now


def _pause_schedule(scene: Scene) -> datetime:
    schedules.pause_schedule(scene.open_edition().schedule_id, by=SYSTEM, now=scene.now)
    return scene.now


def _send(scene: Scene) -> datetime:
    scene.send_mailing()
    return scene.now + timedelta(hours=1)


def _lose_answer(scene: Scene) -> datetime:
    scene.send_mailing(loses_the_answer)
    return scene.now


def _bounce(scene: Scene) -> datetime:
    made = scene.send_mailing()
    batch = models.Batch.objects.get(mailing_id=made.id)
    models.Batch.objects.filter(id=batch.id).update(size=500)
    models.DeliveryException.objects.bulk_create(
        models.DeliveryException(
            mailing_id=made.id,
            batch=batch,
            subscriber_id=n,
            address=f"reader{n}@example.com",
            kind=Outcome.BOUNCED.key,
            at=scene.now,
        )
        for n in range(60)
    )
    return scene.now


def _lose_scheduler(scene: Scene) -> datetime:
    heartbeats.Heartbeat.objects.filter(kind=heartbeats.ProcessKind.SCHEDULER).delete()
    return scene.now


def _hold_sending(scene: Scene) -> datetime:
    installation.check(scene.now)
    installation.hold("The database went back in time.", scene.now)
    return scene.now


def _fill_disk(scene: Scene) -> datetime:
    scene.monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=300 * 2**20))
    return scene.now


def _refuse_post(scene: Scene) -> datetime:
    scene.monkeypatch.setattr(inbox, "_last_stored", datetime.min.replace(tzinfo=scene.now.tzinfo))
    inbox.note_refused("The signature does not fit the body.", scene.now)
    return scene.now


def _hear_nothing(scene: Scene) -> datetime:
    made = scene.send_mailing()
    models.Mailing.objects.filter(id=made.id).update(provider="sendgrid", state=MailingState.SENDING)
    models.Batch.objects.filter(mailing_id=made.id).update(state=BatchState.ACCEPTED, submitted_at=scene.now)
    return scene.now + timedelta(minutes=31)


def _lose_feed(scene: Scene) -> datetime:
    Source.objects.create(
        url="https://coast.example.org/feed",
        title="The Coast",
        added_at=scene.now - timedelta(days=30),
        fresh_at=scene.now - timedelta(days=4),
        error="https://coast.example.org/feed answered 404.",
        failures=9,
    )
    return scene.now


def _attack(scene: Scene) -> datetime:
    SignupAttempt.objects.bulk_create(
        SignupAttempt(at=scene.now, address=f"victim{n}@example.net", verdict=SignupVerdict.CHALLENGED)
        for n in range(30)
    )
    return scene.now


K = NotificationKind
SCENARIOS = (
    Scenario(K.DRAFT_READY, _open_draft, f"Draft ready: {DAY}", "/editions/{edition}/"),
    Scenario(K.APPROVAL_REQUESTED, _ask_for_approval, f"Approval requested: {DAY}", "/editions/{edition}/approve/"),
    Scenario(K.NOT_APPROVED, _let_time_pass, f"Not approved, 20 minutes left: {DAY}", "/editions/{edition}/approve/"),
    Scenario(K.APPROVED, _approve, f"Approved by editor@example.com: {DAY}", "/editions/{edition}/review/"),
    Scenario(K.HELD, _let_time_come, f"Held: {DAY}", "/editions/{edition}/review/"),
    Scenario(K.MISSED, _miss, f"Missed: {DAY}", "/editions/{edition}/review/"),
    Scenario(K.SKIPPED, _skip, f"Skipped: {DAY}", "/editions/{edition}/review/"),
    Scenario(K.SKIPPED, _skip_date, f"Skipped: {DAY}", "/editions/{edition}/review/", "skipped date"),
    Scenario(K.PAUSED, _pause_mailing, f"Mailing paused: {DAY}", "/deliveries/{mailing}/"),
    Scenario(K.PAUSED, _pause_schedule, "Schedule paused: Morning Briefing", "/schedule/", "paused schedule"),
    Scenario(K.SENT, _send, f"Sent to 3: {DAY}", "/deliveries/{mailing}/"),
    Scenario(K.UNKNOWN_OUTCOMES, _lose_answer, f"Unknown who got it: {DAY}", "/deliveries/{mailing}/"),
    Scenario(K.BOUNCE_SPIKE, _bounce, f"Too many bounces: {DAY}", "/deliveries/{mailing}/bounces/"),
    Scenario(K.PROCESS_GONE, _lose_scheduler, "No scheduler is running", "/"),
    Scenario(K.NOT_LEAVING, _hold_sending, "Mail does not leave, or not in time", "/"),
    Scenario(K.DISK, _fill_disk, "Disk nearly full on {host}", "/"),
    Scenario(K.POSTS_REFUSED, _refuse_post, "Posts to the provider’s webhook are refused", "/deliveries/"),
    Scenario(K.NO_EVENTS, _hear_nothing, f"No events: {DAY}", "/deliveries/{mailing}/"),
    Scenario(K.FEED_DEAD, _lose_feed, "Feed dead: The Coast", "/sources/"),
    Scenario(K.SIGNUP_ATTACK, _attack, "Many sign-ups: perhaps an attack", "/readers/lists/"),
)
