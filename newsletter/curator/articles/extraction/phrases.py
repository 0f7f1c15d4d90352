"""Phrases of newspaper pages: bylines, picture credits, and the promotion that is not the story. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from newsletter.curator.articles import canonical_urls
from newsletter.curator.articles.extraction import words
from newsletter.kernel.patterns import CAPTION, LINE, NAME, compile_bounded

_RSS_AUTHOR = compile_bounded(LINE, r"^\S+@\S+\s+\((?P<name>[^()]+)\)$")
_BEHIND_NAME = compile_bounded(LINE, r"\s+[|•·]\s+|\s+-\s+|\s+–\s+")
_MAIL_ADDRESS = compile_bounded(LINE, r"\S+@\S+")
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
_BYLINE_PREFIX = compile_bounded(
    LINE,
    r"^\s*(?:(?:by|text|texte?|testo|words|author|autor|auteur|autore|автор|текст|written\s+by)\s*:|(?:by|von|par|"
    r"door|de)(?=\s))\s*(?=\S)",
    re.I,
)
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
_NO_AUTHOR = compile_bounded(
    LINE,
    r"(?:admin(?:istrator)?|staff|editors?|webmaster|unknown|anonymous|guest|author|none|null|n/a|гость|админ|"
    r"редакция|anonym|gast|redazione|redacci[oó]n|la\s+r[eé]daction)",
    re.I,
)
_POST_OF_AUTHOR = compile_bounded(
    NAME,
    r",\s+(?:[\w'’&-]+\s+){0,4}(?:editor|correspondent|reporter|writer|columnist|analyst|critic|producer|Reuters|AFP|"
    r"dpa|"
    r"Associated\s+Press)$",
    re.I,
)

_KIND_OF_STORY = compile_bounded(
    LINE,
    r"^(?:an?\s+)?(?:analysis|opinion|review|commentary|perspective|interview|report(?:ing)?|story|words|text|"
    r"written|posted|edited)\s+(?=by\b)",
    re.I,
)
# a stamp run into the byline: “ECHO STAFF NOVEMBER 20, 2026 10:43”
_WHEN = compile_bounded(
    NAME,
    r"[\s|•·,-]+(?:(?:published|updated|posted|on)\s+)?(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day,?\s+)?(?:(?:jan|"
    r"feb|mar|apr|may|jun|jul|aug|sept?|oct|nov|dec)[a-z]*\.?\s+\d{1,2}\b|\d{1,2}\s+"
    r"(?:jan|feb|mar|apr|may|jun|jul|aug|sept?|oct|nov|dec)[a-z]*\.?\s+\d{4}|\d{4}-\d\d-\d\d).*$",
    re.I,
)
_BETWEEN_NAMES = compile_bounded(
    NAME, r"\s*(?:[,;/•]|\s&\s|\s(?:and|und|et|y|with|mit)\s|(?<=[a-z]{3})\.\s+(?=[A-Z]))\s*"
)
_OFFICE = compile_bounded(
    LINE,
    r"\b(?:staff|bureau|desk|team|newsroom|editors?|editorial|redaktion|reporters?|correspondents?|writers?|"
    r"columnists?|contributors?|producers?|"
    r"news|business|sports?|international|media|magazine|online|digital|press\s+office|guest|admin\w*)\b|"
    r"[-\s]editor\b|\bat[-\s]large\b",
    re.I,
)
_AGENCY_NAME = compile_bounded(
    LINE,
    r"(?:The\s+)?Associated\s+Press|AP|Reuters|Thomson\s+Reuters|AFP|Agence\s+France-Presse|dpa|PTI|ANI|IANS|"
    r"PA(?:\s+Media)?|EFE|ANSA|Xinhua|Kyodo(?:\s+News)?|"
    r"Bloomberg(?:\s+News)?|UPI|TASS|Yonhap",
    re.I,
)


def flatten(value: object) -> str:
    """A text on one line, with single spaces; "" for what is not a text."""
    return " ".join(value.split()) if isinstance(value, str) else ""


def is_barrier(text: str) -> bool:
    """Whether a box asks for a subscription before it lets anybody read on."""
    folded = text.casefold()
    return any(word in folded for word in words.list_words("barrier"))


def parse_byline(text: str) -> str:
    """The author's name alone: without “By”, address, post and paper; "" for what names nobody."""
    name = _BYLINE_PREFIX.sub("", " ".join(text.split()))
    name = _RSS_AUTHOR.sub(r"\g<name>", name)  # RSS: “ann@example.com (Ann Example)”
    name = _BEHIND_NAME.split(name)[0].strip(" ,;|")
    name = _POST_OF_AUTHOR.sub("", name)
    if len(name) > 200 or "://" in name or _MAIL_ADDRESS.fullmatch(name) or _NO_AUTHOR.fullmatch(name):
        return ""
    return name


