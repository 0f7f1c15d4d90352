"""Sections, and whether a page is free to read."""

from __future__ import annotations

import pytest

from newsletter.curator.articles.extraction.page import extract

URL = "https://echo.example.org/ferry"
STORY = (
    "<p>From the first of May two boats will cross the lake between the mill and the castle, the office said.</p>" * 4
)


def page(head: str = "", end: str = "") -> str:
    return (
        f"<html><head><title>Ferry gets a boat</title>{head}</head>"
        f"<body><article><h1>Ferry gets a boat</h1>{STORY}{end}</article></body></html>"
    )


def data(more: str) -> str:
    return (
        f'<script type="application/ld+json">{{"@type":"NewsArticle","headline":"Ferry gets a boat",{more}}}</script>'
    )


@pytest.mark.parametrize(
    "html",
    [
        page(data('"isAccessibleForFree":false')),
        page(data('"isAccessibleForFree":"False"')),
        page("<meta property='article:content_tier' content='metered'>"),
        page(end="<div class='c-paywall'><h3>Subscribe to continue reading</h3></div>"),
        page(end="<div id='Paywall'><p>Already a subscriber? Log in.</p></div>"),
    ],
)
def test_a_page_that_is_not_free_says_so(html: str) -> None:
    assert extract(html, URL).paywalled


@pytest.mark.parametrize(
    "html",
    [
        page(),
        page(data('"isAccessibleForFree":true')),
        page("<meta property='article:content_tier' content='free'>"),
        page(end="<div class='no-paywall-here'><p>Ferries are free.</p></div>"),
        page(
            end="<p>Subscribe to continue reading, said the sign on the boat, "
            "and everybody laughed about the paywall.</p>"
        ),
    ],
)
def test_a_page_that_is_free_is_not_behind_a_wall(html: str) -> None:
    assert not extract(html, URL).paywalled


@pytest.mark.parametrize(
    ("head", "section"),
    [
        (data('"articleSection":"Lake"'), "Lake"),
        (data('"articleSection":["Lake","Town"]'), "Lake"),
        ("<meta property='article:section' content='News - Lake'>", "News"),
        ("<meta property='article:section' content='Front Page, Lake'>", "Lake"),
        ("<meta property='article:section' content='post'>", ""),
        ("<meta property='article:section' content='https://echo.example.org/lake'>", ""),
        ("", ""),
    ],
)
def test_the_section_is_the_papers_own(head: str, section: str) -> None:
    assert extract(page(head), URL).section == section
