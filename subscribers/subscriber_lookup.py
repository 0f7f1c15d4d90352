"""Looking people and lists up."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime
from functools import cache
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import Count, Q

from newsletter.kernel.errors import NotFound
from subscribers import addresses, models, tokens
from subscribers.consent import erased_addresses
from subscribers.segments import sql
from subscribers.values import (
    AudienceAddresses,
    AudienceBounds,
    AudienceCandidate,
    ConsentEvent,
    FormerAddress,
    List,
    Subscriber,
    SubscriberMatch,
    Subscription,
)

__all__ = [
    "Bounds", "Candidate", "Found", "List", "Person", "Recipients", "audience_bounds", "audience_page", "counts", "find", "left_since",
    "list",
    "list_by_slug", "lists", "person", "person_by_address", "recipients", "signer",
]  # fmt: skip


def get_signer() -> tokens.Signer:
    """The signer of links, with today's key and the former ones."""
    return _build_signer((settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS))


@cache
def _build_signer(keys: tuple[str, ...]) -> tokens.Signer:
    return tokens.Signer(keys)


def list_lists(*, public_only: bool = False) -> tuple[List, ...]:
    """All lists, by name."""
    rows = models.List.objects.order_by("name")
    return tuple(to_list(row) for row in (rows.filter(public=True) if public_only else rows))


def get_list(list_id: int) -> List:
    """The list with this id. Raises NotFound."""
    row = models.List.objects.filter(id=list_id).first()
    if row is None:
        raise NotFound(f"There is no list {list_id}. See them all with: newsletter lists list")
    return to_list(row)


def get_list_by_slug(slug: str) -> List:
    """The list with this slug. Raises NotFound, naming those there are."""
    row = models.List.objects.filter(slug=slug).first()
    if row is not None:
        return to_list(row)
    known = ", ".join(models.List.objects.order_by("slug").values_list("slug", flat=True)[:10])
    hint = f" There is {known}." if known else " Make it with: newsletter lists create SLUG --name NAME"
    raise NotFound(f"There is no list “{slug}”.{hint}")


def get_suppression_keys(address_key: str, now: datetime) -> tuple[str, ...]:
    """Under which keys the suppressions may say that an address must never be mailed: itself, its domain, its hash."""
    return (address_key, address_key[address_key.rindex("@") :], erased_addresses.get_hasher(now).hash(address_key))


def get_lists_for_claims(claims: tokens.Claims) -> tuple[List, ...]:
    """The lists a link is about: the one it names, or with none named every list of the person. Raises NotFound."""
    if claims.list_id:
        return (get_list(claims.list_id),)
    rows = models.List.objects.filter(subscriptions__subscriber_id=claims.subscriber_id).order_by("name")
    return tuple(to_list(row) for row in rows)


def count_subscribers_by_state(list_id: int) -> dict[str, int]:
    """How many people a list has, by state."""
    rows = models.Subscription.objects.filter(list_id=list_id).values_list("state").annotate(n=Count("id"))
    return dict(rows.order_by("state"))


def get_audience_bounds(list_id: int) -> AudienceBounds:
    """How far an audience goes at this instant."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), coalesce(max(subscriber_id), 0) FROM subscribers_subscription WHERE list_id = %s",
            [list_id],
        )
        count, highest = cursor.fetchone()
    newest = models.Suppression.objects.order_by("-id").values_list("id", flat=True).first()
    return AudienceBounds(int(count), int(highest), newest or 0)


def list_unsubscribed_since(list_id: int, since: datetime) -> Sequence[tuple[int, datetime]]:
    """Who left a list of their own will from an instant on, and when."""
    gone = models.Subscription.objects.filter(~Q(state="active"), list_id=list_id, since__gte=since)
    return tuple(gone.filter(state="unsubscribed").values_list("subscriber_id", "since"))


_AUDIENCE = """
    SELECT s.subscriber_id,
           CASE WHEN s.state <> 'active' THEN s.state WHEN x.id IS NOT NULL THEN 'suppressed' ELSE '' END,
           p.language, p.tracked, p.address, s.frequency, s.paused_until, l.weekly_day
      FROM subscribers_subscription s
      JOIN subscribers_list l ON l.id = s.list_id
      JOIN subscribers_subscriber p ON p.id = s.subscriber_id
 LEFT JOIN subscribers_suppression x ON x.address_key = p.address_key
     WHERE s.list_id = %s AND s.subscriber_id > %s AND s.subscriber_id <= %s
  ORDER BY s.subscriber_id
     LIMIT %s
