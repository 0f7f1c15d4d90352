"""The three writes of a hand-over, each one statement: claim a batch, begin an attempt, record that it was accepted.

By hand, for this runs for each of thousands of batches, by many processes at once. The claim and the answer need
not be on the disk before work goes on: after a power cut, a claim that is lost was never made, and a batch whose answer
is lost is unknown. That an attempt begins is on the disk before its first byte leaves.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, NamedTuple

from django.db import connection

from newsletter.delivery.ledger.states import BatchState, MailingState

_DUE = """
    SELECT b.id FROM delivery_batch b JOIN delivery_mailing m ON m.id = b.mailing_id
     WHERE b.state = %s AND b.due_at <= %s AND m.state = %s AND m.provider = %s AND m.account IN ('', %s)
     ORDER BY b.due_at LIMIT 1
"""
_CLAIM = """
    UPDATE delivery_batch
       SET state = %s, lease_owner = %s, lease_until = %s
     WHERE id = ({due} {lock})
       AND state = %s {relaxed}
 RETURNING id, number, key, mailing_id, variant, language, tracking, format, members, outcomes, size, attempt, send_at,
 version, (SELECT version FROM delivery_mailing WHERE id = mailing_id)
"""
_BEGIN = """
    UPDATE delivery_batch
       SET state = %s, attempt = attempt + 1, attempt_key = %s, lease_until = %s
     WHERE id = %s AND state = %s AND lease_owner = %s
       AND EXISTS (SELECT 1 FROM delivery_mailing m WHERE m.id = mailing_id AND m.state = %s AND m.version = %s)
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
    version: int
    mailing_version: int
    owner: str
    attempt_key: str


def claim_batch(now: datetime, *, until: datetime, owner: str, provider: str, account: str = "") -> Claim | None:
    """Takes the batch that is due first, if there is one, for as long as `until`.

    `account` is that of `provider` this process has: batches that may only leave by another are not for it.
    """
    lock = "FOR UPDATE OF b SKIP LOCKED" if connection.features.has_select_for_update_skip_locked else ""
    due = [BatchState.PLANNED, _to_database_time(now), MailingState.SENDING, provider, account]
    with connection.cursor() as cursor:
        cursor.execute(_DUE, due)  # SQLite locks the database for an UPDATE though it finds nothing: so look first
        if cursor.fetchone() is None:
            return None
    with _relaxed_durability() as cursor:
        cursor.execute(
            _CLAIM.format(due=_DUE, lock=lock, relaxed=_build_relaxed_commit_clause()),
            [
                BatchState.CLAIMED,
                owner,
                _to_database_time(until),
                *due,
                BatchState.PLANNED,
            ],
        )
        row = cursor.fetchone()
    return None if row is None else _to_claim(row, owner)


def _to_claim(row: tuple[Any, ...], owner: str) -> Claim:
    made = Claim._make((*row, owner, ""))
    return made._replace(tracking=bool(made.tracking), send_at=_from_database_time(made.send_at))


def begin_attempt(claim: Claim, attempt_key: str, *, until: datetime) -> Claim | None:
    """Commits that an attempt begins; None when the claim is lost, or the mailing was stopped or resumed meanwhile."""
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
            ],
        )
        if not cursor.rowcount:
            return None
    return claim._replace(attempt=claim.attempt + 1, attempt_key=attempt_key)


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


def _from_database_time(stored: Any) -> datetime | None:
    """An instant as the database gives it to us where Django does not translate it: SQLite keeps no zone, it is UTC."""
    if stored is None:
        return None
    instant = stored if isinstance(stored, datetime) else datetime.fromisoformat(stored)
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)
