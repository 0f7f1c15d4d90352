"""A newsletter with small sections, a web that answers as declared, and feeds that tell invented stories."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any
from xml.sax.saxutils import escape

import pytest
from PIL import Image

from newsletter.catalog import newsletter_settings
from newsletter.catalog.values import Newsletter
from newsletter.curator.articles import article_lookup, polling, sources
from newsletter.curator.articles.values import Article
from newsletter.curator.editions import editions, picks
from newsletter.curator.editions.values import Edition
from newsletter.fetching import FetchError, FetchResponse
from subscribers import lists
from tests import prepared
from tests.actors import SYSTEM

NOW = datetime(2026, 11, 24, 6, 0, tzinfo=UTC)
PICTURE = "https://pictures.example.org/funicular.png"


@pytest.fixture
def newsletter(db: None) -> Newsletter:
    """A newsletter in London's zone with three sections that want 2, 2 and 1 stories."""
    return prepared.prepare(_create_newsletter)


def _create_newsletter() -> Newsletter:
    return newsletter_settings.create_newsletter(
        slug="hill-post",
        name="Hill Post",
        from_email="news@example.com",
        postal_address="4 Tarn Street, Upper Fellside",
        list_id=lists.create_list("hill-readers", "Hill readers", by=SYSTEM, now=NOW).id,
        zone="Europe/London",
        signed="The desk",
        stories_wanted=5,
        sections=[("top", "Top stories", 2), ("more", "More news", 2), ("good", "Good to know", 1)],
        now=NOW,
        by=SYSTEM,
    )


@dataclass
class Web:
    """The edge of the network as a table: what each address answers, and what was asked of it."""

    answers: dict[str, FetchResponse | Exception] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def serve(self, url: str, body: bytes | str, content_type: str = "text/html", **headers: str) -> str:
        data = body.encode() if isinstance(body, str) else body
        self.answers[url] = FetchResponse(url=url, status=200, body=data, content_type=content_type, **headers)
        return url

    def fail(self, url: str, error: Exception | None = None) -> str:
        self.answers[url] = error or FetchError(f"{url} answered 503 Service Unavailable.")
        return url

    def __call__(self, url: str, *, accept: str = "", etag: str = "", last_modified: str = "") -> FetchResponse:
        self.asked.append(url)
        answer = self.answers.get(url) or FetchError(f"{url} answered 404 Not Found.")
        if isinstance(answer, Exception):
            raise answer
        if etag and etag == answer.etag:
            return FetchResponse(url=url, status=304, body=b"", etag=etag, not_modified=True)
        return answer


@pytest.fixture
def web(picture: bytes) -> Web:
    """A web that holds one picture."""
    web = Web()
    web.serve(PICTURE, picture, "image/png")
    return web


@pytest.fixture
def picture() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (60, 40), "teal").save(out, "PNG")
    return out.getvalue()


def item(title: str, **words: Any) -> str:
    """One entry of an RSS feed."""
    link = words.get("link", f"https://paper.example.org/{title.lower().replace(' ', '-')}")
    hours: float | None = words.get("hours_ago", 2)
    parts = [f"<title>{escape(title)}</title>", f"<link>{escape(link)}</link>" if link else ""]
    parts += [f"<guid>{escape(words['guid'])}</guid>"] if "guid" in words else []
    parts += [f"<description>{escape(words['dek'])}</description>"] if "dek" in words else []
    parts += [f"<pubDate>{format_datetime(NOW - timedelta(hours=hours))}</pubDate>"] if hours is not None else []
    if words.get("image"):
        credit = f"<media:credit>{escape(words['credit'])}</media:credit>" if words.get("credit") else ""
        parts.append(f'<media:content url="{words["image"]}" medium="image">{credit}</media:content>')
    return f"<item>{''.join(parts)}</item>"


def rss(*items: str, title: str = "The Fellside Paper") -> str:
    """An RSS feed of these entries."""
    namespaces = 'xmlns:media="http://search.yahoo.com/mrss/"'
    head = f"<title>{escape(title)}</title><link>https://paper.example.org/</link>"
    return f'<?xml version="1.0"?><rss version="2.0" {namespaces}><channel>{head}{"".join(items)}</channel></rss>'


@pytest.fixture
def entry() -> Callable[..., str]:
    return item


@pytest.fixture
def feed_of() -> Callable[..., str]:
    return rss


@pytest.fixture
def add_article(db: None, web: Web) -> Callable[..., Article]:
    """Takes in one story as a feed of its own publisher tells it, and gives back the article."""
    feeds = 0

    def tell(title: str, *, publisher: str = "", added: datetime = NOW, **words: Any) -> Article:
        nonlocal feeds
        feeds += 1
        url = f"https://feed{feeds}.example.org/rss"
        web.serve(url, rss(item(title, **words), title=publisher or f"Paper {feeds}"), "application/rss+xml")
        asked, article = prepared.prepare(_take_in, title, url, web.answers, added)
        web.asked += asked
        return article

    return tell


def _take_in(title: str, url: str, answers: dict[str, Any], added: datetime) -> tuple[list[str], Article]:
    """The article, and what was asked of the web for it."""
    web = Web(answers)
    source = sources.add_source(url, now=added, by=SYSTEM)
    (report,) = polling.fetch_sources(now=added, fetch=web, ids=[source.id])
    assert report.added == 1, report
    query = "" if added >= NOW else title
    return web.asked, article_lookup.list_articles(query=query, limit=1)[0]


@pytest.fixture
def edition(newsletter: Newsletter) -> Edition:
    """An empty edition of today."""
    return prepared.prepare(_create_edition, newsletter.id)


def _create_edition(newsletter_id: int) -> Edition:
    return editions.create_edition(newsletter_id, None, now=NOW, by=SYSTEM)


@pytest.fixture
def filled(edition: Edition, add_article: Callable[..., Article]) -> Edition:
    """An edition of three stories with a subject, ready to be approved."""
    titles = ("Funicular reopens after repairs", "Night bus to be kept", "Otters back in the mill race")
    found = [add_article(title, dek=f"{title}, the council said on Monday.") for title in titles]
    return prepared.prepare(_fill_edition, edition.id, tuple(article.id for article in found))


def _fill_edition(edition_id: int, article_ids: tuple[int, ...]) -> Edition:
    for article_id in article_ids:
        picks.add_pick(edition_id, article_id, now=NOW, by=SYSTEM)
    return editions.edit_edition(
        edition_id, now=NOW, subject="Funicular reopens after repairs", preheader="And otters", seen=None, by=SYSTEM
    )
