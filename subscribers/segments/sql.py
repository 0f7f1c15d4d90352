"""Segments in SQL, for both databases.

Everything from outside is a parameter. A condition is a fragment about a person `p`. Big sets are asked for with IN on
SQLite, which reads them once in order, instead of once for every person; and with EXISTS on PostgreSQL, which joins
them, where it would search a set that does not fit into its memory again for every person.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Max

from newsletter.kernel.errors import BadInput, NotFound
from subscribers import models, tiers
from subscribers.segments.grammar import MOST_EDITIONS, Condition, Group, GroupKind
from subscribers.sql_fragments import SqlFragment, escape_like, is_postgresql, like_operator, select_in_ranges
from subscribers.states import Tier

PAGE = 5_000


def build_where(group: Group, now: datetime) -> SqlFragment:
    """What a segment asks of a person `p`. Raises BadInput for a list or tag that is not there any more."""
    if not group.parts:
        return SqlFragment("1 = 1", ())
    parts = [build_where(part, now) if isinstance(part, Group) else _build_condition(part, now) for part in group.parts]
    if group.kind is GroupKind.NONE:  # one by one: PostgreSQL makes a join of a NOT EXISTS that stands alone
        parts = [part.negate() for part in parts]
    joined = (" OR " if group.kind is GroupKind.ANY else " AND ").join(f"({part.text})" for part in parts)
    values = tuple(value for part in parts for value in part.values)
    return SqlFragment(joined, values, all(part.never_null for part in parts))


def count_members(group: Group, now: datetime, *, list_id: int | None = None) -> int:
    """How many people a segment has; with a list, of those who get it."""
    asked = _limit_to_list(build_where(group, now), list_id)
    return sum(row[0] for row in select_in_ranges("SELECT count(*) FROM subscribers_subscriber p", asked))


def select_members(group: Group, now: datetime, *, list_id: int | None = None, after: int = 0) -> Iterator[int]:
    """The ids of a segment's people, ascending, behind an id."""
    asked = _limit_to_list(build_where(group, now), list_id)
    statement = (
        f"SELECT p.id FROM subscribers_subscriber p WHERE p.id > %s AND ({asked.text}) ORDER BY p.id LIMIT {PAGE}"
    )
    while True:
        with connection.cursor() as cursor:
            cursor.execute(statement, [after, *asked.values])
            ids = [row[0] for row in cursor.fetchall()]
        yield from ids
        if len(ids) < PAGE:
            return
        after = ids[-1]


def select_among(group: Group, now: datetime, ids: Sequence[int]) -> frozenset[int]:
    """Who of some people is in a segment."""
    if not ids:
        return frozenset()
    asked = build_where(group, now)
    with connection.cursor() as cursor:
        statement = f"SELECT p.id FROM subscribers_subscriber p WHERE p.id BETWEEN %s AND %s AND ({asked.text})"
        cursor.execute(statement, [min(ids), max(ids), *asked.values])
        return frozenset(row[0] for row in cursor.fetchall()) & frozenset(ids)


def _limit_to_list(asked: SqlFragment, list_id: int | None) -> SqlFragment:
    if list_id is None:
        return asked
    held = _is_active_on(list_id)
    return SqlFragment(f"({asked.text}) AND {held.text}", (*asked.values, *held.values))


def _in_set(person: str, tables: str, condition: str, values: tuple[Any, ...]) -> SqlFragment:
    """Whether a person is among those that `person`, a column of some tables, names."""
    if is_postgresql():
        return SqlFragment(f"EXISTS (SELECT 1 FROM {tables} WHERE {person} = p.id AND {condition})", values, True)
    # A comment that names a column marks where a range of people is cut out, when several threads share the work.
    return SqlFragment(f"p.id IN (SELECT {person} FROM {tables} WHERE {condition}/*{person}*/)", values, True)


def _is_active_on(list_id: int) -> SqlFragment:
    return _has_subscription("u.list_id = %s AND u.state = 'active'", (list_id,))


def _has_subscription(condition: str, values: tuple[Any, ...]) -> SqlFragment:
    return _in_set("u.subscriber_id", "subscribers_subscription u", condition, values)


