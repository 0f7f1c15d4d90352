"""The parts of a merge's statements that PostgreSQL has in its own way (see merge_statements.Dialect)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

# PostgreSQL knows nothing of tables made a moment ago, and would read all subscribers for every chunk. An index scan
# for each row is always right here: a chunk is small beside the tables.
BEFORE_CHUNK: tuple[str, ...] = (
    "SET LOCAL enable_hashjoin = off",
    "SET LOCAL enable_mergejoin = off",
    "SET LOCAL enable_seqscan = off",
    "SET LOCAL jit = off",
)
# What is deleted stays in a table of PostgreSQL, and would be read again for every chunk.
EMPTY_TABLES: tuple[str, ...] = ("TRUNCATE import_chunk, import_found, import_judged",)
# Held in one order by all: somebody who leaves just now stays out, and two imports never block each other.
LOCK_SUBSCRIPTIONS = """
    SELECT count(*) FROM (SELECT u.id FROM subscribers_subscription u WHERE u.id = ANY (ARRAY(
           SELECT (SELECT x.id FROM subscribers_subscription x
                    WHERE x.list_id = %(list)s AND x.subscriber_id = f.person)
             FROM import_found f WHERE f.person IS NOT NULL)) ORDER BY u.id FOR UPDATE OF u) held
"""
# Ids are given out here, so that nobody is looked up again after the insert.
NEXT_SUBSCRIBER = "nextval('subscribers_subscriber_id_seq'::regclass)"
DOMAIN_OF_ROW = "substr(s.key, strpos(s.key, '@'))"
FILLABLE_VALUES = """
    jsonb_build_object('first_name', p.first_name, 'last_name', p.last_name, 'zone', p.zone, 'language', p.language,
                       'tier', p.tier, 'attributes', p.attributes)
"""
TRUE = "true"


def insert_rows(cursor: Any, names: tuple[str, ...], rows: list[tuple[Any, ...]]) -> None:
    _copy_rows(cursor.cursor, f"COPY import_chunk ({', '.join(names)}) FROM STDIN", rows)


def _copy_rows(cursor: Any, statement: str, rows: Sequence[tuple[Any, ...]]) -> None:
    """Copies rows into a table. Nearly always their cells need no escaping, which costs more than all the rest."""
    text = "\n".join("\t".join(map(str, row)) for row in rows) + "\n"
    tabs = sum(map(len, rows)) - len(rows)
    plain = "\\" not in text and "\r" not in text and text.count("\t") == tabs and text.count("\n") == len(rows)
    with cursor.copy(statement) as copy:
        if plain:
            copy.write(text)
        else:
            for row in rows:
                copy.write_row(row)


def timestamp(column: str) -> str:
    return f"(NULLIF({column}, '') || '+00')::timestamptz"


def network(column: str) -> str:
    return f"NULLIF({column}, '')::inet"


def json(text: str) -> str:
    return f"{text}::jsonb"


def elements(column: str) -> str:
    return f"jsonb_array_elements_text({column}::jsonb) n(value)"


def merge_json(first: str, second: str) -> str:
    return f"({first}::jsonb || {second}::jsonb)"


def knows_new_attribute(overwrite: bool) -> str:
    other = " OR p.attributes -> n.key IS DISTINCT FROM n.value" if overwrite else ""
    return f"""
        EXISTS (SELECT 1 FROM jsonb_each(s.attributes::jsonb) n WHERE NOT jsonb_exists(p.attributes, n.key){other})
    """
