"""Reads a page, a feed, a paste and a picture of ours once. The server of confined work imports this before it forks:
what is loaded and compiled at first use (word lists, patterns, decoders) is there for every process forked.
"""

from __future__ import annotations

import base64

from newsletter.catalog import picture_files
from newsletter.curator.articles import feeds
from newsletter.curator.articles.extraction import page_pictures, pasted
from newsletter.curator.editions import page_comparison

_URL = "https://paper.example.org/ferry"
_PARAGRAPH = "The ferry came up the river on Monday, and the council voted to keep it there until the spring."
_PAGE = f"""<html lang="en"><head><title>Ferry returns after two quiet years - The Paper</title>
<meta property="og:image" content="/ferry.jpg"></head><body><article><h1>Ferry returns after two quiet years</h1>
<p>By Ada Example, 24 November 2026</p><figure><img src="/ferry.jpg"><figcaption>The ferry. Photo: Ben Example
</figcaption></figure>{f"<p>{_PARAGRAPH}</p>" * 8}</article></body></html>"""
_PASTE = f"Ferry returns after two quiet years\n\nBy Ada Example\n\n{_PARAGRAPH}\n\n{_PARAGRAPH}\n"
_FEED = f"""<?xml version="1.0"?><rss version="2.0"><channel><title>The Paper</title><link>{_URL}</link><item>
<title>Ferry returns after two quiet years</title><link>{_URL}</link><guid>1</guid><author>By Ada Example</author>
<description>{_PARAGRAPH}</description><pubDate>Tue, 24 Nov 2026 04:00:00 +0000</pubDate></item></channel></rss>"""

_PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR42mNgYGAAAAAEAAHI6uv5AAAAAElFTkSuQmCC"
)


def rehearse() -> None:
    """Reads each of them."""
    page_comparison.read_page(_PAGE.encode(), _URL)  # extracts its story as well
    page_pictures.list_pictures(_PAGE.encode(), _URL)
    pasted.clean_copied(_PASTE, _PAGE, _URL)
    feeds.parse(_FEED.encode(), _URL)
    picture_files.prepare(_PICTURE)


rehearse()
