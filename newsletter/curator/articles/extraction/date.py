"""Finds the date of a story: declared, in words, or in its URL. Pure. None is better than an invented one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from newsletter.curator.articles.extraction import markup
from newsletter.kernel.patterns import LINE, NAME, compile_bounded

_MACHINE_DATE = compile_bounded(LINE, r"(?a)\d{4}[-/]?\d\d[-/]?\d\d")
_UTC = compile_bounded(LINE, r"\s*(?:UTC|GMT)$")
_MONTH_NAMES = (
    "jan january",
    "feb february",
    "mar march",
    "apr april",
    "may",
    "jun june",
    "jul july",
    "aug august",
    "sep sept september",
    "oct october",
    "nov november",
    "dec december",
)
_MONTHS_ELSEWHERE = (  # German, French, Spanish, Italian, Dutch, Portuguese, where they differ
    "januar jänner janvier enero gennaio januari janeiro",
    "februar février fevrier febrero febbraio februari fevereiro",
    "märz maerz mars marzo maart março",
    "avril abril aprile",
    "mai mayo maggio mei maio",
    "juni juin junio giugno junho",
    "juli juillet julio luglio julho",
    "août aout agosto augustus",
    "septembre septiembre settembre setembro",
    "oktober octobre octubre ottobre outubro",
    "novembre noviembre novembro",
    "dezember décembre decembre diciembre dicembre dezembro",
)
_MONTHS = {
    name: number
    for months in (_MONTH_NAMES, _MONTHS_ELSEWHERE)
    for number, names in enumerate(months, 1)
    for name in names.split()
}
_ISO_DATE = compile_bounded(LINE, r"(?a)\b(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d:\d\d)(?::\d\d)?(Z|[+-]\d\d:?\d\d)?)?\b")
_DAY_MONTH = compile_bounded(
    LINE, r"\b([0-9]{1,2})(?:st|nd|rd|th|er|º)?\.?\s+(?:de\s+)?([^\W\d_]{3,10})\.?,?\s+(?:de\s+)?([0-9]{4})\b"
)
_MONTH_DAY = compile_bounded(LINE, r"\b([A-Z][A-Za-z]{2,8})\.?\s+([0-9]{1,2})(?:st|nd|rd|th)?,?\s+([0-9]{4})\b")
_WITH_DOTS = compile_bounded(
    LINE, r"\b([0-9]{1,2})\.\s?([0-9]{1,2})\.\s?([0-9]{4})\b"
)  # dots: day, month, year everywhere
_IN_ADDRESS = compile_bounded(LINE, r"(?a)/((?:19|20)\d\d)[/-](\d\d?)[/-](\d\d?)(?=[/_-]|$)")
_LATER = compile_bounded(LINE, r"\b(?:updated?|modified|changed|corrected|revised|aktualisiert)\b", re.I)
# nothing but a date: “Published: Nov. 18, 2019 at 9:02 AM EST”
_STAMP = compile_bounded(
    NAME,
    r"(?:(?:by|von|par|por|di|door)\s+(?-i:[A-ZÀ-Þ][^\d\s]{1,20}(?:\s(?:[A-ZÀ-Þ][^\d\s]{0,20}|von|van|de|der|and|"
    r"und)){0,6})[\s–|,•·-]+)?"
    r"(?:(?:publiziert|veröffentlicht|publié|publicado|pubblicato)\s+(?:am|le|el|il)?\s*)?"
    r"(?:(?:first\s+|originally\s+)?(?:published|posted|created|date|on|released)\b[\s:]*(?:on\s+|at\s+)?)?"
    r"(?:(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?\.?,?\s+)?"
    r"(?:[0-9]{1,2}(?:st|nd|rd|th|er|º)?\.?\s+(?:de\s+)?[^\W\d_]{3,10}\.?,?\s+(?:de\s+)?[0-9]{4}|"
    r"[A-Z][A-Za-z]{2,8}\.?\s+[0-9]{1,2}(?:st|nd|rd|th)?,?\s+[0-9]{4}|[0-9]{4}-[0-9]{2}-[0-9]{2}|"
    r"[0-9]{1,2}\.\s?[0-9]{1,2}\.\s?[0-9]{4})"
    r"(?:\s*(?:,|at|[-–|•·@])?\s*[0-9]{1,2}[:.][0-9]{2}(?::[0-9]{2})?\s*(?:[ap]\.?m\.?)?)?"
    r"(?:\s*\(?[A-Z]{2,4}\)?)?",
    re.I,
)
_DATE_MARKUP = "contains(translate(concat(@class,' ',@itemprop,' ',@id),'DATEPUBLISHMO','datepublishmo'),'{}')"
_STAMPED_XPATH = " or ".join(_DATE_MARKUP.format(word) for word in ("date", "publish", "posted", "timestamp"))
_ASIDE_XPATH = "ancestor-or-self::aside or ancestor-or-self::nav or ancestor-or-self::footer"
_LISTED_XPATH = f"{_ASIDE_XPATH} or ancestor-or-self::li or self::ul or self::ol"
NEAR_HEADLINE = 60  # elements behind it
LONGEST_STAMP = 80  # characters
MOST_STAMPS, MOST_HEADLINES = 60, 3


def parse_declared(value: Any) -> datetime | None:
    """A date that is given for machines: ISO 8601 as it should be, or in words as some give it."""
    text = " ".join(value.split()) if isinstance(value, str) else ""
    if not _MACHINE_DATE.match(text):
        return parse_written(text) if len(text) <= LONGEST_STAMP else None
    try:
        moment = datetime.fromisoformat(_UTC.sub("+00:00", text.replace("/", "-")))
    except ValueError:
        return parse_written(text)
    return _discard_implausible(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def parse_written(line: str) -> datetime | None:
    """A date written out in full. A day without a time is midnight UTC."""
    if iso := _ISO_DATE.search(line):
        try:
            moment = datetime.fromisoformat(iso[0].replace(" ", "T"))
        except ValueError:
            return None
        return _discard_implausible(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
    if found := _DAY_MONTH.search(line):
        return _parse_parts(found[3], found[2], found[1])
    if found := _MONTH_DAY.search(line):
        return _parse_parts(found[3], found[1], found[2])
    if found := _WITH_DOTS.search(line):
        return _build_day(int(found[3]), int(found[2]), int(found[1]))
    return None


def find_in_url(url: str) -> datetime | None:
    """The day in a story's URL: /2026/11/24/…"""
    found = _IN_ADDRESS.search(url)
    return _build_day(int(found[1]), int(found[2]), int(found[3])) if found else None


