"""Rename modules, classes and functions everywhere, from maps beside this file.

A map is a tab-separated file, one rename a line: KIND, OLD, NEW, and why. KIND is `module` (both dotted),
`symbol` (OLD dotted, NEW a bare name or dotted where it also moves), `member` (OLD is module.Class.member,
NEW bare; applied to every attribute and keyword of that name, so only for names that are unique), or `param`.

    python tools/renames/rename.py MAP [--only PATH ...] [--no-moves]

What a name refers to is resolved through imports and scopes, never by text alone. Re-exports are followed to
the definition. References keep their style: through the module, under the module's own name, or by name.
"""

from __future__ import annotations

import argparse
import ast
import io
import re
import subprocess
import sys
import tokenize
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

import libcst as cst
from libcst import matchers as m
from libcst.metadata import (
    ClassScope,
    GlobalScope,
    ImportAssignment,
    MetadataWrapper,
    ParentNodeProvider,
    ScopeProvider,
)

ROOTS = ("newsletter", "subscribers", "tests", "benchmarks", "tools_none")
KEEP_REEXPORTS = {"newsletter.templater.render"}
BY_NAME = {
    "format",
    "csv",
    "date",
    "values",
    "string",
    "base",
}  # modules whose names would shadow others: import from them


_EXPORTS: dict[str, dict[str, str]] = {}  # by the text of a module


@dataclass
class Maps:
    modules: dict[str, str] = field(default_factory=dict)
    symbols: dict[str, str] = field(default_factory=dict)
    members: dict[str, str] = field(default_factory=dict)
    params: dict[str, dict[str, str]] = field(default_factory=dict)


