"""Freezing: who is in a mailing, in which batch, and that counts add up; each candidate once."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.conf import settings

from newsletter.catalog import newsletter_settings
from newsletter.curator.editions import edition_lookup, editions, picks
from newsletter.delivery import installation, isolation, models
from newsletter.delivery.ledger.format import Outcomes, unpack_members
from newsletter.delivery.ledger.states import BatchState, MailingState, Outcome, RecallState
from newsletter.delivery.reports import recipients, summary
from newsletter.delivery.reports.summary import Mailing
from newsletter.delivery.sending import claims, envelopes, freeze, hand_over, ledger_rows, mailings
from subscribers import audience, people, suppressions
from subscribers.attributes import change_profile
from subscribers.models import List, Segment, Subscriber, Subscription, Suppression
from subscribers.segments.service import create_segment
from tests.actors import SYSTEM
from tests.approving import approve
from tests.conftest import Newsroom, reported
from tests.delivery.conftest import hand_over_all
from tests.fakes import provider
from tests.fakes.provider import ScriptedProvider, accepts, loses_the_answer
from tests.interleaving import just_before

pytestmark = pytest.mark.django_db
Plan = Callable[..., Mailing]
Join = Callable[..., list[int]]


def check_keys() -> None:
    """The key of a batch follows from its members: frozen once more after a restore, it is known by its events."""
    for batch in models.Batch.objects.select_related("mailing"):
        packed = ledger_rows.pack_members_of_batch(batch.mailing.key, batch.number, unpack_members(batch.members))
        assert packed["key"] == batch.key


@pytest.mark.parametrize("page", [7, 40, 5_000])
def test_a_batch_holds_one_stratum_and_is_full_however_small_the_pages(
    plan: Plan, tracked: list[int], now: datetime, monkeypatch: pytest.MonkeyPatch, page: int
) -> None:
    monkeypatch.setattr(freeze, "PAGE_SIZE", page)
    made = plan()
    freeze.freeze_next(now)
    batches = models.Batch.objects.filter(mailing_id=made.id)
    assert sorted(batches.values_list("tracking", "size")) == [(False, 40), (True, 30), (True, 50)]
    check_keys()
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


def test_by_default_only_who_agreed_to_tracking_has_it(plan: Plan, join: Join, now: datetime) -> None:
    ids = join(5)
    Subscriber.objects.filter(id__in=ids[:3]).update(tracking_agreed_at=now)
    Subscriber.objects.filter(id=ids[0]).update(tracked=False)
    made = plan()
    freeze.freeze_next(now)
    batches = models.Batch.objects.filter(mailing_id=made.id)
    assert sorted(batches.values_list("tracking", "size")) == [(False, 3), (True, 2)]
    provider = ScriptedProvider()
    hand_over_all(provider, now)
    assert sorted((r.envelope.click_tracking, len(r.recipients)) for r in provider.requests) == [(False, 3), (True, 2)]


def test_a_newsletter_that_tracks_nobody_has_one_stratum(
    plan: Plan, join: Join, newsroom: Newsroom, now: datetime
) -> None:
    newsletter_settings.change_newsletter(newsroom.briefing.id, now=now, tracking="off", seen=None, by=SYSTEM)
    ids = join(60)
    Subscriber.objects.filter(id__in=ids[::2]).update(tracked=False)
    made = plan()
    freeze.freeze_next(now)
    assert set(models.Batch.objects.filter(mailing_id=made.id).values_list("stratum", "tracking")) == {(0, True)}


def test_who_is_tracked_is_decided_by_the_settings_with_which_the_freeze_began(
    plan: Plan, tracked: list[int], newsroom: Newsroom, now: datetime
) -> None:
    made = plan()
    row = models.Mailing.objects.get(id=made.id)
    assert freeze._start(row, now, "")
    newsletter_settings.change_newsletter(newsroom.briefing.id, now=now, tracking="off", seen=None, by=SYSTEM)
    freeze.freeze_next(now)
    batches = models.Batch.objects.filter(mailing_id=made.id)
    assert sorted(batches.values_list("tracking", "size")) == [(False, 40), (True, 30), (True, 50)]


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


def test_a_mailing_that_is_late_is_not_even_frozen_but_waits_for_a_decision(
    plan: Plan, join: Join, now: datetime
) -> None:
    join(1)
    made = plan()
    assert freeze.freeze_next(now + timedelta(days=2))
    shown = summary.get_mailing(made.id)
    assert (shown.state, shown.frozen_at, shown.candidates) == (MailingState.PAUSED, None, 0)


def test_while_sending_is_held_nothing_is_frozen(plan: Plan, join: Join, now: datetime) -> None:
    join(1)
    plan()
    installation.get_standing(now)
    installation.hold("A backup was restored.", now)
    assert not freeze.freeze_next(now)
    assert models.Mailing.objects.get().state == MailingState.SCHEDULED


@pytest.mark.parametrize(("planned_for", "leaves_by"), [("", "an account"), ("the one of before", "the one of before")])
def test_a_mailing_leaves_by_the_account_of_its_freeze_unless_it_has_one(
    plan: Plan, join: Join, now: datetime, planned_for: str, leaves_by: str
) -> None:
    join(1)
    plan()
    models.Mailing.objects.update(account=planned_for)
    freeze.freeze_next(now, account="an account")
    row = models.Mailing.objects.get()
    assert row.account == leaves_by
    assert row.envelope_settings is not None
    base = envelopes.parse_envelope_settings(row.envelope_settings).unsubscribe_base
    assert base == f"{settings.CONFIG.base_url}/u/"


def test_a_segment_that_cannot_be_asked_holds_the_mailing(
    plan: Plan, join: Join, newsroom: Newsroom, now: datetime
) -> None:
    join(1)
    create_segment("payers", "Payers", {"about": "tier", "op": "is", "value": "paid"}, by=SYSTEM, now=now)
    newsletter_settings.change_newsletter(newsroom.briefing.id, now=now, segment="payers", seen=None, by=SYSTEM)
    made = plan()
    Segment.objects.update(definition={"about": "attribute:dropped", "op": "is", "value": "x"})
    freeze.freeze_next(now)
    held = summary.get_mailing(made.id)
    assert held.state == MailingState.HELD
    assert "There is no attribute “dropped”." in held.reason
    assert held.reason.endswith("Nothing was sent.")


def test_a_freeze_that_fails_is_noted_with_the_time_and_stops_no_other(
    plan: Plan, join: Join, next_edition: Callable[[], Mailing], now: datetime
) -> None:
    join(1)
    made = plan()
    other = next_edition()
    damaged = {"state": MailingState.FREEZING, "frozen_at": now, "frozen_upto": 10**9, "envelope_settings": {"a": 1}}
    models.Mailing.objects.filter(id=made.id).update(**damaged)
    assert freeze.freeze_next(now)
    (failed,) = models.FailedItem.objects.all()
    assert (failed.step, failed.item, failed.first_at) == (isolation.FREEZE_MAILING, made.id, now)
    assert summary.get_mailing(other.id).state == MailingState.SENDING


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
    mailings.pause(made.id, by=SYSTEM, now=now)
    later = now + timedelta(minutes=5)
    mailings.resume(made.id, by=SYSTEM, now=later)
    assert freeze.freeze_next(later)
    assert models.Mailing.objects.values_list(*fields).get() == expected
    assert summary.get_mailing(made.id).counts == {"planned": 3}


@pytest.fixture
def next_edition(newsroom: Newsroom, plan: Plan, articles: Any, now: datetime) -> Callable[[], Mailing]:
    """Plans the next day's edition of the same newsletter."""

    def make() -> Mailing:
        made = editions.create_edition(newsroom.briefing.id, now.date() + timedelta(days=1), now=now, by=SYSTEM)
        picks.add_pick(made.id, articles(1)[0], reason="Another day.", now=now, by=SYSTEM)
        editions.edit_edition(made.id, now=now, subject="Tomorrow", seen=None, by=SYSTEM)
        snapshot = approve(made.id, by=SYSTEM, now=now)
        return plan(snapshot_id=snapshot.id, edition_id=made.id)

    return make


