"""Tiers: whether a subscriber pays, until when, and what it was before; also those that the newsroom calls its own.

A tier whose end has come counts as free wherever it is asked for, also before the sweep has noted it.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from hashlib import blake2b

from django.db import transaction

from newsletter.kernel.actors import ActionRecord, Actor, Verb, require_right
from newsletter.kernel.errors import BadInput, NotFound, Refused
from newsletter.kernel.iteration import do_each
from subscribers import models, rights
from subscribers.bulk_writing import WritePacer
from subscribers.states import Tier
from subscribers.values import Subscriber, TierChange

UNPAID = frozenset({Tier.FREE, Tier.METERED})
_ALIASES = {"paying": Tier.PAID}
_OWN_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_CODE_LENGTH = 8


def list_tiers() -> tuple[str, ...]:
    """The names of all tiers: those there always are, then the newsroom's own."""
    return (*Tier, *models.OwnTier.objects.order_by("name").values_list("name", flat=True))


def map_own_tiers() -> dict[str, str]:
    """The newsroom's own tiers: name and code."""
    return dict(models.OwnTier.objects.values_list("name", "code"))


def to_code(name: str, field: str = "tier") -> str:
    """What is stored for a tier by name. Raises BadInput naming those there are."""
    wanted = name.strip().casefold()
    known = _ALIASES.get(wanted, wanted)
    if known in list(Tier):
        return str(known)
    code = models.OwnTier.objects.filter(name=wanted).values_list("code", flat=True).first()
    if code is None:
        raise BadInput(f"“{name[:40]}” is not a tier. It can be {', '.join(list_tiers())}.", field)
    return code


def to_name(code: str) -> str:
    """The name of a stored tier."""
    if code in list(Tier):
        return code
    return models.OwnTier.objects.filter(code=code).values_list("name", flat=True).first() or code


def create_tier(name: str, *, by: Actor, now: datetime) -> str:
    """Makes a tier of the newsroom's own; its name. Raises NotAllowed, BadInput, Refused when there is one."""
    require_right(by, Verb.CONFIGURE)
    wanted = name.strip().casefold()
    if not _OWN_NAME.fullmatch(wanted) or len(wanted) > 40:
        raise BadInput("Give the tier a name of small letters, digits and hyphens, at most 40.", "name")
    if wanted in list_tiers() or wanted in _ALIASES:
        raise Refused(f"There is a tier {wanted} already.")
    with transaction.atomic():
        models.OwnTier.objects.create(name=wanted, code=_choose_code(wanted), created_at=now)
        by.record(ActionRecord("made tier", wanted, now))
    return wanted


def _choose_code(name: str) -> str:
    taken = {*Tier, *models.OwnTier.objects.values_list("code", flat=True)}
    if len(name) <= _CODE_LENGTH and name not in taken:
        return name
    digests = (blake2b(f"{name}{n}".encode(), digest_size=2).hexdigest() for n in range(1000))
    return next(code for digest in digests if (code := name[:4] + digest) not in taken)


def get_present(code: str, ends_at: datetime | None, now: datetime) -> str:
    """The tier that counts at an instant."""
    return Tier.FREE if ends_at is not None and ends_at <= now else code


def settle(person: Subscriber, now: datetime) -> Subscriber:
    """A subscriber with the tier that counts at an instant."""
    if person.tier_ends_at is None or person.tier_ends_at > now:
        return person
    return replace(person, tier=Tier.FREE.value, tier_ends_at=None)


def parse_end(text: str) -> datetime | None:
    """The end of a tier: an instant with a zone, or the last day (UTC), which counts in full. “”: none.

    Raises BadInput.
    """
    if not text.strip():
        return None
    try:
        if "T" not in text.upper() and " " not in text.strip():
            return datetime.combine(date.fromisoformat(text.strip()) + timedelta(days=1), time(), UTC)
        instant = datetime.fromisoformat(text.strip())
        if instant.tzinfo is not None:
            return instant.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise BadInput(f"“{text[:40]}” is not a day like 2027-11-24 or an instant like 2027-11-24T12:00Z.", "until")


