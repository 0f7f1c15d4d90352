"""Sending a mailing again to those who bounced for a reason that was ours: a blocked network, a mistaken signature.

    asked for ─the provider forgets the bounce─▶ released ─our lists do─▶ lifted ─▶ planned in more batches, as a repair

What is asked for is stored before anything is done, so a sweep completes it wherever a process dies, and the provider
may be told as often as that takes. Only what these bounces did is undone; whoever left, complained or was erased is not
mailed. Members keep their place in the first batch, marked as repaired: what is reported of it later does not settle
the second attempt. Of a cancelled mailing nobody is mailed; that by which its edition is sent again goes to them.
"""

from __future__ import annotations

import logging
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache, partial
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

from django.db import transaction
from django.db.models import Count, Max, QuerySet

from newsletter.delivery import isolation, models
from newsletter.delivery.ledger import batching, states
from newsletter.delivery.ledger.batching import Stratum
from newsletter.delivery.ledger.format import Outcomes, unpack_members
from newsletter.delivery.ledger.states import BatchState, ExclusionReason, MailingState, MemberFlag, Outcome
from newsletter.delivery.providers import registry
from newsletter.delivery.providers.base import BounceList, Provider, ProviderError, RequestRefused
from newsletter.delivery.sending import (
    allowance,
    ledger_rows,
    mailings,
    reconsider,
    repair,
    send_times,
    unsettled,
)
from newsletter.kernel.actors import ActionRecord, Actor, Verb, require_right
from newsletter.kernel.errors import Conflict, Refused
from newsletter.kernel.patterns import LINE, compile_bounded
from subscribers import audience, withdrawn_bounces
from subscribers.addresses import unwrap_address
from subscribers.bulk_writing import WritePacer

log = logging.getLogger(__name__)

RETRY_AFTER = timedelta(minutes=1)
_STEP = "Sending again"
ROWS_PER_STEP = 200
ROWS_PER_PLAN = 1_000
_SETTLED = (BatchState.ACCEPTED, BatchState.REFUSED, BatchState.UNKNOWN)
_EXCLUDED_AS_BOUNCED = (ExclusionReason.ALREADY_MAILED, ExclusionReason.BOUNCED, ExclusionReason.SUPPRESSED)
_PLANNABLE_STATES = (*repair.REPAIRABLE_STATES, MailingState.CANCELLED)
_KEYS = [outcome.key for outcome in states.TURNED_AWAY]
_DROPPED_AS_BOUNCED = "bounced address"  # the provider's word for who is on its own list of bounces
_STATUS = re.compile(r"\b[245]\.([0-9]{1,3})\.[0-9]{1,3}\b")
_POLICY = "7"  # of an enhanced status code (RFC 3463): security or policy, which is about the sender
_ABOUT_SENDER = re.compile(
    r"\b(?:block(?:ed|list\w*)|black ?list\w*|spamhaus|reputation|dkim|dmarc|spf|ip address)\b", re.IGNORECASE
)
_ADDRESS = compile_bounded(LINE, r"<?[^\s<>@]+@[^\s<>@]+>?")
# network addresses, ids of messages, times
_NUMBERS = compile_bounded(LINE, r"[\w:.-]*[0-9][\w:.-]*")
_CODES = re.compile(r"[245][0-9][0-9]|(?:[245][0-9][0-9]-)?[245]\.[0-9]{1,3}\.[0-9]{1,3}")  # the same for everybody
_LONGEST_TEXT = 160


@dataclass(frozen=True, slots=True)
class BounceReason:
    """So many subscribers of a mailing were turned away for a reason; `ours` where it looks like one of the sender's.

    So many of them are `chosen`. `text` is the reason without what differs from one subscriber to the next.
    """

    state: str
    text: str
    subscribers: int
    chosen: int
    ours: bool


class _TurnedAway(NamedTuple):
    """What was last reported of a member that counts as turned away; `id` is that of its exception."""

    id: int
    subscriber_id: int
    kind: str
    reason: str


