"""What a page says of its story for machines: JSON-LD of any type, microdata and meta tags. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from html import unescape
from typing import Any

MOST_NODES = 500  # of JSON-LD: a hostile page must not keep us busy
MOST_STEPS = 3  # along references
_OF_A_STORY = ("headline", "datePublished", "articleBody", "author", "image", "description")
_COMMENT = re.compile(r"<!--|-->|/?/?\*?\s?<!\[CDATA\[\s?\*?/?|/?/?\*?\s?\]\]>\s?\*?/?")
_COMMA_BEFORE_END = re.compile(r",\s{0,200}(?=[}\]])")
_OF_CHANGES = ("modif", "updat", "expir", "revis")


def read_meta(tree: Any) -> dict[str, str]:
    """The meta tags by name, the first of each."""
    return {name: content for name, content in reversed(list_meta(tree)) if content}


def read_json_ld(tree: Any) -> dict[str, Any]:
    """The node that says most of a story, whatever its type, its references followed; empty where none tells of one."""
    nodes = list(_list_nodes(tree))
    by_id = {node["@id"]: node for node in reversed(nodes) if isinstance(node.get("@id"), str) and len(node) > 1}
    stories = [node for node in nodes if node.get("headline") or node.get("datePublished") or node.get("articleBody")]
    if not stories:
        return {}
    best = max(stories, key=lambda node: sum(bool(node.get(key)) for key in _OF_A_STORY))
    return {key: _follow(value, by_id) for key, value in best.items() if value not in (None, "")}


def _follow(value: Any, by_id: Mapping[str, Any]) -> Any:
    """What a reference stands for."""
    if isinstance(value, list):
        return [_follow(item, by_id) for item in value[:MOST_NODES]]
    for _ in range(MOST_STEPS):
        if not isinstance(value, dict) or not isinstance(value.get("@id"), str) or value.get("name"):
            break
        value = by_id.get(value["@id"], value)
    return value


def _list_nodes(tree: Any) -> Iterator[dict[str, Any]]:
    """The nodes of the page's own graph: not those within others, such as the author of a comment."""
    for script in tree.iter("script"):
        if not (script.get("type") or "").strip().lower().startswith("application/ld+json"):
            continue
        waiting = [_parse_json(script.text or "")]
        for _ in range(MOST_NODES):
            if not waiting:
                break
            node = waiting.pop(0)
            if isinstance(node, list):
                waiting += node
            elif isinstance(node, dict):
                yield node
                waiting += [node[key] for key in ("@graph", "mainEntity", "mainEntityOfPage") if key in node]


def _parse_json(text: str) -> Any:
    """A document, with the comments and commas forgiven that pages put around and into it; None for none."""
    plain = _COMMENT.sub(" ", text).strip().rstrip(";")
    for attempt in (plain, _COMMA_BEFORE_END.sub("", plain)):
        try:
            return json.loads(attempt, strict=False)
        except (ValueError, RecursionError):
            continue
    return None


def list_publication_dates(data: Mapping[str, Any], meta: Mapping[str, str]) -> list[Any]:
    """What says for machines that it is the date of publication."""
    return [data.get("datePublished"), *_list_dated(meta, ("publish", "pubdate"))]


def list_other_dates(data: Mapping[str, Any], meta: Mapping[str, str]) -> list[Any]:
    """Dates that do not say of what: often of the publication, often of the file."""
    return [*_list_dated(meta, ("issued", "created", "date")), data.get("dateCreated")]


def _list_dated(meta: Mapping[str, str], called: Sequence[str]) -> list[str]:
    """The contents of the tags called so that tell of no change; addresses are none."""
    names = [name for name in meta if not any(word in name for word in _OF_CHANGES)]
    return [meta[name] for name in names if any(word in name for word in called) and "://" not in meta[name]]


def list_meta(tree: Any) -> list[tuple[str, str]]:
    """All the meta tags, in their order: names in lower case, and contents."""
    tags = tree.iter("meta")
    named = [(tag.get("property") or tag.get("name") or tag.get("itemprop"), tag.get("content")) for tag in tags]
    return [(name.strip().lower(), content.strip()) for name, content in named if name and content]


def list_authors(meta: Sequence[tuple[str, str]]) -> list[str]:
    """The authors that meta tags name, as often as they do."""
    called = ("author", "creator", "twitter:data1")  # what a card shows first beside a story: who wrote it, mostly
    return list(dict.fromkeys(content for name, content in meta if name.endswith(called)))[:MOST_NODES]


def is_reference(author: Any) -> bool:
    """Whether an author is one node of the page's graph, with an id: the account that put the page up, often."""
    return isinstance(author, dict) and "@id" in author


def list_names(value: Any) -> Iterator[str]:
    """The names in what JSON-LD declares: a text, an object with a name, or a list of them."""
    for item in value if isinstance(value, list) else [value]:
        if isinstance(item, str):
            yield item
        elif isinstance(item, dict):
            yield from list_names(item.get("name"))


def get_first(value: Any) -> Any:
    """A value that may be declared as a list of several."""
    return value[0] if isinstance(value, list) and value else value


def flatten_text(value: Any) -> str:
    """One line of text from whatever a page declares."""
    value = get_first(value)
    return " ".join(unescape(unescape(value)).split()) if isinstance(value, str) else ""
