"""Who wrote a page's story: declared for machines, or shown near the headline. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby, islice
from typing import Any

from newsletter.curator.articles.extraction import markup, phrases
from newsletter.kernel.patterns import LINE, compile_bounded

_DECLARED = ("author", "article:author", "parsely-author", "sailthru.author", "dc.creator", "byl")
_AUTHOR_MARKUP = compile_bounded(
    LINE,
    r"(?:^|[-_\s])(?:by-?line|author|authors|writer|contributor|reporter)s?(?:$|\s|[-_](?:name|link|info|list|"
    r"original|text)s?)",
    re.I,
)
_ASIDE_MARKUP = compile_bounded(
    LINE,
    r"comment|respond|related|recommend|sidebar|footer|widget|trending|popular|promo|teaser|newsletter|card-list|more-",
    re.I,
)
STEPS_UP = 5  # from the headline, to what holds its byline
LONGEST = 160  # characters of a byline
MOST_NODES, LONGEST_TEXT = 400, 600
NEAREST = 5  # of what is marked as an author near the headline: what stands further off is of another story


def find_authors(
    data: Mapping[str, Any], meta: Mapping[str, str], tree: Any, title: str, sites: Sequence[str]
) -> tuple[str, ...]:
    """The people of the first place that names any, each once; the paper itself (`sites`) is none."""
    places: list[Iterable[str]] = [
        list_names(data.get("author")),
        *([meta.get(name, "")] for name in _DECLARED),
        *([written] for written in _find_marked(tree)),
        *([written] for written in _find_near_headline(tree, title)),
    ]
    for place in places:
        found = [name for written in place for name in phrases.parse_authors(" ".join(written.split()), sites)]
        if found:
            return tuple(dict.fromkeys(found))
    return ()


def list_names(value: Any) -> Iterator[str]:
    """The names in what JSON-LD declares: a text, an object with a name, or a list of them."""
    for item in value if isinstance(value, list) else [value]:
        if isinstance(item, str):
            yield item
        elif isinstance(item, dict):
            yield from list_names(item.get("name"))


def _find_marked(tree: Any) -> Iterator[str]:
    for node in tree.xpath(
        "(//*[@rel='author'] | //*[@itemprop='author'] | //*[contains(concat(' ',@class,' '),' byline "
        "')])[position()<4]"
    ):
        if not _is_aside(node):
            yield markup.extract_short_text(node, LONGEST_TEXT) or ""


def _find_near_headline(tree: Any, title: str) -> Iterator[str]:
    """What the markup calls an author, nearest behind the headline first."""
    some = islice(tree.iter("h1", "h2"), MOST_NODES)
    heads = [
        node for node in some if title and (markup.extract_short_text(node, LONGEST_TEXT) or "")[:60] == title[:60]
    ]
    for head in heads[:1]:
        for holder in islice(head.iterancestors(), STEPS_UP):
            nodes = [node for node in islice(holder.iter(), MOST_NODES) if _is_author(node) and not _is_aside(node)]
            within = {above for node in nodes for above in node.iterancestors()}
            innermost = [node for node in nodes if node not in within and markup.extract_short_text(node, LONGEST)]
            if innermost:
                for _, beside in groupby(innermost[:NEAREST], key=lambda node: (node.getparent(), node.get("class"))):
                    yield ", ".join(
                        markup.extract_text(node) for node in beside
                    )  # the links of several people, one beside the other
                return


def _is_author(node: Any) -> bool:
    if not isinstance(node.tag, str):
        return False
    attributes = f"{node.get('class') or ''} {node.get('rel') or ''}"
    return _AUTHOR_MARKUP.search(attributes) is not None and any(
        _AUTHOR_MARKUP.search(token) for token in attributes.split()
    )


def _is_aside(node: Any) -> bool:
    """Whether a node stands in comments, lists of other stories or the foot of the page."""
    for holder in (node, *islice(node.iterancestors(), STEPS_UP)):
        if holder.tag in ("aside", "nav", "footer", "form"):
            return True
        if holder.tag in ("body", "html", "article", "main"):
            return False
        if _ASIDE_MARKUP.search(f"{holder.get('class') or ''} {holder.get('id') or ''}"):
            return True
    return False
