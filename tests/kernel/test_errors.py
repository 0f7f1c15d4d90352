"""The tree of errors: how a command ends and what a page answers."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from newsletter.kernel.errors import (
    BadInput,
    Conflict,
    Difference,
    NewsletterError,
    NotAllowed,
    NotFound,
    Refused,
    SurroundingsError,
)

ROOT = Path(__file__).resolve().parents[2]
ERRORS = {each.__name__ for each in (BadInput, Conflict, NotAllowed, NotFound, Refused, SurroundingsError)}
NOUNS = (
    "newsletters|feeds|articles|editions|schedules|mailings|lists|segments|subscribers|suppressions|users|audit|database"
    "|notifications|doctor"
)


@pytest.mark.parametrize(
    ("error", "exit_code", "status"),
    [
        (Refused("No."), 1, 409),
        (NotFound("No."), 1, 404),
        (NotAllowed("No."), 1, 403),
        (Conflict("No."), 1, 409),
        (BadInput("No."), 2, 422),
        (SurroundingsError("No."), 3, 503),
    ],
)
def test_an_error_ends_a_command_and_answers_a_page(error: NewsletterError, exit_code: int, status: int) -> None:
    assert (error.exit_code, error.http_status, str(error)) == (exit_code, status, "No.")


def test_bad_input_names_its_field_and_a_conflict_its_differences() -> None:
    assert (BadInput("No.", "zone").field, BadInput("No.").field) == ("zone", "")
    difference = Difference("subject", "seen", "present")
    assert Conflict("No.", iter([difference])).differences == (difference,)
    assert Conflict("No.").differences == ()


def test_a_sentence_that_the_desk_shows_names_no_command() -> None:
    """Commands and options are in `command_hint`, which the command line alone adds; the desk says what to press."""
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno}: {text}"
        for folder in ("newsletter", "subscribers")
        for path in sorted((ROOT / folder).rglob("*.py"))
        if not path.is_relative_to(ROOT / "newsletter" / "cli")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ERRORS and node.args
        for text in [join_texts(node.args[0])]
        if COMMAND.search(text)
    ]
    assert found == []


def test_what_says_why_a_mailing_stands_still_names_no_command() -> None:
    """The reason is stored, and the desk shows it beside the buttons; the command line adds its commands."""
    found = [
        f"{path.name}:{node.lineno}: {node.value}"
        for path in sorted((ROOT / "newsletter/delivery/sending").glob("*.py"))
        if path.name != "unsettled.py"  # an alarm, which is known by its words
        for tree in [ast.parse(path.read_text("utf-8"))]
        for hints in [{id(each) for node in ast.walk(tree) if is_hint(node) for each in ast.walk(node)}]
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in hints
        if COMMAND.search(node.value)
    ]
    assert found == []


def is_hint(node: ast.AST) -> bool:
    return isinstance(node, ast.keyword) and node.arg == "command_hint"


COMMAND = re.compile(rf"\bnewsletter (?:{NOUNS}) [a-z]|(?<!\S)--[a-z]")


def join_texts(expression: ast.expr) -> str:
    """The literal text of a sentence, without what is filled in."""
    nodes = ast.walk(expression)
    return "".join(each.value for each in nodes if isinstance(each, ast.Constant) and isinstance(each.value, str))
