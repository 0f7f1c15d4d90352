"""Lists of feeds as feed readers keep them: OPML in and out. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from xml.etree import ElementTree

from newsletter.kernel.errors import BadInput

LARGEST_FILE = 5 * 2**20  # bytes
MOST_FEEDS = 5_000


@dataclass(frozen=True, slots=True)
class Outline:
    """A feed of a list."""

    url: str
    title: str = ""
    homepage: str = ""


def parse_opml(data: bytes) -> tuple[Outline, ...]:
    """The feeds of an OPML file, each once, folders opened. Raises BadInput for what is none, or holds none."""
    import listparser

    if len(data) > LARGEST_FILE:
        raise BadInput(f"The file is larger than {LARGEST_FILE // 2**20} MB, so it is not a list of feeds.", "file")
    try:
        found = listparser.parse(data)  # bytes: a text that is an address would be fetched
    except Exception as error:  # its parser lets faults of its own through
        raise BadInput(f"The file cannot be read as OPML ({type(error).__name__}).", "file") from None
    feeds: dict[str, Outline] = {}
    for feed in found.feeds[:MOST_FEEDS]:
        url = str(feed.get("url") or "").strip()
        if url:
            feeds.setdefault(url, Outline(url, " ".join(str(feed.get("title") or "").split())[:300]))
    if not feeds:
        raise BadInput("No feed is named in the file. OPML is what feed readers export.", "file")
    return tuple(feeds.values())


def build_opml(feeds: Iterable[Outline], *, title: str, now: datetime) -> str:
    """An OPML 2.0 file of some feeds (opml.org/spec2.opml)."""
    root = ElementTree.Element("opml", version="2.0")
    head = ElementTree.SubElement(root, "head")
    ElementTree.SubElement(head, "title").text = title
    ElementTree.SubElement(head, "dateCreated").text = format_datetime(now)
    body = ElementTree.SubElement(root, "body")
    for feed in feeds:
        known = {"type": "rss", "text": feed.title or feed.url, "xmlUrl": feed.url}
        ElementTree.SubElement(body, "outline", known | ({"htmlUrl": feed.homepage} if feed.homepage else {}))
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"
