"""What a process for confined work needs is loaded before it is forked."""

from __future__ import annotations

import io
import sys
from typing import Any

import pytest

from newsletter.catalog import picture_files
from newsletter.confinement import run_confined
from newsletter.curator.articles import feeds
from newsletter.curator.articles.extraction import page, pasted, words
from newsletter.curator.editions import page_comparison

URL = "https://other.example.com/1"
PAGE = b"<html lang=en><title>Otters</title><article><h1>Otters</h1><p>By Cy Example</p><p>They came.</p></article>"
FEED = f"""<?xml version="1.0"?><rss version="2.0"><channel><title>Another</title><link>{URL}</link>
<item><title>Otters are back</title><link>{URL}</link>
<description>They came back.</description></item></channel></rss>"""


def list_loaded_by(name: str, *given: Any) -> list[str]:
    """The modules and word lists that a confined process loads for this work."""
    modules, lists = set(sys.modules), words.list_words.cache_info().misses
    WORK[name](*given)
    loaded = sorted(set(sys.modules) - modules)
    return [*loaded, *["words"] * (words.list_words.cache_info().misses - lists)]


WORK = {
    "page": page.extract,
    "paste": pasted.clean_copied,
    "feed": feeds.parse,
    "picture": picture_files.prepare,
    "facts": page_comparison.read_page,
}


@pytest.mark.parametrize("name", WORK)
def test_a_process_for_confined_work_loads_nothing_that_all_of_them_need(name: str) -> None:
    given = {
        "page": (PAGE, URL),
        "paste": ("Otters are back\n\nThey came back in the night.\n", "", URL),
        "feed": (FEED.encode(), URL),
        "picture": (draw_picture(),),
        "facts": (PAGE, URL),
    }
    assert run_confined(list_loaded_by, name, *given[name], what="It") == []


def draw_picture() -> bytes:
    from PIL import Image  # here: the process forked imports this file

    out = io.BytesIO()
    Image.new("RGB", (60, 40), "teal").save(out, "JPEG")
    return out.getvalue()
