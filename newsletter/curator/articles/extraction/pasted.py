"""From pasted text to its story: a page's visible text, a document, a forwarded mail, a PDF, blocks, a thread. Pure.

what is it? ─▶ markup, mail and hard wraps undone: lines are paragraphs now (paste_kinds.py)
    ─▶ a page's lines weighed (sentences for, menus and promotion against), the heaviest run is the body;
       of a document, all behind its head
    ─▶ what stands before the body is searched for title, standfirst, byline, caption and date,
       what stands behind it for byline and biography
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Any

from newsletter.curator.articles.extraction import biography, names, page, paste_kinds, phrases, words
from newsletter.curator.articles.extraction.date import parse_written
from newsletter.curator.articles.extraction.extracted_article import ExtractedArticle
from newsletter.curator.articles.extraction.paste_kinds import count_words, ends_sentence
from newsletter.kernel.patterns import LINE, NAME, compile_bounded

PROMOTION_WEIGHT, SHORT_WEIGHT, LIST_WEIGHT = -20.0, -7.5, -2.0  # of lines that are no sentences
MOST_WEIGHT, LEAST_SENTENCE = 56.0, 4.0  # of a sentence; words, below which one speaks against a story
SHARE_BEHIND_END = 0.5  # of the weight of a sentence
LONG_LINE = 25  # words; such a line is a paragraph even where it is cut off
LEAST_STORY_WEIGHT = 100.0  # from which on comments or “most read” end a story, and are no menu above it
LEAST_WORDS = 10  # of a line without a sentence's end that is a paragraph
LONGEST_TITLE, LEAST_TITLE = 30, 3  # words
LONGEST_END = 12  # words of a line that ends a story
LONGEST_STAMP = 80  # characters
LEAST_SHOWN = 0.5  # of what the text gives; below, the markup is no page
LOOKED_AT_BEHIND = 80  # lines, for byline and biography
LARGEST_PASTE = 2 * 2**20  # characters
_NAME = r"[A-ZÀ-Þ][\w'’.-]+(?:\s+(?:(?:de|da|van|von|der|al|bin|la|le)\s+)*[A-ZÀ-Þ][\w'’.-]*){1,3}"
_NAME_AND_PAPER = compile_bounded(
    NAME, rf"^(?P<name>{_NAME}),\s+(?P<paper>(?:The\s+)?[A-Z][\w&'’.-]*(?:\s+[A-Z][\w&'’.-]*){{0,4}})$"
)
_BULLET = compile_bounded(NAME, r"^(?:[•·▪◦‣*–—-]|\(?[0-9]{1,2}[.)])\s*\S")
_ADDRESS = compile_bounded(LINE, r"^(?:https?://|www\.)\S+$")
_CUT_OFF = compile_bounded(LINE, r"\w(?:\.\.\.|…)$")


def clean(text: str, url: str = "") -> ExtractedArticle:
    """The story in pasted text. Never raises; what cannot be found is "" or None.

    `url` is the story's address if the person knows it; an address found in the text is never taken
    for the story's or its picture's, for it may belong to a promotion.
    """
    text = text[:LARGEST_PASTE].replace("\x00", "").replace("\u00ad", "")
    if paste_kinds.is_page_source(text):
        return page.extract(text, url)
    paste = paste_kinds.read_paste(text)
    lines = paste.lines
    start, end = _find_document(lines) if paste.is_whole else _heaviest_run(lines)
    start = _skip_picture(lines, start, end)
    before, body, after = lines[:start], lines[start:end], lines[end:]
    if not body:
        return ExtractedArticle(title=paste.subject or _find_title(lines), canonical_url=url)
    head = _read_head(before)
    people = head.pop("authors", ()) or _find_authors(after[:LOOKED_AT_BEHIND])
    described = [*after[:LOOKED_AT_BEHIND], *body[-2:]]
    about = next((line for name in people for line in described if biography.is_biography_of(line, name)), "")
    return ExtractedArticle(
        **head,
        title=_find_title(before) or paste.subject,
        text="\n\n".join(line for line in _keep_story(body) if line != about),
        byline=", ".join(people)[:300],
        authors=tuple(people),
        publisher=_find_publisher(before, after),
        canonical_url=url,
        biography=about,
    )


def clean_copied(text: str, html: str, url: str = "") -> ExtractedArticle:
    """The story in what a browser copied: `html` is read as a page where it is one, with gaps filled from `text`."""
    said = clean(text, url)
    if not html.strip() or paste_kinds.is_mail(text):
        return said
    shown = page.extract(f"<!doctype html><html><body>{html}</body></html>", url)
    if not shown.title or len(shown.text) < LEAST_SHOWN * len(said.text):
        return said
    gaps = {field.name: getattr(said, field.name) for field in fields(shown) if not getattr(shown, field.name)}
    return replace(shown, **gaps)


def _is_end(line: str) -> bool:
    """Whether a line ends a story: comments or other stories follow, or it says so."""
    if words.find_opening(line.lstrip("0123456789 "), "ends") and count_words(line) <= LONGEST_END:
        return True
    return paste_kinds.is_end_mark(line)


def _is_label(line: str) -> bool:
    return phrases.is_promotion(line) or _is_end(line)


def _weigh(line: str) -> float:
    """How much a line speaks for (above 0) or against (below 0) belonging to the story."""
    said = count_words(line)
    if _is_label(line) or ("cookie" in line.casefold() and said >= LEAST_WORDS):
        return PROMOTION_WEIGHT
    if _CUT_OFF.search(line) or phrases.parse_credit(line):
        return -LEAST_SENTENCE  # the beginning of another story; a picture's credit
    if ends_sentence(line):
        return min(said - LEAST_SENTENCE, MOST_WEIGHT)
    return said / 2 if said >= LONG_LINE else SHORT_WEIGHT


def _heaviest_run(lines: Sequence[str]) -> tuple[int, int]:
    """The run of lines with the largest sum, as (first, behind the last); (0, 0) when nothing weighs for a story."""
    best = total = 0.0
    run, start, in_list = (0, 0), 0, False
    share = 1.0  # of its weight that a sentence has: less behind what may have been the end
    for index, line in enumerate(lines):
        if best > 0 and _is_end(line):
            share = SHARE_BEHIND_END
            if best >= LEAST_STORY_WEIGHT:
                break
        if total <= 0:
            total, start = 0.0, index
        weight = _weigh(line)
        in_list = weight == SHORT_WEIGHT and (in_list or _is_list_head(lines, index) or _is_entry(line))
        total += LIST_WEIGHT if in_list else weight * share if weight > 0 else weight
        if total > best:
            best, run = total, (start, index + 1)
    return run


def _is_list_head(lines: Sequence[str], index: int) -> bool:
    """Whether the line before one announces a list."""
    return index > 0 and lines[index - 1].endswith((":", "："))


def _find_document(lines: Sequence[str]) -> tuple[int, int]:
    """All of a document from its first sentence to what ends it."""
    start = next((index for index, line in enumerate(lines) if _weigh(line) > 0 and not _read_label(line)), 0)
    ended = (index for index, line in enumerate(lines) if index > start and _is_end(line))
    return (start, next(ended, len(lines))) if any(_weigh(line) > 0 for line in lines) else (0, 0)


def _skip_picture(lines: Sequence[str], start: int, end: int) -> int:
    """Where the story begins: after a picture's credit near its top; above that are standfirst and caption."""
    near = range(start, min(start + 4, end - 1))
    return max((index + 1 for index in near if phrases.parse_credit(lines[index])), default=start)


