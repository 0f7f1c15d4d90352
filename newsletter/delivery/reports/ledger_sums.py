"""What the ledger of a mailing adds up to, kept beside it: no ledger is unpacked to show a list of mailings.

Kept sums say at which stand of the ledger they were taken (`ledger_stand`): how many batches there were, and how often
they had been changed. Both rise with everything that happens, whoever does it, also a process of the version before.
Sums of another stand than the present one are not used: what changed since is counted. So what is shown is right at any
time, and nobody has to be trusted to keep it so; `refresh` only spares work.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db.models import Count, F, Sum

from newsletter.delivery import models
from newsletter.delivery.ledger.format import count_packed_members
from newsletter.delivery.ledger.states import MailingState, MemberFlag, Outcome
from newsletter.delivery.sending import ledger_stand
from newsletter.delivery.sending.ledger_stand import Stand

BATCHES_PER_PART = 64  # of a ledger: what is counted anew when one of them changes
REPORTED_FOR = timedelta(days=40)  # a mailing older than that is hardly opened any more
_UNFINISHED = (MailingState.SCHEDULED, MailingState.FREEZING)
ByVariant = dict[str, tuple[Counter[Outcome], Counter[MemberFlag]]]


@dataclass(frozen=True, slots=True)
class LedgerSums:
    """What became of the members of a mailing, by variant, and how many batches are in each state."""

    by_variant: ByVariant
    batches: dict[str, int]


@dataclass(frozen=True, slots=True)
class SumsDifference:
    """Kept sums that were not what the ledger adds up to: members by outcome or flag."""

    mailing_id: int
    kept: dict[str, int]
    counted: dict[str, int]


def read_sums(mailing_ids: Iterable[int]) -> Mapping[int, LedgerSums]:
    """What the ledgers of these mailings add up to."""
    wanted = list(mailing_ids)
    states: dict[int, dict[str, int]] = {each: {} for each in wanted}
    stands = dict.fromkeys(wanted, Stand(0, 0))
    for mailing_id, state, batches, changes in _select_stands(wanted, "state"):
        states[mailing_id][state] = batches
        before = stands[mailing_id]
        stands[mailing_id] = Stand(before.batches + batches, before.changes + changes)
    sums = dict.fromkeys(wanted, ByVariant()) | _read_kept(wanted, stands)
    sums |= {each: _count(each) for each in wanted if stands[each].batches and not sums[each]}
    return {each: LedgerSums(sums[each], states[each]) for each in wanted}


def refresh(now: datetime, *, limit: int = 5) -> int | None:
    """Keeps the sums of ledgers that are not kept yet or have changed, newest first. Returns of how many, or None."""
    started = models.Mailing.objects.exclude(state__in=_UNFINISHED).order_by("-id")
    ids = {
        *started.filter(due_at__gte=now - REPORTED_FOR).values_list("id", flat=True),
        *started.filter(sums=None).values_list("id", flat=True)[:limit],
    }
    outdated = sorted(_find_outdated(ids), reverse=True)[:limit]
    for mailing_id, stand in outdated:
        _keep(mailing_id, stand, _count(mailing_id))
    return len(outdated) or None


def recount_ledgers() -> tuple[SumsDifference, ...]:
    """Counts every ledger anew, keeps what it adds up to, and gives what was kept wrongly."""
    found = []
    for mailing_id in models.Mailing.objects.exclude(state__in=_UNFINISHED).order_by("id").values_list("id", flat=True):
        stand = _read_stands([mailing_id])[mailing_id]
        kept = _read_kept([mailing_id], {mailing_id: stand}).get(mailing_id)
        counted = _count(mailing_id, anew=True)
        if kept is not None and kept != counted:
            found.append(SumsDifference(mailing_id, _describe(kept), _describe(counted)))
        if kept != counted:
            _keep(mailing_id, stand, counted)
    return tuple(found)


def _describe(sums: ByVariant) -> dict[str, int]:
    total: Counter[str] = Counter()
    for outcomes, flags in sums.values():
        total.update({outcome.key: n for outcome, n in outcomes.items()})
        total.update({(flag.name or "").lower(): n for flag, n in flags.items()})
    return dict(sorted(total.items()))


def _select_stands(mailing_ids: Iterable[int], *by: str) -> Iterable[tuple[Any, ...]]:
    rows = models.Batch.objects.filter(mailing_id__in=list(mailing_ids)).values_list("mailing_id", *by)
    return rows.annotate(batches=Count("id"), changes=Sum("version")).order_by("mailing_id", *by)


def _read_stands(mailing_ids: Iterable[int]) -> dict[int, Stand]:
    wanted = list(mailing_ids)
    found = {mailing_id: Stand(batches, changes) for mailing_id, batches, changes in _select_stands(wanted)}
    return dict.fromkeys(wanted, Stand(0, 0)) | found


def _find_outdated(mailing_ids: Iterable[int]) -> Iterable[tuple[int, Stand]]:
    stands = _read_stands(mailing_ids)
    rows = models.LedgerSums.objects.filter(mailing_id__in=stands)
    kept = {mailing_id: Stand(*stand) for mailing_id, *stand in rows.values_list("mailing_id", "batches", "changes")}
    return [(mailing_id, stand) for mailing_id, stand in stands.items() if kept.get(mailing_id) != stand]


def _read_kept(mailing_ids: Iterable[int], stands: Mapping[int, Stand]) -> dict[int, ByVariant]:
    """The sums that are kept of ledgers at these stands."""
    rows = models.LedgerSums.objects.filter(mailing_id__in=list(mailing_ids))
    return {
        mailing_id: _unpack(sums)
        for mailing_id, batches, changes, sums in rows.values_list("mailing_id", "batches", "changes", "sums")
        if stands[mailing_id] == Stand(batches, changes)
    }


def _keep(mailing_id: int, stand: Stand, sums: ByVariant) -> None:
    values = {"batches": stand.batches, "changes": stand.changes, "sums": _pack(sums)}
    models.LedgerSums.objects.update_or_create(mailing_id=mailing_id, defaults=values)


def _pack(sums: ByVariant) -> dict[str, list[dict[str, int]]]:
    return {
        variant: [{str(int(each)): n for each, n in counts.items()} for counts in (outcomes, flags)]
        for variant, (outcomes, flags) in sums.items()
    }


def _unpack(sums: Mapping[str, Any]) -> ByVariant:
    return {
        variant: (
            Counter({Outcome(int(each)): n for each, n in outcomes.items()}),
            Counter({MemberFlag(int(each)): n for each, n in flags.items()}),
        )
        for variant, (outcomes, flags) in sums.items()
    }


def _count(mailing_id: int, *, anew: bool = False) -> ByVariant:
    """What the ledger of a mailing says, by variant.

    This is asked every second or two while a mailing is sent: only parts are unpacked in which a batch was added or
    changed since.
    """
    parts = models.Batch.objects.filter(mailing_id=mailing_id).annotate(part=F("number") / BATCHES_PER_PART)
    stands = parts.values_list("part").annotate(batches=Count("id"), changes=Sum("version")).order_by("part")
    found: ByVariant = defaultdict(lambda: (Counter(), Counter()))
    for part, *stand in stands:
        read = partial(_count_part, mailing_id, part)
        counted = read() if anew else ledger_stand.read_once(("counts", mailing_id, part), stand, read)
        for variant, (outcomes, flags) in counted.items():
            found[variant][0].update(outcomes)
            found[variant][1].update(flags)
    return dict(found)


def _count_part(mailing_id: int, part: int) -> ByVariant:
    packed: dict[str, list[tuple[bytes | memoryview, int]]] = defaultdict(list)
    first = part * BATCHES_PER_PART
    mine = models.Batch.objects.filter(mailing_id=mailing_id, number__gte=first, number__lt=first + BATCHES_PER_PART)
    for variant, data, form in mine.values_list("variant", "outcomes", "format"):
        packed[variant].append((data, form))
    found = {variant: count_packed_members(batches) for variant, batches in packed.items()}
    for outcomes, _ in found.values():
        del outcomes[Outcome.REPAIRED]  # these count in the batch that repaired them
    return found