@dataclass(frozen=True, slots=True)
class WaitingCount:
    """How many subscribers are still to be sent a mailing again, and what the provider said when asked; "" nothing."""

    subscribers: int
    error: str


def list_bounce_reasons(mailing_id: int, reasons: Sequence[str] = ()) -> tuple[BounceReason, ...]:
    """Why the members of a mailing that count as turned away were, most subscribers first. Raises NotFound.

    `reasons` choose as they do for `send_again`.
    """
    found: Counter[tuple[str, str]] = Counter()
    chosen: Counter[tuple[str, str]] = Counter()
    asked = _normalise(reasons)
    for each in _list_turned_away(mailings.get_row(mailing_id)):
        kind = (each.kind, generalise_reason(each.reason))
        found[kind] += 1
        chosen[kind] += _is_chosen(each.reason, asked)
    return tuple(
        BounceReason(state, text, n, chosen[state, text], ours=is_ours(text))
        for (state, text), n in found.most_common()
    )


@lru_cache(maxsize=1_000)
def is_ours(reason: str) -> bool:
    """Whether a reason looks like one of the sender's: a policy, a block, a signature. A person decides."""
    codes = _STATUS.findall(reason)
    return _POLICY in codes if codes else bool(_ABOUT_SENDER.search(reason))


def send_again(mailing_id: int, *, reasons: Sequence[str] = (), by: Actor, now: datetime) -> int:
    """Has a mailing sent again to those turned away for one of these reasons. Returns how many were asked for.

    A reason is part of the provider's words; without any, those count that `is_ours`. The mailing must be finished,
    paused or cancelled; a cancelled one leaves them to the next mailing of its edition. Raises Refused, NotFound,
    NotAllowed.
    """
    row = mailings.get_row(mailing_id)
    require_right(by, Verb.SEND, newsletter_id=row.newsletter_id)
    require_right(by, Verb.SUBSCRIBERS, [row.list_id])
    _require_at_rest(row)
    known = set(_waiting(row.id).values_list("exception_id", flat=True))
    asked = _normalise(reasons)
    wanted = (each for each in _list_turned_away(row) if _is_chosen(each.reason, asked))
    fresh = [(each.id, each.subscriber_id) for each in wanted if each.id not in known]
    rest, pacer = iter(fresh), WritePacer()
    while portion := pacer.take(rest):
        with pacer.transaction(len(portion)):
            if portion[0] is fresh[0]:
                detail = f"{len(fresh)} subscribers, {'; '.join(reasons) or 'whatever looks like ours'}"
                by.record(ActionRecord("sent again", f"mailing {row.id}", now, row.newsletter_id, detail[:200]))
            models.SendAgain.objects.bulk_create(
                (
                    models.SendAgain(
                        mailing_id=row.id,
                        exception_id=exception_id,
                        subscriber_id=subscriber_id,
                        asked_at=now,
                        asked_by=by.name[:254],
                        next_at=now,
                    )
                    for exception_id, subscriber_id in portion
                ),
                ignore_conflicts=True,  # asked for by somebody else at the same moment
            )
    return len(fresh)


def count_waiting(mailing_id: int) -> WaitingCount:
    """What was asked for and is not planned yet."""
    counted = _waiting(mailing_id).aggregate(rows=Count("id"), error=Max("error"))
    return WaitingCount(counted["rows"], counted["error"] or "")


def advance(now: datetime, provider: Provider) -> int:
    """Carries out some of what was asked for. Returns for how many something was done."""
    done = _release(now, provider)
    failed = models.FailedItem.objects.filter(step=_STEP, next_at__gt=now).values("item")
    to_lift = models.SendAgain.objects.filter(released_at__isnull=False, lifted_at=None).exclude(id__in=failed)
    ids = list(to_lift.order_by("id").values_list("id", flat=True)[:ROWS_PER_STEP])
    done += isolation.run_each(_STEP, ids, partial(_lift, now=now), now)
    lifted = models.SendAgain.objects.filter(lifted_at__isnull=False, mailing__state__in=_PLANNABLE_STATES)
    found = sorted(set(lifted.values_list("mailing_id", flat=True)))
    return done + isolation.run_each("Planning again", found, partial(_plan, now=now), now)


