"""Short names for addresses of pages and for the command line."""

from __future__ import annotations

import re

from newsletter.kernel.errors import BadInput

_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,58}")


def is_slug(text: str) -> bool:
    """Whether a text is a slug: small letters, digits and hyphens, 59 at most."""
    return _SLUG.fullmatch(text) is not None


def check_slug(text: str) -> None:
    """Raises BadInput for a text that is not a slug."""
    if not is_slug(text):
        raise BadInput(f"“{text[:60]}” is not a slug. Use small letters, digits and hyphens, 59 at most.", "slug")
