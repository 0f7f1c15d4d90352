"""Full-text search of articles: SQLite's FTS5, PostgreSQL's tsvector. Triggers keep the index up to date.

`create_index` runs after every migration, not in one: SQLite changes a table by copying it, and the triggers
that keep its index stay behind with the old one.
"""

from __future__ import annotations

import re
from typing import Any

from django.db import connections
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL

from newsletter.curator.articles import models

MOST_WORDS = 8
_TABLE = "curator_article"
_COLUMNS = ("title", "dek", "text", "publisher", "byline")  # the first weighs most
_SQLITE = f"{_TABLE}_search"
_NEW = ", ".join(f"new.{column}" for column in _COLUMNS)
_OLD = ", ".join(f"old.{column}" for column in _COLUMNS)
_LIST = ", ".join(_COLUMNS)
_FORGET = f"INSERT INTO {_SQLITE}({_SQLITE}, rowid, {_LIST}) VALUES ('delete', old.id, {_OLD});"
_ENTER = f"INSERT INTO {_SQLITE}(rowid, {_LIST}) VALUES (new.id, {_NEW});"
_TRIGGERS = {
    "entered": f"AFTER INSERT ON {_TABLE} BEGIN {_ENTER} END",
    "forgotten": f"AFTER DELETE ON {_TABLE} BEGIN {_FORGET} END",
    "changed": f"AFTER UPDATE OF {_LIST} ON {_TABLE} BEGIN {_FORGET} {_ENTER} END",
}
_VECTOR = " || ".join(
    f"setweight(to_tsvector('simple', left({column}, 200000)), '{'A' if column == 'title' else 'B'}')"
    for column in _COLUMNS
)


def find_articles(query: str, *, newest: int = 0, before: int = 0) -> QuerySet[models.Article]:
    """The articles in which every word of the query begins some word; all of them without a query.

    With `newest` only so many, those that came last, or last before the article `before`: of a word that stands in
    most of them, the others are not even looked up.
    """
    words = re.findall(r"\w+", query)[:MOST_WORDS]
    rows = models.Article.objects.all()
    if not words:
        return rows.none() if query.strip() else rows
    if connections[rows.db].vendor == "postgresql":
        asked = " & ".join(f"'{word}':*" for word in words)
        key, found = "id", f"SELECT id FROM {_TABLE} WHERE search @@ to_tsquery('simple', %s)"
    else:
        asked = " ".join(f'"{word}"*' for word in words)
        key, found = "rowid", f"SELECT rowid FROM {_SQLITE} WHERE {_SQLITE} MATCH %s"
    if newest:
        found += (f" AND {key} < {before:d}" if before else "") + f" ORDER BY {key} DESC LIMIT {newest:d}"
    return rows.filter(id__in=RawSQL(found, [asked]))


def create_index(using: str = "default", **_: Any) -> None:
    """Makes the index where it is missing, and fills it. Called after migrations."""
    connection = connections[using]
    with connection.cursor() as cursor:
        if _TABLE not in connection.introspection.table_names(cursor):
            return  # migrated back to before there were articles
        if connection.vendor == "postgresql":
            cursor.execute(
                f"ALTER TABLE {_TABLE} ADD COLUMN IF NOT EXISTS search tsvector GENERATED ALWAYS AS ({_VECTOR}) STORED"
            )
            cursor.execute(f"CREATE INDEX IF NOT EXISTS {_TABLE}_search ON {_TABLE} USING gin (search)")
        elif connection.vendor == "sqlite":
            _create_sqlite_index(cursor)


def _create_sqlite_index(cursor: Any) -> None:
    cursor.execute(
        f"CREATE VIRTUAL TABLE IF NOT EXISTS {_SQLITE} USING fts5({_LIST}, content='{_TABLE}', content_rowid='id', "
        "tokenize='unicode61 remove_diacritics 2', prefix='3')"
    )
    cursor.execute("SELECT count(*) FROM sqlite_master WHERE type = 'trigger' AND tbl_name = %s", [_TABLE])
    if cursor.fetchone()[0] == len(_TRIGGERS):
        return
    for name, trigger in _TRIGGERS.items():
        cursor.execute(f"CREATE TRIGGER IF NOT EXISTS {_TABLE}_{name} {trigger}")
    cursor.execute(
        f"INSERT INTO {_SQLITE}({_SQLITE}) VALUES ('rebuild')"
    )  # catches up with changes made without the triggers
