"""What somebody may see and change of a person: that follows from the lists the person is on.

A subscription belongs to its list. The person belongs to all lists together that they ever joined: whoever changes the
address, the name or anything else of them needs the right for each of these. A list that only asked them to confirm, or
only heard that they are out, has no say: otherwise adding an address would take the person from those who have it. Nor
does it get one: somebody who never joined any list belongs to the newsroom as a whole, for otherwise adding an address
would tell whether others know it.

Who was active on a list first, and is on it no more because the import that brought them was undone, stays its own as
well: editions reached them there, and nobody comes into that by adding them to a list.
"""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import Exists, OuterRef, Q, QuerySet

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
    """Those people who joined one of these lists, and no other that they are on; all of them with None."""
    if list_ids is None:
        return frozenset(subscriber_ids)
    inside = _find_joined(subscriber_ids).filter(list_id__in=list_ids).values_list("subscriber_id", flat=True)
    return frozenset(inside) - select_elsewhere(list_ids, subscriber_ids)


def select_elsewhere(list_ids: Collection[int], subscriber_ids: Collection[int]) -> frozenset[int]:
    """Those who joined other lists than these, and are on one of them in whatever state, or joined one first."""
    others = _find_joined(subscriber_ids).exclude(list_id__in=list_ids).values_list("subscriber_id", flat=True)
    yes = models.ConsentEvent.objects.filter(subscriber_id__in=subscriber_ids, state=SubscriptionState.ACTIVE)
    first: dict[int, int | None] = {}
    for person, list_id in yes.order_by("id").values_list("subscriber_id", "list_id"):
        first.setdefault(person, list_id)
    return frozenset(others) | {person for person, list_id in first.items() if list_id not in list_ids}


def _find_joined(subscriber_ids: Collection[int]) -> QuerySet[models.Subscription]:
    """The subscriptions of some people that are, or once were, active."""
    said_yes = models.ConsentEvent.objects.filter(
        subscriber_id=OuterRef("subscriber_id"), list_id=OuterRef("list_id"), state=SubscriptionState.ACTIVE
    )
    held = models.Subscription.objects.filter(subscriber_id__in=subscriber_ids)
    return held.filter(Q(state=SubscriptionState.ACTIVE) | Exists(said_yes))


def select_named(by: Actor, subscriber_ids: Collection[int]) -> frozenset[int]:
    """Those people whose name the actor may know: whom they may change, or who confirmed a list they may see."""
    visible = by.list_visible_lists(Verb.SUBSCRIBERS)
    if visible is None:
        return frozenset(subscriber_ids)
    events = models.ConsentEvent.objects.filter(subscriber_id__in=subscriber_ids, list_id__in=visible, how=CONFIRMED)
    confirmed = events.filter(state=SubscriptionState.ACTIVE).values_list("subscriber_id", flat=True)
    return select_changeable(by, subscriber_ids) | frozenset(confirmed)


def find_list_ids(subscriber_id: int) -> list[int]:
    """The lists that somebody is on in any state: whose business it is what is done to them."""
    held = models.Subscription.objects.filter(subscriber_id=subscriber_id)
    return [*held.order_by("list_id").values_list("list_id", flat=True)]


def require_person(by: Actor, subscriber_id: int) -> None:
    """Raises NotAllowed unless the actor may change this person."""
    if not by.may(Verb.SUBSCRIBERS) and subscriber_id not in select_changeable(by, [subscriber_id]):
        raise NotAllowed(
            "You have no right to change this subscriber. It takes the right for every list they have joined, and that "
            "they have confirmed one. An administrator of the desk can do it."
        )


def require_visible_list(by: Actor, list_id: int | None) -> None:
    """Raises NotAllowed unless the actor may see the subscribers of a list; of all lists with None."""
    visible = by.list_visible_lists(Verb.SUBSCRIBERS)
    if visible is None or list_id in visible:
        return
    if list_id is None:
        require_right(by, Verb.SUBSCRIBERS)
    raise NotAllowed("You have no right to see or change the subscribers of this list.")
