"""Two texts, word by word."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from newsletter.web.text_differences import mark_differences, mark_first


def test_words_that_differ_are_marked() -> None:
    one, other = mark_differences("Ferry fares to rise", "Ferry fares frozen")
    assert one == [("Ferry fares ", False), ("to rise", True)]
    assert other == [("Ferry fares ", False), ("frozen", True)]


@given(st.text(), st.text())
def test_the_pieces_are_the_texts(one: str, other: str) -> None:
    left, right = mark_differences(one, other)
    assert ("".join(words for words, _ in left), "".join(words for words, _ in right)) == (one, other)
    same = ["".join(words for words, differs in each if not differs) for each in (left, right)]
    assert same[0] == same[1]


def test_the_first_place_of_what_was_searched_for_is_marked_whatever_its_case() -> None:
    assert mark_first("Tilda Brook", "BROOK") == [("Tilda ", False), ("Brook", True)]
    assert mark_first("brook", "brook") == [("brook", True)]
    assert mark_first("Helen", "brook") == [("Helen", False)]
    assert mark_first("Straße", "STRASSE") == [("Straße", False)]
    assert mark_first("İzmir", "zmir") == [("İzmir", False)], "its small letters are more than its letters"
    assert mark_first("Helen", "") == [("Helen", False)]
