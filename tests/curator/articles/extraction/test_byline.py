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
        '<meta name="twitter:label1" content="Written by"><meta name="twitter:data1" content="Ann Example">',
    ],
    ids=["reference", "trailing commas", "any type", "CDATA", "Dublin Core", "card"],
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


ANN, BOTH = ("Ann Example",), ("Ann Example", "Bo Sample")


@pytest.mark.parametrize(
    ("shown", "names"),
    [
        ("<p>BY ANN EXAMPLE AND BO SAMPLE</p>", BOTH),
        ('<p class="byline">By Ann Example in London</p>', ANN),
        ('<p class="byline">Ann Example for Reuters</p>', ANN),
        ('<p class="byline">Ann Example - The Lake Echo</p>', ANN),
        ('<p class="byline">By ANN EXAMPLE, Associated Press</p>', ANN),
        ('<p class="byline">By Ann Example @annexample Bo Sample</p>', BOTH),
        ('<p class="byline">Reuters</p>', ("Reuters",)),
        ('<p>By <a href="/a">Ann Example</a> and <a href="/b">Bo Sample</a></p>', BOTH),
        ('<p>By <a href="/a">Ann Example</a>, Health Correspondent</p>', ANN),
        ('<p>Filed by <a rel="author">Ann Example</a> on Tuesday</p>', ANN),
        ("<p>By Ann Example on November 24, 2026</p>", ANN),
        ('<div class="author"><img alt=""><span>Ann Example</span><a>Ann Example</a></div>', ANN),
        ('<div class="author"><a>Ann Example</a> <a>Follow</a></div>', ANN),
        ('<div class="author">Ann Example · 5 min read</div>', ANN),
        (
            '<div itemprop="author" itemscope><span>Text</span> <b itemprop="name">Ann Example</b>'
            '<span itemprop="jobTitle">Chief Reporter</span></div>',
            ANN,
        ),
        ('<div itemprop="author" itemscope><meta itemprop="name" content="Ann Example"></div>', ANN),
        ('<i itemprop="author">Ann Example</i><i itemprop="author">Bo Sample</i>', BOTH),
        ("<p>Text: Ann Example, Foto: Bo Sample</p>", ANN),
        ("<p>Text: Ann Example</p><p>Fotos: Bo Sample</p>", ANN),
        ('<p class="author">Ein Beitrag von Ann Example</p>', ANN),
        ('<p class="author">Ann Example im Gespräch mit Bo Sample</p>', BOTH),
        ('<p class="byline">Ann Example für die Echo-Redaktion</p>', ANN),
        ("<p>Autorin: Ann Example</p>", ANN),
        ("<p>24. November 2026 von Ann Example</p>", ANN),
        ("<div>Veröffentlicht am 24. November 2026 von Ann Example in Allgemein</div>", ANN),
        ("<p>Par <a>Ann Example</a> Publié le 24/11/2026 à 10:30</p>", ANN),
        ('<p class="auteur">Ann Example avec AFP</p>', ANN),
        ("<p>Publié par Ann Example le 24 novembre 2026 à 10h30</p>", ANN),
        ("<p>POR ANA EJEMPLO Y BETO MUESTRA</p>", ("Ana Ejemplo", "Beto Muestra")),
        ("<p>Por María de la Cruz</p>", ("María de la Cruz",)),
        ("<p>Por Ana Exemplo — 24/11/2026 10h30</p>", ("Ana Exemplo",)),
        ("<p>di Anna Esempio e Bruno Campione</p>", ("Anna Esempio", "Bruno Campione")),
        ("<p>Door Anna van der Voorbeeld</p>", ("Anna van der Voorbeeld",)),
        ("<p>Tekst: Anna Eksempel</p>", ("Anna Eksempel",)),
        ("<p>Af Anna Eksempel</p>", ("Anna Eksempel",)),
        ("<p>Teksti: Anna Esimerkki</p>", ("Anna Esimerkki",)),
        ('<p class="author">Anna Esimerkki ja Pekka Malli</p>', ("Anna Esimerkki", "Pekka Malli")),
        ('<p class="author">Jana Příkladová a Petr Vzorek</p>', ("Jana Příkladová", "Petr Vzorek")),
        ("<p>Autor: Anna Przykład</p>", ("Anna Przykład",)),
        ("<p>Írta: Minta Anna</p>", ("Minta Anna",)),
        ("<p>Yazan: Ayşe Örnek</p>", ("Ayşe Örnek",)),
        ("<p>Автор: Анна Примерова</p>", ("Анна Примерова",)),
        ('<p class="author">Ганна Приклад і Іван Зразок</p>', ("Ганна Приклад", "Іван Зразок")),
        ("<p>Συντάκτης: Άννα Παράδειγμα</p>", ("Άννα Παράδειγμα",)),
        ("<p>بقلم: آن مثال</p>", ("آن مثال",)),
        ("<p>נכתב</p><p class='author'>אן דוגמה</p>", ("אן דוגמה",)),
        ("<p>作者：王小明</p>", ("王小明",)),
        ('<span class="author">山田太郎</span>', ("山田太郎",)),
        ("<p>文・山田太郎</p>", ("山田太郎",)),
        ('<span class="writer">김보기 기자</span>', ("김보기",)),
        ("<p>كتبت: آن مثال</p>", ("آن مثال",)),
        ("<p>लेखक: अन्ना उदाहरण</p>", ("अन्ना उदाहरण",)),
        ("<p>Penulis: Budi Contoh</p>", ("Budi Contoh",)),
        ('<p>by <span class="author vcard"><a class="fn">seaside42</a></span></p>', ("seaside42",)),
        ('<p>by <span class="author vcard"><a class="fn">siteadmin</a></span></p>', ()),
        ("<p>By the end of the year two boats will run.</p>", ()),
        ("<figure><img src='a.jpg'><figcaption>Photo: Bo Sample</figcaption></figure>", ()),
        ("<p>Photo by Bo Sample</p>", ()),
        ("<div class='tags'><a href='/tag/ann-example'>Ann Example</a></div>", ()),
        ("<p>Die Gründer von Boote Beispiel</p>", ()),
    ],
)
def test_a_byline_is_read_as_sites_of_many_languages_write_it(shown: str, names: tuple[str, ...]) -> None:
    assert extract(page(below=shown), URL).authors == names


