"""What a page says now, compared with what it said."""

from __future__ import annotations

from datetime import datetime

import pytest

from newsletter.checks import preflight
from newsletter.curator.articles.extraction.page import extract
from newsletter.curator.editions.page_comparison import PageFacts, PageVerdict, compare, read_page, sketch_text
from newsletter.curator.editions.values import Edition

URL = "https://echo.example.org/ferry"


BODY = "<p>From the first of May two boats will cross the lake, the harbour office said on Monday.</p>" * 3


def page(title: str = "Ferry gets a second boat", more: str = "") -> str:
    return (
        f"<html><head><title>{title} | Upland Echo</title></head>"
        f"<body><article><h1>{title}</h1>{BODY}{more}</article></body></html>"
    )


@pytest.mark.parametrize(
    "correction",
    [
        "<p>Correction: an earlier text gave the wrong year for the second boat.</p>",
        "<p><strong>Correction, Nov. 24:</strong> The boat was built in 1961.</p>",
        "<em>An earlier version of this story misstated the name of the mill.</em>",
        "<p>This article was amended on 24 November 2026 because the mill is in Lower Fellside.</p>",
        "<p>Editor's note: The figure in the second paragraph has been corrected.</p>",
        "<p>Korrektur: In der ersten Fassung stand ein falsches Jahr.</p>",
        "<aside>In einer früheren Version hieß es, das Boot sei neu.</aside>",
        "<p>Rectificatif : le bateau date de 1961 et non de 1951.</p>",
        "<p>Fe de errores: el barco es de 1961 y no de 1951.</p>",
        "<p>Sprostowanie: łódź zbudowano w 1961 roku.</p>",
        "<p>Rättelse: båten byggdes 1961 och inte 1951.</p>",
        "<p>Transparenzhinweis: Wir haben die Zahl im Text nachträglich korrigiert.</p>",
        "<p>Mise à jour : une première version de cet article indiquait 1951.</p>",
        "<p>Una precedente versione di questo articolo indicava il 1951.</p>",
        "<p>I en tidigare version av artikeln stod 1951.</p>",
        "<p>I en tidligere versjon sto det 1951.</p>",
        "<p>Oikaisu: laiva on vuodelta 1961.</p>",
        "<p>Oprava: loď je z roku 1961.</p>",
        "<p>В более ранней версии статьи был указан 1951 год.</p>",
        "<p>Виправлення: пором збудовано 1961 року.</p>",
        "<p>Düzeltme: Vapur 1961 yapımıdır.</p>",
        "<p>Helyesbítés: a hajó 1961-ből való.</p>",
        "<p>Διόρθωση: το πλοίο είναι του 1961.</p>",
        "<p>更正：渡轮建于一九六一年，并非一九五一年所造的那一艘。</p>",
        "<p>정정: 배는 1961년에 건조되었습니다.</p>",
        "<p>訂正：二隻目の船は一九五一年ではなく一九六一年に造られたものでした。</p>",
    ],
)
def test_a_page_that_corrects_itself_says_how(correction: str) -> None:
    found = read_page(page(more=correction).encode(), URL)
    assert found.title == "Ferry gets a second boat"
    assert len(found.correction) > 20


@pytest.mark.parametrize(
    "text",
    [
        "<p>The court of correction sat until midnight, and nobody was corrected.</p>",
        "<p>She said that the earlier version of the boat was built of oak and never leaked.</p>",
        "<p>Corrections officers went on strike.</p>",
        "<p>Corrections officers went on strike: nobody came to the gates.</p>",
    ],
)
def test_a_story_about_corrections_is_none(text: str) -> None:
    assert read_page(page(more=text).encode(), URL).correction == ""


STORY = "From the first of May two boats will cross the lake, the harbour office said, and nobody has to wait any more."
WHOLE = sketch_text(STORY)


@pytest.mark.parametrize(
    ("before", "now", "state"),
    [
        (PageFacts("Ferry", "", URL, WHOLE), PageFacts("Ferry", "", URL, ""), "withdrawn"),
        (PageFacts("Ferry", "", URL, WHOLE), PageFacts("Page not found", "", URL, sketch_text("x " * 40)), "withdrawn"),
        (
            PageFacts("Ferry", "", URL, WHOLE),
            PageFacts("Ferry", "", URL, sketch_text("Nothing is as it was in this story of a boat and its captain.")),
            "rewritten",
        ),
        (PageFacts("Ferry", "", URL, WHOLE), PageFacts("Ferry", "", URL, sketch_text(f"{STORY} One more.")), "same"),
        (PageFacts("Ferry", "", URL, WHOLE, False), PageFacts("Ferry", "", URL, WHOLE, True), "paywalled"),
        (PageFacts("Ferry", "", URL, WHOLE, True), PageFacts("Ferry", "", URL, WHOLE, True), "same"),
        (PageFacts("Ferry", "", URL, WHOLE), PageFacts("Ferry", "", URL, WHOLE, True), "same"),
    ],
)
def test_a_page_that_was_emptied_rewritten_or_walled_says_so(before: PageFacts, now: PageFacts, state: str) -> None:
    assert compare(URL, before, now).state == state


def test_what_a_page_holds_is_read_for_later() -> None:
    found = read_page(page().encode(), URL)
    assert found.sketch == sketch_text(extract(page(), URL).text)
    assert found.paywalled is False


@pytest.mark.parametrize(
    ("before", "now", "verdict"),
    [
        (None, PageFacts("A", "", URL), PageVerdict("same")),
        (
            PageFacts("Ferry gets a second boat", "", URL),
            PageFacts("Ferry gets a second boat!", "", URL),
            PageVerdict("same"),
        ),
        (
            PageFacts("Ferry gets a second boat", "", URL),
            PageFacts("Second boat for ferry is delayed", "", URL),
            PageVerdict("changed", "Second boat for ferry is delayed"),
        ),
        (
            PageFacts("A", "", URL),
            PageFacts("A", "", "https://echo.example.org/"),
            PageVerdict("gone", "the address leads to https://echo.example.org/"),
        ),
        (PageFacts("A", "", URL), PageFacts("A", "", f"{URL}-2"), PageVerdict("moved", f"{URL}-2")),
        (PageFacts("A", "", URL), PageFacts("A", "", f"{URL}?utm_source=x"), PageVerdict("same")),
        (None, PageFacts("A", "", "https://other.example.org/x"), PageVerdict("same")),
        (
            PageFacts("A", "", URL),
            PageFacts("B is another", "Correction: not A", URL),
            PageVerdict("corrected", "Correction: not A"),
        ),
    ],
)
def test_what_a_page_says_now_against_what_it_said(
    before: PageFacts | None, now: PageFacts, verdict: PageVerdict
) -> None:
    assert compare(URL, before, now) == verdict


def found(edition: Edition, now: datetime) -> list[str]:
    return [
        finding.message
        for finding in preflight.inspect_edition(edition.id, now=now).findings
        if (finding.where.startswith("story:") and "site" in finding.message) or "again" in finding.message
    ]
