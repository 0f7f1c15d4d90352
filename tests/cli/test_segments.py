"""Segments on the command line."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.cli.conftest import Newsletter

FREE = '{"about": "tier", "op": "is", "value": "free"}'
PAID = '{"about": "tier", "op": "is", "value": "paid"}'


def test_a_segment_is_made_counted_changed_and_dropped(
    newsletter: Newsletter, readers: Callable[..., list[int]], tmp_path: Path
) -> None:
    readers(2)
    assert newsletter("segments", "create", "some", "--name", "Some", "--definition", FREE)[0] == 0
    assert json.loads(newsletter("segments", "count", "some", "--json")[1])["count"] == 2
    assert json.loads(newsletter("segments", "count", "some", "--list", "evening", "--json")[1])["count"] == 0
    file = tmp_path / "paid.json"
    file.write_text(PAID)
    assert newsletter("segments", "change", "some", "--definition", str(file))[0] == 0
    (listed,) = json.loads(newsletter("segments", "list", "--json")[1])
    assert (listed["name"], listed["words"]) == ("Some", "tier is paid")
    assert newsletter("segments", "drop", "some", "--yes")[0] == 0
    assert json.loads(newsletter("segments", "list", "--json")[1]) == []


def test_a_definition_is_read_from_standard_input(newsletter: Newsletter, readers: Callable[..., list[int]]) -> None:
    readers(3)
    status, out, _ = newsletter("segments", "count", "--definition", "-", stdin=FREE)
    assert (status, out.strip()) == (0, "3 subscribers: tier is free.")


def test_an_attribute_is_made_and_listed(newsletter: Newsletter, newsroom: Any) -> None:
    words = ("segments", "attribute", "Shirt size", "--kind", "choice", "--choice", "S", "--choice", "M")
    assert newsletter(*words)[0] == 0
    (made,) = json.loads(newsletter("segments", "attributes", "--json")[1])
    assert (made["slug"], made["kind"], made["choices"]) == ("shirt_size", "choice", ["S", "M"])