def test_editions_of_a_list_are_numbered_and_tests_are_not(
    plan: Plan, join: Join, newsroom: Newsroom, trial: Mailing, next_edition: Callable[[], Mailing], now: datetime
) -> None:
    ids = join(3)
    people.unsubscribe(ids[0], newsroom.list.id, by=SYSTEM, now=now)
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
    plan: Plan, join: Join, newsroom: Newsroom, next_edition: Callable[[], Mailing], now: datetime
) -> None:
    join(1)
    first = plan()
    freeze.freeze_next(now)
    models.Mailing.objects.filter(id=first.id).update(list_id=newsroom.other_list.id, ordinal=7)
    second = next_edition()
    freeze.freeze_next(now)
    assert models.Mailing.objects.get(id=second.id).ordinal == 1


def test_freezing_a_test_leaves_the_edition_to_its_editors(trial: Mailing, now: datetime) -> None:
    before = edition_lookup.get_edition(trial.edition_id)
    assert freeze.freeze_next(now)
    assert edition_lookup.get_edition(trial.edition_id) == before


def test_a_test_goes_to_everybody_and_an_edition_to_its_segment_with_everybodys_own_reason(
    plan: Plan, join: Join, newsroom: Newsroom, trial: Mailing, now: datetime
) -> None:
    ids = join(4)
    people.unsubscribe(ids[0], newsroom.list.id, by=SYSTEM, now=now)
    change_profile(ids[1], tier="paid", seen=None, by=SYSTEM, now=now)
    create_segment("payers", "Payers", {"about": "tier", "op": "is", "value": "paid"}, by=SYSTEM, now=now)
    newsletter_settings.change_newsletter(newsroom.briefing.id, now=now, segment="payers", seen=None, by=SYSTEM)
    made = plan()
    while freeze.freeze_next(now):
        pass
    assert summary.get_mailing(trial.id).counts == {"planned": 3}
    assert summary.get_mailing(made.id).excluded == {"unsubscribed": 1, "segment": 2}


