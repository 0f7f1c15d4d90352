"""The body of a story: what the search for it missed is put back where it stood, and nothing else is."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from lxml import html

from newsletter.curator.articles.extraction.body import add_missing_paragraphs


def sentence(number: int) -> str:
    return (
        f"In year {number} the ferry of the upper lake carried more people than in the year before, "
        "and nobody knew quite why."
    )


def chunk(*numbers: int, kind: str = "chunk") -> str:
    return f'<div class="{kind}">' + "".join(f"<p>{sentence(n)}</p>" for n in numbers) + "</div>"


def page(*parts: str) -> object:
    return html.document_fromstring(f"<html><body><main><article>{''.join(parts)}</article></main></body></html>")


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
    found = [sentence(n) for n in (1, 2, 5, 6)]
    assert add_missing_paragraphs(found, page(chunk(1, 2), chunk(3, 4), chunk(5, 6))) == [
        sentence(n) for n in range(1, 7)
    ]


def test_a_note_beside_the_story_is_not_put_in() -> None:
    found = [sentence(n) for n in range(1, 10)]
    assert add_missing_paragraphs(found, page(chunk(*range(1, 10)), chunk(20))) == found


def test_blocks_of_another_kind_or_elsewhere_are_not_put_in() -> None:
    found = [sentence(n) for n in (1, 2, 3)]
    assert add_missing_paragraphs(found, page(chunk(1, 2, 3), chunk(4, 5, 6, kind="comment"))) == found
    elsewhere = html.document_fromstring(
        f"<html><body><main><section><article>{chunk(1, 2, 3)}</article></section></main>"
        f"<footer><nav><ul><li>{chunk(4, 5, 6)}</li></ul></nav></footer></body></html>"
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
