"""Captions and credits, wherever pages put them."""

from __future__ import annotations

import pytest

from newsletter.curator.articles.extraction.page import extract

URL = "https://echo.example.org/2026/ferry"
PARAGRAPH = (
    "<p>From the first of May two boats will cross the lake between the mill and the castle, "
    "the harbour office said on Monday, and nobody has to wait long.</p>"
)
OTHER = '<figure><img src="/p/mill.jpg" alt="A mill"><figcaption>The mill. (Photo: Other Person)</figcaption></figure>'


def page(lead: str, *, body: str = PARAGRAPH * 6, picture: str = "/p/ferry-1200x630.jpg", head: str = "") -> str:
    return (
        f'<html><head><meta property="og:image" content="{picture}">{head}</head><body><article><h1>Ferry gets a '
        f"second boat</h1>{lead}{body}</article>"
        '<aside><figure><img src="/p/ad.jpg"><figcaption>Buy it. (Photo: An '
        "Advertiser)</figcaption></figure></aside></body></html>"
    )


@pytest.mark.parametrize(
    ("lead", "caption", "credit"),
    [
        (
            '<figure><img src="/p/ferry-640x480.jpg" alt="x">'
            "<figcaption>The ferry. (Photo: Ann Example)</figcaption></figure>",
            "The ferry.",
            "Ann Example",
        ),
        (
            '<div class="wp-caption"><img src="/p/ferry.jpg">'
            '<p class="wp-caption-text">The ferry at dawn (Credit: Ann Example)</p></div>',
            "The ferry at dawn",
            "Ann Example",
        ),
        (
            '<div class="media"><img src="/p/ferry.jpg"><div class="caption">The ferry. '
            '<span class="imageCredit">Ann Example | Some Agency</span></div></div>',
            "The ferry.",
            "Ann Example | Some Agency",
        ),
        (
            '<div class="pic"><div><img src="/p/ferry.jpg"></div><span>© Ann Example</span></div>',
            "",
            "Ann Example",
        ),
        (
            '<div class="photo"><img src="/p/ferry.jpg">'
            '<span class="newsCaption">The ferry (Image: GETTY )</span></div>',
            "The ferry",
            "GETTY",
        ),
        (
            '<figure><picture><span><span><span><span><img src="/p/ferry.jpg"></span></span></span></span></picture>'
            '<figcaption class="lead__caption"><span class="caption__credit">'
            "Ann Example/Getty Images</span></figcaption></figure>",
            "",
            "Ann Example/Getty Images",
        ),
        (
            '<figure><img src="/p/ferry.jpg">'
            "<figcaption>The ferry on its way, May 1, 2026. Ann B. Example / AP file</figcaption></figure>",
            "The ferry on its way, May 1, 2026.",
            "Ann B. Example / AP",
        ),
        (
            '<figure><img src="/p/ferry.jpg"><figcaption>The ferry (NASA via AP, File)</figcaption></figure>',
            "The ferry",
            "NASA via AP",
        ),
        (
            '<figure><img src="/p/ferry.jpg">'
            "<figcaption>The ferry, seen from above. Photo by Ann Example/Getty Images</figcaption></figure>",
            "The ferry, seen from above.",
            "Ann Example/Getty Images",
        ),
        (
            '<figure><img src="/p/ferry.jpg">'
            "<figcaption>The ferry, seen from above. Credit: Ann Example</figcaption></figure>",
            "The ferry, seen from above.",
            "Ann Example",
        ),
        (
            '<figure class="hero"><img src="/p/ferry.jpg">'
            "<figcaption>The ferry and the castle behind it.</figcaption></figure>",
            "The ferry and the castle behind it.",
            "",
        ),
        (  # the picture is drawn by a script
            '<figcaption class="hero-caption">The ferry at last. Ann Example / Reuters file</figcaption>',
            "The ferry at last.",
            "Ann Example / Reuters",
        ),
        ('<div><img src="/p/ferry.jpg"></div>', "", ""),
    ],
)
def test_caption_and_credit_of_the_lead_picture(lead: str, caption: str, credit: str) -> None:
    found = extract(page(lead), URL)
    assert (found.image_caption, found.image_credit) == (caption, credit)


def test_a_picture_far_down_the_story_lends_the_declared_one_no_credit() -> None:
    assert extract(page("", body=PARAGRAPH * 6 + OTHER), URL).image_credit == ""


def test_the_declared_picture_is_found_by_its_name_though_another_stands_first() -> None:
    lead = (
        OTHER
        + '<figure><img src="/cdn/ferry.jpg?w=300"><figcaption>The ferry. (Photo: Ann Example)</figcaption></figure>'
    )
    assert extract(page(lead), URL).image_credit == "Ann Example"


def test_a_notice_of_all_rights_is_no_credit() -> None:
    head = (
        '<script type="application/ld+json">{"@type":"NewsArticle","image":{"url":"/p/ferry.jpg",'
        '"creditText":"(c) 1998 Lens Inc., All rights reserved"}}</script>'
    )
    assert extract(page("", head=head), URL).image_credit == ""
