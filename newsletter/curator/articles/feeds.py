"""Parses RSS, Atom and JSON Feed leniently: a malformed feed that yields entries is a feed. Pure."""

from __future__ import annotations

import base64
import calendar
import hashlib
import io
import json
import re
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time
from html import escape, unescape
from typing import Any
from urllib.parse import parse_qsl, urljoin, urlsplit

from newsletter.curator.articles.extraction import names, phrases
from newsletter.curator.articles.extraction.date import parse_written
from newsletter.kernel.errors import Refused
from newsletter.kernel.numbers import parse_whole_number
from newsletter.kernel.patterns import LINE, compile_bounded

MOST_ENTRIES = 500
MOST_IMAGES = 20
MOST_CATEGORIES, LONGEST_CATEGORY = 20, 120  # characters
LARGEST_FEED = 64 * 2**20  # bytes, unpacked
SMALLEST_SIDE = 10  # pixels of a picture; a smaller one counts who reads
_PACKED = (b"\x1f\x8b", b"\x78\x01", b"\x78\x9c", b"\x78\xda")  # how gzip and zlib begin
LONGEST_TITLE, LONGEST_DEK, LONGEST_DATE = 500, 2000, 80  # characters
_TAG = re.compile(r"</?[a-zA-Z!?][^<>]{0,2000}>")  # “5 < 6” is none
# in a title, what only shows it: “how to use <details>” means the word
_STYLE_TAG = re.compile(
    r"</?(?:a|abbr|b|br|cite|code|div|em|font|i|img|mark|p|q|s|small|span|strong|sub|sup|u|wbr)(?:\s[^<>]{0,2000})?/?>",
    re.I,
)
_IMAGE = re.compile(r"<img\b[^<>]{0,2000}>", re.I)
_ATTRIBUTE = re.compile(r"""(?<![\w-])(src|alt|width|height)\s{0,9}=\s{0,9}["']?([^"'<>]{0,2000})""", re.I)
_COUNTER = re.compile(r"(?:^|[/._-])(?:pixel|1x1|blank|spacer|tracking|beacon|~r|~4)(?:[/._?-]|$)", re.I)
_CLOCK = compile_bounded(LINE, r"\b([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))?\s?([AaPp])?\.?[Mm]?")
_WRAPPED = re.compile(rb"https?://[!-~]{4,2000}")
_BREAK = re.compile(r"</(?:p|div|li|h[1-6]|br)>|<br\s*/?>", re.I)
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
    import feedparser

    data = _unpack(data)
    if not data.strip():
        raise FeedError(f"{url} answered with nothing at all. Check the address in a browser.")
    if _is_web_page(data):
        raise FeedError(f"{url} answered with a web page, not a feed. {_suggest_feed(data, url)}")
    if data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"{":
        return _parse_json_feed(data, url)
    try:
        # As a stream: bytes that happen to be the name of a file would make feedparser read that file of ours.
        parsed = feedparser.parse(io.BytesIO(data), sanitize_html=True, resolve_relative_uris=False)
    except Exception as error:  # feedparser lets faults of its own parsers through
        raise FeedError(f"{url} could not be read as a feed ({type(error).__name__}: {error}).") from None
    if not parsed.entries and not parsed.get("version"):
        raise FeedError(
            f"{url} answered with something that is not an RSS, Atom or JSON feed. Check the address in a browser."
        )
    language = str(parsed.feed.get("language") or "")[:16]
    homepage = _web_address(str(parsed.feed.get("link") or ""), url)
    carried = homepage and "://" in str(parsed.feed.get("link"))[:8] and not url.startswith("file:")
    base = homepage if carried else url  # links of a feed that another server carries are of its own site
    return Feed(
        title=_title_of_paper(parsed.feed, homepage or url)[:300],
        homepage=homepage,
        language=language,
        entries=_deduplicate(_parse_entry(raw, base, language) for raw in parsed.entries[:MOST_ENTRIES]),
    )


