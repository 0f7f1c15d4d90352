"""The audience of a list: who may be mailed, and at which address. What a freeze and a hand-over ask."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from functools import partial
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import Q

from subscribers import addresses, models
from subscribers.sql_fragments import SqlFragment, cut_range, is_postgresql, read_in_ranges
from subscribers.states import AudienceExclusion, SubscriptionState
from subscribers.values import AudienceAddresses, AudienceBounds, AudienceCandidate


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
    gone = models.Subscription.objects.filter(~Q(state=SubscriptionState.ACTIVE), list_id=list_id, since__gte=since)
    return tuple(gone.filter(state=SubscriptionState.UNSUBSCRIBED).values_list("subscriber_id", "since"))


class _Reasons(NamedTuple):
    """Columns that say why a candidate must not be mailed, with the parameters of all of them.

    `barred` is so whatever the address, `declined` counts where mail can be sent to it. Between the two Python decides
    about the address, which is on one line in its column, and only where it is not fit at the first look: to a database
    that look would take longer than all the rest.
    """

    barred: str
    address: str
    declined: str
    values: tuple[Any, ...]
    never: Collection[str]  # domains that are never mailed


_CANDIDATES = """
      FROM subscribers_subscription s
      JOIN subscribers_list l ON l.id = s.list_id
      JOIN subscribers_subscriber p ON p.id = s.subscriber_id
 LEFT JOIN subscribers_suppression x ON x.address_key = p.address_key
     WHERE s.list_id = %s/*s.subscriber_id*/
