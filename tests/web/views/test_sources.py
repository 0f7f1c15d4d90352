"""Sources on the desk."""

from __future__ import annotations

from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from newsletter.curator.articles import article_lookup


def test_files_are_not_read_by_the_desk(admin: Client, newsroom: Any) -> None:
    admin.post("/sources/", {"url": "file:///etc/passwd"})
    assert article_lookup.list_sources() == ()
    admin.post("/sources/articles/", {"url": "file:///etc/passwd"})
    assert article_lookup.list_articles() == ()


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
