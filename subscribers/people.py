"""What the desk does to a subscriber. None of it brings back who left, bounced or complained."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from newsletter.kernel import clock
from newsletter.kernel.errors import BadInput, Refused
from subscribers import addresses, lists, models, policy, subscriber_lookup, transactional
from subscribers.consent import erased_addresses
from subscribers.consent.subscriptions import (
    apply_act,
    find_by_former_address,
    get_or_create_subscriber,
    get_subscriber_row,
)
from subscribers.states import SubscriptionAct, SubscriptionState, SuppressionReason, TransactionalKind
from subscribers.values import Subscriber

_LONGEST_NAME = 100


def add_subscriber(
    address: str,
    list_id: int,
    *,
    by: str,
    now: datetime,
    first_name: str = "",
    last_name: str = "",
    zone: str = "",
    language: str = "",
    source: str = "",
    confirmed: bool = False,
) -> Subscriber:
    """Adds one subscriber by hand. On a list with double opt-in they are asked first, unless consent is `confirmed`.

    What is known of a person already is not overwritten. Somebody who left, bounced or complained is not put
    back: only the subscriber can do that. Raises BadInput naming the field, Refused.
    """
    target = lists.get_list(list_id)
    fields = {
        "first_name": first_name,
        "last_name": last_name,
        "zone": zone,
        "language": language,
        "source": source[:200],
    }
    _check_fields(fields)
    with transaction.atomic():
        person, new = _find_or_create(address, fields, now)
        if not new:
            _fill_in(person, fields)
        if models.Suppression.objects.filter(
            address_key__in=erased_addresses.get_suppression_keys(person.address_key, now)
        ).exists():
            raise Refused(f"{person.address} is on the suppression list, so it is not added.")
        act = SubscriptionAct.IMPORT if confirmed or not target.double_opt_in else SubscriptionAct.IMPORT_UNCONFIRMED
        state = apply_act(person, target, act, how="desk", by=by, origin=source, now=now)
        if state in policy.OUT_STATES:
            raise Refused(
                f"{person.address} is {state} on {target.name}. Only the subscriber can undo that, on the sign-up page."
            )
        if state == SubscriptionState.PENDING:
            transactional.queue_mail(TransactionalKind.CONFIRM, person.id, list_id, now=now)
    return subscriber_lookup.get_subscriber(person.id)


def _check_fields(fields: dict[str, str]) -> None:
    for name in ("first_name", "last_name"):
        if len(fields[name]) > _LONGEST_NAME:
            raise BadInput(
                f"A name can have {_LONGEST_NAME} characters; “{fields[name][:40]}…” has {len(fields[name])}.", name
            )
    if fields["zone"]:
        clock.get_zone(fields["zone"])
    if fields["language"]:
        lists.check_language(fields["language"])


def _find_or_create(address: str, fields: dict[str, str], now: datetime) -> tuple[models.Subscriber, bool]:
    """By a former address the person is found too: somebody who left is not brought back by it."""
    moved = find_by_former_address(addresses.check_address(address))
    return (moved, False) if moved else get_or_create_subscriber(address, now, **fields)


def _fill_in(person: models.Subscriber, fields: dict[str, str]) -> None:
    missing = {name: value for name, value in fields.items() if value and not getattr(person, name)}
    if missing:
        models.Subscriber.objects.filter(id=person.id).update(**missing)


def unsubscribe(subscriber_id: int, list_id: int, *, how: str, by: str, now: datetime) -> Subscriber:
    """Takes a person off a list at their wish; only they can undo it."""
    person, target = get_subscriber_row(subscriber_id), lists.get_list(list_id)
    with transaction.atomic():
        apply_act(person, target, SubscriptionAct.DESK_UNSUBSCRIBE, how=how, by=by, now=now)
    return subscriber_lookup.get_subscriber(subscriber_id)


def change_address(subscriber_id: int, new_address: str, *, by: str, now: datetime) -> Subscriber:
    """Gives a person another address; the old one stays findable.

    Raises BadInput, Refused when somebody else has it, or when the person must never be mailed: a new address
    would let mail through again.
    """
    checked = addresses.check_address(new_address)
    person = get_subscriber_row(subscriber_id)
    key = addresses.to_key(checked)
    with transaction.atomic():
        if models.Subscriber.objects.filter(address_key=key).exclude(id=person.id).exists():
            raise Refused(f"Another subscriber has the address {checked} already.")
        if person.address == checked:
            return subscriber_lookup.get_subscriber(person.id)
        never = models.Suppression.objects.filter(address_key=person.address_key).exclude(
            reason=SuppressionReason.BOUNCED
        )
        if never.exists():
            raise Refused(
                f"{person.address} is on the suppression list, so it gets no other address. "
                "Only the subscriber can sign up again."
            )
        last = person.former_addresses.order_by("-until").first()
        models.FormerAddress.objects.create(
            subscriber=person,
            address=person.address,
            address_key=person.address_key,
            since=last.until if last else person.created_at,
            until=now,
            changed_by=by,
        )
        models.Subscriber.objects.filter(id=person.id).update(address=checked, address_key=key)
    return subscriber_lookup.get_subscriber(person.id)
