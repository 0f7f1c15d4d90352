"""One subscriber in all mailings."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import datetime, timedelta
from importlib import import_module

import pytest
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from newsletter.delivery import models
from newsletter.delivery.reports import history, recipients
from newsletter.delivery.reports.summary import Mailing
from newsletter.delivery.sending import freeze
from subscribers import subscriber_lookup
from subscribers.imports import run
from subscribers.imports.undo import undo_import
from tests.actors import SYSTEM
from tests.conftest import Newsroom
from tests.delivery.conftest import Sent, hand_over_all
from tests.fakes import provider
from tests.fakes.provider import ScriptedProvider

pytestmark = pytest.mark.django_db
Plan = Callable[..., Mailing]
Join = Callable[..., list[int]]


def test_a_person_sees_what_became_of_each_edition(sent: Mailing) -> None:
    (left_out,) = recipients.list_recipients(sent.id, state="excluded", by=SYSTEM)
    first, last = (
        recipients.list_recipients(sent.id, limit=1, by=SYSTEM)[0],
        recipients.list_recipients(sent.id, state="unknown", limit=1_000, by=SYSTEM)[-1],
    )
    assert [each.state for each in history.list_deliveries(first.subscriber_id, by=SYSTEM)] == ["accepted"]
    assert [each.state for each in history.list_deliveries(last.subscriber_id, by=SYSTEM)] == ["unknown"]
    (excluded,) = history.list_deliveries(left_out.subscriber_id, by=SYSTEM)
    assert (excluded.state, excluded.excluded, excluded.key) == ("unsubscribed", True, "excluded_unsubscribed")
    assert history.list_deliveries(first.subscriber_id, by=SYSTEM)[0].key == "accepted"
    assert history.list_deliveries(10**9, by=SYSTEM) == ()


def test_everybody_is_found_where_they_are(plan: Plan, tracked: list[int], now: datetime) -> None:
    made = plan()
    freeze.freeze_next(now)
    hand_over_all(ScriptedProvider(provider.accepts, provider.loses_the_answer), now)
    became = {who.subscriber_id: who.state for who in recipients.list_recipients(made.id, limit=999, by=SYSTEM)}
    assert set(became.values()) == {"accepted", "unknown", "unsubscribed"}
    for person in tracked:
        (delivery,) = history.list_deliveries(person, by=SYSTEM)
        assert (delivery.mailing_id, delivery.state) == (made.id, became[person])
    assert history.list_deliveries(max(tracked) + 1, by=SYSTEM) == ()


def test_each_outcome_has_its_instant_and_what_the_provider_said(
    frozen: Plan, join: Join, take: Callable[..., None], now: datetime
) -> None:
    well, bounced = join(2)
    sent = Sent(frozen().id, [], now)
    assert history.list_deliveries(well, by=SYSTEM)[0].at is None
    hand_over_all(ScriptedProvider(), now)
    take(sent.event("bounce", 1, seconds=180, reason="550 no such mailbox"))
    (delivery,) = history.list_deliveries(well, by=SYSTEM)
    assert (delivery.at, delivery.reason) == (now, "")
    (failed,) = history.list_deliveries(bounced, by=SYSTEM)
    assert (failed.state, failed.reason) == ("bounced", "550 no such mailbox")
    assert failed.at == now + timedelta(minutes=3)


def test_mailings_of_before_there_was_a_directory_are_entered_in_it(
    plan: Plan, tracked: list[int], now: datetime
) -> None:
    made = plan()
    freeze.freeze_next(now)
    models.AudienceIndex.objects.all().delete()
    assert history.list_deliveries(tracked[1], by=SYSTEM) == ()
    then = MigrationLoader(connection).project_state(("delivery", "0006_directory_of_former_mailings")).apps
    import_module("newsletter.delivery.migrations.0006_directory_of_former_mailings").enter(then, None)
    became = {who.subscriber_id: who.state for who in recipients.list_recipients(made.id, limit=999, by=SYSTEM)}
    for person in tracked[:20]:
        assert [each.state for each in history.list_deliveries(person, by=SYSTEM)] == [became[person]]


def test_undoing_an_import_keeps_those_whom_an_edition_reached(plan: Plan, newsroom: Newsroom, now: datetime) -> None:
    file = io.BytesIO(b"email,status\nann@example.com,active\nben@example.com,pending\n")
    done = run.import_csv(file, newsroom.list.id, dry_run=False, by=SYSTEM, now=now, name="readers.csv")
    made = plan()
    freeze.freeze_next(now)
    assert hand_over_all(ScriptedProvider(), now) == 1
    assert undo_import(done.id, by=SYSTEM, now=now).people_removed == 1
    ann = subscriber_lookup.find_subscriber_by_address("ann@example.com")
    assert ann is not None
    assert ann.subscriptions == ()
    assert subscriber_lookup.find_subscriber_by_address("ben@example.com") is None
    assert [each.mailing_id for each in history.list_deliveries(ann.id, by=SYSTEM)] == [made.id]


def test_those_whom_nothing_reached_since_are_not_among_those_reached(
    plan: Plan, join: Join, newsroom: Newsroom, now: datetime
) -> None:
    first, second = join(2)
    plan()
    assert history.find_reached([first, second], now) == frozenset()
    freeze.freeze_next(now)
    hand_over_all(ScriptedProvider(), now)
    assert history.find_reached([first, second, second + 1], now) == {first, second}
    assert history.find_reached([second], now) == {second}
    assert history.find_reached([], now) == frozenset()
    assert history.find_reached([first, second], now + timedelta(days=1)) == frozenset()
