"""The mail as a browser lays it out: on a phone and wide, from left to right and from right to left."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from newsletter.kernel.resources import list_mail_templates
from newsletter.templater import engine, render
from newsletter.templater.briefing import Briefing, BriefingBox, BriefingPicture, BriefingSection, TransactionalContent
from newsletter.templater.rendering import render_transactional
from tests.browser.people import NEEDS_CHROMIUM, open_browser
from tests.templater.conftest import fill_briefing, story

pytestmark = NEEDS_CHROMIUM


@pytest.fixture(scope="module")
def page() -> Iterator[Any]:
    """One page for all mails, which asks the network for nothing: to open one takes longer than to lay out a mail."""
    with open_browser() as browser:
        page = browser.new_page()
        page.route("**/*", lambda route: route.abort())
        yield page


def lay_out(page: Any, html: str, width: int, scheme: str = "light") -> None:
    """Shows the mail."""
    page.set_viewport_size({"width": width, "height": 800})
    page.emulate_media(color_scheme=scheme)
    page.set_content(html, wait_until="domcontentloaded")


@pytest.mark.parametrize("language", ["en", "ar"])
@pytest.mark.parametrize("width", [320, 375, 480, 599, 600, 700])
def test_nothing_scrolls_sideways_and_every_story_has_room(
    page: Any, briefing: Briefing, width: int, language: str
) -> None:
    """A section that mixes stories with and without a picture is the hard case."""
    lay_out(page, render(replace(briefing, language=language)).html, width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    widths = page.eval_on_selector_all(".story", "all => all.map(each => each.getBoundingClientRect().width)")
    assert len(widths) == 11
    sheet = min(width, 640)
    assert min(widths) >= (sheet - 40 - 34 if width < 600 else sheet - 80 - 48 - 152) - 1, widths


ENDLESS = "Donaudampfschifffahrtsgesellschaft" * 6


def write_endless(path: str) -> str:
    """A text that is one word without end, where the field is a text."""
    name = path.rpartition(".")[2]
    if path in ("language", "template", "link_parameters"):
        return {"language": "de", "template": "briefing"}.get(path, "")
    if name.endswith(("url", "src")):
        return f"https://paper.example.org/{ENDLESS}"
    return f"{ENDLESS}@example.com" if name == "email" else ENDLESS


def make_picture(width: int, height: int) -> BriefingPicture:
    return BriefingPicture(f"http://testserver/{width}x{height}.jpg", width, height, "Alt", "Caption.", "Credit")


SIZES = ((1280, 800), None, (600, 600), None, (400, 1200), (90, 90), (640, 640))
PICTURED = tuple(
    story(
        number,
        headline="Verkehrsinfrastrukturfinanzierungsgesellschaft berät",
        picture=make_picture(*size) if size else None,
    )
    for number, size in enumerate(SIZES)
)


@pytest.mark.parametrize("template", list_mail_templates())
def test_no_word_widens_the_mail_and_words_have_room_also_without_a_style_sheet(page: Any, template: str) -> None:
    """Where the program drops <style> as well, with words without end and with ordinary long ones."""
    endless = fill_briefing(write_endless)
    ordinary = replace(endless, sections=tuple(replace(each, stories=PICTURED) for each in endless.sections))
    for briefing in (endless, ordinary):
        html = render(replace(briefing, template=template)).html
        for shown in (html, re.sub("<style.*?</style>", "", html, flags=re.S)):
            lay_out(page, shown, 320)
            for width in (320, 375, 700):
                page.set_viewport_size({"width": width, "height": 800})
                assert page.evaluate("document.documentElement.scrollWidth") <= width
                for words, least in (("h3, .dek", 170), ("h2, p", 112)):  # the second beside a small picture
                    widths = page.eval_on_selector_all(words, "all => all.map(e => e.getBoundingClientRect().width)")
                    assert widths
                    assert min(widths) >= least, (words, width)


@pytest.mark.parametrize("template", list_mail_templates())
def test_no_picture_fills_the_screen_and_its_credit_stands_below_it(
    page: Any, briefing: Briefing, template: str
) -> None:
    assert briefing.lead is not None
    sections = (BriefingSection("One", PICTURED), BriefingSection("Two", PICTURED[2:3]))
    for lead in ((1280, 800), (900, 900)):
        opening = replace(briefing.lead, picture=make_picture(*lead))
        lay_out(page, render(replace(briefing, template=template, lead=opening, sections=sections)).html, 700)
        for width in (320, 375, 700):
            page.set_viewport_size({"width": width, "height": 800})
            shown = page.evaluate(_PICTURES)
            assert len(shown) == 7
            for each in shown:
                assert each["height"] <= max(0.76 * each["width"], 361), each
                assert each["width"] <= each["natural"], each
                assert 0 <= each["gap"] <= 12, each
                assert each["beside"] is False, each


# Each picture with its credit, which is the next in the document: how far below it, and whether it is not under it.
_PICTURES = """() => { const credits = [...document.querySelectorAll(".cap")].filter(
    each => each.textContent.includes("Caption."));
  return [...document.querySelectorAll("img")].map((each, place) => {
    const box = each.getBoundingClientRect(), below = credits[place].getBoundingClientRect();
    return {src: each.src, width: box.width, height: box.height, natural: parseInt(each.src.match(/([0-9]+)x/)[1]),
      gap: below.top - box.bottom, beside: below.left > box.right || below.right < box.left}; }); }"""


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
def test_words_stand_out_from_their_ground(page: Any, briefing: Briefing, scheme: str) -> None:
    """WCAG 2.2, 1.4.3: contrast of 4.5 for every piece of text, in both palettes."""
    for html in mails(briefing):
        lay_out(page, html, 375, scheme)
        faint = page.evaluate(_CONTRAST)
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


def test_below_a_short_mail_the_page_is_dark_too(page: Any, briefing: Briefing) -> None:
    lay_out(page, render(replace(briefing, lead=None, sections=())).html, 375, "dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(17, 23, 26)"


@pytest.mark.parametrize("template", ["goodnews", "letter"])
@pytest.mark.parametrize("language", ["en", "ar"])
@pytest.mark.parametrize("width", [320, 375, 414, 599, 600, 700])
def test_no_letter_scrolls_sideways(page: Any, briefing: Briefing, template: str, language: str, width: int) -> None:
    lay_out(page, render(replace(briefing, template=template, language=language)).html, width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize(("template", "ground"), [("goodnews", "rgb(34, 27, 22)"), ("letter", "rgb(26, 34, 38)")])
def test_every_letter_follows_the_dark_and_outlooks_own_way_of_it(
    page: Any, briefing: Briefing, template: str, ground: str
) -> None:
    html = render(replace(briefing, template=template)).html
    lay_out(page, html, 375, "dark")
    assert page.evaluate("getComputedStyle(document.querySelector('.sheet table, .sheet')).backgroundColor") == ground
    colours = "[...document.querySelectorAll('.page *')].map(each => getComputedStyle(each).color)"
    wanted = page.evaluate(colours)
    lay_out(page, html.replace("<body", "<body data-ogsc data-ogsb", 1), 375)
    found = page.evaluate(colours)
    assert found == wanted


def test_cards_stand_beside_each_other_and_below_on_a_phone(page: Any, briefing: Briefing) -> None:
    from newsletter.templater.briefing import BriefingSection
    from tests.templater.conftest import PICTURE, story

    cards = replace(
        briefing,
        template="goodnews",
        sections=(BriefingSection("Week", tuple(story(n, picture=PICTURE) for n in (2, 3))),),
    )
    html = render(cards).html
    for width, beside in ((700, True), (375, False)):
        lay_out(page, html, width)
        first, second = page.eval_on_selector_all(
            ".card-td", "all => all.map(each => each.getBoundingClientRect().top)"
        )
        assert (abs(first - second) < 2) is beside


# Each element with the whole style that the browser computed for it.
_STYLES = """() => { const names = [...getComputedStyle(document.body)];
  return [...document.querySelectorAll("body, body *")].map(each => { const style = getComputedStyle(each);
    return each.tagName + " " + names.map(name => name + ":" + style.getPropertyValue(name)).join("; "); }); }"""


@pytest.mark.parametrize("language", ["en", "ar"])
@pytest.mark.parametrize("template", list_mail_templates())
def test_every_element_looks_as_the_sheet_says(
    page: Any, briefing: Briefing, monkeypatch: pytest.MonkeyPatch, template: str, language: str
) -> None:
    text = "*Hello*.\n\n> A quote\n\n## Head\n\n- One\n\n1. Two"
    boxes = (BriefingBox("Title", text, "Label", "top"), BriefingBox("Title", text, "Label", "end"))
    changed = replace(briefing, template=template, language=language, intro=text, boxes=boxes)

    def make() -> str:
        if template != "notice":
            return render(changed).html
        return render_transactional(
            TransactionalContent(
                "S", "H", ("One",), "Yes", "https://x.example", briefing.publication, ("Small",), language
            )
        ).html

    def leave_to_browser(html: str, sheet: str) -> str:
        """The sheet as it is: before the other <style>s, where it gives way to them as style attributes do not."""
        return html.replace("<head>", f"<head><style>{sheet}</style>", 1)

    inlined = make()
    monkeypatch.setattr(engine, "finish_html", leave_to_browser)
    whole = make()
    for wanted, found in zip(read_styles(page, whole), read_styles(page, inlined), strict=True):
        assert len(wanted) > 50
        assert "padding-left:" in wanted[0]
        assert len(found) == len(wanted)
        assert [_differ(*pair) for pair in zip(found, wanted, strict=True) if pair[0] != pair[1]] == []


def read_styles(page: Any, html: str) -> list[list[str]]:
    """What `_STYLES` says of the mail, wide and on a phone."""
    lay_out(page, html, 700)
    wide = page.evaluate(_STYLES)
    page.set_viewport_size({"width": 375, "height": 800})
    return [wide, page.evaluate(_STYLES)]


def _differ(found: str, wanted: str) -> str:
    there = set(wanted.split("; "))
    return f"{found.partition(' ')[0]}: {[each for each in found.split('; ') if each not in there]}"
