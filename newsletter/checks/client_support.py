"""What our HTML asks of mail programs that some of them do not have. Pure.

The facts are those of caniemail.com as of September 2025, for the newest version of each program. What degrades
harmlessly (rounded corners, @media) is not listed. Rules inside @media are optional extras and are not checked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from newsletter.checks.findings import Finding, FindingLevel
from newsletter.kernel.sentences import phrase
from newsletter.templater.briefing import Rendered

GMAIL, WORD, OUTLOOK, YAHOO, APPLE = (
    "Gmail",
    "Outlook on Windows",
    "Outlook’s apps and Outlook.com",
    "Yahoo",
    "Apple Mail",
)
_ALL_BUT_APPLE = (GMAIL, WORD, OUTLOOK, YAHOO)


class Feature(NamedTuple):
    """Something HTML can ask for, who lacks it, and how grave that is: with WARN words or pictures are gone there."""

    name: str
    lacking: tuple[str, ...]
    level: FindingLevel = FindingLevel.ADVISE


_ELEMENTS = {
    "svg": Feature("a drawing within the mail (<svg>)", _ALL_BUT_APPLE, FindingLevel.WARN),
    "video": Feature("<video>", _ALL_BUT_APPLE, FindingLevel.WARN),
    "audio": Feature("<audio>", _ALL_BUT_APPLE, FindingLevel.WARN),
    "object": Feature("<object>", _ALL_BUT_APPLE, FindingLevel.WARN),
    "iframe": Feature("<iframe>", (*_ALL_BUT_APPLE, APPLE), FindingLevel.WARN),
    "canvas": Feature("<canvas>", (*_ALL_BUT_APPLE, APPLE), FindingLevel.WARN),
    "script": Feature("<script>", (*_ALL_BUT_APPLE, APPLE), FindingLevel.WARN),
    "picture": Feature("<picture>", _ALL_BUT_APPLE),
    "form": Feature("<form>", (WORD, YAHOO), FindingLevel.WARN),
    "input": Feature("<input>", (WORD, OUTLOOK, YAHOO), FindingLevel.WARN),
    "button": Feature("<button>", (WORD, OUTLOOK, YAHOO)),
    "dialog": Feature("<dialog>", _ALL_BUT_APPLE),
    "meter": Feature("<meter>", (GMAIL, WORD, YAHOO)),
    "progress": Feature("<progress>", _ALL_BUT_APPLE),
}
_STYLES = {
    r"display\s*:\s*(?:inline-)?flex": Feature("display:flex", (WORD,)),
    r"display\s*:\s*(?:inline-)?grid": Feature("display:grid", _ALL_BUT_APPLE),
    r"position\s*:\s*(?:absolute|relative|fixed|sticky)": Feature("position", (GMAIL, WORD, OUTLOOK)),
    r"float\s*:\s*(?:left|right)": Feature("float", (WORD,)),
    r"background(?:-image)?\s*:[^;}]*url\(": Feature("background-image", (WORD,)),
    r"(?:linear|radial|conic)-gradient\(": Feature("gradients", (WORD, OUTLOOK, YAHOO)),
    r"box-shadow\s*:": Feature("box-shadow", (GMAIL, WORD, YAHOO)),
    r"text-shadow\s*:": Feature("text-shadow", (GMAIL, WORD, OUTLOOK)),
    r"object-fit\s*:": Feature("object-fit", (WORD, YAHOO)),
    r"aspect-ratio\s*:": Feature("aspect-ratio", (GMAIL, WORD)),
    r"var\(|--[a-z][\w-]*\s*:": Feature("CSS variables", _ALL_BUT_APPLE),
    r"(?:calc|clamp|min|max)\(": Feature("calc(), clamp(), min() and max()", (WORD, OUTLOOK, YAHOO)),
    r"\d(?:rem)\b": Feature("the unit rem", (WORD, YAHOO)),
    r"\d(?:vw|vh|vmin|vmax)\b": Feature("the units vw and vh", (WORD,)),
    r"(?<![-\w])transform\s*:": Feature("transform", _ALL_BUT_APPLE),
    r"(?<![-\w])animation(?:-name)?\s*:": Feature("animation", _ALL_BUT_APPLE),
    r"(?<![-\w])transition\s*:": Feature("transition", (GMAIL, WORD, OUTLOOK)),
    r"(?<![-\w])(?:filter|clip-path|border-image)\s*:": Feature("filter, clip-path and border-image", _ALL_BUT_APPLE),
    r"(?<![-\w])(?:row-|column-)?gap\s*:": Feature("gap", (WORD, YAHOO)),
    r"(?<![-\w])(?:columns|column-count)\s*:": Feature("columns", (WORD, YAHOO)),
    r"writing-mode\s*:": Feature("writing-mode", (WORD, YAHOO)),
    r"(?<![-\w])(?:inline|block)-size\s*:": Feature("inline-size and block-size", (*_ALL_BUT_APPLE, APPLE)),
    r"@font-face": Feature("fonts from the web", (GMAIL, OUTLOOK, YAHOO)),
    r"@import": Feature("@import", (GMAIL, OUTLOOK, YAHOO)),
    r"::?(?:before|after)\b": Feature("::before and ::after", (GMAIL, WORD, OUTLOOK, YAHOO)),
}
_PICTURES = {
    "webp": Feature("WebP pictures", (WORD,), FindingLevel.WARN),
    "avif": Feature("AVIF pictures", (WORD,), FindingLevel.WARN),
    "svg": Feature("SVG pictures", (GMAIL,), FindingLevel.WARN),
    "data:": Feature("pictures within the mail (data:)", (GMAIL, WORD), FindingLevel.WARN),
}
_STYLE_PATTERNS = {re.compile(pattern, re.I): feature for pattern, feature in _STYLES.items()}
_COMMENT = re.compile(r"<!--.*?-->", re.S)  # what is for Word alone as well
_TAG = re.compile(r"<([a-zA-Z][a-zA-Z0-9]*)\b")
_STYLE_ATTRIBUTE = re.compile(r"\sstyle\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")
_STYLE_ELEMENT = re.compile(r"<style\b[^>]*>(.*?)</style>", re.S | re.I)
_IMAGE_SOURCE = re.compile(r"<img\b[^<>]*?\ssrc\s*=\s*[\"']([^\"'>]*)", re.I)
_CSS_COMMENT = re.compile(r"/\*.*?\*/", re.S)


def check_client_support(rendered: Rendered) -> Iterator[Finding]:
    """The features of a mail that named programs lack, one finding each."""
    html = _COMMENT.sub("", rendered.html)
    for feature in dict.fromkeys(_find_features(html)):
        yield Finding(
            feature.level,
            "template",
            phrase(
                "The mail uses {feature}, which is missing in {names}. {remedy}",
                feature=feature.name,
                names=", ".join(feature.lacking),
                remedy=phrase("Subscribers who use them miss something: show it another way.")
                if feature.level == FindingLevel.WARN
                else phrase("See that it holds without."),
            ),
            "client-support",
        )


def _find_features(html: str) -> Iterator[Feature]:
    for name in dict.fromkeys(tag.lower() for tag in _TAG.findall(html)):
        if name in _ELEMENTS:
            yield _ELEMENTS[name]
    styles = "\n".join(
        [
            *("".join(pair) for pair in _STYLE_ATTRIBUTE.findall(html)),
            *map(_strip_media_rules, _STYLE_ELEMENT.findall(html)),
        ]
    )
    yield from (feature for pattern, feature in _STYLE_PATTERNS.items() if pattern.search(styles))
    for source in _IMAGE_SOURCE.findall(html):
        path = source.partition("?")[0].lower()
        kind = "data:" if path.startswith("data:") else path.rpartition(".")[2]
        if kind in _PICTURES:
            yield _PICTURES[kind]


def _strip_media_rules(sheet: str) -> str:
    """A style sheet without its @media and @supports rules."""
    kept, depth, inside = [], 0, False
    for piece in re.split(r"([{}])", _CSS_COMMENT.sub("", sheet)):
        if piece == "{":
            depth += 1
        elif piece == "}":
            depth -= 1
            inside = inside and depth > 0
        elif depth == 0 and re.search(r"@(?:media|supports)\b", piece):
            inside = True
            continue
        if not inside:
            kept.append(piece)
    return "".join(kept)