"""
_NEWLINE = "'\n'"
PEOPLE_AT_ONCE = 250_000  # ids of which the addresses are read at once when an audience is counted: 6 MB


def list_audience_page(
    list_id: int, *, after: int, upto: int, limit: int, on: date | None = None, segment: SqlFragment | None = None
) -> Sequence[AudienceCandidate]:
    """The next people of a list behind the id `after`, ascending, with the reason why one must not be mailed.

    `on` is the day of the edition: those who want one a week, or none for a while, may not get it. Without it all do.
    With a segment only those who are in it may get it.
    """
    reasons = _build_reasons(on, segment)
    if segment is not None:  # so that what it asks of other tables is asked about this page alone
        upto = min(upto, _find_page_end(list_id, after, limit) or upto)
    columns = f"s.subscriber_id, {reasons.barred}, {reasons.address}, {reasons.declined}, p.language, p.tracked"
    statement = f"SELECT {columns}, p.tracking_agreed_at IS NOT NULL {_CANDIDATES} ORDER BY s.subscriber_id LIMIT %s"
    with connection.cursor() as cursor:
        cursor.execute(cut_range(statement, after, upto), [*reasons.values, list_id, limit])
        found = cursor.fetchall()
    lines = "".join([f"{address}\n" for _, barred, address, *_ in found if not barred])
    unfit = {address: _find_address_exclusion(address, reasons.never) for address in addresses.list_doubtful(lines)}
    return [
        AudienceCandidate(person, barred or unfit.get(address) or declined, language, bool(tracked), bool(agreed))
        for person, barred, address, declined, language, tracked, agreed in found
    ]


def count_candidates(list_id: int, *, on: date | None = None, segment: SqlFragment | None = None) -> Counter[str]:
    """How many of a list there are by the reason that `list_audience_page` gives; "" for who may be mailed."""
    reasons = _build_reasons(on, segment)
    join_lines = "string_agg" if is_postgresql() else "group_concat"
    columns = f"{reasons.barred} AS barred, {reasons.address} AS address, {reasons.declined} AS declined"
    statement = f"""
        SELECT barred, declined, count(*), {join_lines}(CASE barred WHEN '' THEN address END, {_NEWLINE})
          FROM (SELECT {columns} {_CANDIDATES}) q
      GROUP BY 1, 2
    """
    asked = SqlFragment(statement, (*reasons.values, list_id))
    return sum(read_in_ranges(asked, partial(_add_up, never=reasons.never), longest=PEOPLE_AT_ONCE), Counter())


def _add_up(rows: Iterable[tuple[Any, ...]], never: Collection[str]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for barred, declined, people, lines in rows:
        counts[barred or declined] += people
        for address in () if barred else addresses.list_doubtful(f"{lines}\n"):
            reason = _find_address_exclusion(address, never)
            counts[reason or declined] += 1
            counts[declined] -= 1
    return counts


def _build_reasons(on: date | None, segment: SqlFragment | None) -> _Reasons:
    never = _find_suppressed_domains()
    suppressed = f"x.id IS NOT NULL OR {_cut_domain()} IN ({_select_domains()})" if never else "x.id IS NOT NULL"
    declined, values = "", list[Any]()
    if on is not None:
        declined += " WHEN s.paused_until > %s THEN 'paused' WHEN s.frequency = 'weekly' AND l.weekly_day <> %s"
        declined += " THEN 'frequency'"
        values += [connection.ops.adapt_datefield_value(on), on.weekday()]
    if segment is not None:
        outside = segment.negate()
        declined += f" WHEN {outside.text} THEN 'segment'"
        values += outside.values
    return _Reasons(
        f"CASE WHEN s.state <> 'active' THEN s.state WHEN {suppressed} THEN 'suppressed' ELSE '' END",
        f"replace(p.address, {_NEWLINE}, ' ')",
        f"CASE{declined} ELSE '' END" if declined else "''",
        tuple(values),
        never,
    )


def _find_page_end(list_id: int, after: int, limit: int) -> int | None:
    """The last id of the page behind `after`; None where it is not full."""
    rows = models.Subscription.objects.filter(list_id=list_id, subscriber_id__gt=after).order_by("subscriber_id")
    return rows.values_list("subscriber_id", flat=True)[limit - 1 : limit].first()


def _find_address_exclusion(address: str, never: Collection[str]) -> str:
    if never and addresses.to_key(address).rpartition("@")[2] in never:
        return AudienceExclusion.SUPPRESSED
    return "" if addresses.is_sendable(address) else AudienceExclusion.INVALID


def _cut_domain() -> str:
    """SQL for the domain of an address that is fit, with its @, as domains are compared."""
    return f"lower(substr(p.address, {'strpos' if is_postgresql() else 'instr'}(p.address, '@')))"


def _select_domains() -> str:
    """SQL for the domains that are never mailed, each with an @, by the index of their table."""
    return f"SELECT d.address_key FROM subscribers_suppression d WHERE d.address_key {_begins_with_at()}"


def _begins_with_at() -> str:
    return "LIKE '@%%'" if is_postgresql() else "GLOB '@*'"


def _find_suppressed_domains() -> Collection[str]:
    with connection.cursor() as cursor:
        cursor.execute(_select_domains(), [])
        return {key[1:] for (key,) in cursor.fetchall()}


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
        left = dict.fromkeys(
            _find_suppressed_since(cursor, suppressed_upto, where, which, found), AudienceExclusion.SUPPRESSED
        )
        cursor.execute(f"{_SILENT} AND subscriber_id {where}", [list_id, *which])
        left.update(cursor.fetchall())
    if left:  # the range may hold others
        wanted = frozenset(ids)
        left = {person: why for person, why in left.items() if person in wanted}
    people = _order_by_ids(found, ids)
    _, current, first_names = zip(*people, strict=True)
    left.update((person, AudienceExclusion.ERASED) for person, address, _ in people if not address)
    sending, never = _list_sendable(ids, current, as_of)
    for person in never:
        left.setdefault(person, AudienceExclusion.SUPPRESSED)
    return AudienceAddresses(sending, first_names, left)


def list_addresses_at(ids: Sequence[int], *, as_of: datetime) -> Sequence[str]:
    """The addresses of these people, ascending by id, as of an instant and fit for sending; "" of those erased."""
    if not ids:
        return ()
    where, which = _build_id_filter(ids)
    with connection.cursor() as cursor:
        cursor.execute(f"{_SUBSCRIBERS} WHERE p.id {where}", which)
        people = _order_by_ids(cursor.fetchall(), ids)
    return _list_sendable(ids, [address for _, address, _ in people], as_of)[0]


def _list_sendable(ids: Sequence[int], current: Sequence[str], as_of: datetime) -> tuple[list[str], list[int]]:
    """The addresses as of an instant of people who have these now, fit for sending; and whose must never be mailed."""
    sending = [*current] if "".join(current).isascii() else [*map(addresses.to_sendable, current)]
    suppressed = []
    for person, (address, never) in _find_addresses_at(ids, as_of).items():
        place = bisect_left(ids, person)
        if place < len(ids) and ids[place] == person and current[place]:
            sending[place] = addresses.to_sendable(address)
            if never:
                suppressed.append(person)
    return sending, suppressed


def get_address_keys(ids: Sequence[int], *, as_of: datetime) -> Mapping[int, Collection[str]]:
    """The addresses of these people, ascending by id, as of an instant, in the form in which addresses are compared.

    Two of somebody who changed it at that very instant. Those of people who were erased meanwhile are not known any
    more, and not among them.
    """
    if not ids:
        return {}
    where, which = _build_id_filter(ids)
    with connection.cursor() as cursor:
        cursor.execute(f"{_SUBSCRIBERS} WHERE p.id {where}", which)
        current = {person: address for person, address, _ in cursor.fetchall() if address}
        cursor.execute(_CHANGED_AT, [connection.ops.adapt_datetimefield_value(as_of), ids[0], ids[-1]])
        changed = cursor.fetchall()
    wanted = frozenset(ids)
    then = {person: address for person, (address, _) in _find_addresses_at(ids, as_of).items() if person in current}
    found = {person: {address} for person, address in {**current, **then}.items() if person in wanted}
    for person, address in changed:
        if person in found:
            found[person].add(address)
    return {person: {addresses.to_key(address) for address in each} for person, each in found.items()}


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
    SELECT p.id FROM subscribers_suppression x JOIN subscribers_subscriber p ON p.address_key = x.address_key
     WHERE x.id > %s
"""
_ANY_NEWER_SUPPRESSION = "SELECT 1 FROM subscribers_suppression WHERE id > %s LIMIT 1"
_FORMER_ADDRESSES = """
    SELECT subscriber_id, address, address_key FROM subscribers_addresschange
     WHERE until > %s AND subscriber_id BETWEEN %s AND %s ORDER BY until DESC
"""
_CHANGED_AT = """
    SELECT subscriber_id, address FROM subscribers_addresschange WHERE until = %s AND subscriber_id BETWEEN %s AND %s
"""
_DENSE = 8  # a range is read as a whole, the quickest way, unless it is so many times longer than who is wanted of it


def _build_id_filter(ids: Sequence[int]) -> tuple[str, Sequence[int]]:
    """SQL for “one of these ids”, or for a range that holds them all, with its parameters."""
    if ids[-1] - ids[0] <= _DENSE * len(ids):
        return "BETWEEN %s AND %s", (ids[0], ids[-1])
    return f"IN ({', '.join(['%s'] * len(ids))})", ids


def _find_suppressed_since(
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
