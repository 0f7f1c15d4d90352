"""Phrases of newspaper pages: bylines, picture credits, and the promotion that is not the story. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import islice

from newsletter.curator.articles import canonical_urls
from newsletter.curator.articles.extraction import names, words
from newsletter.kernel.patterns import CAPTION, LINE, NAME, compile_bounded

# in a feed's title, what is not the paper's name
_OF_FEED = compile_bounded(
    LINE, r"^(?:comments\s+on|latest\s+from|news\s+from):?\s+|\s+(?:(?:rss|atom)(?:\s+feed)?|feed)$|[\s–—|:»-]+$", re.I
)
_FEED_BAR = compile_bounded(LINE, r"\s*(?:[|»:]|\s[–—-])\s+")
_PICTURE = "|".join(map(re.escape, words.list_words("picture")))
# “Photo: Ann Example”, “Main image credit: Ann Example”, “Credit...Ann Example”
_LABELLED = compile_bounded(
    NAME,
    rf"(?:\w{{2,9}} )?(?:{_PICTURE})\b(?: (?:{_PICTURE}|by|of|via)\b){{0,3}} ?(?:[:：…]|\.\.\.) ?"
    r"(?P<name>[^()]{2,120})",
    re.I,
)
# the same without a colon: then only names follow
_GIVEN = compile_bounded(
    NAME,
    rf"(?i:(?:{_PICTURE}) (?:by|via|courtesy(?: of)?)|courtesy of|via|©|\(c\)) ?(?P<name>[A-ZÀ-Þ][^():;!?]{{1,90}})",
)
_PICTURE_WORDS = compile_bounded(NAME, rf"^(?:(?:{_PICTURE}|via)\b[\s.:…]{{0,9}}){{1,3}}", re.I)
_ARCHIVED = compile_bounded(NAME, r",? (?:file|pool)(?: photo)?$", re.I)
# where a credit may begin behind a caption: in a bracket or behind a bar, a sentence, or words for a picture
_TAIL = compile_bounded(
    CAPTION, rf" ?[(|] ?|(?<=[.!?…\"”’)]) (?=\S)|(?<=。)|[, ]{{1,2}}(?=(?:{_PICTURE})\b[^.]{{0,20}}:|©)", re.I
)
LONGEST_TAIL = 14  # letters behind a paper's name in one word with it
MOST_TAILS, LONGEST_CREDIT, LONGEST_SIGNED = 20, 13, 8  # in a caption; words
LONGEST_CAPTION = 2000  # characters


def flatten(value: object) -> str:
    """A text on one line, with single spaces; "" for what is not a text."""
    return " ".join(value.split()) if isinstance(value, str) else ""


def is_barrier(text: str) -> bool:
    """Whether a box asks for a subscription before it lets anybody read on."""
    folded = text.casefold()
    return any(word in folded for word in words.list_words("promotion"))


# a page's own notice
_RIGHTS = compile_bounded(LINE, r"\ball\s+rights?\b|\b(?:19|20)\d\d\b", re.I)


def parse_credit(line: str) -> str:
    """The name in a line that is only a picture credit: “(Photo: Ann Example)”, “Ann Example/AFP via Echo Images”."""
    flat = _ARCHIVED.sub("", " ".join(line.split()).strip("() ."))
    found = _LABELLED.fullmatch(flat)
    name = found["name"].strip(" .") if found else flat if _is_signature(flat) else ""
    return name.rstrip(" /") if len(name.split()) <= LONGEST_CREDIT else ""


def _is_signature(text: str) -> bool:
    """Whether a text is names alone, of those who took a picture and those who sell it."""
    parts = [part.split() for part in re.split(r" ?/ ?| via ", text[:NAME])]
    capitals = [part for part in parts if part and all(word[0].isupper() for word in part)]
    short = all(0 < len(part) <= (4 if part in capitals else 2) and part[0][0].isalpha() for part in parts)
    return len(parts) > 1 and short and any(len(part) > 1 or part[0].isupper() for part in capitals)


def parse_signature(line: str) -> str:
    """The name in a line that signs a picture without a word for “picture”: “© Ann Example”. "" for others."""
    flat = " ".join(line.split()).strip("() .")
    found = _GIVEN.fullmatch(f"({flat}" if flat.startswith("c)") else flat)
    name = parse_credit(flat) or (_ARCHIVED.sub("", found["name"].strip(" .")) if found else "")
    return "" if len(name.split()) > LONGEST_SIGNED or _RIGHTS.search(name) else name


def strip_credit(text: str) -> str:
    """The name in what a page marks as a credit, without “Image copyright” and brackets. "" for a whole sentence."""
    text = text.replace(")", " ").replace("(", " ") if text.count("(") != text.count(")") else text
    name = parse_credit(text) or _PICTURE_WORDS.sub("", text).strip("()©.… ")
    return "" if len(name) > 120 or name.startswith("@") or _RIGHTS.search(name) else name


def split_caption(caption: str) -> tuple[str, str]:
    """A caption and the credit at its end, if it has one: “The bridge (Photo: Ann Example)”."""
    flat = " ".join(caption.split())
    if len(flat) > LONGEST_CAPTION:
        return flat, ""
    if credit := parse_credit(flat):
        return "", credit
    before, end = flat[:-CAPTION], flat[-CAPTION:]
    for tail in islice(_TAIL.finditer(end), MOST_TAILS):
        said, bracketed = end[tail.end() :], "(" in tail[0]
        whole = said.endswith((")", ").")) if bracketed else "(" not in said
        if whole and tail.start() > 3 and (credit := parse_signature(said)):
            return f"{before}{end[: tail.start()]}".strip(" -–|(,©/"), credit
    return flat, ""


def is_named_by_host(name: str, url: str) -> bool:
    """Whether a name is what the server of an address is called after: “The Echo”, www.theecho.com."""
    return is_site(name, list_site_names((), url))


def is_site(text: str, known: set[str]) -> bool:
    """Whether a title's end names the paper: its name, the start of it, or with a word after it (“CNNPolitics”)."""
    folded = names.fold_name(text)
    if folded in known or len(folded) <= 3:
        return folded in known
    return any(
        name.startswith(folded) or name.endswith(folded) or (len(name) > 2 and folded.startswith(name))
        for name in known
        if len(folded) <= len(name) + LONGEST_TAIL
    )


