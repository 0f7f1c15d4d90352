"""Pages, pastes and feeds become stories: what is there is found, what is not is not invented."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.curator.articles import feeds
from newsletter.curator.articles.canonical_urls import canonicalise, compute_story_key, normalise_title
from newsletter.curator.articles.extraction import pasted, phrases
from newsletter.curator.articles.extraction.page import extract

PAGE = """<!DOCTYPE html><html lang="en-GB"><head><title>Ferry gets a second boat | The Upland Echo</title>
<link rel="canonical" href="/2026/ferry"><meta property="og:site_name" content="The Upland Echo">
<meta property="og:image" content="/pictures/ferry.jpg"><meta name="description" content="From May two boats cross the lake.">
<script type="application/ld+json">{"@context":"https://schema.org","@graph":[{"@type":"NewsArticle","headline":"Ferry gets a second boat",
"datePublished":"2026-11-23T18:30:00+01:00","author":[{"@type":"Person","name":"Ann Example"},{"@type":"Person","name":"Bo Sample"}],
"publisher":{"@type":"Organization","name":"The Upland Echo"}}]}</script></head><body>
<nav><a href="/">Home</a> <a href="/news">News</a></nav><article><h1>Ferry gets a second boat</h1>
<figure><img src="/pictures/ferry.jpg" alt="A white ferry at a jetty"><figcaption>The new boat on its first day. (Photo: Kim Example)</figcaption></figure>
<p>From the first of May two boats will cross the lake between the mill and the castle, the harbour office said on Monday morning.</p>
<p>The second boat was built in 1961 for another lake, and it spent ten years in a barn before somebody asked what was under the tarpaulin.</p>
<p>Both boats leave at the same time from opposite shores, so that nobody has to wait longer than twenty minutes on a cold jetty.</p></article>
<aside><h2>Sign up for our newsletter</h2><p>The best of the week, every Friday, straight to your inbox.</p></aside><footer>© The Upland Echo</footer></body></html>"""


def test_a_page_yields_everything_it_declares() -> None:
    found = extract(PAGE, "https://echo.example.org/2026/ferry?utm_source=x")
    assert found.title == "Ferry gets a second boat"
    assert found.dek == "From May two boats cross the lake."
    assert found.byline == "Ann Example, Bo Sample"
    assert found.published_at == datetime(2026, 11, 23, 17, 30, tzinfo=UTC)
    assert found.publisher == "The Upland Echo"
    assert found.canonical_url == "https://echo.example.org/2026/ferry"
    assert found.image_url == "https://echo.example.org/pictures/ferry.jpg"
    assert (found.image_alt, found.image_caption, found.image_credit) == (
        "A white ferry at a jetty",
        "The new boat on its first day.",
        "Kim Example",
    )
    assert found.language == "en-GB"
    assert found.text.startswith("From the first of May")
    assert "newsletter" not in found.text
    assert "Photo:" not in found.text


def test_a_page_without_a_date_gets_none() -> None:
    assert (
        extract(
            "<html><body><h1>A headline of some length</h1><p>Seen in 1961 and on 3 May 2020.</p></body></html>",
            "https://x.example/",
        ).published_at
        is None
    )


@pytest.mark.parametrize(
    "page",
    [
        "",
        " ",
        "<",
        "<html>",
        "plain words",
        "\x00\x01",
        "<html><body>" + "<div>" * 3000,
        '<?xml version="1.0" encoding="utf-16"?><html/>',
    ],
)
def test_a_page_without_a_story_is_empty_and_no_error(page: str) -> None:
    assert extract(page, "https://x.example/").text == "" or page == "plain words"


PASTED = """Clock stops for the third time this year

The town clock, as it stood on Monday
(Image credit: Kim Example/Valley Pictures)

The town clock of Upland stopped at twenty past four on Monday afternoon, for the third time this year and for the same reason as before.

Jackdaws had built a nest between the wheels, the clock keeper said, and this time they had used the rope that was meant to keep them out.

