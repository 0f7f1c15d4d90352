"""Batches of one stratum each, and one person found among all of them."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from newsletter.catalog import newsletter_settings
from newsletter.curator.editions import approval, edition_lookup, editions, picks
from newsletter.delivery import models
from newsletter.delivery.ledger.states import MailingState, RecallState
from newsletter.delivery.reports import recipients, summary
from newsletter.delivery.reports.summary import Mailing
from newsletter.delivery.sending import freeze, ledger_rows, mailings
from subscribers import audience, people, suppressions
from subscribers.attributes import set_tier
from subscribers.models import Subscriber, Suppression
from subscribers.segments.service import create_segment
from tests.actors import SYSTEM
from tests.conftest import House
from tests.delivery.conftest import hand_over_all
from tests.fakes import provider
from tests.fakes.provider import ScriptedProvider
from tests.interleaving import just_before

pytestmark = pytest.mark.django_db
Plan = Callable[..., Mailing]
Join = Callable[..., list[int]]


@pytest.mark.parametrize("page", [7, 40, 5_000])
def test_a_batch_holds_one_stratum_and_is_full_however_small_the_pages(
    plan: Plan, tracked: list[int], now: datetime, monkeypatch: pytest.MonkeyPatch, page: int
) -> None:
    monkeypatch.setattr(freeze, "PAGE_SIZE", page)
    made = plan()
    freeze.freeze_next(now)
    batches = models.Batch.objects.filter(mailing_id=made.id)
    assert sorted(batches.values_list("tracking", "size")) == [(False, 40), (True, 30), (True, 50)]
    assert summary.get_mailing(made.id).adds_up
    assert [who.subscriber_id for who in recipients.list_recipients(made.id, limit=999, by=SYSTEM)] == tracked


def test_who_does_not_want_tracking_has_none(plan: Plan, tracked: list[int], now: datetime) -> None:
    plan()
    freeze.freeze_next(now)
    provider = ScriptedProvider()
    hand_over_all(provider, now)
    for request in provider.requests:
        cover = request.envelope
        for person in request.recipients:
            wants = int(person.address.removeprefix("reader").partition("@")[0]) % 3 != 0
            assert (cover.click_tracking, cover.open_tracking) == (wants, wants)


def test_a_newsletter_that_tracks_nobody_has_one_stratum(plan: Plan, join: Join, now: datetime) -> None:
    ids = join(60)
    Subscriber.objects.filter(id__in=ids[::2]).update(tracked=False)
    made = plan()
    freeze.freeze_next(now)
    assert set(models.Batch.objects.filter(mailing_id=made.id).values_list("stratum", flat=True)) == {0}


# What is due, and what is noted of it


@pytest.mark.parametrize(
    ("window", "begins_in", "due_in", "freezes"),
    [
        ("", None, 0, True),
        ("", None, 1, False),
        (RecallState.OPEN, 0, 60, True),
        (RecallState.OPEN, 1, 60, False),
        (RecallState.WANTED, 0, 60, False),
    ],
)
def test_an_audience_is_frozen_when_the_mailing_is_due_or_its_recall_window_is_open(
    plan: Plan, join: Join, now: datetime, window: str, begins_in: int | None, due_in: int, freezes: bool
) -> None:
    join(1)
    made = plan(due_at=now + timedelta(minutes=due_in))
    begins_at = None if begins_in is None else now + timedelta(minutes=begins_in)
    models.Mailing.objects.update(recall=window, begins_at=begins_at)
    assert freeze.freeze_next(now) == freezes
    assert summary.get_mailing(made.id).state == (MailingState.SENDING if freezes else MailingState.SCHEDULED)


@pytest.fixture
def trial(plan: Plan, now: datetime) -> Mailing:
    """A test of the edition, planned as well."""
    return plan(kind="test", now=now)


def test_of_two_mailings_the_one_that_was_due_first_is_frozen_first_and_it_alone(
    plan: Plan, join: Join, trial: Mailing, now: datetime
) -> None:
    join(3)
    made = plan(due_at=now - timedelta(minutes=1))
    models.Mailing.objects.filter(id=trial.id).update(state=MailingState.FREEZING, frozen_upto=0)
    before = models.Mailing.objects.filter(id=trial.id).values().get()
    assert freeze.freeze_next(now)
    assert summary.get_mailing(made.id).state == MailingState.SENDING
    assert models.Mailing.objects.filter(id=trial.id).values().get() == before
    assert freeze.freeze_next(now)
    assert summary.get_mailing(trial.id).state == MailingState.SENDING
    assert not freeze.freeze_next(now)


def test_of_two_mailings_due_at_the_same_time_the_older_one_is_frozen_first(
    plan: Plan, trial: Mailing, now: datetime
) -> None:
    made = plan()
    assert freeze.freeze_next(now)
    assert (summary.get_mailing(trial.id).state, summary.get_mailing(made.id).state) == (
        MailingState.SENDING,
        MailingState.SCHEDULED,
    )


def test_a_thread_does_not_wait_while_another_one_freezes(plan: Plan, join: Join, now: datetime) -> None:
    join(1)
    made = plan()
    with freeze._freeze_lock:
        assert not freeze.freeze_next(now)
    assert summary.get_mailing(made.id).state == MailingState.SCHEDULED
    assert freeze.freeze_next(now)


def test_instant_and_bounds_of_the_audience_are_those_of_its_freeze_also_after_a_pause(
    plan: Plan, join: Join, now: datetime
) -> None:
    suppressions.suppress("nobody@example.com", reason="asked", by=SYSTEM, now=now)
    ids = join(3)
    made = plan()
    freeze.freeze_next(now)
    fields = ("frozen_at", "frozen_upto", "frozen_through", "suppressed_upto", "ordinal", "candidates")
    expected = (now, ids[-1], ids[-1], Suppression.objects.get().id, 1, 3)
    assert models.Mailing.objects.values_list(*fields).get() == expected
    join(2, "late")
    mailings.pause(made.id, by="editor", now=now)
    later = now + timedelta(minutes=5)
    mailings.resume(made.id, by="editor", now=later)
    assert freeze.freeze_next(later)
    assert models.Mailing.objects.values_list(*fields).get() == expected
    assert summary.get_mailing(made.id).counts == {"planned": 3}


@pytest.fixture
def next_edition(house: House, plan: Plan, articles: Any, now: datetime) -> Callable[[], Mailing]:
    """Plans the next day's edition of the same newsletter."""

    def make() -> Mailing:
        made = editions.create_edition(house.briefing.id, now.date() + timedelta(days=1), now=now, by="test")
        picks.add_pick(made.id, articles(1)[0], reason="Another day.", now=now)
        editions.edit_edition(made.id, now=now, subject="Tomorrow")
        snapshot = approval.approve(made.id, by="test", now=now)
        return plan(snapshot_id=snapshot.id, edition_id=made.id)

    return make


