"""The actions of the audit log as people read them."""

from __future__ import annotations

from django.utils.translation import override

from newsletter.web.audit_words import get_action_label


def test_a_stored_action_is_read_in_the_words_and_the_language_of_the_page() -> None:
    assert get_action_label("added reader") == "Added subscriber"
    with override("de"):
        assert get_action_label("added reader") == "Abonnent aufgenommen"


def test_an_action_without_a_label_is_shown_as_it_is_stored() -> None:
    assert get_action_label("did what nobody knows") == "did what nobody knows"
