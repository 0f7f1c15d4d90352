"""One name, one meaning: import aliases, re-exports, and names that are defined twice."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("newsletter", "subscribers")
FACADES = {
    "newsletter.templater": "the fixed interface `newsletter.templater.render`",
    "newsletter.curator.models": "Django looks for the models of an app in one module",
}


@dataclass(frozen=True)
class Module:
    """A parsed module of ours."""

    name: str
    path: Path
    tree: ast.Module


@cache
def modules(*folders: str) -> dict[str, Module]:
    """Our modules by dotted name, without migrations."""
    found = {}
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            relative = path.relative_to(ROOT)
            if "migrations" in relative.parts:
                continue
            name = ".".join(relative.with_suffix("").parts).removesuffix(".__init__")
            found[name] = Module(name, relative, ast.parse(path.read_text("utf-8")))
    return found


def everything() -> dict[str, Module]:
    return modules(*PACKAGES, "tests", "benchmarks")


# Aliases


def renamed_modules(tree: ast.AST, known: dict[str, Module]) -> Iterator[str]:
    """Imports that give a module of ours another name than its own."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.asname and alias.name in known and alias.asname != alias.name.rpartition(".")[2]:
                    yield f"{alias.name} as {alias.asname}"
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                if alias.asname and alias.asname != alias.name and f"{node.module}.{alias.name}" in known:
                    yield f"{node.module}.{alias.name} as {alias.asname}"


def test_a_module_keeps_its_name_where_it_is_imported() -> None:
    known = everything()
    found = {each.name: lines for each in known.values() if (lines := list(renamed_modules(each.tree, known)))}
    found.pop("newsletter.curator.models")  # which imports two modules that are both called models
    assert found == {}


@pytest.mark.parametrize(
    "line", ["from newsletter.delivery.sending import recall as r", "import newsletter.kernel.clock as time"]
)
def test_a_renamed_module_is_noticed(line: str) -> None:
    assert list(renamed_modules(ast.parse(line), everything()))
    assert not list(renamed_modules(ast.parse(line.partition(" as ")[0]), everything()))


# Façades


