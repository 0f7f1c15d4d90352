"""States as a model's field offers them."""

from __future__ import annotations

import pytest

from subscribers.consent.signup_attempts import get_verdict_label
from subscribers.states import ImportState, SignupVerdict


def test_a_choice_is_the_stored_value_and_a_label_of_the_member() -> None:
    choices = dict(ImportState.list_choices())
    assert choices["asks"] == "Needs answers"
    assert list(choices) == [state.value for state in ImportState]


@pytest.mark.parametrize(
    ("verdict", "label"), [(SignupVerdict.ACCEPTED, "Accepted"), ("trapped", "Honeypot"), ("bad email", "Bad email")]
)
def test_a_verdict_on_a_sign_up_has_a_label(verdict: str, label: str) -> None:
    assert get_verdict_label(verdict) == label
