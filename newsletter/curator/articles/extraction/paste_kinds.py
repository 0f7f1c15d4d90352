"""What a paste is, and its paragraphs: blocks, mails, hard-wrapped pages and threads become plain lines. Pure.

blocks of markup ▸ forwarded mail (headers, warnings, quotes, signature, private note off) ▸ hard wraps joined ▸ thread
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from newsletter.curator.articles.extraction import markup, names, words
from newsletter.kernel.patterns import LINE, NAME, compile_bounded

LEAST_HEADERS, LONGEST_GAP = 2, 3  # labelled lines in a row that are a mail's header; lines between two of them
LONGEST_ADDRESSES = 20  # lines of them in a header
LEAST_SIGNATURE, LONGEST_CLOSING, MOST_BELOW = 3, 8, 3  # lines of one; words of each; sentences below
LEAST_WRAPPED = 0.5  # of the lines; then the text is hard-wrapped
NARROWEST, WIDEST = 30, 110  # characters of a hard-wrapped line
LEAST_QUOTED = 0.5  # of the lines; then what was quoted is the paste, and above it stands who wrote it when
LEAST_LINES = 4  # of a hard-wrapped text
FULL = 0.75  # of the widest line; a shorter one ends a paragraph
LEAST_POSTS = 3  # numbered posts of a thread
_SENTENCE_END = compile_bounded(LINE, r"""[.!?…:;。！？؟।][”"'’»)\]」』]*(?:\s*\[[0-9]+\])?$""")
_WIDE = re.compile(r"[\u2e80-\u9fff\uac00-\ud7af\u0e00-\u0e7f]")  # scripts without blanks
_WORD = re.compile(r"\w+")
_SOURCE = ("<!doctype", "<html", "<head", "<body")
_BLOCK = re.compile(r"<(?:p|h[1-6]|li|!--\s{0,5}wp:)\b", re.I)
_ENTRY = re.compile(r"^\W|[0-9]")  # of a list or a timetable
_QUOTED = compile_bounded(LINE, r"^(?:>\s?)+")
_HEADER = compile_bounded(LINE, r"^\*?(?P<label>[^\W0-9][\w -]{1,14}?)\s?:\*?\s*(?P<value>.*)$")
_REPLY = compile_bounded(NAME, r"^(?:(?:re|aw|sv|fwd?|wg|tr|rv|i|vs)\s?:\s*)+", re.I)
_END_MARK = compile_bounded(
    NAME, r"^\W*(?:#{2,}|(?:-\s?)+30(?:\s?-)+|[-–*#]*\s?(?:ends?|ende|fin)\s?[-–*#]*)\W*$", re.I
)
_NUMBERED = compile_bounded(
    LINE, r"^\(?[0-9]{1,2}\s?/\s?(?:[0-9]{1,2}|n)?\)?\s+(?=\S)|\s\(?[0-9]{1,2}/(?:[0-9]{1,2})?\)?$"
)
# what a chat puts above a post: “Ann Example  [7:02 AM]”, “7:02”
_TIMED = compile_bounded(NAME, r"[^0-9]{0,60}[0-9]{1,2}[:.][0-9]{2}(?:\s?[AaPp]\.?[Mm]\.?)?\]?")


@dataclass(frozen=True, slots=True)
class Paste:
    """The lines of a paste, each a paragraph; `is_whole` when nothing surrounds the story; a mail's subject."""

    lines: list[str]
    is_whole: bool = False
    subject: str = ""


def count_words(line: str) -> int:
    """How many words a line has; in scripts without blanks, two letters are one."""
    wide = len(_WIDE.findall(line))
    return wide // 2 + len(_WORD.findall(_WIDE.sub(" ", line) if wide else line))


def ends_sentence(line: str) -> bool:
    """Whether a line ends as sentences do, in any script."""
    return _SENTENCE_END.search(line[-20:]) is not None


def is_end_mark(line: str) -> bool:
    """Whether a line is what agencies and press offices put below: “###”, “-ends-”, “- 30 -”."""
    return len(line) <= 20 and _END_MARK.fullmatch(line) is not None


def is_page_source(text: str) -> bool:
    """Whether a paste is the source of a page."""
    return text[:200].lstrip().casefold().startswith(_SOURCE)


def is_mail(text: str) -> bool:
    """Whether a paste has the header of a mail in it."""
    return bool(_find_headers([" ".join(line.split()) for line in text.splitlines()]))


def read_paste(text: str) -> Paste:
    """The lines of a paste without what its kind puts around and into them."""
    if len(_BLOCK.findall(text)) > 1:
        return Paste(markup.split_declared(text), is_whole=True)
    rows = (filter(None, (" ".join(cell.split()) for cell in line.split("\t"))) for line in text.splitlines())
    raw = [" | ".join(row) for row in rows]
    mail, subject = _open_mail(raw)
    lines = _join_wrapped(mail)
    numbered = sum(_NUMBERED.search(line) is not None for line in lines)
    timed = sum(_TIMED.fullmatch(line) is not None and ends_sentence(below) for line, below in pairwise(lines))
    if max(numbered, timed) >= LEAST_POSTS:
        return Paste(_read_thread(lines), is_whole=True, subject=subject)
    return Paste(lines, is_whole=mail is not raw, subject=subject)


