"""What a page was filled with, as its forms send it back, and what it says, however its template is laid out."""

from __future__ import annotations

import re
from html import unescape


def read_seen(page: str) -> dict[str, str]:
    """The hidden inputs “seen” and “seen_…” of a page; of several forms the last one counts."""
    found = re.findall(r'name="(seen(?:_\w+)?)"\s+value="([^"]*)"', page)
    return {name: unescape(value) for name, value in found}


def flatten(page: str) -> str:
    """The page on one line: single spaces, none behind a tag and none before a closing one."""
    return re.sub(r"(?<=>) | (?=</)", "", re.sub(r"\s+", " ", page))
