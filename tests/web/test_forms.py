"""What is sent to a page is read by a form of Django's: no view picks values out of a request."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("newsletter/web/views", "subscribers/views")
VIEWS = [path for folder in FOLDERS for path in sorted((ROOT / folder).glob("*.py"))]
SENT = {"POST", "FILES"}
# Which of a page's forms was sent is said by the button that was pressed.
MAY_BE_GIVEN = {"form_class", "read_act"}


def find_reads(source: str) -> list[int]:
    """The lines in which what was sent is read, and not given to a form."""
    tree = ast.parse(source)
    given = {id(each) for node in ast.walk(tree) if isinstance(node, ast.Call) for each in _list_given(node)}
    return [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr in SENT and id(node) not in given
    ]


def _list_given(call: ast.Call) -> Iterator[ast.expr]:
    """What a form is made of."""
    called = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    if called.endswith("Form") or called in MAY_BE_GIVEN:
        yield from call.args
        yield from (each.value for each in call.keywords)


@pytest.mark.parametrize("path", VIEWS, ids=lambda path: path.stem)
def test_a_view_reads_what_was_sent_by_a_form(path: Path) -> None:
    assert find_reads(path.read_text("utf-8")) == []


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ("form = UploadForm(request.POST, request.FILES)", []),
        ("form = uploads.UploadForm(data=request.POST)", []),
        ("form_class, act = read_act(request.POST, acts)\nform = form_class(request.POST)", []),
        ("form = UploadForm(request.POST.get('x'))", [1]),
        ("sent = request.POST\nname = sent['name']", [1]),
        ("save(request.POST)", [1]),
    ],
)
def test_reading_is_told_from_giving_it_to_a_form(source: str, lines: list[int]) -> None:
    assert find_reads(source) == lines
