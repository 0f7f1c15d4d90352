"""The mutants of a module: mutmut's operators, and a few for what they leave alone.

These others are guards that are a mere name, conditions that are dropped, entries of tables, statements, decorators and
the conditions of SQL. Module and class level is mutated as well as functions.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import libcst as cst
from libcst.metadata import ByteSpanPositionProvider, MetadataWrapper, ParentNodeProvider, PositionProvider
from mutmut.mutation.mutators import mutation_operators, operator_string

_ALWAYS_RAISES = ("len", "isinstance")  # with another argument; that somebody calls it is all such a mutant shows
_SQL = re.compile(r"\b(SELECT|INSERT|UPDATE|DELETE)\s")
_CONDITION = re.compile(
    r"\b(WHERE|AND|ON)\s+((?!EXISTS)[\w.]+\s*(?:(?:=|<>|<=|>=|<|>)\s*(?:%s|\?|[\w.]+|'[^']*')|IS (?:NOT )?NULL))"
)


@dataclass(frozen=True, slots=True)
class Mutant:
    """A module with one change. `function` and the changed lines name it, so that it survives what else moves."""

    function: str
    before: str
    after: str
    line: int
    lines: range  # of the statement; none where it is of a module or class: every test reaches these
    source: str

    @property
    def key(self) -> tuple[str, str, str]:
        """What names it."""
        return self.function, self.before, self.after

    @property
    def digest(self) -> str:
        """A short name of its key."""
        return hashlib.sha256(repr(self.key).encode()).hexdigest()[:16]

    def __str__(self) -> str:
        removed = "".join(f"\n    - {line}" for line in self.before.splitlines())
        return f"{self.function}, line {self.line}{removed}" + "".join(
            f"\n    + {line}" for line in self.after.splitlines()
        )


def mutants(source: str, keys: Collection[tuple[str, str, str]] | None = None) -> list[Mutant]:
    """Every mutant of a module, each once; where keys are given, those alone: to compile one takes its time."""
    wrapper = MetadataWrapper(cst.parse_module(source))
    spans, parents = wrapper.resolve(ByteSpanPositionProvider), wrapper.resolve(ParentNodeProvider)
    places = wrapper.resolve(PositionProvider)
    raw = source.encode()
    found: dict[str, Mutant | None] = {source: None}
    for node in _mutable(wrapper.module):
        for old, text in _changes(wrapper.module, node, parents):
            span = spans.get(old)
            if span is None:
                continue
            changed = (raw[: span.start] + text.encode() + raw[span.start + span.length :]).decode()
            if changed in found:
                continue
            mutant = _mutant(source, changed, _function(old, parents), _lines(old, parents, places))
            is_wanted = keys is None or mutant.key in keys
            found[changed] = mutant if is_wanted and _compiles(changed) else None
    return [mutant for mutant in found.values() if mutant]


def _mutant(source: str, changed: str, function: str, statement: range) -> Mutant:
    before, after = ([line.strip() for line in text.splitlines()] for text in (source, changed))
    same = min(len(before), len(after))
    head = next((n for n in range(same) if before[n] != after[n]), same)
    tail = next((n for n in range(same - head) if before[-1 - n] != after[-1 - n]), same - head)
    removed, added = ("\n".join(text[head : len(text) - tail]) for text in (before, after))
    return Mutant(function, removed, added, head + 1, statement, changed)


def _compiles(source: str) -> bool:
    try:
        compile(source, "mutant", "exec")
    except SyntaxError:
        return False
    return True


def _mutable(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """The nodes below this one that say what happens: no annotations, imports or docstrings."""
    for child in node.children:
        if isinstance(child, cst.Annotation | cst.Import | cst.ImportFrom) or _is_docstring(child):
            continue
        if isinstance(child, cst.Call) and isinstance(child.func, cst.Name) and child.func.value in _ALWAYS_RAISES:
            continue
        if isinstance(child, cst.Decorator) and cst.Module(()).code_for_node(child).startswith("@dataclass"):
            continue
        yield child
        yield from _mutable(child)


def _is_docstring(node: cst.CSTNode) -> bool:
    return isinstance(node, cst.Expr) and isinstance(
        node.value, cst.SimpleString | cst.ConcatenatedString | cst.Ellipsis
    )


def _function(node: cst.CSTNode, parents: Any) -> str:
    """The outermost function around a node, with its class; else the class, else “<module>”."""
    names: list[str] = []
    while not isinstance(node, cst.Module):
        if isinstance(node, cst.FunctionDef):
            names = [node.name.value]
        elif isinstance(node, cst.ClassDef):
            names.insert(0, node.name.value)
        node = parents[node]
    return ".".join(names) or "<module>"


def _lines(node: cst.CSTNode, parents: Any, places: Any) -> range:
    """The lines of the statement around a node; none outside a function."""
    statement: cst.CSTNode | None = None
    while not isinstance(node, cst.Module):
        if statement is None and isinstance(node, cst.BaseStatement):
            statement = node
        if isinstance(node, cst.FunctionDef) and statement is not None:
            place = places[statement]
            return range(place.start.line, place.end.line + 1)
        node = parents[node]
    return range(0)


def _changes(module: cst.Module, node: cst.CSTNode, parents: Any) -> Iterator[tuple[cst.CSTNode, str]]:
    """What may stand instead of a node, or of a part of it."""
    code = module.code_for_node
    for kind, operator in mutation_operators:
        if isinstance(node, kind) and not isinstance(node, cst.Match):
            for number, other in enumerate(operator(node)):
                if operator is operator_string and number:
                    break  # the same words in capitals show nothing that other words do not
                yield node, code(other)
    for kinds, change in _OURS:
        if isinstance(node, kinds):
            yield from change(node, code)


_Code = Callable[[cst.CSTNode], str]
_Change = Iterable[tuple[cst.CSTNode, str]]


def _forced(node: cst.If | cst.CompIf | cst.While, code: _Code) -> _Change:
    """A guard that always holds, or never."""
    yield node.test, f"(({code(node.test)}) and False)"
    if not isinstance(node, cst.While):
        yield node.test, f"(({code(node.test)}) or True)"


def _halved(node: cst.BooleanOperation, code: _Code) -> _Change:
    """One of two conditions dropped."""
    yield node, f"({code(node.left)})"
    yield node, f"({code(node.right)})"


def _shortened(node: cst.Dict | cst.Set | cst.List | cst.Tuple, code: _Code) -> _Change:
    """A table without one of its entries."""
    for n in range(len(node.elements)):
        rest = [*node.elements[:n], *node.elements[n + 1 :]]
        if rest:
            yield node, code(node.with_changes(elements=rest))
        elif isinstance(node, cst.Dict | cst.List):
            yield node, code(type(node)(elements=()))


def _left_out(node: cst.Expr, code: _Code) -> _Change:
    """A statement that is only run for what it does."""
    yield node, "pass"


def _bare(node: cst.Decorator, code: _Code) -> _Change:
    """A function without one of its decorators."""
    yield node, ""


def _loosened(node: cst.SimpleString, code: _Code) -> _Change:
    """SQL without one of its conditions; its parameters stay."""
    text = node.value
    if _SQL.search(text) or _CONDITION.match(text.strip("\"' \n")):
        for match in _CONDITION.finditer(text):
            yield node, f"{text[: match.start()]}{match[1]} ({match[2]} OR 1=1){text[match.end() :]}"


_OURS: list[tuple[Any, Callable[..., _Change]]] = [
    ((cst.If, cst.CompIf, cst.While), _forced),
    (cst.BooleanOperation, _halved),
    ((cst.Dict, cst.Set, cst.List, cst.Tuple), _shortened),
    (cst.Expr, _left_out),
    (cst.Decorator, _bare),
    (cst.SimpleString, _loosened),
]
