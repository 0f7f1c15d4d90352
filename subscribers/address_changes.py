"""A person's address changes: the old one stays findable, is told, and can take the change back."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from newsletter.kernel.errors import Refused
from subscribers import addresses, models, policy, transactional
from subscribers.consent import erased_addresses
from subscribers.states import READER, SubscriptionState, SuppressionReason, TransactionalKind
from subscribers.tokens import Claims


def move_to_address(
    person: models.Subscriber, address: str, *, changed_by: str, now: datetime, takes_back: bool = False
) -> int:
    """Gives a person another address, checked already; the id of the former one, 0 where nothing changes.

    Within a transaction. Raises Refused when somebody else has it, or when the person must never be mailed: a new
    address would let mail through again. That holds no former address back (`takes_back`): what became of the one it
    was changed to is not its owner's doing.
    """
    key = addresses.to_key(address)
    if models.Subscriber.objects.filter(address_key=key).exclude(id=person.id).exists():
        raise Refused(f"Another subscriber has the address {address} already.")
    if person.address == address:
        return 0
    never = models.Suppression.objects.filter(address_key=person.address_key).exclude(reason=SuppressionReason.BOUNCED)
    if never.exists() and not takes_back:
        raise Refused(
            f"{person.address} is on the suppression list, so it gets no other address. "
            "Only the subscriber can sign up again."
        )
    last = person.former_addresses.order_by("-until").first()
    former = models.FormerAddress.objects.create(
        subscriber=person,
        address=person.address,
        address_key=person.address_key,
        since=last.until if last else person.created_at,
        until=now,
        changed_by=changed_by[:254],
    )
    models.Subscriber.objects.filter(id=person.id).update(address=address, address_key=key)
    return former.id


def queue_notice(person: models.Subscriber, former_id: int, *, now: datetime) -> None:
    """Tells the former address that the newsroom changed it, with a link to undo that; not where no mail may go."""
    former = models.FormerAddress.objects.get(id=former_id)
    if former.address_key == addresses.to_key(person.address) or is_suppressed(former.address_key, now):
        return
    list_id = find_any_list(person)
    transactional.queue_mail(
        TransactionalKind.ADDRESS_CHANGED, person.id, list_id, now=now, to_address=former.address, about=former.id
    )


def take_back(claims: Claims, *, network: str, now: datetime) -> str:
    """Puts back the address that a link was mailed to: the address. Doing it twice is harmless.

    Whatever it was changed to since: whoever changed it once against the person's will may do so again. Both addresses
    are told. Somebody who has the address by now gives way if they never said yes to anything. Raises Refused when they
    did, or the change is no longer known.
    """
    former = get_former_address(claims)
    with transaction.atomic():
        person = models.Subscriber.objects.select_for_update().get(id=former.subscriber_id)
        present = person.address
        _delete_unconfirmed(former)
        changed = move_to_address(person, former.address, changed_by=READER, now=now, takes_back=True)
        if not changed:
            return former.address
        models.ConsentEvent.objects.create(
            subscriber=person,
            at=now,
            how="address",
            words="A change of address was undone, by a link mailed to the former one.",
            network=network or None,
        )
        list_id = find_any_list(person)
        for address in (former.address, present):
            if not is_suppressed(addresses.to_key(address), now):
                transactional.queue_mail(
                    TransactionalKind.ADDRESS_CHANGED, person.id, list_id, now=now, to_address=address, about=-changed
                )
    return former.address


def _delete_unconfirmed(former: models.FormerAddress) -> None:
    """Deletes who has a former address by now and was only asked to confirm, as time would.

    Anybody can type an address into a form. Whoever opened a link that was mailed to it has it.
    """
    other = models.Subscriber.objects.filter(address_key=former.address_key).exclude(id=former.subscriber_id).first()
    if other is None or other.consents.filter(state=SubscriptionState.ACTIVE).exists():
        return
    if {*other.subscriptions.values_list("state", flat=True)} == {SubscriptionState.PENDING}:
        other.delete()


def get_former_address(claims: Claims) -> models.FormerAddress:
    """The former address that a link is about (its id stands in place of the list). Raises Refused."""
    found = models.FormerAddress.objects.filter(id=claims.list_id, subscriber_id=claims.subscriber_id).first()
    if found is None:
        raise Refused("This change of address is no longer known, so it cannot be undone.")
    return found


def is_suppressed(address_key: str, now: datetime) -> bool:
    """Whether no mail may go to an address, for whatever reason."""
    keys = erased_addresses.get_suppression_keys(address_key, now)
    return models.Suppression.objects.filter(address_key__in=keys).exists()


def is_of_somebody_out(person: models.Subscriber, address_key: str) -> bool:
    """Whether somebody else had an address before and is out on a list: their no is to that address as well."""
    others = models.FormerAddress.objects.filter(address_key=address_key).exclude(subscriber=person)
    return others.filter(subscriber__subscriptions__state__in=policy.OUT_STATES).exists()


def was_moved_since(person: models.Subscriber, instant: datetime) -> bool:
    """Whether somebody else than the person changed their address since: what was mailed before went to another one."""
    return person.former_addresses.filter(until__gt=instant).exclude(changed_by=READER).exists()


def is_own_change(person: models.Subscriber, former_address: str) -> bool:
    """Whether the person gave this address up themselves, the last time they had it."""
    last = person.former_addresses.filter(address_key=addresses.to_key(former_address)).order_by("-until").first()
    return last is not None and last.changed_by == READER


def find_any_list(person: models.Subscriber) -> int | None:
    """A list a person is on, whose newsletter can be the sender of a mail about the person; None when on none."""
    return person.subscriptions.order_by("list_id").values_list("list_id", flat=True).first()
