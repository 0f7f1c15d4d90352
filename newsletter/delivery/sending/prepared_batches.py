"""A claimed batch made ready to leave: who is still in it, at which address, and the request of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from django.conf import settings
from django.db import transaction
from django.db.models import F

from newsletter.catalog import newsletters
from newsletter.curator.editions import day_names, edition_lookup
from newsletter.delivery import models
from newsletter.delivery.ledger import states
from newsletter.delivery.ledger.format import Outcomes, unpack_members
from newsletter.delivery.ledger.states import Outcome, RecallState
from newsletter.delivery.providers.base import Envelope, Recipients, SendRequest
from newsletter.delivery.sending import claims, envelopes, ledger_rows
from newsletter.delivery.sending.claims import Claim
from newsletter.delivery.sending.envelopes import EnvelopeSettings
from newsletter.kernel.clock import to_day_in_zone
from subscribers import audience, subscriber_lookup


@dataclass(frozen=True, slots=True)
class MailingContext:
    """What all batches of a mailing have in common."""

    key: str
    kind: str
    newsletter_id: int
    edition_id: int
    edition_date: str
    snapshot_id: int
    provider: str
    list_id: int
    due_at: datetime
    frozen_at: datetime
    suppressed_upto: int
    cancel_id: str
    envelope: Envelope
    zone: str
    language: str


@dataclass(frozen=True, slots=True)
class PreparedBatch:
    """A batch ready to leave: `places` are the members' places, in the order of `recipients`."""

    claim: Claim
    mailing: MailingContext
    recipients: Recipients
    members: Sequence[int]
    places: Sequence[int]
    outcomes: Outcomes


class DamagedBatch(Exception):
    """A batch of the ledger does not add up: who knows who would get it."""


def prepare_batch(claim: Claim, now: datetime) -> PreparedBatch | None:
    """Reads who is in the batch, with the addresses of the freeze, and withdraws those who left since."""
    members = unpack_members(claim.members, claim.format)
    outcomes = Outcomes(claim.outcomes, claim.format)
    mailing = _load_mailing_context(claim.mailing_id, claim.mailing_version, claim.variant, claim.tracking)
    if not len(members) == len(outcomes) == claim.size:
        raise DamagedBatch(
            f"It does not add up: {claim.size} were planned, {len(members)} are members, "
            f"{len(outcomes)} have an outcome."
        )
    places: Sequence[int] = range(len(members)) if outcomes.untouched else outcomes.list_places(Outcome.PLANNED)
    wanted = members if len(places) == len(members) else [members[place] for place in places]
    people = audience.get_audience_addresses(
        mailing.list_id, wanted, as_of=mailing.frozen_at, suppressed_upto=mailing.suppressed_upto
    )
    if people.excluded:
        without = _withdraw_unsubscribed(
            claim, outcomes, zip(places, wanted, people.addresses, strict=True), people.excluded, now
        )
        return prepare_batch(without, now) if without else None
    deliveries = [f"{claim.key}.{place}" for place in places]
    tokens = subscriber_lookup.get_signer().sign_footers(mailing.list_id, wanted)
    dates = _format_dates(mailing, wanted, max(now, claim.send_at or mailing.due_at))
    recipients = Recipients(deliveries, people.addresses, people.first_names, tokens, dates)
    return PreparedBatch(claim, mailing, recipients, members, places, outcomes)


@lru_cache(maxsize=32)  # the variants of a few mailings
def _load_mailing_context(mailing_id: int, version: int, variant: str, tracking: bool) -> MailingContext:
    """The same for every batch of a version of a mailing. Resuming begins another."""
    row = models.Mailing.objects.get(id=mailing_id)
    assert row.frozen_at is not None
    common = _load_envelope_settings(row)
    mail = edition_lookup.get_frozen_mail(row.snapshot_id, variant)
    cover = envelopes.build_envelope(mail, common if tracking else common.without_tracking())
    return MailingContext(
        row.key,
        row.kind,
        row.newsletter_id,
        row.edition_id,
        edition_lookup.get_edition(row.edition_id).date.isoformat(),
        row.snapshot_id,
        row.provider,
        row.list_id,
        row.due_at,
        row.frozen_at,
        row.suppressed_upto,
        row.cancel_id if row.recall == RecallState.OPEN else "",
        cover,
        common.zone,
        common.language,
    )


def _load_envelope_settings(row: models.Mailing) -> EnvelopeSettings:
    """As of the freeze. One that the version before froze has none: then as the newsletter is now, as that would."""
    if row.envelope_settings is not None:
        return envelopes.parse_envelope_settings(row.envelope_settings)
    return envelopes.read_envelope_settings(
        newsletters.get_newsletter(row.newsletter_id), base_url=settings.CONFIG.base_url
    )


def _withdraw_unsubscribed(
    claim: Claim,
    outcomes: Outcomes,
    people: Iterable[tuple[int, int, str]],
    left: Mapping[int, str],
    now: datetime,
) -> Claim | None:
    """The batch without those who left since the audience was frozen; None when nobody stays or the claim is lost.

    `people` are place, id and address.
    """
    gone = [(place, person, address) for place, person, address in people if person in left]
    outcomes.mark([place for place, _, _ in gone], Outcome.WITHDRAWN)
    with transaction.atomic():
        if not claims.select_claimed(claim).update(outcomes=outcomes.pack(), version=F("version") + 1):
            return None
        models.DeliveryException.objects.bulk_create(
            ledger_rows.build_exception(
                claim,
                person,
                address=address,
                kind=Outcome.WITHDRAWN.key,
                reason=f"{left[person]} after the audience was frozen",
                at=now,
            )
            for _, person, address in gone
        )
    if not outcomes.list_places(Outcome.PLANNED):
        claims.select_claimed(claim).update(
            state=states.derive_batch_state(outcomes.count_outcomes()), lease_until=None
        )
        return None
    return claim._replace(outcomes=outcomes.pack(), version=claim.version + 1)


def _format_dates(mailing: MailingContext, people: Sequence[int], at: datetime) -> Sequence[str]:
    """The day of the sending in the zone of each of these people, in words; looked up only where the mail uses it."""
    if not any(each.field == "date" for each in mailing.envelope.merge):
        return [""] * len(people)
    zones = audience.list_zones(people)
    said = {
        zone: day_names.format_long_day(to_day_in_zone(at, zone, mailing.zone), mailing.language) for zone in set(zones)
    }
    return [said[zone] for zone in zones]


def build_request(prepared: PreparedBatch, attempt: str, now: datetime) -> SendRequest:
    """The request of an attempt. With a recall window the provider keeps it until its instant, if that is to come."""
    claim, mailing = prepared.claim, prepared.mailing
    send_at = (claim.send_at or mailing.due_at) if mailing.cancel_id else None
    return SendRequest(
        mailing.envelope,
        prepared.recipients,
        mailing.key,
        claim.key,
        attempt,
        send_at=send_at if send_at and send_at > now else None,
        cancel_id=mailing.cancel_id,
    )
