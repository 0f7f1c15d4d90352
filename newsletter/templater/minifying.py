"""The last step: from what premailer leaves to a mail small enough not to be clipped."""

from __future__ import annotations

import re
from functools import lru_cache

_STYLE_BLOCK = re.compile(r"<style.*?</style>", re.S)
_SHEET = re.compile(r"<style[^>]*>((?:(?!mj-).)*?)</style>", re.S)
_COMMENT = re.compile(r"(<!--.*?-->)", re.S)
_TAG = re.compile(r'<[A-Za-z][^"<>]*(?:"[^"]*"[^"<>]*)*>')  # a story may well say class="x" in its words: those stay
_CLASS_NAME = re.compile(r"\.([A-Za-z][\w-]*)")
_ZERO = re.compile(r"(?<=[: ])0px(?=[; ]|$)")  # as font-size it costs a point at SpamAssassin
_LONGEST_LINE = 900  # octets; RFC 5322 allows 998 to a line


def protect_styles(html: str) -> str:
    """Marks every <style> as one for the client, not for inlining; those inside comments stay as they are."""
    parts = _COMMENT.split(html)
    marked = (
        part if part.startswith("<!--") else part.replace("<style", '<style data-premailer="ignore"') for part in parts
    )
    return "".join(marked)


def minify(html: str) -> str:
    """Drops classes that no rule names and blanks in styles, and breaks lines after rows and paragraphs."""
    used = set(_CLASS_NAME.findall("".join(_STYLE_BLOCK.findall(html))))

    def only_used(match: re.Match[str]) -> str:
        kept = [name for name in match[1].split() if name in used]
        return f' class="{" ".join(kept)}"' if kept else ""

    def tight(tag: re.Match[str]) -> str:
        return re.sub(r' style="([^"<>]*)"', _minify_style, re.sub(r' class="([^"<>]*)"', only_used, tag[0]))

    html = _TAG.sub(tight, html)
    html = re.sub(r">[ \t]*\n\s*", ">\n", html)
    html = _SHEET.sub(_minify_sheet, html)
    html = re.sub(r"(</tr>|</p>|</h[1-3]>|</li>|<!\[endif\]-->|</style>)(?=<)", r"\1\n", html)
    return "\n".join(_wrap_line(line) for line in html.split("\n"))


def _minify_style(match: re.Match[str]) -> str:
    return _strip_blanks(match[1])


@lru_cache(maxsize=1024)  # a mail has a few dozen different ones, each many times
def _strip_blanks(style: str) -> str:
    tight = re.sub(r"(?:(?<!\s)\s+)?([;:,])\s+", r"\1", style).strip("; ")
    return f' style="{_ZERO.sub("0", tight)}"'


def _minify_sheet(match: re.Match[str]) -> str:
    return "<style>" + re.sub(r"(?:(?<!\s)\s+)?([{};,])\s*", r"\1", match[1]).strip().replace("}", "}\n") + "</style>"


def _wrap_line(line: str) -> str:
    """A long line cut at blanks between words or attributes, where a line break means the same as a blank."""
    if len(line.encode()) <= _LONGEST_LINE:
        return line
    out: list[str] = []
    length = 0
    for word in line.split(" "):
        size = len(word.encode()) + 1
        if out and length + size > _LONGEST_LINE:
            out.append("\n")
            length = 0
        elif out:
            out.append(" ")
        out.append(word)
        length += size
    return "".join(out)
