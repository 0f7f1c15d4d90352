"""The mail as a browser lays it out: on a phone and wide, from left to right and from right to left."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from newsletter.templater import render
from newsletter.templater.briefing import Briefing, BriefingPicture, TransactionalContent
from newsletter.templater.rendering import render_transactional

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or ""

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM, reason="Debian's chromium is not installed (apt-get install chromium)"),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        )
        yield opened
        opened.close()


def laid_out(browser: Any, html: str, width: int, scheme: str = "light") -> Any:
    """A page that shows the mail and asks the network for nothing."""
    page = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
    page.route("**/*", lambda route: route.abort())
    page.set_content(html, wait_until="domcontentloaded")
    return page


@pytest.mark.parametrize("language", ["en", "ar"])
@pytest.mark.parametrize("width", [320, 375, 480, 599, 600, 700])
def test_nothing_scrolls_sideways_and_every_story_has_room(
    browser: Any, briefing: Briefing, width: int, language: str
) -> None:
    """A section that mixes stories with and without a picture is the hard case."""
    page = laid_out(browser, render(replace(briefing, language=language)).html, width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    widths = page.eval_on_selector_all(".story", "all => all.map(each => each.getBoundingClientRect().width)")
    page.close()
    assert len(widths) == 11
    sheet = min(width, 640)
    assert min(widths) >= (sheet - 40 - 34 if width < 600 else sheet - 80 - 48 - 152) - 1, widths


@pytest.mark.parametrize("width", [320, 700])
def test_a_word_without_end_does_not_widen_the_mail(browser: Any, briefing: Briefing, width: int) -> None:
    endless = "Donaudampfschifffahrtsgesellschaft" * 6
    section = briefing.sections[0]
    stories = tuple(replace(each, headline=endless, blurb=endless) for each in section.stories)
    changed = replace(
        briefing,
        lead=replace(briefing.lead, headline=endless),
        sections=(replace(section, stories=stories),),
        intro=endless,
    )
    page = laid_out(browser, render(changed).html, width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.close()


LOGO = BriefingPicture("http://testserver/pictures/logo.png", 320, 60, "The Upland Echo")
MASTHEADS = {
    "the name, with a link": {},
    "the name alone": {"url": ""},
    "two pictures": {"logo_light": LOGO, "logo_dark": LOGO},
}


def mails(briefing: Briefing) -> Iterator[str]:
    """Every kind of mail under every kind of masthead."""
    for changes in MASTHEADS.values():
        publication = replace(briefing.publication, **changes)
        yield render(replace(briefing, publication=publication)).html
        yield render_transactional(
            TransactionalContent(
                "Confirm", "One press", ("Was it you?",), "Yes", "https://x.example", publication, ("No? Do nothing.",)
            )
        ).html


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_stand_out_from_their_ground(browser: Any, briefing: Briefing, scheme: str) -> None:
    """WCAG 2.2, 1.4.3: contrast of 4.5 for every piece of text, in both palettes."""
    for html in mails(briefing):
        page = laid_out(browser, html, 375, scheme)
        faint = page.evaluate(_CONTRAST)
        page.close()
        assert faint == []


_CONTRAST = """() => {
  const rgb = value => value.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map(x => x / 255)
    .map(x => x <= 0.03928 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4)
    .reduce((sum, x, i) => sum + x * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = node => { for (; node; node = node.parentElement) {
    const value = rgb(getComputedStyle(node).backgroundColor); if (value.length < 4 || value[3]) return value; }
    return [255, 255, 255]; };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), faint = [];
  while (walker.nextNode()) {
    const node = walker.currentNode.parentElement, words = walker.currentNode.data.trim();
    if (!words || node.closest("style") || !node.getClientRects().length) continue;
    const [a, b] = [light(rgb(getComputedStyle(node).color)), light(ground(node))].sort((x, y) => y - x);
    if ((a + 0.05) / (b + 0.05) < 4.5) faint.push(words);
  }
  return faint;
}"""


def test_below_a_short_mail_the_page_is_dark_too(browser: Any, briefing: Briefing) -> None:
    page = laid_out(browser, render(replace(briefing, lead=None, sections=())).html, 375, "dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(17, 23, 26)"
    page.close()


@pytest.mark.parametrize("template", ["goodnews", "letter"])
@pytest.mark.parametrize("language", ["en", "ar"])
@pytest.mark.parametrize("width", [320, 375, 414, 599, 600, 700])
def test_no_letter_scrolls_sideways(browser: Any, briefing: Briefing, template: str, language: str, width: int) -> None:
    page = laid_out(browser, render(replace(briefing, template=template, language=language)).html, width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.close()


@pytest.mark.parametrize(("template", "ground"), [("goodnews", "rgb(34, 27, 22)"), ("letter", "rgb(26, 34, 38)")])
def test_every_letter_follows_the_dark_and_outlooks_own_way_of_it(
    browser: Any, briefing: Briefing, template: str, ground: str
) -> None:
    html = render(replace(briefing, template=template)).html
    dark = laid_out(browser, html, 375, "dark")
    assert dark.evaluate("getComputedStyle(document.querySelector('.sheet table, .sheet')).backgroundColor") == ground
    colours = "[...document.querySelectorAll('.page *')].map(each => getComputedStyle(each).color)"
    wanted = dark.evaluate(colours)
    dark.close()
    outlook = laid_out(browser, html.replace("<body", "<body data-ogsc data-ogsb", 1), 375)
    found = outlook.evaluate(colours)
    outlook.close()
    assert found == wanted


def test_cards_stand_beside_each_other_and_below_on_a_phone(browser: Any, briefing: Briefing) -> None:
    from newsletter.templater.briefing import BriefingSection
    from tests.templater.conftest import PICTURE, story

    cards = replace(
        briefing,
        template="goodnews",
        sections=(BriefingSection("Week", tuple(story(n, picture=PICTURE) for n in (2, 3))),),
    )
    html = render(cards).html
    for width, beside in ((700, True), (375, False)):
        page = laid_out(browser, html, width)
        first, second = page.eval_on_selector_all(
            ".card-td", "all => all.map(each => each.getBoundingClientRect().top)"
        )
        page.close()
        assert (abs(first - second) < 2) is beside