def _open_mail(lines: list[str]) -> tuple[list[str], str]:
    """What was forwarded, of a mail, and its subject; the lines themselves where they are none."""
    headers = _find_headers(lines)
    if not headers:
        quoted = [_QUOTED.sub("", line) for line in lines if line.startswith(">")]
        return (quoted, "") if len(quoted) > LEAST_QUOTED * sum(map(bool, lines)) else (lines, "")
    ends = [*(header[0] for header in headers[1:]), len(lines)]
    parts = [(lines[begin:end], subject) for (_, begin, subject), end in zip(headers, ends, strict=True)]
    body, subject = max(parts, key=lambda part: sum(count_words(line) for line in part[0] if ends_sentence(line)))
    plain = [_QUOTED.sub("", line) for line in body]
    return _cut_signature([line for line in plain if not words.find_opening(line, "warning")]), subject


def _find_headers(lines: Sequence[str]) -> list[tuple[int, int, str]]:
    """The headers of mails: where each begins, where its mail begins, and its subject."""
    groups: list[dict[str, tuple[int, str]]] = []
    last = 0
    for index, line in enumerate(lines):
        header = _HEADER.match(_QUOTED.sub("", line))
        label = header["label"].casefold() if header else ""
        if not header or not words.is_one_of(label, "mail"):
            continue
        if not groups or index - last > LONGEST_GAP or label in groups[-1]:
            groups.append({})
        groups[-1][label] = (index, header["value"])
        last = index
    return [header for group in groups for header in _read_header(lines, group)]


def _read_header(lines: Sequence[str], labelled: Mapping[str, tuple[int, str]]) -> list[tuple[int, int, str]]:
    """The header that some labelled lines are, if they are one: two with an address among them, or more."""
    places = [index for index, _ in labelled.values()]
    if len(places) + any("@" in lines[index] for index in places) <= LEAST_HEADERS:
        return []
    begin = places[-1] + 1
    while begin < min(len(lines), places[-1] + LONGEST_ADDRESSES) and "@" in lines[begin]:  # addresses that went on
        begin += 1
    subject = next((value for label, (_, value) in labelled.items() if words.is_one_of(label, "subject")), "")
    return [(places[0], begin, _REPLY.sub("", subject).strip("* "))]


def _cut_signature(lines: list[str]) -> list[str]:
    """Without what stands below “-- ”, or a closing, a name, a post: short lines near the end that are no list."""
    short: list[int] = []
    sentences = left = sum(map(ends_sentence, lines))
    listed = False
    for index, line in enumerate(lines):
        left -= ends_sentence(line)
        listed = line.endswith((":", "：")) or (listed and bool(line) and not ends_sentence(line))
        if line in ("--", "- -"):
            return lines[:index]
        if line and (listed or ends_sentence(line) or count_words(line) > LONGEST_CLOSING or _ENTRY.search(line)):
            short = []
        elif line and sentences > left <= MOST_BELOW:
            short.append(index)
        if len(short) == LEAST_SIGNATURE:
            return lines[: short[0]]
    return lines


def _join_wrapped(lines: Sequence[str]) -> list[str]:
    """Paragraphs: of hard-wrapped lines, those that go on joined, and words that were parted at their end."""
    filled = [line for line in lines if line]
    widest = sorted(map(len, filled))[len(filled) * 9 // 10] if filled else 0
    if not _is_wrapped(filled, widest):
        return filled
    paragraphs: list[list[str]] = []
    goes_on = False
    for line in lines:
        if line and goes_on:
            paragraphs[-1].append(_join(paragraphs[-1].pop(), line))
            paragraphs[-1].append(line)
        elif line:
            paragraphs.append([line])
        goes_on = len(line) >= FULL * widest
    return ["".join(parts) for parts in paragraphs]


def _is_wrapped(lines: Sequence[str], widest: int) -> bool:
    """Whether most lines are of one width and end within a sentence."""
    narrowest = NARROWEST // 2 if _WIDE.search("".join(lines[:20])) else NARROWEST
    full = [line for line in lines if FULL * widest <= len(line) <= widest * 1.15 and not ends_sentence(line)]
    return len(lines) >= LEAST_LINES and narrowest <= widest <= WIDEST and len(full) >= LEAST_WRAPPED * len(lines)


def _join(line: str, other: str) -> str:
    """A line with what stands between it and the next: a blank, or nothing within a word and in wide scripts."""
    if line[-1] in "-\u2010" and line[-2:-1].isalpha() and other[0].islower():
        return line[:-1]
    return line if _WIDE.match(line[-1]) and _WIDE.match(other[0]) else f"{line} "


def _read_thread(lines: Sequence[str]) -> list[str]:
    """The posts of a thread without their numbers, accounts, counters, and what stands above each."""
    often = {line for line, count in Counter(lines).items() if count > 1}
    plain = [line for line in lines if line not in often and not _is_margin(line)]
    return [_NUMBERED.sub("", line).strip() for line in plain]


def _is_margin(line: str) -> bool:
    """Whether a line is an account, a counter, a time or a reaction: “@annexample”, “3.4K”, “7:02 AM”, “:eyes:”."""
    is_sign = line[0] == "@" or line[0] == line[-1] == ":" or not any(map(str.isalpha, line.rstrip("KkMm")))
    return is_sign or _TIMED.fullmatch(line) is not None or names.is_full_name(line)
