"""List hygiene: inactive subscribers are asked whether they still want it, and unsubscribed; and how a list grows.

What bounces, complaints and drops do to people is in reported.py. Here is what nobody reports: silence.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from django.db.models import Count, F, Q, QuerySet
from django.db.models.functions import TruncMonth

from newsletter.kernel.actors import ActionRecord, Actor, Verb, require_right
from newsletter.kernel.errors import BadInput, Refused
from newsletter.kernel.iteration import do_each
from subscribers import hooks, lists, models, policy, transactional
from subscribers.bulk_writing import WritePacer
from subscribers.consent.subscriptions import apply_act
from subscribers.states import SubscriptionAct, SubscriptionState, TransactionalKind
from subscribers.values import GrowthMonth, InactiveSubscribers

ANSWER_PERIOD = timedelta(days=30)
AS_OF_WITHIN = timedelta(days=7)
MONTH = timedelta(days=30.44)
LEAST_MONTHS, MOST_MONTHS = 2, 60
_CHUNK = 200


def count_inactive(list_id: int, months: int, *, now: datetime) -> InactiveSubscribers:
    """How many subscribers of a list were inactive for so many months, and how many of them were asked.

    Who came later, and who does not want to be tracked, is not among them. Raises BadInput, Refused where nothing is
    known of opening and clicking.
    """
    target = _require_engagement(list_id, months, now)
    silent = _inactive_subscriptions(list_id, now - months * MONTH)
    asked = silent.filter(asked_at__isnull=False)
    return InactiveSubscribers(
        months=months,
        silent=silent.count(),
        asked=asked.count(),
        over=asked.filter(asked_at__lte=now - ANSWER_PERIOD).count(),
        as_of=target.engagement_as_of or now,
    )


def ask_inactive(
    list_id: int, months: int, *, expected: int | None, by: Actor, now: datetime, most: int = 10_000
) -> int:
    """Queues mails that ask inactive subscribers whether they still want it.

    Returns how many. Nobody is asked twice. `expected` is the number that the person saw and agreed to; None asks
    however many there are. Raises NotAllowed, BadInput, Refused.
    """
    require_right(by, Verb.SUBSCRIBERS, [list_id])
    to_ask = count_inactive(list_id, months, now=now).to_ask
    if expected is not None and expected != to_ask:
        raise BadInput(f"Type the number of subscribers who would be asked: {to_ask}.", "number")
    slug = lists.get_list(list_id).slug
    total, pacer = 0, WritePacer()
    while total < most:
        silent = _inactive_subscriptions(list_id, now - months * MONTH).filter(asked_at__isnull=True).order_by("id")
        some = list(silent[: min(pacer.rows, most - total)])
        if not some:
            break
        with pacer.transaction(len(some)):
            if not total:
                by.record(
                    ActionRecord(
                        "asked the silent", slug, now, detail=f"{min(to_ask, most)} readers", list_ids=[list_id]
                    )
                )
            for row in some:
                transactional.queue_mail(TransactionalKind.STAY, row.subscriber_id, list_id, now=now)
            models.Subscription.objects.filter(id__in=[row.id for row in some]).update(asked_at=now)
        total += len(some)
    return total


def unsubscribe_inactive(now: datetime) -> int:
    """Unsubscribes whom nobody has noticed since they were asked, a month ago.

    Returns how many. They may sign up again.
    """
    late = models.Subscription.objects.filter(asked_at__lte=now - ANSWER_PERIOD)
    late.filter(
        Q(engagement__last_opened_at__gt=F("asked_at")) | Q(engagement__last_clicked_at__gt=F("asked_at"))
    ).update(asked_at=None)
    late.exclude(state=SubscriptionState.ACTIVE).update(asked_at=None)

    pacer = WritePacer()

    def unsubscribe(row: models.Subscription) -> bool:
        with pacer.transaction(1):
            apply_act(row.subscriber, lists.get_list(row.list_id), SubscriptionAct.SILENCE, how="silence", now=now)
            models.Subscription.objects.filter(id=row.id).update(asked_at=None)
        return True

    return do_each(late.select_related("subscriber").order_by("id")[:_CHUNK], unsubscribe)


def _require_engagement(list_id: int, months: int, now: datetime) -> models.List:
    if not LEAST_MONTHS <= months <= MOST_MONTHS:
        raise BadInput(f"Give a number of months from {LEAST_MONTHS} to {MOST_MONTHS}.", "months")
    row = models.List.objects.get(id=lists.get_list(list_id).id)
    if row.engagement_as_of is None or row.engagement_as_of < now - AS_OF_WITHIN:
        raise Refused(
            f"Of {row.name} nothing recent is known about who opens and clicks, so nobody can be called inactive. "
            "The newsletter must record opens or clicks, and the provider report them."
        )
    return row


def _inactive_subscriptions(list_id: int, since: datetime) -> QuerySet[models.Subscription]:
    rows = models.Subscription.objects.filter(
        list_id=list_id, state=SubscriptionState.ACTIVE, since__lt=since, subscriber__tracked=True
    )
    if hooks.asks_for_tracking([list_id]):  # of the others nothing is known
        rows = rows.filter(subscriber__tracking_agreed_at__lt=since)
    seen = Q(engagement__last_opened_at__gte=since) | Q(engagement__last_clicked_at__gte=since)
    return rows.exclude(seen)


def compute_growth(list_id: int, *, now: datetime, months: int = 12) -> tuple[GrowthMonth, ...]:
    """How a list grew, month by month (UTC), the newest first: who came and how, who went and why.

    `active` is at the end of the month; counted back from today, so that the sums come out.
    """
    begin = (now - months * MONTH).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    rows = (
        models.ConsentEvent.objects.filter(list_id=list_id, at__gte=begin)
        .exclude(state=F("before"))
        .annotate(month=TruncMonth("at"))
        .values_list("month", "before", "state", "how")
        .annotate(n=Count("id"))
    )
    by_month: dict[datetime, dict[str, int]] = {}
    for month, before, state, how, count in rows:
        found = by_month.setdefault(month, dict.fromkeys(_CHANGE_KINDS, 0))
        found[_classify_change(before, state, how)] += count
    active = models.Subscription.objects.filter(list_id=list_id, state=SubscriptionState.ACTIVE).count()
    made: list[GrowthMonth] = []
    for month in sorted(by_month, reverse=True):
        last = GrowthMonth(month.date(), active, by_month[month], 0.0)
        active = active - last.gained + last.lost  # at the beginning of the month
        made.append(replace(last, churn=last.lost / active if active > 0 else 0.0))
    return tuple(made)


_CHANGE_KINDS = ("asked", "confirmed", "imported", "came_back", "left", "bounced", "complained", "silent", "other")


def _classify_change(before: str, state: str, how: str) -> str:
    if state == SubscriptionState.ACTIVE:
        if how == "import":
            return "imported"
        return "came_back" if before in policy.OUT_STATES else "confirmed"
    if state == SubscriptionState.PENDING:
        return "asked"
    if before != SubscriptionState.ACTIVE:
        return "other"  # they were not among the active ones
    if state == SubscriptionState.UNSUBSCRIBED:
        return "silent" if how == "silence" else "left"
    return state if state in (SubscriptionState.BOUNCED, SubscriptionState.COMPLAINED) else "other"
