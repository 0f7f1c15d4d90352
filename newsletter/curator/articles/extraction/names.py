"""The people in a byline, by name alone: without labels, posts, stamps, log-ins and the paper. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache

from newsletter.curator.articles.extraction import words
from newsletter.curator.articles.extraction.calendar_words import is_calendar_word
from newsletter.kernel.patterns import LINE, NAME, compile_bounded

LONGEST, MOST_WORDS = 200, 5  # characters of a byline, words of a name
LONGEST_LABEL = 3  # words before a colon
LONGEST_PARTICLE = 4  # letters of “van”, “della”: small words within a name
MOST_NAMES = 20
_RSS_AUTHOR = compile_bounded(LINE, r"^\S+@\S+\s+\((?P<name>[^()]+)\)$")
_IN_BRACKETS = compile_bounded(NAME, r"\s*\([^()]*\)|\s@\w+")
_SIGNS = " .,;:|*·•–—-/"
# a wire service's name: of one word, or in capitals, like no person's
_AGENCY = compile_bounded(
    LINE,
    r"(?:The\s+)?Associated\s+Press|AP|Reuters|Thomson\s+Reuters|AFP|Agence\s+France-Presse|dpa|PTI|ANI|IANS|"
    r"PA(?:\s+Media)?|EFE|ANSA|Xinhua|Kyodo(?:\s+News)?|Bloomberg(?:\s+News)?|UPI|TASS|Yonhap",
    re.I,
)


def parse_authors(text: str, sites: Iterable[str] = (), *, nicknames: bool = False) -> list[str]:
    """The people in a byline; agencies stay, the site itself (`sites`) is none. `nicknames` are taken where told to.

    “Analysis by ANN EXAMPLE and Bo Sample, Echo Business” gives Ann Example and Bo Sample.
    """
    flat = _RSS_AUTHOR.sub(r"\g<name>", " ".join(text.replace("\u00ad", "").split()))  # “ann@example.com (Ann Example)”
    papers = {fold_name(site) for site in sites if site} - {""}
    if len(flat) > LONGEST or "://" in flat or fold_name(flat) in papers:
        return []
    found: list[str] = []
    for index, part in enumerate(_split_names(_cut_stamp(_IN_BRACKETS.sub("", _strip_label(flat))))):
        name = _strip_label(part).strip(_SIGNS)
        if name and _is_person(name, papers, alone=not index, nicknames=nicknames):
            found.append(_restore_case(name))
    return list(dict.fromkeys(found))[:MOST_NAMES]


def parse_byline(text: str) -> str:
    """The same, as one line; "" for what names nobody."""
    return ", ".join(parse_authors(text))


def is_agency(name: str) -> bool:
    """Whether a name is a wire service's: a paper that prints its story is another."""
    return _AGENCY.fullmatch(name) is not None


def is_full_name(text: str) -> bool:
    """Whether a text is a name of two or three words, each with a capital, and nothing else."""
    said = text.split()
    capitals = all(word[:1].isupper() and word.replace("-", "").replace("'", "").isalpha() for word in said)
    return 2 <= len(said) <= 3 and capitals and parse_authors(text) == [text]


def fold_name(text: str) -> str:
    """A name reduced to its letters and digits, without “The”: for comparing."""
    return re.sub(r"[\W_]+", "", text.casefold().removeprefix("the "))


def _strip_label(text: str) -> str:
    """Without what stands before a name: “By”, “Interview:”, “View all posts by”."""
    label, colon, rest = text.partition(":")
    if colon and rest.strip() and len(label.split()) <= LONGEST_LABEL:
        text = rest.strip()
    if (opening := words.find_opening(text, "by")) and (rest := text[len(opening) :].lstrip(" ·|–-")):
        text = rest
    said = text.split(" ")
    for index, word in enumerate(said[1:-1], 1):
        if (
            word in _list_single_words("by")
            and any(each.islower() for each in said[:index])
            and said[index + 1][:1].isupper()
        ):
            return " ".join(said[index + 1 :])
    return text


def _split_names(text: str) -> Iterator[str]:
    """The parts between signs and words for “and”."""
    own = re.split(r"\s[|•·–—-]\s", text[:LONGEST])[0]  # behind it stand posts, papers, stamps
    for chunk in re.split(r"[,;/•&]", own):
        part: list[str] = []
        for word in chunk.split():
            if word.casefold() in _list_single_words("and") and part:
                yield " ".join(part)
                part = []
            else:
                part.append(word)
        yield " ".join(part)


def _cut_stamp(text: str) -> str:
    """Without a stamp run into the byline: “ECHO STAFF NOVEMBER 20, 2026 10:43”."""
    said = text.split()
    for index, word in enumerate(said):
        if index and "0" <= word[0] <= "9":
            while index > 1 and (said[index - 1].islower() or is_calendar_word(said[index - 1])):
                index -= 1
            return " ".join(said[:index])
    return text


@cache
def _list_single_words(kind: str) -> frozenset[str]:
    return frozenset(word for word in words.list_words(kind) if " " not in word)


def _is_person(name: str, papers: set[str], *, alone: bool, nicknames: bool) -> bool:
    """Whether a part of a byline is a person or an agency: not the paper, a desk of it, a post, a sentence."""
    if is_agency(name):
        return alone
    said = name.split()
    folded = fold_name(name)
    if not folded or folded in papers or len(said) > MOST_WORDS or "@" in name or name[0] == "#":
        return False
    if any(
        word.casefold().strip(_SIGNS) in _list_single_words("office")
        for part in said
        for word in (part, *part.split("-"))
    ):
        return False
    if is_calendar_word(name) or words.is_one_of(name, "by"):
        return False
    if len(said) == 1:  # a log-in name; behind a comma, a paper
        plain = not (name.islower() or _has_digits(name) or "_" in name)
        return alone and len(name) > 1 and any(map(str.isalpha, name)) and (nicknames or plain)
    small = [word for word in said if word.islower() and len(word) > LONGEST_PARTICLE]
    return not small and not said[-1].islower() and not _has_digits(name)


def _has_digits(name: str) -> bool:
    return any("0" <= letter <= "9" for letter in name)


def _restore_case(name: str) -> str:
    """ANN EXAMPLE as Ann Example; McEXAMPLE stays."""
    if not name.isupper() or " " not in name or is_agency(name):
        return name
    return " ".join(word if len(word) < 2 else word.title() for word in name.split())
