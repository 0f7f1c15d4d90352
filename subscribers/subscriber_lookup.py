"""Finding subscribers, and what is known of them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from functools import cache
from typing import NamedTuple

from django.conf import settings
from django.db import connection
from django.db.models import Exists, Max, OuterRef

from newsletter.kernel.actors import Actor, Verb
from newsletter.kernel.errors import NotAllowed, NotFound
from newsletter.kernel.text import has_all_words, list_spellings
from subscribers import addresses, lists, models, rights, search_index, sql_fragments, tiers, tokens
from subscribers.states import Frequency, SubscriptionState
from subscribers.values import (
    ConsentEvent,
    FormerAddress,
    ListState,
    Subscriber,
    SubscriberMatch,
    Subscription,
    VisibleSubscriber,
)

MOST_WORDS = 8  # of a text that people are looked for by
# With more people the names with accents are not read for a text without: that would take longer than the search.
FOLDED_UP_TO = 200_000


def get_signer() -> tokens.Signer:
    """The signer of links, with today's key and the former ones."""
    return _build_signer((settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS))


@cache
def _build_signer(keys: tuple[str, ...]) -> tokens.Signer:
    return tokens.Signer(keys)


def find_subscribers(
    query: str,
    *,
    by: Actor,
    list_id: int | None = None,
    state: SubscriptionState | None = None,
    limit: int = 50,
    after: int = 0,
) -> tuple[SubscriberMatch, ...]:
    """People by part of a name or of any address they ever had, ascending by id behind `after`.

    On a list, or (None) on any that the actor may see; with `state`, only who is in it there. Names and former
    addresses that the actor may not know are neither shown nor searched. Raises NotAllowed.
    """
    visible = by.list_visible_lists(Verb.SUBSCRIBERS)
    if list_id is not None or not visible:
        rights.require_visible_list(by, list_id)
    list_ids = visible if list_id is None else frozenset({list_id})
    if list_ids is None and state is not None:
        list_ids = frozenset(each.id for each in lists.list_lists())
    wanted = _Wanted(query.strip(), None if list_ids is None else sorted(list_ids), state)
    if visible is None:
        return _find(wanted, limit, after)
    found: list[SubscriberMatch] = []
    while len(found) < limit:
        page = _find(wanted, limit, after)
        found += _hide_matches(page, wanted.text, by)
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
        if each.id in changeable or has_all_words(words, text):
            yield shown


def find_matching(ids: Sequence[int], query: str, *, by: Actor) -> frozenset[int]:
    """Those of some people with a text in a name or an address they ever had, as far as the actor may know these."""
    words = dict[int, list[str]]()
    changeable, named = rights.select_changeable(by, ids), rights.select_named(by, ids)
    people = models.Subscriber.objects.filter(id__in=ids)
    for person, address, first_name, last_name in people.values_list("id", "address_key", "first_name", "last_name"):
        words[person] = [f"{address} {first_name} {last_name}" if person in named else address]
    former = models.FormerAddress.objects.filter(subscriber_id__in=changeable)
    for person, address in former.values_list("subscriber_id", "address_key"):
        words[person].append(address)
    return frozenset(person for person, texts in words.items() if any(has_all_words(each, query) for each in texts))


class _Wanted(NamedTuple):
    """Who is looked for: by a text, on one of these lists (None: on any or none), in a state."""

    text: str
    list_ids: Sequence[int] | None
    state: SubscriptionState | None


def _find(wanted: _Wanted, limit: int, after: int) -> tuple[SubscriberMatch, ...]:
    rows = models.Subscriber.objects.filter(id__gt=after).order_by("id")
    matched: dict[int, str] = {}
    if wanted.text:
        matched = _search_former_addresses(wanted, limit, after)
        rows = rows.filter(id__in={*matched, *_search_names(wanted, limit, after)})
    elif wanted.list_ids is not None:
        rows = rows.filter(id__in=_list_next_ids(wanted, limit, after))
    found = rows.prefetch_related("subscriptions")[:limit]
    return tuple(
        SubscriberMatch(
            row.id,
            row.address,
            row.first_name,
            row.last_name,
            matched.get(row.id, "") if _address_hides_match(row.address_key, wanted.text) else "",
            ", ".join(sorted({each.state for each in held})),
            held,
        )
        for row, held in ((row, _list_states(row, wanted.list_ids)) for row in found)
    )


def _list_next_ids(wanted: _Wanted, limit: int, after: int) -> Sequence[int]:
    """The first subscribers of lists behind an id: asked of an index list by list, or all of them would be sorted."""
    found: set[int] = set()
    for list_id in wanted.list_ids or ():
        rows = models.Subscription.objects.filter(list_id=list_id, subscriber_id__gt=after).order_by("subscriber_id")
        if wanted.state is not None:
            rows = rows.filter(state=wanted.state)
        found.update(rows.values_list("subscriber_id", flat=True)[:limit])
    return sorted(found)[:limit]


def _search_former_addresses(wanted: _Wanted, limit: int, after: int) -> dict[int, str]:
    """The first subscribers behind an id with a text in an address they had, and the latest such address of each."""
    rows = models.FormerAddress.objects.filter(subscriber_id__gt=after, address_key__contains=wanted.text.casefold())
    if wanted.list_ids is not None:
        held = models.Subscription.objects.filter(subscriber_id=OuterRef("subscriber_id"), list_id__in=wanted.list_ids)
        rows = rows.filter(Exists(held if wanted.state is None else held.filter(state=wanted.state)))
    ids = [*rows.order_by("subscriber_id").values_list("subscriber_id", flat=True).distinct()[:limit]]
    return dict(rows.filter(subscriber_id__in=ids).order_by("until").values_list("subscriber_id", "address"))


