"""A frozen mail as an archive page, with metadata for search engines and sharing. The mail itself is unchanged."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass

from newsletter.templater.languages import get_direction, get_mail_texts
from newsletter.templater.untrusted_text import clean_line, is_link

_HEAD_ENDS, _BODY_ENDS = re.compile(r"</head\s*>", re.I), re.compile(r"</body\s*>", re.I)


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
    home: str = ""  # the newsroom's own site, its privacy notice and imprint
    privacy: str = ""
    imprint: str = ""
    language: str = "en"


def build_archive_page(mail: str, about: PageMetadata) -> str:
    """The mail with this metadata in its head, and links to who publishes it below; a part that it lacks gets none."""
    head, bodies = _HEAD_ENDS.search(mail), [*_BODY_ENDS.finditer(mail)]
    places = [(bodies[-1].start(), _build_links(about))] if bodies else []
    places += [(head.start(), "".join(_build_tags(about)))] if head else []
    for place, added in places:  # the last first
        mail = mail[:place] + added + mail[place:]
    return mail


def _build_links(about: PageMetadata) -> str:
    """The newsroom with its privacy notice and imprint, in the colours that the browser has for light and dark."""
    texts = get_mail_texts(about.language)
    links = ((about.home, about.publication), (about.privacy, texts.privacy), (about.imprint, texts.imprint))
    shown = " · ".join(
        f'<a href="{_escape(url)}" style="display:inline-block;padding:12px 0;color:inherit">{_escape(label)}</a>'
        for url, label in links
        if is_link(url)
    )
    return (
        f'<footer dir="{get_direction(about.language)}" style="box-sizing:border-box;max-width:640px;margin:0 auto;'
        "padding:8px 20px;background:Canvas;color:CanvasText;font:14px/20px Helvetica,Arial,sans-serif;"
        f'text-align:center;overflow-wrap:anywhere">{shown}</footer>'
        if shown
        else ""
    )


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
