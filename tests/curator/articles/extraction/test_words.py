"""The word lists: every language has its own file, and a word means something only where it is whole."""

from __future__ import annotations

import pytest

from newsletter.curator.articles.extraction import words


@pytest.mark.parametrize(
    ("line", "kind", "opening"),
    [
        ("Read more: the other boat", "promotion", "Read more"),
        ("Read moreover what he wrote", "promotion", ""),
        ("Don’t miss the boat", "promotion", "Don’t miss"),
        ("関連記事はこちら", "promotion", "関連記事"),
        ("Subscribe now " + "and " * 60, "promotion", "Subscribe now"),
        ("", "promotion", ""),
    ],
)
def test_an_opening_is_a_whole_word(line: str, kind: str, opening: str) -> None:
    assert words.find_opening(line, kind) == opening


@pytest.mark.parametrize(
    ("text", "one"),
    [("3 Shares", False), ("Share (12)", True), ("Share", True), ("Share prices", False), ("", False)],
)
def test_a_label_stands_alone(text: str, one: bool) -> None:
    assert words.is_one_of(text, "alone") is one


def test_all_languages_are_read_together() -> None:
    assert {"by", "von", "par", "por", "автор", "بقلم"} <= set(words.list_words("by"))
    assert words.list_words("nothing of the kind") == ()
