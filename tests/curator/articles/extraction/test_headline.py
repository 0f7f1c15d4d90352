"""Headlines without their paper, papers without their headline."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.curator.articles.extraction.headline import find_publisher
from newsletter.curator.articles.extraction.page import extract

URL = "https://www.uplandecho.example.org/2026/11/24/ferry"
HEADLINE = "Ferry gets a second boat"


def title_of(title: str, h1: str = "", head: str = "", url: str = URL) -> str:
    return extract(
        f"<html><head><title>{title}</title>{head}</head><body><h1>{h1}</h1><p>A boat.</p></body></html>", url
    ).title


@pytest.mark.parametrize(
    "written",
    [
        "Ferry gets a second boat | The Upland Echo",
        "Ferry gets a second boat - Upland Echo",
        "Ferry gets a second boat – UplandEcho",
        "Ferry gets a second boat — uplandecho.example.org",
        "Ferry gets a second boat : Upland Echo",
        "Ferry gets a second boat",
    ],
)
def test_the_paper_is_no_part_of_the_headline(written: str) -> None:
    assert title_of(written) == HEADLINE


@pytest.mark.parametrize(
    "headline",
    [
        "Design week 2026 | A lamp made of paper",
        "Spider-Man – a film for all of us",
        "Budget: what it means for you - and for the lake",
        "Rain, rain, rain",
    ],
)
def test_a_bar_or_dash_of_the_headline_stays(headline: str) -> None:
    assert title_of(headline) == headline


def test_the_visible_headline_wins_over_the_one_for_search_engines() -> None:
    seen = "Why the ferry of the upper lake gets a second boat"
    assert title_of("Second boat for ferry on upper lake: all you need to know | Upland Echo", seen) == seen


def test_the_papers_name_above_the_page_is_no_headline() -> None:
    site = '<meta property="og:site_name" content="Tidings of the Upper Lake">'
    assert (
        title_of("Ferry gets a second boat | Tidings of the Upper Lake", "Tidings of the Upper Lake", site) == HEADLINE
    )


def test_a_page_that_gives_its_headline_as_the_name_of_the_application_keeps_it() -> None:
    head = f'<meta name="application-name" content="{HEADLINE}"><meta property="og:title" content="{HEADLINE}">'
    assert title_of(HEADLINE, HEADLINE, head) == HEADLINE


@pytest.mark.parametrize(
    ("declared", "titles", "paper"),
    [
        (["The Upland Echo"], [HEADLINE], "The Upland Echo"),
        (["The Upland Echo | UplandEcho.org"], [HEADLINE], "The Upland Echo"),
        ([], [HEADLINE, f"{HEADLINE} - The Lake Gazette"], "The Lake Gazette"),
        ([], [f"{HEADLINE} | Upland Echo"], "Upland Echo"),
        (["https://www.uplandecho.example.org"], [HEADLINE], "uplandecho.example.org"),
        (["U.S."], [HEADLINE, f"{HEADLINE} - The Lake Gazette"], "The Lake Gazette"),
        (["Associated Press"], [HEADLINE, f"{HEADLINE} - The Lake Gazette"], "The Lake Gazette"),
        (["Associated Press"], [HEADLINE], "uplandecho.example.org"),
        ([HEADLINE], [HEADLINE, HEADLINE], "uplandecho.example.org"),
        ([], [], "uplandecho.example.org"),
    ],
)
def test_the_paper_is_named_as_it_names_itself(declared: list[str], titles: list[str], paper: str) -> None:
    assert find_publisher(declared, titles, URL) == paper


@given(st.text(max_size=120), st.text(max_size=120), st.text(max_size=60))
def test_any_title_gives_one_line(title: str, h1: str, site: str) -> None:
    head = f"<meta property='og:site_name' content='{site.replace(chr(39), '')}'>"
    found = title_of(title.replace("<", ""), h1.replace("<", ""), head)
    assert found == " ".join(found.split())
    assert len(found) <= 500


@pytest.mark.parametrize(
    ("heading", "title"),
    [
        ("<h1><span>Lake</span> <span>Ferry gets a second boat</span></h1>", "Ferry gets a second boat"),
        ("<h1><small>On the lake:</small> Ferry gets a second boat</h1>", "Ferry gets a second boat"),
        ("<h1>Ferry gets a <em>second</em> boat</h1>", "Ferry gets a second boat"),
        ('<h1>Ferry <span class="hl">gets</span> a second boat</h1>', "Ferry gets a second boat"),
        ("<h1>Ferry gets a second boat<p>Two cross from May, says the office</p></h1>", "Ferry gets a second boat"),
    ],
)
def test_a_kicker_in_the_heading_is_not_the_headline(heading: str, title: str) -> None:
    page = f"<html><head><title>{title}</title></head><body><article>{heading}<p>Two boats.</p></article></body></html>"
    assert extract(page, "https://echo.example.org/ferry").title == title


def test_a_smaller_heading_tells_which_part_of_the_title_is_the_headline() -> None:
    page = (
        "<html><head><title>The Lake Log » Archive » Ferry gets a second boat</title></head>"
        "<body><h1>Archive of the log</h1><h2>Ferry gets a second boat</h2><p>Two boats.</p></body></html>"
    )
    assert extract(page, "https://log.example.org/ferry").title == "Ferry gets a second boat"