def test_editions_of_a_list_are_numbered_and_tests_are_not(
    plan: Plan, join: Join, house: House, trial: Mailing, next_edition: Callable[[], Mailing], now: datetime
) -> None:
    ids = join(3)
    people.unsubscribe(ids[0], house.list.id, how="desk", by="test", now=now)
    first = plan()
    second = next_edition()
    for _ in range(3):
        assert freeze.freeze_next(now)
    numbers = dict(models.Mailing.objects.values_list("id", "ordinal"))
    assert numbers == {trial.id: 0, first.id: 1, second.id: 2}
    for made in (trial, first, second):
        assert summary.get_mailing(made.id).state == MailingState.SENDING
        assert summary.get_mailing(made.id).excluded == {"unsubscribed": 1}
        assert summary.get_mailing(made.id).counts == {"planned": 2}, "nobody has that edition already"


def test_the_number_of_an_edition_does_not_count_other_lists(
    plan: Plan, join: Join, house: House, next_edition: Callable[[], Mailing], now: datetime
) -> None:
    join(1)
    first = plan()
    freeze.freeze_next(now)
    models.Mailing.objects.filter(id=first.id).update(list_id=house.other_list.id, ordinal=7)
    second = next_edition()
    freeze.freeze_next(now)
    assert models.Mailing.objects.get(id=second.id).ordinal == 1


def test_freezing_a_test_leaves_the_edition_to_its_editors(trial: Mailing, now: datetime) -> None:
    before = edition_lookup.get_edition(trial.edition_id)
    assert freeze.freeze_next(now)
    assert edition_lookup.get_edition(trial.edition_id) == before


