"""Looking people and lists up."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache

from django.conf import settings
from django.db import connection
from django.db.models import Count, Q

from newsletter.kernel.errors import NotFound
from subscribers import addresses, models, tokens
from subscribers.values import (
    Candidate,
    ConsentEvent,
    FormerAddress,
    Found,
    List,
    Person,
    Recipient,
    Subscription,
)

__all__ = [
    "Candidate", "Found", "List", "Person", "Recipient", "audience_bounds", "audience_page", "counts", "find", "list",
    "list_by_slug", "lists", "person", "person_by_address", "recipients", "signer",
]  # fmt: skip


def signer() -> tokens.Signer:
    """The signer of links, with today's key and the former ones."""
    return _signer((settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS))


@cache
def _signer(keys: tuple[str, ...]) -> tokens.Signer:
    return tokens.Signer(keys)


def lists(*, public_only: bool = False) -> tuple[List, ...]:
    """All lists, by name."""
    rows = models.List.objects.order_by("name")
    return tuple(to_list(row) for row in (rows.filter(public=True) if public_only else rows))


def list(list_id: int) -> List:
    """The list with this id. Raises NotFound."""
    row = models.List.objects.filter(id=list_id).first()
    if row is None:
        raise NotFound(f"There is no list {list_id}. See them all with: newsletter lists list")
    return to_list(row)


def list_by_slug(slug: str) -> List:
    """The list with this slug. Raises NotFound, naming those there are."""
    row = models.List.objects.filter(slug=slug).first()
    if row is not None:
        return to_list(row)
    known = ", ".join(models.List.objects.order_by("slug").values_list("slug", flat=True)[:10])
    hint = f" There is {known}." if known else " Make it with: newsletter lists create SLUG --name NAME"
    raise NotFound(f"There is no list “{slug}”.{hint}")


def lists_of(claims: tokens.Claims) -> tuple[List, ...]:
    """The lists a link is about: the one it names, or with none named every list of the person. Raises NotFound."""
    if claims.list_id:
        return (list(claims.list_id),)
    rows = models.List.objects.filter(subscriptions__subscriber_id=claims.subscriber_id).order_by("name")
    return tuple(to_list(row) for row in rows)


def counts(list_id: int) -> dict[str, int]:
    """How many people a list has, by state."""
    rows = models.Subscription.objects.filter(list_id=list_id).values_list("state").annotate(n=Count("id"))
    return dict(rows.order_by("state"))


def audience_bounds(list_id: int) -> tuple[int, int]:
    """How many people are on a list in whatever state, and the highest subscriber id among them (0 for none)."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), coalesce(max(subscriber_id), 0) FROM subscribers_subscription WHERE list_id = %s",
            [list_id],
        )
        count, highest = cursor.fetchone()
    return int(count), int(highest)


_AUDIENCE = """
    SELECT s.subscriber_id,
           CASE WHEN s.state <> 'active' THEN s.state WHEN x.id IS NOT NULL THEN 'suppressed' ELSE '' END,
           p.language
      FROM subscribers_subscription s
      JOIN subscribers_subscriber p ON p.id = s.subscriber_id
 LEFT JOIN subscribers_suppression x ON x.address_key = p.address_key
     WHERE s.list_id = %s AND s.subscriber_id > %s AND s.subscriber_id <= %s
  ORDER BY s.subscriber_id
     LIMIT %s
"""


def audience_page(list_id: int, *, after: int, upto: int, limit: int) -> Sequence[Candidate]:
    """The next people of a list behind the id `after`, ascending, with the reason why one must not be mailed."""
    with connection.cursor() as cursor:
        cursor.execute(_AUDIENCE, [list_id, after, upto, limit])
        return [Candidate._make(row) for row in cursor.fetchall()]


def recipients(list_id: int, ids: Sequence[int], *, as_of: datetime) -> Sequence[Recipient]:
    """These people with their address as of an instant, ascending by id; `left` says who must not be mailed any more.

    Somebody erased meanwhile is reported as left, with an empty address.
    """
    if not ids:
        return []
    dense = ids[-1] - ids[0] <= _DENSE * len(ids)
    which, given = ("BETWEEN %s AND %s", (ids[0], ids[-1])) if dense else (f"IN ({', '.join(['%s'] * len(ids))})", ids)
    with connection.cursor() as cursor:
        cursor.execute(f"{_RECIPIENTS} {which}", [list_id, *given])
        people = {row[0]: row for row in cursor.fetchall()}
    former = _addresses_then(ids, as_of)
    return [_recipient(each, people.get(each), former.get(each)) for each in ids]


_RECIPIENTS = """
    SELECT person.id, person.address, person.first_name, subscription.state, suppression.id IS NOT NULL
      FROM subscribers_subscription subscription
      JOIN subscribers_subscriber person ON person.id = subscription.subscriber_id
      LEFT JOIN subscribers_suppression suppression ON suppression.address_key = person.address_key
     WHERE subscription.list_id = %s AND subscription.subscriber_id
