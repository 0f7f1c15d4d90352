"""An article as read from a page or a paste, before it is stored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class ExtractedArticle:
    """What was found; "" or None is unknown. `text` has paragraphs parted by empty lines; `published_at` is aware."""

    title: str = ""
    dek: str = ""
    text: str = ""
    byline: str = ""
    published_at: datetime | None = None
    language: str = ""
    image_url: str = ""
    image_alt: str = ""
    image_caption: str = ""
    image_credit: str = ""
    publisher: str = ""
    canonical_url: str = ""
    biography: str = ""
    section: str = ""
    authors: tuple[str, ...] = ()  # the people of the byline, each alone
    paywalled: bool = False