def _keep_story(body: Sequence[str]) -> list[str]:
    """The paragraphs, the lists, and the headings between two paragraphs."""
    kinds = [
        "" if _is_foreign(line) else "sentence" if _is_paragraph(line) or _is_entry(line) else "short" for line in body
    ]
    kept: list[str] = []
    in_list = False
    for index, (line, kind) in enumerate(zip(body, kinds, strict=True)):
        in_list = kind == "short" and (in_list or _is_list_head(body, index))
        around = kinds[max(index - 1, 0)], kinds[index + 1] if index + 1 < len(kinds) else ""
        if kind == "sentence" or (kind == "short" and (in_list or around == ("sentence", "sentence"))):
            kept.append(line)
    return kept


def _is_foreign(line: str) -> bool:
    """Whether a line within the body is not of the story: promotion, a credit, a caption, an address, a note."""
    said = count_words(line)
    captioned = said < 40 and phrases.split_caption(line)[1]
    noted = line.startswith("(") and words.find_opening(line[1:], "by")  # “(Reporting by …; editing by …)”
    return bool(_is_label(line) or captioned or noted or _ADDRESS.match(line))


def _is_paragraph(line: str) -> bool:
    return ends_sentence(line) or count_words(line) >= LEAST_WORDS


def _is_entry(line: str) -> bool:
    """Whether a line is an entry of a list, or a row of a table."""
    return _BULLET.match(line) is not None or " | " in line


