"""From a briefing, plain values, to a mail: Jinja2 → MJML → premailer. Pure: no Django, no network.

    Briefing ─compose data─▶ Jinja2 (autoescape) ─▶ mjml ─▶ premailer ─▶ slim ─▶ Rendered.html
             └────────────▶ Jinja2 (plain)  ───────────────────────────────────▶ Rendered.text

`render` never raises for what editors or template authors do wrong: it collects `problems`. Per reader
only merge tokens differ; `personalise` fills them where a provider does not do it itself.
"""

from __future__ import annotations

from newsletter.templater.apart import render_sandboxed
from newsletter.templater.briefing import (
    AlsoItem,
    Briefing,
    BriefingBox,
    BriefingPicture,
    BriefingSection,
    BriefingSponsor,
    BriefingStory,
    MergeField,
    Problem,
    Publication,
    Rendered,
    TransactionalContent,
)
from newsletter.templater.corrected import add_corrections, build_correction
from newsletter.templater.merge import (
    MergeRecipient,
    build_merge_columns,
    build_substitutions,
    personalise,
    personalise_mail,
)
from newsletter.templater.rendering import render, render_transactional
from newsletter.templater.richtext import list_links
from newsletter.templater.theme import check_theme
from newsletter.templater.webpage import PageMetadata, build_archive_page
from newsletter.templater.words import get_mail_texts

__all__ = [
    "Also",
    "Box",
    "Briefing",
    "MergeField",
    "Notice",
    "PageAbout",
    "Picture",
    "Problem",
    "Publication",
    "Reader",
    "Rendered",
    "Section",
    "Sponsor",
    "Story",
    "addresses_in",
    "as_page",
    "check_theme",
    "correction_of",
    "for_reader",
    "merge_columns",
    "personalise",
    "render",
    "render_apart",
    "render_notice",
    "substitutions",
    "with_corrections",
    "words",
]
