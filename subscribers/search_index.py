"""The index by which subscribers are searched on SQLite: of each the groups of three letters in address and name.

An import of a million is in within a minute and must not wait for an index, so this one is filled behind it: whoever
has an id up to the mark is in it, kept right by triggers whatever changes them; `index_next` moves the mark. A search
asks the index for candidates, looks at the rows of these, and reads those behind the mark one by one. On PostgreSQL
there is no such index: its parallel workers read all rows, a million within a third of a second. Its groups of three
letters are an extension (pg_trgm), which not every server has, the one of the tests among them.

`create_search_index` runs after every migration, not in one: SQLite changes a table by copying it, and the triggers
stay behind with the old one.
"""

from __future__ import annotations

from typing import Any

from django.db import connection, connections, transaction
from django.db.models import Max

from newsletter.kernel.text import list_spellings
from subscribers import models
from subscribers.bulk_writing import WritePacer
from subscribers.sql_fragments import SqlFragment

SHORTEST = 3  # characters: below there is no group to look for
_MOST_WORDS = 8
_MOST_GROUPS = 24  # of a word; its other letters are looked at in the rows
_AT_A_TIME = 100_000  # people to a call of index_next
_ROWS = "subscribers_subscriber"
_INDEX = "subscribers_search"
_MARK = "subscribers_search_mark"


def _select_words(row: str) -> str:
    return f"{row}.address_key || ' ' || {row}.first_name || ' ' || {row}.last_name"


_ENTER = f"INSERT INTO {_INDEX}(rowid, words) VALUES (new.id, {_select_words('new')});"
_FORGET = f"INSERT INTO {_INDEX}({_INDEX}, rowid, words) VALUES ('delete', old.id, {_select_words('old')});"
_TRIGGERS = {
    f"{_INDEX}_entered": f"AFTER INSERT ON {_ROWS} WHEN new.id <= (SELECT upto FROM {_MARK}) BEGIN {_ENTER} END",
    f"{_INDEX}_forgotten": f"AFTER DELETE ON {_ROWS} WHEN old.id <= (SELECT upto FROM {_MARK}) BEGIN {_FORGET} END",
    f"{_INDEX}_changed": (
        f"AFTER UPDATE OF address_key, first_name, last_name ON {_ROWS} "
        f"WHEN old.id <= (SELECT upto FROM {_MARK}) BEGIN {_FORGET} {_ENTER} END"
    ),
}


def find_mark() -> int:
    """Up to which id people are in the index; 0 where there is none."""
    if connection.vendor != "sqlite":
        return 0
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT upto FROM {_MARK}")
        mark: int = cursor.fetchone()[0]
    return mark


def build_match(text: str) -> str:
    """What to ask the index for, so that whoever has all words of a text is among the candidates; "" where they are too
    short.

    Addresses are kept casefolded, which may change their letters: ß in one is ss.
    """
    words = [_match_word(word) for word in text.split() if len(word) >= SHORTEST]
    return " AND ".join(f"({each})" for each in words[:_MOST_WORDS])


def _match_word(word: str) -> str:
    ways = dict.fromkeys(way for spelt in list_spellings(word) for way in (spelt, spelt.casefold()))
    return " OR ".join(f"({_require_groups(way)})" for way in ways)


def _require_groups(text: str) -> str:
    groups = dict.fromkeys(text[at : at + SHORTEST] for at in range(len(text) - SHORTEST + 1))
    return " AND ".join('"' + each.replace('"', '""') + '"' for each in [*groups][:_MOST_GROUPS])


def select_candidates(match: str, asked: SqlFragment, limit: int, after: int) -> list[int]:
    """The first people behind an id whom the index gives for a match, and of whom p is as asked."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT p.id FROM {_INDEX} CROSS JOIN {_ROWS} p ON p.id = {_INDEX}.rowid "
            f"WHERE {_INDEX} MATCH %s AND {_INDEX}.rowid > %s AND {asked.text} "
            f"ORDER BY {_INDEX}.rowid LIMIT {limit:d}",
            [match, after, *asked.values],
        )
        return [person for (person,) in cursor.fetchall()]


def index_next(at_a_time: int = _AT_A_TIME) -> int | None:
    """Enters the next people into the index, a few to a transaction. Returns how many ids it went on, or None."""
    if connection.vendor != "sqlite":
        return None
    mark, last = find_mark(), models.Subscriber.objects.aggregate(n=Max("id"))["n"] or 0
    end, begun, pacer = min(last, mark + at_a_time), mark, WritePacer()
    while mark < end:
        upto = min(end, mark + pacer.rows)
        with pacer.transaction(upto - mark), connection.cursor() as cursor:
            cursor.execute(f"UPDATE {_MARK} SET upto = %s WHERE upto = %s", [upto, mark])
            if cursor.rowcount != 1:
                break  # another process is at it
            cursor.execute(
                f"INSERT INTO {_INDEX}(rowid, words) SELECT p.id, {_select_words('p')} FROM {_ROWS} p "
                "WHERE p.id > %s AND p.id <= %s",
                [mark, upto],
            )
        mark = upto
    return mark - begun if mark > begun else None


def create_search_index(using: str = "default", **_: Any) -> None:
    """Makes the index anew where any part of it is missing; it is filled afterwards. Called after migrations."""
    database = connections[using]
    if database.vendor != "sqlite":
        return
    with transaction.atomic(using=using), database.cursor() as cursor:
        if _ROWS not in database.introspection.table_names(cursor):
            return  # migrated back to before there were subscribers
        parts = (_INDEX, _MARK, *_TRIGGERS)
        marks = ", ".join("%s" for _each in parts)
        cursor.execute(f"SELECT count(*) FROM sqlite_master WHERE name IN ({marks})", parts)
        if cursor.fetchone()[0] == len(parts):
            return
        for name in _TRIGGERS:
            cursor.execute(f"DROP TRIGGER IF EXISTS {name}")
        for name in (_INDEX, _MARK):
            cursor.execute(f"DROP TABLE IF EXISTS {name}")
        cursor.execute(f"CREATE VIRTUAL TABLE {_INDEX} USING fts5(words, content='', detail=none, tokenize='trigram')")
        cursor.execute(f"CREATE TABLE {_MARK} (upto integer NOT NULL)")
        cursor.execute(f"INSERT INTO {_MARK} VALUES (0)")
        for name, trigger in _TRIGGERS.items():
            cursor.execute(f"CREATE TRIGGER {name} {trigger}")
