"""Parses RSS, Atom and JSON Feed leniently: a malformed feed that yields entries is a feed. Pure."""

from __future__ import annotations

import base64
import calendar
import hashlib
import io
import json
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from html import escape, unescape
from itertools import chain, islice
from typing import Any
from urllib.parse import parse_qsl, urljoin, urlsplit

from newsletter.curator.articles.extraction import markup, names, phrases
from newsletter.curator.articles.extraction.calendar_words import is_month_first, list_languages
from newsletter.curator.articles.extraction.date import parse_declared
from newsletter.kernel.errors import Refused
from newsletter.kernel.numbers import parse_whole_number
from newsletter.kernel.patterns import LINE, compile_bounded

MOST_ENTRIES = 500
MOST_IMAGES = 20
MOST_CATEGORIES, LONGEST_CATEGORY = 20, 120  # characters
LARGEST_FEED = 64 * 2**20  # bytes, unpacked
SMALLEST_SIDE = 10  # pixels of a picture; a smaller one counts who reads
LONGEST_TITLE, LONGEST_DEK, LONGEST_DATE = 500, 2000, 80  # characters
EARLIEST, LATEST = 1990, 2200  # years
# in a title, what only shows it: “how to use <details>” means the word
_STYLE_TAG = re.compile(
    r"</?(?:a|b|br|cite|code|em|font|i|img|p|q|small|span|strong|su[bp]|u)(?:\s[^<>]{0,2000})?/?>", re.I
)
_IMAGE = re.compile(r"<img\b[^<>]{0,2000}>", re.I)
_ATTRIBUTE = re.compile(r"""(?<![\w-])(src|alt|width|height)\s{0,9}=\s{0,9}["']?([^"'<>]{0,2000})""", re.I)
_COUNTER = re.compile(r"(?:^|[/._-])(?:pixel|1x1|blank|spacer|tracking|beacon|~r|~4)(?:[/._?-]|$)", re.I)
_DATES = {
    **{"PARSERS": ["absolute-time"], "STRICT_PARSING": True, "PREFER_LOCALE_DATE_ORDER": False},
    **{"TIMEZONE": "UTC", "TO_TIMEZONE": "UTC", "RETURN_AS_TIMEZONE_AWARE": True},
}
_PICTURE = re.compile(r"\.(?:jpe?g|png|webp|gif)(?:\?|$)", re.I)
_ROOT = re.compile(rb"<(?:!doctype html|html|rss|feed|rdf)", re.I)
_WRAPPED = re.compile(rb"https?://[!-~]{4,2000}")
# by its capital: “children who read more” is the story itself
_MORE = compile_bounded(
    LINE,
    r"\s*(?:\[…\]|\[\.\.\.\]|\[&#8230;\]|(?:Continue [Rr]eading|CONTINUE READING)\b.{0,200}"
    r"|(?:Read [Mm]ore|READ MORE)(?:\s*[.:…»›→>].{0,200})?|The post .{1,300} appeared first on .*)$",
)


class FeedError(Refused):
    """What was fetched is not a feed; the message says what it is instead, and the remedy."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One story of a feed. `key` is stable across fetches; dates are aware; unknown is "" or None."""

    key: str
    url: str
    title: str
    dek: str = ""
    author: str = ""
    published_at: datetime | None = None
    language: str = ""
    image_url: str = ""
    image_alt: str = ""
    image_caption: str = ""
    image_credit: str = ""
    content_html: str = ""
    categories: tuple[str, ...] = ()
    publisher: str = ""  # of an entry that another paper's feed took over


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed as fetched: its own title and homepage, and its entries in the order of the feed."""

    title: str
    homepage: str
    language: str
    entries: tuple[Entry, ...]


def parse(data: bytes, url: str) -> Feed:
    """Reads a feed. Raises FeedError when `data` is none: with the feed's address if a web page names one."""
    data = _unpack(data)
    if not data.strip():
        raise FeedError(f"{url} answered with nothing at all. Check the address in a browser.")
    if _is_web_page(data):
        raise FeedError(f"{url} answered with a web page, not a feed. {_suggest_feed(data, url)}")
    is_json = data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"{"
    head, entries = _parse_json_feed(data, url) if is_json else _parse_xml_feed(data, url)
    language = str(head.get("language") or "")[:16]
    link = str(head.get("link") or "")
    homepage = _web_address(link, url)
    carried = homepage and "://" in link[:8] and not url.startswith("file:")
    base = homepage if carried else url  # links of a feed that another server carries are of its own site
    return Feed(
        title=_title_of_paper(head, homepage or url)[:300],
        homepage=homepage,
        language=language,
        entries=_deduplicate(_parse_entry(raw, base, language) for raw in entries[:MOST_ENTRIES]),
    )