def parse_authors(text: str, sites: Sequence[str] = ()) -> list[str]:
    """The people in a byline, by name alone: no posts, papers, log-ins or the site itself (`sites`); agencies stay.

    “Analysis by ANN EXAMPLE and Bo Sample, Echo Business” gives Ann Example and Bo Sample.
    """
    flat = _WHEN.sub("", _KIND_OF_STORY.sub("", " ".join(text.split())))
    flat = parse_byline(flat)
    if not flat or "http" in flat:
        return []
    papers = {fold_name(site) for site in sites if site} - {""}
    found: list[str] = []
    for part in _BETWEEN_NAMES.split(flat):
        name = _BYLINE_PREFIX.sub("", part).strip(" .;|*·–-")
        if name and name.casefold() != "by" and not _is_office(name, papers, alone=not found):
            found.append(_restore_case(name))
    return found


def _is_office(name: str, papers: set[str], *, alone: bool) -> bool:
    """Whether a part of a byline is not a person: the paper, a desk of it, a post, a log-in name."""
    if _AGENCY_NAME.fullmatch(name):
        return False
    words = name.split()
    if name[0] in "@#" or "@" in name or "_" in name or any(letter.isdigit() for letter in name) or len(words) > 6:
        return True
    if fold_name(name) in papers or _OFFICE.search(name) or _NO_AUTHOR.fullmatch(name):
        return True
    if len(words) == 1:  # a log-in name; behind a comma, a paper
        return not alone or name.islower()
    return False


def _restore_case(name: str) -> str:
    """ANN EXAMPLE as Ann Example; McEXAMPLE stays."""
    if not name.isupper() or " " not in name or _AGENCY_NAME.fullmatch(name):
        return name
    return " ".join(word if len(word) < 2 else word.title() for word in name.split())


def fold_name(text: str) -> str:
    """A name reduced to its letters and digits, without “The”: for comparing."""
    return re.sub(r"[\W_]+", "", text.casefold().removeprefix("the "))


# a page's own notice
_RIGHTS = compile_bounded(LINE, r"\ball\s+rights?\b|\b(?:19|20)\d\d\b", re.I)


def is_agency(name: str) -> bool:
    """Whether a name is a wire service's: a paper that prints its story is another."""
    return _AGENCY_NAME.fullmatch(name) is not None


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


def parse_publisher(feed_title: str, url: str = "") -> str:
    """The paper's name in a feed's title: without “feed”, “RSS”, “Comments on:”, dashes, and, where the host of `url`
    tells which part is the paper's, without the part of the paper: “World - Echo.com”, “Echo Topics: World”."""
    name = _FEED_BEFORE.sub("", " ".join(feed_title.split()))
    name = _FEED_BEHIND.sub("", name)
    name = _BARS_BEHIND.sub("", name) or feed_title.strip()
    host = canonical_urls.get_host(url)
    labels = [label for label in host.split(".")[:-1] if len(label) > 2] or host.split(".")[:1]
    parts = [part for part in _FEED_BAR.split(name) if part]
    own = [
        part
        for part in parts
        if any(label in fold_name(part) or fold_name(part).startswith(label) for label in labels if label)
    ]
    if len(parts) > 1 and own:
        name = _TOPIC.sub("", own[0])
    return host if fold_name(name) in ("rss", "feed", "atom", "news", "home", "index", "blog") and host else name


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
