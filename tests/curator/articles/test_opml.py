"""Lists of feeds as other readers keep them."""

from __future__ import annotations

from datetime import datetime

import pytest

from newsletter.curator.articles import opml, sources
from newsletter.kernel.errors import BadInput
from tests.actors import SYSTEM

FEED = "https://paper.example.org/rss"


OPML = """<?xml version="1.0"?>
<opml version="1.0"><body><outline text="News">
  <outline type="rss" text="The Fellside Paper" xmlUrl="https://paper.example.org/rss" \
htmlUrl="https://paper.example.org/"/>
  <outline type="rss" text="Twice" xmlUrl="https://paper.example.org/rss"/>
  <outline type="rss" text="Weekly &amp; more" xmlUrl="https://weekly.example.org/atom"/>
  <outline type="rss" text="Odd" xmlUrl="gopher://old.example.org/1"/>
</outline></body></opml>"""


@pytest.mark.django_db
def test_an_opml_list_is_imported_once_and_exported_again(now: datetime) -> None:
    new, troubles = sources.import_sources(OPML.encode(), now=now, by=SYSTEM)
    assert [(each.title, each.url) for each in new] == [
        ("The Fellside Paper", FEED),
        ("Weekly & more", "https://weekly.example.org/atom"),
    ]
    assert len(troubles) == 1
    assert "gopher://old.example.org/1" in troubles[0]
    assert sources.import_sources(OPML.encode(), now=now, by=SYSTEM)[0] == ()
    again = opml.parse_opml(sources.export_sources(now=now).encode())
    assert {(each.title, each.url) for each in again} == {(each.title, each.url) for each in new}


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"not xml",
        b"<html><body>hello</body></html>",
        b"https://paper.example.org/list.opml",
        b"\x00\xff" * 50,
        b"<opml><body>" + b"<outline>" * 5_000,
        b"x" * (opml.LARGEST_FILE + 1),
    ],
)
def test_what_is_no_list_of_feeds_is_refused_with_words(data: bytes) -> None:
    with pytest.raises(BadInput) as refused:
        opml.parse_opml(data)
    assert refused.value.field == "file"


def test_entities_of_a_list_fetch_nothing_and_grow_nothing() -> None:
    bomb = (
        '<!DOCTYPE opml [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY x SYSTEM "file:///etc/hostname">]>'
    )
    data = f'{bomb}<opml><body><outline text="&b;&x;" xmlUrl="https://paper.example.org/rss"/></body></opml>'
    (found,) = opml.parse_opml(data.encode())
    assert "aaaaaaaaaa" not in found.title


def test_a_list_of_feeds_is_taken_up_to_its_limits() -> None:
    feed = '<outline type="rss" xmlUrl="https://echo.example.org/{}"/>'
    data = f"<opml version='2.0'><body>{''.join(map(feed.format, range(5_001)))}</body></opml>".encode()
    assert len(opml.parse_opml(data)) == opml.MOST_FEEDS == 5_000
    assert len(opml.parse_opml(data.ljust(opml.LARGEST_FILE))) == 5_000
    with pytest.raises(BadInput, match="5 MB"):
        opml.parse_opml(data.ljust(opml.LARGEST_FILE + 1))