"""


def list_audience_page(
    list_id: int, *, after: int, upto: int, limit: int, on: date | None = None
) -> Sequence[AudienceCandidate]:
    """The next people of a list behind the id `after`, ascending, with the reason why one must not be mailed.

    `on` is the day of the edition: those who want one a week, or none for a while, may not get it. Without it all do.
    """
    with connection.cursor() as cursor:
        cursor.execute(_AUDIENCE, [list_id, after, upto, limit])
        found = cursor.fetchall()
    never = _suppressed_domains()
    return [
        AudienceCandidate(
            person,
            reason or _address_exclusion(address, never) or _frequency_exclusion(frequency, paused, weekly_day, on),
            language,
            bool(tracked),
        )
        for person, reason, language, tracked, address, frequency, paused, weekly_day in found
    ]


def _address_exclusion(address: str, never: Collection[str]) -> str:
    if never and addresses.to_key(address).rpartition("@")[2] in never:
        return "suppressed"
    return "" if addresses.is_sendable(address) else "invalid"


def _suppressed_domains() -> Collection[str]:
    rows = models.Suppression.objects.filter(address_key__startswith="@")
    return {key[1:] for key in rows.values_list("address_key", flat=True)}


def _frequency_exclusion(frequency: str, paused_until: date | str | None, weekly_day: int, on: date | None) -> str:
    """Why somebody who wants fewer mails does not get the edition of a day: "paused" or "frequency"."""
    if on is None or (paused_until is None and frequency == "every"):
        return ""
    if paused_until is not None and str(paused_until) > on.isoformat():
        return "paused"
    return "frequency" if frequency == "weekly" and on.weekday() != weekly_day else ""


def get_audience_addresses(
    list_id: int, ids: Sequence[int], *, as_of: datetime, suppressed_upto: int = 0
) -> AudienceAddresses:
    """These people, ascending by id, with the addresses as of an instant, and who must not be mailed any more.

    Suppressions up to `suppressed_upto` (see `Bounds`) were heeded when these people were chosen: only later ones
    are asked for. Somebody erased meanwhile counts as left, with an empty address.
    """
    if not ids:
        return AudienceAddresses((), (), {})
    where, which = _build_id_filter(ids)
    with connection.cursor() as cursor:
        cursor.execute(f"{_SUBSCRIBERS} WHERE p.id {where}", which)
        found = cursor.fetchall()
        left = dict.fromkeys(_suppressed_since(cursor, suppressed_upto, where, which, found), "suppressed")
        cursor.execute(f"{_SILENT} AND subscriber_id {where}", [list_id, *which])
        left.update(cursor.fetchall())
    if left:  # the range may hold others
        wanted = frozenset(ids)
        left = {person: why for person, why in left.items() if person in wanted}
    people = _order_by_ids(found, ids)
    _, current, first_names = zip(*people, strict=True)
    left.update((person, "erased") for person, address, _ in people if not address)
    sending = [*current] if "".join(current).isascii() else [*map(addresses.to_sendable, current)]
    for person, (address, never) in _find_addresses_at(ids, as_of).items():
        place = bisect_left(ids, person)
        if place < len(ids) and ids[place] == person and current[place]:
            sending[place] = addresses.to_sendable(address)
            if never:
                left.setdefault(person, "suppressed")
    return AudienceAddresses(sending, first_names, left)


def list_zones(ids: Sequence[int]) -> Sequence[str]:
    """The time zones of these people, ascending by id; "" where nothing is known."""
    if not ids:
        return []
    where, which = _build_id_filter(ids)
    with connection.cursor() as cursor:
        cursor.execute(f"{_ZONES} WHERE p.id {where}", which)
        found = dict(cursor.fetchall())
    return [found.get(person, "") for person in ids]


# Several questions instead of one join: nearly nobody has a row in the others, so the answers are there in a quarter
# of the time.
_SUBSCRIBERS = "SELECT p.id, p.address, p.first_name FROM subscribers_subscriber p"
_ZONES = "SELECT p.id, p.zone FROM subscribers_subscriber p"
_SILENT = "SELECT subscriber_id, state FROM subscribers_subscription WHERE list_id = %s AND NOT (state = 'active')"
_SUPPRESSED = """
    SELECT p.id FROM subscribers_suppression x JOIN subscribers_subscriber p ON p.address_key = x.address_key WHERE x.id > %s
"""
_ANY_NEWER_SUPPRESSION = "SELECT 1 FROM subscribers_suppression WHERE id > %s LIMIT 1"
_FORMER_ADDRESSES = """
    SELECT subscriber_id, address, address_key FROM subscribers_addresschange
     WHERE until > %s AND subscriber_id BETWEEN %s AND %s ORDER BY until DESC
