"""Who wrote a page's story. Pure.

declared: JSON-LD, meta tags ▸ marked as the author ▸ called one by the markup ▸ labelled in words
    ─▶ candidates, each with its origin, nearest to the headline first ─▶ the first that is credible
    ─▶ else what is declared and shown alike ▸ a log-in name, or the site's own, that is marked or labelled
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby, islice
from typing import Any

from newsletter.curator.articles.extraction import declared, markup, names, words
from newsletter.curator.articles.extraction.date import find_written
from newsletter.curator.articles.extraction.surroundings import Place

LONGEST = 160  # characters of a byline
LONGEST_LABELLED = 90  # of a line that begins with a label: more is a sentence
LONGEST_NAME = 60
MOST_CANDIDATES = 40
_CALLED = ("author", "byline", "autor", "auteur", "writer")
_DECLARED, _SHOWN = ("account", "json-ld", "meta"), ("marked", "labelled")  # origins


def find_authors(
    data: Mapping[str, Any], meta: Sequence[tuple[str, str]], places: Sequence[Place], sites: Sequence[str]
) -> tuple[str, ...]:
    """The people of the first place that names any, each once; the paper itself (`sites`) hardly ever is one."""
    shown = markup.extract_text(places[0].node) if places else ""
    candidates = list(_list_candidates(data, meta, places))
    for origin, texts in candidates:
        found = [name for text in texts for name in names.parse_authors(text, sites)]
        if found and _is_credible(origin, found, shown):
            return tuple(dict.fromkeys(found))
    lines = {place.text.casefold(): place.text for place in places if place.is_near}
    said = [lines.get(text.casefold(), "") for origin, texts in candidates if origin in _DECLARED for text in texts]
    if alike := next((line for line in said if 0 < len(line) <= LONGEST_NAME and names.is_named(line, sites)), ""):
        return (alike,)
    texts_shown = (text for origin, texts in candidates if origin in _SHOWN for text in texts)
    return tuple(next(filter(None, (names.parse_authors(text, nicknames=True) for text in texts_shown)), []))


def _is_credible(origin: str, found: Sequence[str], shown: str) -> bool:
    """Whether names need no better ones: in full; and shown, of origins that often name who runs or fills the site."""
    if origin in ("meta", "account") and not all(name in shown for name in found):
        return False
    if any(names.is_full(name.split()) for name in found):
        return True
    return names.is_agency(found[0]) or (origin in ("json-ld", "marked") and found[0].istitle())


def _list_candidates(
    data: Mapping[str, Any], meta: Sequence[tuple[str, str]], places: Sequence[Place]
) -> Iterator[tuple[str, list[str]]]:
    """What each place says of the authors, and which kind of place that is, the best first."""
    near = sorted((place for place in places if place.is_near), key=lambda place: abs(place.distance or 0))
    far = [place for place in places if not place.is_near]
    author = data.get("author") or data.get("creator")
    given = ("account" if declared.is_reference(author) else "json-ld", list(declared.list_names(author)))
    yield given
    yield from (("marked", [text]) for text in _list_texts(filter(_is_marked, near)))
    if len(alike := set(_list_texts(filter(_is_marked, far)))) == 1:  # several are of other stories
        yield "far", list(alike)
    yield "meta", declared.list_authors(meta)
    yield from (("called", [text]) for text in _list_texts(filter(_is_called, near)))
    yield from (("labelled", [text]) for place in near if place.distance and (text := _find_labelled(place)))
    yield from (("far", [_find_labelled(place)]) for place in far if _has_colon_label(place.text))


def _list_texts(places: Iterable[Place]) -> Iterator[str]:
    """The texts of some elements; the links of several people, one beside the other, as one."""
    nodes = list(dict.fromkeys(place.node for place in islice(places, MOST_CANDIDATES)))
    for _, beside in groupby(nodes, key=lambda node: (node.getparent(), node.get("class"))):
        yield ", ".join(_extract_parts(node, LONGEST) for node in beside)


def _extract_parts(node: Any, most: int) -> str:
    """What an element marks as a name, else its text with signs between its parts: “Ann Example” and “Follow”."""
    named = (
        inner.get("content") or markup.extract_short_text(inner, most) for inner in node.xpath(".//*[@itemprop='name']")
    )
    if name := next(filter(None, islice(named, 1)), ""):
        return name
    if not markup.extract_short_text(node, most):
        return ""
    return "; ".join(" ".join(part.split()) for part in node.itertext() if part.strip())


def _is_marked(place: Place) -> bool:
    """Whether the markup says for machines that this is the author: a link, microdata, or a card of hCard's."""
    node = place.node
    said = f"{node.get('rel') or ''} {node.get('itemprop') or ''} {node.get('class') or ''}".split()
    return "author" in said or "vcard" in said


def _is_called(place: Place) -> bool:
    called = markup.get_called(place.node)
    return any(word in called for word in _CALLED)


def _has_colon_label(text: str) -> bool:
    """Whether a line begins with a noun for an author and a colon: “Autorin: Ann Example”."""
    label, colon, _ = text[:LONGEST_LABELLED].replace("：", ":").partition(":")
    return bool(colon) and len(text) <= LONGEST_LABELLED and words.is_one_of(label, "author")


def _find_labelled(place: Place) -> str:
    """A text that begins with a label and a name: “Von Ann Example”, also behind a stamp; "" for none.

    Behind a label alone, the name is in what is around it.
    """
    text = place.text.lstrip(" |")
    if len(text) > LONGEST_LABELLED:
        return ""
    stamp = find_written(text)
    behind_stamp = text[stamp[2] :].lstrip(" ,.:|–—-0123456789") if stamp else ""
    text = behind_stamp if words.find_opening(behind_stamp, "by") else text
    label = words.find_opening(text, "by") or (text if text[-1:] in ":：" and _has_colon_label(text) else "")
    rest = text[len(label) :].strip(" :：") if label else ""
    if rest or not label:
        named = bool(rest) and not rest[0].islower()
        return text if named or _has_colon_label(text) else ""
    around = (_extract_parts(node, LONGEST) for node in (place.node, place.node.getparent()) if node is not None)
    return f"{text} {next(filter(None, (whole.partition(text)[2] for whole in around)), '')}"