"""
_DENSE = 8  # a range is read as a whole, the quickest way, unless it is so many times longer than who is wanted of it


def _addresses_then(ids: Sequence[int], as_of: datetime) -> dict[int, tuple[str, bool]]:
    """The former addresses that counted at an instant, by person, and whether each must never be mailed."""
    moved = models.AddressChange.objects.filter(
        subscriber_id__gte=ids[0], subscriber_id__lte=ids[-1], until__gt=as_of
    ).order_by("-until")
    # The earliest change after the instant is read last: its address was the one then.
    then = {
        person_id: (address, key)
        for person_id, address, key in moved.values_list("subscriber_id", "address", "address_key")
    }
    keys = [key for _, key in then.values()]
    never = (
        set(models.Suppression.objects.filter(address_key__in=keys).values_list("address_key", flat=True))
        if keys
        else set()
    )
    return {person_id: (address, key in never) for person_id, (address, key) in then.items()}


def _recipient(
    person_id: int, row: tuple[int, str, str, str, bool] | None, former: tuple[str, bool] | None
) -> Recipient:
    if row is None:
        return Recipient(person_id, "", "", "erased")
    _, address, first_name, state, never = row
    if former:
        address, never = former[0], never or former[1]
    if state != "active":
        return Recipient(person_id, address, first_name, state)
    if never:
        return Recipient(person_id, address, first_name, "suppressed")
    return Recipient(person_id, addresses.for_sending(address), first_name, "")


def find(query: str, *, list_id: int | None = None, limit: int = 50, after: int = 0) -> tuple[Found, ...]:
    """People by part of a name or of any address they ever had, ascending by id behind `after`."""
    text = query.strip()
    rows = models.Subscriber.objects.filter(id__gt=after).order_by("id")
    if list_id is not None:
        rows = rows.filter(subscriptions__list_id=list_id)
    matched: dict[int, str] = {}
    if text:
        key = text.casefold()
        old = models.AddressChange.objects.filter(address_key__contains=key).order_by("until")
        matched = dict(old.values_list("subscriber_id", "address")[:limit])
        rows = rows.filter(
            Q(address_key__contains=key)
            | Q(first_name__icontains=text)
            | Q(last_name__icontains=text)
            | Q(id__in=matched)
        )
    found = rows.prefetch_related("subscriptions")[:limit]
    return tuple(
        Found(
            row.id,
            row.address,
            row.first_name,
            row.last_name,
            matched.get(row.id, "") if _misses(row.address_key, text) else "",
            _state(row, list_id),
        )
        for row in found
    )


def _misses(address_key: str, text: str) -> bool:
    """Whether the present address does not show what was searched for."""
    return text.casefold() not in address_key


def _state(row: models.Subscriber, list_id: int | None) -> str:
    states = [s.state for s in row.subscriptions.all() if list_id is None or s.list_id == list_id]
    return ", ".join(sorted(set(states)))


def person_by_address(address: str) -> Person | None:
    """The person with this address, now or formerly; None if there is nobody."""
    key = addresses.key(addresses.unwrapped(address))
    found = models.Subscriber.objects.filter(address_key=key).values_list("id", flat=True).first()
    if found is None:
        found = (
            models.AddressChange.objects.filter(address_key=key)
            .order_by("-until")
            .values_list("subscriber_id", flat=True)
            .first()
        )
    return person(found) if found else None


def person(subscriber_id: int) -> Person:
    """The person with this id. Raises NotFound."""
    row = models.Subscriber.objects.filter(id=subscriber_id).first()
    if row is None:
        raise NotFound(f"There is no reader {subscriber_id}. Search with: newsletter subscribers find TEXT")
    names = {each.id: each.name for each in lists()}
    suppression = models.Suppression.objects.filter(address_key=row.address_key).first()
    return Person(
        id=row.id,
        address=row.address,
        first_name=row.first_name,
        last_name=row.last_name,
        language=row.language,
        zone=row.zone,
        source=row.source,
        created_at=row.created_at,
        subscriptions=tuple(
            Subscription(s.list_id, names[s.list_id], s.state, s.since, s.confirmed_at, s.source)
            for s in row.subscriptions.order_by("list_id")
        ),
        former_addresses=tuple(
            FormerAddress(f.address, f.since, f.until, f.changed_by) for f in row.former_addresses.order_by("-until")
        ),
        consents=tuple(
            ConsentEvent(c.at, names.get(c.list_id or 0, "all lists"), c.state, c.how, c.by, c.origin)
            for c in row.consents.order_by("-at", "-id")[:200]
        ),
        suppressed=suppression.reason if suppression else "",
    )


def to_list(row: models.List) -> List:
    """The value of a row."""
    return List(row.id, row.slug, row.name, row.description, row.language, row.double_opt_in, row.public)


def addresses_by_id(ids: Sequence[int]) -> dict[int, str]:
    """The present addresses of some people."""
    return dict(models.Subscriber.objects.filter(id__in=ids).values_list("id", "address"))
