"""The body of a page's story: found by trafilatura, completed where it stops half way, and freed of promotion. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import islice
from typing import Any

from newsletter.curator.articles.extraction import phrases

LONGEST_PROMOTION = 160  # characters: a longer one has content
LEAST_FOUND = 3  # paragraphs, before their place in the page says anything
LEAST_MISSING = 0.2  # of what was found; below, it is more likely a note than the story
SHORTEST_MISSING = 80  # characters of a paragraph that is put in
STEPS_UP = 3  # from a block, to find what parts of a story have in common
MOST_LINKED = 0.5  # of its characters; above, it is a list of other stories


def extract_body(html: str, tree: Any, url: str, drop: Sequence[str]) -> str:
    """The paragraphs of a story, parted by empty lines, without those in `drop` (title, caption, credit)."""
    import trafilatura

    found = trafilatura.extract(
        html,
        url=url or None,
        favor_precision=True,
        include_comments=False,
        include_tables=False,
        deduplicate=False,
    )
    lines = [flat for line in (found or "").split("\n") if (flat := phrases.flatten(line))]
    unwanted = {phrases.flatten(part).casefold() for part in drop if part}
    return "\n\n".join(line for line in add_missing_paragraphs(lines, tree) if _belongs(line, unwanted))


def _belongs(line: str, unwanted: set[str]) -> bool:
    if line.casefold() in unwanted or phrases.parse_credit(line):
        return False
    return len(line) >= LONGEST_PROMOTION or not phrases.is_promotion(line)


def add_missing_paragraphs(lines: Sequence[str], tree: Any) -> list[str]:
    """Adds the paragraphs in blocks like those of the lines found: pages part their story by advertising, and
    the search for it ends there."""
    paragraphs = [(element, phrases.flatten(element.text_content())) for element in tree.iter("p")]
    known = set(lines)
    found = [element.getparent() for element, text in paragraphs if text in known]
    kinds = Counter(_kind(block) for block in found)
    kind, count = kinds.most_common(1)[0] if kinds else (("", ""), 0)
    if count < LEAST_FOUND or not kind[1]:
        return list(lines)
    around = {above for block in found if _kind(block) == kind for above in _nearest_ancestors(block)}
    whole = " ".join(lines)
    missing = {
        index
        for index, (element, text) in enumerate(paragraphs)
        if len(text) >= SHORTEST_MISSING
        and _kind(element.getparent()) == kind
        and any(above in around for above in _nearest_ancestors(element.getparent()))
        and text[:60] not in whole
        and _count_linked(element) < MOST_LINKED * len(text)
    }
    if sum(len(paragraphs[index][1]) for index in missing) < LEAST_MISSING * len(whole):
        return list(lines)
    made = list(lines)
    place = 0
    for index, (_, text) in enumerate(paragraphs):
        if index in missing:
            made.insert(place, text)
            place += 1
        elif text in known:
            place = made.index(text) + 1
    return made


def _kind(block: Any) -> tuple[str, str]:
    """By what blocks of one page are alike: the tag and the class."""
    return ("", "") if block is None else (str(block.tag), phrases.flatten(block.get("class") or ""))


def _nearest_ancestors(block: Any) -> list[Any]:
    """The nearest ancestors of a block."""
    return list(islice(block.iterancestors(), STEPS_UP))


def _count_linked(element: Any) -> int:
    return sum(len(phrases.flatten(link.text_content())) for link in element.iter("a"))