def _unpack(data: bytes) -> bytes:
    """The bytes of a feed that its server packed without saying so."""
    if not data.startswith(_PACKED):
        return data
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


def _parse_json_feed(data: bytes, url: str) -> Feed:
    """JSON Feed 1.0 and 1.1 (jsonfeed.org/version/1.1), which feedparser does not read."""
    try:
        document = json.loads(data.decode("utf-8-sig", "replace"), strict=False)
    except (ValueError, RecursionError) as error:
        raise FeedError(f"{url} answered with JSON that cannot be read: {error}.") from None
    items = document.get("items")
    if not isinstance(items, list):
        raise FeedError(f"{url} answered with JSON but no feed: it has no items. Check the address in a browser.")
    language = _string_or_empty(document.get("language"))[:16]
    items = [_convert_json_item(item) for item in items[:MOST_ENTRIES] if isinstance(item, dict)]
    return Feed(
        title=_to_text(_string_or_empty(document.get("title")))[:300],
        homepage=_web_address(_string_or_empty(document.get("home_page_url")), url),
        language=language,
        entries=_deduplicate(_parse_entry(item, url, language) for item in items),
    )


def _convert_json_item(item: Mapping[str, Any]) -> dict[str, Any]:
    """An item of a JSON Feed in the words of feedparser."""
    import nh3

    said = {name: value for name, value in item.items() if isinstance(value, str)}
    plain = said.get("content_text", "")
    content = nh3.clean(said.get("content_html", "")) or (f"<p>{escape(plain)}</p>" if plain else "")
    authors = item.get("authors") or [item.get("author")]  # one in 1.0, several in 1.1
    published = _parse_iso(said.get("date_published")) or _parse_iso(said.get("date_modified"))
    picture = said.get("image") or said.get("banner_image")
    return {
        "id": str(item["id"]) if isinstance(item.get("id"), str | int) else "",
        "link": said.get("url") or said.get("external_url"),
        "title": said.get("title") or escape(_first_words(plain)),
        "summary": said.get("summary"),
        "published_parsed": published and published.utctimetuple(),
        "authors": authors if isinstance(authors, list) else [],
        "language": said.get("language"),
        "content": [{"value": content}],
        "media_content": [{"url": picture, "medium": "image"}],
    }