def _has_engagement(list_id: int, condition: str, values: tuple[Any, ...] = ()) -> SqlFragment:
    tables = "subscribers_subscription u JOIN subscribers_engagement e ON e.subscription_id = u.id"
    return _in_set("u.subscriber_id", tables, f"u.list_id = %s AND {condition}", (list_id, *values))


def _build_condition(asked: Condition, now: datetime) -> SqlFragment:
    if asked.about.startswith("attribute:"):
        return _build_attribute(asked)
    built: SqlFragment = _BUILDERS[asked.about](asked, now)
    return built


def _column_builder(name: str) -> Any:
    def build(asked: Condition, now: datetime) -> SqlFragment:
        if asked.op == "unknown":
            return SqlFragment(f"p.{name} = ''", ())
        if asked.op == "contains":
            return SqlFragment(f"p.{name} {like_operator()} %s ESCAPE '!'", (f"%{escape_like(str(asked.value))}%",))
        if name == "language":  # de means de-AT as well
            found = SqlFragment(
                f"(p.{name} = %s OR p.{name} LIKE %s ESCAPE '!')", (asked.value, f"{escape_like(str(asked.value))}-%")
            )
        else:
            found = SqlFragment(f"p.{name} = %s", (asked.value,))
        return SqlFragment(f"NOT {found.text}", found.values) if asked.op == "is_not" else found

    return build


def _build_tier(asked: Condition, now: datetime) -> SqlFragment:
    """By the tier that counts now: one that has ended is free, also before the sweep has come by."""
    code, instant = tiers.to_code(str(asked.value), "value"), connection.ops.adapt_datetimefield_value(now)
    over = "coalesce(p.tier_ends_at <= %s, " + ("false)" if is_postgresql() else "0)")
    if code == Tier.FREE:
        found = SqlFragment(f"(p.tier = %s OR {over})", (code, instant))
    else:
        found = SqlFragment(f"(p.tier = %s AND NOT {over})", (code, instant))
    return _negate_if(asked.op == "is_not", found)


def _build_tag(asked: Condition, now: datetime) -> SqlFragment:
    tag = models.Tag.objects.filter(name=asked.value).values_list("id", flat=True).first()
    tagged = _in_set("g.subscriber_id", "subscribers_tagged g", "g.tag_id = %s", (tag or 0,))
    return _negate_if(asked.op == "has_not", tagged)


def _build_list(asked: Condition, now: datetime) -> SqlFragment:
    return _negate_if(asked.op == "not_on", _is_active_on(_get_list_id(str(asked.value))))


def _build_joined(asked: Condition, now: datetime) -> SqlFragment:
    if asked.op in ("in_last_days", "not_in_last_days"):
        begin = connection.ops.adapt_datetimefield_value(now - timedelta(days=int(asked.value or 0)))
        return SqlFragment(f"p.created_at {'>=' if asked.op == 'in_last_days' else '<'} %s", (begin,))
    return SqlFragment(f"p.created_at {'>=' if asked.op == 'after' else '<'} %s", (_to_midnight(str(asked.value)),))


def _build_confirmed(asked: Condition, now: datetime) -> SqlFragment:
    list_id = _get_list_id(asked.list)
    if asked.op in ("known", "unknown"):
        known = _has_subscription("u.list_id = %s AND u.confirmed_at IS NOT NULL", (list_id,))
        return _negate_if(asked.op == "unknown", known)
    sign = ">=" if asked.op == "after" else "<"
    return _has_subscription(f"u.list_id = %s AND u.confirmed_at {sign} %s", (list_id, _to_midnight(str(asked.value))))


def _build_tracked(asked: Condition, now: datetime) -> SqlFragment:
    return SqlFragment("p.tracked" if asked.value else "NOT p.tracked", ())