"""
_DENSE = 8  # a range is read as a whole, the quickest way, unless it is so many times longer than who is wanted of it


def _build_id_filter(ids: Sequence[int]) -> tuple[str, Sequence[int]]:
    """How SQL says “one of these ids”, or of a range that holds them all, and the parameters of it."""
    if ids[-1] - ids[0] <= _DENSE * len(ids):
        return "BETWEEN %s AND %s", (ids[0], ids[-1])
    return f"IN ({', '.join(['%s'] * len(ids))})", ids


def _suppressed_since(
    cursor: Any, upto: int, where: str, which: Sequence[int], people: Sequence[tuple[int, str, str]]
) -> Sequence[int]:
    """Who of these people has an address, or a domain, that was suppressed after the suppression with the id `upto`."""
    cursor.execute(_ANY_NEWER_SUPPRESSION, [upto])
    if cursor.fetchone() is None:
        return []
    cursor.execute(f"{_SUPPRESSED} AND p.id {where}", [upto, *which])
    by_address = [person for (person,) in cursor.fetchall()]
    cursor.execute("SELECT address_key FROM subscribers_suppression WHERE id > %s AND address_key LIKE '@%%'", [upto])
    domains = {key[1:] for (key,) in cursor.fetchall()}
    if not domains:
        return by_address
    return [
        *by_address,
        *(person for person, address, _ in people if addresses.to_key(address).rpartition("@")[2] in domains),
    ]


def _order_by_ids(found: Sequence[tuple[int, str, str]], ids: Sequence[int]) -> Sequence[tuple[int, str, str]]:
    """The rows of exactly these people, ascending; empty ones for those who are not there any more."""
    if [row[0] for row in found] == [*ids]:
        return found
    by_id = {row[0]: row for row in found}
    return [by_id.get(person, (person, "", "")) for person in ids]


def _find_addresses_at(ids: Sequence[int], as_of: datetime) -> dict[int, tuple[str, bool]]:
    """The former addresses that counted at an instant, by person, and whether each must never be mailed."""
    with connection.cursor() as cursor:
        cursor.execute(_FORMER_ADDRESSES, [connection.ops.adapt_datetimefield_value(as_of), ids[0], ids[-1]])
        # The earliest change after the instant is read last: its address was the one then.
        then = {person: (address, key) for person, address, key in cursor.fetchall()}
    keys = [key for _, key in then.values()]
    never = (
        set(models.Suppression.objects.filter(address_key__in=keys).values_list("address_key", flat=True))
        if keys
        else set()
    )
    return {person_id: (address, key in never) for person_id, (address, key) in then.items()}


def find_subscribers(
    query: str, *, list_id: int | None = None, limit: int = 50, after: int = 0
) -> tuple[SubscriberMatch, ...]:
    """People by part of a name or of any address they ever had, ascending by id behind `after`."""
    text = query.strip()
    rows = models.Subscriber.objects.filter(id__gt=after).order_by("id")
    if list_id is not None:
        rows = rows.filter(subscriptions__list_id=list_id)
    matched: dict[int, str] = {}
    if text:
        old = models.AddressChange.objects.filter(address_key__contains=text.casefold()).order_by("until")
        matched = dict(old.values_list("subscriber_id", "address")[:limit])
        rows = rows.filter(id__in={*matched, *_search_names(text, list_id, limit, after)})
    found = rows.prefetch_related("subscriptions")[:limit]
    return tuple(
        SubscriberMatch(
            row.id,
            row.address,
            row.first_name,
            row.last_name,
            matched.get(row.id, "") if _address_hides_match(row.address_key, text) else "",
            _join_states(row, list_id),
        )
        for row in found
    )


def _search_names(text: str, list_id: int | None, limit: int, after: int) -> Sequence[int]:
    """The first people behind an id with a text in their address or name: every one of them is looked at, if it must be."""
    # To SQLite, and to PostgreSQL in its quick way, É and é are two letters: what is not ASCII is looked for as it may be written.
    ways = sorted({text, text.lower(), text.upper(), text.title()}) if not text.isascii() else [text]
    if connection.vendor == "sqlite":
        in_address, pattern, columns = "instr(p.address_key, %s) > 0", text.casefold(), ("p.first_name", "p.last_name")
    else:
        in_address, pattern = "p.address_key LIKE %s ESCAPE '!'", f"%{sql.escape_like(text.casefold())}%"
        columns = ('p.first_name COLLATE "C"', 'p.last_name COLLATE "C"')
    like = sql.build_like(text)
    names = " OR ".join(f"{column} {like}" for _ in ways for column in columns)
    asked = f"p.id > %s AND ({in_address} OR {names}"
    values: tuple[Any, ...] = (after, pattern)
    values += tuple(f"%{sql.escape_like(way)}%" for way in ways for _ in range(2))
    first, blank, last = text.partition(" ")
    if blank and last.strip():
        asked += f" OR ({columns[0]} {like} AND {columns[1]} {like})"
        values += (f"%{sql.escape_like(first)}", f"{sql.escape_like(last.strip())}%")
    asked += ")"
    if list_id is not None:
        asked += (
            " AND EXISTS (SELECT 1 FROM subscribers_subscription u WHERE u.list_id = %s AND u.subscriber_id = p.id)"
        )
        values += (list_id,)
    rows = sql.select_in_ranges(
        "SELECT p.id FROM subscribers_subscriber p", sql.SqlFragment(asked, values), f"LIMIT {limit:d}"
    )
    return sorted(person for (person,) in rows)[:limit]


def _address_hides_match(address_key: str, text: str) -> bool:
    """Whether the present address does not show what was searched for."""
    return text.casefold() not in address_key


def _join_states(row: models.Subscriber, list_id: int | None) -> str:
    states = [s.state for s in row.subscriptions.all() if list_id is None or s.list_id == list_id]
    return ", ".join(sorted(set(states)))


def find_subscriber_by_address(address: str) -> Subscriber | None:
    """The person with this address, now or formerly; None if there is nobody."""
    key = addresses.to_key(addresses.unwrap_address(address))
    found = models.Subscriber.objects.filter(address_key=key).values_list("id", flat=True).first()
    if found is None:
        found = (
            models.AddressChange.objects.filter(address_key=key)
            .order_by("-until")
            .values_list("subscriber_id", flat=True)
            .first()
        )
    return get_subscriber(found) if found else None


def get_subscriber(subscriber_id: int) -> Subscriber:
    """The person with this id. Raises NotFound."""
    row = models.Subscriber.objects.filter(id=subscriber_id).first()
    if row is None:
        raise NotFound(f"There is no reader {subscriber_id}. Search with: newsletter subscribers find TEXT")
    names = {each.id: each.name for each in list_lists()}
    domain = row.address_key[row.address_key.rindex("@") :]
    suppression = models.Suppression.objects.filter(address_key__in=(row.address_key, domain)).first()
    return Subscriber(
        id=row.id,
        address=row.address,
        first_name=row.first_name,
        last_name=row.last_name,
        language=row.language,
        zone=row.zone,
        source=row.source,
        tracked=row.tracked,
        tier=row.tier,
        attributes=row.attributes,
        tags=tuple(sorted(row.tagged.values_list("tag__name", flat=True))),
        created_at=row.created_at,
        subscriptions=tuple(
            _to_subscription(s, names) for s in row.subscriptions.select_related("engagement").order_by("list_id")
        ),
        former_addresses=tuple(
            FormerAddress(f.address, f.since, f.until, f.changed_by) for f in row.former_addresses.order_by("-until")
        ),
        consents=tuple(_to_consent_event(c, names) for c in row.consents.order_by("-at", "-id")[:200]),
        suppressed=suppression.reason if suppression else "",
    )


def list_consent_events(subscriber_id: int) -> Iterator[ConsentEvent]:
    """Every change of a person's subscriptions, oldest first."""
    names = {each.id: each.name for each in list_lists()}
    for row in models.Consent.objects.filter(subscriber_id=subscriber_id).order_by("id").iterator(chunk_size=1000):
        yield _to_consent_event(row, names)


