"""Bylines, credits and names of papers, as they are written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.curator.articles.extraction import phrases
from newsletter.curator.articles.extraction.page import extract


@pytest.mark.parametrize(
    ("written", "caption", "name"),
    [
        ("The clock. Kim Example/Getty Images", "The clock.", "Kim Example/Getty Images"),
        ("The clock (AP Photo/Kim Example)", "The clock", "AP Photo/Kim Example"),
        ("The clock at noon. REUTERS/Kim Example", "The clock at noon.", "REUTERS/Kim Example"),
        ("The clock at noon. Photograph: Kim Example/Reuters", "The clock at noon.", "Kim Example/Reuters"),
        ("Kim Example / AFP via Getty Images", "", "Kim Example / AFP via Getty Images"),
        ("Mayor Ann Example Meets AP", "Mayor Ann Example Meets AP", ""),
        ("The 24/7 clock of Upland.", "The 24/7 clock of Upland.", ""),
    ],
)
def test_a_credit_is_taken_out_of_its_caption(written: str, caption: str, name: str) -> None:
    assert phrases.split_caption(written) == (caption, name)


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("By Ann Example", "Ann Example"),
        ("by Ann Example | The Echo", "Ann Example"),
        ("Ann Example", "Ann Example"),
        ("Von Ann Example", "Ann Example"),
        ("By: Ann Example", "Ann Example"),
        ("Ann Example, Political Editor", "Ann Example"),
        ("Ann Example, Reuters", "Ann Example"),
        ("Ann Example, Bob Sample and Kim Trial", "Ann Example, Bob Sample and Kim Trial"),
        ("ann@example.com (Ann Example)", "Ann Example"),
        ("ann@example.com", ""),
        ("https://echo.example.com/ann", ""),
        ("admin", ""),
    ],
)
def test_a_byline_is_the_name_alone(written: str, name: str) -> None:
    assert phrases.parse_byline(written) == name


@pytest.mark.parametrize(
    ("message", "names"),
    [
        ("By Ann Example", ["Ann Example"]),
        ("Analysis by Ann Example, ECHO Editor-at-large", ["Ann Example"]),
        ("Ann Example, ECHO", ["Ann Example"]),
        ("Ann Example, Echo Business", ["Ann Example"]),
        ("Ann Example, Bo Sample and Kim Trial", ["Ann Example", "Bo Sample", "Kim Trial"]),
        ("Ann Example & Bo Sample", ["Ann Example", "Bo Sample"]),
        ("ANN EXAMPLE and BO SAMPLE", ["Ann Example", "Bo Sample"]),
        ("Ann Example. Echo International", ["Ann Example"]),
        ("Ann Example, Political Correspondent", ["Ann Example"]),
        ("Ann Example Monday, November 23, 2026, 10:43", ["Ann Example"]),
        ("ECHO STAFF NOVEMBER 20, 2026 10:43", []),
        ("Ann van der Example", ["Ann van der Example"]),
        ("Ann O'Example-Sample", ["Ann O'Example-Sample"]),
        ("Associated Press", ["Associated Press"]),
        ("Ann Example, Reuters", ["Ann Example"]),
        ("Reuters", ["Reuters"]),
        ("The Upland Echo", []),
        ("upland echo", []),
        ("Upland-Echo", []),
        ("Echo News", []),
        ("Echo Editorial Staff", []),
        ("webdesk", []),
        ("@ann_example", []),
        ("ann@example.com", []),
        ("https://echo.example.com/ann", []),
        ("admin", []),
        ("By", []),
        ("", []),
    ],
)
def test_the_authors_are_people_or_agencies_and_not_the_paper(message: str, names: list[str]) -> None:
    assert phrases.parse_authors(message, ("The Upland Echo", "")) == names


@given(st.text(max_size=80), st.text(max_size=20))
def test_any_byline_names_somebody_or_nobody(message: str, site: str) -> None:
    assert all(phrases.parse_authors(message, (site,)))


def test_the_next_place_is_asked_where_the_first_names_the_paper_alone() -> None:
    head = '<meta property="og:site_name" content="The Upland Echo"><meta name="author" content="The Upland Echo">'
    body = '<h1>A headline of some length</h1><p class="byline">By Ann Example</p>'
    page = f"<html><head>{head}</head><body>{body}</body></html>"
    assert extract(page, "https://echo.example.org/x").byline == "Ann Example"


@pytest.mark.parametrize(
    ("message", "name"),
    [
        ("Image copyright Valley Pictures", "Valley Pictures"),
        ("Credit...Kim Example/Valley Pictures", "Kim Example/Valley Pictures"),
        ("(Photo: Kim Example)", "Kim Example"),
        ("© Kim Example", "Kim Example"),
        ("@kimexample", ""),
        ("The mill in 1987. " * 10, ""),
    ],
)
def test_what_is_marked_as_a_credit_is_the_name_alone(message: str, name: str) -> None:
    assert phrases.strip_credit(message) == name


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("Kim Example via Valley Pictures (Kim Example via Valley Pictures)", "Kim Example via Valley Pictures"),
        ("Kim Example (AP)", "Kim Example (AP)"),
    ],
)
def test_a_credit_given_twice_is_said_once(written: str, name: str) -> None:
    assert phrases.drop_repeated_credit(written) == name


@pytest.mark.parametrize(
    ("title", "paper"),
    [
        ("The Echo feed", "The Echo"),
        ("The Echo RSS", "The Echo"),
        ("Rest of All -", "Rest of All"),
        ("Comments on: The Echo", "The Echo"),
        ("Echo - World", "Echo - World"),
    ],
)
def test_a_feeds_title_becomes_the_papers_name(title: str, paper: str) -> None:
    assert phrases.parse_publisher(title) == paper


@pytest.mark.parametrize(
    ("title", "url", "paper"),
    [
        ("World - UplandEcho.com", "https://www.uplandecho.com/world", "UplandEcho.com"),
        ("UEN Topics: World", "https://www.uen.org/sections/world", "UEN"),
        ("Upland Echo | Sport", "https://uplandecho.example.org/", "Upland Echo"),
        ("Rain: what it does to us", "https://weather.example.org/", "Rain: what it does to us"),
        ("RSS", "https://www.uplandecho.com/", "uplandecho.com"),
    ],
)
def test_the_server_tells_which_part_of_a_feeds_title_is_the_paper(title: str, url: str, paper: str) -> None:
    assert phrases.parse_publisher(title, url) == paper


def test_a_caption_is_searched_for_its_credit_up_to_its_limit() -> None:
    def with_credit(length: int) -> str:
        credit = " (Photo: Ann Example)"
        return phrases.split_caption("b" * (length - len(credit)) + credit)[1]

    assert (with_credit(2000), with_credit(2001)) == ("Ann Example", "")
