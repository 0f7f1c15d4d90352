"""Clipping a page to the pool."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from newsletter.curator.articles import article_lookup

PASTED = "Ferry gets a second boat\n\n" + "\n\n".join(
    f"From the first of May boat number {n} will cross the lake every half hour, the harbour office said on Monday."
    for n in range(4)
)


def test_a_clipped_page_is_added_only_on_post(editor: Client, newsroom: Any) -> None:
    page = "/sources/clip/"
    shown = editor.get(page, {"url": "https://echo.example.org/ferry", "title": "Ferry <b>", "text": PASTED})
    assert b"Ferry &lt;b&gt;" in shown.content
    assert article_lookup.list_articles() == ()
    added = editor.post(page, {"do": "text", "url": "https://echo.example.org/ferry", "text": PASTED})
    assert b"Added to the pool:" in added.content
    (article,) = article_lookup.list_articles()
    assert (article.title, article.url) == ("Ferry gets a second boat", "https://echo.example.org/ferry")
    assert (
        b"Already in the pool"
        in editor.post(page, {"do": "text", "url": "https://echo.example.org/ferry", "text": PASTED}).content
    )


@pytest.mark.parametrize("url", ["", "file:///etc/passwd", "javascript:alert(1)"])
def test_a_clip_of_no_web_address_is_refused(editor: Client, newsroom: Any, url: str) -> None:
    answer = editor.post("/sources/clip/", {"do": "page", "url": url})
    assert answer.status_code == 422
    assert b"begins with https" in answer.content


def test_the_bookmarklet_opens_this_desk(editor: Client, newsroom: Any, settings: Any) -> None:
    assert f"{settings.CONFIG.base_url}/sources/clip/".encode() in editor.get("/sources/clip/").content
