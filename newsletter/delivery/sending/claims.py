"""The three writes of a hand-over, each one statement: claim a batch, begin an attempt, record that it was accepted.

By hand, for this runs for each of thousands of batches, by many processes at once. The claim and the answer need
not be on the disk before work goes on: after a power cut, a claim that is lost was never made, and a batch whose answer
is lost is unknown. That an attempt begins is on the disk before its first byte leaves.

A mailing that is not proven yet (`probing`) or has a limit (`allowance`) is claimed from under locks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any, NamedTuple

from django.conf import settings
from django.db import connection, transaction
from django.db.models import QuerySet

from newsletter.delivery import models
from newsletter.delivery.installation import Standing
from newsletter.delivery.ledger.format import FORMAT
from newsletter.delivery.ledger.states import BatchState, MailingState, RecallState
from newsletter.delivery.sending import allowance, probing
from newsletter.kernel import clock

# Mailings are few, whatever waits in them: each is asked for its first batch, so that one that may not send now stands
# in no other's way. "planned" is written out, for the index of planned batches to be used.
_LOOK = """
    SELECT m.id, m.proven_at IS NULL OR m.per_minute > 0,
           (SELECT b.due_at FROM delivery_batch b
             WHERE b.mailing_id = m.id AND b.state = 'planned' AND b.due_at <= %s AND b.format <= %s
             ORDER BY b.due_at LIMIT 1) AS due_at
      FROM delivery_mailing m
     WHERE m.state = %s AND m.provider = %s AND m.account IN ('', %s)
       AND NOT EXISTS (SELECT 1 FROM delivery_installation i WHERE i.held_since IS NOT NULL)
       AND NOT EXISTS (SELECT 1 FROM delivery_pace p
                        WHERE p.name = m.provider AND p.closed_until > %s AND p.closed_until <= %s)
     ORDER BY due_at
"""
_CLAIM = """
    UPDATE delivery_batch
       SET state = %s, lease_owner = %s, lease_until = %s
     WHERE id = (SELECT b.id FROM delivery_batch b JOIN delivery_mailing m ON m.id = b.mailing_id
                  WHERE m.id = %s AND m.state = %s AND b.state = 'planned' AND b.due_at <= %s AND b.format <= %s {which}
                  ORDER BY b.due_at LIMIT 1 {lock})
       AND state = 'planned' {relaxed}
 RETURNING id, number, key, mailing_id, variant, language, tracking, format, members, outcomes, size, attempt, send_at,
 stratum, begun,
 version, CASE WHEN error = '' THEN due_at END,
 (SELECT {latest}(due_at, COALESCE(CASE WHEN underway_at <= %s THEN underway_at END, resumed_at, due_at))
    FROM delivery_mailing WHERE id = mailing_id),
 (SELECT version FROM delivery_mailing WHERE id = mailing_id)
"""
_UNRESTRICTED = "AND m.proven_at IS NOT NULL AND m.per_minute = 0"
_SCHEDULED = "AND b.send_at > %s"
_BEGIN = """
    UPDATE delivery_batch
       SET state = %s, attempt = attempt + 1, begun = begun + 1, attempt_key = %s, lease_until = %s
     WHERE id = %s AND state = %s AND lease_owner = %s
       AND EXISTS (SELECT 1 FROM delivery_mailing m WHERE m.id = mailing_id AND m.state = %s AND m.version = %s)
       AND EXISTS (SELECT 1 FROM delivery_installation i
                    WHERE i.held_since IS NULL AND i.history = %s AND i.mark >= %s)
"""
_ACCEPTED = """
    UPDATE delivery_batch
       SET state = %s, outcomes = %s, provider_id = %s, error = '', lease_owner = '', lease_until = NULL,
           handed_over_at = %s, version = version + 1
     WHERE id = %s AND attempt_key = %s AND state = %s AND version = %s {relaxed}
