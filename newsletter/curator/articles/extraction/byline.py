"""Who wrote a page's story. Pure.

declared: JSON-LD, meta tags ▸ marked as the author ▸ called one by the markup ▸ labelled in words
    ─▶ candidates, each with its origin, nearest to the headline first ─▶ the first that names a person
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby, islice
from typing import Any

from newsletter.curator.articles.extraction import declared, markup, names, words
from newsletter.curator.articles.extraction.surroundings import Place

BEFORE_HEADLINE, AFTER_HEADLINE = 400, 700  # characters between the headline and who wrote the story
LONGEST = 160  # characters of a byline
LONGEST_LABELLED = 90  # of a line that begins with a label: more is a sentence
MOST_CANDIDATES = 40
_CALLED = ("author", "byline")


def find_authors(
    data: Mapping[str, Any],
    meta: Sequence[tuple[str, str]],
    places: Sequence[Place],
    sites: Sequence[str],
) -> tuple[str, ...]:
    """The people of the first place that names any, each once; the paper itself (`sites`) is none."""
    shown = markup.extract_text(places[0].node) if places else ""
    said = [
        (origin, found)
        for origin, texts in _list_candidates(data, meta, places)
        if (found := [name for text in texts for name in names.parse_authors(text, sites)])
    ]
    return tuple(dict.fromkeys(next((found for origin, found in said if _is_credible(origin, found, shown)), [])))


def _is_credible(origin: str, found: Sequence[str], shown: str) -> bool:
    """Whether names need no better ones: in full; and shown, of origins that often name who runs or fills the site."""
    if origin in ("meta", "account") and not all(name in shown for name in found):
        return False
    return any(" " in name for name in found) or (origin in ("json-ld", "marked") and found[0].istitle())


def _list_candidates(
    data: Mapping[str, Any], meta: Sequence[tuple[str, str]], places: Sequence[Place]
) -> Iterator[tuple[str, list[str]]]:
    """What each place says of the authors, and which kind of place that is, the best first."""
    near = sorted((place for place in places if _is_near(place)), key=lambda place: abs(place.distance or 0))
    far = [place for place in places if not _is_near(place)]
    author = data.get("author")
    yield "account" if declared.is_reference(author) else "json-ld", list(declared.list_names(author))
    yield from (("marked", [text]) for text in _list_texts(filter(_is_marked, (*near, *far))))
    yield "meta", declared.list_authors(meta)
    yield from (("called", [text]) for text in _list_texts(filter(_is_called, near)))
    yield from (("labelled", [text]) for place in near if place.distance and (text := _find_labelled(place)))


def _list_texts(places: Iterable[Place]) -> Iterator[str]:
    """The texts of the innermost of some elements; the links of several people, one beside the other, as one."""
    nodes = list(dict.fromkeys(place.node for place in islice(places, MOST_CANDIDATES)))
    within = {above for node in nodes for above in node.iterancestors()}
    innermost = [node for node in nodes if node not in within]
    for _, beside in groupby(innermost, key=lambda node: (node.getparent(), node.get("class"))):
        yield ", ".join(markup.extract_short_text(node, LONGEST) or "" for node in beside)


def _is_near(place: Place) -> bool:
    return place.distance is not None and -BEFORE_HEADLINE <= place.distance <= AFTER_HEADLINE


def _is_marked(place: Place) -> bool:
    """Whether the markup says for machines that this is the author: a link, microdata, or a card of hCard's."""
    node = place.node
    said = f"{node.get('rel') or ''} {node.get('itemprop') or ''} {node.get('class') or ''}".split()
    return "author" in said or "vcard" in said


def _is_called(place: Place) -> bool:
    called = f"{place.node.get('class') or ''} {place.node.get('id') or ''}".casefold()
    return any(word in called for word in _CALLED)


def _find_labelled(place: Place) -> str:
    """A text that begins with a label and a name: “Von Ann Example”; "" for none."""
    text = place.text
    if len(text) > LONGEST_LABELLED:
        return ""
    label = words.find_opening(text, "by")
    if not label or text[len(label) :].strip(" :"):
        return text if label and text[len(label) :].strip(" :")[0].isupper() else ""
    above = place.node.getparent()
    texts = [markup.extract_short_text(node, LONGEST_LABELLED) for node in (place.node, above) if node is not None]
    return next((whole for whole in texts if whole and whole != text), "")
