"""What readers do themselves: join, confirm, leave, take it back, ask. Only these acts undo leaving."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from newsletter.kernel.errors import Refused
from subscribers import addresses, limits, models, owed, policy, reads, tokens
from subscribers.changes import apply, person_at, person_row, state_of
from subscribers.values import List, Person


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

    A name is kept for a new person only: anybody can type an address that is known, and would write the
    greeting of its owner's mail. Raises BadInput for what is no address, Refused (429) when a network knocks
    too often.
    """
    checked = addresses.check(address)
    limits.knock("sign-up", network, now)
    with transaction.atomic():
        person, _ = person_at(checked, now, first_name=_name_only(first_name), source=origin[:200])
        if models.Suppression.objects.filter(address_key=person.address_key).exclude(reason=policy.BOUNCED).exists():
            return  # never mailed again, not even to say so
        # Beyond the limit somebody keeps typing this address, and it has mail enough.
        mail = limits.allows("mail-to", person.address_key, now)
        for target in (reads.list(list_id) for list_id in list_ids):
            kind = _join(person, target, origin, network, words, now)
            if mail:
                owed.owe(kind, person.id, target.id, now=now)


def _join(person: models.Subscriber, target: List, origin: str, network: str, words: str, now: datetime) -> str:
    """Puts a person on a list as far as the policy allows; the kind of mail this owes them, "" for none."""
    before = state_of(person, target)
    state = apply(
        person, target, "sign-up", how="form", origin=origin, network=network, words=words, now=now, always=True
    )
    if state == policy.PENDING and not target.double_opt_in and before is None:
        state = apply(person, target, "confirm", how="form", origin=origin, network=network, now=now)
    if state == policy.ACTIVE:
        return "welcome" if before is None else "already"
    return "confirm" if state == policy.PENDING else ""


def confirm(claims: tokens.Claims, *, network: str, now: datetime) -> tuple[Person, List]:
    """The reader's own yes. Doing it twice is harmless. Raises Refused when the person left meanwhile."""
    person, target = person_row(claims.subscriber_id), reads.list(claims.list_id)
    with transaction.atomic():
        before = state_of(person, target)
        if before in policy.OUT:
            raise Refused(
                f"{target.name} was stopped for this address after this link was sent. Sign up again to get it."
            )
        apply(person, target, "confirm", how="confirmed", network=network, now=now)
        if before == policy.PENDING:  # the mail with the link arrived, so the address works
            models.Suppression.objects.filter(address_key=person.address_key, reason=policy.BOUNCED).delete()
            owed.owe("welcome", person.id, target.id, now=now)
    return reads.person(person.id), target


def leave(claims: tokens.Claims, *, how: str, network: str, now: datetime) -> tuple[Person, tuple[List, ...]]:
    """Stops what a footer token names: one list, or every list (list id 0). At once; doing it twice is harmless.

    After leaving by the page the reader is told by mail, with an undo; after a one-click POST never.
    """
    person = person_row(claims.subscriber_id)
    targets = reads.lists_of(claims)
    with transaction.atomic():
        for target in targets:
            before = state_of(person, target)
            state = apply(person, target, "leave", how=how, network=network, now=now)
            if how == "page" and before == policy.ACTIVE and state == policy.UNSUBSCRIBED:
                owed.owe("goodbye", person.id, target.id, now=now)
    return reads.person(person.id), targets


def undo_leave(claims: tokens.Claims, *, network: str, now: datetime) -> tuple[Person, tuple[List, ...]]:
    """Takes leaving back: as it was before, and who had not confirmed is asked once more.

    With a token for every list it takes back the last leaving alone, not what was stopped long before.
    What the provider reported (an address that does not work, a complaint) stays.
    """
    person = person_row(claims.subscriber_id)
    targets = reads.lists_of(claims)
    left = {
        s.list_id: s.since
        for s in person.subscriptions.filter(state=policy.UNSUBSCRIBED, list__in=[t.id for t in targets])
    }
    with transaction.atomic():
        for target in targets:
            if left and left.get(target.id) == max(left.values()):
                _take_back(person, target, network, now)
    return reads.person(person.id), targets


def _take_back(person: models.Subscriber, target: List, network: str, now: datetime) -> None:
    history = person.consents.filter(list_id=target.id).exclude(state=policy.UNSUBSCRIBED).order_by("-at", "-id")
    before = history.values_list("state", flat=True).first()
    if before in policy.OUT:
        return
    act = "undo-leave" if before == policy.ACTIVE else "sign-up"
    if apply(person, target, act, how="undo", network=network, now=now) == policy.PENDING:
        owed.owe("confirm", person.id, target.id, now=now)


def set_tracked(claims: tokens.Claims, tracked: bool) -> None:
    """Whether opens and clicks of this reader may be recorded, from the next edition on."""
    models.Subscriber.objects.filter(id=claims.subscriber_id).update(tracked=tracked)


def ask_which(address: str, *, network: str, now: datetime) -> None:
    """“Which address did I use?”: mails a link to an address that is known; the page says the same either way."""
    checked = addresses.check(address)
    limits.knock("which", network, now)
    found = reads.person_by_address(checked)
    if not found or found.suppressed or not found.subscriptions:
        return
    if limits.allows("mail-to", addresses.key(found.address), now):
        owed.owe("which", found.id, found.subscriptions[0].list_id, now=now)


def _name_only(text: str) -> str:
    """A name a stranger typed: no addresses, no links, nothing long (the field is a favourite of spammers)."""
    flat = " ".join(text.split())[:60]
    return "" if re.search(r"https?:|www\.|[@<>{}\[\]/\\]|\.\w{2,}", flat, re.I) else flat
