"""The limits a mailing is planned under: messages a minute of its newsletter and our account, and a day's ceiling."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import F, Max, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from newsletter.catalog import newsletters
from newsletter.catalog.values import Newsletter
from newsletter.delivery import models
from newsletter.delivery.ledger import batching, states
from newsletter.delivery.ledger.format import Outcomes, unpack_members
from newsletter.delivery.ledger.states import BatchState, MailingState, Outcome, RecallState
from newsletter.delivery.providers import registry
from newsletter.delivery.sending import ledger_rows, pacing

ROWS_PER_QUERY = 1_000
LOOK_BACK = timedelta(days=1)
OLDEST_LEFT_OVER = timedelta(days=60)  # a warm-up is over by then


def plan_times(row: models.Mailing, now: datetime) -> None:
    """Gives every planned batch of a mailing its time, behind what others of the same limits have planned already.

    Batches that are too large for the limit are split. With a recall window all is submitted at once, and it is the
    provider that sends at these times. Without limits the times stay as they are. Within a transaction.
    """
    newsletter = newsletters.get_newsletter(row.newsletter_id)
    account = settings.CONFIG.per_minute
    rate = get_rate(newsletter)
    models.Mailing.objects.filter(id=row.id).update(per_minute=newsletter.per_minute)
    if not rate:
        return
    models.RateLimit.objects.get_or_create(name=row.provider)
    models.RateLimit.objects.select_for_update().get(name=row.provider)  # two mailings never take the same minute
    mine = models.Batch.objects.filter(mailing_id=row.id, state=BatchState.PLANNED).order_by("first_id", "number")
    _split_large(mine, pacing.compute_batch_size(registry.get_max_batch(row.provider), rate))
    batches = list(mine.only("id", "size"))
    start = max(row.due_at, now, *_find_reserved_until(row, newsletter, account))
    field = "send_at" if row.recall == RecallState.OPEN and now < row.due_at else "due_at"
    for batch, at in zip(
        batches, pacing.compute_send_times([batch.size for batch in batches], start, rate), strict=True
    ):
        setattr(batch, field, at)
    models.Batch.objects.bulk_update(batches, [field], batch_size=ROWS_PER_QUERY)


def get_rate(newsletter: Newsletter) -> int:
    """How many messages of a newsletter may leave in a minute: its own limit or the account's, the smaller; 0: any."""
    return min(filter(None, (newsletter.per_minute, settings.CONFIG.per_minute)), default=0)


def _split_large(batches: QuerySet[models.Batch], largest: int) -> None:
    """Splits planned batches that are too large.

    Of one that was tried, events may still name places: it stays as it is, and its members are planned once more.
    """
    number = 0
    for batch in batches.filter(size__gt=largest).select_related("mailing"):
        members, outcomes = unpack_members(batch.members, batch.format), Outcomes(batch.outcomes, batch.format)
        changes: dict[str, Any]
        if not batch.attempt_key and outcomes.untouched:
            first, *rest = batching.split_into_chunks(members, largest)
            changes = ledger_rows.pack_members_of_batch(batch.mailing.key, batch.number, first)
            repair = batch.repair
        else:
            places = outcomes.list_places(Outcome.PLANNED)
            if len(places) <= largest:
                continue
            rest = list(batching.split_into_chunks([members[place] for place in places], largest))
            outcomes.mark(places, Outcome.REPAIRED)
            state = states.derive_batch_state(outcomes.count_outcomes())
            changes, repair = {"outcomes": outcomes.pack(), "state": state}, True
        number = number or models.Batch.objects.filter(mailing_id=batch.mailing_id).aggregate(n=Max("number"))["n"]
        mine = models.Batch.objects.filter(id=batch.id, version=batch.version, state=BatchState.PLANNED)
        if mine.filter(attempt_key=batch.attempt_key).update(**changes, version=F("version") + 1):
            models.Batch.objects.bulk_create(_build_parts(batch, rest, number, repair=repair))
            number += len(rest)


def _build_parts(
    batch: models.Batch, parts: Iterable[Sequence[int]], last_number: int, *, repair: bool
) -> list[models.Batch]:
    same = {name: getattr(batch, name) for name in ("wave", "variant", "language", "tracking", "send_at")}
    return [
        ledger_rows.build_batch(batch.mailing, number, members, batch.due_at, batch.stratum, repair=repair, **same)
        for number, members in enumerate(parts, last_number + 1)
    ]


def _find_reserved_until(row: models.Mailing, newsletter: Newsletter, account: int) -> Iterable[datetime]:
    """Until when the minutes of this newsletter, and those of the account, are taken by other mailings."""
    waiting = Q(state__in=states.OPEN_BATCH_STATES, mailing__state=MailingState.SENDING)
    gone = Q(state__in=(BatchState.ACCEPTED, BatchState.UNKNOWN))
    others = models.Batch.objects.filter(waiting | gone, mailing__provider=row.provider).exclude(mailing_id=row.id)
    others = others.filter(due_at__gte=row.due_at - LOOK_BACK)
    if newsletter.per_minute:
        yield from _find_end(others.filter(mailing__newsletter_id=row.newsletter_id), newsletter.per_minute)
    if account:
        yield from _find_end(others, account)


def _find_end(batches: QuerySet[models.Batch], rate: int) -> Iterable[datetime]:
    leaves_at = Coalesce("send_at", "due_at")
    last = batches.order_by(leaves_at.desc()).values_list(leaves_at, "size").first()
    if last is not None:
        leaves_at, size = last
        yield pacing.compute_next_time(leaves_at, size, rate)


def count_left_today(newsletter: Newsletter, due_at: datetime) -> int | None:
    """How many messages the warm-up of a newsletter's domain still allows on the day of `due_at`; None: no ceiling.

    The day is that of the newsletter's zone. What other newsletters of the same domain planned for it counts as well.
    """
    zone = ZoneInfo(newsletter.zone)
    day = due_at.astimezone(zone).date()
    most = pacing.compute_ceiling(day, newsletter.warm_up_from, newsletter.warm_up_first)
    if most is None:
        return None
    start = datetime(day.year, day.month, day.day, tzinfo=zone)
    end = start + timedelta(days=1)
    of_domain = models.Mailing.objects.filter(
        newsletter_id__in=newsletters.list_newsletter_ids_of_domain(newsletter.from_email.rpartition("@")[2])
    ).exclude(state=MailingState.CANCELLED)
    today = of_domain.filter(due_at__gte=start, due_at__lt=end).aggregate(n=Sum("planned"))["n"] or 0
    # Of mailings of the days before: those who were beyond the ceiling then, and are planned for today.
    of_before = of_domain.filter(due_at__lt=start, due_at__gte=start - OLDEST_LEFT_OVER)
    left_over = models.Batch.objects.filter(mailing__in=of_before, due_at__gte=start, due_at__lt=end, repair=False)
    return most - today - (left_over.aggregate(n=Sum("size"))["n"] or 0)
