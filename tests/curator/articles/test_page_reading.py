"""The pages of what came by feeds are read once, where their site lets programs read."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from newsletter.curator.articles import article_lookup, models, page_reading
from newsletter.curator.articles.values import Article
from newsletter.fetching import FetchError

AddArticle = Callable[..., Article]
URL = "https://echo.example.org/ferry"
ROBOTS = "https://echo.example.org/robots.txt"
TITLE = "Ferry gets a second boat"
BODY = "".join(
    f"<p>In the year {year} the ferry of the upper lake carried more people than before.</p>" for year in range(9)
)
DATA = (
    '{"@type":"NewsArticle","headline":"Ferry gets a second boat","author":"Ann Example","articleSection":"Lake",'
    '"isAccessibleForFree":false}'
)


def page(title: str = TITLE) -> str:
    data = DATA.replace(TITLE, title)
    figure = '<figure><img src="/a.jpg"><figcaption>The boat. (Photo: Kim Example)</figcaption></figure>'
    head = f'<meta property="og:image" content="/a.jpg"><script type="application/ld+json">{data}</script>'
    return f"<html><head>{head}</head><body><article><h1>{title}</h1>{figure}{BODY}</article></body></html>"


@pytest.fixture
def article(add_article: AddArticle, web: Any) -> Article:
    web.serve(URL, page())
    web.fail(ROBOTS, FetchError("none", status=404))
    return add_article(TITLE, link=URL, dek="Two boats.")


def read(web: Any, now: datetime) -> int:
    web.asked.clear()
    return page_reading.read_new_pages(now, fetch=web)


def test_a_page_tells_what_its_feed_does_not(article: Article, web: Any, now: datetime) -> None:
    assert read(web, now) == 1
    found = article_lookup.get_article(article.id)
    assert found.text.startswith("In the year 0")
    assert (found.byline, found.section, found.paywalled) == ("Ann Example", "Lake", True)
    assert (found.image_url, found.image_credit) == ("https://echo.example.org/a.jpg", "Kim Example")
    assert (found.title, found.dek) == (TITLE, "Two boats.")


def test_a_page_names_the_paper_where_its_feed_names_a_section(article: Article, web: Any, now: datetime) -> None:
    models.Article.objects.update(publisher="echo.example.org")
    web.serve(URL, page().replace("<head>", '<head><meta property="og:site_name" content="The Upland Echo">'))
    read(web, now)
    assert article_lookup.get_article(article.id).publisher == "The Upland Echo"


def test_a_page_is_asked_for_once(article: Article, web: Any, now: datetime) -> None:
    read(web, now)
    assert web.asked == [ROBOTS, URL]
    assert (read(web, now + timedelta(minutes=5)), web.asked) == (0, [])


@pytest.mark.parametrize("rules", ["User-agent: *\nDisallow: /", "User-agent: newsletter\nDisallow: /ferry"])
def test_a_site_that_lets_no_program_read_is_left_alone(rules: str, article: Article, web: Any, now: datetime) -> None:
    web.serve(ROBOTS, rules, "text/plain")
    assert (read(web, now), web.asked) == (0, [ROBOTS])


def test_a_site_whose_rules_cannot_be_read_is_left_alone(article: Article, web: Any, now: datetime) -> None:
    web.fail(ROBOTS, FetchError("down", status=503))
    assert (read(web, now), web.asked) == (0, [ROBOTS])


@pytest.mark.parametrize("answer", [page("We value your privacy"), "", "<html></html>"])
def test_a_page_of_something_else_tells_nothing(answer: str, article: Article, web: Any, now: datetime) -> None:
    web.serve(URL, answer)
    assert read(web, now) == 0
    assert article_lookup.get_article(article.id).text == article.text


def test_old_articles_and_pages_that_fail_are_let_be(
    article: Article, add_article: AddArticle, web: Any, now: datetime
) -> None:
    web.fail(URL)
    add_article("Old mill", link="https://mill.example.org/old", added=now - timedelta(days=3))
    assert read(web, now) == 0
    assert web.asked == [ROBOTS, URL]
