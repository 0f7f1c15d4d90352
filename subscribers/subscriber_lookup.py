"""Finding subscribers, and what is known of them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

from django.conf import settings
from django.db import connection

from newsletter.kernel.actors import Actor, Verb
from newsletter.kernel.errors import NotAllowed, NotFound
from subscribers import addresses, lists, models, rights, sql_fragments, tiers, tokens
from subscribers.states import Frequency, SubscriptionState
from subscribers.values import (
    ConsentEvent,
    FormerAddress,
    Subscriber,
    SubscriberMatch,
    Subscription,
    VisibleSubscriber,
)


def get_signer() -> tokens.Signer:
    """The signer of links, with today's key and the former ones."""
    return _build_signer((settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS))


@cache
def _build_signer(keys: tuple[str, ...]) -> tokens.Signer:
    return tokens.Signer(keys)


def find_subscribers(
    query: str, *, by: Actor, list_id: int | None = None, limit: int = 50, after: int = 0
) -> tuple[SubscriberMatch, ...]:
    """People by part of a name or of any address they ever had, ascending by id behind `after`.

    Names and former addresses that the actor may not know are neither shown nor searched. Raises NotAllowed.
    """
    rights.require_visible_list(by, list_id)
    if by.list_visible_lists(Verb.SUBSCRIBERS) is None:
        return _find(query.strip(), list_id, limit, after)
    found: list[SubscriberMatch] = []
    while len(found) < limit:
        page = _find(query.strip(), list_id, limit, after)
        found += _hide_matches(page, query.strip(), by)
        if len(page) < limit:
            break
        after = page[-1].id
    return tuple(found[:limit])


def _hide_matches(page: Sequence[SubscriberMatch], text: str, by: Actor) -> Iterator[SubscriberMatch]:
    """The matches as the actor may see them, without those that what is hidden made one."""
    ids = [each.id for each in page]
    changeable, named = rights.select_changeable(by, ids), rights.select_named(by, ids)
    for each in page:
        shown = each if each.id in named else replace(each, first_name="", last_name="")
        shown = shown if each.id in changeable else replace(shown, matched="")
        words = f"{shown.address} {shown.first_name} {shown.last_name}"
        if each.id in changeable or text.casefold() in words.casefold():
            yield shown


def find_matching(ids: Sequence[int], query: str, *, by: Actor) -> frozenset[int]:
    """Those of some people with a text in a name or an address they ever had, as far as the actor may know these."""
    text, words = query.strip().casefold(), dict[int, list[str]]()
    changeable, named = rights.select_changeable(by, ids), rights.select_named(by, ids)
    people = models.Subscriber.objects.filter(id__in=ids)
    for person, address, first_name, last_name in people.values_list("id", "address_key", "first_name", "last_name"):
        words[person] = [address, f"{first_name} {last_name}"] if person in named else [address]
    former = models.FormerAddress.objects.filter(subscriber_id__in=changeable)
    for person, address in former.values_list("subscriber_id", "address_key"):
        words[person].append(address)
    return frozenset(person for person, texts in words.items() if any(text in each.casefold() for each in texts))


def _find(text: str, list_id: int | None, limit: int, after: int) -> tuple[SubscriberMatch, ...]:
    rows = models.Subscriber.objects.filter(id__gt=after).order_by("id")
    if list_id is not None and not text:
        rows = rows.filter(id__in=_list_next_ids(list_id, limit, after))
    elif list_id is not None:
        rows = rows.filter(subscriptions__list_id=list_id)
    matched: dict[int, str] = {}
    if text:
        old = models.FormerAddress.objects.filter(address_key__contains=text.casefold()).order_by("until")
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


def _list_next_ids(list_id: int, limit: int, after: int) -> Sequence[int]:
    """The first subscribers of a list behind an id: asked of an index by itself, or all of the list would be sorted."""
    rows = models.Subscription.objects.filter(list_id=list_id, subscriber_id__gt=after).order_by("subscriber_id")
    return list(rows.values_list("subscriber_id", flat=True)[:limit])


def _search_names(text: str, list_id: int | None, limit: int, after: int) -> Sequence[int]:
    """The first subscribers behind an id with a text in their address or name; all are read if need be."""
    # SQLite, and PostgreSQL in its quick way, fold ASCII alone: other letters are searched for as they may be written.
    ways = sorted({text, text.lower(), text.upper(), text.title()}) if not text.isascii() else [text]
    if connection.vendor == "sqlite":
        in_address, pattern, columns = "instr(p.address_key, %s) > 0", text.casefold(), ("p.first_name", "p.last_name")
    else:
        in_address, pattern = "p.address_key LIKE %s ESCAPE '!'", f"%{sql_fragments.escape_like(text.casefold())}%"
        columns = ('p.first_name COLLATE "C"', 'p.last_name COLLATE "C"')
    like = sql_fragments.build_like(text)
    names = " OR ".join(f"{column} {like}" for _ in ways for column in columns)
    asked = f"p.id > %s AND ({in_address} OR {names}"
    values: tuple[Any, ...] = (after, pattern)
    values += tuple(f"%{sql_fragments.escape_like(way)}%" for way in ways for _ in range(2))
    first, blank, last = text.partition(" ")
    if blank and last.strip():
        asked += f" OR ({columns[0]} {like} AND {columns[1]} {like})"
        values += (f"%{sql_fragments.escape_like(first)}", f"{sql_fragments.escape_like(last.strip())}%")
    asked += ")"
    if list_id is not None:
        asked += (
            " AND EXISTS (SELECT 1 FROM subscribers_subscription u WHERE u.list_id = %s AND u.subscriber_id = p.id)"
        )
        values += (list_id,)
    rows = sql_fragments.select_in_ranges(
        "SELECT p.id FROM subscribers_subscriber p", sql_fragments.SqlFragment(asked, values), f"LIMIT {limit:d}"
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
            models.FormerAddress.objects.filter(address_key=key)
            .order_by("-until")
            .values_list("subscriber_id", flat=True)
            .first()
        )
    return get_subscriber(found) if found else None