Subscribe to The Valley Post

Get the facts behind the news, every day, with a view from the hill.

SUBSCRIBE & SAVE
https://pictures.example.com/promo/offer123.jpg

Sign up for The Valley Post's Free Newsletters

From the morning briefing to a weekly letter of good news, get the best of the paper delivered directly to your inbox.

Sign up
To continue reading this article...
Already a subscriber to The Valley Post?
Not sure which email you used for your subscription? Contact us
Robin Sample, The Valley Post UK

Robin has worked as a reporter and editor at the paper since 2009. She covers clocks, rivers and the council, and has written a book about all three of them.
"""


def test_pasted_text_yields_the_story_without_the_promotion() -> None:
    found = pasted.clean(PASTED)
    assert found.title == "Clock stops for the third time this year"
    assert found.image_caption == "The town clock, as it stood on Monday"
    assert found.image_credit == "Kim Example/Valley Pictures"
    assert [paragraph[:14] for paragraph in found.text.split("\n\n")] == ["The town clock", "Jackdaws had b"]
    assert found.byline == "Robin Sample"
    assert found.publisher == "The Valley Post"
    assert found.image_url == "", "the only address in it belongs to the promotion"
    assert found.published_at is None
    assert found.biography.startswith("Robin has worked")


def test_pasted_navigation_byline_and_date_are_told_from_the_story() -> None:
    text = (
        "Ferry gets a second boat | The Upland Echo\nHome\nNews\nSport\nFerry gets a second boat\nBy Ann Example\nPublished 23 November 2026\n"
        + PASTED.split("\n\n", 2)[2]
    )
    found = pasted.clean(text, "https://echo.example.org/ferry")
    assert found.title == "Ferry gets a second boat"
    assert found.byline == "Ann Example"
    assert found.published_at == datetime(2026, 11, 23, tzinfo=UTC)
    assert found.canonical_url == "https://echo.example.org/ferry"


LONG = "The keeper of the clock has climbed the tower every week for forty years, and she says that no year had as many birds as this one has."


def test_a_pasted_story_goes_on_behind_a_box_of_other_stories() -> None:
    first, second = PASTED.split("\n\n")[2:4]
    found = pasted.clean(
        f"Clock stops again\n\n{first}\n\n{second}\n\nRelated articles\n\nBridge to close\n\n{LONG}\n\n{second} "
        f"Again.\n\n{first} Twice."
    )
    assert "The keeper of the clock has climbed" in found.text
    assert found.text.endswith("Twice.")
    assert "Related articles" not in found.text


@pytest.mark.parametrize(
    "other",
    [
        "This website uses cookies to improve your experience while you are here, and we assume that you are fine "
        "with that until you say otherwise.",
        "Out of these cookies, the cookies that are categorised as necessary are stored by your browser, for without "
        "them nothing here works at all.",
        "Share your thoughts with friends.",
        "The council met on Tuesday to talk about the bridge, the library, the school, the swimming pool and, once "
        "more, about the question of the bri...",
    ],
)
def test_notices_and_the_beginnings_of_other_stories_are_not_the_story(other: str) -> None:
    story = PASTED.split("\n\n")[2:4]
    found = pasted.clean(
        "\n".join(["Clock stops again", *story, other, "News", "Sport", "Weather", other, "Home", "Contact", other])
    )
    assert found.text.split("\n\n") == story


def test_other_stories_behind_the_end_of_a_long_one_are_left_out() -> None:
    story = [f"{LONG} It was so in the year {year}, too." for year in range(2001, 2012)]
    others = [
        line
        for n in range(8)
        for line in (f"Another headline of the house, number {n}", f"{LONG} But this is story {n}.")
    ]
    menu = ["Most read", "News", "Comments"]
    found = pasted.clean("\n".join(["Clock stops again", *menu, *story, "Share your thoughts with friends.", *others]))
    assert found.text.split("\n\n") == story


def test_a_standfirst_above_the_caption_is_no_paragraph() -> None:
    title, rest = PASTED.split("\n\n", 1)
    found = pasted.clean(f"{title}\n\nThe keeper of the clock knows who did it, and they have wings again.\n\n{rest}")
    assert found.dek == "The keeper of the clock knows who did it, and they have wings again."
    assert found.image_credit == "Kim Example/Valley Pictures"
    assert found.text.startswith("The town clock of Upland stopped")


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
    "line",
    [
        "Download our app to get the news on your phone.",
        "Start your free trial",
        "Try four weeks for just $1.",
        "Support independent journalism. Donate to the Echo today.",
        "Get the best of the Echo delivered to your door every week.",
        "Follow Ann Example on Twitter @annexample.",
        "This article originally appeared on the Upland Echo: Clock stops",
        "Leggi anche: Un orologio fermo",
        "[Related: Why clocks stop]",
        "Also on uplandecho.com Clocks of other towns",
        "Follow the Echo's full coverage of clocks at https://echo.example.org/clocks",
        "Reach the reporters on Twitter at https://example.com/ann",
        "The clock at noon. (AP Photo/Kim Example)",
    ],
)
def test_promotion_and_captions_between_paragraphs_are_left_out(line: str) -> None:
    first, second = PASTED.split("\n\n")[2:4]
    found = pasted.clean(f"Clock stops for the third time\n\n{first}\n\n{line}\n\n{second}")
    assert found.text == f"{first}\n\n{second}"


@pytest.mark.parametrize(
    "line",
    [
        "Try as they might, the jackdaws could not open it.",
        "Follow the river on foot and you come to the mill.",
        "Support for the clock keeper grew on Tuesday.",
        "Also on Tuesday the council met.",
        "Related costs rose by a third.",
        "Reach the mill before noon and you will find the door open.",
        "Follow the coverage of the moss from the gate to the weir.",
    ],
)
def test_sentences_that_begin_like_promotion_are_the_story(line: str) -> None:
    assert not phrases.is_promotion(line)


@given(st.text(max_size=600))
def test_any_pasted_text_is_read(text: str) -> None:
    found = pasted.clean(text)
    assert all(
        line in " ".join(text.replace("\u00ad", "").replace("\x00", "").split()) for line in found.text.split("\n\n")
    )


RSS = """<?xml version="1.0"?><rss version="2.0" xmlns:media="http://search.yahoo.com/mrss/"><channel><title>Echo &amp; Post RSS</title>
<link>https://echo.example.org</link>
<item><title>Two &lt;b&gt;boats&lt;/b&gt; &amp;amp; a barn</title><link>/a?utm_source=rss</link><guid>id-1</guid><pubDate>Mon, 23 Nov 2026 18:30:00 +0100</pubDate>
<description>&lt;p&gt;One.&lt;/p&gt;&lt;p&gt;Two.&lt;/p&gt; Continue reading</description>
<media:content url="pictures/a.jpg" medium="image"><media:credit>Photo: Kim Example</media:credit><media:description>The boats.</media:description></media:content></item>
<item><title>No date, no id</title><link>https://echo.example.org/b</link></item>
<item><description>Nothing but words, and no headline at all here.</description></item></channel></rss>"""


def test_a_feed_is_read_as_it_is() -> None:
    feed = feeds.parse(RSS.encode(), "https://echo.example.org/feed.xml")
    first, second = feed.entries[:2]
    assert feed.title == "Echo & Post RSS"
    assert (first.title, first.dek, first.key) == ("Two boats & a barn", "One. Two.", "id-1")
    assert first.url == "https://echo.example.org/a?utm_source=rss"
    assert first.published_at == datetime(2026, 11, 23, 17, 30, tzinfo=UTC)
    assert (first.image_url, first.image_credit, first.image_caption) == (
        "https://echo.example.org/pictures/a.jpg",
        "Kim Example",
        "The boats.",
    )
    assert second.published_at is None, "an invented date is worse than none"
    assert second.key == "https://echo.example.org/b"


def test_atom_with_only_an_updated_date_has_a_date() -> None:
    atom = '<feed xmlns="http://www.w3.org/2005/Atom"><title>A</title><entry><title>T</title><id>x</id><updated>2026-11-24T05:00:00Z</updated></entry></feed>'
    assert feeds.parse(atom.encode(), "https://x.example/").entries[0].published_at == datetime(
        2026, 11, 24, 5, 0, tzinfo=UTC
    )


def test_a_broken_feed_that_yields_entries_is_a_feed() -> None:
    assert len(feeds.parse(RSS[: RSS.index("<item><description>")].encode(), "https://x.example/").entries) == 2


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "nothing at all"),
        (
            b"<!DOCTYPE html><html><head><link rel='alternate' type='application/rss+xml' href='/rss'></head></html>",
            "https://x.example/rss",
        ),
        (b"<html><body>Hello</body></html>", "RSS or Feed"),
        (b"\x89PNG\r\n", "no RSS, Atom or JSON feed"),
        (b"just words", "no RSS, Atom or JSON feed"),
    ],
)
def test_what_is_no_feed_is_said_with_the_remedy(data: bytes, said: str) -> None:
    with pytest.raises(feeds.FeedError, match=said):
        feeds.parse(data, "https://x.example/feed")


@given(st.binary(max_size=400))
def test_any_bytes_are_a_feed_or_an_error(data: bytes) -> None:
    try:
        feeds.parse(data, "https://x.example/feed")
    except feeds.FeedError as error:
        assert "https://x.example/feed" in str(error)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://www.x.example/a/", "http://x.example/a"),
        ("https://x.example/a?utm_source=rss&b=2&a=1#top", "https://x.example/a?a=1&b=2"),
        ("https://X.example:443/a", "https://x.example/a"),
    ],
)
def test_the_same_story_has_the_same_address(one: str, other: str) -> None:
    assert canonicalise(one) == canonicalise(other)


def test_other_stories_have_other_addresses() -> None:
    assert canonicalise("https://x.example/a?id=1") != canonicalise("https://x.example/a?id=2")
    assert canonicalise("ftp://x.example/") == canonicalise("not an address") == ""


@given(st.text(max_size=200), st.text(max_size=80))
def test_any_address_and_headline_has_a_key(url: str, title: str) -> None:
    assert len(compute_story_key(url, title)) == 64
    assert canonicalise(canonicalise(url)) == canonicalise(url)
    assert normalise_title(normalise_title(title)) == normalise_title(title)


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
    ("said", "names"),
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
def test_the_authors_are_people_or_agencies_and_not_the_paper(said: str, names: list[str]) -> None:
    assert phrases.parse_authors(said, ("The Upland Echo", "")) == names


@given(st.text(max_size=80), st.text(max_size=20))
def test_any_byline_names_somebody_or_nobody(said: str, site: str) -> None:
    assert all(phrases.parse_authors(said, (site,)))


def test_the_next_place_is_asked_where_the_first_names_the_paper_alone() -> None:
    head = '<meta property="og:site_name" content="The Upland Echo"><meta name="author" content="The Upland Echo">'
    page = f'<html><head>{head}</head><body><h1>A headline of some length</h1><p class="byline">By Ann Example</p></body></html>'
    assert extract(page, "https://echo.example.org/x").byline == "Ann Example"


def test_a_page_from_an_address_that_is_none_is_read_too() -> None:
    assert extract(PAGE, "http://[").title == "Ferry gets a second boat"


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("Image copyright Valley Pictures", "Valley Pictures"),
        ("Credit...Kim Example/Valley Pictures", "Kim Example/Valley Pictures"),
        ("(Photo: Kim Example)", "Kim Example"),
        ("© Kim Example", "Kim Example"),
        ("@kimexample", ""),
        ("The mill in 1987. " * 10, ""),
    ],
)
def test_what_is_marked_as_a_credit_is_the_name_alone(said: str, name: str) -> None:
    assert phrases.strip_credit(said) == name


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