"""
# In the statement itself, for another one would be another way to the server and back. It holds for this one alone.
_RELAXED_COMMIT = "AND (SELECT set_config('synchronous_commit', 'off', true)) = 'off'"


class Claim(NamedTuple):
    """A batch in the hands of `owner`; `mailing_version` shows whether what is known of its mailing still holds."""

    id: int
    number: int
    key: str
    mailing_id: int
    variant: str
    language: str
    tracking: bool
    format: int
    members: bytes
    outcomes: bytes
    size: int
    attempt: int
    send_at: datetime | None
    stratum: int
    begun: int
    version: int
    planned_at: datetime | None  # its own time, as long as nothing went wrong with it
    expected_at: datetime  # the time of its mailing, when that last moved, or when somebody decided that it goes on
    mailing_version: int
    owner: str
    attempt_key: str
    probes: int = 0  # so many requests may lose their answer before the mailing pauses; 0: the provider accepts it
    limited: bool = False  # it took of a limit of messages a minute, and is to leave now


def claim_batch(now: datetime, *, until: datetime, owner: str, provider: str, account: str = "") -> Claim | None:
    """Takes the batch that is due first and may be sent now, if there is one, for as long as `until`.

    `account` is that of `provider` this process has: batches that may only leave by another are not for it.
    """
    limited = bool(settings.CONFIG.per_minute)
    for mailing_id, restricted in _list_due_mailings(now, provider, account):
        if restricted or limited:
            claim = _claim_restricted(mailing_id, now, until, owner)
        else:
            claim = _claim(mailing_id, now, until, owner, _UNRESTRICTED)
        if claim is not None:
            return claim
    return None


def _list_due_mailings(now: datetime, provider: str, account: str) -> list[tuple[int, bool]]:
    """The mailings with a batch that is due, the one due first in front; whether it must be probed or has a limit."""
    instant = _to_database_time(now)
    latest = _to_database_time(clock.compute_latest_end(now, models.RateLimits.LONGEST_CLOSED))
    with connection.cursor() as cursor:  # SQLite locks the database for an UPDATE even if it finds nothing: look first
        cursor.execute(_LOOK, [instant, FORMAT, MailingState.SENDING, provider, account, instant, latest])
        return [(mailing_id, bool(restricted)) for mailing_id, restricted, due_at in cursor.fetchall() if due_at]


def _claim_restricted(mailing_id: int, now: datetime, until: datetime, owner: str) -> Claim | None:
    """Takes a batch of a mailing that is to be probed or has a limit, if one may leave now."""
    row = models.Mailing.objects.filter(id=mailing_id).first()
    limits = allowance.get_limits(row) if row else {}
    # Without a lock: most looks end here. Then once more, with the locks that hold off the other workers.
    if row is None or not _find_claimable(row, limits, now):
        return None
    with transaction.atomic():
        row = models.Mailing.objects.select_for_update(no_key=True).get(id=mailing_id)
        allowance.lock_limits(limits)
        which = _find_claimable(row, limits, now)
        claim = _claim(mailing_id, now, until, owner, *which) if which else None
        if claim is not None and limits and not (claim.send_at and claim.send_at > now):
            allowance.take(limits, claim.size, now)
        return claim and claim._replace(probes=probing.count_allowed(row), limited=bool(limits))


def _find_claimable(row: models.Mailing, limits: Mapping[str, int], now: datetime) -> tuple[Any, ...]:
    """Which batches of a mailing may be claimed now, as a condition and its values; empty: none."""
    if not probing.may_claim(row, now):
        return ()
    if not limits or allowance.is_free(row, limits, now):
        return ("",)
    # What the provider is to send later took its time when it was planned.
    return (_SCHEDULED, _to_database_time(now)) if row.recall == RecallState.OPEN else ()


def _claim(mailing_id: int, now: datetime, until: datetime, owner: str, which: str, *values: Any) -> Claim | None:
    lock = "FOR UPDATE OF b SKIP LOCKED" if connection.features.has_select_for_update_skip_locked else ""
    with _relaxed_durability() as cursor:
        cursor.execute(
            _CLAIM.format(
                which=which,
                lock=lock,
                relaxed=_build_relaxed_commit_clause(),
                latest="GREATEST" if connection.vendor == "postgresql" else "MAX",
            ),
            [
                BatchState.CLAIMED,
                owner,
                _to_database_time(until),
                mailing_id,
                MailingState.SENDING,
                _to_database_time(now),
                FORMAT,
                *values,
                _to_database_time(now),
            ],
        )
        row = cursor.fetchone()
    return None if row is None else _to_claim(row, owner)


def _to_claim(row: tuple[Any, ...], owner: str) -> Claim:
    made = Claim._make((*row, owner, "", 0, False))
    expected_at = clock.read_stored_instant(made.expected_at)
    assert expected_at is not None
    return made._replace(
        tracking=bool(made.tracking),
        send_at=clock.read_stored_instant(made.send_at),
        planned_at=clock.read_stored_instant(made.planned_at),
        expected_at=expected_at,
    )


def begin_attempt(claim: Claim, attempt_key: str, *, until: datetime, standing: Standing) -> Claim | None:
    """Commits that an attempt begins; None when the claim is lost, or the mailing was stopped or resumed meanwhile.

    Or when sending is held, or the database is not as far any more as `standing` says that it was.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            _BEGIN,
            [
                BatchState.SENDING,
                attempt_key,
                _to_database_time(until),
                claim.id,
                BatchState.CLAIMED,
                claim.owner,
                MailingState.SENDING,
                claim.mailing_version,
                standing.history,
                standing.mark,
            ],
        )
        if not cursor.rowcount:
            return None
    return claim._replace(attempt=claim.attempt + 1, begun=claim.begun + 1, attempt_key=attempt_key)


def record_accepted(claim: Claim, state: BatchState, outcomes: bytes, provider_id: str, now: datetime) -> bool:
    """Notes that all that was left of a batch was accepted; False when the row changed since it was claimed."""
    with _relaxed_durability() as cursor:
        cursor.execute(
            _ACCEPTED.format(relaxed=_build_relaxed_commit_clause()),
            [
                state,
                outcomes,
                provider_id[:200],
                _to_database_time(now),
                claim.id,
                claim.attempt_key,
                BatchState.SENDING,
                claim.version,
            ],
        )
        return bool(cursor.rowcount)


def give_back(claim: Claim) -> None:
    """Lets a batch of which nothing has left be claimed again."""
    select_claimed(claim).update(state=BatchState.PLANNED, lease_until=None)


def select_claimed(claim: Claim) -> QuerySet[models.Batch]:
    """The batch as long as it is ours: a claim that ran out may be another worker's by now."""
    return models.Batch.objects.filter(id=claim.id, state=BatchState.CLAIMED, lease_owner=claim.owner)


@contextmanager
def _relaxed_durability() -> Iterator[Any]:
    """A cursor whose writes may be lost in a power cut; never in a crash of this program."""
    with connection.cursor() as cursor:
        if connection.vendor != "sqlite" or connection.in_atomic_block:
            yield cursor
            return
        cursor.execute("PRAGMA synchronous = NORMAL")
        try:
            yield cursor
        finally:
            cursor.execute("PRAGMA synchronous = FULL")


def _build_relaxed_commit_clause() -> str:
    return _RELAXED_COMMIT if connection.vendor == "postgresql" else ""


def _to_database_time(instant: datetime) -> Any:
    return connection.ops.adapt_datetimefield_value(instant)
