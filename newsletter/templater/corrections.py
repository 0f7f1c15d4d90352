"""Corrections: the mail that carries nothing else, and the note above an edition in the archive."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from dataclasses import replace

from newsletter.templater.briefing import Briefing
from newsletter.templater.languages import get_direction, get_mail_texts
from newsletter.templater.untrusted_text import clean_line

_BODY = re.compile(r"<body\b[^<>]*>", re.I)


def build_correction(
    briefing: Briefing, *, subject: str, preheader: str, intro: str, corrections: tuple[str, ...]
) -> Briefing:
    """The same mail without its stories: only what was wrong in them."""
    return replace(
        briefing,
        subject=subject,
        preheader=preheader,
        intro=intro,
        lead=None,
        sections=(),
        also=(),
        boxes=(),
        sponsor=None,
        corrections=corrections,
    )


def add_corrections(page: str, corrections: Sequence[tuple[str, str]], language: str) -> str:
    """A page of the archive with the corrections that came later above it: (day in words, text) each.

    The frozen mail below stays byte for byte what was sent.
    """
    found = _BODY.search(page)
    if not corrections or found is None:
        return page
    texts = get_mail_texts(language)
    items = "".join(
        f"<p style='margin:8px 0 0'><b>{_escape(texts.corrected_on.format(day=day))}:</b> {_escape(text)}</p>"
        for day, text in corrections
    )
    note = (
        f"<div dir='{get_direction(language)}' role='note' style='box-sizing:border-box;"
        "max-width:640px;margin:0 auto;padding:16px 20px;background:#fdf3e3;color:#1b2327;"
        "font:16px/24px Georgia,serif;border-left:4px solid #a6341b'>"
        f"<h2 style='margin:0;font:700 18px/24px Georgia,serif'>{_escape(texts.corrections)}</h2>{items}</div>"
    )
    return page[: found.end()] + note + page[found.end() :]


def _escape(text: str) -> str:
    return html.escape(clean_line(text))
