"""New rows of the ledger, built in one place: batches with packed members, exclusions, audience index, exceptions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol

from django.conf import settings

from newsletter.delivery import models
from newsletter.delivery.ledger.audience_index import pack_index_entries
from newsletter.delivery.ledger.format import FORMAT, Outcomes, pack_members
from newsletter.delivery.ledger.states import BatchState
from newsletter.kernel import ids


class BatchReference(Protocol):
    """What an exception has to know of its batch."""

    @property
    def id(self) -> int: ...

    @property
    def mailing_id(self) -> int: ...


class MailingReference(Protocol):
    """What a batch has to know of its mailing."""

    @property
    def id(self) -> int: ...

    @property
    def key(self) -> str: ...


def build_batch(
    mailing: MailingReference,
    number: int,
    members: Sequence[int],
    due_at: datetime,
    stratum: int,
    **stratum_fields: Any,
) -> models.Batch:
    """A planned batch, not yet stored.

    `stratum_fields` are wave, variant, language, tracking, and whether it is a repair.
    """
    return models.Batch(
        mailing_id=mailing.id,
        number=number,
        stratum=stratum,
        state=BatchState.PLANNED,
        due_at=due_at,
        **pack_members_of_batch(mailing.key, number, members),
        **stratum_fields,
    )


def pack_members_of_batch(mailing_key: str, number: int, members: Sequence[int]) -> dict[str, Any]:
    """The fields of a batch in which nobody was mailed yet that depend on who is in it.

    Its key is one of them: a mailing that is frozen once more after a restore, to the same people, has the same keys,
    and events of the lost sending find their batch; other people have another key.
    """
    packed = pack_members(members)
    return {
        "key": ids.derive_id(settings.SECRET_KEY, "batch", mailing_key, number, packed),
        "format": FORMAT,
        "members": packed,
        "outcomes": Outcomes.all_planned(len(members)).pack(),
        "size": len(members),
        "first_id": members[0],
        "last_id": members[-1],
    }


def build_exclusion(mailing_id: int, reason: str, members: Sequence[int]) -> models.Exclusion:
    """Candidates excluded for one reason, not yet stored."""
    return models.Exclusion(
        mailing_id=mailing_id,
        reason=reason,
        format=FORMAT,
        members=pack_members(members),
        size=len(members),
        first_id=members[0],
        last_id=members[-1],
    )


def build_audience_index(mailing_id: int, entries: Sequence[tuple[int, int]]) -> models.AudienceIndex:
    """Where some candidates are, not yet stored: (id, stratum or `encode_exclusion`), ascending."""
    return models.AudienceIndex(
        mailing_id=mailing_id,
        first_id=entries[0][0],
        last_id=entries[-1][0],
        format=FORMAT,
        places=pack_index_entries(entries),
    )


def build_exception(
    batch: BatchReference, subscriber_id: int, *, address: str, kind: str, reason: str, at: datetime
) -> models.DeliveryException:
    """Something out of the ordinary that happened to one delivery of a batch, not yet stored."""
    return models.DeliveryException(
        mailing_id=batch.mailing_id,
        batch_id=batch.id,
        subscriber_id=subscriber_id,
        address=address,
        kind=kind,
        reason=reason,
        at=at,
    )