def _waiting(mailing_id: int) -> QuerySet[models.SendAgain]:
    return models.SendAgain.objects.filter(mailing_id=mailing_id)


def _require_at_rest(row: models.Mailing) -> None:
    if row.state in (MailingState.FINISHED, MailingState.PAUSED, MailingState.CANCELLED):
        return
    message = f"Mailing {row.id} is {MailingState(row.state).label.lower()}, and nobody is sent it again."
    if row.state != MailingState.SENDING:
        raise Refused(message)
    raise Refused(f"{message} Pause it first.", command_hint=f"Use: newsletter mailings pause {row.id}")


def _list_turned_away(row: models.Mailing) -> Iterator[_TurnedAway]:
    """What was last reported of each member that counts as turned away, whatever was reported before.

    Batch by batch, both read along with each other: of a long list that a network blocks they are too many to keep.
    """
    reported = models.DeliveryException.objects.filter(mailing_id=row.id, batch__isnull=False, kind__in=_KEYS)
    rows = reported.order_by("batch_id", "at", "id").values_list("batch_id", "id", "subscriber_id", "kind", "reason")
    ledger = models.Batch.objects.filter(mailing_id=row.id, id__in=reported.values("batch_id")).order_by("id")
    batches = ledger.values_list("id", "members", "outcomes", "format").iterator(chunk_size=50)
    batch = next(batches, None)
    for batch_id, of_batch in groupby(rows.iterator(chunk_size=2_000), key=itemgetter(0)):
        while batch is not None and batch[0] < batch_id:
            batch = next(batches, None)
        if batch is None or batch[0] != batch_id:
            continue  # the first was reported of it after the batches were asked for
        outcomes = _read_turned_away(*batch[1:])
        found: dict[int, _TurnedAway] = {}
        for _, id, subscriber_id, kind, reason in of_batch:
            if kind == outcomes.get(subscriber_id) and _may_be_wrong(kind, reason):
                found[subscriber_id] = _TurnedAway(id, subscriber_id, kind, reason)
        yield from found.values()


def _read_turned_away(packed: bytes | memoryview, data: bytes | memoryview, form: int) -> dict[int, str]:
    """The members of a batch that count as turned away, with the keys of their outcomes."""
    outcomes, members = Outcomes(data, form), unpack_members(packed, form)
    return {
        members[place]: key
        for outcome, key in zip(states.TURNED_AWAY, _KEYS, strict=True)
        for place in outcomes.list_places(outcome)
        if not outcomes.has_flag(place, MemberFlag.STILL_OWED)
    }


def _may_be_wrong(kind: str, reason: str) -> bool:
    """Whether a bounce can have been the sender's fault: what was thrown away for a complaint, say, never is."""
    return kind != Outcome.DROPPED.key or _DROPPED_AS_BOUNCED in reason.lower()


@lru_cache(maxsize=1_000)  # many are told the very same
def generalise_reason(reason: str) -> str:
    """What a provider said, without what differs from one subscriber to the next: addresses, ids, times."""
    return " ".join(map(_generalise_word, reason.split()))[:_LONGEST_TEXT]


@lru_cache(maxsize=10_000)
def _generalise_word(word: str) -> str:
    """A word of a reason; most of them are said to everybody."""
    return _NUMBERS.sub(_generalise_number, _ADDRESS.sub("…", word))


def _generalise_number(found: re.Match[str]) -> str:
    return found[0] if _CODES.fullmatch(found[0].rstrip(".:-")) else "…"


def _normalise(reasons: Iterable[str]) -> tuple[str, ...]:
    return tuple(" ".join(each.lower().split()) for each in reasons if each.strip())


def _is_chosen(reason: str, asked: Collection[str]) -> bool:
    if not asked:
        return is_ours(reason)
    said = (reason.lower(), generalise_reason(reason).lower())
    return any(each in text for each in asked for text in said)


