"""Sources on the desk."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import lxml.html
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from newsletter.curator.articles import article_lookup
from newsletter.curator.articles.models import Source
from newsletter.curator.articles.sources import add_source
from newsletter.web.forms.filters import PAGE
from tests.actors import SYSTEM


def test_files_are_not_read_by_the_desk(admin: Client, newsroom: Any) -> None:
    admin.post("/sources/", {"url": "file:///etc/passwd"})
    assert article_lookup.list_sources() == ()
    admin.post("/sources/articles/", {"url": "file:///etc/passwd"})
    assert article_lookup.list_articles() == ()


def test_what_is_refused_stands_at_its_field_and_nothing_typed_is_lost(admin: Client, newsroom: Any) -> None:
    answer = admin.post("/sources/articles/", {"url": "ferry", "text": "Ferry gets a second boat"})
    page = lxml.html.fromstring(answer.content.decode())
    assert answer.status_code == 422
    assert "begins with https://" in page.get_element_by_id("url_error").text_content()
    assert page.get_element_by_id("text").value.strip() == "Ferry gets a second boat"
    answer = admin.post("/sources/", {"url": "ftp://echo.example.org/rss"})
    page = lxml.html.fromstring(answer.content.decode())
    assert answer.status_code == 422
    assert "begins with https://" in page.get_element_by_id("feed-url_error").text_content()
    assert page.get_element_by_id("feed-url").value == "ftp://echo.example.org/rss"
    assert "which feed" in admin.post("/sources/reading/", {"source": "x"}).content.decode()


def test_feeds_are_imported_and_exported_as_opml(admin: Client) -> None:
    feed = b'<outline type="rss" text="The Echo" xmlUrl="https://echo.example.org/rss"/>'
    opml = b'<opml version="2.0"><body>' + feed + b"</body></opml>"
    answer = admin.post("/sources/feeds.opml", {"file": SimpleUploadedFile("feeds.opml", opml)}, follow=True)
    assert "Feeds added: 1." in answer.content.decode()
    assert "The Echo" in answer.content.decode()
    assert b'xmlUrl="https://echo.example.org/rss"' in admin.get("/sources/feeds.opml").content
    for wrong in (b"hello", b"<opml/>", b"x" * (5 * 2**20 + 1)):
        answer = admin.post("/sources/feeds.opml", {"file": SimpleUploadedFile("x.opml", wrong)}, follow=True)
        assert "file" in answer.content.decode()
    assert "Choose an OPML file" in admin.post("/sources/feeds.opml", follow=True).content.decode()
    assert len(article_lookup.list_sources()) == 1


def test_feeds_are_added_by_those_who_edit_for_all_newsletters(editor: Client) -> None:
    assert editor.post("/sources/", {"url": "https://echo.example.org/rss"}).status_code == 403
    opml = b'<opml version="2.0"><body><outline xmlUrl="https://echo.example.org/rss"/></body></opml>'
    assert editor.post("/sources/feeds.opml", {"file": SimpleUploadedFile("a.opml", opml)}).status_code == 403
    assert article_lookup.list_sources() == ()
    page = editor.get("/sources/").content.decode()
    assert "Add a feed" not in page
    assert "Import OPML" not in page
    assert "Add an article" in page


def test_a_feed_is_removed_by_whoever_confirms_it(admin: Client, editor: Client, now: datetime) -> None:
    source = add_source("https://echo.example.org/rss", by=SYSTEM, now=now)
    page, sent = "/sources/removal/", {"source": str(source.id)}
    refused = admin.post(page, sent)
    assert refused.status_code == 422
    assert "Tick the box to confirm that the feed is to be removed." in refused.content.decode()
    assert editor.post(page, sent | {"sure": "on"}).status_code == 403
    assert "Remove feed" not in editor.get("/sources/").content.decode()
    assert len(article_lookup.list_sources()) == 1
    assert admin.post(page, sent | {"sure": "on"}).status_code == 302
    assert article_lookup.list_sources() == ()
    assert admin.post(page, sent | {"sure": "on"}).status_code in (404, 422)


def test_feeds_are_searched_and_filtered(admin: Client, now: datetime) -> None:
    for n in range(PAGE + 1):
        Source.objects.create(
            url=f"https://{n}.example.com/", title=f"Paper {n}", added_at=now, error="Gone." * (n == 7)
        )

    def find(query: str) -> Any:
        return lxml.html.fromstring(admin.get(f"/sources/?{query}").content.decode())

    page = find("")
    assert len(page.cssselect("#rows tr")) == PAGE
    assert len(find(page.get_element_by_id("show-more").get("href")[1:]).cssselect("#rows tr")) == 1
    assert [each.text_content() for each in find("q=paper+42").cssselect("#rows b")] == ["Paper 42"]
    assert [each.text_content() for each in find("state=late").cssselect("#rows b")] == ["Paper 7"]
    assert "No feed fits." in find("q=nowhere").text_content()
