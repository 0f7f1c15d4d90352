"""Sentences with what they were made of."""

from __future__ import annotations

import copy
import pickle
from datetime import date

from newsletter.kernel.sentences import Sentence, join_labels, phrase


def test_a_sentence_is_its_english_text() -> None:
    made = phrase("{name} has {count} subscribers since {day}.", name="{name}", count=12300, day=date(2026, 11, 23))
    assert made == "{name} has 12,300 subscribers since Mon 23 Nov."
    assert phrase("Before: {sentence}", sentence=made) == f"Before: {made}"


def test_names_in_a_sentence_are_translated_with_it() -> None:
    made = phrase("Changed: {names}.", names=join_labels(["Second subject", "Intro {raw}"]))
    assert made == "Changed: Second subject, Intro {raw}."
    names = made.values["names"]
    assert isinstance(names, Sentence)
    assert [each.words for each in names.values.values() if isinstance(each, Sentence)] == [
        "Second subject",
        "Intro {{raw}}",
    ]


def test_a_sentence_is_copied_with_what_it_was_made_of() -> None:
    made = phrase("{count} stories", count=3)
    for same in (copy.deepcopy(made), pickle.loads(pickle.dumps(made))):
        assert isinstance(same, Sentence)
        assert (same, same.words, same.values) == ("3 stories", "{count} stories", {"count": 3})