def list_site_names(sites: Iterable[str], url: str) -> set[str]:
    """What the paper may be called, folded: as declared, and as its host, with and without the ending."""
    host = canonical_urls.get_host(url)
    labels = host.split(".")
    folded = {names.fold_name(name) for name in (*sites, host, *labels[:-1])}
    return folded - {"", "co", "com", "org", "blog", "news", "en", "m"}


def parse_publisher(feed_title: str, url: str = "") -> str:
    """The paper's name in a feed's title: without “feed”, “RSS”, “Comments on:”, dashes, and, where the host of `url`
    tells which part is the paper's, without the part of the paper: “World - Echo.com”, “Echo Topics: World”.

    The host where the title names a part of the paper only: “Top Stories”, or “Asia” at …/asia.
    """
    name = _OF_FEED.sub("", " ".join(feed_title.split())) or feed_title.strip()
    parts = [part for part in _FEED_BAR.split(name) if part]
    own = [part for part in parts if is_named_by_host(part, url)]
    if len(parts) > 1 and own:
        return own[0]
    section = not own and names.fold_name(name) in {names.fold_name(part) for part in url.split("/")[3:]}
    return (canonical_urls.get_host(url) if section or is_no_paper(name) else "") or name


def is_no_paper(name: str) -> bool:
    """Whether a name is a kind of page, a part of a paper or a country, which papers are not called by alone."""
    return _NO_PAPER.fullmatch(name.replace(".", "")) is not None  # “U.S.”


_NO_PAPER = compile_bounded(
    NAME,
    r"(?:(?:top|latest|breaking|all|main|local|world|international|featured)\s+)?(?:news|stories|headlines|articles|posts)"
    r"|us|uk|world|home(?:\s?page)?|website|blog|index|wordpress|rss|feed|atom|nachrichten|schlagzeilen|aktuell(?:es)?"
    r"|startseite|actualités|à la une|últimas noticias|noticias|notícias|portada|nyheter|nieuws|новости",
    re.I,
)


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