def _release(now: datetime, provider: Provider) -> int:
    """Tells the provider to forget some bounces, where it keeps a list of them."""
    due = models.SendAgain.objects.filter(released_at=None, next_at__lte=now, mailing__provider=provider.name)
    due = due.filter(mailing__account__in=("", provider.account)).exclude(mailing__state=MailingState.RECALLING)
    if models.RateLimit.objects.select_closed(now).filter(name=_name_list(provider)).exists():
        return 0  # it could not be told a moment ago
    rows = list(due.select_related("exception").order_by("id")[:ROWS_PER_STEP])
    if not rows:
        return 0
    mine = models.SendAgain.objects.filter(id__in=[row.id for row in rows])
    mine.update(next_at=now + RETRY_AFTER)  # before the provider is asked: of all workers one asks
    return _release_rows(rows, now, provider)


def _release_rows(rows: Sequence[models.SendAgain], now: datetime, provider: Provider) -> int:
    """Tells the provider to forget the bounces of these; where it refuses that, of each half, down to a single one.

    Returns how many it has forgotten. When it cannot be told, the others wait as well.
    """
    mine = models.SendAgain.objects.filter(id__in=[row.id for row in rows])
    if isinstance(provider, BounceList):
        bounces = (row.exception for row in rows)
        listed = {unwrap_address(each.address) for each in bounces if each.kind != Outcome.BLOCKED.key}
        try:
            if listed:
                provider.forget_bounces(sorted(listed))
        except ProviderError as error:
            if isinstance(error, RequestRefused) and len(rows) > 1:  # one address must not keep back the others
                half = len(rows) // 2
                return sum(_release_rows(some, now, provider) for some in (rows[:half], rows[half:]))
            log.warning("Bounces could not be taken off %s’s list yet: %s", provider.name, error)
            mine.update(error=str(error)[:300])
            if not isinstance(error, RequestRefused):
                allowance.close_until(_name_list(provider), now + RETRY_AFTER, now)
            return 0
    return mine.update(released_at=now, error="")


def _name_list(provider: Provider) -> str:
    """What the row is called that says until when a provider cannot be told to forget bounces."""
    return f"{provider.name} list"[:20]


def _lift(id: int, *, now: datetime) -> bool:
    """Undoes on our own lists what the bounce of one subscriber did; drops the request where they may not be mailed."""
    row = models.SendAgain.objects.select_related("exception", "mailing").filter(id=id).first()
    if row is None or row.lifted_at is not None:
        return False
    bounce = _to_wrong_bounce(row)
    with WritePacer().transaction(1):
        mine = models.SendAgain.objects.filter(id=id)
        if not mine.filter(lifted_at=None).update(lifted_at=now):
            return False  # another worker was at it at the same moment
        if not withdrawn_bounces.withdraw_bounce(
            bounce,
            undo=not _was_out_before(row),
            list_id=row.mailing.list_id,
            origin=f"mailing {row.mailing_id}",
            actor=row.asked_by,
            now=now,
        ):
            mine.delete()
    return True


def _to_wrong_bounce(row: models.SendAgain) -> withdrawn_bounces.WrongBounce:
    said = row.exception
    return withdrawn_bounces.WrongBounce(
        row.subscriber_id, said.address, said.reason, said.at, said.kind == Outcome.BLOCKED.key
    )


def _was_out_before(row: models.SendAgain) -> bool:
    """Whether another mailing's bounce, with the same words and before this one, put the subscriber out."""
    said = row.exception
    others = models.DeliveryException.objects.filter(
        subscriber_id=row.subscriber_id, kind=said.kind, reason=said.reason, at__lt=said.at
    )
    return said.kind == Outcome.BOUNCED.key and others.exclude(mailing_id=row.mailing_id).exists()


def _plan(mailing_id: int, *, now: datetime) -> int:
    """Plans in more batches those of a mailing for whom everything is lifted. Returns how many."""
    try:
        with transaction.atomic():
            return _plan_lifted(mailing_id, now)
    except Conflict:
        return 0  # events changed a batch at the same moment: the next look takes it as it is then