def _search_names(wanted: _Wanted, limit: int, after: int) -> Sequence[int]:
    """The first subscribers behind an id with a text in their address or name: by the index as far as it goes."""
    found = _search_as_typed(_limit_to_lists(_build_named(wanted.text), wanted), wanted, limit, after)
    folded = _search_folded(wanted, limit, after)
    return sorted({*found, *folded})[:limit]


def _limit_to_lists(asked: sql_fragments.SqlFragment, wanted: _Wanted) -> sql_fragments.SqlFragment:
    if wanted.list_ids is None:
        return asked
    held = _build_held(wanted.list_ids, wanted.state)
    return sql_fragments.SqlFragment(f"{asked.text} AND {held.text}", asked.values + held.values)


def _search_folded(wanted: _Wanted, limit: int, after: int) -> list[int]:
    """Those whose names have accents that the text has not: these names are read, unless there are too many people."""
    highest = models.Subscriber.objects.aggregate(n=Max("id"))["n"] or 0
    if highest > FOLDED_UP_TO:
        return []
    beyond = (
        "p.first_name || p.last_name GLOB '*[^ -~]*'"
        if connection.vendor == "sqlite"
        else "(p.first_name || p.last_name) ~ '[^ -~]'"
    )
    asked = _limit_to_lists(sql_fragments.SqlFragment(f"p.id > %s AND ({beyond})", (after,)), wanted)
    found = []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT p.id, p.address_key || ' ' || p.first_name || ' ' || p.last_name "  # noqa: S608
            f"FROM subscribers_subscriber p WHERE {asked.text} ORDER BY p.id",
            list(asked.values),
        )
        for person, words in cursor:
            if has_all_words(words, wanted.text):
                found.append(person)
                if len(found) == limit:
                    break
    return found


def _search_as_typed(asked: sql_fragments.SqlFragment, wanted: _Wanted, limit: int, after: int) -> list[int]:
    match, mark = search_index.build_match(wanted.text), search_index.find_mark()
    if not match or not mark:
        return _read_names(asked, limit, after)
    found = search_index.select_candidates(match, asked, limit, after) if after < mark else []
    if len(found) < limit and models.Subscriber.objects.filter(id__gt=mark).exists():
        found += _read_names(asked, limit - len(found), max(after, mark))
    return found


def _read_names(asked: sql_fragments.SqlFragment, limit: int, after: int) -> list[int]:
    """Reads all behind an id if need be."""
    behind = sql_fragments.SqlFragment(f"p.id > %s AND {asked.text}", (after, *asked.values))
    select, tail = "SELECT p.id FROM subscribers_subscriber p", f"ORDER BY p.id LIMIT {limit:d}"
    return sorted(person for (person,) in sql_fragments.select_in_ranges(select, behind, tail))[:limit]


def _build_named(text: str) -> sql_fragments.SqlFragment:
    """That the address or the name of p has every word of a text somewhere."""
    words = [_build_named_word(word) for word in text.split()[:MOST_WORDS]]
    return sql_fragments.SqlFragment(
        f"({' AND '.join(each.text for each in words)})", tuple(value for each in words for value in each.values)
    )


def _build_named_word(word: str) -> sql_fragments.SqlFragment:
    ways = list_spellings(word)
    if connection.vendor == "sqlite":
        in_address, columns = "instr(p.address_key, %s) > 0", ("p.first_name", "p.last_name")
        patterns = [way.casefold() for way in ways]
    else:
        in_address, columns = (
            "p.address_key LIKE %s ESCAPE '!'",
            ('p.first_name COLLATE "C"', 'p.last_name COLLATE "C"'),
        )
        patterns = [f"%{sql_fragments.escape_like(way.casefold())}%" for way in ways]
    patterns = list(dict.fromkeys(patterns))
    in_names = [f"{column} {sql_fragments.build_like(word)}" for _ in ways for column in columns]
    values = (*patterns, *(f"%{sql_fragments.escape_like(way)}%" for way in ways for _ in columns))
    return sql_fragments.SqlFragment(f"({' OR '.join([in_address] * len(patterns) + in_names)})", values)


def _build_held(list_ids: Sequence[int], state: SubscriptionState | None) -> sql_fragments.SqlFragment:
    """That p is on one of these lists, perhaps in a state."""
    marks = ", ".join("%s" for _ in list_ids) or "NULL"
    asked = f"EXISTS (SELECT 1 FROM subscribers_subscription u WHERE u.list_id IN ({marks}) AND u.subscriber_id = p.id"  # noqa: S608
    if state is None:
        return sql_fragments.SqlFragment(f"{asked})", tuple(list_ids))
    return sql_fragments.SqlFragment(f"{asked} AND u.state = %s)", (*list_ids, state.value))


def _address_hides_match(address_key: str, text: str) -> bool:
    """Whether the present address does not show what was searched for."""
    return text.casefold() not in address_key


def _list_states(row: models.Subscriber, list_ids: Sequence[int] | None) -> tuple[ListState, ...]:
    held = [each for each in row.subscriptions.all() if list_ids is None or each.list_id in list_ids]
    held.sort(key=lambda each: each.list_id)
    return tuple(ListState(each.list_id, SubscriptionState(each.state), each.since) for each in held)


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
        raise NotFound(
            f"There is no subscriber {subscriber_id}.", command_hint="Search with: newsletter subscribers find TEXT"
        )
    names = lists.map_list_names()
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
    names = lists.map_list_names()
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
