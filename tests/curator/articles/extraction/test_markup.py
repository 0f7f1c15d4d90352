"""The text of elements, and no more of it than is wanted."""

from __future__ import annotations

from typing import Any

import pytest
from lxml import html

from newsletter.curator.articles.extraction.markup import extract_short_text, extract_text, strip_code


def tree(text: str) -> Any:
    return html.fromstring(f"<div>{text}</div>")


def test_parts_of_an_element_are_parted_by_a_blank() -> None:
    assert extract_text(tree("<b>By</b><i>Ann</i>\n  Example")) == "By Ann Example"


@pytest.mark.parametrize("code", ["<script>a()</script>", "<style>a{}</style>", "<noscript>a</noscript>"])
def test_code_is_no_text_and_what_follows_it_is(code: str) -> None:
    assert extract_text(strip_code(tree(f"Two {code}boats"))) == "Two boats"


@pytest.mark.parametrize(("most", "text"), [(9, "Two boats"), (8, None)])
def test_a_text_is_short_up_to_its_limit(most: int, text: str | None) -> None:
    assert extract_short_text(tree("<b>Two</b> boats"), most) == text


def test_of_an_element_of_many_parts_no_more_is_read_than_could_be_short() -> None:
    assert extract_short_text(tree("<b></b><i> </i>" * 50), 20) is None
