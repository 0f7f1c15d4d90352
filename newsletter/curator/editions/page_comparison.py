"""Compares a picked story's page with what it was: gone, moved, another headline, a correction. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from urllib.parse import urlsplit

from newsletter.curator.articles import canonical_urls
from newsletter.curator.articles.extraction import markup, page
from newsletter.curator.editions.states import PageCheckState
from newsletter.kernel.patterns import CAPTION, compile_bounded

GONE_STATUSES = (404, 410)  # statuses
ALIKE = 0.9  # of two headlines: less is a change, more a comma
LONGEST = 500  # characters of what is kept of a page
# a paragraph that begins so, or says so early
_CORRECTION = compile_bounded(
    CAPTION,
    r"^\W*(?:corrections?(?:\s+and\s+clarifications?)?|clarification|editor.?s?.?\s+note|korrektur|berichtigung|"
    r"anmerkung\s+der\s+redaktion|rectificatif|"
    r"correcci[oó]n|fe\s+de\s+errores|correzione|rettifica)(?:,?\s+[^:]{3,30})?\s*[:–—].{10,}"
    r"|^.{0,30}\bthis\s+(?:article|story|piece|report|post|headline)\s+(?:was|has\s+been)\s+(?:amended|corrected|"
    r"updated\s+to\s+(?:correct|clarify))\b.{0,300}"
    r"|^.{0,40}\bearlier\s+version\s+of\s+this\s+(?:article|story|piece|report|post)\b.{10,}|^.{0,10}(?:"
    r"in\s+einer\s+früheren\s+(?:version|fassung)\b.{10,})",
    re.I | re.S,
)


@dataclass(frozen=True, slots=True)
class PageFacts:
    """What matters of a page: its headline, the correction it carries, and the address it gives itself."""

    title: str = ""
    correction: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True)
class PageVerdict:
    """How a page is against what it was; `detail` is the new headline or address, the correction, or the error."""

    state: PageCheckState
    detail: str = ""


def read_page(html: bytes, url: str) -> PageFacts:
    """What matters of a page that came from `url` in the end."""
    tree = page.parse_html(html)
    if tree is None:
        return PageFacts(address=url)
    correction = ""
    for node in tree.iter("p", "em", "aside", "footer", "div", "span", "li"):
        if len(node) > 8:
            continue
        text = markup.extract_short_text(node, 1000) or ""
        if len(text) >= 20 and _CORRECTION.match(text):
            correction = text[:LONGEST]
            break
    return PageFacts(page.extract_headline(tree, url)[:LONGEST], correction, url)


def compare(asked: str, before: PageFacts | None, now: PageFacts) -> PageVerdict:
    """The page that `asked` led to, against what it was at the first check (None: this is the first one).

    An address that always led elsewhere, as those of feeds do, has not moved.
    """
    if _is_front_page(now.address) and not _is_front_page(asked):
        return PageVerdict(PageCheckState.GONE, f"the address leads to {now.address}")
    if (
        before is not None
        and before.address
        and canonical_urls.canonicalise(now.address) != canonical_urls.canonicalise(before.address)
    ):
        return PageVerdict(PageCheckState.MOVED, now.address[:LONGEST])
    if now.correction:
        return PageVerdict(PageCheckState.CORRECTED, now.correction)
    if before is not None and before.title and now.title and not _is_alike(before.title, now.title):
        return PageVerdict(PageCheckState.CHANGED, now.title)
    return PageVerdict(PageCheckState.SAME)


def _is_front_page(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.path in ("", "/") and not parts.query


def _is_alike(one: str, other: str) -> bool:
    first, second = canonical_urls.normalise_title(one), canonical_urls.normalise_title(other)
    return first == second or SequenceMatcher(None, first, second, autojunk=False).ratio() >= ALIKE