def _to_consent_event(row: models.Consent, names: dict[int, str]) -> ConsentEvent:
    where = names.get(row.list_id, "") if row.list_id else "all lists"
    return ConsentEvent(
        row.at, where, row.state, row.how, row.by, row.origin, row.words, row.network or "", row.claimed_at, row.reason
    )


def get_requested_address(claims: tokens.Claims) -> str:
    """The new address a link is about (its wish stands in place of the list). Raises NotFound."""
    row = models.AddressWish.objects.filter(id=claims.list_id, subscriber_id=claims.subscriber_id).first()
    if row is None:
        raise NotFound("There is no such wish.")
    return row.address


def _to_subscription(row: models.Subscription, names: dict[int, str]) -> Subscription:
    made = Subscription(
        row.list_id,
        names[row.list_id],
        row.state,
        row.since,
        row.confirmed_at,
        row.source,
        row.frequency,
        row.paused_until,
    )
    seen = getattr(row, "engagement", None)
    if seen is None:
        return made
    return replace(made, opened_at=seen.last_opened_at, clicked_at=seen.last_clicked_at, engagement_as_of=seen.as_of)


def to_list(row: models.List) -> List:
    """The value of a row."""
    return List(
        row.id, row.slug, row.name, row.description, row.language, row.double_opt_in, row.public, row.weekly_day
    )


def get_addresses_by_id(ids: Sequence[int]) -> dict[int, str]:
    """The present addresses of some people."""
    return dict(models.Subscriber.objects.filter(id__in=ids).values_list("id", "address"))
