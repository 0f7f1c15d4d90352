"""What happens to a person: joining, confirming, leaving, moving. Each change leaves a consent event."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction

from newsletter.kernel.errors import BadInput, NotFound, Refused
from subscribers import addresses, limits, models, owed, policy, reads, tokens
from subscribers.values import List, Person

_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,58}")
SUPPRESSED_COMPLAINT = "complained"


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
    """Makes a list. Raises BadInput for a slug or name that will not do, Refused when the slug is taken."""
    if not _SLUG.fullmatch(slug):
        raise BadInput(f"“{slug}” will not do as a slug: small letters, digits and hyphens, 59 at most.", "slug")
    if not name.strip() or len(name) > 120:
        raise BadInput("Give the list a name of at most 120 characters.", "name")
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
    return reads.to_list(row)


def add(
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
) -> Person:
    """Adds one person by hand. On a list with double opt-in the reader is asked first, unless consent is `confirmed`.

    Somebody who left, bounced or complained is not put back: only the reader can do that. Raises Refused.
    """
    target = reads.list(list_id)
    with transaction.atomic():
        person = _person_for(
            address,
            now,
            first_name=first_name,
            last_name=last_name,
            zone=zone,
            language=language,
            source=source,
        )
        if models.Suppression.objects.filter(address_key=person.address_key).exists():
            raise Refused(f"{person.address} must never be mailed, so it is not added.")
        act = "import" if confirmed or not target.double_opt_in else "import-unconfirmed"
        state = _apply(person, target, act, how="desk", by=by, origin=source, now=now)
        if state in policy.OUT:
            raise Refused(
                f"{person.address} is {state} on {target.name}. Only the reader can undo that, at the sign-up page."
            )
        if state == policy.PENDING:
            owed.owe("confirm", person.id, list_id, now=now)
    return reads.person(person.id)


def sign_up(
    address: str,
    list_ids: Iterable[int],
    *,
    origin: str,
    network: str,
    now: datetime,
    first_name: str = "",
    words: str = "",
) -> None:
    """A reader's wish to join. The page answers the same whatever becomes of it; what to do next comes by mail.

    Raises BadInput for what is no address, Refused (429) when a network knocks too often.
    """
    checked = addresses.check(address)
    limits.knock("sign-up", network, now)
    with transaction.atomic():
        person = _person_for(checked, now, first_name=_name_only(first_name), source=origin)
        if models.Suppression.objects.filter(address_key=person.address_key).exclude(reason="bounced").exists():
            return  # never mailed again, not even to say so
        for target in (reads.list(list_id) for list_id in list_ids):
            _join(person, target, origin, network, words, now)


def _join(person: models.Subscriber, target: List, origin: str, network: str, words: str, now: datetime) -> None:
    before = _state(person, target)
    state = _apply(
        person,
        target,
        "sign-up",
        how="form",
        origin=origin,
        network=network,
        words=words,
        now=now,
        always=True,
    )
    if state == policy.PENDING and not target.double_opt_in and before is None:
        state = _apply(person, target, "confirm", how="form", origin=origin, network=network, now=now)
    if not limits.allows("mail-to", person.address_key, now):
        return  # somebody keeps typing this address; it has mail enough
    owed.owe(
        {policy.PENDING: "confirm", policy.ACTIVE: "welcome" if before is None else "already"}.get(state or "", ""),
        person.id,
        target.id,
        now=now,
    )


def confirm(claims: tokens.Claims, *, network: str, now: datetime) -> tuple[Person, List]:
    """The reader's own yes. Doing it twice is harmless. Raises Refused when the person left meanwhile."""
    person, target = _of(claims)
    with transaction.atomic():
        before = _state(person, target)
        if before in policy.OUT:
            raise Refused(
                f"{target.name} was stopped for this address after this link was sent. Sign up again to get it."
            )
        _apply(person, target, "confirm", how="confirmed", network=network, now=now)
        if before == policy.PENDING:
            owed.owe("welcome", person.id, target.id, now=now)
    return reads.person(person.id), target


def leave(claims: tokens.Claims, *, how: str, network: str, now: datetime) -> tuple[Person, tuple[List, ...]]:
    """Stops what a footer token names: one list, or every list (list id 0). At once; doing it twice is harmless.

    After leaving by the page the reader is told by mail, with an undo; after a one-click POST never.
    """
    person = _row(claims.subscriber_id)
    targets = (
        [reads.list(claims.list_id)] if claims.list_id else [reads.list(s.list_id) for s in person.subscriptions.all()]
    )
    with transaction.atomic():
        for target in targets:
            before = _state(person, target)
            state = _apply(person, target, "leave", how=how, network=network, now=now)
            if how == "page" and before == policy.ACTIVE and state == policy.UNSUBSCRIBED:
                owed.owe("goodbye", person.id, target.id, now=now)
    return reads.person(person.id), tuple(targets)


def undo_leave(claims: tokens.Claims, *, network: str, now: datetime) -> tuple[Person, tuple[List, ...]]:
    """Takes leaving back: active again, or pending for somebody who never confirmed."""
    person = _row(claims.subscriber_id)
    targets = (
        [reads.list(claims.list_id)] if claims.list_id else [reads.list(s.list_id) for s in person.subscriptions.all()]
    )
    with transaction.atomic():
        for target in targets:
            was_active = person.consents.filter(list_id=target.id, state=policy.ACTIVE).exists()
            _apply(
                person,
                target,
                "undo-leave" if was_active else "sign-up",
                how="undo",
                network=network,
                now=now,
            )
    return reads.person(person.id), tuple(targets)


