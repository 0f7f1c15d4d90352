"""A first blurb: one to three whole sentences of the article, so that quotes keep their attribution. Pure.

standfirst, if it says more than the headline ─▶ else the top of the story ─▶ whole sentences up to the length
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from newsletter.curator.articles.extraction import phrases
from newsletter.kernel.patterns import LINE, compile_bounded

LEAST_WORDS, MOST_WORDS = 18, 55
MOST_SENTENCES = 3
LONGEST = 480  # characters
LOOKED_AT = 3000  # characters of the story
OPENING = 4  # sentences among which a blurb may begin
# “LONDON, Nov. 24 (Reuters) - ”, “OSLO — ”, “BERLIN (AP) –”
_DATELINE = compile_bounded(
    LINE,
    r"^[A-ZÀ-Þ][A-ZÀ-Þ.'’ -]{2,30}(?:/[A-ZÀ-Þ.'’ -]{2,30})?(?:,\s[\w.'’ ]{2,25}){0,3}\s*(?:\([\w. "
    r"-]{2,20}\)\s*)?[-–—]+\s+(?=\S)",
)
_CUT_OFF = compile_bounded(
    LINE, r"(?:…|\.\.\.|\[(?:…|\.\.\.|\+\d+ chars)\]|read\s+more|continue\s+reading|weiterlesen)\W*$", re.I
)
# begins with somebody or something that only the sentence before names
_HANGING = compile_bounded(
    LINE,
    r"^[\"“„«']?(?:he|she|it|they|his|her|their|its|this|that|these|those|but|and|so|however|meanwhile|also|er|sie|es|das|dies|aber|und|doch|sein|ihr)\b",
    re.I,
)
# what blogs' feeds put at the end
_POST = compile_bounded(LINE, r"^the\s+post\s.+\sappeared\s+first\s+on\s.+$", re.I)


def write_blurb(title: str, dek: str, text: str, language: str = "") -> str:
    """Up to three whole sentences, at most `LONGEST` characters, in the words of the article; "" when it has none.

    Only where no sentence is short enough is one cut, between words and with “…”: a cut can lose the attribution.
    """
    known = _words(title)
    standfirst = _select_informative(dek, known, language)
    story = _select_informative(text[:LOOKED_AT].rsplit(" ", 1)[0] if len(text) > LOOKED_AT else text, known, language)
    chosen = _take_sentences(standfirst)
    if len(_words(" ".join(chosen))) < LEAST_WORDS:
        start = next((index for index, each in enumerate(story[:OPENING]) if not _HANGING.match(each)), 0)
        of_story = _take_sentences(story[start:])
        more = [each for each in of_story if not _repeats(each, chosen)]
        chosen = _take_sentences([*chosen, *more]) if chosen and more else chosen or of_story
    return _join(chosen) or _truncate(dek if _words(dek) - known else "")


def _join(sentences: Sequence[str]) -> str:
    """One after the other; a standfirst often has no full stop, and needs one when something follows."""
    ended = [each if each.rstrip("\"”’»)'")[-1:] in tuple(".!?…:;") else f"{each}." for each in sentences[:-1]]
    return " ".join([*ended, *sentences[-1:]])


def _select_informative(text: str, known: set[str], language: str) -> list[str]:
    """The sentences that say more than the headline and fit into a mail."""
    return [
        each for each in _split_sentences(text, language) if len(each) <= LONGEST and not _says_nothing_new(each, known)
    ]


def _truncate(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= LONGEST else flat[: LONGEST - 1].rsplit(" ", 1)[0].rstrip(" ,;:–—-") + "…"


def _take_sentences(sentences: Sequence[str]) -> list[str]:
    """The first sentences, until they make a blurb."""
    chosen: list[str] = []
    for sentence in sentences[:MOST_SENTENCES]:
        words = sum(len(each.split()) for each in chosen)
        if chosen and (words >= LEAST_WORDS or words + len(sentence.split()) > MOST_WORDS):
            break
        if chosen and sum(map(len, chosen)) + len(sentence) > LONGEST:
            break
        chosen.append(sentence)
    return chosen


def _split_sentences(text: str, language: str) -> Iterator[str]:
    from sentencex import segment

    for line in text.split("\n"):
        flat = _DATELINE.sub("", " ".join(line.split()))
        if not flat or phrases.is_promotion(flat) or phrases.parse_credit(flat) or _POST.match(flat):
            continue
        parts = [part.strip() for part in segment((language or "en")[:2].lower(), flat)]
        for part in parts if language[:2].lower() == "en" else _join_ordinals(parts):
            if part and not (_CUT_OFF.search(part) and part is parts[-1]):
                yield part


def _join_ordinals(parts: Sequence[str]) -> list[str]:
    """The sentences without a break after an ordinal: in most languages of Europe “1.” is “first”, as in “1. FC Köln”.

    Where a sentence did end with a number, two are one.
    """
    joined: list[str] = []
    for part in parts:
        last = joined[-1].rsplit(" ", 1)[-1] if joined else ""
        if last[-1:] == "." and last[:-1].isdecimal() and len(last) <= len("31."):
            joined[-1] = f"{joined[-1]} {part}"
        else:
            joined.append(part)
    return joined


def _says_nothing_new(sentence: str, known: set[str]) -> bool:
    """Whether a sentence only repeats the headline, or is a scrap."""
    words = _words(sentence)
    return len(words) < 3 or (bool(known) and len(words - known) <= 0.25 * len(words))


def _repeats(sentence: str, chosen: Sequence[str]) -> bool:
    words = _words(sentence)
    return any(len(words & _words(each)) > 0.6 * min(len(words), len(_words(each))) for each in chosen)


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w{2,}", text.casefold()))
