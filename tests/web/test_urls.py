"""Every page of the desk opens, and every address of ours is asked for by its name."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import URLResolver, get_resolver

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("newsletter/web", "newsletter/api", "subscribers/views")
BY_HAND = {
    "newsletter/web/uploads.py": "decided by the head of a request alone, before any view is looked up",
    "newsletter/web/middleware.py": "monitors may ask under any host: before a view is looked up",
}


def list_namespaces() -> Iterator[tuple[str, str]]:
    """Every pattern as (namespace, route)."""
    for part in get_resolver().url_patterns:
        assert isinstance(part, URLResolver)
        for entry in part.url_patterns:
            yield part.namespace or "", str(entry.pattern)


def list_addresses(path: Path) -> Iterator[str]:
    """The texts of a module that begin as an address of ours does."""
    first = {route.partition("/")[0] for _, route in list_namespaces()}
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        text = node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
        if text.startswith("/") and text != "/" and text.split("/")[1] in first - {""}:
            yield text


def test_every_address_is_of_the_desk_the_readers_or_programs() -> None:
    found = list(list_namespaces())
    assert {namespace for namespace, _ in found} == {"desk", "readers", "api"}
    assert {namespace for namespace, route in found if route.startswith(("api/", "hooks/"))} == {"api"}
    assert {namespace for namespace, route in found if route.startswith(("join/", "u/", "archive/"))} == {"readers"}


def test_no_module_writes_an_address_by_hand() -> None:
    modules = [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]
    found = {str(path.relative_to(ROOT)): sorted(list_addresses(path)) for path in modules}
    assert len(found) > 60
    assert {name for name, each in found.items() if each} == BY_HAND.keys()


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/editions/",
        "/calendar/",
        "/schedule/",
        "/newsletters/",
        "/newsletters/morning/",
        "/sources/",
        "/readers/",
        "/readers/import/",
        "/deliveries/",
    ],
)
def test_every_page_of_the_desk_opens(editor: Client, sent: Any, path: str) -> None:
    answer = editor.get(path)
    assert answer.status_code == 200
    assert b"Nothing leaves this machine" in answer.content, "while the outbox is the provider"
    policy = answer.headers["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy


def test_empty_pages_say_what_to_do(signed_in: Callable[[str], Client]) -> None:
    admin = signed_in("admin")
    for path in ("/", "/editions/", "/deliveries/", "/sources/", "/outbox/"):
        answer = admin.get(path)
        assert answer.status_code == 200
        assert b'class="empty"' in answer.content
