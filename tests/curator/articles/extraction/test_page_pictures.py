"""The pictures of an article's page, with what stands by them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.curator.articles.extraction import page_pictures

URL = "https://echo.example.org/2026/ferry"


def find(body: str, head: str = "") -> tuple[page_pictures.PagePicture, ...]:
    return page_pictures.list_pictures(f"<html><head>{head}</head><body>{body}</body></html>".encode(), URL)


def test_pictures_come_with_their_words_once_and_with_whole_addresses() -> None:
    words = "<figcaption>The ferry. (Photo: Kim Example)</figcaption>"
    figure = f'<figure><img src="/p/ferry.jpg" alt="A ferry">{words}</figure>'
    found = find(
        f'<article>{figure}<img data-src="mill.jpg"></article>',
        '<meta property="og:image" content="/p/ferry.jpg"><meta name="twitter:image" content="https://a.example/t.jpg">',
    )
    assert [each.url for each in found] == [
        "https://echo.example.org/p/ferry.jpg",
        "https://echo.example.org/2026/mill.jpg",
        "https://a.example/t.jpg",
    ]
    assert (found[0].alt, found[0].caption, found[0].credit) == ("A ferry", "The ferry.", "Kim Example")


@pytest.mark.parametrize(
    "image", ['<img src="data:image/png;base64,AA">', '<img src="/a.svg?x">', '<img src="/a.png" width="16">', "<img>"]
)
def test_what_is_no_picture_to_choose_is_left_out(image: str) -> None:
    assert find(f"<article>{image}</article>") == ()


def test_there_are_never_more_than_a_few() -> None:
    many = "".join(f'<img src="/{number}.jpg">' for number in range(50))
    assert len(find(f"<main>{many}</main>")) == page_pictures.MOST


@given(st.text())
def test_no_page_breaks_it(text: str) -> None:
    find(f"<article><img src='{text}' alt='{text}'></article>")
