"""The actions of the audit log as people read them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from django.utils.translation import override

from newsletter.web.audit_words import get_action_label

ROOT = Path(__file__).resolve().parents[2]
RECORDED = ("ActionRecord", "_record", "_record_change", "_switch")


def test_a_stored_action_is_read_in_the_words_and_the_language_of_the_page() -> None:
    assert get_action_label("added reader") == "Added subscriber"
    with override("de"):
        assert get_action_label("added reader") == "Abonnent aufgenommen"


def test_an_action_without_a_label_is_shown_as_it_is_stored() -> None:
    assert get_action_label("did what nobody knows") == "did what nobody knows"


def test_every_action_that_is_recorded_has_a_label() -> None:
    assert {each for each in list_recorded_actions() if get_action_label(each) == each} == set()


def list_recorded_actions() -> Iterator[str]:
    """The actions that our code names where it records one, or gives as `action`."""
    for folder in ("newsletter", "subscribers"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            tree = ast.parse(path.read_text("utf-8"))
            if "ActionRecord(" not in path.read_text("utf-8"):
                continue
            for node in ast.walk(tree):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in RECORDED:
                    given = [*node.args[:2], *(each.value for each in node.keywords if each.arg == "action")]
                    if node.func.id == "ActionRecord":
                        given = node.args[:1]
                    yield from (text for each in given for text in list_texts(each))
                if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "action":
                    yield from list_texts(node.value)


def list_texts(given: ast.expr) -> Iterator[str]:
    """A literal text, or both of a choice."""
    if isinstance(given, ast.IfExp):
        yield from (*list_texts(given.body), *list_texts(given.orelse))
    elif isinstance(given, ast.Constant) and isinstance(given.value, str):
        yield given.value