class Project:
    """The modules there are and what each defines or merely imports."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.files: dict[str, Path] = {}
        for top in ROOTS:
            for path in (root / top).rglob("*.py"):
                if "__pycache__" in path.parts:
                    continue
                dotted = ".".join(path.relative_to(root).with_suffix("").parts)
                self.files[dotted.removesuffix(".__init__")] = path
        self.packages = {name for name, path in self.files.items() if path.name == "__init__.py"}
        for name in list(self.files):
            while "." in name:
                name = name.rpartition(".")[0]
                self.packages.add(name)
        # As it was before the first file is written: a rename changes what modules pass on.
        self._exports = {name: self._read_exports(name) for name in self.files}

    def is_module(self, name: str) -> bool:
        return name in self.files or name in self.packages

    def exports(self, module: str) -> dict[str, str]:
        """Names that a module only passes on: bare name -> dotted origin."""
        return self._exports.get(module, {})

    def _read_exports(self, module: str) -> dict[str, str]:
        path = self.files.get(module)
        if path is None:
            return {}
        text = path.read_text()
        if text not in _EXPORTS:
            found: dict[str, str] = {}
            for statement in ast.parse(text).body:
                if isinstance(statement, ast.ImportFrom) and statement.module and not statement.level:
                    if statement.module.split(".")[0] in ROOTS:
                        for alias in statement.names:
                            found[alias.asname or alias.name] = f"{statement.module}.{alias.name}"
                elif isinstance(statement, ast.Assign):
                    for target in statement.targets:
                        if isinstance(target, ast.Name):
                            found.pop(target.id, None)
            _EXPORTS[text] = found
        return _EXPORTS[text]

    def origin(self, module: str, name: str) -> str:
        """The dotted name of where `module.name` is defined."""
        for _ in range(6):
            if f"{module}.{name}" in KEEP_REEXPORTS:
                break
            source = self.exports(module).get(name)
            if source is None or self.is_module(source):
                break
            module, _, name = source.rpartition(".")
        return f"{module}.{name}"


def dotted_name(node: cst.BaseExpression) -> str:
    if isinstance(node, cst.Name):
        return node.value
    if isinstance(node, cst.Attribute):
        return f"{dotted_name(node.value)}.{node.attr.value}"
    raise ValueError


def dotted_node(name: str) -> cst.BaseExpression:
    first, *rest = name.split(".")
    node: cst.BaseExpression = cst.Name(first)
    for part in rest:
        node = cst.Attribute(node, cst.Name(part))
    return node


class Rewriter:
    """One file: what it refers to, and how that is written afterwards."""

    def __init__(self, project: Project, maps: Maps, module: str, text: str, *, keep: bool = False) -> None:
        self.project, self.maps, self.module, self.keep = project, maps, module, keep
        self.wrapper = MetadataWrapper(cst.parse_module(text), unsafe_skip_copy=True)
        self.scopes = self.wrapper.resolve(ScopeProvider)
        self.parents = self.wrapper.resolve(ParentNodeProvider)
        self.replace: dict[cst.CSTNode, cst.CSTNode] = {}
        self.log: list[str] = []

    # -- resolution -------------------------------------------------------------------------------
    def new_module(self, name: str) -> str:
        return self.maps.modules.get(name, name)

    def new_symbol(self, module: str, name: str) -> tuple[str, str]:
        origin = self.project.origin(module, name)
        moved = self.maps.symbols.get(origin)
        home, _, bare = origin.rpartition(".")
        if self.keep:
            return module, (moved.rpartition(".")[2] if moved and bare == name else name)
        if moved is None:
            return self.new_module(home), bare
        if "." in moved:
            target, _, bare = moved.rpartition(".")
            return target, bare
        return self.new_module(home), moved

    def run(self) -> str:
        imports: dict[cst.ImportFrom, list[ImportAssignment]] = defaultdict(list)
        seen_scopes = {scope for scope in self.scopes.values() if scope is not None}
        jobs: list[tuple[cst.ImportFrom, cst.ImportAlias, ImportAssignment, str, str]] = []
        for scope in seen_scopes:
            for assignment in list(scope.assignments):
                if not isinstance(assignment, ImportAssignment) or assignment.scope is not scope:
                    continue
                node = assignment.node
                if isinstance(node, cst.Import):
                    continue
                if node.relative or node.module is None or isinstance(node.names, cst.ImportStar):
                    continue
                source = dotted_name(node.module)
                if source.split(".")[0] not in ROOTS:
                    continue
                for alias in node.names:
                    bound = alias.asname.name.value if alias.asname else alias.name.value
                    if bound == assignment.name:
                        jobs.append((node, alias, assignment, source, alias.name.value))
        rewritten_names = {(job[2].scope, job[2].name) for job in jobs}
        self.rewritten_names = rewritten_names
        out: dict[cst.ImportFrom, list[tuple[str, str, str | None]]] = defaultdict(list)
        taken: dict[tuple[object, str], str] = {}
        for node, alias, assignment, source, name in sorted(jobs, key=lambda j: (j[3], j[4])):
            full = f"{source}.{name}"
            asname = alias.asname.name.value if alias.asname else None
            if self.project.is_module(full):
                self.module_import(node, assignment, full, out, taken)
            else:
                target, bare = self.new_symbol(source, name)
                keep = asname
                if self.project.origin(source, name) != full and asname == bare:
                    keep = None
                if asname == bare:
                    keep = None
                out[node].append((target, bare, keep))
                local = keep or bare
                if (asname or name) != local:
                    for access in assignment.references:
                        self.rename_access(access.node, local)
        # definitions of this module
        self.definitions(seen_scopes)
        self.imports(out)
        self.members()
        tree = self.wrapper.module
        new = tree.visit(
            _Replace(self.replace, {node: self.import_lines(node, lines) for node, lines in out.items()}, self.parents)
        )
        return new.code

    def rename_access(self, node: cst.CSTNode, new: str) -> None:
        if isinstance(node, cst.Name):
            self.replace[node] = node.with_changes(value=new)
        elif isinstance(node, cst.Attribute):
            root = node
            while isinstance(root, cst.Attribute):
                root = root.value
            if isinstance(root, cst.Name):
                self.replace[root] = root.with_changes(value=new)
        else:
            self.log.append(f"cannot rename access {cst.Module([]).code_for_node(node)!r} to {new}")

    def chain(self, node: cst.CSTNode) -> list[cst.CSTNode]:
        """The attribute nodes around a root name, innermost first."""
        while isinstance(node, cst.Attribute):
            node = node.value
        found: list[cst.CSTNode] = [node]
        while True:
            parent = self.parents.get(found[-1])
            if isinstance(parent, cst.Attribute) and parent.value is found[-1]:
                found.append(parent)
            else:
                return found

    def module_import(self, node, assignment, full, out, taken) -> None:
        uses: list[tuple[cst.CSTNode, str, str | None]] = []  # node to replace, module, symbol
        done: set[int] = set()
        for access in assignment.references:
            chain = self.chain(access.node)
            if id(chain[0]) in done:
                continue
            done.add(id(chain[0]))
            current, used = full, chain[0]
            symbol: str | None = None
            for each in chain[1:]:
                following = f"{current}.{each.attr.value}"
                if self.project.is_module(following):
                    current, used = following, each
                    continue
                target = self.project.exports(current).get(each.attr.value)
                if target and self.project.is_module(target):
                    current, used = target, each
                    continue
                symbol, used = each.attr.value, each
                break
            patched = self.patched(used) if symbol is None else None
            uses.append((used, current, symbol))
            if patched is not None:
                string, name = patched
                _, bare = self.new_symbol_here(current, name)
                if bare != name:
                    quote = string.value[0]
                    self.replace[string] = string.with_changes(value=f"{quote}{bare}{quote}")
        if not uses:
            out[node].append((*split(self.new_module(full)), None))
            return
        if self.keep:
            parent, leaf = split(full)
            out[node].append((parent, leaf, assignment.name if assignment.name != leaf else None))
            for used, current, symbol in uses:
                if symbol is not None:
                    _, bare = self.new_symbol(current, symbol)
                    if bare != symbol:
                        self.replace[used.attr] = used.attr.with_changes(value=bare)
            return
        by_module: dict[str, list[tuple[cst.CSTNode, str | None]]] = defaultdict(list)
        for used, current, symbol in uses:
            if symbol is None:
                by_module[self.new_module(current)].append((used, None))
            else:
                target, bare = self.new_symbol(current, symbol)
                by_module[target].append((used, bare))
        for target, found in by_module.items():
            parent, leaf = split(target)
            names = {bare for _, bare in found}
            clash = leaf in BY_NAME and None not in names
            others = taken.get((assignment.scope, leaf))
            clash = clash or (others is not None and others != target) or target == self.module_after()
            clash = clash or any(self.bound(self.scope_of(used, assignment), leaf, target) for used, _ in found)
            if not clash or not parent:
                taken[(assignment.scope, leaf)] = target
                out[node].append((parent, leaf, None))
                for used, bare in found:
                    base: cst.BaseExpression = cst.Name(leaf)
                    self.replace[used] = base if bare is None else cst.Attribute(base, cst.Name(bare))
                continue
            if None in names:
                self.log.append(f"module {target} is used as an object, but {leaf} is taken")
                out[node].append((parent, leaf, f"{leaf}_module"))
                for used, bare in found:
                    base = cst.Name(f"{leaf}_module")
                    self.replace[used] = base if bare is None else cst.Attribute(base, cst.Name(bare))
                continue
            for bare in sorted(n for n in names if n):
                local = bare
                here = [used for used, b in found if b == bare]
                if target == self.module_after():
                    pass
                elif taken.get((assignment.scope, local), f"{target}.{bare}") != f"{target}.{bare}" or any(
                    self.bound(self.scope_of(u, assignment), local, f"{target}.{bare}") for u in here
                ):
                    local = f"{bare}_CLASH"
                    self.log.append(f"both {leaf} and {bare} are taken: {target}.{bare}")
                taken[(assignment.scope, local)] = f"{target}.{bare}"
                if target != self.module_after():
                    out[node].append((target, bare, None if local == bare else local))
                for used in here:
                    self.replace[used] = cst.Name(local)

    def scope_of(self, node: cst.CSTNode, assignment: ImportAssignment):  # type: ignore[no-untyped-def]
        while isinstance(node, cst.Attribute):
            node = node.value
        return self.scopes.get(node) or assignment.scope

    def new_symbol_here(self, module: str, name: str) -> tuple[str, str]:
        """Of a name patched in a module: where it is bound there, whether it is defined or imported."""
        if name in self.project.exports(module):
            return self.new_symbol(module, name)
        moved = self.maps.symbols.get(f"{module}.{name}")
        return (module, moved.rpartition(".")[2]) if moved else (module, name)

    def patched(self, used: cst.CSTNode) -> tuple[cst.SimpleString, str] | None:
        """The name in `setattr(module, "name", …)`."""
        parent = self.parents.get(used)
        call = self.parents.get(parent) if isinstance(parent, cst.Arg) else None
        if isinstance(call, cst.Call) and len(call.args) >= 2 and call.args[0] is parent:
            second = call.args[1].value
            if isinstance(second, cst.SimpleString):
                return second, second.value[1:-1]
        return None

    def module_after(self) -> str:
        return self.new_module(self.module)

    def bound(self, scope, name: str, target: str) -> bool:
        """Does `name` mean something else where it would be written?"""
        while True:
            for assignment in scope.assignments[name] if name in scope.assignments else ():
                if assignment.scope is not scope:
                    continue
                if isinstance(scope, ClassScope):
                    continue
                if isinstance(assignment, ImportAssignment):
                    if (scope, name) in self.rewritten_names:
                        same = self.import_target(assignment)
                        if same in (None, target):
                            continue
                        # an import that will be written differently does not keep the name
                        if same != target and split(same)[1] != name:
                            continue
                    return True
                return True
            if isinstance(scope, GlobalScope):
                return False
            scope = scope.parent

    def import_target(self, assignment: ImportAssignment) -> str | None:
        node = assignment.node
        if not isinstance(node, cst.ImportFrom) or node.module is None:
            return None
        source = dotted_name(node.module)
        for alias in node.names:
            bound = alias.asname.name.value if alias.asname else alias.name.value
            if bound == assignment.name:
                full = f"{source}.{alias.name.value}"
                if self.project.is_module(full):
                    return self.new_module(full)
                return ".".join(self.new_symbol(source, alias.name.value))
        return None

    # -- definitions ------------------------------------------------------------------------------
    def definitions(self, scopes) -> None:
        for scope in scopes:
            if not isinstance(scope, GlobalScope):
                continue
            for assignment in list(scope.assignments):
                if assignment.scope is not scope or isinstance(assignment, ImportAssignment):
                    continue
                new = self.maps.symbols.get(f"{self.module}.{assignment.name}")
                if new is None:
                    continue
                new = new.rpartition(".")[2]
                if new == assignment.name:
                    continue
                node = getattr(assignment, "node", None)
                if isinstance(node, cst.FunctionDef | cst.ClassDef):
                    self.replace[node.name] = node.name.with_changes(value=new)
                elif isinstance(node, cst.Name):
                    self.replace[node] = node.with_changes(value=new)
                for access in assignment.references:
                    self.rename_access(access.node, new)
                    reader_scope = access.scope
                    if any(
                        a.scope is reader_scope
                        and reader_scope is not scope
                        and not isinstance(reader_scope, ClassScope)
                        for a in (reader_scope.assignments[new] if new in reader_scope.assignments else ())
                    ):
                        self.log.append(f"{new} is also a local name where {assignment.name} is used")

    # -- members and parameters -------------------------------------------------------------------
    def members(self) -> None:
        if not self.maps.members and not self.maps.params:
            return
        names = {old.rpartition(".")[2]: new for old, new in self.maps.members.items()}
        members = self.maps.members
        rewriter = self

        class Visitor(cst.CSTVisitor):
            def __init__(self) -> None:
                self.classes: list[str] = []

            def visit_ClassDef(self, node: cst.ClassDef) -> None:
                self.classes.append(node.name.value)

            def leave_ClassDef(self, original_node: cst.ClassDef) -> None:
                self.classes.pop()

            def visit_FunctionDef(self, node: cst.FunctionDef) -> None:
                if self.classes and f"{rewriter.module}.{self.classes[-1]}.{node.name.value}" in members:
                    rewriter.replace.setdefault(node.name, node.name.with_changes(value=names[node.name.value]))
                for full in (f"{rewriter.module}.{node.name.value}",):
                    renamed = rewriter.maps.params.get(full)
                    if renamed:
                        rewriter.rename_params(node, renamed)

            def visit_AnnAssign(self, node: cst.AnnAssign) -> None:
                self.field(node.target)

            def visit_AssignTarget(self, node: cst.AssignTarget) -> None:
                self.field(node.target)

            def field(self, target: cst.CSTNode) -> None:
                if self.classes and isinstance(target, cst.Name):
                    if f"{rewriter.module}.{self.classes[-1]}.{target.value}" in members:
                        rewriter.replace.setdefault(target, target.with_changes(value=names[target.value]))

            def visit_Attribute(self, node: cst.Attribute) -> None:
                if node.attr.value in names and node not in rewriter.replace:
                    rewriter.replace.setdefault(node.attr, node.attr.with_changes(value=names[node.attr.value]))

            def visit_Arg(self, node: cst.Arg) -> None:
                if node.keyword is not None and node.keyword.value in names:
                    rewriter.replace.setdefault(
                        node.keyword, node.keyword.with_changes(value=names[node.keyword.value])
                    )

        self.wrapper.module.visit(Visitor())

    def rename_params(self, node: cst.FunctionDef, renamed: dict[str, str]) -> None:
        scope = self.scopes.get(node.body.body[0]) if isinstance(node.body, cst.IndentedBlock) else None
        if scope is None:
            return
        for old, new in renamed.items():
            for assignment in scope.assignments[old] if old in scope.assignments else ():
                target = assignment.node
                if isinstance(target, cst.Param):
                    self.replace[target.name] = target.name.with_changes(value=new)
                elif isinstance(target, cst.Name):
                    self.replace[target] = target.with_changes(value=new)
                for access in assignment.references:
                    self.rename_access(access.node, new)

    # -- imports ----------------------------------------------------------------------------------
    def imports(self, out) -> None:
        """Imports that stay as they are are left alone."""
        for node in list(out):
            source = dotted_name(node.module)
            before = {(alias.name.value, alias.asname.name.value if alias.asname else None) for alias in node.names}
            if all(parent == source for parent, _, _ in out[node]) and {(b, k) for _, b, k in out[node]} == before:
                del out[node]

    def import_lines(self, node: cst.ImportFrom, lines) -> list[cst.ImportFrom]:
        grouped: dict[str, dict[tuple[str, str | None], None]] = defaultdict(dict)
        for parent, leaf, keep in lines:
            if not parent:
                continue
            if parent == self.module_after() and keep is None and self.module_after() == parent:
                continue
            grouped[parent][(leaf, keep)] = None
        made = []
        for parent, names in sorted(grouped.items()):
            aliases = [
                cst.ImportAlias(
                    cst.Name(name),
                    asname=cst.AsName(cst.Name(keep)) if keep else None,
                    comma=cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
                    if i < len(names) - 1
                    else cst.MaybeSentinel.DEFAULT,
                )
                for i, (name, keep) in enumerate(sorted(names, key=lambda x: (x[0], x[1] or "")))
            ]
            made.append(cst.ImportFrom(module=dotted_node(parent), names=aliases))
        return made


class _Replace(cst.CSTTransformer):
    def __init__(self, replace, imports, parents) -> None:
        self.replace, self.import_nodes, self.parents = replace, imports, parents

    def on_leave(self, original, updated):  # type: ignore[no-untyped-def]
        if original in self.replace:
            return self.replace[original]
        if isinstance(original, cst.SimpleStatementLine):
            for small in original.body:
                if small in self.import_nodes:
                    lines = self.import_nodes[small]
                    if len(original.body) != 1:
                        raise ValueError("an import shares its line")
                    if not lines:
                        return cst.RemoveFromParent()
                    return cst.FlattenSentinel(
                        [
                            updated.with_changes(
                                body=[line],
                                leading_lines=updated.leading_lines if i == 0 else [],
                            )
                            for i, line in enumerate(lines)
                        ]
                    )
        return super().on_leave(original, updated)


def split(name: str) -> tuple[str, str]:
    parent, _, leaf = name.rpartition(".")
    return parent, leaf


def read_map(path: Path) -> Maps:
    maps = Maps()
    for line in path.read_text().splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        kind, old, new, *_ = [part.strip() for part in line.split("\t")] + [""]
        if kind == "module":
            maps.modules[old] = new
        elif kind == "symbol":
            maps.symbols[old] = new
        elif kind == "member":
            maps.members[old] = new
        elif kind == "param":
            function, _, name = old.rpartition(".")
            maps.params.setdefault(function, {})[name] = new
        else:
            raise SystemExit(f"{path}: unknown kind {kind!r}")
    return maps


class Texts:
    """Dotted names and paths in strings, comments, settings and documents."""

    def __init__(self, maps: Maps) -> None:
        self.pairs = dict(maps.modules)
        for old, new in maps.symbols.items():
            home, _, _ = old.rpartition(".")
            self.pairs[old] = new if "." in new else f"{maps.modules.get(home, home)}.{new}"
        self.paths = {as_path(old): as_path(new) for old, new in maps.modules.items()}
        self.dotted = alternatives(r"(?<![\w.])(", self.pairs, r")(?!\w)")
        self.slashed = alternatives(r"(?<![\w/])(", self.paths, r")(?!\w)")

    def __call__(self, text: str) -> str:
        if self.dotted:
            text = self.dotted.sub(lambda match: self.pairs[match[1]], text)
        if self.slashed:
            text = self.slashed.sub(lambda match: self.paths[match[1]], text)
        return text

    def in_python(self, text: str) -> str:
        """Strings and comments only: what is code is rewritten by what it refers to."""
        lines = text.splitlines(keepends=True)
        places = [
            (token.start, token.end, token.string)
            for token in tokenize.generate_tokens(io.StringIO(text).readline)
            if token.type in (tokenize.STRING, tokenize.COMMENT)
        ]
        starts = [0]
        for line in lines:
            starts.append(starts[-1] + len(line))
        for start, end, old in reversed(places):
            new = self(old)
            if new != old:
                first, last = starts[start[0] - 1] + start[1], starts[end[0] - 1] + end[1]
                text = text[:first] + new + text[last:]
        return text


def as_path(module: str) -> str:
    return module.replace(".", "/") + ".py"


def alternatives(before: str, names: dict[str, str], behind: str) -> re.Pattern[str] | None:
    if not names:
        return None
    return re.compile(before + "|".join(map(re.escape, sorted(names, key=len, reverse=True))) + behind)


def relevant(text: str, maps: Maps, words: re.Pattern[str] | None) -> bool:
    return words is None or bool(words.search(text))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("map", type=Path)
    parser.add_argument("--only", nargs="*", type=Path)
    parser.add_argument("--no-moves", action="store_true")
    parser.add_argument(
        "--everything", action="store_true", help="also follow re-exports and aliases in files no rename names"
    )
    parser.add_argument("--keep", action="store_true", help="keep aliases and re-exports: rename, move nothing")
    given = parser.parse_args()
    root = Path.cwd()
    maps = read_map(given.map)
    project = Project(root)
    words = None
    if not given.everything:
        bare = {old.rpartition(".")[2] for old in (*maps.modules, *maps.symbols, *maps.members)}
        bare |= {f.rpartition(".")[2] for f in maps.params}
        words = re.compile(r"\b(" + "|".join(map(re.escape, sorted(bare))) + r")\b")
    changed = 0
    texts = Texts(maps)
    only = {path.resolve() for path in given.only} if given.only else None
    for module, path in sorted(project.files.items()):
        if only is not None and path.resolve() not in only:
            continue
        if "/migrations/" in str(path):
            continue
        text = path.read_text()
        if not relevant(text, maps, words):
            continue
        rewriter = Rewriter(project, maps, module, texts.in_python(text), keep=given.keep)
        try:
            new = rewriter.run()
        except Exception as error:
            print(f"!! {path.relative_to(root)}: {type(error).__name__}: {error}", file=sys.stderr)
            raise
        for line in rewriter.log:
            print(f"{path.relative_to(root)}: {line}")
        if new != text:
            path.write_text(new)
            changed += 1
    tracked = subprocess.run(["git", "ls-files"], capture_output=True, text=True, check=True).stdout.split("\n")
    for path in [root / name for name in tracked if name.endswith((".toml", ".md", ".html", "Makefile", ".yaml"))]:
        if path.exists() and (only is None or path.resolve() in only):
            text = path.read_text()
            if texts(text) != text:
                path.write_text(texts(text))
    if not given.no_moves:
        for old, new in maps.modules.items():
            move(root, project, old, new)
    print(f"{changed} files changed")


def move(root: Path, project: Project, old: str, new: str) -> None:
    source = project.files.get(old)
    if source is None or source.name == "__init__.py" or old == new:
        return
    target = root / (new.replace(".", "/") + ".py")
    # A module that becomes a package of the same name moves aside first.
    target.parent.mkdir(parents=True, exist_ok=True)
    package = target.parent
    while package != root and package.name not in ROOTS:
        if not (package / "__init__.py").exists():
            (package / "__init__.py").touch()
            subprocess.run(["git", "add", "-N", str(package / "__init__.py")], check=True)
        package = package.parent
    subprocess.run(["git", "mv", str(source), str(target)], check=True)


if __name__ == "__main__":
    main()
