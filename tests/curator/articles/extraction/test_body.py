"""The body of a story: what the search for it missed is put back where it stood, and nothing else is."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html

from newsletter.curator.articles.extraction.body import add_missing_paragraphs
from newsletter.curator.articles.extraction.page import extract


def sentence(number: int) -> str:
    return (
        f"In year {number} the ferry of the upper lake carried more people than in the year before, "
        "and nobody knew quite why."
    )


def chunk(*numbers: int, kind: str = "chunk") -> str:
    return f'<div class="{kind}">' + "".join(f"<p>{sentence(n)}</p>" for n in numbers) + "</div>"


def list_paragraphs(body: str) -> list[tuple[Any, str]]:
    tree = html.document_fromstring(f"<html><body><main>{body}</main></body></html>")
    return [(node, node.text_content()) for node in tree.iter("p")]


def page(*parts: str) -> list[tuple[Any, str]]:
    return list_paragraphs(f"<article>{''.join(parts)}</article>")


ADVERT = (
    '<div class="ad">'
    "<p>Buy a boat, buy two boats, buy a lake to put them on; a paragraph as long as any other here.</p></div>"
)
TEASERS = (
    '<div class="chunk"><p><a href="/1">'
    "Another story of the newsroom that is as long as a paragraph of this one, and is only a link to it</a></p></div>"
)


def test_a_story_that_is_parted_by_advertising_is_whole_again() -> None:
    found = [sentence(n) for n in (1, 2, 3)]
    tree = page(chunk(1, 2, 3), ADVERT, chunk(4, 5), ADVERT, chunk(6), TEASERS)
    assert add_missing_paragraphs(found, tree) == [sentence(n) for n in range(1, 7)]


def test_what_was_missed_in_the_middle_stands_in_the_middle() -> None:
    found = [sentence(n) for n in (1, 2, 6)]
    assert add_missing_paragraphs(found, page(chunk(1, 2), chunk(3, 4, 5), chunk(6))) == [
        sentence(n) for n in range(1, 7)
    ]


def test_a_note_beside_the_story_is_not_put_in() -> None:
    found = [sentence(n) for n in range(1, 10)]
    assert add_missing_paragraphs(found, page(chunk(*range(1, 10)), chunk(20))) == found


def test_blocks_of_another_kind_or_elsewhere_are_not_put_in() -> None:
    found = [sentence(n) for n in (1, 2, 3)]
    assert add_missing_paragraphs(found, page(chunk(1, 2, 3), chunk(4, 5, 6, kind="comment"))) == found
    elsewhere = list_paragraphs(
        f"<section><article>{chunk(1, 2, 3)}</article></section>"
        f"<footer><nav><ul><li>{chunk(4, 5, 6)}</li></ul></nav></footer>"
    )
    assert add_missing_paragraphs(found, elsewhere) == found


def test_a_paragraph_that_is_there_in_other_words_around_it_is_not_there_twice() -> None:
    found = [sentence(1), sentence(2), sentence(3), f"{sentence(4)} {sentence(5)}"]
    assert add_missing_paragraphs(found, page(chunk(1, 2, 3), chunk(4), chunk(5))) == [*found]


@given(st.lists(st.sampled_from("abcdef"), max_size=6), st.lists(st.lists(st.integers(1, 9), max_size=4), max_size=4))
def test_nothing_that_was_found_is_lost_or_moved(found: list[str], chunks: list[list[int]]) -> None:
    lines = [*found, *(sentence(n) for part in chunks[:1] for n in part)]
    made = add_missing_paragraphs(lines, page(*(chunk(*part) for part in chunks)))
    rest = iter(made)
    assert all(line in rest for line in lines)


URL = "https://echo.example.org/vote"
TABLE = "<table>" + "".join(f"<tr><td>List {n}</td><td>{n}4 votes</td></tr>" for n in range(1, 6)) + "</table>"


def story_page(body: str, head: str = "") -> str:
    return f"<html><head><title>The vote</title>{head}</head><body>{body}</body></html>"


def test_the_table_of_a_vote_is_part_of_its_story() -> None:
    paragraphs = "".join(f"<p>{sentence(n)}</p>" for n in range(6))
    text = extract(story_page(f"<article><h1>The vote</h1>{paragraphs}{TABLE}</article>"), URL).text
    assert "List 3 | 34 votes" in text
    assert "---" not in text


def test_a_story_of_which_the_page_shows_next_to_nothing_is_taken_as_declared() -> None:
    whole = "".join(f"<p>{sentence(n)}</p>" for n in range(8))
    data = json.dumps({"@type": "NewsArticle", "headline": "The vote", "articleBody": whole})
    text = extract(
        story_page(
            f"<article><h1>The vote</h1><p>{sentence(0)}</p></article>",
            f'<script type="application/ld+json">{data}</script>',
        ),
        URL,
    ).text
    assert text.split("\n\n") == [sentence(n) for n in range(8)]


def test_no_page_with_a_story_is_empty() -> None:
    """A page of tables, as some were made: strictly, it has no story."""
    cells = "".join(f"<tr><td>{sentence(n)}</td></tr>" for n in range(5))
    assert sentence(3) in extract(story_page(f"<table>{cells}</table>"), URL).text


def test_a_paragraph_that_only_leads_to_another_story_is_not_of_this_one() -> None:
    story = [f"<p>{sentence(n)}</p>" for n in range(6)]
    story.insert(3, '<p>Næste: <a href="/other">The other ferry of the lower lake was sold again this year</a></p>')
    story.insert(2, f'<p>{sentence(30)} <a href="/boats">Boats</a></p>')
    text = extract(story_page(f"<article><h1>The vote</h1>{''.join(story)}</article>"), URL).text
    assert "sold again" not in text
    assert sentence(30) in text


@pytest.mark.parametrize(
    "line",
    [
        "Lea también: El otro barco del lago",
        "VEA TAMBIÉN: El otro barco",
        "Lesen Sie auch: Das andere Boot",
        "Abonnieren Sie unseren Newsletter",
        "Subscribe now to our paper edition for the full story.",
        "Читайте также: Другая лодка",
        "_____________",
        "© Example Pictures",
    ],
)
def test_promotion_in_many_languages_is_not_the_story(line: str) -> None:
    story = [f"<p>{sentence(n)}</p>" for n in range(6)]
    story.insert(3, f"<p>{line}</p>")
    text = extract(story_page(f"<article><h1>The vote</h1>{''.join(story)}</article>"), URL).text
    assert text.split("\n\n") == [sentence(n) for n in range(6)]
