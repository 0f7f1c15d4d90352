"""Who wrote a story, where only its looks say so."""

from __future__ import annotations

import pytest

from newsletter.curator.articles.extraction.page import extract

URL = "https://echo.example.org/2026/ferry"


def page(above: str = "", below: str = "", head: str = "") -> str:
    return (
        f"<html><head><title>Ferry gets a second boat</title>{head}</head><body><header>{above}<h1>Ferry gets a "
        f"second boat</h1>{below}</header>"
        "<article><p>From the first of May two boats will cross the lake between the mill and the castle, the office "
        "said.</p></article>"
        "<div class='comments'><ol><li><span class='author'>Loud Person</span> First!</li></ol></div>"
        "<aside class='related'><span class='author-name'>Somebody Else</span></aside></body></html>"
    )


@pytest.mark.parametrize(
    ("markup", "names"),
    [
        ('<p class="byline">By Ann Example</p>', ("Ann Example",)),
        (
            '<div class="ap-story-byline"><div class="field-byline-original">By ANN EXAMPLE and BO '
            "SAMPLE</div><div>Agency</div></div>",
            ("Ann Example", "Bo Sample"),
        ),
        ('<span class="article__author-name">Ann Example</span>', ("Ann Example",)),
        (
            '<a class="author-link" href="/ann">Ann Example</a> and <a class="author-link" href="/bo">Bo Sample</a>',
            ("Ann Example", "Bo Sample"),
        ),
        ('<p class="authors">Text: Ann Example</p>', ("Ann Example",)),
        ('<p class="byline">By Echo Staff</p>', ()),
        ('<p class="author">admin</p>', ()),
        ("<p>No word of who wrote it.</p>", ()),
    ],
)
def test_the_byline_stands_near_the_headline(markup: str, names: tuple[str, ...]) -> None:
    found = extract(page(below=markup), URL)
    assert found.authors == names
    assert found.byline == ", ".join(names)


def test_what_the_page_declares_wins_over_what_it_shows() -> None:
    head = '<meta name="author" content="Ann Example">'
    assert extract(page(below='<p class="byline">By Bo Sample</p>', head=head), URL).authors == ("Ann Example",)


def test_people_who_comment_and_write_other_stories_did_not_write_this_one() -> None:
    assert extract(page(), URL).authors == ()
