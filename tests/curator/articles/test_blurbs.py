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


@pytest.mark.parametrize(
    ("language", "hanging", "own"),
    [
        ("en", "These accusations were called baseless by the office.", FIRST),
        ("de", "Diese Vorwürfe wies das Amt am Montag zurück.", "Ab Mai fahren zwei Boote über den See, sagt das Amt."),
        (
            "fr",
            "Ces accusations sont sans fondement, dit le bureau.",
            "Deux bateaux traverseront le lac dès le mois de mai.",
        ),
        (
            "es",
            "Estas acusaciones carecen de base, dijo la oficina.",
            "Dos barcos cruzarán el lago desde el mes de mayo.",
        ),
    ],
)
def test_a_blurb_does_not_open_with_what_refers_to_nothing(language: str, hanging: str, own: str) -> None:
    assert write_blurb("Boote", "", f"{hanging} {own}", language).startswith(own)
    assert write_blurb("Boote", f"{hanging} {own}", "", language).startswith(own)


@pytest.mark.parametrize(
    "front", ["5 min read", "5 min read · Share Save ", "Share Save Print 3 minute read | ", "4 Min. Lesezeit"]
)
def test_reading_time_and_buttons_in_front_are_left_out(front: str) -> None:
    assert write_blurb(TITLE, "", f"{front} {FIRST}").startswith("From the first of May")
    assert write_blurb(TITLE, "", "Home Secretary Ann Example opened the ferry.").startswith("Home Secretary")


@pytest.mark.parametrize(
    "dateline",
    [
        "UPLAND, May 1 (UEA) - ",
        "UPLAND — ",
        "Upland (uea) – ",
        "Upland/Castle (uea/lake) – ",
        "UPLAND (UEA) -- ",
        "Upland, 1 may (UEA).- ",
    ],
)
def test_place_and_agency_in_front_are_left_out(dateline: str) -> None:
    assert write_blurb(TITLE, "", f"{dateline}{FIRST}") == FIRST


@pytest.mark.parametrize(
    "said",
    [
        "NASA – the space agency – has given the ferry of the upper lake its oldest radio, officials said.",
        "Ann Example (Greens) – Mayor since May – has given the ferry of the upper lake its oldest radio.",
    ],
)
def test_a_name_before_a_dash_is_no_place(said: str) -> None:
    assert write_blurb(TITLE, "", said) == said


def test_a_heading_is_no_sentence_unless_there_is_nothing_else() -> None:
    assert write_blurb("Boats", "", f"Clean power from the lake\n\n{FIRST}") == FIRST
    assert write_blurb("Boats", "", "Clean power from the lake") == "Clean power from the lake."


@pytest.mark.parametrize("mark", ["-", "•", "–", "*"])
def test_lines_of_a_list_are_no_sentences_of_a_blurb(mark: str) -> None:
    listed = "\n".join(
        f"{mark} {each}" for each in ("Two boats on the lake in the summer months", "Every half hour from May")
    )
    assert write_blurb(TITLE, "", f"{listed}\n\n{FIRST}") == FIRST


def test_sentences_of_a_script_without_blanks_are_joined_and_ended_by_its_own_marks() -> None:
    dek, text = "二隻の船が湖を渡る", "湖の渡し船は五月一日から二隻になると港湾事務所が月曜日に発表した。"
    assert write_blurb("渡し船", dek, text, "ja") == f"{dek}。{text}"
    assert write_blurb("渡し船", dek, "", "ja") == f"{dek}。"
    assert write_blurb("नाव", "मई से दो नावें झील पार करेंगी", "", "hi") == "मई से दो नावें झील पार करेंगी।"


def test_a_standfirst_alone_ends_as_a_sentence() -> None:
    assert (
        write_blurb(TITLE, "Nobody at the lake has to wait any more", "") == "Nobody at the lake has to wait any more."
    )


def test_a_cut_copy_of_the_story_gives_way_to_the_story() -> None:
    cut = "From the first of May two boats will cross the upper lake every half hour, officials"
    assert write_blurb(TITLE, cut, f"{FIRST}\n\n{SECOND}") == FIRST


@pytest.mark.parametrize(
    "scrap",
    [
        ", see this and more of our messages here at the lake.",
        "I have crossed the lake since I was 17 (I wish I still had that old boat",
        "More about the ferry stands at www.ferry.example.org for all who like to know.",
        "The Upland Echo | news of the lake and its castle | since 1871 here at the lake.",
        "@annexample has a picture of the ferry from the castle side of it.",
    ],
)
def test_scraps_and_addresses_are_no_sentences(scrap: str) -> None:
    assert write_blurb(TITLE, scrap, f"{FIRST}") == FIRST


def test_no_word_is_cut_in_two() -> None:
    dek = "Donaudampfschifffahrt " * 40
    assert write_blurb("Boote", dek, "", "de").removesuffix("…").split()[-1] == "Donaudampfschifffahrt"