def _parse_xml_feed(data: bytes, url: str) -> tuple[Mapping[str, Any], list[Any]]:
    """What RSS or Atom says of the feed, and its entries."""
    import feedparser

    try:
        # As a stream: bytes that happen to be the name of a file would make feedparser read that file of ours.
        parsed = feedparser.parse(io.BytesIO(data), sanitize_html=True, resolve_relative_uris=False)
    except Exception as error:  # feedparser lets faults of its own parsers through
        raise FeedError(f"{url} could not be read as a feed ({type(error).__name__}: {error}).") from None
    if not parsed.entries and not parsed.get("version"):
        raise FeedError(
            f"{url} answered with something that is not an RSS, Atom or JSON feed. Check the address in a browser."
        )
    return parsed.feed, parsed.entries


def _unpack(data: bytes) -> bytes:
    """The bytes of a feed that its server packed without saying so."""
    try:
        return zlib.decompressobj(47).decompress(data, LARGEST_FEED)
    except zlib.error:
        return data


def _title_of_paper(feed: Mapping[str, Any], address: str) -> str:
    """The feed's title; where it names only a part of the paper, what else the feed calls itself, as its host does."""
    image = feed.get("image")
    others = (image.get("title") if isinstance(image, Mapping) else "", feed.get("publisher"), feed.get("subtitle"))
    names = [_to_text(name) for name in (feed.get("title"), *others)]
    own = [name for name in names if len(name.split()) <= 5 and phrases.is_named_by_host(name, address)]
    return next(iter(own), names[0]) if len(names[0].split()) <= 2 else names[0]


