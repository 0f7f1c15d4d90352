"""The form with which a reader signs up."""

from __future__ import annotations

from typing import Any

from django.http import QueryDict

from subscribers import lists
from subscribers.forms.joining import LONGEST_CAPTCHA, SignUpForm


def test_what_was_sent_is_read() -> None:
    form = SignUpForm(
        QueryDict(
            "look=page&email=+ann%40example.com&first_name=Ann&zone=Europe/London&website=&tracking=1&wait=1"
            f"&challenge=abc&from=The+fair&h-captcha-response={'x' * 5000}"
        )
    )
    assert form.is_valid()
    assert form.cleaned_data == {
        "look": "page",
        "email": " ann@example.com",
        "sure": "",
        "first_name": "Ann",
        "zone": "Europe/London",
        "website": "",
        "tracking": True,
        "challenge": "abc",
        "wait": True,
    }
    assert (form.is_of_our_page, form.origin) == (True, "The fair")
    assert form.read_captcha("h-captcha-response") == "x" * LONGEST_CAPTCHA
    assert form.read_captcha("") == ""


def test_lists_are_chosen_by_number_or_name_and_the_only_one_needs_no_tick(newsroom: Any) -> None:
    offered = list(lists.list_lists())
    form = SignUpForm(QueryDict(f"lists={newsroom.list.id}&lists=nowhere"))
    assert [each.slug for each in form.choose_lists(offered)] == ["morning"]
    assert [each.slug for each in SignUpForm(QueryDict("lists=evening")).choose_lists(offered)] == ["evening"]
    assert SignUpForm(QueryDict("")).choose_lists(offered) == []
    assert SignUpForm(QueryDict("")).choose_lists(offered[:1]) == offered[:1]
