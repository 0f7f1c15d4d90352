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


DATA = '<script type="application/ld+json">{{"@type":"{type}","headline":"Ferry gets a second boat",{more}}}</script>'


def data(more: str, type: str = "NewsArticle") -> str:
    return DATA.format(type=type, more=more)


def test_what_the_page_declares_wins_over_what_it_shows() -> None:
    head = data('"author":{"name":"Ann Example"}')
    assert extract(page(below='<p class="byline">By Bo Sample</p>', head=head), URL).authors == ("Ann Example",)


def test_a_name_in_the_head_that_the_page_does_not_show_is_who_built_the_site() -> None:
    head = '<meta name="author" content="Web Works Agency">'
    assert extract(page(below='<p class="byline">By Bo Sample</p>', head=head), URL).authors == ("Bo Sample",)
    assert extract(page(below="<p>Bo Sample</p>", head=head.replace("Web Works Agency", "Bo Sample")), URL).authors == (
        "Bo Sample",
    )


@pytest.mark.parametrize(
    "head",
    [
        data('"author":{"@id":"#ann"}},{"@type":"Person","@id":"#ann","name":"Ann Example"')
        .replace(">{", ">[{", 1)
        .replace("}</script>", "}]</script>"),
        data('"author":[{"@type":"Person","name":"Ann Example",},]'),
        data('"author":{"name":"Ann Example"}', type="ItemPage"),
        data('"author":{"name":"Ann Example"}').replace(">{", ">//<![CDATA[\n{", 1).replace("}</", "}\n//]]></"),
        '<meta name="dc.creator" content="Ann Example">',
    ],
    ids=["reference", "trailing commas", "any type", "CDATA", "Dublin Core"],
)
def test_an_author_is_read_however_the_page_declares_one(head: str) -> None:
    assert extract(page(head=head, above="<p>Ann Example</p>"), URL).authors == ("Ann Example",)


def test_all_of_several_authors_are_named() -> None:
    two = '<meta name="author" content="Ann Example"><meta name="author" content="Bo Sample">'
    shown = "<p>Ann Example, Bo Sample</p>"
    assert extract(page(head=two, below=shown), URL).authors == ("Ann Example", "Bo Sample")
    marked = '<a rel="author" href="/a">Ann Example</a> <a rel="author" href="/b">Bo Sample</a>'
    assert extract(page(below=marked), URL).authors == ("Ann Example", "Bo Sample")


def test_the_account_that_put_a_page_up_wrote_it_where_the_page_says_so() -> None:
    head = data('"author":{"@id":"#1","name":"Ann Example"}')
    assert extract(page(head=head), URL).authors == ()
    assert extract(page(head=head, below='<p class="byline">By Bo Sample</p>'), URL).authors == ("Bo Sample",)
    assert extract(page(head=head, below="<aside>About Ann Example</aside>"), URL).authors == ("Ann Example",)


@pytest.mark.parametrize(
    "shown",
    [
        "<p>Veröffentlicht von Ann Example</p>",
        "<p>Por Ann Example</p>",
        "<div><span>Von</span> <b>Ann Example</b></div>",
        '<span class="vcard"><a class="fn">Ann Example</a></span>',
        '<a class="documentAuthor">Ann Example</a>',
    ],
)
def test_a_byline_is_found_by_its_label_or_its_markup(shown: str) -> None:
    assert extract(page(below=shown), URL).authors == ("Ann Example",)


@pytest.mark.parametrize(("kind", "names"), [("author", ("Ann",)), ("author-box", ()), ("authors-list", ())])
def test_one_word_is_a_name_where_the_markup_calls_it_the_author(kind: str, names: tuple[str, ...]) -> None:
    assert extract(page(below=f'<span class="meta {kind}">Ann</span>'), URL).authors == names


def test_the_next_place_is_asked_where_the_first_names_the_paper_alone() -> None:
    head = '<meta property="og:site_name" content="The Upland Echo"><meta name="author" content="The Upland Echo">'
    body = '<h1>A headline of some length</h1><p class="byline">By Ann Example</p>'
    page = f"<html><head>{head}</head><body>{body}</body></html>"
    assert extract(page, "https://echo.example.org/x").byline == "Ann Example"


def test_people_who_comment_and_write_other_stories_did_not_write_this_one() -> None:
    assert extract(page(), URL).authors == ()


def test_a_headline_that_begins_like_a_byline_names_nobody() -> None:
    html = "<html><body><h1>Von Fähren, Booten und Menschen am See</h1><p>Kurz und gut.</p></body></html>"
    assert extract(html, URL).authors == ()
