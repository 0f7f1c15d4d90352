"""The parts of a merge's statements that SQLite has in its own way (see merge_statements.Dialect)."""

from __future__ import annotations

from typing import Any

BEFORE_CHUNK: tuple[str, ...] = ()
EMPTY_TABLES: tuple[str, ...] = (
    "DELETE FROM import_chunk",
    "DELETE FROM import_found",
    "DELETE FROM import_judged",
)
LOCK_SUBSCRIPTIONS = ""  # a writer locks the whole database
# Ids are given out here, so that nobody is looked up again after the insert: SQLite keeps the last one given out, and
# its write lock is held.
NEXT_SUBSCRIBER = "coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'subscribers_subscriber'), 0) + n + 1"
DOMAIN_OF_ROW = "substr(s.key, instr(s.key, '@'))"
FILLABLE_VALUES = """
    json_object('first_name', p.first_name, 'last_name', p.last_name, 'zone', p.zone, 'language', p.language,
                'tier', p.tier, 'attributes', json(p.attributes))
"""
TRUE = "1"


def insert_rows(cursor: Any, names: tuple[str, ...], rows: list[tuple[Any, ...]]) -> None:
    marks = ", ".join(["%s"] * len(names))
    cursor.executemany(f"INSERT INTO import_chunk ({', '.join(names)}) VALUES ({marks})", rows)


def timestamp(column: str) -> str:
    return f"NULLIF({column}, '')"


def network(column: str) -> str:
    return f"NULLIF({column}, '')"


def json(text: str) -> str:
    return text


def elements(column: str) -> str:
    return f"json_each({column}) n"


def merge_json(first: str, second: str) -> str:
    return f"json_patch({first}, {second})"


def knows_new_attribute(overwrite: bool) -> str:
    path = "'$.\"' || n.key || '\"'"
    other = f" OR json_extract(p.attributes, {path}) IS NOT n.value" if overwrite else ""
    return f"EXISTS (SELECT 1 FROM json_each(s.attributes) n WHERE json_type(p.attributes, {path}) IS NULL{other})"