def _plan_lifted(mailing_id: int, now: datetime) -> int:
    plannable = models.Mailing.objects.select_for_update().filter(id=mailing_id, state__in=_PLANNABLE_STATES)
    row = plannable.first()
    if row is None:
        return 0
    lifted = _waiting(mailing_id).filter(lifted_at__isnull=False, exception__batch__state__in=_SETTLED)
    rows = list(lifted.select_related("exception").order_by("id")[:ROWS_PER_PLAN])
    people = sorted({each.subscriber_id for each in rows})
    excluded = audience.get_audience_addresses(row.list_id, people, as_of=row.frozen_at or now).excluded
    by_batch: dict[int, list[int]] = defaultdict(list)
    for each in rows:
        if each.exception.batch_id is not None and each.subscriber_id not in excluded:
            by_batch[each.exception.batch_id].append(each.subscriber_id)
    if row.state == MailingState.CANCELLED:
        planned = _leave_to_successor(row, by_batch, now)
    else:
        planned = _move_members(row, by_batch, now)
    models.SendAgain.objects.filter(id__in=[each.id for each in rows]).delete()
    if planned and row.state != MailingState.CANCELLED:
        # Somebody has looked at it: what bounced before does not count against its limit, and a batch goes first.
        unsettled.reopen_mailing(row, resumed_at=now, proven_at=None)
        send_times.plan_times(row, now)
    return planned


def _leave_to_successor(row: models.Mailing, by_batch: Mapping[int, Sequence[int]], now: datetime) -> int:
    """Lets the mailing by which a cancelled one's edition is sent again go to these members. Returns how many."""
    left = 0
    for batch in models.Batch.objects.filter(id__in=by_batch, state__in=_SETTLED).order_by("id"):
        outcomes, members = Outcomes(batch.outcomes, batch.format), unpack_members(batch.members, batch.format)
        for place in _find_turned_away(outcomes, members, by_batch[batch.id]):
            outcomes.set_flag(place, MemberFlag.STILL_OWED)
            left += 1
        repair.store_outcomes(batch, outcomes)
    successor = reconsider.find_successor(row)
    if left and successor is not None:  # frozen before they were brought back: they are among its excluded
        for reason in _EXCLUDED_AS_BOUNCED:
            reconsider.plan_excluded(successor, reason, now)
    return left


def _find_turned_away(outcomes: Outcomes, members: Sequence[int], wanted: Collection[int]) -> list[int]:
    """The places of the wanted members that still count as turned away: not of those for whom it became worse."""
    chosen = set(wanted)
    return [place for place, member in enumerate(members) if member in chosen and outcomes[place] in states.TURNED_AWAY]


def _move_members(row: models.Mailing, by_batch: Mapping[int, Sequence[int]], now: datetime) -> int:
    """Marks these members as repaired where they are, and puts them into batches of their own. Returns how many."""
    again: dict[tuple[int, Stratum], list[int]] = defaultdict(list)
    for batch in models.Batch.objects.filter(id__in=by_batch, state__in=_SETTLED).order_by("id"):
        outcomes, members = Outcomes(batch.outcomes, batch.format), unpack_members(batch.members, batch.format)
        places = _find_turned_away(outcomes, members, by_batch[batch.id])
        outcomes.mark(places, Outcome.REPAIRED)
        repair.store_outcomes(batch, outcomes)
        stratum = Stratum(batch.wave, batch.variant, batch.language, batch.tracking)
        again[batch.stratum, stratum] += [members[place] for place in places]
    number = row.batches.aggregate(last=Max("number"))["last"] or 0
    for (stratum_number, stratum), people in again.items():
        for chunk in batching.split_into_chunks(sorted(people), registry.get_max_batch(row.provider)):
            number += 1
            ledger_rows.build_batch(row, number, chunk, now, stratum_number, repair=True, **stratum._asdict()).save()
    return sum(map(len, again.values()))
