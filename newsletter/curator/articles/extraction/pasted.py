"""From the visible text of a page, as select-all and copy gives it, to its story. Pure.

lines ─▶ weigh each (sentences for, navigation and promotion against)
      ─▶ the heaviest run of lines is the body
      ─▶ what stands before it is searched for title, standfirst, byline, caption and date,
         what stands behind it for byline and biography
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from newsletter.curator.articles.extraction import biography, names, phrases
from newsletter.curator.articles.extraction.date import parse_written
from newsletter.curator.articles.extraction.extracted_article import ExtractedArticle
from newsletter.kernel.patterns import LINE, NAME, compile_bounded

END_WEIGHT = -60.0  # weight of a line that ends a story: comments, “most read”
LEAST_STORY_WEIGHT = 250.0  # weight from which on such a line ends one, and is no menu above it
WEIGHT_FACTOR_BEHIND = 0.3  # what is left of the weight of other stories
RELATED_WEIGHT = -20.0  # a box of other stories: the story may go on behind it
LARGEST_PASTE = 2 * 2**20  # characters
_SENTENCE_END = re.compile(r"""[.!?…:;。！？]['"’”»)\]]*(?:\s*\[\d+\])?$""")
_WORD = re.compile(r"\w+", re.UNICODE)
_DATE_LINE = compile_bounded(
    LINE,
    r"^(?:(?:first\s+)?(?:published|updated|posted|last\s+(?:updated|modified)|date)\b.*|.{0,40}\b\d{4}\b.{0,40}|"
    r"\d+\s+(?:minutes?|hours?|days?)\s+ago)$",
    re.I,
)
_BYLINE = compile_bounded(
    NAME, r"^(?:written |story |words )?by:? (?P<name>[^\d|•·\n]{3,80}?)(?: ?[|•·,].*| \d.*)?$", re.I
)
_NAME = r"[A-ZÀ-Þ][\w'’.-]+(?:\s+(?:(?:de|da|van|von|der|al|bin|la|le)\s+)*[A-ZÀ-Þ][\w'’.-]*){1,3}"
_NAME_AND_PAPER = compile_bounded(
    NAME, rf"^(?P<name>{_NAME}),\s+(?P<paper>(?:The\s+)?[A-Z][\w&'’.-]*(?:\s+[A-Z][\w&'’.-]*){{0,4}})$"
)
_PAPER_NAMED = (
    compile_bounded(NAME, r"^subscribe\s+to\s+(?P<paper>(?:The\s+)?[A-Z][\w&'’ .-]{1,40})$"),
    compile_bounded(NAME, r"^already\s+a\s+(?:subscriber|member)\s+(?:to|of)\s+(?P<paper>[^?]{2,40})\?", re.I),
    compile_bounded(NAME, r"^sign\s+up\s+(?:for|to)\s+(?P<paper>(?:The\s+)?[A-Z][\w& .-]{1,40})['’]s\b", re.I),
    compile_bounded(
        NAME,
        r"(?:©|copyright)\s*(?:\d{4}(?:\s*[-–]\s*\d{4})?)?,?\s+(?P<paper>(?:The\s+)?[A-Z][\w&'’ .-]{1,40}?)"
        r"(?:\s+(?:Company|Inc|Ltd|LLC|Limited|Media)\b.*|[.,].*|\s+All\s+rights.*)?$",
        re.I,
    ),
)
_EDITION_SUFFIX = compile_bounded(LINE, r"\s+(?:US|U\.S\.|UK|USA|Online|Digital|International|Staff)$")
_ADDRESS = compile_bounded(LINE, r"^(?:https?://|www\.)\S+$")
_BOX = compile_bounded(LINE, r"^(?:related|read\s+(?:more|next|also)|see\s+also|don.?t\s+miss)\b.{0,40}$", re.I)
_COOKIES = compile_bounded(
    LINE, r"\bcookies?\b.*\bcookies?\b|\b(?:web)?site uses cookies\b|\bcookies?\b.*\bconsent\b", re.I
)
_CUT_OFF = re.compile(r"\w(?:\.\.\.|…)$")
_END_OF_STORY = compile_bounded(
    LINE,
    r"^(?:\d+\s+)?(?:comments?(?:\s*\(\d+\))?|leave\s+a\s+(?:comment|reply)|view\s+comments|"
    r"join\s+the\s+(?:conversation|discussion)|"
    r"about\s+the\s+authors?|share\s+your\s+(?:thoughts|opinion|view)\b.{0,40}|most\s+(?:read|popular).{0,20}|"
    r"tags:?.{0,60}|filed\s+under.{0,80}|share\s+this.{0,40}|recommended.{0,30}|you\s+may\s+also\s+like.{0,20}|"
    r"more\s+from\b.{0,60}|"
    r"latest\s+\w+|trending.{0,20}|sponsored.{0,30}|references|external\s+links|see\s+also)$",
    re.I,
)


def clean(text: str, url: str = "") -> ExtractedArticle:
    """The story in a page's pasted text. Never raises; what cannot be found is "" or None.

    `url` is the story's address if the person knows it; an address found in the text is never taken
    for the story's or its picture's, for it may belong to a promotion.
    """
    lines = [
        " ".join(line.replace("\u00ad", "").split()) for line in text[:LARGEST_PASTE].replace("\x00", "").splitlines()
    ]
    lines = [line for line in lines if line]
    start, end = _heaviest_run([_weight(line) for line in lines])
    start = _skip_picture(lines, start, end)
    before, body, after = lines[:start], lines[start:end], lines[end:]
    if not body:
        return ExtractedArticle(title=_find_title(lines), canonical_url=url)
    head = _read_head(before)
    named = [head.byline, *_find_bylines(after)]
    name = next((candidate for candidate in named if candidate), "")
    biography = _find_biography(after, body, name)
    paragraphs = [line for line in body if _belongs(line) and line != biography]
    caption, credit = head.caption, head.credit
    return ExtractedArticle(
        title=head.title,
        dek=head.dek,
        text="\n\n".join(paragraphs),
        byline=name,
        published_at=head.published_at,
        image_caption=caption,
        image_credit=credit,
        publisher=_find_publisher(lines, after, head.title_suffix),
        canonical_url=url,
        biography=biography,
        authors=tuple(names.parse_authors(name)),
    )


def _weight(line: str) -> float:
    """How much a line speaks for (above 0) or against (below 0) belonging to the story."""
    words = len(_WORD.findall(line))
    if _END_OF_STORY.match(line):
        return END_WEIGHT
    if _BOX.match(line):
        return RELATED_WEIGHT
    if phrases.is_promotion(line) or _COOKIES.search(line):
        return -14.0
    if _CUT_OFF.search(line):
        return -4.0  # the beginning of another story
    if phrases.parse_credit(line) or _ADDRESS.match(line) or (_BYLINE.match(line) and words < 9):
        return -4.0
    if _SENTENCE_END.search(line):
        return float(min(words, 60)) - 4
    if words >= 25:
        return words / 2
    return -5.0 if words > 3 else -4.0


def _heaviest_run(weights: Sequence[float]) -> tuple[int, int]:
    """The run of lines with the largest sum, as (first, behind the last); (0, 0) when nothing weighs for a story."""
    best = total = 0.0
    best_run, start = (0, 0), 0
    over = False  # an end was seen behind a story: what follows is other stories, and weighs little
    for index, weight in enumerate(weights):
        over = over or (weight <= END_WEIGHT and best >= LEAST_STORY_WEIGHT)
        weight *= WEIGHT_FACTOR_BEHIND if over and weight > 0 else 1.0
        if total <= 0:
            total, start = 0.0, index
        total += weight
        if total > best:
            best, best_run = total, (start, index + 1)
    return best_run


def _skip_picture(lines: Sequence[str], start: int, end: int) -> int:
    """Where the story begins: after a picture's credit near its top; above that are standfirst and caption."""
    near = range(start, min(start + 4, end - 1))
    return max((index + 1 for index in near if phrases.parse_credit(lines[index])), default=start)


def _belongs(line: str) -> bool:
    """Whether a line inside the body is part of the story."""
    words = len(_WORD.findall(line))
    if (
        (phrases.is_promotion(line) and words < 40)
        or phrases.parse_credit(line)
        or (words < 40 and phrases.split_caption(line)[1])  # the caption of a picture between two paragraphs
        or _ADDRESS.match(line)
        or _END_OF_STORY.match(line)
    ):
        return False
    if _SENTENCE_END.search(line):
        return words > 2 or line[0] in "\"'“‘"
    return words >= 10


@dataclass(slots=True)
class _Head:
    title: str = ""
    title_suffix: str = ""
    dek: str = ""
    byline: str = ""
    caption: str = ""
    credit: str = ""
    published_at: datetime | None = None


def _read_head(before: Sequence[str]) -> _Head:
    head = _Head(title=_find_title(before))
    at = max((i for i, line in enumerate(before) if line == head.title), default=-1)
    head.title_suffix = _title_suffix(before, head.title)
    rest = [line for line in before[at + 1 :] if line != head.title] if at >= 0 else list(before)
    for index, line in enumerate(rest):
        _read_line(head, line, rest[index - 1] if index else "")
    return head


def _read_line(head: _Head, line: str, previous: str) -> None:
    """Takes one line between headline and body for what it is."""
    named = phrases.parse_credit(line)
    if named:
        head.credit = head.credit or named
        if previous and previous not in (head.title, head.byline) and len(previous.split()) > 3:
            head.caption = head.caption or previous
            if head.dek == previous:
                head.dek = ""
        return
    caption, found = phrases.split_caption(line)
    if found and caption:
        head.caption, head.credit = head.caption or caption, head.credit or found
        return
    byline = _BYLINE.match(line)
    if byline and not head.byline:
        head.byline = names.parse_byline(byline["name"])
    head.published_at = head.published_at or parse_written(line)
    words = len(line.split())
    if (
        not head.dek
        and 6 <= words <= 60
        and not byline
        and not _DATE_LINE.match(line)
        and not phrases.is_promotion(line)
    ):
        head.dek = line


def _find_title(before: Iterable[str]) -> str:
    """The headline: a line that the page's first line repeats, else the first line that reads like one."""
    lines = list(before)
    candidates = [line for line in lines if _looks_like_title(line)]
    if not candidates:
        return ""
    first = lines[0].casefold()
    for line in candidates:
        if line is not lines[0] and len(line) > 12 and first.startswith(line.casefold()[:60]):
            return line
    if candidates[0] is lines[0]:
        return _strip_site(lines[0])
    return max(candidates[-4:], key=len)


def _looks_like_title(line: str) -> bool:
    words = line.split()
    return 3 <= len(words) <= 30 and not (
        phrases.is_promotion(line)
        or _DATE_LINE.match(line)
        or _BYLINE.match(line)
        or phrases.parse_credit(line)
        or _ADDRESS.match(line)
    )


def _strip_site(line: str) -> str:
    head, separator, tail = _split_suffix(line)
    return head if separator and len(tail.split()) <= 5 and len(head.split()) >= 3 else line


def _title_suffix(before: Sequence[str], title: str) -> str:
    """What the page's first line adds behind the headline: usually the paper's name."""
    head, _, tail = _split_suffix(before[0]) if before else ("", "", "")
    return (
        tail if head and title and head.casefold().startswith(title.casefold()[:40]) and len(tail.split()) <= 5 else ""
    )


def _split_suffix(line: str) -> tuple[str, str, str]:
    for separator in (" | ", " – ", " — ", " - ", " • "):
        head, found, tail = line.rpartition(separator)
        if found:
            return head.strip(), found, tail.strip()
    return line, "", ""


def _find_bylines(after: Sequence[str]) -> list[str]:
    """Authors named behind the story: “Ann Example, The Paper” above the biography, or “By Ann Example”."""
    found: list[str] = []
    for line in after[:60]:
        match = _NAME_AND_PAPER.match(line) or (_BYLINE.match(line) if len(line.split()) < 8 else None)
        if match:
            found.append(names.parse_byline(match["name"]))
    return found


def _find_biography(after: Sequence[str], body: Sequence[str], name: str) -> str:
    return next((line for line in [*after[:80], *body[-2:]] if biography.is_biography_of(line, name)), "")


def _find_publisher(lines: Sequence[str], after: Sequence[str], suffix: str) -> str:
    """The paper: as its promotion names it, else behind the author's name, else behind the headline."""
    named = [
        m["paper"].strip(" .")
        for line in lines
        if len(line) < 160
        for pattern in _PAPER_NAMED
        if (m := pattern.search(line))
    ]
    signed = [m["paper"] for line in after[:60] if (m := _NAME_AND_PAPER.match(line))]
    for paper in signed:
        for candidate in named:
            if paper.startswith(candidate):
                return candidate
        return _EDITION_SUFFIX.sub("", paper)
    return suffix or (named[0] if named else "")
