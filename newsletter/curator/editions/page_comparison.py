"""Compares a picked story's page with what it was: gone, moved, withdrawn, rewritten, corrected, walled. Pure."""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass
from difflib import SequenceMatcher
from urllib.parse import urlsplit

from newsletter.curator.articles import canonical_urls
from newsletter.curator.articles.extraction import markup, page, words
from newsletter.curator.editions.states import PageCheckState

GONE_STATUSES = (404, 410)  # statuses
ALIKE = 0.9  # of two headlines: less is a change, more a comma
LONGEST = 500  # characters of what is kept of a page
LONGEST_CORRECTION, LABELLED_WITHIN, SAID_WITHIN = 1000, 60, 100  # characters
SHORTEST_CORRECTION, BESIDE_LABEL = 10, 3
_LABEL_SIGN = re.compile(r"[:：–—]")
REWRITTEN_BELOW, WITHDRAWN_BELOW, EMPTIED_BELOW = 0.3, 0.05, 0.25  # of the text that is still there
SKETCH, SHINGLE = 64, 4  # hashes kept of a text; words that each is of


@dataclass(frozen=True, slots=True)
class PageFacts:
    """What matters of a page: its headline, the correction it carries, and the address it gives itself.

    `sketch` tells how much of a text is still there (`sketch_text`); "" is unknown, and so is None for the paywall.
    """

    title: str = ""
    correction: str = ""
    address: str = ""
    sketch: str = ""
    paywalled: bool | None = None


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
        text = markup.extract_short_text(node, LONGEST_CORRECTION) or ""
        if len(text) >= SHORTEST_CORRECTION and _is_correction(text):
            correction = text[:LONGEST]
            break
    story = page.extract(html, url)
    return PageFacts(story.title[:LONGEST], correction, url, sketch_text(story.text), story.paywalled)


def _is_correction(text: str) -> bool:
    """Whether a paragraph says what was wrong: it begins with a label, or says that the story was changed."""
    plain = text.lstrip(" *•·–—-[(")
    label = words.find_opening(plain, "correction")
    behind = plain[len(label) : LABELLED_WITHIN] if label else ""
    if (sign := _LABEL_SIGN.search(behind)) and (sign.start() <= BESIDE_LABEL or _has_digits(behind[: sign.start()])):
        return True
    return any(said in text[:SAID_WITHIN].casefold() for said in words.list_words("amended"))


def _has_digits(text: str) -> bool:
    """Whether a date may stand between a label and its sign: “Correction, Nov. 24:”."""
    return any("0" <= letter <= "9" for letter in text)


def sketch_text(text: str) -> str:
    """The smallest hashes of a text's runs of words: of two texts, they share as much as these do. "" for none."""
    said = re.findall(r"\w+", text.casefold())
    runs = {" ".join(said[at : at + SHINGLE]) for at in range(len(said) - SHINGLE + 1)}
    return "".join(sorted(f"{zlib.crc32(run.encode('utf-8', 'surrogatepass')):08x}" for run in runs)[:SKETCH])


def _measure_kept(before: str, now: str) -> float:
    """How much of a text another one still has, by their sketches: 0 to 1."""
    first, second = ({sketch[at : at + 8] for at in range(0, len(sketch), 8)} for sketch in (before, now))
    smallest = set(sorted(first | second)[: max(len(first), 1)])
    return len(smallest & first & second) / max(len(smallest & first), 1)


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
    title, sketch = (before.title, before.sketch) if before is not None else ("", "")
    other = bool(title and now.title and not _is_alike(title, now.title))
    kept = _measure_kept(sketch, now.sketch) if sketch and now.sketch else 1.0
    if len(now.sketch) < EMPTIED_BELOW * len(sketch):
        return PageVerdict(PageCheckState.WITHDRAWN, "the page has next to no text any more")
    if other and kept < WITHDRAWN_BELOW:  # a page that says so, but answers as if nothing were wrong
        return PageVerdict(PageCheckState.WITHDRAWN, f"the page says “{now.title}”"[:LONGEST])
    if now.correction:
        return PageVerdict(PageCheckState.CORRECTED, now.correction)
    if other:
        return PageVerdict(PageCheckState.CHANGED, now.title)
    if kept < REWRITTEN_BELOW:
        return PageVerdict(PageCheckState.REWRITTEN, "little of its text is as it was")
    if before is not None and before.paywalled is False and now.paywalled:
        return PageVerdict(PageCheckState.PAYWALLED, "only subscribers may read it now")
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