def test_a_segment_that_counts_days_counts_them_back_from_the_freeze(
    plan: Plan, join: Join, newsroom: Newsroom, now: datetime
) -> None:
    ids = join(4)
    Subscriber.objects.filter(id=ids[0]).update(created_at=now - timedelta(days=31))
    recent = {"about": "joined", "op": "in_last_days", "value": 30}
    create_segment("recent", "Recent", recent, by=SYSTEM, now=now)
    newsletter_settings.change_newsletter(newsroom.briefing.id, now=now, segment="recent", seen=None, by=SYSTEM)
    made = plan()
    freeze.freeze_next(now)
    assert summary.get_mailing(made.id).counts == {"planned": 3}
    assert summary.get_mailing(made.id).excluded == {"segment": 1}


def test_a_test_goes_to_those_too_who_have_the_edition(plan: Plan, join: Join, now: datetime) -> None:
    join(3)
    first = plan()
    freeze.freeze_next(now)
    hand_over_all(ScriptedProvider(), now)
    assert summary.get_mailing(first.id).counts == {"accepted": 3}
    made = plan(kind="test")
    freeze.freeze_next(now)
    assert summary.get_mailing(made.id).counts == {"planned": 3}


def test_a_correction_goes_to_those_who_were_sent_the_edition_and_of_whom_nobody_knows_wait(
    plan: Plan, join: Join, next_edition: Callable[[], Mailing], now: datetime
) -> None:
    join(200)
    first = plan()
    freeze.freeze_next(now)
    script = (provider.accepts, provider.loses_the_answer, provider.dies_after)
    with pytest.raises(provider.Killed):
        hand_over_all(ScriptedProvider(*script), now)
    mailings.cancel(first.id, by=SYSTEM, now=now)
    other = next_edition()
    freeze.freeze_next(now)
    hand_over_all(ScriptedProvider(), now)
    made = plan(kind="correction")
    freeze.freeze_next(now)
    assert summary.get_mailing(other.id).counts == {"accepted": 200}
    assert (summary.get_mailing(made.id).counts, summary.get_mailing(made.id).excluded) == (
        {"planned": 50},
        {"not_sent": 50, "undecided": 100},
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
        editions.edit_edition(edition.id, now=now, subject="Another subject", seen=None, by=SYSTEM)
        meanwhile = {"snapshot_id": approve(edition.id, by=SYSTEM, now=now).id}
    with just_before("UPDATE delivery_mailing SET state", lambda: models.Mailing.objects.update(**meanwhile)):
        freeze.freeze_next(now)
    row = models.Mailing.objects.get(id=made.id)
    assert (row.frozen_at, row.candidates) == (None, 0)
    assert row.state == meanwhile.get("state", MailingState.SCHEDULED)


def test_a_mailing_that_is_paused_as_a_page_is_written_has_none_of_it(plan: Plan, join: Join, now: datetime) -> None:
    join(3)
    made = plan()
    with just_before("UPDATE delivery_mailing SET frozen_through", lambda: mailings.pause(made.id, by=SYSTEM, now=now)):
        freeze.freeze_next(now)
    assert (summary.get_mailing(made.id).state, summary.get_mailing(made.id).candidates) == (MailingState.PAUSED, 0)
    assert not models.Batch.objects.exists()
    assert not isolation.list_failures()


def test_a_mailing_that_is_paused_as_it_is_let_go_stays_paused(plan: Plan, join: Join, now: datetime) -> None:
    join(3)
    made = plan()
    with just_before(
        "UPDATE delivery_mailing SET state = %s WHERE",
        lambda: mailings.pause(made.id, by=SYSTEM, now=now),
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


def test_a_process_that_slept_through_a_page_does_not_fill_up_batches_as_it_knew_them(
    plan: Plan, join: Join, now: datetime
) -> None:
    join(120)
    made = plan()
    mailing = models.Mailing.objects.filter(id=made.id)
    mailing.update(state=MailingState.FREEZING, frozen_at=now, frozen_upto=10**9)

    def write_with(pages: freeze._PageWriter) -> bool:
        row = mailing.get()
        page = audience.list_audience_page(row.list_id, after=row.frozen_through, upto=10**9, limit=30)
        return pages.write(row, page, now)

    sleeper = freeze._PageWriter(mailing.get(), 50)
    assert write_with(sleeper)
    assert write_with(freeze._PageWriter(mailing.get(), 50))
    assert not write_with(sleeper), "it knows the last batch without those the other added"
    freeze.freeze_next(now)
    assert summary.get_mailing(made.id).counts == {"planned": 120}
    assert summary.get_mailing(made.id).adds_up


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
        "UPDATE delivery_mailing SET state = %s, reason",
        lambda: mailings.cancel(made.id, by=SYSTEM, now=now),
    ):
        freeze.freeze_next(now)
    assert (summary.get_mailing(made.id).state, summary.get_mailing(made.id).reason) == (
        MailingState.CANCELLED,
        "cancelled by tests",
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
    newsroom: Newsroom,
    now: datetime,
    lost: dict[str, int],
    why: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    ids = join(4)
    people.unsubscribe(ids[0], newsroom.list.id, by=SYSTEM, now=now)
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
    ledger_rows.build_batch(made, 2, ids[:2], now, 0, repair=True).save()
    mailings.pause(made.id, by=SYSTEM, now=now)
    mailings.resume(made.id, by=SYSTEM, now=now)
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
    plan: Plan, join: Join, newsroom: Newsroom, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(freeze, "PAGE_SIZE", 20)
    newsletter_settings.change_newsletter(
        newsroom.briefing.id, now=now, warm_up_from=str(now.date()), warm_up_first=30, seen=None, by=SYSTEM
    )
    ids = join(70)
    people.unsubscribe(ids[25], newsroom.list.id, by=SYSTEM, now=now)
    made = plan()
    freeze.freeze_next(now)
    assert summary.get_mailing(made.id).excluded == {"unsubscribed": 1, "ceiling": 39}
    assert summary.get_mailing(made.id).counts == {"planned": 30}
    assert [who.subscriber_id for who in recipients.list_recipients(made.id, state="planned", by=SYSTEM)] == [
        *ids[:25],
        *ids[26:31],
    ]


def test_a_planned_mailing_waits_for_its_time(plan: Plan, join: Join, now: datetime) -> None:
    join(2)
    made = plan(due_at=now + timedelta(minutes=10))
    assert made.state == MailingState.SCHEDULED
    assert not freeze.freeze_next(now)
    assert freeze.freeze_next(now + timedelta(minutes=10))


def test_every_candidate_is_planned_or_excluded_with_the_reason(
    plan: Plan, join: Join, newsroom: Newsroom, now: datetime
) -> None:
    ids = join(7)
    people.add_subscriber("waiting@example.com", newsroom.list.id, by=SYSTEM, now=now)
    people.unsubscribe(ids[0], newsroom.list.id, by=SYSTEM, now=now)
    suppressions.suppress("reader1@example.com", reason="asked", by=SYSTEM, now=now)
    reported(ids[2], newsroom.list.id, "hard", reason="no such mailbox", now=now)
    reported(ids[3], newsroom.list.id, "complained", reason="abuse report", now=now)
    made = plan()
    freeze.freeze_next(now)
    shown = summary.get_mailing(made.id)
    assert shown.state == MailingState.SENDING
    assert shown.candidates == 8
    assert sum(shown.excluded.values()) == 5
    assert shown.excluded["pending"] == shown.excluded["unsubscribed"] == 1
    assert shown.counts == {"planned": 3}
    assert shown.adds_up


def test_who_joins_after_the_freeze_is_not_in_it(plan: Plan, join: Join, now: datetime) -> None:
    join(3)
    made = plan()
    freeze.freeze_next(now)
    join(2, "late")
    assert summary.get_mailing(made.id).candidates == 3


def test_a_freeze_that_was_killed_goes_on_where_it_stood(
    plan: Plan, join: Join, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    join(130)
    made = plan()
    monkeypatch.setattr(freeze, "PAGE_SIZE", 40)
    write = freeze._PageWriter.write
    pages = iter((True, True))

    def killed_in_the_third_page(*given: Any) -> bool:
        if not next(pages, False):
            raise KeyboardInterrupt
        return write(*given)

    monkeypatch.setattr(freeze._PageWriter, "write", killed_in_the_third_page)
    with pytest.raises(KeyboardInterrupt):
        freeze.freeze_next(now)
    assert summary.get_mailing(made.id).planned == 80
    monkeypatch.setattr(freeze._PageWriter, "write", write)
    freeze.freeze_next(now)
    shown = summary.get_mailing(made.id)
    assert shown.state == MailingState.SENDING
    assert (shown.candidates, shown.planned, shown.counts) == (130, 130, {"planned": 130})
    numbers = models.Batch.objects.filter(mailing_id=made.id).order_by("number").values_list("number", flat=True)
    assert list(numbers) == [1, 2, 3], "what a page leaves half full, the next fills up"
    check_keys()


def test_a_page_that_another_process_wrote_is_not_written_again(plan: Plan, join: Join, now: datetime) -> None:
    join(5)
    made = plan()
    freeze.freeze_next(now)
    stale = models.Mailing.objects.get(id=made.id)
    stale.frozen_through, stale.state = 0, MailingState.FREEZING
    models.Mailing.objects.filter(id=made.id).update(state=MailingState.FREEZING)
    page = audience.list_audience_page(stale.list_id, after=0, upto=10**9, limit=5)
    assert not freeze._PageWriter(stale, 10).write(stale, page, now)
    assert summary.get_mailing(made.id).planned == 5


def test_counts_that_do_not_add_up_hold_the_mailing_and_nothing_leaves(plan: Plan, join: Join, now: datetime) -> None:
    join(4)
    made = plan()
    models.Mailing.objects.filter(id=made.id).update(candidates=1)  # as a defect of ours would leave it
    freeze.freeze_next(now)
    shown = summary.get_mailing(made.id)
    assert shown.state == MailingState.HELD
    assert "do not add up: 5 candidates, 4 planned, 0 excluded" in shown.reason
    provider = ScriptedProvider()
    assert hand_over_all(provider, now) == 0
    assert not provider.requests


def test_an_edit_after_approval_holds_the_mailing_and_a_new_approval_frees_it(
    plan: Plan, join: Join, edition: Any, now: datetime
) -> None:
    join(2)
    made = plan()
    editions.edit_edition(edition.id, now=now, subject="Another subject", seen=None, by=SYSTEM)
    freeze.freeze_next(now)
    held = summary.get_mailing(made.id)
    assert held.state == MailingState.HELD
    assert held.reason == "The edition was edited after its approval. Approve it again, then send it."
    assert held.frozen_at is None
    assert plan().id == made.id
    freeze.freeze_next(now)
    assert summary.get_mailing(made.id).state == MailingState.SENDING


def test_freezing_takes_the_edition_out_of_the_editors_hands(frozen: Plan, join: Join, edition: Any) -> None:
    join(1)
    frozen()
    assert edition_lookup.get_edition(edition.id).state == "handed_over"


def test_sending_again_after_a_cancel_under_way_reaches_only_the_others(plan: Plan, join: Join, now: datetime) -> None:
    join(120)
    first = plan()
    freeze.freeze_next(now)
    hands = ScriptedProvider(accepts, loses_the_answer)
    for _ in range(2):
        hand_over.hand_over_next(now, owner="test", provider=hands, clock=lambda: now)
    mailings.cancel(first.id, by=SYSTEM, now=now)
    again = plan()
    freeze.freeze_next(now)
    hand_over_all(hands, now)
    assert len(hands.mailed) == 120
    assert set(hands.mailed.values()) == {1}, "nobody twice"
    shown = summary.get_mailing(again.id)
    assert shown.excluded == {"already": 50, "undecided": 50}
    assert shown.adds_up


def test_who_is_known_to_have_it_is_excluded_after_a_cancel_too(plan: Plan, join: Join, now: datetime) -> None:
    join(120)
    first = plan()
    freeze.freeze_next(now)
    hand_over.hand_over_next(now, owner="test", provider=ScriptedProvider(), clock=lambda: now)
    mailings.cancel(first.id, by=SYSTEM, now=now)
    sent = models.Batch.objects.get(mailing_id=first.id, state=BatchState.ACCEPTED)
    outcomes = Outcomes(sent.outcomes, sent.format)
    outcomes.mark(range(20), Outcome.DELIVERED)
    models.Batch.objects.filter(id=sent.id).update(outcomes=outcomes.pack())
    again = plan()
    freeze.freeze_next(now)
    assert summary.get_mailing(again.id).excluded == {"already": 50}


@pytest.mark.parametrize("situation", [provider.accepts, provider.loses_the_answer, provider.loses_the_request])
def test_who_is_in_flight_when_a_mailing_is_cancelled_is_not_mailed_by_the_next(
    plan: Plan, join: Join, now: datetime, situation: provider.Situation
) -> None:
    join(60)
    first = plan()
    freeze.freeze_next(now)
    others = ScriptedProvider()
    planned_again: list[Mailing] = []

    def cancelled_and_sent_anew(provider: ScriptedProvider, request: Any, at: datetime) -> Any:
        mailings.cancel(first.id, by=SYSTEM, now=now)
        planned_again.append(plan())
        freeze.freeze_next(now)
        hand_over_all(others, now, "worker/2")
        return situation(provider, request, at)

    hand_over_all(ScriptedProvider(cancelled_and_sent_anew), now)
    assert len(others.mailed) == 10
    again = summary.get_mailing(planned_again[0].id)
    assert (again.counts, again.excluded) == ({"accepted": 10}, {"undecided": 50})


def test_who_was_only_claimed_when_a_mailing_is_cancelled_is_mailed_by_the_next(
    plan: Plan, join: Join, now: datetime
) -> None:
    join(3)
    first = plan()
    freeze.freeze_next(now)
    assert claims.claim_batch(now, until=now + timedelta(minutes=5), owner="a", provider=ScriptedProvider.name)
    mailings.cancel(first.id, by=SYSTEM, now=now)
    again = plan()
    freeze.freeze_next(now)
    assert summary.get_mailing(again.id).counts == {"planned": 3}


@pytest.mark.parametrize("lost", [models.Exclusion, models.Batch])
def test_a_ledger_that_lacks_what_its_mailing_counted_holds_it(
    plan: Plan, join: Join, newsroom: Newsroom, now: datetime, lost: Any
) -> None:
    ids = join(4)
    people.unsubscribe(ids[0], newsroom.list.id, by=SYSTEM, now=now)
    made = plan()
    freeze.freeze_next(now)
    lost.objects.all().delete()  # as a defect of ours would leave it
    models.Mailing.objects.update(state=MailingState.FREEZING)
    freeze.freeze_next(now)
    shown = summary.get_mailing(made.id)
    assert shown.state == MailingState.HELD
    assert "do not add up: 4 candidates" in shown.reason


def test_a_candidate_counted_as_excluded_but_stored_nowhere_holds_the_mailing(
    plan: Plan, join: Join, now: datetime
) -> None:
    join(4)
    made = plan()
    models.Mailing.objects.update(candidates=1, excluded=1)
    freeze.freeze_next(now)
    assert "5 candidates, 4 planned, 0 excluded" in summary.get_mailing(made.id).reason
    assert summary.get_mailing(made.id).state == MailingState.HELD


def test_a_mailing_cancelled_as_its_freeze_begins_is_not_frozen(
    plan: Plan, join: Join, edition: Any, now: datetime
) -> None:
    join(2)
    made = plan()
    with just_before(
        "UPDATE delivery_mailing SET state = %s, frozen_at =", lambda: mailings.cancel(made.id, by=SYSTEM, now=now)
    ):
        freeze.freeze_next(now)
    assert summary.get_mailing(made.id).state == MailingState.CANCELLED
    assert edition_lookup.get_edition(edition.id).state == "approved"
    assert not models.Batch.objects.exists()


def test_a_mailing_that_takes_another_snapshot_as_its_freeze_begins_is_frozen_with_that(
    plan: Plan, join: Join, edition: Any, now: datetime
) -> None:
    join(2)
    made = plan()

    def edited_and_sent_again() -> None:
        editions.edit_edition(edition.id, now=now, subject="Another subject", seen=None, by=SYSTEM)
        plan()

    with just_before("UPDATE delivery_mailing SET state = %s, frozen_at =", edited_and_sent_again):
        freeze.freeze_next(now)
    assert summary.get_mailing(made.id).state == MailingState.SCHEDULED
    freeze.freeze_next(now)
    provider = ScriptedProvider()
    hand_over_all(provider, now)
    assert [request.envelope.subject for request in provider.requests] == ["Another subject"]


def test_a_page_that_another_process_writes_first_is_written_once(plan: Plan, join: Join, now: datetime) -> None:
    join(5)
    made = plan()
    row = models.Mailing.objects.get(id=made.id)
    freeze._start(row, now, "")
    row.refresh_from_db()
    page = audience.list_audience_page(row.list_id, after=0, upto=10**9, limit=5)
    ours, theirs = freeze._PageWriter(row, 10), freeze._PageWriter(row, 10)
    assert theirs.write(row, page, now)
    assert not ours.write(row, page, now)
    freeze.freeze_next(now)
    shown = summary.get_mailing(made.id)
    assert (shown.state, shown.candidates, shown.counts) == (MailingState.SENDING, 5, {"planned": 5})


@pytest.mark.parametrize("verb", [mailings.pause, mailings.cancel])
@pytest.mark.parametrize("write", ["SET frozen_through", "SET state = %s WHERE"])
def test_a_mailing_stopped_while_it_is_frozen_stays_stopped(
    plan: Plan, join: Join, now: datetime, verb: Callable[..., None], write: str
) -> None:
    join(5)
    made = plan()
    with just_before(f"UPDATE delivery_mailing {write}", lambda: verb(made.id, by=SYSTEM, now=now)):
        freeze.freeze_next(now)
    shown = summary.get_mailing(made.id)
    assert shown.state == {mailings.pause: MailingState.PAUSED, mailings.cancel: MailingState.CANCELLED}[verb]
    assert (shown.planned, hand_over_all(ScriptedProvider(), now)) == (0 if "frozen" in write else 5, 0)


def test_what_is_cancelled_as_it_is_about_to_be_held_stays_cancelled(plan: Plan, now: datetime) -> None:
    made = plan()
    models.Mailing.objects.update(provider="pigeon")
    with just_before("UPDATE delivery_mailing SET state", lambda: mailings.cancel(made.id, by=SYSTEM, now=now)):
        freeze.freeze_next(now)
    assert summary.get_mailing(made.id).state == MailingState.CANCELLED


# Looked at again


def test_somebody_is_looked_at_again_as_of_now_however_small_the_pages(
    frozen: Plan, join: Join, newsroom: Newsroom, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = join(6)
    made = frozen()
    people.unsubscribe(ids[1], newsroom.list.id, by=SYSTEM, now=now)
    Subscription.objects.filter(subscriber_id=ids[3]).delete()
    Subscription.objects.filter(subscriber_id=ids[4]).update(frequency="weekly")
    List.objects.update(weekly_day=(now.weekday() + 1) % 7)
    monkeypatch.setattr(freeze, "PAGE_SIZE", 2)
    chosen = freeze.choose_again(models.Mailing.objects.get(id=made.id), ids[:5], now)
    assert [(each.subscriber_id, each.exclusion) for each in chosen] == [
        (ids[0], ""),
        (ids[1], "unsubscribed"),
        (ids[2], ""),
        (ids[3], "unsubscribed"),
        (ids[4], "frequency"),
    ]


def test_somebody_who_is_looked_at_again_must_be_in_the_segment_by_now(
    frozen: Plan, join: Join, newsroom: Newsroom, edition: Any, now: datetime
) -> None:
    ids = join(2)
    recent = {"about": "joined", "op": "in_last_days", "value": 30}
    create_segment("recent", "Recent", recent, by=SYSTEM, now=now)
    newsletter_settings.change_newsletter(newsroom.briefing.id, now=now, segment="recent", seen=None, by=SYSTEM)
    picks.edit_pick(edition.id, edition.picks[1].key, visibility="segment:recent", now=now, seen=None, by=SYSTEM)
    made = frozen()
    Subscriber.objects.filter(id=ids[0]).update(created_at=now - timedelta(days=31))
    chosen = freeze.choose_again(models.Mailing.objects.get(id=made.id), ids, now)
    assert [each.exclusion for each in chosen] == ["segment", ""]
    (batch,) = models.Batch.objects.all()
    assert [each.stratum.variant == batch.variant for each in chosen] == [False, True]


def test_a_correction_waits_for_those_of_whom_an_earlier_one_does_not_know_also_if_the_edition_came_back(
    frozen: Plan, join: Join, plan: Plan, now: datetime
) -> None:
    join(3)
    edition_batches = models.Batch.objects.filter(mailing_id=frozen().id)
    hand_over_all(ScriptedProvider(), now)
    first = plan(kind="correction")
    freeze.freeze_next(now)
    hand_over_all(ScriptedProvider(loses_the_answer), now)
    models.Mailing.objects.filter(id=first.id).update(state=MailingState.CANCELLED)
    refused = Outcomes.all_planned(3)
    refused.settle(Outcome.REFUSED)
    edition_batches.update(outcomes=refused.pack())
    second = plan(kind="correction")
    assert second.id != first.id
    freeze.freeze_next(now)
    assert summary.get_mailing(second.id).excluded == {"undecided": 3}
