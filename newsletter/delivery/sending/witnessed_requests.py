"""Requests that the provider reports on and the ledger does not know: after a restore, a witness of what was sent.

    events name them              noted: of which mailing they are, and who is in them, as digests of addresses
    their edition is frozen again   who is in them is not mailed again; where its batches are the same, who is in those

The keys of mailings and batches are derived from what they are of, so that the new mailing is known for the lost one.
"""

from __future__ import annotations

import hmac
import logging
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db.models import Count, F, Max, Min, Sum

from newsletter.delivery import alarms, models
from newsletter.delivery.ledger import states
from newsletter.delivery.ledger.format import Outcomes, unpack_members
from newsletter.delivery.ledger.states import BatchState, Outcome
from newsletter.delivery.providers.base import Event
from newsletter.delivery.sending import mailings
from subscribers import audience
from subscribers.addresses import to_key, unwrap_address

log = logging.getLogger(__name__)

RETENTION = timedelta(days=4)  # as long as the provider repeats what it reports
_DIGEST_BYTES = 8


@dataclass(frozen=True, slots=True)
class WitnessedRequests:
    """How many requests the provider reports on that the ledger lacks, with how many people, from when until when."""

    requests: int
    people: int
    first_at: datetime
    last_at: datetime


def note(events: Iterable[Event], now: datetime) -> None:
    """Notes the requests that these events of no batch of ours name. In the caller's transaction."""
    named: dict[tuple[str, str], list[Event]] = defaultdict(list)
    for event in events:
        if event.mailing and event.batch and event.place >= 0:
            named[event.mailing, event.batch].append(event)
    for (mailing, batch), mine in named.items():
        at = [datetime.fromtimestamp(event.at, UTC) for event in mine if event.at] or [now]
        row, _ = models.WitnessedRequest.objects.get_or_create(
            batch=batch,
            defaults={
                "mailing": mailing,
                "attempt": next((event.attempt for event in mine if event.attempt), ""),
                "first_at": min(at),
                "last_at": max(at),
                "people": b"",
                "noted_at": now,
            },
        )
        people = _unpack(bytes(row.people)) | {_digest(to_key(unwrap_address(event.address))) for event in mine}
        row.people, row.size = b"".join(sorted(people)), len(people)
        row.first_at, row.last_at = min(row.first_at, *at), max(row.last_at, *at)
        row.save(update_fields=["people", "size", "first_at", "last_at"])


def settle_witnessed(mailing: models.Mailing, now: datetime) -> int:
    """Marks who is witnessed to have what a mailing is about to send as accepted. Returns how many. One transaction.

    One event proves that a request was accepted, for all its members: so where the same batch was planned, for that.
    """
    rows = list(models.WitnessedRequest.objects.filter(mailing__in=mailings.list_possible_keys(mailing)))
    if not rows:
        return 0
    attempts = {row.batch: row.attempt for row in rows}
    people = frozenset[bytes]().union(*(_unpack(bytes(row.people)) for row in rows))
    assert mailing.frozen_at is not None
    found = 0
    for batch in models.Batch.objects.filter(mailing_id=mailing.id, state=BatchState.PLANNED).iterator(chunk_size=50):
        outcomes, members = Outcomes(batch.outcomes, batch.format), unpack_members(batch.members, batch.format)
        planned = outcomes.list_places(Outcome.PLANNED)
        if batch.key not in attempts:
            keys = audience.get_address_keys(members, as_of=mailing.frozen_at)
            planned = [
                place for place in planned if any(_digest(key) in people for key in keys.get(members[place], ()))
            ]
        if not planned:
            continue
        outcomes.mark(planned, Outcome.ACCEPTED)
        found += len(planned)
        models.Batch.objects.filter(id=batch.id).update(
            outcomes=outcomes.pack(),
            state=states.derive_batch_state(outcomes.count_outcomes()),
            proven_attempt=attempts.get(batch.key, ""),
            submitted_at=now,
            version=F("version") + 1,
        )
    if found:
        log.warning("Mailing %s: %s have it already, as the provider reports", mailing.id, found)
        alarms.raise_alarm(
            mailing.id,
            "Subscribers have it already, as the provider reports of a sending that this database does not know. They "
            "are not mailed again.",
            now,
            count=found,
        )
    return found


def find_witnessed() -> WitnessedRequests | None:
    """What the provider reports of requests that the ledger lacks; None: nothing."""
    found = models.WitnessedRequest.objects.aggregate(
        requests=Count("id"), people=Sum("size"), first_at=Min("first_at"), last_at=Max("last_at")
    )
    return WitnessedRequests(**found) if found["requests"] else None


def delete_old_requests(now: datetime) -> None:
    """Deletes what was noted long ago."""
    models.WitnessedRequest.objects.filter(noted_at__lt=now - RETENTION).delete()


def _digest(address_key: str) -> bytes:
    """Tells whether two addresses are the same; which one it is, is not told without our secret."""
    return hmac.digest(settings.SECRET_KEY.encode(), f"witnessed\0{address_key}".encode(), "sha256")[:_DIGEST_BYTES]


def _unpack(people: bytes) -> set[bytes]:
    return {people[at : at + _DIGEST_BYTES] for at in range(0, len(people), _DIGEST_BYTES)}
