"""Bounces that were the sender's fault (a blocked network, a mistaken signature): withdrawn, as if they had not been.

Only what such a bounce itself did is undone: the state that it set, and the suppression that it made in the same
instant. Whoever left, complained, was erased or has another address since stays as they are.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import transaction

from subscribers import addresses, lists, models
from subscribers.consent.subscriptions import apply_act
from subscribers.states import SubscriptionAct, SubscriptionState, SuppressionReason

HOW = "bounce withdrawn"  # in consent events
CLOCK_TOLERANCE = timedelta(minutes=5)  # between the provider's clock and ours


class WrongBounce(NamedTuple):
    """A bounce, or (`soft`) a message turned away for now, as the provider reported it; `at` is the provider's time."""

    subscriber_id: int
    address: str
    reason: str
    at: datetime
    soft: bool


def withdraw_bounce(bounce: WrongBounce, *, undo: bool, list_id: int, origin: str, actor: str, now: datetime) -> bool:
    """Undoes what a bounce did to its subscriber. Returns whether they may be mailed at its address on a list.

    Without `undo`, something else did it: then only that is returned.
    """
    with transaction.atomic():
        person = models.Subscriber.objects.select_for_update().filter(id=bounce.subscriber_id).first()
        key = addresses.to_key(addresses.unwrap_address(bounce.address))
        if person is None or person.address_key != key:
            return False
        bounced = models.Subscription.objects.filter(subscriber=person, state=SubscriptionState.BOUNCED)
        for subscription in bounced if undo else ():
            cause = _find_cause(subscription, bounce)
            if cause is None:
                continue
            was_pending = cause.before == SubscriptionState.PENDING
            act = SubscriptionAct.WITHDRAW_BOUNCE_UNCONFIRMED if was_pending else SubscriptionAct.WITHDRAW_BOUNCE
            target = lists.get_list(subscription.list_id)
            apply_act(person, target, act, how=HOW, actor=actor, origin=origin, now=now)
            models.Suppression.objects.filter(
                address_key=key, reason=SuppressionReason.BOUNCED, run=None, created_at=cause.at
            ).delete()
        if bounce.soft and person.soft_bounces:
            models.Subscriber.objects.filter(id=person.id).update(soft_bounces=person.soft_bounces - 1)
        return models.Subscription.objects.filter(
            subscriber=person, list_id=list_id, state=SubscriptionState.ACTIVE
        ).exists()


def _find_cause(subscription: models.Subscription, bounce: WrongBounce) -> models.ConsentEvent | None:
    """The entry by which this bounce put a subscription out; None where something else did, or came later."""
    mine = models.ConsentEvent.objects.filter(subscriber=subscription.subscriber_id, list_id=subscription.list_id)
    last = mine.order_by("-id").first()
    if last is None or last.how != "event" or last.state != SubscriptionState.BOUNCED:
        return None
    # The provider's own list has the same words, without the code that its events have before them.
    same_words = last.origin == bounce.reason[:500] or (last.origin and bounce.reason.endswith(last.origin))
    return last if same_words and last.at >= bounce.at - CLOCK_TOLERANCE else None