def format_end(ends_at: datetime | None) -> str:
    """The end of a tier as `parse_end` reads it."""
    if ends_at is None:
        return ""
    if ends_at.astimezone(UTC).time() == time():
        return (ends_at.astimezone(UTC) - timedelta(days=1)).date().isoformat()
    return ends_at.isoformat()


def check_end(code: str, ends_at: datetime | None, now: datetime) -> None:
    """Raises BadInput for an end that a tier cannot have."""
    if ends_at is not None and code == Tier.FREE:
        raise BadInput("What is free has no end.", "until")
    if ends_at is not None and ends_at <= now:
        raise BadInput("The end is past. For a tier that is over, give free.", "until")


def set_tier(
    subscriber_id: int, name: str, *, ends_at: datetime | None, how: str, by: Actor, now: datetime
) -> tuple[TierChange, ...]:
    """Gives a subscriber a tier until an instant, or for good; the same again changes nothing. Returns the history.

    Raises NotAllowed, NotFound, BadInput.
    """
    rights.require_person(by, subscriber_id)
    code = to_code(name)
    check_end(code, ends_at, now)
    with transaction.atomic():
        person = models.Subscriber.objects.select_for_update().filter(id=subscriber_id).first()
        if person is None:
            raise NotFound(f"There is no subscriber {subscriber_id}.")
        before = _describe(get_present(person.tier, person.tier_ends_at, now), person.tier_ends_at)
        if write_change(person, code, ends_at, how=how, actor=by.name, now=now):
            by.record(
                ActionRecord(
                    "set tier",
                    f"reader {subscriber_id}",
                    now,
                    subscriber_id=subscriber_id,
                    list_ids=rights.find_list_ids(subscriber_id),
                    personal_before=before,
                    personal_after=_describe(code, ends_at),
                )
            )
    return list_tier_changes(subscriber_id)


def _describe(code: str, ends_at: datetime | None) -> dict[str, str]:
    until = {"until": ends_at.isoformat()} if ends_at and code != Tier.FREE else {}
    return {"tier": to_name(code)} | until


def write_change(
    person: models.Subscriber, code: str, ends_at: datetime | None, *, how: str, actor: str, now: datetime
) -> bool:
    """Stores a tier and its history, for a person whose row is locked. Whether anything changed."""
    before = get_present(person.tier, person.tier_ends_at, now)
    ends_before = person.tier_ends_at if before == person.tier else None
    if (before, ends_before) == (code, ends_at):
        return False
    models.Subscriber.objects.filter(id=person.id).update(tier=code, tier_ends_at=ends_at)
    models.TierChange.objects.create(
        subscriber=person,
        tier=code,
        ends_at=ends_at,
        before=before,
        before_ends_at=ends_before,
        at=now,
        how=how,
        by=actor[:254],
    )
    return True


def list_tier_changes(subscriber_id: int) -> tuple[TierChange, ...]:
    """How the tier of a subscriber changed, newest first."""
    rows = models.TierChange.objects.filter(subscriber_id=subscriber_id).order_by("-at", "-id")
    return tuple(
        TierChange(row.at, to_name(row.tier), row.ends_at, to_name(row.before), row.how, row.by) for row in rows
    )


def lapse_due(now: datetime, *, limit: int = 1_000) -> int:
    """Notes the tiers that have lapsed, and since when. Returns how many."""
    due = models.Subscriber.objects.filter(tier_ends_at__lte=now).order_by("tier_ends_at")
    pacer = WritePacer()

    def lapse(found: tuple[int, str, datetime | None]) -> bool:
        subscriber_id, tier, ends_at = found
        with pacer.transaction(1):
            mine = models.Subscriber.objects.filter(id=subscriber_id, tier=tier, tier_ends_at=ends_at)
            if ends_at is None or not mine.update(tier=Tier.FREE, tier_ends_at=None):
                return False
            models.TierChange.objects.create(
                subscriber_id=subscriber_id,
                tier=Tier.FREE,
                before=tier,
                before_ends_at=ends_at,
                at=ends_at,
                how="lapsed",
            )
            return True

    return do_each(list(due.values_list("id", "tier", "tier_ends_at")[:limit]), lapse)