def only_passes_on(tree: ast.Module) -> bool:
    """Whether a module holds imports and nothing else."""
    rest = [
        node
        for node in tree.body
        if not isinstance(node, ast.Import | ast.ImportFrom)
        and not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
        and not (isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__")
    ]
    return not rest and any(
        (isinstance(node, ast.ImportFrom) and node.module != "__future__") or isinstance(node, ast.Import)
        for node in tree.body
    )


def defined(tree: ast.Module) -> set[str]:
    """The names that a module defines itself at its top level, also under `if` and `try`."""
    names: set[str] = set()
    waiting: list[ast.AST] = list(tree.body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif not isinstance(node, ast.Import | ast.ImportFrom):
            waiting.extend(ast.iter_child_nodes(node))
    return names


def passed_on(tree: ast.AST, known: dict[str, Module]) -> Iterator[str]:
    """Names that are imported from a module of ours which did not define them."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module in known and node.module not in FACADES:
            names = defined(known[node.module].tree)
            for alias in node.names:
                if alias.name not in names and f"{node.module}.{alias.name}" not in known:
                    yield f"{alias.name} from {node.module}"


def test_no_module_is_a_list_of_re_exports() -> None:
    found = {each.name for each in modules(*PACKAGES).values() if only_passes_on(each.tree)}
    assert found == set(FACADES)


def test_names_are_imported_from_the_module_that_defines_them() -> None:
    known = everything()
    found = [f"{each.path}: {line}" for each in known.values() for line in passed_on(each.tree, known)]
    assert found == []


def test_a_name_that_is_passed_on_is_noticed() -> None:
    known = everything()
    assert list(passed_on(ast.parse("from newsletter.kernel.clock import BadInput"), known))
    assert not list(passed_on(ast.parse("from newsletter.kernel.errors import BadInput"), known))
    assert only_passes_on(ast.parse('"""Words."""\nfrom a import b\n__all__ = ["b"]'))
    assert not only_passes_on(ast.parse("from a import b\nX = 1"))


# Names with two meanings

TWO_MEANINGS = {
    "advance_mailings": "a job is named after the step that it runs",
    "apply_events": "a job is named after the step that it runs",
    "find_arrival": "the hook and the function that the settings plug into it",
    "list_predecessors": "the same question to two tables of transitions",
    "hold": "an edition is held, and its occurrence with it",
}
PRESENTERS = (
    "newsletter.cli.",
    "newsletter.web.",
    "newsletter.api.",
    "subscribers.views.",
)  # named after what they call


def public_names(found: dict[str, Module]) -> dict[str, dict[str, str]]:
    """Public classes and functions: name → module → kind."""
    names: dict[str, dict[str, str]] = defaultdict(dict)
    for module in found.values():
        for node in module.tree.body:
            if isinstance(node, ast.ClassDef | ast.FunctionDef) and not node.name.startswith("_"):
                names[node.name][module.name] = "class" if isinstance(node, ast.ClassDef) else "function"
    return names


def is_row_and_value(places: list[str]) -> bool:
    """Whether a class is a row of one app, and the frozen value handed out for it."""
    rows = [place for place in places if place.endswith(".models")]
    apps_of = {place.split(".")[1] if place.startswith("newsletter.") else place.split(".")[0] for place in places}
    return len(rows) == 1 and len(places) == 2 and len(apps_of) == 1


def test_a_class_name_means_one_thing() -> None:
    found = {
        name: list(places)
        for name, places in public_names(modules(*PACKAGES)).items()
        if len(places) > 1 and "class" in places.values() and not is_row_and_value(list(places))
    }
    assert found == {}


def test_a_function_name_means_one_thing() -> None:
    found = {}
    for name, places in public_names(modules(*PACKAGES)).items():
        functions = [place for place, kind in places.items() if kind == "function"]
        inner = {place.removesuffix("_sqlite").removesuffix("_postgresql") for place in functions}  # one a database
        inner = {place for place in inner if not place.startswith(PRESENTERS)}
        if len(inner) > 1:
            found[name] = inner
    assert {name: places for name, places in found.items() if name not in TWO_MEANINGS} == {}
    assert [name for name in TWO_MEANINGS if name not in found] == []


# Functions are verbs

PARTICIPLE = re.compile(
    r"_*(\w*[^e]ed|made|begun|taken|told|said|left|found|done|gone|sent|held|kept|given|shown)(_|$)"
)
NO_PARTICIPLE = ("feed", "need", "seed", "embed")
PARTICIPLES_ALLOWED = {
    "wrapped": "what a decorator returns, as functools names it",
    "batched": "that of itertools, until Python 3.12 is the oldest",
    "received": "what waitress calls",
    "stored_name": "what Django's storage of static files is asked for",
    "cancelled_ids": "what a provider has of recalls, in its Protocol",
    "_relaxed_durability": "a context manager: in `with` it reads as a noun",
    "serialised_transaction": "a context manager: in `with` it reads as a noun",
}


def participles(tree: ast.AST) -> Iterator[str]:
    """Functions, but no properties, whose first word is a past participle."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.name.strip("_").split("_")[0]
            is_property = any("property" in ast.unparse(each) for each in node.decorator_list)
            if PARTICIPLE.fullmatch(first) and first not in NO_PARTICIPLE and not is_property:
                yield node.name


def test_no_function_that_acts_is_named_by_a_participle() -> None:
    found = {name for each in modules(*PACKAGES).values() for name in participles(each.tree)}
    assert found - PARTICIPLES_ALLOWED.keys() == set()
    assert PARTICIPLES_ALLOWED.keys() - found == set()


@pytest.mark.parametrize("name", ["_made", "_moved", "begun", "_sent_since"])
def test_a_participle_is_noticed(name: str) -> None:
    assert list(participles(ast.parse(f"def {name}(): pass"))) == [name]
    assert not list(participles(ast.parse("def feed_all(): pass\nclass A:\n @property\n def moved(self): pass")))