def _build_engaged(asked: Condition, now: datetime) -> SqlFragment:
    list_id = _get_list_id(asked.list)
    column = "e.opened" if asked.about == "opened" else "e.clicked"
    if asked.op == "never":
        at = "last_opened_at" if asked.about == "opened" else "last_clicked_at"
        return _negate_if(True, _has_engagement(list_id, f"e.{at} IS NOT NULL"))
    newest = get_newest_edition(list_id)
    # Bits are counted from the newest edition a row knows of: seen from the newest of all, some have moved out of
    # sight.
    span = f"{'greatest' if is_postgresql() else 'max'}(0, %s - (%s - e.newest))"
    one = "1::bigint" if is_postgresql() else "1"
    what = f"({column} & (({one} << {span}{'::int' if is_postgresql() else ''}) - 1)) <> 0"
    found = _has_engagement(list_id, what, (min(int(asked.value or 0), MOST_EDITIONS), newest))
    return _negate_if(asked.op == "not_in_last", found)


def _build_attribute(asked: Condition) -> SqlFragment:
    name = asked.about.removeprefix("attribute:")
    if is_postgresql():
        text, number = "p.attributes ->> %s", "(p.attributes ->> %s)::numeric"
        place: tuple[Any, ...] = (name,)
        there = SqlFragment("jsonb_exists(p.attributes, %s)", place)
    else:
        text = number = "json_extract(p.attributes, %s)"
        place = (f'$."{name}"',)
        there = SqlFragment("json_type(p.attributes, %s) IS NOT NULL", place)
    if asked.op in ("known", "unknown"):
        return _negate_if(asked.op == "unknown", there)
    if asked.op == "contains":
        return SqlFragment(f"{text} {like_operator()} %s ESCAPE '!'", (*place, f"%{escape_like(str(asked.value))}%"))
    if asked.op == "is_not":
        return SqlFragment(f"({text} = %s) IS NOT TRUE", (*place, asked.value))
    sign = {"is": "=", "above": ">", "below": "<", "before": "<", "after": ">="}[asked.op]
    if isinstance(asked.value, int | float):
        if is_postgresql():
            return SqlFragment(
                f"(CASE WHEN jsonb_typeof(p.attributes -> %s) = 'number' THEN {number} {sign} %s ELSE false END)",
                (name, *place, asked.value),
            )
        return SqlFragment(
            f"(json_type(p.attributes, %s) IN ('integer', 'real') AND {number} {sign} %s)",
            (*place, *place, asked.value),
        )
    return SqlFragment(f"{text} {sign} %s", (*place, asked.value))


_BUILDERS: Mapping[str, Any] = {
    "tier": _build_tier,
    "language": _column_builder("language"),
    "zone": _column_builder("zone"),
    "source": _column_builder("source"),
    "tag": _build_tag,
    "list": _build_list,
    "joined": _build_joined,
    "confirmed": _build_confirmed,
    "tracked": _build_tracked,
    "opened": _build_engaged,
    "clicked": _build_engaged,
}


def _negate_if(really: bool, asked: SqlFragment) -> SqlFragment:
    return asked.negate() if really else asked


def _get_list_id(slug: str) -> int:
    found = models.List.objects.filter(slug=slug, removed_at=None).values_list("id", flat=True).first()
    if found is None:
        raise BadInput(f"There is no list “{slug}” any more.", "list")
    return found


def get_newest_edition(list_id: int) -> int:
    """The number of the newest edition of a list that anybody is known to have opened or clicked."""
    row = models.List.objects.filter(id=list_id).values_list("newest_edition", flat=True).first()
    if row:
        return row
    return models.Engagement.objects.filter(subscription__list_id=list_id).aggregate(n=Max("newest"))["n"] or 0


def _to_midnight(day: str) -> Any:
    moment = datetime.combine(date.fromisoformat(day), datetime.min.time(), UTC)
    return connection.ops.adapt_datetimefield_value(moment)


def get_segment_row(slug: str) -> models.Segment:
    """The row of a segment. Raises NotFound; only the command line names those there are."""
    row = models.Segment.objects.filter(slug=slug).first()
    if row is None:
        known = ", ".join(models.Segment.objects.order_by("slug").values_list("slug", flat=True)[:10])
        hint = (
            f"There is {known}." if known else "Make one: newsletter segments create SLUG --name NAME --definition FILE"
        )
        raise NotFound(f"There is no segment “{slug}”.", command_hint=hint)
    return row
