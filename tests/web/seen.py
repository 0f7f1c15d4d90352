"""What a page was filled with, as its forms send it back."""

from __future__ import annotations

import re
from html import unescape


def read_seen(page: str) -> dict[str, str]:
    """The hidden inputs “seen” and “seen_…” of a page; of several forms the last one counts."""
    found = re.findall(r'name="(seen(?:_\w+)?)" value="([^"]*)"', page)
    return {name: unescape(value) for name, value in found}
