"""The people in a byline, by name alone: without labels, posts, stamps, log-ins and the paper. Pure.

a line ─▶ chunks between signs, labels off ─▶ runs of words with a capital (any words, in scripts without) ─▶ names
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from newsletter.curator.articles.extraction import words
from newsletter.curator.articles.extraction.calendar_words import is_calendar_word
from newsletter.kernel.patterns import LINE, NAME, compile_bounded

LONGEST, MOST_WORDS = 200, 5  # characters of a byline, words of a name
MOST_NAMES = 20
_RSS_AUTHOR = compile_bounded(LINE, r"^\S+@\S+\s+\((?P<name>[^()]+)\)$")
_LABEL_SIGN = compile_bounded(NAME, r"[:：](?![0-9/])")
_PARTED = compile_bounded(NAME, r"([|•·]|\s[–—-]{1,3}(?:\s|$))|[,;/&、，]|(?<=\w{4})\.\s|\s?\([^()]*\)|(?:^|\s)@\w+")
_SIGNS = " .,;:|*·•–—-/→»"


def parse_authors(text: str, sites: Iterable[str] = (), *, nicknames: bool = False) -> list[str]:
    """The people in a byline; an agency alone stays, the site itself (`sites`) is none. `nicknames` where told to.

    “Analysis by ANN EXAMPLE and Bo Sample, Echo Business” gives Ann Example and Bo Sample.
    """
    flat = _RSS_AUTHOR.sub(r"\g<name>", " ".join(text.replace("\u00ad", "").split()))  # “ann@example.com (Ann Example)”
    papers = {fold_name(site) for site in sites if site} - {""}
    if len(flat) > LONGEST or "://" in flat or fold_name(flat) in papers:
        return []
    chunks = list(_list_chunks(flat))
    runs = [run for chunk in chunks for run in _list_runs(chunk)]
    found = [" ".join(run).strip(_SIGNS) for run in runs if is_full(run) and _is_person(run, papers)]
    found = [name for name in found if not is_agency(name)] or found[:1]
    if not found and len(chunks) == 1 and " " not in chunks[0]:
        found = [name for name in [chunks[0].strip(_SIGNS)] if _is_one_name(name, papers, nicknames=nicknames)]
    return list(dict.fromkeys(map(_restore_case, found)))[:MOST_NAMES]


def is_agency(name: str) -> bool:
    """Whether a name is a wire service's: a paper that prints its story is another."""
    return words.is_one_of(name.removeprefix("The "), "agency")


def is_full_name(text: str) -> bool:
    """Whether a text is a name of two or three words, each with a capital, and nothing else."""
    said = text.split()
    capitals = all(word[:1].isupper() and word.replace("-", "").replace("'", "").isalpha() for word in said)
    return 2 <= len(said) <= 3 and capitals and parse_authors(text) == [text]


def is_named(text: str, sites: Iterable[str]) -> bool:
    """Whether a declared text may name somebody at all: a log-in name, a group; not the paper, a label, a number."""
    return _is_one_name("".join(text.split()), {fold_name(site) for site in sites if site}, nicknames=True)


def fold_name(text: str) -> str:
    """A name reduced to its letters and digits, without “The”: for comparing."""
    return re.sub(r"[\W_]+", "", text.casefold().removeprefix("the "))


def _list_chunks(text: str) -> Iterator[str]:
    """The parts between signs, without labels: “By”, “Interview:”. Behind a second label stand others: “Photos:”."""
    named = False
    parts = _PARTED.split(text)
    for bar, part in zip([None, *parts[1::2]], parts[::2], strict=True):
        *labels, rest = _LABEL_SIGN.split(part)
        if named and (labels or bar):
            return
        chunk = _strip_label(rest.strip())
        named = named or bool(chunk)
        if chunk:
            yield chunk


def _strip_label(text: str) -> str:
    """What stands behind the last label: “By Ann Example”, “Analysis by Ann Example”."""
    opening = words.find_opening(text, "by")
    said = text[len(opening) :].split()
    return " ".join(said[max((index + 1 for index in range(1, len(said)) if _is_label(said, index)), default=0) :])


def _list_runs(chunk: str) -> Iterator[list[str]]:
    """The words of a chunk between words that are no part of a name: small ones, “and”, numbers."""
    run: list[str] = []
    for word in chunk.split():
        if _is_between(word):
            yield _trim(run)
            run = []
        else:
            run.append(word)
    yield _trim(run)


def _is_between(word: str) -> bool:
    """Whether a word parts two names, or is no part of any."""
    small = word[0].islower() and not words.is_one_of(word, "particle")
    return small or "0" <= word[0] <= "9" or word.casefold() in words.list_words("conjunction")


def _is_label(said: list[str], index: int) -> bool:
    """Whether a word within a chunk stands before a name: “Analysis by Ann Example”, not “Ann von Example”."""
    word = said[index]
    return word.casefold() in words.list_words("by") and (word.islower() or word.isupper())


def _trim(run: list[str]) -> list[str]:
    """A run without small words at its ends, a day or month behind it, a post in scripts without capitals: “기자”."""
    while run and (
        run[-1].islower()
        or (len(run) > 2 and is_calendar_word(run[-1]))
        or (is_full(run[-1:]) and words.is_one_of(run[-1], "office"))
    ):
        run = run[:-1]
    while run and run[0].islower():
        run = run[1:]
    return run


def is_full(run: list[str]) -> bool:
    """Whether some words may be a full name: several, or one of a script without capitals."""
    return len(run) > 1 or (len(run) == 1 and len(run[0]) > 1 and run[0].isalpha() and run[0].swapcase() == run[0])


def _is_person(run: list[str], papers: set[str]) -> bool:
    """Whether some words are a person or an agency: not the paper, a desk of it, a post."""
    folded = fold_name(" ".join(run))
    parts = {part.casefold().strip(_SIGNS) for word in run for part in (word, *word.split("-"))}
    if not folded or folded in papers or len(run) > MOST_WORDS or any("@" in word or word[0] == "#" for word in run):
        return False
    return not any(words.is_one_of(part, "office") for part in parts) and not all(map(is_calendar_word, run))


def _is_one_name(name: str, papers: set[str], *, nicknames: bool) -> bool:
    """Whether a word alone is a name: no label, no number; a log-in name where `nicknames` are."""
    if not _is_person([name or "#"], papers) or words.is_one_of(name, "author") or not any(map(str.isalpha, name)):
        return False
    if name.casefold().endswith(tuple(word for word in words.list_words("office") if len(word) > 4)):
        return False
    plain = not (name.islower() or any("0" <= letter <= "9" for letter in name) or "_" in name)
    return len(name) > 1 and (nicknames or plain or is_agency(name))


def _restore_case(name: str) -> str:
    """ANN EXAMPLE as Ann Example; McEXAMPLE stays."""
    if not name.isupper() or " " not in name or is_agency(name):
        return name
    return " ".join(word if len(word) < 2 else word.title() for word in name.split())
