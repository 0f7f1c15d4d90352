"""Sources on the desk."""

from __future__ import annotations

from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from newsletter.curator.articles import article_lookup


def test_files_are_not_read_by_the_desk(editor: Client, house: Any) -> None:
    editor.post("/sources/", {"url": "file:///etc/passwd"})
    assert article_lookup.list_sources() == ()
    editor.post("/sources/articles/", {"url": "file:///etc/passwd"})
    assert article_lookup.list_articles() == ()


def test_feeds_are_imported_and_exported_as_opml(editor: Client) -> None:
    feed = b'<outline type="rss" text="The Echo" xmlUrl="https://echo.example.org/rss"/>'
    opml = b'<opml version="2.0"><body>' + feed + b"</body></opml>"
    answer = editor.post("/sources/feeds.opml", {"file": SimpleUploadedFile("feeds.opml", opml)}, follow=True)
    assert "Feeds added: 1." in answer.content.decode()
    assert "The Echo" in answer.content.decode()
    assert b'xmlUrl="https://echo.example.org/rss"' in editor.get("/sources/feeds.opml").content
    for wrong in (b"hello", b"<opml/>", b"x" * (5 * 2**20 + 1)):
        answer = editor.post("/sources/feeds.opml", {"file": SimpleUploadedFile("x.opml", wrong)}, follow=True)
        assert "file" in answer.content.decode()
    assert "Choose an OPML file" in editor.post("/sources/feeds.opml", follow=True).content.decode()
    assert len(article_lookup.list_sources()) == 1
