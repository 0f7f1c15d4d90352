"""Texts that make a pattern work: each of its repetitions is fed from the pattern's own structure.

A pattern whose work grows with the square of its text (or faster) is found by one of three texts for each repetition:
what leads to it and then what it repeats, many times; the same without what leads to it; and both, many times, for
a search that begins anew at every character. Each ends in what lets no match end.

    pattern ─parse─▶ its repetitions ─▶ texts ─▶ searched, matched, replaced, under a limit of processor time
"""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
import signal
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from re import _constants as constants  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from types import FrameType, ModuleType
from typing import Any

import newsletter
import subscribers

ROOT = Path(__file__).resolve().parents[1]
SIZE = 20_000  # characters of a text for a pattern that names no bound of its own
QUADRATIC = re.compile(r"<[^>]*>")  # the baseline: a pattern whose work grows with the square of its text
SHARE = 0.6  # of what the baseline takes for a text of this size: several times what the slowest linear pattern takes
SHARE_AT_BOUND = 3.5  # the same for a text as long as a pattern's own bound
_CALLS = frozenset({"compile", "search", "match", "fullmatch", "split", "findall", "finditer", "sub", "subn"})
_UNKNOWN = "Ann Example"  # stands for what an inline pattern is given
_ENDS = ("\n\0", "", "ж")


@dataclass(frozen=True, slots=True)
class FoundPattern:
    """A pattern of the project: where it stands, and the most characters that it is shown."""

    where: str
    pattern: re.Pattern[Any]
    longest: int = SIZE


@dataclass(frozen=True, slots=True)
class PumpResult:
    """How a pattern stood its texts; `slow` are the beginnings of those that took too long."""

    found: FoundPattern
    texts: int
    slowest: float
    slow: tuple[str, ...]


def list_patterns() -> list[FoundPattern]:
    """Every pattern compiled when a module is imported, and every one written in a call."""
    found: dict[tuple[str, int, int], FoundPattern] = {}
    for module in _import_all():
        for each in (*_list_compiled(module), *_list_written(module)):
            key = (str(each.pattern.pattern), each.pattern.flags, each.longest)
            found.setdefault(key, each)
    return list(found.values())


def _import_all() -> Iterator[ModuleType]:
    """Every module, but for those that act when they are imported: wsgi.py collects the files of pages."""
    for package in (newsletter, subscribers):
        for info in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not info.name.endswith(("__main__", ".wsgi")) and ".migrations" not in info.name:
                with suppress(ImportError):  # a package that is installed with an extra alone
                    yield importlib.import_module(info.name)


def _list_compiled(module: ModuleType) -> Iterator[FoundPattern]:
    waiting: list[tuple[str, Any]] = list(vars(module).items())
    for name, value in waiting:
        if isinstance(value, re.Pattern):
            yield FoundPattern(f"{module.__name__}.{name}", value)
        elif isinstance(getattr(value, "pattern", None), re.Pattern) and hasattr(value, "longest"):
            yield FoundPattern(f"{module.__name__}.{name}", value.pattern, value.longest)
        elif isinstance(value, tuple | list) and len(value) < 1_000:
            waiting += [(name, each) for each in value]
        elif isinstance(value, dict) and len(value) < 1_000 and not name.startswith("__"):
            waiting += [(name, each) for each in value.values()]


def _list_written(module: ModuleType) -> Iterator[FoundPattern]:
    """The patterns in calls such as `re.sub(r"…", …)`, wherever in the module they stand."""
    file = Path(module.__file__ or "")
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args):
            continue
        if not (isinstance(node.func.value, ast.Name) and node.func.value.id == "re" and node.func.attr in _CALLS):
            continue
        text = _evaluate(node.args[0], vars(module))
        if text is not None:
            with suppress(re.error):
                yield FoundPattern(f"{module.__name__}:{node.lineno}", re.compile(text, _flags(node)))


def _flags(call: ast.Call) -> int:
    names = {each.attr for each in ast.walk(call) if isinstance(each, ast.Attribute)}
    return sum({int(getattr(re, name)) for name in names & set(re.RegexFlag.__members__)})


def _evaluate(node: ast.expr, names: Mapping[str, Any]) -> Any:
    match node:
        case ast.Constant(value=str() | bytes()):
            return node.value
        case ast.JoinedStr():
            return "".join(str(_evaluate(part, names) or "") for part in node.values)
        case ast.FormattedValue(value=ast.Name(id=name)):
            return names.get(name, _UNKNOWN) if isinstance(names.get(name, ""), str) else _UNKNOWN
        case ast.FormattedValue():
            return _UNKNOWN
        case ast.BinOp(op=ast.Add()):
            left, right = _evaluate(node.left, names), _evaluate(node.right, names)
            return left + right if left is not None and right is not None else None
    return None