def _string_or_empty(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _parse_iso(value: Any) -> datetime | None:
    """A time of RFC 3339; None for anything else, and for one without its zone."""
    try:
        moment = datetime.fromisoformat(_string_or_empty(value).strip())
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment.tzinfo and 1990 <= moment.year < 2200 else None


def _is_web_page(data: bytes) -> bool:
    start = data[:2000].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return (
        b"<html" in start and b"<rss" not in start and b"<feed" not in start and b"<rdf" not in start
    ) or start.startswith(b"<!doctype html")


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
    title = _to_title(raw.get("title"))[:LONGEST_TITLE].removesuffix(f" - {publisher}" if publisher else "")
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
    given = [str(author.get("name") or "") for author in raw.get("authors") or [] if isinstance(author, Mapping)]
    found = [
        name
        for text in (*given, str(raw.get("author") or ""))
        for name in names.parse_authors(_to_text(text), nicknames=True)
    ]
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
    from dateparser.timezone_parser import pop_tz_offset_from_string

    text = str(raw.get(name) or "")[:LONGEST_DATE]
    moment = _parse_moment(raw.get(f"{name}_parsed"))
    if moment and "/" not in text:  # 2016/6/29 is the first of November to feedparser
        return moment
    day = parse_written(text, language) or moment
    clock = _CLOCK.search(text) if day else None
    if not day or not clock:
        return day
    hour, minute, second = (parse_whole_number(clock[part] or "0") or 0 for part in (1, 2, 3))
    if clock[4]:
        hour = hour % 12 + (12 if clock[4].lower() == "p" else 0)
    zone = pop_tz_offset_from_string(text)[1] or UTC
    try:
        return datetime.combine(day, time(hour, minute, second), zone).astimezone(UTC)
    except ValueError:
        return day


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
    return moment if moment and 1990 <= moment.year < 2200 else None  # 1970 and year 1 mean “unknown”


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
    media = [part for part in raw.get("media_content") or [] if _is_picture(part)]
    media = sorted(media, key=lambda part: -_to_number(part.get("width"))) or list(raw.get("media_thumbnail") or [])
    media = [part for part in media if not _counts_readers(str(part.get("url") or ""), part)]
    enclosures = [
        part
        for part in raw.get("enclosures") or []
        if str(part.get("type", "")).startswith("image/") and not _counts_readers(str(part.get("href") or ""), part)
    ]
    found = str(
        next((part.get("url") for part in media if part.get("url")), "")
        or next((part.get("href") for part in enclosures if part.get("href")), "")
    )
    alt = ""
    for tag in () if found else _IMAGE.findall(content or str(raw.get("summary") or ""))[:MOST_IMAGES]:
        given = {name.lower(): unescape(value) for name, value in _ATTRIBUTE.findall(tag)}
        if given.get("src") and not _counts_readers(given["src"], given):
            found, alt = given["src"], given.get("alt", "")
            break
    if not found:
        return {"image_url": ""}
    caption, credit = phrases.split_caption(_to_text(_media_description(raw)))
    credits = raw.get("media_credit") or []
    declared = _to_text(credits[0].get("content")) if credits and isinstance(credits[0], Mapping) else ""
    return {
        "image_url": _picture_address(found, base),
        "image_alt": _to_text(alt or _media_text(raw)),
        "image_caption": caption,
        "image_credit": phrases.drop_repeated_credit(phrases.parse_credit(declared) or declared or credit)[:300],
    }


def _counts_readers(address: str, given: Mapping[str, Any]) -> bool:
    """Whether a picture is there to be fetched, not seen: of next to no size, or called so."""
    sides = [parse_whole_number(str(given.get(name) or "").removesuffix("px")[:9]) for name in ("width", "height")]
    return (
        any(side is not None and side < SMALLEST_SIDE for side in sides) or _COUNTER.search(address[:2000]) is not None
    )


def _media_text(raw: Mapping[str, Any]) -> str:
    """What the feed says of a picture for those who cannot see it: alt, media:text, or its title."""
    parts = [part for part in raw.get("media_content") or [] if isinstance(part, Mapping)]
    alternatives = [part.get("alt") for part in parts] + [raw.get("media_text"), raw.get("media_title")]
    return next((text for text in alternatives if isinstance(text, str) and text), "")


def _is_picture(part: Mapping[str, Any]) -> bool:
    kind = str(part.get("medium") or part.get("type") or "")
    return bool(part.get("url")) and (
        kind.startswith("image")
        or (not kind and re.search(r"\.(?:jpe?g|png|webp|gif)(?:\?|$)", str(part["url"]), re.I) is not None)
    )


def _to_number(value: Any) -> int:
    text = str(value or "")[:9]
    return parse_whole_number(text) or 0


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


def _to_text(value: Any) -> str:
    """Plain words: tags out, entities decoded (twice, for feeds that encode twice), blanks folded."""
    text = str(value or "")
    for _ in range(2):
        text = unescape(_TAG.sub("", _BREAK.sub(" ", text)))
    return " ".join(text.replace("\x00", "").split())


def _to_title(value: Any) -> str:
    """A title as text: what shows it is taken out, other tags are what it is about."""
    text = str(value or "")
    for _ in range(2):
        text = unescape(_STYLE_TAG.sub("", _BREAK.sub(" ", text)))
    return " ".join(text.replace("\x00", "").split())


def _first_words(text: str) -> str:
    words = text[:2000].split()
    return " ".join(words[:12]) + ("…" if len(words) > 12 else "")
