"""One story has one address and one key."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.curator.articles.canonical_urls import (
    canonicalise,
    compute_story_key,
    is_same_site,
    normalise_title,
)


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
    assert canonicalise("https://x.example:8443/a") == "https://x.example:8443/a"
    assert canonicalise("ftp://x.example/") == canonicalise("not an address") == ""


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("https://x.example/a", "https://www.x.example/b", True),
        ("https://m.x.example/a", "https://amp.x.example/b", True),
        ("https://x.example/a", "https://evil.example/a", False),
        ("https://blogs.example/a", "https://evil.blogs.example/a", False),
        ("https://m.example/a", "https://example/a", True),
        ("not an address", "", False),
    ],
)
def test_a_site_is_known_by_its_server(one: str, other: str, same: bool) -> None:
    assert is_same_site(one, other) is same


@given(st.text(max_size=200), st.text(max_size=80))
def test_any_address_and_headline_has_a_key(url: str, title: str) -> None:
    assert len(compute_story_key(url, title)) == 64
    assert canonicalise(canonicalise(url)) == canonicalise(url)
    assert normalise_title(normalise_title(title)) == normalise_title(title)
