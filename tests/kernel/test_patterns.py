from __future__ import annotations

from newsletter.kernel.patterns import compile_bounded

DIGITS = compile_bounded(5, r"[0-9]+")


def test_a_bounded_pattern_sees_the_beginning_of_a_text_alone() -> None:
    assert DIGITS.search("ab 12345")[0] == "12"  # type: ignore[index]
    assert DIGITS.search("abcde1") is None
    assert DIGITS.match("123456789")[0] == "12345"  # type: ignore[index]
    assert [each[0] for each in DIGITS.finditer("1 2 3 4 5")] == DIGITS.findall("1 2 3 4 5") == ["1", "2", "3"]


def test_what_is_longer_than_the_bound_is_no_match_of_all_of_it() -> None:
    assert DIGITS.fullmatch("12345")
    assert DIGITS.fullmatch("123456") is None


def test_what_is_not_seen_stays() -> None:
    assert DIGITS.sub("-", "1a2b3c4d") == "-a-b-c4d"
    assert DIGITS.split("1a2b3c4d") == ["", "a", "b", "c4d"]
