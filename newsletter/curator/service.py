"""The verbs of the curator, for jobs, desk and command line.

sources ─fetch─▶ articles ─suggest · pick · edit─▶ edition ─approve─▶ snapshot
"""

from __future__ import annotations

from newsletter.curator.approval import (
    approve,
    hold,
    lock,
    mark_missed,
    mark_recalled,
    mark_sending,
    mark_sent,
    preview,
    record_override,
    reopen,
    request_review,
    skip,
    withdraw_approval,
)
from newsletter.curator.articles import (
    add_article_from_fields,
    add_article_from_html,
    add_article_from_page,
    add_article_from_paste,
)
from newsletter.curator.boxes import drop_box, set_box
from newsletter.curator.clicks import record_clicks
from newsletter.curator.corrections import add_correction, freeze_correction
from newsletter.curator.editions import (
    add_pick,
    create_edition,
    drop_pick,
    edit_edition,
    edit_pick,
    list_suggestions,
    move_pick,
    suggest_picks,
)
from newsletter.curator.links import check_due_links
from newsletter.curator.marking import add_note, set_eligible_dates, set_standing, set_tags
from newsletter.curator.opml import LARGEST_FILE as LARGEST_LIST
from newsletter.curator.rules import remove_rule, set_rule
from newsletter.curator.showing import get_variant
from newsletter.curator.showing import select_group_members as who_sees
from newsletter.curator.sources import add_source, export_sources, fetch_sources, import_sources, remove_source
from newsletter.curator.stories import group_new
from newsletter.curator.watch import adopt_headline, check_due_pages, override_page_check

__all__ = [
    "LARGEST_LIST",
    "add_article_from_fields",
    "add_article_from_html",
    "add_article_from_page",
    "add_article_from_paste",
    "add_source",
    "approve",
    "correct",
    "create_edition",
    "drop",
    "drop_box",
    "edit_edition",
    "edit_pick",
    "export_sources",
    "fetch_sources",
    "freeze_correction",
    "group_new",
    "hold",
    "import_sources",
    "let_stand",
    "lock",
    "look_again",
    "look_at_links",
    "mark",
    "mark_handed_over",
    "mark_missed",
    "mark_recalled",
    "mark_sent",
    "move",
    "note",
    "note_clicks",
    "open_again",
    "override",
    "pick",
    "preview",
    "proposals",
    "remove_rule",
    "remove_source",
    "request_review",
    "set_box",
    "set_eligible",
    "set_rule",
    "skip",
    "suggest_picks",
    "tag",
    "take_headline",
    "variant_of",
    "who_sees",
    "withdraw_approval",
]
