"""Where things stand on a page: in its order, and how far from the headline."""

from __future__ import annotations

from lxml import html

from newsletter.curator.articles.extraction.surroundings import MOST_PLACES, list_places


def measure(body: str, title: str = "Ferry gets a boat") -> dict[str, int | None]:
    tree = html.document_fromstring(f"<html><body>{body}</body></html>")
    return {place.text: place.distance for place in list_places(tree, title) if place.text}


def test_distances_count_characters_from_the_headline() -> None:
    found = measure("<p>above</p><h1>Ferry gets a boat</h1><p>be<b>hi</b>nd</p>")
    assert found == {"above": -5, "Ferry gets a boat": 0, "be": 17, "hi": 19, "nd": 21}


def test_what_stands_beside_the_story_is_no_place_of_it() -> None:
    beside = (
        "<nav>n</nav><aside>a</aside><div class='comments'>c</div><ul id='related-stories'>r</ul><footer>f</footer>"
    )
    found = measure(f"<h1>Ferry gets a boat</h1>{beside}<article>story<footer>stamp</footer></article>")
    assert set(found) == {"Ferry gets a boat", "story", "stamp"}


def test_a_heading_in_other_words_is_the_headline_wherever_it_stands() -> None:
    found = measure("<div class='related'><h2><i>Upper lake</i> Ferry gets a new boat</h2></div><p>x</p>")
    assert found["x"] == len("Upper lakeFerry gets a new boat")


def test_a_page_without_a_headline_has_no_distances() -> None:
    assert measure("<p>x</p>") == {"x": None}


def test_a_page_without_end_is_looked_at_to_a_bound() -> None:
    tree = html.document_fromstring("<html><body>" + "<i>x</i>" * (2 * MOST_PLACES) + "</body></html>")
    assert len(list_places(tree, "")) == MOST_PLACES