@pytest.mark.parametrize(
    ("more", "names"),
    [
        ('"author":[{"name":"Ann Example"},{"name":"Bo Sample"}]', BOTH),
        ('"author":["Ann Example","Bo Sample"]', BOTH),
        ('"author":[{"@id":"#ann","name":"Ann Example"},{"@id":"#bo","name":"Bo Sample"}]', BOTH),
        ('"author":{"name":["Ann Example","Bo Sample"]}', BOTH),
        ('"creator":"Ann Example"', ANN),
        ('"author":{"name":"王小明"}', ("王小明",)),
        ('"author":{"name":"آن مثال"}', ("آن مثال",)),
    ],
)
def test_authors_are_declared_in_many_shapes(more: str, names: tuple[str, ...]) -> None:
    assert extract(page(head=data(more)), URL).authors == names


def test_what_is_declared_and_shown_alike_is_the_byline_whatever_it_looks_like() -> None:
    head = data('"author":{"name":"catch more fish"}')
    assert extract(page(head=head, below="<div><a>Catch more fish</a></div>"), URL).authors == ("Catch more fish",)
    assert extract(page(head=head), URL).authors == ()


def test_a_site_may_be_named_after_its_author() -> None:
    head = '<meta property="og:site_name" content="Ann Example">'
    assert extract(page(head=head, below="<p>by Ann Example</p>"), URL).authors == ANN
    assert extract(page(head=head), URL).authors == ()


def test_a_label_with_a_colon_names_the_author_below_the_story_too() -> None:
    end = "<p>From the first of May two boats will cross the lake, the office said to us.</p>" * 9
    assert extract(page(below=f"{end}<p>Autorin: Ann Example, Sprecherin</p>"), URL).authors == ANN
    assert extract(page(below=f"{end}<p>Foto: Ann Example</p>"), URL).authors == ()


@pytest.mark.parametrize(
    "label",
    [
        "<h5>Autorin: </h5>Ann Example",
        "<span>Auteur:</span> <a href='/ann'>Ann Example</a>",
    ],
)
def test_a_label_may_be_an_element_of_its_own(label: str) -> None:
    long = "From the first of May two boats will cross the lake, the office said to us. " * 9
    assert extract(page(below=f"<p>{long}</p><div>{label.format(long=long)}</div>"), URL).authors == ANN


def test_a_bar_may_stand_before_a_label() -> None:
    below = "<div><span>New!</span> <span>| By</span> <span>Ann Example</span> | <time>24 November 2026</time></div>"
    assert extract(page(below=below), URL).authors == ANN


def test_the_byline_is_sought_below_the_headline_and_not_below_a_teaser_of_the_same_words() -> None:
    teasers = "".join(f"<h2>{title}</h2><p>What else there is by the lake this week.</p>" for title in ["Boats"] * 20)
    above = f"<div><h2>Ferry gets a second boat</h2>{teasers}</div>"
    assert extract(page(above=above, below="<p>By Ann Example</p>"), URL).authors == ANN
