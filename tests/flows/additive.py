"""Whether a migration's SQL leaves a process of the version before working. Pure: it reads PostgreSQL's SQL as text.

A process of the version before writes rows without the new columns, and reads every column and table it knows. So a
migration may add tables, indexes, and columns that are NULL or have a default in the database; it may not take
anything away, rename it, or change its type.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

_TOKEN = re.compile(
    r"""--[^\n]*|/\*.*?\*/                       # comments
    |(?P<dollar>\$(\w*)\$.*?\$\2\$)              # a body between dollars
    |(?P<text>'(?:[^']|'')*')
    |(?P<name>"(?:[^"]|"")*")
    |(?P<word>\w+)
    |(?P<sign>[^\s\w])""",
    re.S | re.X,
)
_PLACEHOLDER = "''"  # stands for every text, so that what it says is not read as SQL


def statements(sql: str) -> list[list[str]]:
    """The statements of a text as tokens, without comments. Words are in capitals, names keep their quotes."""
    found: list[list[str]] = [[]]
    for match in _TOKEN.finditer(sql):
        if match["text"] or match["dollar"]:
            found[-1].append(_PLACEHOLDER)
        elif match["name"]:
            found[-1].append(match["name"])
        elif match["word"]:
            found[-1].append(match["word"].upper())
        elif match["sign"] == ";":
            found.append([])
        elif match["sign"]:
            found[-1].append(match["sign"])
    return [statement for statement in found if statement]


def changes_nothing(sql: str) -> bool:
    """Whether a migration's SQL holds no statement but BEGIN and COMMIT, as one that only renames things in Python."""
    return all(statement in (["BEGIN"], ["COMMIT"]) for statement in statements(sql))


def refusals(sql: str) -> list[str]:
    """What in a migration's SQL would break a process of the version before; empty when it only adds."""
    found: list[str] = []
    new_tables: set[str] = set()
    nullable: set[tuple[str, str]] = set()  # columns added here that may be NULL
    for statement in map(_plain, statements(sql)):
        match statement:
            case ["CREATE", "TABLE", name, *_]:
                new_tables.add(name)
            case ["ALTER", "TABLE", table, *rest]:
                if table not in new_tables:
                    for action in _actions(rest):
                        found += [f"{table}: {what}" for what in _refused(table, action, nullable)]
            case ["DROP", "INDEX", *_]:
                pass
            case ["DROP", kind, *rest]:
                found.append(" ".join(["DROP", kind, *rest]))
            case ["TRUNCATE", *rest]:
                found.append(" ".join(["TRUNCATE", *rest]))
            case ["ALTER", kind, *rest] if kind != "INDEX" and "RENAME" in rest:
                found.append(" ".join(["ALTER", kind, *rest]))
    return found


def _refused(table: str, action: Sequence[str], nullable: set[tuple[str, str]]) -> Iterator[str]:
    match action:
        case ["ADD", "CONSTRAINT" | "UNIQUE" | "CHECK" | "FOREIGN" | "EXCLUDE" | "PRIMARY", *_]:
            return
        case ["ADD", name, *definition]:
            if not _has(definition, "NOT", "NULL"):
                nullable.add((table, name))
            elif not {"DEFAULT", "GENERATED"} & set(definition):
                yield f"ADD COLUMN {name} NOT NULL without a default in the database (db_default)"
        case ["ALTER", name, "SET", "NOT", "NULL"]:
            yield f"ALTER COLUMN {name} SET NOT NULL"
        case ["ALTER", name, "DROP", "DEFAULT"] if (table, name) not in nullable:
            yield f"ALTER COLUMN {name} DROP DEFAULT: the version before does not fill it (db_default)"
        case ["ALTER", name, "TYPE", *_] | ["ALTER", name, "SET", "DATA", "TYPE", *_]:
            yield f"ALTER COLUMN {name} TYPE"
        case ["DROP", "CONSTRAINT", *_]:
            return
        case ["DROP", name, *_]:
            yield f"DROP COLUMN {name}"
        case ["RENAME", *rest]:
            yield " ".join(["RENAME", *rest])


def _actions(tokens: Sequence[str]) -> list[list[str]]:
    """The actions of ALTER TABLE, which commas outside brackets part."""
    actions: list[list[str]] = [[]]
    depth = 0
    for token in tokens:
        depth += {"(": 1, ")": -1}.get(token, 0)
        if token == "," and not depth:
            actions.append([])
        else:
            actions[-1].append(token)
    return actions


def _plain(statement: Sequence[str]) -> list[str]:
    """A statement without the words that may be there or not: COLUMN, ONLY, IF EXISTS, IF NOT EXISTS."""
    kept: list[str] = []
    for token in statement:
        if token == "EXISTS" and kept[-1:] == ["IF"]:
            kept.pop()
        elif token == "EXISTS" and kept[-2:] == ["IF", "NOT"]:
            del kept[-2:]
        elif token not in ("COLUMN", "ONLY"):
            kept.append(token)
    return kept


def _has(tokens: Sequence[str], *wanted: str) -> bool:
    size = len(wanted)
    return any(tuple(tokens[at : at + size]) == wanted for at in range(len(tokens) - size + 1))
