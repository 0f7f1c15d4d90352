"""A first blurb: one to three whole sentences of the article, so that quotes keep their attribution. Pure.

standfirst, if it says more than the headline ─▶ else the top of the story ─▶ whole sentences up to the length
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from newsletter.curator.articles.extraction import phrases, words
from newsletter.curator.articles.extraction.paste_kinds import count_words, ends_sentence
from newsletter.kernel.patterns import LINE, compile_bounded

LEAST_WORDS, MOST_WORDS = 18, 55
MOST_SENTENCES = 3
LONGEST = 480  # characters
LOOKED_AT = 3000  # characters of the story
_ENDS, _SIGNS = ".!?…:;。！？।؟", " .,:;|•·–—-"
_LIST_MARKS = ("- ", "• ", "· ", "* ", "– ", "— ")
LONGEST_HEADING = 12  # words
MOST_REPEATED = 0.9  # of a standfirst's words, in the first two sentences of the story
OPENING = 4  # sentences among which a blurb may begin
# “LONDON, Nov. 24 (Reuters) - ”, “OSLO — ”, “Hamburg (dpa/lno) – ”; “Ann Lee (CDU) – as mayor – …” is somebody
_DATELINE = compile_bounded(
    LINE,
    r"^(?:[\w.'’/, -]{3,60}\s\([\w./ -]{2,20}\)\.?(?!\s*[-–—]+\s[^-–—]{1,80}\s[-–—])"
    r"|[A-ZÀ-Þ][A-ZÀ-Þ.'’ /-]{2,60}(?:,\s[\w.'’ ]{2,25}){0,3})\s*[-–—]+\s+(?=[A-ZÀ-Þ\"“‘«„])",
)
# also what blogs' feeds put at the end
_CUT_OFF = compile_bounded(
    LINE, r"(?:…|\.\.\.|\[\+\d+ chars\]|read more|continue reading|weiterlesen|appeared first on .+)\W*$", re.I
)


def write_blurb(title: str, dek: str, text: str, language: str = "") -> str:
    """Up to three whole sentences, at most `LONGEST` characters, in the words of the article; "" when it has none.

    Only where no sentence is short enough is one cut, between words and with “…”: a cut can lose the attribution.
    """
    known = _words(title)
    standfirst = _select_informative(dek, known, language)
    beginning = text[:LOOKED_AT].rsplit(" ", 1)[0] if len(text) > LOOKED_AT else text
    story = _select_informative(_drop_headings(beginning), known, language)
    top = _words(" ".join(story[:2]))
    if top and len(_words(dek) & top) >= MOST_REPEATED * len(_words(dek)):
        standfirst = []  # a copy of the story's beginning, often a shorter or a cut one
    chosen = _take_sentences(standfirst[_find_start(standfirst) :])
    if count_words(" ".join(chosen)) < LEAST_WORDS:
        of_story = _take_sentences(story[_find_start(story) :])
        more = [each for each in of_story if not _repeats(each, chosen)]
        chosen = _take_sentences([*chosen, *more]) if chosen and more else chosen or of_story
    return _join(chosen) or _truncate(dek if _words(dek) - known else "")


def _drop_headings(text: str) -> str:
    """The text without short lines that end as no sentence does; with them where it has no others."""
    lines = text.split("\n")
    return "\n".join(line for line in lines if ends_sentence(line) or count_words(line) > LONGEST_HEADING) or text


def _find_start(sentences: Sequence[str]) -> int:
    """The first sentence that names whom it speaks of; the very first where none near the top does."""
    return next((index for index, each in enumerate(sentences[:OPENING]) if not _is_hanging(each)), 0)


def _is_hanging(sentence: str) -> bool:
    """Whether a sentence begins with somebody or something that only the one before names: “These accusations”."""
    return bool(words.find_opening(sentence.lstrip("\"“„«'‘「 "), "hanging"))


def _join(sentences: Sequence[str]) -> str:
    """One after the other; a standfirst often has no full stop, and gets one, in its script."""
    joined = ""
    for each in sentences:
        ended = each.rstrip("\"”’»)'」』")[-1:] in tuple(_ENDS)
        mark = "。" if _is_wide(each[-1]) else "।" if "\u0900" <= each[-1] < "\u0980" else "."
        blank = " " if joined and not _is_wide(joined[-1]) else ""
        joined += f"{blank}{each}" if ended else f"{blank}{each}{mark}"
    return joined


def _is_wide(letter: str) -> bool:
    """Whether a sign is of a script without blanks between words."""
    return "\u2e80" <= letter <= "\u9fff" or "\uff00" <= letter <= "\uffef"


def _select_informative(text: str, known: set[str], language: str) -> list[str]:
    """The sentences that say more than the headline and fit into a mail."""
    return [
        each
        for each in _split_sentences(text, language)
        if len(each) <= LONGEST and not _says_nothing_new(each, known) and not _is_scrap(each)
    ]


def _is_scrap(sentence: str) -> bool:
    """Whether a sentence is the rest of one or a row of links, or has an address that a mail would link."""
    torn = sentence[0] in ",.;:)…" or sentence.count("(") != sentence.count(")")
    return torn or " | " in sentence or sentence[0] == "@" or "www." in sentence or "://" in sentence


def _truncate(text: str) -> str:
    flat = " ".join(text.split())
    if len(flat) <= LONGEST:
        return flat
    start = flat[: LONGEST - 1]
    whole = start if _is_wide(flat[LONGEST - 1]) or " " not in start else start.rsplit(" ", 1)[0]
    return whole.rstrip(" ,;:–—-、，") + "…"


def _take_sentences(sentences: Sequence[str]) -> list[str]:
    """The first sentences, until they make a blurb."""
    chosen: list[str] = []
    for sentence in sentences[:MOST_SENTENCES]:
        length = sum(count_words(each) for each in chosen)
        if chosen and (length >= LEAST_WORDS or length + count_words(sentence) > MOST_WORDS):
            break
        if chosen and sum(map(len, chosen)) + len(sentence) > LONGEST:
            break
        chosen.append(sentence)
    return chosen


def _split_sentences(text: str, language: str) -> Iterator[str]:
    from sentencex import segment

    for line in text.split("\n"):
        flat = _DATELINE.sub("", _strip_buttons(" ".join(line.replace("\u200b", "").split())))
        if not flat or flat.startswith(_LIST_MARKS) or phrases.is_promotion(flat) or phrases.parse_credit(flat):
            continue
        parts = [part.strip() for part in segment((language or "en")[:2].lower(), flat)]
        for part in parts if language[:2].lower() == "en" else _join_ordinals(parts):
            if part and not (_CUT_OFF.search(part) and part is parts[-1]):
                yield part


def _strip_buttons(line: str) -> str:
    """Without reading time and a row of buttons in front: “5 min read · Share Save”."""
    said = line.split(" ")
    index = 0
    while index < len(said) and said[index].strip(_SIGNS).casefold() in words.list_words("alone"):
        index += 1
    rest = " ".join(said[index:] if index > 1 else said)
    time = words.find_opening(rest.lstrip("0123456789 -"), "reading") if "0" <= rest[:1] <= "9" else ""
    return _strip_buttons(rest[rest.index(time) + len(time) :].lstrip(_SIGNS)) if time else rest


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
    said = _words(sentence)
    return count_words(sentence) < 3 or (bool(known) and len(said - known) <= 0.25 * len(said))


def _repeats(sentence: str, chosen: Sequence[str]) -> bool:
    said = _words(sentence)
    return any(len(said & _words(each)) > 0.6 * min(len(said), len(_words(each))) for each in chosen)


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w{2,}", text.casefold()))
