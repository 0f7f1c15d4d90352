"""States as a model's field offers them."""

from __future__ import annotations

from newsletter.kernel.enums import list_choices
from subscribers.states import ImportState


def test_a_choice_is_the_stored_value_and_a_label_of_the_member() -> None:
    choices = dict(list_choices(ImportState))
    assert choices["asks"] == "Needs answer"
    assert list(choices) == [state.value for state in ImportState]
