"""Phrases of newspaper pages: bylines, picture credits, and the promotion that is not the story. Pure."""

from __future__ import annotations

import re

from newsletter.curator.articles import canonical_urls
from newsletter.curator.articles.extraction import names, words
from newsletter.kernel.patterns import CAPTION, LINE, NAME, compile_bounded

_CREDIT_WORD = compile_bounded(
    NAME, r"^(?:(?:image|photo|picture)\s+)?(?:copyright|credits?|via|source)\b[\s.:…]*", re.I
)
_TWICE = compile_bounded(LINE, r"^(?P<name>[^()]{2,200}?)\s*\((?P=name)\)$")
_CREDIT_BEHIND = compile_bounded(
    LINE,
    r"\b(?:image|photo(?:graph)?|picture|illustration)\s*(?:credit|by)?\s*:\s*(?P<name>[^.:]{2,80})\.?$",
    re.I,
)
_FEED_BEFORE = compile_bounded(LINE, r"^(?:comments\s+on|latest\s+from|news\s+from):?\s+", re.I)
_FEED_BEHIND = compile_bounded(
    LINE, r"\s+(?:rss(?:\s+feed)?|atom\s+feed|feed|records\s+found\s+\d+|news\s+search.*)$", re.I
)
_BARS_BEHIND = compile_bounded(LINE, r"[\s–—|:»-]+$")
_FEED_BAR = compile_bounded(LINE, r"\s*(?:[|»:]|\s[–—-])\s+")
_TOPIC = compile_bounded(LINE, r"\s+topics?$", re.I)
# These see texts on one line, with single blanks: a run of blanks would be parted in ever more ways.
_OF_A_PICTURE = r"(?:image|photo|picture|pic|photograph|photography|illustration|foto|bild)"
_CREDIT = compile_bounded(
    NAME,
    rf"\(? ?(?:(?:main|lead|featured?|cover|top|header|hero|title) )?(?:{_OF_A_PICTURE} ?(?:credits?|by|source|"
    rf"courtesy(?: of)?)|credits?|{_OF_A_PICTURE})"
    r" ?[:/] ?(?P<name>[^()\n]{2,120}?) ?\)? ?$",
    re.I,
)
# the same without a colon: then only names follow
_CREDIT_BY = compile_bounded(
    NAME,
    rf"\(? ?(?i:(?:{_OF_A_PICTURE} (?:by|via|courtesy(?: of)?)|courtesy of|via|©|"
    rf"\(c\))) ?(?P<name>[A-ZÀ-Þ][^()\n.:;!?]{{1,80}}?) ?\)?\.? ?",
)
_CREDIT_AT_END = compile_bounded(
    CAPTION,
    r"^(?P<caption>.*?) ?[(|] ?(?:(?:image|photo|picture|illustration) ?(?:credit|by)? ?:? |credit: ?|"
    r"© ?)(?P<name>[^()]{2,120})\)? ?$",
    re.I,
)
_AGENCY = (
    r"(?:Getty(?: Images)?|Reuters|REUTERS|AP(?: Photo)?|Associated Press|AFP|EPA(?:-EFE)?|PA(?: (?:Wire|"
    r"Media|Images))?"
    r"|dpa|ANP|Bloomberg|Xinhua|Anadolu(?: (?:Agency|Images))?|NurPhoto|Shutterstock|Alamy(?: Stock Photo)?|"
    r"iStock(?:photo)?"
    r"|Z(?:uma|UMA)(?: Press)?|Magnum(?: Photos)?|Redux)"
)
_PERSON = r"[A-ZÀ-Þ][\w'’.-]*(?: [A-ZÀ-Þ][\w'’.-]*){0,3}"
_SIGNED = (  # by an agency: “Ann Example/AFP via Getty Images”, “AP Photo/Ann Example”
    rf"(?:{_AGENCY} ?/ ?{_PERSON}|{_PERSON} ?/ ?{_AGENCY}(?: ?(?:/|via) ?{_AGENCY})*"
    rf"|{_AGENCY} via {_AGENCY})"
)
_SIGNED_LINE = compile_bounded(NAME, rf"\(? ?(?P<name>{_SIGNED}) ?\)?\.?")
# behind a sentence, a bracket or a bar: else the caption's own capitals look like a name
_SIGNED_AT_END = compile_bounded(
    CAPTION,
    rf"(?P<caption>.*?(?:[.!?…][\"”’]?(?=\s)|(?= ?[(|]))) ?[(|]? ?(?P<name>{_SIGNED})(?:,? (?:[Ff]ile|FILE))? ?\)?\.?",
)
# in brackets at the end: “(NASA via AP, File)”, “(AP)”, “(example.org)”
_AGENCY_AT_END = compile_bounded(
    CAPTION,
    rf"(?P<caption>.+?) ?\( ?(?P<name>(?:[^()]{{2,60}}?(?: via | ?/ ?|, ))?{_AGENCY}(?: ?/ ?{_PERSON})?|"
    rf"{_PERSON} via {_PERSON}"
    r"|[A-Z][\w.-]*(?: [A-Z][\w.-]*)*/[A-Z][\w ./-]{1,60}"
    r"|[a-z0-9-]{2,40}\.(?:com|org|net))"
    r"(?:,? (?:[Ff]ile|FILE|[Pp]ool|POOL)(?: [Pp]hoto)?)? ?\)\.?",
)
# behind a sentence: “The bridge. Photo by Ann Example/Getty Images”, “… ©Ann Example”
_BY_AT_END = compile_bounded(
    CAPTION,
    rf"(?P<caption>.*?[.!?…\"”’)]) ?(?:(?i:{_OF_A_PICTURE} (?:by|via|courtesy(?: of)?)|courtesy of|"
    rf"(?:{_OF_A_PICTURE} ?(?:credits?|source)?|credits?|\(source) ?:)|©) ?"
    r"(?P<name>[A-ZÀ-Þ][^():;!?]{1,90}?) ?\)?\.?",
)
LONGEST_CAPTION = 2000  # characters