def build_texts(pattern: re.Pattern[Any], size: int) -> set[str]:
    """The texts of one pattern, each of about `size` characters."""
    text = pattern.pattern if isinstance(pattern.pattern, str) else pattern.pattern.decode("latin-1")
    parsed = parser.parse(text, pattern.flags & ~(re.UNICODE if isinstance(pattern.pattern, bytes) else 0))
    texts: set[str] = set()
    for lead, body in _list_repetitions(parsed, ""):
        for unit in {body, f"{lead}{body}", *(lead[-1:],), lead, f"{body}{body[:1]}"} - {""}:
            pumped = unit * (size // len(unit))
            for start in {"", lead}:
                texts |= {f"{start}{pumped}"[: size - len(end)] + end for end in _ENDS}
    return texts


def _list_repetitions(parsed: Any, lead: str) -> Iterator[tuple[str, str]]:
    """What leads to each repetition, and what it repeats."""
    before = lead
    for code, value in parsed:
        if code in (constants.MAX_REPEAT, constants.MIN_REPEAT, getattr(constants, "POSSESSIVE_REPEAT", None)):
            least, most, body = value
            if most > 3:
                for sample in {_sample(body, turn) for turn in range(3)}:
                    yield before, sample
            yield from _list_repetitions(body, before)
            before += _sample(body, 0) * max(least, min(most, 1))
            continue
        for inner in _list_inner(code, value):
            yield from _list_repetitions(inner, before)
        before += _sample_one(code, value, 0)


def _list_inner(code: Any, value: Any) -> list[Any]:
    if code is constants.SUBPATTERN:
        return [value[3]]
    if code is constants.BRANCH:
        return list(value[1])
    if code in (constants.ASSERT, constants.ASSERT_NOT):
        return [value[1]]
    if code is getattr(constants, "ATOMIC_GROUP", None):
        return [value]
    return []


def _sample(parsed: Any, turn: int) -> str:
    return "".join(_sample_one(code, value, turn) for code, value in parsed)


def _sample_one(code: Any, value: Any, turn: int) -> str:
    """A text that this part of a pattern takes; another one with each `turn`."""
    match code:
        case constants.LITERAL:
            return chr(value)
        case constants.NOT_LITERAL:
            return next(each for each in "a b" if ord(each) != value)
        case constants.ANY:
            return "a .‘"[turn % 3]
        case constants.IN:
            return _sample_set(value, turn)
        case constants.BRANCH:
            return _sample(value[1][turn % len(value[1])], turn)
        case constants.SUBPATTERN:
            return _sample(value[3], turn)
        case constants.MAX_REPEAT | constants.MIN_REPEAT:
            return _sample(value[2], turn) * max(value[0], 1 if value[1] and turn != 1 else 0)
    if code is getattr(constants, "ATOMIC_GROUP", None):
        return _sample(value, turn)
    if code is getattr(constants, "POSSESSIVE_REPEAT", None):
        return _sample(value[2], turn) * max(value[0], 1)
    return ""


_CATEGORIES = {
    constants.CATEGORY_SPACE: " ",
    constants.CATEGORY_DIGIT: "7",
    constants.CATEGORY_WORD: "a",
    constants.CATEGORY_NOT_SPACE: "a",
    constants.CATEGORY_NOT_DIGIT: "a",
    constants.CATEGORY_NOT_WORD: "-",
}


def _sample_set(items: Any, turn: int) -> str:
    if items[0][0] is constants.NEGATE:
        refused = re.compile(f"[{''.join(_write_item(each) for each in items[1:])}]")
        free = [each for each in 'a <7-."A\t(“' if not refused.match(each)]
        return free[turn % len(free)] if free else "ж"
    code, value = items[turn % len(items)]
    if code is constants.RANGE:
        return chr(value[0])
    return _CATEGORIES.get(value, "a") if code is constants.CATEGORY else chr(value)


def _write_item(item: Any) -> str:
    code, value = item
    if code is constants.RANGE:
        return f"{re.escape(chr(value[0]))}-{re.escape(chr(value[1]))}"
    if code is constants.CATEGORY:
        return {" ": r"\s", "7": r"\d", "a": r"\w", "-": r"\W"}[_CATEGORIES[value]]
    return re.escape(chr(value))


class _TooSlow(Exception):
    pass


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise _TooSlow


@cache
def measure_baseline() -> float:
    """How many seconds of this processor the baseline takes for a text, in the best of three runs."""
    spent = []
    for _ in range(3):
        start = time.process_time()
        QUADRATIC.search("<" * SIZE)
        spent.append(time.process_time() - start)
    return min(spent)


def pump(found: FoundPattern) -> PumpResult:
    """Shows a pattern its texts, each for a share of the baseline's time. Only in the main thread of a process."""
    limit = measure_baseline() * (SHARE if found.longest == SIZE else SHARE_AT_BOUND)
    before = signal.signal(signal.SIGVTALRM, _interrupt)
    slowest, slow = 0.0, []
    texts = sorted(build_texts(found.pattern, found.longest))
    try:
        for text in texts:
            given: Any = text if isinstance(found.pattern.pattern, str) else text.encode("latin-1", "replace")
            start = time.process_time()
            signal.setitimer(signal.ITIMER_VIRTUAL, limit)
            try:
                for _ in found.pattern.finditer(given):
                    pass
                found.pattern.fullmatch(given)
            except _TooSlow:
                slow.append(f"{text[:40]!r}…{text[-3:]!r}")
            finally:
                signal.setitimer(signal.ITIMER_VIRTUAL, 0)
            slowest = max(slowest, time.process_time() - start)
            if slow:
                break
    finally:
        signal.signal(signal.SIGVTALRM, before)
    return PumpResult(found, len(texts), slowest, tuple(slow))
