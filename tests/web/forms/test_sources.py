"""The forms that bring stories."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import QueryDict
from django.utils.datastructures import MultiValueDict

from newsletter.web.forms.sources import ArticleForm, ClipForm, FeedForm, FetchForm, OpmlForm


@pytest.mark.parametrize("url", ["", "file:///etc/passwd", "javascript:alert(1)"])
def test_only_web_addresses_are_taken(url: str) -> None:
    sent = QueryDict(mutable=True)
    sent.update({"url": url, "do": "page"})
    for form in (FeedForm(sent), ArticleForm(sent), ClipForm(sent)):
        assert not form.is_valid()
        assert list(form.errors) == ["url"]


def test_an_article_is_an_address_or_a_text() -> None:
    assert ArticleForm(QueryDict("url=https://a.example/")).is_valid()
    assert ArticleForm(QueryDict("text=Ferry+gets+a+second+boat")).is_valid()
    neither = ArticleForm(QueryDict("url=+&text=+"))
    assert not neither.is_valid()
    assert neither.errors["url"] == ["Give the address of the page, or paste its text."]


def test_a_clip_says_what_is_added() -> None:
    form = ClipForm(QueryDict("url=https://a.example/&do=everything"))
    assert not form.is_valid()
    assert form.non_field_errors()


def test_a_file_is_read_no_further_than_it_may_be_long() -> None:
    form = OpmlForm(QueryDict(), MultiValueDict({"file": [SimpleUploadedFile("feeds.opml", b"x" * 9)]}))
    assert form.is_valid()
    assert form.read_file(5) == (b"xxxxx", "feeds.opml")
    missing = OpmlForm(QueryDict(), MultiValueDict())
    assert not missing.is_valid()
    assert missing.errors["file"] == ["Choose an OPML file."]


def test_the_feed_to_fetch_is_named() -> None:
    form = FetchForm(QueryDict("source=x"))
    assert not form.is_valid()
    assert "does not say which feed" in form.non_field_errors()[0]