def unsubscribe(subscriber_id: int, list_id: int, *, how: str, by: str, now: datetime) -> Person:
    """Takes a person off a list at their wish; only they can undo it."""
    person, target = _row(subscriber_id), reads.list(list_id)
    with transaction.atomic():
        _apply(person, target, "desk-leave", how=how, by=by, now=now)
    return reads.person(subscriber_id)


def reported(subscriber_id: int, list_id: int, act: str, *, reason: str, now: datetime) -> None:
    """What the provider reported of a person: "bounce" or "complain". A complaint suppresses the address."""
    person, target = _row(subscriber_id), reads.list(list_id)
    with transaction.atomic():
        _apply(person, target, act, how="event", origin=reason[:500], now=now)
        if act == "complain":
            suppress(person.address, reason=SUPPRESSED_COMPLAINT, source="provider", now=now)


def change_name(subscriber_id: int, first_name: str) -> None:
    """Sets the first name the reader gave."""
    models.Subscriber.objects.filter(id=subscriber_id).update(first_name=_name_only(first_name))


def change_address(subscriber_id: int, new_address: str, *, by: str, now: datetime) -> Person:
    """Gives a person another address; the old one stays findable. Raises BadInput, Refused when somebody else has it."""
    checked = addresses.check(new_address)
    person = _row(subscriber_id)
    key = addresses.key(checked)
    with transaction.atomic():
        if models.Subscriber.objects.filter(address_key=key).exclude(id=person.id).exists():
            raise Refused(f"Another reader has the address {checked} already.")
        if person.address == checked:
            return reads.person(person.id)
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
    return reads.person(person.id)


def suppress(address: str, *, reason: str, source: str, now: datetime) -> None:
    """Never mail an address again. Saying it twice keeps the first reason. Raises BadInput."""
    key = addresses.key(addresses.check(address))
    models.Suppression.objects.get_or_create(
        address_key=key,
        defaults={"reason": reason[:40] or "asked", "source": source[:200], "created_at": now},
    )


def unsuppress(address: str) -> None:
    """Allows mailing an address again. Raises NotFound when it was allowed."""
    if not models.Suppression.objects.filter(address_key=addresses.key(addresses.unwrapped(address))).delete()[0]:
        raise NotFound(f"{address} is not on the list of those never to be mailed.")


def ask_which(address: str, *, network: str, now: datetime) -> None:
    """“Which address did I use?”: mails a link to an address that is known; the page says the same either way."""
    checked = addresses.check(address)
    limits.knock("which", network, now)
    found = reads.person_by_address(checked)
    if (
        found
        and not found.suppressed
        and found.subscriptions
        and limits.allows("mail-to", addresses.key(found.address), now)
    ):
        owed.owe("which", found.id, found.subscriptions[0].list_id, now=now)


def _person_for(address: str, now: datetime, **fields: str) -> models.Subscriber:
    """The person with this address, made if need be. What we know already is not overwritten."""
    checked = addresses.check(address)
    defaults: dict[str, Any] = {"address": checked, "created_at": now, **fields}
    person, created = models.Subscriber.objects.get_or_create(address_key=addresses.key(checked), defaults=defaults)
    missing = {name: value for name, value in fields.items() if value and not getattr(person, name)}
    if not created and missing:
        models.Subscriber.objects.filter(id=person.id).update(**missing)
    return person


def _state(person: models.Subscriber, target: List) -> str | None:
    return (
        models.Subscription.objects.filter(list_id=target.id, subscriber=person).values_list("state", flat=True).first()
    )


def _apply(
    person: models.Subscriber,
    target: List,
    act: str,
    *,
    how: str,
    now: datetime,
    by: str = "",
    origin: str = "",
    network: str = "",
    words: str = "",
    always: bool = False,
) -> str | None:
    """Lets `act` change a subscription as the policy says; the change (with `always`, also the try) is recorded."""
    before = _state(person, target)
    change = policy.after(act, before)
    if change.changed and change.state is not None:
        confirmed = {"confirmed_at": now} if act == "confirm" else {}
        models.Subscription.objects.update_or_create(
            list_id=target.id,
            subscriber=person,
            defaults={"state": change.state, "since": now, **confirmed},
            create_defaults={"state": change.state, "since": now, "source": origin[:200], **confirmed},
        )
    if change.changed or always:
        models.Consent.objects.create(
            subscriber=person,
            list_id=target.id,
            state=change.state or "",
            at=now,
            how=how,
            by=by,
            origin=origin[:500],
            words=words,
            network=network or None,
        )
    return change.state


def _of(claims: tokens.Claims) -> tuple[models.Subscriber, List]:
    return _row(claims.subscriber_id), reads.list(claims.list_id)


def _row(subscriber_id: int) -> models.Subscriber:
    row = models.Subscriber.objects.filter(id=subscriber_id).first()
    if row is None:
        raise NotFound("This reader is no longer with us, so there is nothing to change.")
    return row


def _name_only(text: str) -> str:
    """A name a stranger typed: no addresses, no links, nothing long (the field is a favourite of spammers)."""
    flat = " ".join(text.split())[:60]
    return "" if re.search(r"https?:|www\.|[@<>{}\[\]/\\]|\.\w{2,}", flat, re.I) else flat
