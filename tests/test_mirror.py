"""Tests mirror the packages: a module that changed names its test, and a test names its module."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
# Django's own places, and packages' names: what they do is tested where it is used.
NOT_MIRRORED = {"__init__.py", "__main__.py", "apps.py", "models.py"}
# Here tests are about the whole program, or about themselves.
APART = ("browser", "compatibility", "fakes", "flows", "golden", "mutants")

WITHOUT_A_TEST = {
    "newsletter/jobs/worker_procrastinate.py": "needs PostgreSQL: tests/flows/test_many_machines.py runs it",
    "newsletter/settings.py": "read once, before any test; what it reads is tests/test_config.py",
    "subscribers/imports/merge_postgresql.py": "parts of statements: tests/flows/test_sql_on_postgres.py runs them",
    "subscribers/imports/merge_sqlite.py": "parts of statements: imports/test_merge.py runs them",
    "subscribers/imports/merge_statements.py": "statements alone: imports/test_merge.py runs them",
}
WITHOUT_A_MODULE = {
    "tests/cli/test_refusals.py": "what is wrong with what a command was given: one table for all commands",
    "tests/delivery/sending/test_freeze_variants.py": "who gets which variant: freezing and handing over together",
    "tests/delivery/sending/test_recall_unconfirmed.py": "recall.py, while nobody knows what became of a cancellation",
    "tests/delivery/test_any_order.py": "whatever happens in whatever order, nobody is mailed twice",
    "tests/delivery/test_killed.py": "workers killed at any instant, counted at a server",
    "tests/subscribers/imports/test_shapes.py": "exports of programs nobody prepared for",
    "tests/subscribers/test_never_again.py": "no sequence of acts of all modules makes who said no mailable",
    "tests/templater/test_in_a_browser.py": "finished mails as chromium shows them",
    "tests/web/test_forms.py": "how every view reads what was sent",
    "tests/web/test_rights.py": "every address with every role, and what it must not show",
    "tests/web/test_templates.py": "how the templates and modules of the desk are written",
    "tests/web/test_translations.py": "the files of translations, which no module holds",
}


def modules() -> Iterator[str]:
    """The path of every module of ours."""
    for package in ("newsletter", "subscribers"):
        for path in sorted((ROOT / package).rglob("*.py")):
            if "migrations" not in path.parts:
                yield path.relative_to(ROOT).as_posix()


def files_of_tests() -> Iterator[str]:
    """The path of every file of tests that has to name a module."""
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        name = path.relative_to(ROOT).as_posix()
        if path.parent != ROOT / "tests" and path.parts[len(ROOT.parts) + 1] not in APART:
            yield name


def to_test(module: str) -> str:
    """Where the tests of a module are: those of newsletter/a/b.py in tests/a/test_b.py."""
    folder, _, name = module.removeprefix("newsletter/").rpartition("/")
    return "/".join(filter(None, ("tests", folder, f"test_{name}")))


def has_logic(source: str) -> bool:
    """Whether a module has a function that does something: more than a docstring, `...` or `pass`."""
    return any(
        isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not all(map(_is_empty, node.body))
        for node in ast.walk(ast.parse(source))
    )


def _is_empty(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Pass) or (
        isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    )


def _lacks_a_test(module: str) -> bool:
    return (
        Path(module).name not in NOT_MIRRORED
        and has_logic((ROOT / module).read_text("utf-8"))
        and not (ROOT / to_test(module)).exists()
    )


def test_every_module_that_does_something_has_its_tests() -> None:
    assert [module for module in modules() if _lacks_a_test(module)] == list(WITHOUT_A_TEST)


def test_every_file_of_tests_names_a_module() -> None:
    expected = {to_test(module) for module in modules()}
    assert [test for test in files_of_tests() if test not in expected] == list(WITHOUT_A_MODULE)


@pytest.mark.parametrize(
    ("module", "test"),
    [
        ("newsletter/a/b/c.py", "tests/a/b/test_c.py"),
        ("newsletter/config.py", "tests/test_config.py"),
        ("subscribers/x.py", "tests/subscribers/test_x.py"),
        ("subscribers/imports/x.py", "tests/subscribers/imports/test_x.py"),
    ],
)
def test_a_module_has_its_tests_at_the_same_place(module: str, test: str) -> None:
    assert to_test(module) == test


@pytest.mark.parametrize(
    ("source", "logic"),
    [
        ("def f():\n    return 1", True),
        ("class A:\n    def f(self):\n        '''Does.'''\n        self.x = 1", True),
        ("class A(Protocol):\n    def f(self):\n        '''Says what is meant.'''", False),
        ("class A(Protocol):\n    @property\n    def f(self): ...", False),
        ("class A(StrEnum):\n    B = 'b'\nLIMIT = 5", False),
    ],
)
def test_only_what_does_something_counts_as_logic(source: str, logic: bool) -> None:
    assert has_logic(source) == logic