def test_a_test_goes_to_everybody_and_an_edition_to_its_segment_with_everybodys_own_reason(
    plan: Plan, join: Join, house: House, trial: Mailing, now: datetime
) -> None:
    ids = join(4)
    people.unsubscribe(ids[0], house.list.id, how="desk", by="test", now=now)
    set_tier(ids[1], "paid")
    create_segment("payers", "Payers", {"about": "tier", "op": "is", "value": "paid"}, by="test", now=now)
    newsletter_settings.change_newsletter(house.briefing.id, now=now, segment="payers")
    made = plan()
    while freeze.freeze_next(now):
        pass
    assert summary.get_mailing(trial.id).counts == {"planned": 3}
    assert summary.get_mailing(made.id).excluded == {"unsubscribed": 1, "segment": 2}


def test_a_correction_goes_to_those_who_were_sent_the_edition_or_may_have_been(
    plan: Plan, join: Join, next_edition: Callable[[], Mailing], now: datetime
) -> None:
    join(200)
    first = plan()
    freeze.freeze_next(now)
    script = (provider.accepts, provider.loses_the_answer, provider.dies_after)
    with pytest.raises(provider.Killed):
        hand_over_all(ScriptedProvider(*script), now)
    mailings.cancel(first.id, by="editor", now=now)
    other = next_edition()
    freeze.freeze_next(now)
    hand_over_all(ScriptedProvider(), now)
    made = plan(kind="correction")
    freeze.freeze_next(now)
    assert summary.get_mailing(other.id).counts == {"accepted": 200}
    assert (summary.get_mailing(made.id).counts, summary.get_mailing(made.id).excluded) == (
        {"planned": 150},
        {"not_sent": 50},
    )
    assert summary.get_mailing(made.id).adds_up


# Somebody else at the same time


@pytest.mark.parametrize("meanwhile", [{"state": MailingState.PAUSED}, {"snapshot_id": 0}], ids=str)
def test_a_mailing_that_changes_as_its_freeze_begins_is_not_begun(
    plan: Plan, join: Join, edition: Any, now: datetime, meanwhile: dict[str, Any]
) -> None:
    join(1)
    made = plan()
    if "snapshot_id" in meanwhile:
        editions.edit_edition(edition.id, now=now, subject="Another subject")
        meanwhile = {"snapshot_id": approval.approve(edition.id, by="test", now=now).id}
    with just_before("UPDATE delivery_mailing SET state", lambda: models.Mailing.objects.update(**meanwhile)):
        freeze.freeze_next(now)
    row = models.Mailing.objects.get(id=made.id)
    assert (row.frozen_at, row.candidates) == (None, 0)
    assert row.state == meanwhile.get("state", MailingState.SCHEDULED)


def test_a_mailing_that_is_paused_as_a_page_is_written_has_none_of_it(plan: Plan, join: Join, now: datetime) -> None:
    join(3)
    made = plan()
    with just_before(
        "UPDATE delivery_mailing SET frozen_through", lambda: mailings.pause(made.id, by="editor", now=now)
    ):
        freeze.freeze_next(now)
    assert (summary.get_mailing(made.id).state, summary.get_mailing(made.id).candidates) == (MailingState.PAUSED, 0)
    assert not models.Batch.objects.exists()


def test_a_mailing_that_is_paused_as_it_is_let_go_stays_paused(plan: Plan, join: Join, now: datetime) -> None:
    join(3)
    made = plan()
    with just_before(
        "UPDATE delivery_mailing SET state = %s WHERE", lambda: mailings.pause(made.id, by="editor", now=now)
    ):
        freeze.freeze_next(now)
    assert summary.get_mailing(made.id).state == MailingState.PAUSED


