"""The three writes of a hand-over: each takes what it may, and nothing that somebody else holds or has changed."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models import F
from django.test.utils import CaptureQueriesContext

from newsletter.delivery import installation
from newsletter.delivery.ledger.states import BatchState, MailingKind, MailingState, RecallState
from newsletter.delivery.models import Batch, Mailing, RateLimit, RateLimits
from newsletter.delivery.sending import claims, probing
from newsletter.delivery.sending.claims import Claim
from tests.interleaving import just_before

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


@pytest.fixture
def batch(frozen: Callable[..., Any], join: Callable[..., list[int]], now: datetime) -> Batch:
    """A batch that is due now, of a mailing that is being sent and that the provider accepts."""
    join(3)
    frozen()
    Mailing.objects.update(proven_at=now)
    return Batch.objects.get()


def another(batch: Batch, **changes: Any) -> Batch:
    """One more batch, of the same mailing if nothing else is said."""
    fields = {
        field.attname: getattr(batch, field.attname) for field in Batch._meta.concrete_fields if field.name != "id"
    }
    number = Batch.objects.count() + 1
    return Batch.objects.create(**fields | {"number": number, "key": f"batch-{number}"} | changes)


def another_mailing(batch: Batch, **changes: Any) -> Mailing:
    """A mailing beside that of the batch."""
    mailing = Mailing.objects.get(id=batch.mailing_id)
    mailing.pk, mailing.kind, mailing.key = None, MailingKind.TEST, f"mailing-{Mailing.objects.count()}"
    for name, value in changes.items():
        setattr(mailing, name, value)
    mailing.save(force_insert=True)
    return mailing


def taken(batch: Batch, now: datetime, owner: str = "worker/1") -> Claim | None:
    provider = Mailing.objects.get(id=batch.mailing_id).provider
    return claims.claim_batch(now, until=now + MINUTE, owner=owner, provider=provider)


def begun(batch: Batch, now: datetime) -> Claim:
    claim = taken(batch, now)
    assert claim
    claim = claims.begin_attempt(claim, "attempt-1", until=now + 2 * MINUTE, standing=installation.get_standing(now))
    assert claim
    return claim


def rows(**state: Any) -> list[Any]:
    return list(Batch.objects.filter(**state).order_by("id").values_list("id", flat=True))


def test_a_claim_says_all_of_the_batch_and_leases_it(batch: Batch, now: datetime) -> None:
    mailing = another_mailing(batch, version=7)
    Batch.objects.update(
        mailing=mailing, variant="b", language="de", tracking=True, attempt=2, send_at=now + MINUTE, version=5
    )
    batch.refresh_from_db()
    claim = taken(batch, now)
    assert claim == Claim(
        id=batch.id,
        number=batch.number,
        key=batch.key,
        mailing_id=batch.mailing_id,
        variant="b",
        language="de",
        tracking=True,
        format=batch.format,
        members=bytes(batch.members),
        outcomes=bytes(batch.outcomes),
        size=3,
        attempt=2,
        send_at=now + MINUTE,
        stratum=0,
        begun=0,
        version=5,
        planned_at=batch.due_at,
        expected_at=mailing.due_at,
        mailing_version=7,
        owner="worker/1",
        attempt_key="",
    )
    assert claim.tracking is True
    assert claim.send_at
    assert claim.send_at.utcoffset() == timedelta(0)
    batch.refresh_from_db()
    assert (batch.state, batch.lease_owner, batch.lease_until) == (BatchState.CLAIMED, "worker/1", now + MINUTE)


def test_a_batch_without_a_time_to_be_sent_at_has_none(batch: Batch, now: datetime) -> None:
    claim = taken(batch, now)
    assert claim
    assert claim.send_at is None


def test_the_batch_that_is_due_first_is_taken_and_no_other(batch: Batch, now: datetime) -> None:
    first = another(batch, due_at=batch.due_at - MINUTE)
    another(batch, due_at=batch.due_at - MINUTE / 2)
    claim = taken(batch, now)
    assert claim
    assert claim.id == first.id
    assert rows(state=BatchState.CLAIMED) == [first.id]


def test_a_batch_that_is_taken_already_stands_in_the_way_of_none(batch: Batch, now: datetime) -> None:
    another(batch, due_at=batch.due_at - MINUTE, state=BatchState.CLAIMED, lease_owner="worker/2")
    claim = taken(batch, now)
    assert claim
    assert claim.id == batch.id


def test_a_batch_is_due_at_its_instant_and_not_before(batch: Batch, now: datetime) -> None:
    Batch.objects.update(due_at=now)
    assert not taken(batch, now - timedelta(microseconds=1))
    assert taken(batch, now)


@pytest.mark.parametrize(
    "state", [BatchState.CLAIMED, BatchState.SENDING, BatchState.ACCEPTED, BatchState.UNKNOWN, BatchState.WITHDRAWN]
)
def test_only_a_planned_batch_is_taken(batch: Batch, now: datetime, state: str) -> None:
    Batch.objects.update(state=state)
    assert not taken(batch, now)


@pytest.mark.parametrize(
    "state", [MailingState.PAUSED, MailingState.CANCELLED, MailingState.HELD, MailingState.FREEZING]
)
def test_a_batch_of_a_mailing_that_is_not_being_sent_is_left_alone(batch: Batch, now: datetime, state: str) -> None:
    another_mailing(batch)
    Mailing.objects.filter(id=batch.mailing_id).update(state=state)
    assert not taken(batch, now)


def test_a_batch_for_another_provider_is_left_alone(batch: Batch, now: datetime) -> None:
    assert not claims.claim_batch(now, until=now + MINUTE, owner="worker/1", provider="another")


@pytest.mark.parametrize(
    ("kept", "ours", "takes"),
    [
        ("", "", True),
        ("", "host key1", True),
        ("host key1", "host key1", True),
        ("host key1", "host key2", False),
        ("host key1", "", False),
        ("host key1", "host", False),
    ],
)
def test_a_batch_leaves_only_by_the_account_its_mailing_is_for(
    batch: Batch, now: datetime, kept: str, ours: str, takes: bool
) -> None:
    row = Mailing.objects.filter(id=batch.mailing_id)
    row.update(account=kept)
    claim = claims.claim_batch(now, until=now + MINUTE, owner="worker/1", provider=row.get().provider, account=ours)
    assert (claim is not None) == takes


def test_what_was_claimed_before_a_mailing_was_resumed_does_not_begin(batch: Batch, now: datetime) -> None:
    claim = taken(batch, now)
    assert claim
    Mailing.objects.filter(id=batch.mailing_id).update(version=F("version") + 1)  # with another account, for instance
    assert claims.begin_attempt(claim, "attempt-1", until=now + MINUTE, standing=installation.get_standing(now)) is None
    batch.refresh_from_db()
    assert (batch.state, batch.attempt) == (BatchState.CLAIMED, 0)


@pytest.mark.parametrize(
    ("recall", "send_in", "is_taken"),
    [
        (RecallState.OPEN, MINUTE, True),
        (RecallState.OPEN, timedelta(), False),
        (RecallState.OPEN, None, False),
        (RecallState.CLOSED, MINUTE, False),
    ],
)
def test_under_a_limit_that_is_used_up_only_what_the_provider_sends_later_in_a_recall_window_is_taken(
    batch: Batch, now: datetime, recall: RecallState, send_in: timedelta | None, is_taken: bool
) -> None:
    Mailing.objects.update(per_minute=batch.size, recall=recall)
    assert taken(batch, now)
    second = another(batch, send_at=None if send_in is None else now + send_in)
    third = another(batch, due_at=now - MINUTE, send_at=None)  # which is due before, and has to wait
    assert bool(taken(batch, now)) == is_taken
    assert rows(state=BatchState.PLANNED) == ([third.id] if is_taken else [second.id, third.id])


def test_a_claim_says_whether_it_took_of_a_limit_and_how_many_answers_may_be_lost(batch: Batch, now: datetime) -> None:
    first = taken(batch, now)
    Mailing.objects.update(per_minute=batch.size, proven_at=None)
    another(batch)
    second = taken(batch, now)
    assert first
    assert second
    assert (first.limited, first.probes) == (False, 0)
    assert (second.limited, second.probes) == (True, probing.MAX_PROBES)


@pytest.mark.parametrize(("send_in", "takes"), [(MINUTE, False), (timedelta(), True), (None, True)])
def test_only_what_leaves_now_takes_of_the_limit(
    batch: Batch, now: datetime, send_in: timedelta | None, takes: bool
) -> None:
    Mailing.objects.update(per_minute=batch.size)
    Batch.objects.update(send_at=None if send_in is None else now + send_in)
    assert taken(batch, now)
    another(batch, send_at=None)
    assert bool(taken(batch, now)) != takes


def test_that_a_provider_accepts_a_mailing_is_noted_with_its_time(batch: Batch, now: datetime) -> None:
    Mailing.objects.update(proven_at=None)
    another(batch, state=BatchState.ACCEPTED)
    assert taken(batch, now)
    assert Mailing.objects.get().proven_at == now


def test_a_batch_that_somebody_takes_between_our_look_and_our_claim_is_theirs(batch: Batch, now: datetime) -> None:
    def other_first(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.strip().startswith("UPDATE") and "worker/1" in params:
            Batch.objects.update(state=BatchState.CLAIMED, lease_owner="worker/2")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(other_first):
        assert taken(batch, now) is None
    batch.refresh_from_db()
    assert batch.lease_owner == "worker/2"


def test_a_mailing_that_has_to_wait_stands_in_no_other_s_way(batch: Batch, now: datetime) -> None:
    other = another_mailing(batch)
    later = another(batch, mailing_id=other.id, due_at=now)
    Mailing.objects.filter(id=batch.mailing_id).update(proven_at=None)  # as many are in flight as may be
    for _ in range(probing.MAX_PROBES):
        another(batch, state=BatchState.SENDING)
    Batch.objects.filter(id=batch.id).update(due_at=now - MINUTE)
    claim = taken(batch, now)
    assert claim
    assert claim.id == later.id


@pytest.mark.parametrize(
    ("closed_for", "is_taken"),
    [(MINUTE, False), (timedelta(), True), (RateLimits.LONGEST_CLOSED + timedelta(hours=1), True)],
    ids=["closed", "open again", "by a clock that was put back since"],
)
def test_nothing_is_taken_for_a_provider_that_asked_to_wait(
    batch: Batch, now: datetime, closed_for: timedelta, is_taken: bool
) -> None:
    RateLimit.objects.create(name=Mailing.objects.get().provider, closed_until=now + closed_for)
    assert bool(taken(batch, now)) == is_taken


def test_of_a_mailing_that_is_deleted_between_our_look_and_our_claim_nothing_is_taken(
    batch: Batch, now: datetime
) -> None:
    provider = Mailing.objects.get().provider
    Mailing.objects.update(proven_at=None)
    with just_before('SELECT "delivery_mailing"."id"', lambda: Mailing.objects.all().delete()):
        assert claims.claim_batch(now, until=now + MINUTE, owner="worker/1", provider=provider) is None


def test_where_nothing_is_due_nothing_is_locked(batch: Batch, now: datetime) -> None:
    with CaptureQueriesContext(connection) as queries:
        assert not claims.claim_batch(now - MINUTE, until=now, owner="worker/1", provider="scripted")
    assert len(queries) == 1
    assert queries[0]["sql"].strip().startswith("SELECT")


def test_an_attempt_is_counted_named_and_leased(batch: Batch, now: datetime) -> None:
    beside = another(batch, state=BatchState.CLAIMED, lease_owner="worker/1")
    claim = taken(batch, now)
    assert claim
    assert claims.begin_attempt(
        claim, "attempt-1", until=now + 2 * MINUTE, standing=installation.get_standing(now)
    ) == claim._replace(attempt=1, begun=1, attempt_key="attempt-1")
    batch.refresh_from_db()
    assert (batch.state, batch.attempt, batch.attempt_key) == (BatchState.SENDING, 1, "attempt-1")
    assert batch.lease_until == now + 2 * MINUTE
    beside.refresh_from_db()
    assert (beside.state, beside.attempt) == (BatchState.CLAIMED, 0)


@pytest.mark.parametrize("changed", [{"state": BatchState.PLANNED}, {"lease_owner": "worker/2"}])
def test_who_lost_the_claim_begins_nothing(batch: Batch, now: datetime, changed: dict[str, str]) -> None:
    claim = taken(batch, now)
    assert claim
    Batch.objects.update(**changed)
    assert claims.begin_attempt(claim, "attempt-1", until=now + MINUTE, standing=installation.get_standing(now)) is None
    assert not rows(state=BatchState.SENDING)


def test_nothing_begins_once_the_mailing_is_stopped_though_another_is_being_sent(batch: Batch, now: datetime) -> None:
    another_mailing(batch)
    claim = taken(batch, now)
    assert claim
    Mailing.objects.filter(id=batch.mailing_id).update(state=MailingState.PAUSED)
    assert claims.begin_attempt(claim, "attempt-1", until=now + MINUTE, standing=installation.get_standing(now)) is None
    assert not rows(state=BatchState.SENDING)


def test_an_accepted_batch_is_nobody_s_and_says_so(batch: Batch, now: datetime) -> None:
    claim = begun(batch, now)
    Batch.objects.update(error="a refusal before")
    beside = another(batch, state=BatchState.SENDING, attempt_key="attempt-1", version=claim.version)
    assert claims.record_accepted(claim, BatchState.ACCEPTED, b"what became of them", "p" * 201, now) is True
    batch.refresh_from_db()
    assert (batch.state, bytes(batch.outcomes), batch.error) == (BatchState.ACCEPTED, b"what became of them", "")
    assert (batch.provider_id, batch.submitted_at) == ("p" * 200, now)
    assert (batch.lease_owner, batch.lease_until, batch.version) == ("", None, claim.version + 1)
    beside.refresh_from_db()
    assert beside.state == BatchState.SENDING


@pytest.mark.parametrize("changed", [{"attempt_key": "attempt-2"}, {"state": BatchState.UNKNOWN}, {"version": 99}])
def test_an_answer_to_a_row_that_changed_meanwhile_is_not_written(
    batch: Batch, now: datetime, changed: dict[str, Any]
) -> None:
    claim = begun(batch, now)
    Batch.objects.update(**changed)
    assert claims.record_accepted(claim, BatchState.ACCEPTED, b"", "p", now) is False
    assert not rows(state=BatchState.ACCEPTED)


@pytest.mark.django_db(transaction=True)
class TestOnTheDisk:
    """What a power cut may undo, and what it may not. On SQLite; PostgreSQL takes it in the statement itself."""

    @pytest.fixture(autouse=True)
    def _on_sqlite(self) -> None:
        if connection.vendor != "sqlite":
            pytest.skip("PostgreSQL has no such switch")

    def message(self, queries: CaptureQueriesContext) -> list[str]:
        return [query["sql"].split()[0] if "PRAGMA" not in query["sql"] else query["sql"] for query in queries]

    def test_a_claim_and_an_answer_need_not_be_on_the_disk(self, batch: Batch, now: datetime) -> None:
        relaxed = ["PRAGMA synchronous = NORMAL", "UPDATE", "PRAGMA synchronous = FULL"]
        provider = Mailing.objects.get(id=batch.mailing_id).provider
        with CaptureQueriesContext(connection) as queries:
            claim = claims.claim_batch(now, until=now + MINUTE, owner="worker/1", provider=provider)
        assert self.message(queries) == ["SELECT", *relaxed]
        assert claim
        claim = claims.begin_attempt(claim, "attempt-1", until=now + MINUTE, standing=installation.get_standing(now))
        assert claim
        with CaptureQueriesContext(connection) as queries:
            claims.record_accepted(claim, BatchState.ACCEPTED, b"", "p", now)
        assert self.message(queries) == relaxed

    def test_that_an_attempt_begins_is_on_the_disk(self, batch: Batch, now: datetime) -> None:
        claim = taken(batch, now)
        assert claim
        standing = installation.get_standing(now)
        with CaptureQueriesContext(connection) as queries:
            claims.begin_attempt(claim, "attempt-1", until=now + MINUTE, standing=standing)
        assert self.message(queries) == ["UPDATE"]

    def test_what_follows_a_claim_that_failed_is_on_the_disk_again(self, batch: Batch, now: datetime) -> None:
        claim = begun(batch, now)
        with pytest.raises(Exception, match="NOT NULL"):
            claims.record_accepted(claim, None, b"", "p", now)  # type: ignore[arg-type]
        with connection.cursor() as cursor:
            assert cursor.execute("PRAGMA synchronous").fetchone() == (2,)

    def test_within_a_transaction_of_somebody_else_nothing_is_relaxed(self, batch: Batch, now: datetime) -> None:
        provider = Mailing.objects.get(id=batch.mailing_id).provider
        with transaction.atomic(), CaptureQueriesContext(connection) as queries:
            claims.claim_batch(now, until=now + MINUTE, owner="worker/1", provider=provider)
        assert self.message(queries) == ["SELECT", "UPDATE"]


@pytest.mark.django_db(transaction=True)
class TestManyWorkersAtOnce:
    """Eight threads look at the same moment, each with a connection of its own."""

    @pytest.fixture(autouse=True)
    def _batches(self, batch: Batch) -> None:
        for _ in range(9):
            another(batch)

    def claim_at_once(self, batch: Batch, now: datetime) -> list[Claim]:
        ready, found = threading.Barrier(8), list[Claim | None]()

        def work(number: int) -> None:
            try:
                connection.ensure_connection()
                ready.wait(30)
                found.append(taken(batch, now, f"worker/{number}"))
            finally:
                connection.close()

        threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert len(found) == 8, "one of them failed"
        return [claim for claim in found if claim]

    def test_each_has_a_batch_of_its_own(self, batch: Batch, now: datetime) -> None:
        assert len({claim.id for claim in self.claim_at_once(batch, now)}) == 8

    def test_two_of_them_try_a_provider_out(self, batch: Batch, now: datetime) -> None:
        Mailing.objects.update(proven_at=None)
        assert len(self.claim_at_once(batch, now)) == 2

    def test_one_of_them_takes_the_allowance(self, batch: Batch, now: datetime) -> None:
        Mailing.objects.update(per_minute=60)
        assert len(self.claim_at_once(batch, now)) == 1
        left = RateLimit.objects.get().next_at
        assert left
        assert timedelta(seconds=2) <= left - now <= timedelta(seconds=3.1), "three messages, at one a second"

    def test_one_of_them_takes_the_allowance_of_the_account(self, batch: Batch, now: datetime, settings: Any) -> None:
        settings.CONFIG = replace(settings.CONFIG, per_minute=60)
        another(batch, mailing=another_mailing(batch))
        assert len(self.claim_at_once(batch, now)) == 1
