"""The forms that close a mailing, or send it again to who bounced."""

from __future__ import annotations

import pytest
from django.http import QueryDict

from newsletter.web.forms.deliveries import CloseForm, SendAgainForm


@pytest.mark.parametrize(("sent", "message"), [("reason=+", "Say why"), (f"reason={'x' * 201}", "at most 200")])
def test_a_mailing_is_closed_for_a_reason(sent: str, message: str) -> None:
    form = CloseForm(QueryDict(sent))
    assert not form.is_valid()
    assert message in form.errors["reason"][0]


def test_any_reason_of_a_provider_can_be_chosen() -> None:
    form = SendAgainForm(QueryDict("reason=550+5.7.1+blocked&reason=Greylisted"))
    assert form.is_valid()
    assert form.cleaned_data["reason"] == ["550 5.7.1 blocked", "Greylisted"]


@pytest.mark.parametrize("sent", ["", "reason="])
def test_no_reason_sends_nothing_again(sent: str) -> None:
    form = SendAgainForm(QueryDict(sent))
    assert not form.is_valid()
    assert form.errors["reason"] == ["Choose at least one reason."]
