from __future__ import annotations

from dataclasses import replace

import pytest

from newsletter.delivery.sending import envelopes
from newsletter.templater.briefing import Rendered
from tests.conftest import Newsroom

RENDERED = Rendered("Subject", "Preheader", "<p>html</p>", "text", ())


def test_an_edition_is_list_mail_that_can_be_left_with_one_click(newsroom: Newsroom) -> None:
    made = envelopes.build_envelope(RENDERED, newsroom.briefing, base_url="https://n.example.com")
    assert made.unsubscribe_base == "https://n.example.com/u/"
    assert dict(made.headers) == {"List-Id": "Morning Briefing <morning.example.com>", "Precedence": "bulk"}
    assert (made.subject, made.html, made.text) == ("Subject", "<p>html</p>", "text")


def test_a_notice_is_an_automatic_answer_and_never_tracked(newsroom: Newsroom) -> None:
    tracked = replace(newsroom.briefing, click_tracking=True, open_tracking=True)
    made = envelopes.build_transactional_envelope(RENDERED, tracked)
    assert dict(made.headers) == {"Auto-Submitted": "auto-generated"}
    assert not made.click_tracking
    assert not made.open_tracking
    assert made.unsubscribe_base == ""


@pytest.mark.parametrize(
    ("name", "phrase"),
    [
        ("Morning Briefing", "Morning Briefing <morning.example.com>"),
        ("Ann, Bob & Co. <news>", "Ann Bob & Co news <morning.example.com>"),
        ("Frühstück", "<morning.example.com>"),
    ],
)
def test_a_list_id_holds_only_what_its_grammar_allows(newsroom: Newsroom, name: str, phrase: str) -> None:
    """RFC 2919 takes a phrase of RFC 5322: no comma, stop or bracket without quotes."""
    assert envelopes.format_list_id(replace(newsroom.briefing, name=name)) == phrase
