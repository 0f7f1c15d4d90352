"""What a button of the page for leaving says."""

from __future__ import annotations

from django.http import QueryDict

from subscribers.forms.leaving import LeavingForm


def test_our_page_is_told_from_the_one_click_of_a_mail_program() -> None:
    assert LeavingForm(QueryDict("via=page")).is_of_our_page
    assert not LeavingForm(QueryDict("List-Unsubscribe=One-Click")).is_of_our_page


def test_what_cannot_be_read_says_nothing_and_keeps_nobody() -> None:
    form = LeavingForm(QueryDict("via=page&do=why&reason=often&text=%00"))
    assert form.is_of_our_page
    assert [form.read(name) for name in ("do", "reason", "text")] == ["why", "often", ""]
