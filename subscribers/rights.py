"""What somebody may see and change of a person: that follows from the lists the person is on.

A subscription belongs to its list. The person belongs to all their lists together: whoever changes the address, the
name or anything else of them needs the right for each of these. Somebody who was only asked to confirm, and never did,
belongs to nobody but the newsroom as a whole: otherwise adding an address would tell whether others know it.
"""

from __future__ import annotations

from collections.abc import Collection

from newsletter.kernel.actors import Actor, Verb, require_right
from newsletter.kernel.errors import NotAllowed
from subscribers import models
from subscribers.states import SubscriptionState

CONFIRMED = "confirmed"  # how a consent event says that the person pressed the button in a mail to their address


def find_changeable_lists(by: Actor) -> frozenset[int] | None:
    """The lists whose subscriptions the actor may change; None means all, and everybody."""
    if by.may(Verb.SUBSCRIBERS):
        return None
    ids = models.List.objects.values_list("id", flat=True)
    return frozenset(list_id for list_id in ids if by.may(Verb.SUBSCRIBERS, [list_id]))


def select_changeable(by: Actor, subscriber_ids: Collection[int]) -> frozenset[int]:
    """Those people whom the actor may change: they may for every list these are on."""
    return select_within(find_changeable_lists(by), subscriber_ids)


def select_within(list_ids: Collection[int] | None, subscriber_ids: Collection[int]) -> frozenset[int]:
    """Those people who were ever active, and are on none but these lists; all of them with None."""
    if list_ids is None:
        return frozenset(subscriber_ids)
    held = models.Subscription.objects.filter(subscriber_id__in=subscriber_ids)
    inside = {*held.filter(list_id__in=list_ids).values_list("subscriber_id", flat=True)}
    elsewhere = {*held.exclude(list_id__in=list_ids).values_list("subscriber_id", flat=True)}
    events = models.ConsentEvent.objects.filter(subscriber_id__in=inside, state=SubscriptionState.ACTIVE)
    active = {*events.filter(list_id__in=list_ids).values_list("subscriber_id", flat=True)}
    active |= {*held.filter(state=SubscriptionState.ACTIVE).values_list("subscriber_id", flat=True)}
    return frozenset((inside & active) - elsewhere)


def select_named(by: Actor, subscriber_ids: Collection[int]) -> frozenset[int]:
    """Those people whose name the actor may know: whom they may change, or who confirmed a list they may see."""
    visible = by.list_visible_lists(Verb.SUBSCRIBERS)
    if visible is None:
        return frozenset(subscriber_ids)
    events = models.ConsentEvent.objects.filter(subscriber_id__in=subscriber_ids, list_id__in=visible, how=CONFIRMED)
    confirmed = events.filter(state=SubscriptionState.ACTIVE).values_list("subscriber_id", flat=True)
    return select_changeable(by, subscriber_ids) | frozenset(confirmed)


def require_person(by: Actor, subscriber_id: int) -> None:
    """Raises NotAllowed unless the actor may change this person."""
    if not by.may(Verb.SUBSCRIBERS) and subscriber_id not in select_changeable(by, [subscriber_id]):
        raise NotAllowed(
            "You have no right to change this subscriber. It takes the right for every list they are on, and that they "
            "have confirmed one. An administrator of the desk can do it."
        )


def require_visible_list(by: Actor, list_id: int | None) -> None:
    """Raises NotAllowed unless the actor may see the subscribers of a list; of all lists with None."""
    visible = by.list_visible_lists(Verb.SUBSCRIBERS)
    if visible is None or list_id in visible:
        return
    if list_id is None:
        require_right(by, Verb.SUBSCRIBERS)
    raise NotAllowed("You have no right to see or change the subscribers of this list.")
