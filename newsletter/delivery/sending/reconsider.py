"""Candidates excluded for a reason that ends: what became of an earlier mailing is known, or a warm-up allows more.

    undecided ─the earlier batch is settled─▶ planned in a batch of their own · already mailed
    ceiling   ─somebody asks for it─────────▶ planned, as many as today's ceiling allows

They are classified again, as at the freeze; whoever left the list meanwhile is excluded for that.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Max, Q, QuerySet

from newsletter.delivery import isolation, models
from newsletter.delivery.ledger import audience_index, batching
from newsletter.delivery.ledger.batching import ClassifiedCandidate, Stratum
from newsletter.delivery.ledger.format import FORMAT, unpack_members
from newsletter.delivery.ledger.states import BatchState, ExclusionReason, MailingKind, MailingState
from newsletter.delivery.providers import registry
from newsletter.delivery.sending import freeze, late_mailings, ledger_rows, ledger_stand, send_times, unsettled

OLDEST_MAILING = timedelta(days=1)  # an older edition is sent to more people only when somebody asks for it
_FROZEN = Q(state__in=(MailingState.SENDING, MailingState.FINISHED)) | Q(
    state=MailingState.PAUSED, started_at__isnull=False
)


def plan_settled(now: datetime) -> int:
    """Looks again at the undecided of recent mailings whose earlier mailings have changed. Returns how many are mailed.

    What this process has looked at already is not read again: that only spares work.
    """
    waiting = models.Exclusion.objects.filter(reason=ExclusionReason.UNDECIDED).values("mailing_id")
    found = models.Mailing.objects.filter(_FROZEN, id__in=waiting, due_at__gte=now - OLDEST_MAILING)
    rows = {row.id: row for row in found}
    return isolation.run_each("Reconsidering mailing", rows, lambda each: _settle(rows[each], now), now)


def _settle(row: models.Mailing, now: datetime) -> int:
    stand = _read_stand(row)
    if ledger_stand.is_known(("undecided", row.key), stand):
        return 0
    planned = plan_excluded(row, ExclusionReason.UNDECIDED, now, hold_if_late=True)
    if models.Mailing.objects.filter(id=row.id, version=row.version).exists():
        ledger_stand.keep(("undecided", row.key), stand)  # else it was resumed meanwhile, and nobody of it was planned
    return planned


def list_waited_for(row: models.Mailing) -> Sequence[int]:
    """The mailings that may have reached the undecided of this one: with these it is to be settled."""
    undecided = models.Batch.objects.filter(
        Q(state__in=(BatchState.SENDING, BatchState.UNKNOWN))
        | Q(~Q(mailing__state=MailingState.CANCELLED), state__in=(BatchState.PLANNED, BatchState.CLAIMED))
    )
    earlier = list(_list_earlier(row))
    found = set(undecided.filter(mailing__in=earlier).values_list("mailing_id", flat=True))
    return sorted(found | {each.id for each in earlier if each.state == MailingState.RECALLING})


def find_successor(row: models.Mailing) -> models.Mailing | None:
    """The mailing that mails what a cancelled one did not; None as long as it was not sent again."""
    others = models.Mailing.objects.filter(_FROZEN, edition_id=row.edition_id, kind=row.kind).exclude(id=row.id)
    if row.kind == MailingKind.CORRECTION:
        others = others.filter(snapshot_id=row.snapshot_id)
    return others.first()


def plan_excluded(row: models.Mailing, reason: ExclusionReason, now: datetime, *, hold_if_late: bool = False) -> int:
    """Looks again at the candidates of a frozen mailing excluded for this reason, and plans those who may have it.

    Returns how many. Each exclusion is a transaction of its own: killed anywhere, the next look goes on there. Where
    nobody asked for it, the mailing is paused when it is too late for them: `hold_if_late`.
    """
    rows = models.Exclusion.objects.filter(mailing_id=row.id, reason=reason).order_by("first_id")
    return sum(_plan_again(row, each, now, hold_if_late) for each in list(rows))


def _list_earlier(row: models.Mailing) -> QuerySet[models.Mailing]:
    of_edition = Q(edition_id=row.edition_id, kind=MailingKind.EDITION)
    same_words = Q(snapshot_id=row.snapshot_id, kind=MailingKind.CORRECTION)
    return models.Mailing.objects.filter(of_edition | same_words).exclude(id=row.id)


def _read_stand(row: models.Mailing) -> tuple[ledger_stand.Stand, str]:
    """What changes with everything that is settled in the ledgers of the earlier mailings."""
    states = ",".join(_list_earlier(row).order_by("id").values_list("state", flat=True))
    return ledger_stand.read_stand(models.Batch.objects.filter(mailing__in=_list_earlier(row))), states


def _plan_again(row: models.Mailing, excluded: models.Exclusion, now: datetime, hold_if_late: bool) -> int:
    wanted = unpack_members(excluded.members, excluded.format)
    chosen = freeze.choose_again(row, wanted, now)
    if all(each.exclusion == excluded.reason for each in chosen):
        return 0
    batch_size = registry.get_max_batch(row.provider)
    by_stratum: dict[Stratum, list[int]] = defaultdict(list)
    by_reason: dict[str, list[int]] = defaultdict(list)
    for person, reason, stratum in chosen:
        (by_reason[reason] if reason else by_stratum[stratum]).append(person)
    planned = sum(map(len, by_stratum.values()))
    with transaction.atomic():
        mine = models.Mailing.objects.select_for_update().filter(_FROZEN, id=row.id).first()
        if mine is None or not models.Exclusion.objects.filter(id=excluded.id).delete()[0]:
            return 0  # stopped, or looked at by another process meanwhile
        numbers = _number_strata(mine, by_stratum)
        models.Batch.objects.bulk_create(_build_batches(mine, by_stratum, numbers, batch_size, now))
        exclusions = [ledger_rows.build_exclusion(row.id, reason, members) for reason, members in by_reason.items()]
        models.Exclusion.objects.bulk_create(exclusions)
        _change_index(row.id, chosen, numbers)
        moved = {"planned": F("planned") + planned, "excluded": F("excluded") - planned}
        models.Mailing.objects.filter(id=row.id).update(**moved)
        if planned:
            unsettled.reopen_mailing(mine)
            send_times.plan_times(mine, now)
            if hold_if_late:
                late_mailings.hold_if_late(mine, now)
    return planned


def _number_strata(row: models.Mailing, strata: Collection[Stratum]) -> dict[Stratum, int]:
    """Numbers of their own for these strata: within a number the batches of a mailing are in the order of ids."""
    last = models.Batch.objects.filter(mailing_id=row.id).aggregate(last=Max("stratum"))["last"]
    first = 0 if last is None else last + 1
    return {stratum: number for number, stratum in enumerate(strata, first)}


def _build_batches(
    row: models.Mailing, strata: dict[Stratum, list[int]], numbers: dict[Stratum, int], batch_size: int, now: datetime
) -> Iterator[models.Batch]:
    number = models.Batch.objects.filter(mailing_id=row.id).aggregate(last=Max("number"))["last"] or 0
    for stratum, people in strata.items():
        for members in batching.split_into_chunks(people, batch_size):
            number += 1
            yield ledger_rows.build_batch(row, number, members, now, numbers[stratum], **stratum._asdict())


def _change_index(mailing_id: int, chosen: Sequence[ClassifiedCandidate], numbers: dict[Stratum, int]) -> None:
    """Writes into the audience index where these candidates are now."""
    places = {
        each.subscriber_id: audience_index.encode_exclusion(each.exclusion) if each.exclusion else numbers[each.stratum]
        for each in chosen
    }
    rows = models.AudienceIndex.objects.filter(
        mailing_id=mailing_id, first_id__lte=chosen[-1].subscriber_id, last_id__gte=chosen[0].subscriber_id
    )
    for row in rows:
        entries = audience_index.unpack_index_entries(row.places, row.format)
        changed = [(person, places.get(person, place)) for person, place in entries]
        if changed != entries:
            models.AudienceIndex.objects.filter(id=row.id).update(
                places=audience_index.pack_index_entries(changed), format=FORMAT
            )