def flatten(value: object) -> str:
    """A text on one line, with single spaces; "" for what is not a text."""
    return " ".join(value.split()) if isinstance(value, str) else ""


def is_barrier(text: str) -> bool:
    """Whether a box asks for a subscription before it lets anybody read on."""
    folded = text.casefold()
    return any(word in folded for word in words.list_words("barrier"))


# a page's own notice
_RIGHTS = compile_bounded(LINE, r"\ball\s+rights?\b|\b(?:19|20)\d\d\b", re.I)


def parse_credit(line: str) -> str:
    """The name in a line that is only a picture credit: “(Photo: Ann Example)”. "" for other lines."""
    flat = " ".join(line.split())
    match = _CREDIT.fullmatch(flat) or _SIGNED_LINE.fullmatch(flat)
    return match["name"].strip(" .)") if match and len(match["name"].split()) < 14 else ""


def parse_signature(line: str) -> str:
    """The name in a line that signs a picture without a word for “picture”: “© Ann Example”. "" for others."""
    flat = " ".join(line.split())
    match = _CREDIT_BY.fullmatch(flat)
    name = parse_credit(flat) or (match["name"].strip(" .)") if match else "")
    return "" if len(name.split()) > 8 or _RIGHTS.search(name) else name


def strip_credit(text: str) -> str:
    """The name in what a page marks as a credit, without “Image copyright” and brackets. "" for a whole sentence."""
    text = text.replace(")", " ").replace("(", " ") if text.count("(") != text.count(")") else text
    name = parse_credit(text) or _CREDIT_WORD.sub("", text).strip("()©.… ")
    return "" if len(name) > 120 or name.startswith("@") or _RIGHTS.search(name) else name


def drop_repeated_credit(name: str) -> str:
    """A credit that the feed gives twice, “Ann Example (Ann Example)”, once."""
    return _TWICE.sub(r"\g<name>", name)


def split_caption(caption: str) -> tuple[str, str]:
    """A caption and the credit at its end, if it has one: “The bridge (Photo: Ann Example)”."""
    flat = " ".join(caption.split())
    if len(flat) > LONGEST_CAPTION:
        return flat, ""
    if parse_credit(flat):
        return "", parse_credit(flat)
    match = _CREDIT_AT_END.match(flat)
    if match and len(match["caption"]) > 3:
        return match["caption"].strip(), match["name"].strip(" .)")
    match = _SIGNED_AT_END.fullmatch(flat) or _AGENCY_AT_END.fullmatch(flat)
    if match and len(match["caption"]) > 3:
        return match["caption"].strip(), match["name"].strip()
    match = _BY_AT_END.fullmatch(flat)
    if match and len(match["caption"]) > 3 and len(match["name"].split()) <= 10:
        return match["caption"].strip(" -–|("), match["name"].strip(" .)")
    found = _CREDIT_BEHIND.search(flat)
    if found:
        return flat[: found.start()].strip(" -–|("), found["name"].split(")")[0].strip()
    return flat, ""


def is_named_by_host(name: str, url: str) -> bool:
    """Whether a name is what the server of an address is called after: “The Echo”, www.theecho.com."""
    host = canonical_urls.get_host(url)
    parts = host.split(".")
    labels = [names.fold_name(part) for part in parts[:-1] if len(part) > 2] or parts[:1]
    folded = names.fold_name(name)
    return bool(folded) and any(label in folded or folded.startswith(label) for label in labels if label)


def parse_publisher(feed_title: str, url: str = "") -> str:
    """The paper's name in a feed's title: without “feed”, “RSS”, “Comments on:”, dashes, and, where the host of `url`
    tells which part is the paper's, without the part of the paper: “World - Echo.com”, “Echo Topics: World”."""
    name = _FEED_BEFORE.sub("", " ".join(feed_title.split()))
    name = _FEED_BEHIND.sub("", name)
    name = _BARS_BEHIND.sub("", name) or feed_title.strip()
    host = canonical_urls.get_host(url)
    parts = [part for part in _FEED_BAR.split(name) if part]
    own = [part for part in parts if is_named_by_host(part, url)]
    if len(parts) > 1 and own:
        name = _TOPIC.sub("", own[0])
    return host if names.fold_name(name) in ("rss", "feed", "atom", "news", "home", "index", "blog") and host else name


def is_promotion(line: str) -> bool:
    """Whether a line sells, navigates or shares rather than tells the story: it says so, or is a ruler."""
    flat = flatten(line)
    if not flat or len(flat) > words.LONGEST:
        return False
    return bool(
        words.find_opening(flat, "promotion")
        or words.is_one_of(flat, "alone")
        or "newsletter" in flat.casefold()
        or not flat.strip(_RULERS)
    )


_RULERS = "-_*=|+–—/•·… "  # of which lines across a page and empty rows of tables are made
