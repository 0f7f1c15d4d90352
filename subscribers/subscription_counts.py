"""How many subscriptions each list has in each state: kept by the database, in the transaction of every change.

Triggers keep it, so that it is right whatever changes a subscription: a form, SQL of an import, a process of the
version before. On SQLite, which has one writer, a trigger moves the one number of a list and state. On PostgreSQL a
statement adds a row with what it changed, for two transactions that moved one number would wait for each other, and
perhaps for ever; `compact` adds such rows up now and then.

`keep_counts` runs after every migration, not in one: SQLite changes a table by copying it, and the triggers stay
behind with the old one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import connections, transaction
from django.db.models import F, Sum

from subscribers import models
from subscribers.states import SubscriptionState

_ROWS = "subscribers_subscription"
_COUNTS = "subscribers_subscriptioncount"
_FEW = 100  # rows of counts that cost nothing to add up
_ENTER = (
    f"UPDATE {_COUNTS} SET count = count + 1 WHERE list_id = new.list_id AND state = new.state; "
    f"INSERT INTO {_COUNTS} (list_id, state, count) SELECT new.list_id, new.state, 1 WHERE changes() = 0;"
)
_LEAVE = f"UPDATE {_COUNTS} SET count = count - 1 WHERE list_id = old.list_id AND state = old.state;"
_SQLITE_TRIGGERS = {
    f"{_ROWS}_entered": f"AFTER INSERT ON {_ROWS} BEGIN {_ENTER} END",
    f"{_ROWS}_left": f"AFTER DELETE ON {_ROWS} BEGIN {_LEAVE} END",
    f"{_ROWS}_moved": (
        f"AFTER UPDATE OF list_id, state ON {_ROWS} WHEN old.list_id <> new.list_id OR old.state <> new.state "
        f"BEGIN {_LEAVE} {_ENTER} END"
    ),
}
_ADDED = "SELECT list_id, state, 1 AS change FROM added"
_TAKEN = "SELECT list_id, state, -1 AS change FROM taken"
_POSTGRESQL_TRIGGERS = {
    f"{_ROWS}_entered": ("INSERT", "NEW TABLE AS added", _ADDED),
    f"{_ROWS}_left": ("DELETE", "OLD TABLE AS taken", _TAKEN),
    f"{_ROWS}_moved": ("UPDATE", "OLD TABLE AS taken NEW TABLE AS added", f"{_ADDED} UNION ALL {_TAKEN}"),
}
_DIFFERENCES = f"""
    SELECT list_id, state, SUM(kept), SUM(counted) FROM (
           SELECT list_id, state, SUM(count) AS kept, 0 AS counted FROM {_COUNTS} GROUP BY list_id, state
            UNION ALL
           SELECT list_id, state, 0, COUNT(*) FROM {_ROWS} GROUP BY list_id, state) AS each_of
  GROUP BY list_id, state HAVING SUM(kept) <> SUM(counted) ORDER BY list_id, state
"""
_COMPACT = f"""
    WITH taken AS (DELETE FROM {_COUNTS} RETURNING list_id, state, count)
    INSERT INTO {_COUNTS} (list_id, state, count) SELECT list_id, state, SUM(count) FROM taken GROUP BY list_id, state
"""


@dataclass(frozen=True, slots=True)
class CountDifference:
    """A count that was not what there is."""

    list_id: int
    state: SubscriptionState
    kept: int
    counted: int


def read_counts() -> Mapping[int, Mapping[str, int]]:
    """How many subscriptions there are, by list and state; what there is none of is not among them."""
    found: dict[int, dict[str, int]] = {}
    rows = models.SubscriptionCount.objects.values_list("list_id", "state").annotate(n=Sum("count"))
    for list_id, state, n in rows.filter(n__gt=0).order_by("list_id", "state"):
        found.setdefault(list_id, {})[state] = n
    return found


def recount_subscriptions(using: str = "default") -> tuple[CountDifference, ...]:
    """Counts anew, corrects what is wrong, and gives what was.

    Both are read in one statement, as of one instant, so writers need not wait on PostgreSQL. On SQLite they wait for
    as long as it takes to read an index.
    """
    with transaction.atomic(using=using), connections[using].cursor() as cursor:
        if connections[using].vendor == "postgresql":  # two at a time would both correct it
            cursor.execute(f"LOCK TABLE {_COUNTS} IN SHARE UPDATE EXCLUSIVE MODE")
        cursor.execute(_DIFFERENCES)
        found = tuple(
            CountDifference(list_id, SubscriptionState(state), int(kept), int(n)) for list_id, state, kept, n in cursor
        )
        for each in found:
            _change(each, using)
    return found


def _change(difference: CountDifference, using: str) -> None:
    state: SubscriptionState = difference.state
    rows = models.SubscriptionCount.objects.using(using).filter(list_id=difference.list_id, state=state)
    change = difference.counted - difference.kept
    first = rows.order_by("id").values_list("id", flat=True).first()
    if first is None or connections[using].vendor == "postgresql":
        rows.create(list_id=difference.list_id, state=state, count=change)
    else:
        rows.filter(id=first).update(count=F("count") + change)


def compact() -> int | None:
    """Adds rows of counts up where there are many. Returns how many there were, or None."""
    rows = models.SubscriptionCount.objects.all()
    connection = connections[rows.db]
    if connection.vendor != "postgresql" or (there := rows.count()) <= _FEW:
        return None
    with connection.cursor() as cursor:
        cursor.execute(_COMPACT)
    return there


def keep_counts(using: str = "default", **_: Any) -> None:
    """Makes the triggers where they are missing, and counts what there is. Called after migrations."""
    connection = connections[using]
    with connection.cursor() as cursor:
        if _COUNTS not in connection.introspection.table_names(cursor):
            return  # migrated back to before there were counts
        statements = dict(_list_triggers(connection.vendor))
        cursor.execute(_KNOWN_TRIGGERS[connection.vendor], [_ROWS])
        missing = statements.keys() - {name for (name,) in cursor.fetchall()}
        if not missing:
            return
        with transaction.atomic(using=using):
            for name in sorted(missing):
                for statement in statements[name]:
                    cursor.execute(statement)
    recount_subscriptions(using)


_KNOWN_TRIGGERS = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = %s",
    "postgresql": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgrelid = %s::regclass",
}


def _list_triggers(vendor: str) -> Iterator[tuple[str, list[str]]]:
    """Each trigger, with the statements that make it."""
    if vendor == "sqlite":
        for name, body in _SQLITE_TRIGGERS.items():
            yield name, [f"CREATE TRIGGER IF NOT EXISTS {name} {body}"]
        return
    for name, (event, tables, changes) in _POSTGRESQL_TRIGGERS.items():
        note = (
            f"INSERT INTO {_COUNTS} (list_id, state, count) SELECT list_id, state, SUM(change) "
            f"FROM ({changes}) AS each_of GROUP BY list_id, state HAVING SUM(change) <> 0"
        )
        yield (
            name,
            [
                f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS "
                f"$$ BEGIN {note}; RETURN NULL; END $$",
                f"CREATE OR REPLACE TRIGGER {name} AFTER {event} ON {_ROWS} REFERENCING {tables} "
                f"FOR EACH STATEMENT EXECUTE FUNCTION {name}()",
            ],
        )