def get_subscriber(subscriber_id: int) -> Subscriber:
    """The person with this id. Raises NotFound."""
    row = models.Subscriber.objects.filter(id=subscriber_id).first()
    if row is None:
        raise NotFound(f"There is no subscriber {subscriber_id}. Search with: newsletter subscribers find TEXT")
    names = {each.id: each.name for each in lists.list_lists()}
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
        tier=tiers.to_name(row.tier),
        tier_ends_at=row.tier_ends_at,
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
        tracking_agreed_at=row.tracking_agreed_at,
    )


def show_subscriber(subscriber_id: int, *, by: Actor) -> VisibleSubscriber:
    """The person with this id, as far as the actor may see them. Raises NotAllowed, NotFound."""
    visible = by.list_visible_lists(Verb.SUBSCRIBERS)
    if visible is None:
        return VisibleSubscriber(get_subscriber(subscriber_id), by.may(Verb.SUBSCRIBERS))
    held = models.Subscription.objects.filter(subscriber_id=subscriber_id, list_id__in=visible)
    if not held.exists():
        raise NotAllowed("You have no right to see this subscriber.")
    person = get_subscriber(subscriber_id)
    if subscriber_id in rights.select_changeable(by, [subscriber_id]):
        return VisibleSubscriber(_hide_lists(person, visible), True)
    is_named = subscriber_id in rights.select_named(by, [subscriber_id])
    return VisibleSubscriber(_hide_profile(person, visible, is_named=is_named), False)


def _hide_profile(person: Subscriber, visible: Collection[int], *, is_named: bool) -> Subscriber:
    """A person without what belongs to those who have the right for all their lists."""
    shown = _hide_lists(person, visible)
    mine = tuple(replace(each, opened_at=None, clicked_at=None, engagement_as_of=None) for each in shown.subscriptions)
    return replace(
        shown,
        first_name=person.first_name if is_named else "",
        last_name=person.last_name if is_named else "",
        language="",
        zone="",
        source="",
        tracked=True,
        tier="",
        tier_ends_at=None,
        attributes={},
        tags=(),
        created_at=min(each.since for each in mine),
        subscriptions=mine,
        former_addresses=(),
        suppressed="",
        tracking_agreed_at=None,
    )


def _hide_lists(person: Subscriber, visible: Collection[int]) -> Subscriber:
    """A person without what other lists than these know."""
    return replace(
        person,
        subscriptions=tuple(each for each in person.subscriptions if each.list_id in visible),
        consents=tuple(each for each in person.consents if each.list_id in visible),
    )


def list_consent_events(subscriber_id: int) -> Iterator[ConsentEvent]:
    """Every change of a person's subscriptions, oldest first."""
    names = {each.id: each.name for each in lists.list_lists()}
    for row in models.ConsentEvent.objects.filter(subscriber_id=subscriber_id).order_by("id").iterator(chunk_size=1000):
        yield _to_consent_event(row, names)


def _to_consent_event(row: models.ConsentEvent, names: dict[int, str]) -> ConsentEvent:
    where = names.get(row.list_id, "") if row.list_id else "all lists"
    return ConsentEvent(
        row.at,
        where,
        row.state,
        row.how,
        row.by,
        row.origin,
        row.words,
        row.network or "",
        row.claimed_at,
        row.reason,
        row.list_id or 0,
        row.before,
        row.form_hash,
        row.notice_hash,
        row.mail_hash,
        row.tracking,
    )


def get_requested_address(claims: tokens.Claims) -> str:
    """The new address a link is about (its wish stands in place of the list). Raises NotFound."""
    row = models.AddressChangeRequest.objects.filter(id=claims.list_id, subscriber_id=claims.subscriber_id).first()
    if row is None:
        raise NotFound("There is no such wish.")
    return row.address


def _to_subscription(row: models.Subscription, names: dict[int, str]) -> Subscription:
    made = Subscription(
        row.list_id,
        names[row.list_id],
        SubscriptionState(row.state),
        row.since,
        row.confirmed_at,
        row.source,
        Frequency(row.frequency),
        row.paused_until,
        requested_at=row.requested_at,
    )
    seen = getattr(row, "engagement", None)
    if seen is None:
        return made
    return replace(made, opened_at=seen.last_opened_at, clicked_at=seen.last_clicked_at, engagement_as_of=seen.as_of)


def get_addresses_by_id(ids: Sequence[int]) -> dict[int, str]:
    """The present addresses of some people."""
    return dict(models.Subscriber.objects.filter(id__in=ids).values_list("id", "address"))
