"""First blurbs: the article's own sentences, whole."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.curator.articles.blurbs import LONGEST, write_blurb

TITLE = "Ferry gets a second boat"
FIRST = "From the first of May two boats will cross the upper lake every half hour, officials tell the Echo."
SECOND = "The second one was built in 1961 and spent ten years in a barn near the mill."
THIRD = "Nobody will have to wait longer than twenty minutes."


def test_a_standfirst_that_says_enough_is_the_blurb() -> None:
    dek = f"{FIRST} {THIRD}"
    assert write_blurb(TITLE, dek, f"{SECOND}\n\nMore.") == FIRST or write_blurb(TITLE, dek, SECOND) == dek


def test_who_said_it_stays_with_what_was_said() -> None:
    assert write_blurb(TITLE, "", f"{FIRST} {SECOND}\n\n{THIRD}").startswith(FIRST)


def test_without_a_standfirst_the_top_of_the_story_is_taken() -> None:
    found = write_blurb(TITLE, "", f"LAKETOWN, Nov. 24 (Wire) - {FIRST}\n\n{SECOND}")
    assert found.startswith("From the first of May")
    assert "Wire" not in found


def test_a_short_standfirst_is_filled_up_from_the_story() -> None:
    found = write_blurb(TITLE, "Nobody has to wait any more.", f"{FIRST}\n\n{SECOND}")
    assert found == f"Nobody has to wait any more. {FIRST}"


def test_a_standfirst_without_a_full_stop_gets_one_when_the_story_follows() -> None:
    assert write_blurb(TITLE, "Nobody has to wait for ‘the boat’", f"{FIRST}\n\n{SECOND}").startswith(
        "Nobody has to wait for ‘the boat’. From"
    )


def test_a_standfirst_that_repeats_the_headline_is_passed_over() -> None:
    assert write_blurb(TITLE, "The ferry gets a second boat.", f"{FIRST}\n\n{SECOND}").startswith(FIRST)


def test_a_blurb_does_not_begin_with_somebody_unnamed() -> None:
    assert write_blurb(TITLE, "", f"“He waited long enough,” she said, and smiled at him.\n\n{FIRST}").startswith(FIRST)


@pytest.mark.parametrize(
    "dek",
    [
        f"{FIRST} The boat, which was built in…",
        f"{FIRST} The boat, which was [...]",
        f"{FIRST}\nContinue reading the story on our site",
        f"{FIRST}\nThe post Ferry gets a second boat appeared first on Example Echo.",
        f"{FIRST}\nSign up for our newsletter",
    ],
)
def test_what_is_cut_off_or_sells_is_dropped(dek: str) -> None:
    assert write_blurb(TITLE, dek, "") == FIRST


def test_points_of_abbreviations_end_no_sentence() -> None:
    text = (
        "The U.S. said that Mr. Sample of Acme Inc. had paid 3.5 per cent more "
        "for the newsroom of J. R. Example than anybody."
    )
    assert write_blurb(TITLE, "", f"{text} {THIRD}").startswith(text)


@given(st.text(max_size=80), st.text(max_size=300), st.text(max_size=900))
def test_every_word_is_the_articles_own(title: str, dek: str, text: str) -> None:
    found = write_blurb(title, dek, text)
    assert len(found) <= LONGEST + 40 * 3
    message = set(re.findall(r"\w+", f"{dek} {text}"))
    assert set(re.findall(r"\w+", found)) <= message


@pytest.mark.parametrize("language", ["de", "de-DE", ""])
def test_an_ordinal_ends_no_sentence(language: str) -> None:
    dek = (
        "Der 1. FC Köln gewinnt das Derby vor vollem Haus. In der 2. Bundesliga bleibt an diesem Wochenende alles, "
        "wie es war, sagte der Trainer am Montag der Zeitung."
    )
    assert write_blurb("Sport", dek, "", language) == dek
