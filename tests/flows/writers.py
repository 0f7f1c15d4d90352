"""Which functions write to the database, and which of them the edges call: read from the source."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache

from tests.test_names import PACKAGES, Module, modules

EDGES = ("newsletter.web", "newsletter.api", "newsletter.cli", "subscribers.views")
# What a row, a manager or a cursor is asked to do when something is written.
ALWAYS_WRITE = {"bulk_create", "bulk_update", "get_or_create", "update_or_create", "executemany", "set_password"}
WRITE_ON_ROWS = {"save", "create", "update", "delete"}


@cache
def functions() -> dict[str, ast.FunctionDef]:
    """The functions of our modules, by dotted name."""
    return {
        f"{module.name}.{node.name}": node
        for module in modules(*PACKAGES).values()
        for node in module.tree.body
        if isinstance(node, ast.FunctionDef)
    }


@cache
def find_writers_called_from_edges() -> dict[str, set[str]]:
    """The public functions below the edges that write, directly or by what they call; each with its callers."""
    writers = _find_writers()
    found: dict[str, set[str]] = {}
    for module in modules(*PACKAGES).values():
        if module.name.startswith(EDGES):
            for name in _calls(module, module.tree):
                if name in writers and not name.startswith(EDGES):
                    found.setdefault(name, set()).add(module.name)
    return found


@cache
def _find_writers() -> frozenset[str]:
    by_name = {module.name: module for module in modules(*PACKAGES).values()}
    calls = {name: _calls(by_name[name.rpartition(".")[0]], node) for name, node in functions().items()}
    writers = {name for name, node in functions().items() if _writes(node)}
    while more := {name for name, called in calls.items() if name not in writers and called & writers}:
        writers |= more
    return frozenset(writers)


def _writes(function: ast.FunctionDef) -> bool:
    """Whether the function itself writes: rows, managers, querysets. (A dict's `update` takes no keywords here.)"""
    for node in ast.walk(function):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        name = node.func.attr
        if name in ALWAYS_WRITE or name in ("save", "delete"):
            return True
        if name in WRITE_ON_ROWS and "objects" in ast.unparse(node.func.value):
            return True
        if name == "update" and node.keywords and not node.args:  # of a queryset that was kept in a name
            return True
        if name == "execute" and _is_writing_sql(node):
            return True
    return False


def _is_writing_sql(call: ast.Call) -> bool:
    text = ast.unparse(call.args[0]).lstrip("frb'\"\\n ").upper() if call.args else ""
    return text.startswith(("INSERT", "UPDATE", "DELETE"))


def _calls(module: Module, tree: ast.AST) -> set[str]:
    """The dotted names of what is called, as far as imports say."""
    imported = _map_imports(module.name)
    found = set()
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        if isinstance(node.func, ast.Name):
            found.add(imported.get(node.func.id, f"{module.name}.{node.func.id}"))
        elif isinstance(node.func, ast.Attribute) and (of := imported.get(_read_name(node.func.value))):
            found.add(f"{of}.{node.func.attr}")
    return found


def _read_name(node: ast.AST) -> str:
    """A name with or without dots as it is written; "" for any other expression."""
    if isinstance(node, ast.Attribute):
        of = _read_name(node.value)
        return of and f"{of}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


@cache
def _map_imports(module: str) -> dict[str, str]:
    """What the names that a module imports stand for."""
    by_name = {each.name: each for each in modules(*PACKAGES).values()}
    return dict(_list_imports(by_name[module].tree))


def _list_imports(tree: ast.AST) -> Iterator[tuple[str, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                yield alias.asname or alias.name, f"{node.module}.{alias.name}"
        elif isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.asname or alias.name, alias.name