def _deduplicate(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """Those with a title, each story once; where a feed gives several the same key, their addresses tell them apart."""
    found: dict[str, Entry] = {}
    for entry in entries:
        known = found.get(entry.key)
        if known and entry.url and known.url != entry.url:
            entry = replace(entry, key=_key("", entry.url, entry.title, entry.published_at))
        if entry.title:
            found.setdefault(entry.key, entry)
    return tuple(found.values())


def _parse_json_feed(data: bytes, url: str) -> tuple[Mapping[str, Any], list[Any]]:
    """The same of JSON Feed 1.0 and 1.1 (jsonfeed.org/version/1.1), which feedparser does not read, in its words."""
    try:
        document = json.loads(data.decode("utf-8-sig", "replace"), strict=False)
    except (ValueError, RecursionError) as error:
        raise FeedError(f"{url} answered with JSON that cannot be read: {error}.") from None
    items = document.get("items")
    if not isinstance(items, list):
        raise FeedError(f"{url} answered with JSON but no feed: it has no items. Check the address in a browser.")
    head = _keep_texts(document)
    return {**head, "link": head.get("home_page_url")}, [
        _convert_json_item(item) for item in items[:MOST_ENTRIES] if isinstance(item, dict)
    ]


def _convert_json_item(item: Mapping[str, Any]) -> dict[str, Any]:
    """An item of a JSON Feed in the words of feedparser."""
    import nh3

    said = _keep_texts(item)
    plain = said.get("content_text", "")
    content = nh3.clean(said.get("content_html", "")) or (f"<p>{escape(plain)}</p>" if plain else "")
    authors = item.get("authors") or [item.get("author")]  # one in 1.0, several in 1.1
    published = parse_declared(said.get("date_published") or said.get("date_modified"))
    return {
        "id": str(item["id"]) if isinstance(item.get("id"), str | int) else "",
        "link": said.get("url") or said.get("external_url"),
        "title": said.get("title") or escape(_first_words(plain)),
        "summary": said.get("summary"),
        "published_parsed": published and published.utctimetuple(),
        "authors": authors if isinstance(authors, list) else [],
        "language": said.get("language"),
        "content": [{"value": content}],
        "media_content": [{"url": said.get("image") or said.get("banner_image"), "medium": "image"}],
    }


def _keep_texts(values: Mapping[str, Any]) -> dict[str, str]:
    """What of an object is text: any value may be anything."""
    return {name: value for name, value in values.items() if isinstance(value, str)}


def _is_web_page(data: bytes) -> bool:
    first = _ROOT.search(data[:2000])
    return first is not None and b"html" in first[0].lower()


def _suggest_feed(data: bytes, url: str) -> str:
    """The remedy: the feed that the page itself names, if it does."""
    for tag in re.findall(rb"<link\b[^<>]{0,1000}>", data[:200_000], re.I):
        text = tag.decode("utf-8", "replace")
        if re.search(r"application/(?:(?:rss|atom)\+xml|feed\+json)", text, re.I) and (
            href := re.search(r"""href\s*=\s*["']?([^"'\s>]+)""", text, re.I)
        ):
            return f"The page names this feed: {_address(unescape(href[1]), url)}"
    return "Look on the page for a link called RSS or Feed and add that address."


def _parse_entry(raw: Mapping[str, Any], base: str, language: str) -> Entry:
    given = raw.get("source")
    source: Mapping[str, Any] = given if isinstance(given, Mapping) else {}
    publisher = _to_text(source.get("title"))[:200]
    title = _to_text(raw.get("title"), _STYLE_TAG)[:LONGEST_TITLE].removesuffix(f" - {publisher}" if publisher else "")
    link = _unwrap(_web_address(str(raw.get("feedburner_origlink") or raw.get("link") or ""), base))
    published = next((day for name in ("published", "updated") if (day := _parse_date(raw, name, language))), None)
    content = _content(raw)
    image = _image(raw, content, base)
    terms = (_to_text(tag.get("label") or tag.get("term")) for tag in raw.get("tags") or [])
    categories = dict.fromkeys(term for term in terms if 0 < len(term) <= LONGEST_CATEGORY and "://" not in term)
    return Entry(
        key=_key(str(raw.get("id") or ""), link, title, published),
        url=link,
        title=title or _first_words(_to_text((content or str(raw.get("summary") or ""))[:2000])),
        dek=_MORE.sub("", _to_text(raw.get("summary")))[:LONGEST_DEK],
        author=_list_authors(raw),
        published_at=published,
        language=str(raw.get("language") or language)[:16],
        content_html=content,
        categories=tuple(categories)[:MOST_CATEGORIES],
        publisher=publisher if publisher != title else "",  # a thread's feed calls each entry its own source
        **image,
    )


def _list_authors(raw: Mapping[str, Any]) -> str:
    """All the authors of an entry, each once."""
    given = [author.get("name") for author in raw.get("authors") or [] if isinstance(author, Mapping)]
    found = [name for text in given for name in names.parse_authors(_to_text(text), nicknames=True)]
    return ", ".join(dict.fromkeys(found))[:300]


def _unwrap(link: str) -> str:
    """The story behind the address of a service that counts clicks: in its query, or packed into its path."""
    try:
        parts = urlsplit(link)
    except ValueError:
        return link
    inner = next((value for name, value in parse_qsl(parts.query) if name in ("url", "q") and "://" in value[:8]), "")
    if inner:
        return inner if inner.startswith(("http://", "https://")) else link
    packed = parts.path.rsplit("/", 1)[-1] if "/articles/" in parts.path else ""
    if not packed.startswith("CBMi"):  # how Google News begins a protocol buffer with an address
        return link
    try:
        found = _WRAPPED.search(base64.urlsafe_b64decode(packed[:3000] + "=" * (-len(packed) % 4)))
    except ValueError:
        return link
    return found[0].decode("ascii") if found else link


def _parse_date(raw: Mapping[str, Any], name: str, language: str) -> datetime | None:
    """When an entry was published: as feedparser reads it, else in words of any language with its time."""
    text = str(raw.get(name) or "")[:LONGEST_DATE]
    read = raw.get(f"{name}_parsed")
    moment = _parse_moment(read)
    if not text or (read and "/" not in text):  # 2016/6/29 is the first of November to feedparser
        return moment
    import dateparser

    order = "MDY" if is_month_first(language) else "DMY"
    settings: Any = {**_DATES, "DATE_ORDER": order}
    try:
        day = dateparser.parse(text, languages=list_languages(language), settings=settings)
    except (ValueError, OverflowError):  # the first hour of the year 1, in a zone
        return moment
    return day if day and EARLIEST <= day.year < LATEST else moment


def _key(identifier: str, link: str, title: str, published: datetime | None) -> str:
    """The id, else the link, else a hash of title and date: ids come and go less than anything else."""
    key = identifier.strip() or link
    if key and len(key) <= 500:
        return key
    return hashlib.sha256(f"{key}\0{title}\0{published}".encode("utf-8", "surrogatepass")).hexdigest()


def _parse_moment(value: Any) -> datetime | None:
    try:
        moment = datetime.fromtimestamp(calendar.timegm(value), UTC) if value else None
    except (ValueError, OverflowError, TypeError, OSError):
        return None
    return moment if moment and EARLIEST <= moment.year < LATEST else None  # 1970 and year 1 mean “unknown”


def _content(raw: Mapping[str, Any]) -> str:
    """The longest body; the description of a picture, which feedparser files under content too, is none."""
    caption = _media_description(raw)
    bodies = [str(part.get("value") or "") for part in raw.get("content") or [] if isinstance(part, Mapping)]
    return max((body for body in bodies if body != caption), key=len, default="")


def _media_description(raw: Mapping[str, Any]) -> str:
    """What media:description says: feedparser gives it as plain content where the entry has a summary already."""
    if raw.get("media_description"):
        return str(raw["media_description"])
    if not raw.get("media_content") and not raw.get("media_thumbnail"):
        return ""
    plain = [str(part.get("value") or "") for part in raw.get("content") or [] if part.get("type") == "text/plain"]
    return min(plain, key=len, default="")


def _image(raw: Mapping[str, Any], content: str, base: str) -> dict[str, str]:
    """The first picture that is one to look at: declared, the widest first, else in the text."""
    declared = [part for part in raw.get("media_content") or [] if _is_picture(part)]
    declared.sort(key=lambda part: -_to_number(part.get("width")))
    enclosed = [{**part, "url": part.get("href")} for part in raw.get("enclosures") or [] if _is_picture(part)]
    shown = _list_images(content or str(raw.get("summary") or ""))
    pictures = chain(declared, raw.get("media_thumbnail") or [], enclosed, shown)
    found = next((part for part in pictures if _get_address(part) and not _counts_readers(part)), None)
    if found is None:
        return {"image_url": ""}
    caption, credit = phrases.split_caption(_to_text(_media_description(raw)))
    credits = raw.get("media_credit") or []
    credited = _to_text(credits[0].get("content")) if credits and isinstance(credits[0], Mapping) else ""
    alternatives = (found.get("alt"), raw.get("media_text"), raw.get("media_title"))
    return {
        "image_url": _picture_address(_get_address(found), base),
        "image_alt": _to_text(next((text for text in alternatives if isinstance(text, str) and text), "")),
        "image_caption": caption,
        "image_credit": (phrases.parse_credit(credited) or credited or credit)[:300],
    }


def _list_images(html: str) -> Iterator[dict[str, str]]:
    """The attributes of the pictures in a text."""
    for tag in islice(_IMAGE.finditer(html), MOST_IMAGES):
        yield {name.lower(): unescape(value) for name, value in _ATTRIBUTE.findall(tag[0])}


def _get_address(part: Mapping[str, Any]) -> str:
    return str(part.get("url") or part.get("src") or "")


def _counts_readers(part: Mapping[str, Any]) -> bool:
    """Whether a picture is there to be fetched, not seen: of next to no size, or called so."""
    sides = [parse_whole_number(str(part.get(name) or "").removesuffix("px")[:9]) for name in ("width", "height")]
    small = any(side is not None and side < SMALLEST_SIDE for side in sides)
    return small or _COUNTER.search(_get_address(part)[:2000]) is not None


def _is_picture(part: Mapping[str, Any]) -> bool:
    kind = str(part.get("medium") or part.get("type") or "")
    return kind.startswith("image") or (not kind and _PICTURE.search(_get_address(part)[:2000]) is not None)


def _to_number(value: Any) -> int:
    return parse_whole_number(str(value or "")[:9]) or 0


def _picture_address(link: str, base: str) -> str:
    """On the web; a feed in a file may name files of its own folder."""
    address = _address(link, base)
    return address if base.startswith("file:") and address.startswith("file:") else _web_address(address, base)


def _web_address(link: str, base: str) -> str:
    address = _address(link, base)
    return address if address.startswith(("http://", "https://")) else ""


def _address(link: str, base: str) -> str:
    try:
        return urljoin(base, link.strip())[:2000] if link.strip() else ""
    except ValueError:
        return ""


def _to_text(value: Any, tags: re.Pattern[str] = markup.TAG) -> str:
    """Plain words: tags out, entities decoded (twice, for feeds that encode twice), blanks folded."""
    text = str(value or "")
    for _ in range(2):
        text = unescape(tags.sub("", markup.BREAK.sub(" ", text)))
    return " ".join(text.replace("\x00", "").split())


def _first_words(text: str) -> str:
    words = text[:2000].split()
    return " ".join(words[:12]) + ("…" if len(words) > 12 else "")
