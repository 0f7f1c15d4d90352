"""A frozen mail as an archive page, with metadata for search engines and sharing. The mail itself is unchanged."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass

from newsletter.templater.untrusted_text import clean_line, is_link

_HEAD_ENDS = re.compile(r"</head\s*>", re.I)


@dataclass(frozen=True, slots=True)
class PageMetadata:
    """The metadata of a page: canonical address, title, description, picture, publication and feed."""

    canonical: str
    title: str
    description: str
    publication: str
    feed: str
    picture: str = ""
    picture_alt: str = ""
    published: str = ""  # ISO 8601


def build_archive_page(mail: str, about: PageMetadata) -> str:
    """The mail with this metadata in its head; unchanged if it has no head."""
    found = _HEAD_ENDS.search(mail)
    if found is None:
        return mail
    return mail[: found.start()] + "".join(_build_tags(about)) + mail[found.start() :]


def _build_tags(about: PageMetadata) -> list[str]:
    """Open Graph (ogp.me), the canonical link (RFC 6596) and the feed."""
    named = {
        "og:type": "article",
        "og:title": about.title,
        "og:description": about.description,
        "og:url": about.canonical,
        "og:site_name": about.publication,
        "og:image": about.picture if is_link(about.picture) else "",
        "og:image:alt": about.picture_alt if is_link(about.picture) else "",
        "article:published_time": about.published,
    }
    return [
        f'<link rel="canonical" href="{_escape(about.canonical)}">',
        f'<link rel="alternate" type="application/atom+xml" href="{_escape(about.feed)}">',
        f'<meta name="description" content="{_escape(about.description)}">',
        f'<meta name="twitter:card" content="{"summary_large_image" if named["og:image"] else "summary"}">',
        *(f'<meta property="{name}" content="{_escape(value)}">' for name, value in named.items() if value),
    ]


def _escape(text: str) -> str:
    return html.escape(clean_line(text), quote=True)