def test_a_page_that_another_process_writes_first_is_written_once_and_the_next_ones_fill_up_its_batch(
    plan: Plan, join: Join, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    join(120)
    made = plan()
    monkeypatch.setattr(freeze, "PAGE_SIZE", 30)

    def another_writes_it() -> None:
        row = models.Mailing.objects.get(id=made.id)
        page = audience.list_audience_page(row.list_id, after=0, upto=10**9, limit=30)
        assert freeze._PageWriter(row, 50).write(row, page, now)

    with just_before("UPDATE delivery_mailing SET frozen_through", another_writes_it):
        freeze.freeze_next(now)
    assert summary.get_mailing(made.id).counts == {"planned": 120}
    new = models.Batch().version
    batches = models.Batch.objects.order_by("number").values_list("number", "size", "version")
    assert list(batches) == [(1, 50, new + 1), (2, 50, new + 2), (3, 20, new)], "each filling up is another version"


def test_a_page_of_one_that_another_process_wrote_is_not_written_again(plan: Plan, join: Join, now: datetime) -> None:
    join(5)
    made = plan()
    freeze.freeze_next(now)
    models.Mailing.objects.filter(id=made.id).update(state=MailingState.FREEZING)
    row = models.Mailing.objects.get(id=made.id)
    page = audience.list_audience_page(row.list_id, after=0, upto=10**9, limit=5)
    assert not freeze._PageWriter(row, 10).write(row, page[-1:], now)


def test_a_mailing_that_is_cancelled_as_it_is_held_stays_cancelled(plan: Plan, now: datetime) -> None:
    made = plan()
    models.Mailing.objects.update(provider="pigeon")
    with just_before(
        "UPDATE delivery_mailing SET state = %s, reason", lambda: mailings.cancel(made.id, by="editor", now=now)
    ):
        freeze.freeze_next(now)
    assert (summary.get_mailing(made.id).state, summary.get_mailing(made.id).reason) == (
        MailingState.CANCELLED,
        "cancelled by editor",
    )


# Holding a mailing


@pytest.mark.parametrize(
    ("lost", "why"),
    [
        ({"candidates": 1}, "5 candidates, 3 planned, 1 excluded"),
        ({"candidates": 1, "planned": 1}, "5 candidates, 3 planned, 1 excluded"),
        ({"candidates": 1, "excluded": 1}, "5 candidates, 3 planned, 1 excluded"),
    ],
    ids=str,
)
def test_a_mailing_is_held_when_its_counts_are_not_those_of_the_ledger(
    plan: Plan,
    join: Join,
    house: House,
    now: datetime,
    lost: dict[str, int],
    why: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    ids = join(4)
    people.unsubscribe(ids[0], house.list.id, how="desk", by="test", now=now)
    made = plan()
    models.Mailing.objects.update(**lost)
    freeze.freeze_next(now)
    reason = f"The counts do not add up: {why}. Nothing was sent."
    assert (summary.get_mailing(made.id).state, summary.get_mailing(made.id).reason) == (MailingState.HELD, reason)
    logged = [record for record in caplog.record_tuples if record[0] == freeze.__name__]
    assert logged == [(freeze.__name__, logging.WARNING, f"Mailing {made.id} is held: {reason}")]


def test_batches_of_a_repair_are_no_part_of_the_counts(plan: Plan, join: Join, now: datetime) -> None:
    ids = join(4)
    made = plan()
    freeze.freeze_next(now)
    ledger_rows.build_batch(made.id, 2, ids[:2], now, 0, repair=True).save()
    mailings.pause(made.id, by="editor", now=now)
    mailings.resume(made.id, by="editor", now=now)
    freeze.freeze_next(now)
    assert summary.get_mailing(made.id).state == MailingState.SENDING


def test_the_reason_of_a_held_mailing_is_as_long_as_its_column_and_no_other_is_held(
    plan: Plan, trial: Mailing, now: datetime
) -> None:
    made = plan()
    models.Mailing.objects.filter(id=made.id).update(provider="p" * 400, due_at=now - timedelta(minutes=1))
    freeze.freeze_next(now)
    assert len(summary.get_mailing(made.id).reason) == 300
    assert (summary.get_mailing(made.id).state, summary.get_mailing(trial.id).state) == (
        MailingState.HELD,
        MailingState.SCHEDULED,
    )


def test_a_ceiling_counts_everybody_it_lets_through_page_by_page(
    plan: Plan, join: Join, house: House, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(freeze, "PAGE_SIZE", 20)
    newsletter_settings.change_newsletter(house.briefing.id, now=now, warm_up_from=str(now.date()), warm_up_first=30)
    ids = join(70)
    people.unsubscribe(ids[25], house.list.id, how="desk", by="test", now=now)
    made = plan()
    freeze.freeze_next(now)
    assert summary.get_mailing(made.id).excluded == {"unsubscribed": 1, "ceiling": 39}
    assert summary.get_mailing(made.id).counts == {"planned": 30}
    assert [who.subscriber_id for who in recipients.list_recipients(made.id, state="planned", by=SYSTEM)] == [
        *ids[:25],
        *ids[26:31],
    ]
