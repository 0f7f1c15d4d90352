"""What the newsroom does to people. None of it brings back who left, bounced or complained."""

from __future__ import annotations

import re
from datetime import datetime

from django.db import transaction

from newsletter.kernel import clock
from newsletter.kernel.errors import BadInput, Refused
from newsletter.kernel.slugs import check_slug
from subscribers import addresses, models, policy, subscriber_lookup, transactional
from subscribers.consent.subscriptions import (
    apply_act,
    find_by_former_address,
    get_or_create_subscriber,
    get_subscriber_row,
)
from subscribers.values import List, Subscriber

_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})?")
_LONGEST_NAME = 100


def create_list(
    slug: str,
    name: str,
    *,
    now: datetime,
    description: str = "",
    language: str = "en",
    double_opt_in: bool = True,
    public: bool = True,
) -> List:
    """Makes a list. Raises BadInput for a value that will not do, Refused when the slug is taken."""
    check_slug(slug)
    if not name.strip() or len(name) > 120:
        raise BadInput("Give the list a name of at most 120 characters.", "name")
    _check_language(language)
    if models.List.objects.filter(slug=slug).exists():
        raise Refused(f"There is a list {slug} already. See it with: newsletter lists show {slug}")
    row = models.List.objects.create(
        slug=slug,
        name=name.strip(),
        description=description.strip(),
        language=language,
        double_opt_in=double_opt_in,
        public=public,
        created_at=now,
    )
    return subscriber_lookup.to_list(row)


_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def change_list(
    slug: str,
    *,
    name: str = "",
    description: str = "",
    language: str = "",
    opt_in: str = "",
    weekly_day: str = "",
    public: str = "",
) -> List:
    """Changes what is given of a list. Raises BadInput, NotFound."""
    found = subscriber_lookup.get_list_by_slug(slug)
    changed: dict[str, object] = {}
    if name:
        if len(name) > 120:
            raise BadInput("Give the list a name of at most 120 characters.", "name")
        changed["name"] = name.strip()
    if description:
        changed["description"] = description.strip()[:1000]
    if language:
        _check_language(language)
        changed["language"] = language
    if opt_in:
        changed["double_opt_in"] = _parse_choice("opt_in", opt_in, ("single", "double")) == 1
    if weekly_day:
        changed["weekly_day"] = _parse_choice("weekly_day", weekly_day.casefold(), _DAYS)
    if public:
        changed["public"] = _parse_choice("public", public, ("no", "yes")) == 1
    if not changed:
        raise BadInput("Say what to change.", "name")
    models.List.objects.filter(id=found.id).update(**changed)
    return subscriber_lookup.get_list(found.id)


def _parse_choice(field: str, value: str, allowed: tuple[str, ...]) -> int:
    if value not in allowed:
        raise BadInput(f"“{value[:40]}” will not do. It can be {', '.join(allowed)}.", field)
    return allowed.index(value)


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
    """Adds one person by hand. On a list with double opt-in the reader is asked first, unless consent is `confirmed`.

    What is known of a person already is not overwritten. Somebody who left, bounced or complained is not put
    back: only the reader can do that. Raises BadInput naming the field, Refused.
    """
    target = subscriber_lookup.get_list(list_id)
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
            address_key__in=subscriber_lookup.get_suppression_keys(person.address_key, now)
        ).exists():
            raise Refused(f"{person.address} must never be mailed, so it is not added.")
        act = "import" if confirmed or not target.double_opt_in else "import-unconfirmed"
        state = apply_act(person, target, act, how="desk", by=by, origin=source, now=now)
        if state in policy.OUT_STATES:
            raise Refused(
                f"{person.address} is {state} on {target.name}. Only the reader can undo that, at the sign-up page."
            )
        if state == policy.PENDING:
            transactional.queue_mail("confirm", person.id, list_id, now=now)
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
        _check_language(fields["language"])


def _check_language(language: str) -> None:
    if not _LANGUAGE.fullmatch(language):
        raise BadInput(f"“{language[:40]}” is no language. Write it like en or de-AT.", "language")


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
    person, target = get_subscriber_row(subscriber_id), subscriber_lookup.get_list(list_id)
    with transaction.atomic():
        apply_act(person, target, "desk-leave", how=how, by=by, now=now)
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
            raise Refused(f"Another reader has the address {checked} already.")
        if person.address == checked:
            return subscriber_lookup.get_subscriber(person.id)
        never = models.Suppression.objects.filter(address_key=person.address_key).exclude(reason=policy.BOUNCED)
        if never.exists():
            raise Refused(
                f"{person.address} must never be mailed, so it gets no other address. Only the reader can sign up anew."
            )
        last = person.former_addresses.order_by("-until").first()
        models.AddressChange.objects.create(
            subscriber=person,
            address=person.address,
            address_key=person.address_key,
            since=last.until if last else person.created_at,
            until=now,
            changed_by=by,
        )
        models.Subscriber.objects.filter(id=person.id).update(address=checked, address_key=key)
    return subscriber_lookup.get_subscriber(person.id)
