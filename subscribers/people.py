"""What the desk does to a subscriber. None of it brings back who left, bounced or complained."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from newsletter.kernel import clock
from newsletter.kernel.actors import ActionRecord, Actor, Verb, require_right
from newsletter.kernel.changes import select_changes
from newsletter.kernel.errors import BadInput, NotFound, Refused
from subscribers import address_changes, addresses, lists, models, policy, rights, subscriber_lookup, transactional
from subscribers.consent.subscriptions import apply_act, find_by_former_address, get_or_create_subscriber
from subscribers.states import SubscriptionAct, SubscriptionState, TransactionalKind
from subscribers.values import Subscriber

_LONGEST_NAME, _LONGEST_REASON = 100, 500


def add_subscriber(
    address: str,
    list_id: int,
    *,
    by: Actor,
    now: datetime,
    reason: str = "",
    first_name: str = "",
    last_name: str = "",
    zone: str = "",
    language: str = "",
    source: str = "",
) -> Subscriber:
    """Adds one subscriber by hand: as pending, and asked to confirm. With a `reason`, where they agreed, as active.

    What is known of a person already is not overwritten. Somebody who left, bounced or complained is not put back:
    only the subscriber can do that. Returns what the actor may see. Raises NotAllowed, BadInput naming the field,
    Refused.
    """
    require_right(by, Verb.SUBSCRIBERS, [list_id])
    target = lists.get_present_list(list_id)
    fields = {
        "first_name": first_name,
        "last_name": last_name,
        "zone": zone,
        "language": language,
        "source": source[:200],
    }
    _check_fields(fields)
    agreed = " ".join(reason.split())
    if len(agreed) > _LONGEST_REASON:
        raise BadInput(f"Say in at most {_LONGEST_REASON} characters where they agreed.", "reason")
    checked = addresses.check_address(address)
    if address_changes.is_suppressed(addresses.to_key(checked), now):
        raise Refused(f"{checked} is on the suppression list, so it is not added.")
    with transaction.atomic():
        person, new = _find_or_create(checked, list_id, fields, by, now)
        if not new and person.id in rights.select_changeable(by, [person.id]):
            _fill_in(person, fields)
        if address_changes.is_suppressed(person.address_key, now):
            raise Refused(f"{person.address} is on the suppression list, so it is not added.")
        act = SubscriptionAct.IMPORT if agreed else SubscriptionAct.IMPORT_UNCONFIRMED
        before = _find_state(person, list_id)
        state = apply_act(person, target, act, how="desk", actor=by.name, origin=agreed or source, now=now)
        if state in policy.OUT_STATES:
            raise Refused(
                f"{person.address} is {state} on {target.name}. Only the subscriber can undo that, on the sign-up page."
            )
        if state == SubscriptionState.PENDING:
            transactional.queue_mail(TransactionalKind.CONFIRM, person.id, list_id, now=now)
        if state != before:
            by.record(
                ActionRecord(
                    "added reader",
                    f"reader {person.id}",
                    now,
                    after={"list": target.slug, "state": str(state)},
                    list_ids=[list_id],
                    subscriber_id=person.id,
                    personal_after={"address": checked} | ({"reason": agreed} if agreed else {}),
                )
            )
    return subscriber_lookup.show_subscriber(person.id, by=by).subscriber


def _find_state(person: models.Subscriber, list_id: int) -> str | None:
    return person.subscriptions.filter(list_id=list_id).values_list("state", flat=True).first()


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


def _find_or_create(
    address: str, list_id: int, fields: dict[str, str], by: Actor, now: datetime
) -> tuple[models.Subscriber, bool]:
    """By a former address the person is found too: somebody who left is not brought back by it.

    But neither by somebody who has nothing to do with that person, for the present address would be given away;
    nor, on a list they are not on, after somebody else changed it: then the mail of one list would follow who
    changed it for another.
    """
    moved = find_by_former_address(address)
    if moved and (
        _find_state(moved, list_id) is not None
        or (address_changes.is_own_change(moved, address) and moved.id in rights.select_changeable(by, [moved.id]))
    ):
        return moved, False
    return get_or_create_subscriber(address, now, **fields)


def _fill_in(person: models.Subscriber, fields: dict[str, str]) -> None:
    missing = {name: value for name, value in fields.items() if value and not getattr(person, name)}
    if missing:
        models.Subscriber.objects.filter(id=person.id).update(**missing)


def unsubscribe(subscriber_id: int, list_id: int, *, by: Actor, now: datetime) -> Subscriber:
    """Takes a person off a list at their wish; only they can undo it. Raises NotAllowed, NotFound."""
    require_right(by, Verb.SUBSCRIBERS, [list_id])
    target = lists.get_list(list_id)
    with transaction.atomic():
        person = _lock(subscriber_id)
        before = _find_state(person, list_id)
        state = apply_act(person, target, SubscriptionAct.DESK_UNSUBSCRIBE, how="desk", actor=by.name, now=now)
        if state != before:
            by.record(
                ActionRecord(
                    "unsubscribed reader",
                    f"reader {person.id}",
                    now,
                    before={"list": target.slug, "state": before},
                    after={"list": target.slug, "state": str(state)},
                    list_ids=[list_id],
                )
            )
    return subscriber_lookup.show_subscriber(person.id, by=by).subscriber


def change_address(subscriber_id: int, new_address: str, *, seen: str | None, by: Actor, now: datetime) -> Subscriber:
    """Gives a person another address; the old one stays findable, and is told by mail, with a link to undo it.

    `seen` is the address that the actor saw. Raises NotAllowed, BadInput, Conflict, Refused when somebody else has the
    new one, or had it and left, or when one of the two must never be mailed.
    """
    rights.require_person(by, subscriber_id)
    checked = addresses.check_address(new_address)
    with transaction.atomic():
        person = _lock(subscriber_id)
        known, wanted = {"email": person.address}, {"email": checked}
        if not select_changes(known, wanted, None if seen is None else {"email": seen}, labels={"email": "Address"}):
            return subscriber_lookup.get_subscriber(person.id)
        if addresses.to_key(checked) != person.address_key and address_changes.is_suppressed(
            addresses.to_key(checked), now
        ):
            raise Refused(f"{checked} is on the suppression list, so nobody gets this address.")
        if address_changes.is_of_somebody_out(person, addresses.to_key(checked)):
            raise Refused(f"Somebody who had {checked} before has left. Only its owner can change to it.")
        former_id = address_changes.move_to_address(person, checked, changed_by=by.name, now=now)
        by.record(
            ActionRecord(
                "changed address",
                f"reader {person.id}",
                now,
                list_ids=rights.find_list_ids(person.id),
                subscriber_id=person.id,
                personal_before={"address": person.address},
                personal_after={"address": checked},
            )
        )
        person.address = checked
        address_changes.queue_notice(person, former_id, now=now)
    return subscriber_lookup.get_subscriber(person.id)


def _lock(subscriber_id: int) -> models.Subscriber:
    row = models.Subscriber.objects.select_for_update().filter(id=subscriber_id).first()
    if row is None:
        raise NotFound("This subscriber no longer exists, so there is nothing to change.")
    return row
