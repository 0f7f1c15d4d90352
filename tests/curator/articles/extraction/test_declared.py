"""What pages say for machines, however loosely they say it."""

from __future__ import annotations

import pytest
from lxml import html

from newsletter.curator.articles.extraction import declared


def read(*documents: str) -> dict[str, object]:
    scripts = "".join(f'<script type="application/ld+json">{each}</script>' for each in documents)
    return declared.read_json_ld(html.document_fromstring(f"<html><head>{scripts}</head><body></body></html>"))


@pytest.mark.parametrize(
    "document",
    [
        '{"@type":"NewsArticle","headline":"Ferry"}',
        '{"@type":"Recipe","headline":"Ferry"}',
        '{"@graph":[{"@type":"WebSite","name":"Echo"},{"@type":"WebPage","headline":"Ferry"}]}',
        '{"@type":"WebPage","mainEntity":{"@type":"Thing","headline":"Ferry"}}',
        '[{"@type":["Article","Thing"],"headline":"Ferry",},]',
        '<!-- {"headline":"Ferry"} -->',
        '/*<![CDATA[*/ {"headline":"Ferry"} /*]]>*/',
        '{"headline":"Ferry"};',
    ],
)
def test_the_story_is_found_whatever_its_type_and_form(document: str) -> None:
    assert read(document).get("headline") == "Ferry"


def test_the_node_that_says_most_is_the_story() -> None:
    found = read(
        '{"@type":"WebPage","headline":"Front","datePublished":"2020-01-01"}',
        '{"@type":"Article","headline":"Ferry","author":"Ann","description":"Two boats"}',
    )
    assert (found["headline"], found["author"]) == ("Ferry", "Ann")


@pytest.mark.parametrize("document", ["", "{", "null", "[[[", '{"@graph":{"@graph":[]}}', '{"@id":1}', '"x"'])
def test_what_is_no_document_says_nothing(document: str) -> None:
    assert read(document) == {}


def test_references_that_go_round_are_left_alone() -> None:
    assert read('{"headline":"Ferry","author":{"@id":"#a"}}', '{"@id":"#a","x":1}')["author"] == {"@id": "#a", "x": 1}


def test_a_tag_that_stands_twice_is_read_twice() -> None:
    tags = '<meta name="Author" content="Ann"><meta name="author" content="Bo">'
    tree = html.document_fromstring(f"<html><head>{tags}</head></html>")
    assert declared.list_authors(declared.list_meta(tree)) == ["Ann", "Bo"]
    assert declared.read_meta(tree)["author"] == "Ann"