def _read_head(before: Sequence[str]) -> dict[str, Any]:
    """What stands above the body, by the fields of an article."""
    title = _find_title(before)
    at = max((i for i, line in enumerate(before) if line == title), default=-1)
    rest = [line for line in before[at + 1 :] if line != title] if at >= 0 else list(before)
    head: dict[str, Any] = {}
    for line, previous in zip(rest, ["", *rest], strict=False):
        read = _read_line(line, previous)
        head = {**read, **head}
    if rest and names.is_full_name(rest[0]):  # of a document: the name alone below its headline
        head.setdefault("authors", tuple(names.parse_authors(rest[0])))
    stamps = (parse_written(line) for line in before[: max(at, 0)] if len(line) <= LONGEST_STAMP)
    if day := next(filter(None, stamps), None):
        head.setdefault("published_at", day)
    return head


def _read_line(line: str, previous: str) -> dict[str, Any]:
    """What one line between headline and body is."""
    if credit := phrases.parse_credit(line):
        return {"image_credit": credit, "image_caption": previous if len(previous.split()) > 3 else ""}
    caption, credit = phrases.split_caption(line)
    if credit:
        return {"image_credit": credit, "image_caption": caption}
    authors, day = tuple(_read_label(line)), parse_written(line[:LONGEST_STAMP])
    stamped = day is not None and len(line) <= LONGEST_STAMP
    is_dek = 6 <= count_words(line) <= 60 and not (stamped or authors or _is_label(line))
    found = {"authors": authors, "published_at": day, "dek": line if is_dek else ""}
    return {name: value for name, value in found.items() if value}


def _read_label(line: str) -> list[str]:
    """The people in a line that begins with a label: “By Ann Example”; none in a sentence."""
    if len(line) > LONGEST_STAMP or ends_sentence(line) or not words.find_opening(line, "by"):
        return []
    return names.parse_authors(line)


def _find_title(before: Sequence[str]) -> str:
    """The headline: a line that the page's first line repeats, else the first line that reads like one."""
    candidates = [line for line in before if _may_be_title(line)]
    if not candidates:
        return ""
    first = before[0].casefold()
    for line in candidates:
        if line is not before[0] and len(line) > 12 and first.startswith(line.casefold()[:60]):
            return line
    if candidates[0] is before[0]:
        head, _ = _split_site(before[0])
        return head if len(head.split()) >= LEAST_TITLE else before[0]
    return max(candidates[-4:], key=len)


def _may_be_title(line: str) -> bool:
    stamped = len(line) <= LONGEST_STAMP // 2 and parse_written(line) is not None
    return LEAST_TITLE <= count_words(line) <= LONGEST_TITLE and not (
        stamped or _is_label(line) or _read_label(line) or phrases.parse_credit(line) or _ADDRESS.match(line)
    )


def _split_site(line: str) -> tuple[str, str]:
    """A title tag's headline, and the paper's name behind it; "" for none."""
    for separator in (" | ", " – ", " — ", " - ", " • "):
        head, found, tail = line.rpartition(separator)
        if found and len(tail.split()) <= 5:
            return head.strip(), tail.strip()
    return line, ""


def _find_authors(after: Sequence[str]) -> tuple[str, ...]:
    """Those named behind the story: “Ann Example, The Paper” above the biography, or “By Ann Example”."""
    for line in after:
        signed = _NAME_AND_PAPER.match(line)
        if found := names.parse_authors(signed["name"]) if signed else _read_label(line):
            return tuple(found)
    return ()


def _find_publisher(before: Sequence[str], after: Sequence[str]) -> str:
    """The paper: behind the author's name, else behind the headline."""
    signed = [found["paper"] for line in after[:LOOKED_AT_BEHIND] if (found := _NAME_AND_PAPER.match(line))]
    first, suffix = _split_site(before[0]) if before else ("", "")
    behind = suffix if first.casefold().startswith(_find_title(before).casefold()[:40]) else ""
    return next(iter(signed), behind)
