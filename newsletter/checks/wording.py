"""The words of an edition: subject, preheader, intro, and what was left in by mistake. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from urllib.parse import urlsplit

from newsletter.checks.findings import Finding, FindingLevel
from newsletter.kernel.patterns import LINE, compile_bounded
from newsletter.kernel.sentences import phrase

SUBJECT_SHORT, SUBJECT_LONG = 10, 78  # characters; longer ones are cut by most inboxes
PREHEADER_SHORT = 30  # below, inboxes fill the line with the first words of the mail
LONGEST_HEADLINE, MAX_BLURB_WORDS = 110, 80
_FIELD = re.compile(r"\{\{[^{}]{0,200}\}\}")
_OPEN_FIELD = re.compile(r"\{\{[^\n]{0,30}|[^\n{]{0,30}\}\}")
_PLACEHOLDER = re.compile(
    r"\bTK(?:TK)*\b|\b(?i:lorem\s+ipsum|blindtext|platzhalter|dummy\s+text|fixme|todo:)|\b[Xx]{3,}\b|\?{3,}|"
    r"(?i:\[(?:insert|name|headline|link|date|text|subject|tba|tbc|tbd)[^\]]{0,40}\](?!\())|(?i:\b(?:headline|text|"
    r"blurb|link)\s+(?:goes\s+)?here\b)"
)
_GENERIC_LINK = compile_bounded(
    LINE,
    r"\[\s*(?P<text>click\s+here|here|read\s+(?:more|on)|more|this|link|learn\s+more|find\s+out\s+more|hier|"
    r"hier\s+klicken|mehr|weiterlesen)\s*[.…»>]*\s*\]\(",
    re.I,
)
_LINK = re.compile(r"\]\((?P<url>[^)\s]{1,2000})")
_SHORTENERS = frozenset(
    {"bit.ly", "t.co", "tinyurl.com", "goo.gl", "ow.ly", "buff.ly", "is.gd", "lnkd.in", "fb.me", "dlvr.it"}
)
_DAY_MONTH = (
    r"(?P<day>[0-9]{{1,2}})(?:st|nd|rd|th|\.)?\s+(?P<month>{months})\b"
    r"|\b(?P<month2>{months})\s+(?P<day2>[0-9]{{1,2}})(?:st|nd|rd|th)?\b"
)


def check_subject(
    text: str, *, day: date, weekdays: Sequence[str], months: Sequence[str], earlier: Mapping[date, str]
) -> Iterator[Finding]:
    """What is wrong with a subject. `earlier`: subjects of the last editions by date; day names are in `language`."""
    if not text.strip():
        yield Finding(FindingLevel.BLOCK, "subject", phrase("There is no subject. Write one."), "no-subject")
        return
    if not SUBJECT_SHORT <= len(text) <= SUBJECT_LONG:
        yield Finding(
            FindingLevel.WARN,
            "subject",
            phrase(
                "The subject has {count} characters; {least} to {most} read best.",
                count=len(text),
                least=SUBJECT_SHORT,
                most=SUBJECT_LONG,
            ),
            "subject-length",
        )
    for when, earlier_subject in earlier.items():
        if _to_comparable_words(earlier_subject) == _to_comparable_words(text):
            yield Finding(
                FindingLevel.BLOCK,
                "subject",
                phrase("This is the subject of {day}. Write today’s.", day=when),
                "subject-repeated",
            )
            break
    yield from check_dates(text, "subject", phrase("The subject"), day=day, weekdays=weekdays, months=months)
    letters = [letter for letter in text if letter.isalpha()]
    if len(letters) > 10 and sum(letter.isupper() for letter in letters) > 0.7 * len(letters):
        yield Finding(
            FindingLevel.ADVISE,
            "subject",
            phrase("The subject is in capitals; spam filters and subscribers read that as shouting."),
            "subject-shouts",
        )
    if text.count("!") > 1 or "?!" in text:
        yield Finding(FindingLevel.ADVISE, "subject", phrase("One exclamation mark is enough."), "subject-shouts")
    if re.match(r"(?:re|fwd?|aw|wg)\s*:", text, re.I):
        yield Finding(
            FindingLevel.WARN,
            "subject",
            phrase("The subject pretends to be an answer. Take the “Re:” away."),
            "subject-pretends",
        )


def check_second_subject(
    text: str, first: str, *, day: date, weekdays: Sequence[str], months: Sequence[str], earlier: Mapping[date, str]
) -> Iterator[Finding]:
    """The same of the second subject, and whether it is one."""
    if _to_comparable_words(text) == _to_comparable_words(first):
        yield Finding(
            FindingLevel.WARN,
            "second_subject",
            phrase("Both subjects are the same. Write another, or take it out."),
            "subject-repeated",
        )
    for finding in check_subject(text, day=day, weekdays=weekdays, months=months, earlier=earlier):
        yield replace(finding, where="second_subject")


def check_dates(
    text: str, where: str, what: str, *, day: date, weekdays: Sequence[str], months: Sequence[str]
) -> Iterator[Finding]:
    """A weekday or date in the words that is not the edition's, nor near enough to be meant."""
    names = {name.casefold(): number for number, name in enumerate(weekdays)}
    named = [word for word in re.findall(r"\w+", text.casefold()) if word in names]
    if (
        named
        and all(names[word] != day.weekday() for word in named)
        and re.search(r"\b(?:briefing|news|edition|letter|ausgabe|brief)\b", text, re.I)
    ):
        yield Finding(
            FindingLevel.WARN,
            where,
            phrase(
                "{what} says {said}, and the edition is of {day}.",
                what=what,
                said=named[0].title(),
                day=weekdays[day.weekday()],
            ),
            "other-day",
        )
    numbers = {name.casefold(): number for number, name in enumerate(months, 1)}
    pattern = _DAY_MONTH.format(months="|".join(map(re.escape, sorted(numbers, key=len, reverse=True))))
    for found in re.finditer(pattern, text.casefold()):
        number, month = int(found["day"] or found["day2"]), numbers[found["month"] or found["month2"]]
        if (number, month) != (day.day, day.month) and _is_near(number, month, day):
            yield Finding(
                FindingLevel.WARN,
                where,
                phrase(
                    "{what} says {said}, and the edition is of {day}.",
                    what=what,
                    said=found[0],
                    day=f"{day.day} {months[day.month - 1]}",
                ),
                "other-day",
            )
            return


