"""What a page says of its author is kept apart from the story."""

from __future__ import annotations

import pytest

from newsletter.curator.articles.extraction.biography import is_biography_of
from newsletter.curator.articles.extraction.page import extract

LIFE = "Ann Example is a reporter of the Upland Echo who has covered boats and lakes since 1998."
STORY = "".join(
    f"<p>From the first of May boat number {n} will cross the lake between the mill and the castle, the office "
    f"said.</p>"
    for n in range(5)
)


def page(end: str = "", below: str = "", author: str = '{"@type":"Person","name":"Ann Example"}') -> str:
    return (
        '<html><head><title>Ferry gets a second boat</title><script type="application/ld+json">'
        f'{{"@type":"NewsArticle","headline":"Ferry gets a second boat","author":{author}}}</script></head>'
        f"<body><article><h1>Ferry gets a second boat</h1>{STORY}{end}</article>{below}</body></html>"
    )


@pytest.mark.parametrize(
    "html",
    [
        page(end=f"<p>{LIFE}</p>"),
        page(below=f"<div class='author-box'><h4>About</h4><p>{LIFE}</p></div>"),
        page(below=f"<section class='author-box'><h4>About Ann Example</h4><div class='bio'>{LIFE}</div></section>"),
        page(author=f'{{"@type":"Person","name":"Ann Example","description":"<p>{LIFE}</p>"}}'),
    ],
    ids=["at the end", "box", "section", "declared"],
)
def test_the_biography_is_a_field_of_its_own(html: str) -> None:
    found = extract(html, "https://echo.example.org/ferry")
    assert found.biography == LIFE
    assert LIFE not in found.text
    assert "boat number 4" in found.text


@pytest.mark.parametrize(
    "html",
    [
        page(),
        page(
            below="<div class='author-box'>"
            "<p>Bo Sample is a reporter of the Upland Echo who covers boats and lakes.</p></div>"
        ),
        page(
            end="<p itemprop='description'>"
            "The ferry is a boat that crosses the lake between the mill and the castle.</p>"
        ),
    ],
    ids=["none", "of somebody else", "of the story"],
)
def test_what_tells_of_nobody_who_wrote_it_is_no_biography(html: str) -> None:
    assert extract(html, "https://echo.example.org/ferry").biography == ""


@pytest.mark.parametrize(
    ("line", "tells"),
    [
        (LIFE, True),
        ("Ann has worked at many papers and lives by the lake with two cats.", True),
        ("Ann Example said that the ferry would run again from the first of May.", False),
        ("Ann is a reporter.", False),
        ("", False),
    ],
)
def test_a_life_is_told_from_a_quote(line: str, tells: bool) -> None:
    assert is_biography_of(line, "Ann Example") is tells
