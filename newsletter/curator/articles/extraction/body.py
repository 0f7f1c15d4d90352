"""The body of a page's story: found by trafilatura, completed where it stops half way, and freed of promotion. Pure.

trafilatura with tables ─▶ enough of what the page promises? ▸ else the story as declared, or found less strictly
    ─▶ the blocks it stopped before ─▶ without what is only a link, promotion, headline, caption and credit
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import islice
from typing import Any

from newsletter.curator.articles.extraction import markup, phrases
from newsletter.curator.articles.extraction.date import is_stamp

LEAST_PROMISED = 1 / 3  # of what the page promises; below, the search stopped at a part of the story
LEAST_FOUND = 3  # paragraphs, before their place in the page says anything
LEAST_COMPLETED = 1.8  # of what was found; below, what is missing is more likely a note than the story
STEPS_UP = 3  # from a block, to find what parts of a story have in common
MOST_LINKED = 0.6  # of its characters; above, a paragraph leads to another story


def extract_body(html: str, tree: Any, url: str, drop: Sequence[str], declared: str = "") -> str:
    """The paragraphs of a story, parted by empty lines, without those in `drop` (title, caption, credit).

    `declared` is the story as the page gives it for machines.
    """
    paragraphs = [(node, phrases.flatten(node.text_content())) for node in tree.iter("p")]
    lines = _find_lines(html, url, max(len(declared), sum(len(text) for _, text in paragraphs)), declared)
    linked = {text for node, text in paragraphs if _is_link(node, text)}
    unwanted = {phrases.flatten(part).casefold() for part in drop if part}
    return "\n\n".join(
        line
        for line in add_missing_paragraphs(lines, paragraphs)
        if line not in linked
        and line.casefold() not in unwanted
        and not phrases.is_promotion(line)
        and not is_stamp(line)
    ) or "\n\n".join(lines)


def _find_lines(html: str, url: str, promised: int, declared: str) -> list[str]:
    """The lines of the story; less strictly found ones where the strict search finds a part of it only."""
    strict = _search(html, url, strictly=True)
    if sum(map(len, strict)) >= LEAST_PROMISED * promised:
        return strict
    others = (markup.split_declared(declared), _search(html, url, strictly=False))
    size = sum(map(len, strict))
    return next((lines for lines in others if size < LEAST_PROMISED * sum(map(len, lines))), strict)


def _search(html: str, url: str, *, strictly: bool) -> list[str]:
    import trafilatura

    found = trafilatura.extract(
        html,
        url=url or None,
        include_comments=False,
        include_tables=True,
        favor_precision=strictly,
        favor_recall=not strictly,
    )
    return [flat for line in (found or "").split("\n") if (flat := phrases.flatten(line).strip("| "))]


def add_missing_paragraphs(lines: Sequence[str], paragraphs: Sequence[tuple[Any, str]]) -> list[str]:
    """Adds those of a page's paragraphs that stand in blocks like those of the lines found: pages part their story by
    advertising, and the search for it ends there."""
    known, whole = set(lines), " ".join(lines)
    kinds = Counter(_kind(node.getparent()) for node, text in paragraphs if text in known)
    kind, count = kinds.most_common(1)[0] if kinds else (("", ""), 0)
    if count < LEAST_FOUND or not kind[1]:
        return list(lines)
    alike = [(node, text) for node, text in paragraphs if _kind(node.getparent()) == kind]
    around = {above for node, text in alike if text in known for above in _nearest_ancestors(node)}
    made, place = list(lines), 0
    for node, text in alike:
        if text in known:
            place = made.index(text) + 1
        elif text[:60] not in whole and not around.isdisjoint(_nearest_ancestors(node)) and not _is_link(node, text):
            made.insert(place, text)
            place += 1
            known.add(text)
    return made if sum(map(len, made)) >= LEAST_COMPLETED * len(whole) else list(lines)


def _kind(block: Any) -> tuple[str, str]:
    """By what blocks of one page are alike: the tag and the class."""
    return ("", "") if block is None else (str(block.tag), phrases.flatten(block.get("class") or ""))


def _nearest_ancestors(node: Any) -> list[Any]:
    """The nearest ancestors of the block that a paragraph is in."""
    return list(islice(node.getparent().iterancestors(), STEPS_UP))


def _is_link(node: Any, text: str) -> bool:
    """Whether a paragraph leads to another story: it is mostly a link."""
    return sum(len(phrases.flatten(link.text_content())) for link in node.iter("a")) >= MOST_LINKED * len(text) > 0