def _is_near(number: int, month: int, day: date) -> bool:
    """Whether a date is of the last days: yesterday's left in, not an anniversary or an appointment."""
    return any(
        (number, month) == ((day - timedelta(days=back)).day, (day - timedelta(days=back)).month)
        for back in range(1, 8)
    )


def check_preheader(text: str, subject: str) -> Iterator[Finding]:
    """What is wrong with the line that inboxes show behind the subject."""
    flat = text.strip()
    if not flat:
        yield Finding(
            FindingLevel.WARN,
            "preheader",
            phrase("There is no preheader, so inboxes show the first words of the mail instead."),
            "no-preheader",
        )
    elif _to_comparable_words(flat) == _to_comparable_words(subject):
        yield Finding(
            FindingLevel.WARN,
            "preheader",
            phrase("The preheader repeats the subject. Say what else is in the mail."),
            "preheader-repeats",
        )
    elif len(flat) < PREHEADER_SHORT:
        yield Finding(
            FindingLevel.ADVISE,
            "preheader",
            phrase("The preheader has {count} characters; inboxes show about three times that.", count=len(flat)),
            "preheader-short",
        )


def check_placeholders(text: str, where: str) -> Iterator[Finding]:
    """Placeholders that nobody filled in."""
    found = _PLACEHOLDER.search(text)
    if found:
        yield Finding(
            FindingLevel.BLOCK,
            where,
            phrase("“{text}” looks like a placeholder. Replace it with the final text.", text=found[0]),
            "placeholder",
        )


def check_fields_closed(text: str, where: str) -> Iterator[Finding]:
    """Merge fields without their last or first braces: subscribers would read them as they are written."""
    found = _OPEN_FIELD.search(_FIELD.sub("", text))
    if found:
        yield Finding(
            FindingLevel.BLOCK,
            where,
            phrase(
                "“{text}” is a merge field without all its braces. Write it like {example}.",
                text=found[0].strip(),
                example="{{ first_name | reader }}",
            ),
            "open-field",
        )


def check_markdown_links(text: str, where: str) -> Iterator[Finding]:
    """What is wrong with the links of a Markdown text."""
    generic = _GENERIC_LINK.search(text)
    if generic:
        yield Finding(
            FindingLevel.WARN,
            where,
            phrase(
                "The link “{text}” does not say where it goes; who hears the mail read has only that.",
                text=generic["text"],
            ),
            "generic-link",
        )
    for found in _LINK.finditer(text):
        yield from check_url(found["url"], where)


def check_url(url: str, where: str) -> Iterator[Finding]:
    """What is wrong with one address."""
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").removeprefix("www.")
    except ValueError:
        yield Finding(
            FindingLevel.BLOCK,
            where,
            phrase("“{url}” is not a valid address. Fix the link.", url=url[:100]),
            "broken-link",
        )
        return
    if parts.scheme == "mailto":
        return
    if parts.scheme not in ("http", "https") or "." not in host or " " in url:
        yield Finding(
            FindingLevel.BLOCK, where, phrase("“{url}” leads nowhere. Fix the link.", url=url[:100]), "broken-link"
        )
    elif host in ("localhost", "example.com", "example.org", "example.net") or host.endswith(
        (".local", ".internal", ".test")
    ):
        yield Finding(
            FindingLevel.BLOCK,
            where,
            phrase("“{url}” cannot be reached from the internet. Fix the link.", url=url[:100]),
            "local-link",
        )
    elif host in _SHORTENERS:
        yield Finding(
            FindingLevel.WARN,
            where,
            phrase("{host} hides where the link goes, and filters distrust it. Give the true address.", host=host),
            "short-link",
        )
    elif parts.scheme == "http":
        yield Finding(
            FindingLevel.ADVISE,
            where,
            phrase("{host} is linked without encryption. Try https.", host=host),
            "plain-link",
        )


def _to_comparable_words(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.casefold()))