def find_shown(tree: Any) -> datetime | None:
    """The date that a page shows: in a time tag, in what its markup calls a date, or alone near the headline.

    Not a date of a change, and none beside or below the story.
    """
    of_story = "//*[@itemprop='datePublished'] | //article//time[@datetime] | //header//time[@datetime]"
    for tags, beside in ((of_story, _ASIDE_XPATH), ("//time[@datetime]", _LISTED_XPATH)):
        for node in tree.xpath(f"({tags})[not({beside})]")[:MOST_STAMPS]:
            if not _is_change_date(node) and (moment := parse_declared(node.get("datetime") or node.get("content"))):
                return moment
    stamped = tree.xpath(f"//*[{_STAMPED_XPATH}][not({_LISTED_XPATH})][not(self::meta or self::html or self::body)]")
    for node in stamped[:MOST_STAMPS]:
        text = markup.extract_short_text(node, LONGEST_STAMP)
        if text and not _is_change_date(node) and (moment := parse_written(text)):
            return moment
    for headline in islice(tree.iter("h1"), MOST_HEADLINES):
        for node in islice(_following_elements(headline), NEAR_HEADLINE):
            text = markup.extract_short_text(node, LONGEST_STAMP)
            if text and _STAMP.fullmatch(text) and not _is_change_date(node) and (moment := parse_written(text)):
                return moment
    return None


def _following_elements(headline: Any) -> Iterator[Any]:
    """The elements that follow a headline, one by one, without lists and what stands beside the story."""
    node = headline
    while node is not None:
        for sibling in node.itersiblings():
            for each in sibling.iter():
                if isinstance(each.tag, str) and each.tag not in ("ul", "ol") and not _is_listed(each):
                    yield each
        node = node.getparent()


def _is_listed(node: Any) -> bool:
    return any(holder.tag in ("aside", "nav", "footer", "li") for holder in (node, *node.iterancestors()))


def _is_change_date(node: Any) -> bool:
    parent = node.getparent()
    around = (markup.extract_short_text(parent, LONGEST_STAMP) or "") if parent is not None else ""
    text = markup.extract_short_text(node, LONGEST_STAMP) or ""
    says = f"{node.get('class') or ''} {node.get('itemprop') or ''} {text} {around}"
    return _LATER.search(says.replace("-", " ").replace("_", " ").replace("dateModified", "modified")) is not None


def _parse_parts(year: str, month: str, day: str) -> datetime | None:
    number = _MONTHS.get(month.lower())
    return _build_day(int(year), number, int(day)) if number else None


def _build_day(year: int, month: int, day: int) -> datetime | None:
    try:
        return _discard_implausible(datetime(year, month, day, tzinfo=UTC))
    except ValueError:
        return None


def _discard_implausible(moment: datetime) -> datetime | None:
    """In UTC; None for what means “unknown”, such as 1970 or the year 1."""
    return moment.astimezone(UTC) if 1990 <= moment.year < 2200 else None
