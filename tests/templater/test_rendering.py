"""A briefing in, a finished mail out: whole, small, harmless, and with everything that is wrong named."""

from __future__ import annotations

import os
import random
import re
from dataclasses import fields, replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html as lxml_html

from benchmarks import hostile
from newsletter.kernel.resources import list_mail_templates
from newsletter.templater import render
from newsletter.templater.briefing import (
    Briefing,
    BriefingBox,
    BriefingPicture,
    BriefingSection,
    ProblemLevel,
    Publication,
    Rendered,
    TransactionalContent,
)
from newsletter.templater.merge_fields import MergeRecipient, personalise_mail
from newsletter.templater.rendering import render_transactional
from tests.templater.conftest import CUTS, PICTURE, story

GOLDEN = Path(__file__).resolve().parents[1] / "golden"
TEMPLATES = ("briefing", "goodnews", "letter")


BOXES = (
    BriefingBox(
        "Join us at the mill", "On **Friday** at six.\n\n- Bring a friend\n- Bring a lamp", "For members", "top"
    ),
    BriefingBox("", "We are hiring a *night editor*."),
)
EVERY = pytest.mark.parametrize("template", TEMPLATES)


@pytest.mark.parametrize("part", ["html", "text"])
@pytest.mark.parametrize(
    ("template", "language"), [*((name, "en") for name in TEMPLATES), ("goodnews", "ar"), ("letter", "de")]
)
def test_the_rendering_is_the_golden_one(briefing: Briefing, template: str, language: str, part: str) -> None:
    """After a wanted change: UPDATE_GOLDEN=1 make test, then look at the difference."""
    rendered = getattr(render(replace(briefing, template=template, language=language)), part)
    name = template if language == "en" else f"{template}.{language}"
    path = GOLDEN / f"{name}.{'txt' if part == 'text' else 'html'}"
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(rendered, "utf-8")
    assert rendered == path.read_text("utf-8")


@pytest.mark.parametrize("part", ["html", "text"])
@pytest.mark.parametrize("template", TEMPLATES)
def test_the_page_with_boxes_is_the_golden_one(briefing: Briefing, template: str, part: str) -> None:
    page = replace(briefing, template=template, web=True, boxes=BOXES)
    rendered = getattr(render(page), part)
    path = GOLDEN / f"{template}.page.{'txt' if part == 'text' else 'html'}"
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(rendered, "utf-8")
    assert rendered == path.read_text("utf-8")


def test_rendering_twice_gives_the_same_bytes(briefing: Briefing) -> None:
    assert render(briefing).sha256 == render(briefing).sha256


@EVERY
def test_a_twelve_story_mail_stays_far_from_gmails_clip(briefing: Briefing, template: str) -> None:
    assert len(render(replace(briefing, template=template)).html.encode()) < 45_000


@EVERY
def test_a_mail_is_what_clients_need(briefing: Briefing, template: str) -> None:
    rendered = render(replace(briefing, template=template))
    assert rendered.problems == ()
    assert rendered.html.startswith("<!DOCTYPE html>")
    assert "@media (prefers-color-scheme:dark)" in rendered.html
    assert "[data-ogsc]" in rendered.html
    assert "!important" in rendered.html
    assert max(len(line.encode()) for line in rendered.html.split("\n")) <= 998, "RFC 5322"
    assert 'lang="en"' in rendered.html


@EVERY
def test_it_asks_the_network_for_its_pictures_alone(briefing: Briefing, template: str) -> None:
    markup = render(replace(briefing, template=template)).html
    loaded = re.findall(r'\bsrc(?:set)?="([^"]+)"|url\(([^)]+)\)|<link[^>]+href="([^"]+)"|@import[^;]+', markup)
    shown = {address for group in loaded for each in group for address in re.findall(r"http\S+", each)}
    assert shown
    assert shown <= {address for each in CUTS for address in (each.src, each.sharp_src)}


@EVERY
def test_every_picture_shows_its_credit(briefing: Briefing, template: str) -> None:
    rendered = render(replace(briefing, template=template))
    assert rendered.html.count("<img") == rendered.html.count("Illustration: A. Example") == 2
    assert rendered.text.count("Illustration: A. Example") == 2


PICTURES = (
    None,
    PICTURE,
    replace(PICTURE, width=600, height=600),
    replace(PICTURE, width=400, height=1200, alt=""),
    replace(PICTURE, width=60, height=60, alt="  ", caption="", credit=""),
)


@given(
    st.lists(st.tuples(st.sampled_from("lms"), st.sampled_from(PICTURES)), max_size=9),
    st.sampled_from(TEMPLATES),
    st.sampled_from(["en", "ar"]),
)
def test_stories_stand_in_the_editors_order_and_every_link_has_a_name(
    stories: list[tuple[str, BriefingPicture | None]], template: str, language: str
) -> None:
    told = [f"headline{place}x" for place in range(len(stories) + 1)]
    made = [
        story(place, size, headline=told[place], picture=picture, source="", blurb="")
        for place, (size, picture) in enumerate([("l", PICTURES[len(stories) % 5]), *stories])
    ]
    briefing = Briefing(
        newsletter="Briefing",
        publication=Publication("The Echo", "https://paper.example.org", "1 High Street", "desk@example.com"),
        subject="Subject",
        date_long="today",
        base_url="https://news.example.com",
        web_url="https://news.example.com/a/",
        signup_url="https://news.example.com/j/",
        language=language,
        lead=made[0],
        sections=(BriefingSection("One", tuple(made[1:5])), BriefingSection("Two", tuple(made[5:]))),
        template=template,
    )
    rendered = render(briefing)
    assert rendered.problems == ()
    for part in (_visible(rendered.html), rendered.text):
        assert re.findall(r"headline\d+x", part) == told
    tree = lxml_html.document_fromstring(rendered.html)
    for link in tree.iter("a"):
        assert (link.text_content() + "".join(link.xpath(".//img/@alt"))).strip()
    for picture in tree.iter("img"):
        width, height = int(picture.get("width")), int(picture.get("height"))
        assert height <= max(0.75 * width, 360)


@pytest.mark.parametrize("template", [*TEMPLATES, "notice"])
def test_no_exact_line_height_crops_a_picture_in_outlook(briefing: Briefing, template: str) -> None:
    """Word keeps to `mso-line-height-rule:exactly` and cuts off what of a picture is taller than the line."""
    logo = replace(PICTURE, width=320, height=60)
    publication = replace(briefing.publication, logo_light=logo, logo_dark=logo)
    html = render(replace(briefing, template=template, publication=publication)).html
    if template == "notice":
        html = render_transactional(
            TransactionalContent("S", "H", ("One",), "Yes", "https://x.example", publication)
        ).html
    tree = lxml_html.document_fromstring(html)
    sheets = "".join(re.findall(r"<style[^>]*>(.*?)</style>", html, re.S))
    rules = re.findall(r"([^{}]+)\{[^{}]*mso-line-height-rule:\s*exactly", sheets)
    assert rules, "the rule is there for text"
    held = [each for rule in rules for each in tree.cssselect(rule.strip())]
    held += tree.xpath("//*[contains(@style, 'mso-line-height-rule')]")
    assert held
    assert [each.tag for each in held if each.xpath("descendant-or-self::img")] == []


@EVERY
def test_the_preheader_is_hidden_without_what_spam_filters_count(briefing: Briefing, template: str) -> None:
    """SpamAssassin counts text of 0 or 1 px, and sizes up to 4 px (FONT_INVIS_*, HTML_FONT_TINY_*): a point each."""
    html = render(replace(briefing, template=template)).html
    (hidden,) = re.findall(r'<div[^>]*style="([^"]*)"[^>]*>Plus eleven', html)
    assert "display:none" in hidden
    assert "mso-hide:all" in hidden
    assert "color" not in hidden
    assert not re.search(r"font(-size)?:\s*[0-4](\.\d+)?px|font:[^;\"]*\b[0-4]px/", html)


def test_the_footer_says_the_address_and_how_to_leave(briefing: Briefing) -> None:
    mine = personalise_mail(render(briefing), MergeRecipient("o'hara&co@example.com", "", "abc"))
    for part, address in ((mine.html, "o&#x27;hara&amp;co@example.com"), (mine.text, "o'hara&co@example.com")):
        assert address in part
        assert "https://news.example.com/u/abc" in part
        assert "https://news.example.com/p/abc" in part
        assert "1 High Street, Upland" in part
        assert "https://news.example.com/archive/morning/2026-11-24/" in part


def test_leaving_is_never_tracked(briefing: Briefing) -> None:
    links = [tag for tag in re.findall(r"<a [^>]+>", render(briefing).html) if "/u/" in tag or "/p/" in tag]
    assert links
    assert all('clicktracking="off"' in tag for tag in links)


def test_a_story_carries_its_key_in_its_link(briefing: Briefing) -> None:
    rendered = render(briefing)
    assert "https://paper.example.org/2?from=feed&amp;nl=key2" in rendered.html
    assert "https://paper.example.org/2?from=feed&nl=key2" in rendered.text


HOSTILE = (
    """<b x="1">'&amp; {{ 7*7 }} {% raw %} ]]> </mj-text><mj-raw><script>alert(1)</script> -nl_email_1h- \\u{651}"""
)
TEXTS = ("newsletter", "subject", "preheader", "strap", "intro", "signed", "date_long", "why")


@pytest.mark.parametrize(
    "field",
    [
        *TEXTS,
        "headline",
        "blurb",
        "label",
        "source",
        "button",
        "alt",
        "caption",
        "credit",
        "title",
        "postal",
        "correction",
    ],
)
def test_foreign_text_is_harmless_in_every_field(briefing: Briefing, field: str) -> None:
    hostile = _with(briefing, field, HOSTILE)
    rendered = render(hostile)
    allowed = {"{{ 7*7 }}"} if field in ("subject", "preheader", "intro", "blurb", "correction") else set()
    assert not [p for p in rendered.problems if not any(each in p.message for each in allowed)]
    assert "<script" not in rendered.html
    assert rendered.html.count("-nl_email_1h-") == 0, "no foreign token"
    assert _visible(rendered.html).count("alert(1)") >= (0 if field in ("alt", "preheader") else 1)


def _with(briefing: Briefing, field: str, text: str) -> Briefing:
    assert briefing.lead is not None
    if field in {each.name for each in fields(briefing)}:
        return replace(briefing, **{field: text})
    if field in ("alt", "caption", "credit"):
        return replace(briefing, lead=replace(briefing.lead, picture=replace(PICTURE, **{field: text})))
    if field == "title":
        return replace(briefing, sections=(BriefingSection(text, (story(2),)),))
    if field == "postal":
        return replace(briefing, publication=replace(briefing.publication, postal=text))
    if field == "correction":
        return replace(briefing, corrections=(text,))
    return replace(briefing, lead=replace(briefing.lead, **{field: text}))


def _visible(markup: str) -> str:
    tree = lxml_html.document_fromstring(markup)
    for gone in tree.xpath("//style|//comment()"):
        gone.getparent().remove(gone)
    return str(tree.text_content())


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:text/html,x", "//evil.example", " JAVASCRIPT:alert(1)", "file:///etc/passwd"]
)
def test_only_web_addresses_become_links(briefing: Briefing, url: str) -> None:
    assert briefing.lead is not None
    rendered = render(replace(briefing, lead=replace(briefing.lead, url=url), intro=f"[x]({url})"))
    addresses = set(re.findall(r'href="([^"]*)"', rendered.html))
    assert all(address.startswith(("https://", "mailto:", "#")) for address in addresses), addresses


@given(st.text(max_size=120))
def test_any_text_at_all_renders(text: str) -> None:
    briefing = Briefing(
        newsletter=text,
        publication=Publication(text, "https://paper.example.org", text, "desk@example.com"),
        subject=text,
        preheader=text,
        intro=text,
        date_long="today",
        base_url="https://news.example.com",
        web_url="https://news.example.com/a/",
        signup_url="https://news.example.com/j/",
        lead=story(1, "l", headline=text, blurb=text, picture=replace(PICTURE, alt=text, caption=text, credit=text)),
    )
    rendered = render(briefing)
    assert all("There is no field" in problem.message for problem in rendered.problems)
    assert rendered.html.count("<body") == 1
    assert rendered.html.rstrip().endswith("</html>")
    assert rendered.text


@pytest.mark.parametrize(
    ("language", "shown", "direction"),
    [
        ("de-AT", "abbestellen", "ltr"),
        ("en", "Unsubscribe from", "ltr"),
        ("sw", "Unsubscribe from", "ltr"),
        ("ar", "Unsubscribe", "rtl"),
    ],
)
def test_the_templates_own_words_follow_the_language(
    briefing: Briefing, language: str, shown: str, direction: str
) -> None:
    rendered = render(replace(briefing, language=language))
    assert shown in rendered.html
    assert f'lang="{language}"' in rendered.html
    assert f'dir="{direction}"' in rendered.html


def test_a_theme_changes_colours_and_names_what_it_cannot(briefing: Briefing) -> None:
    rendered = render(replace(briefing, theme={"light": {"accent": "#123456", "ink": "red"}, "moon": {}}))
    assert "#123456" in rendered.html
    assert {problem.where for problem in rendered.problems} == {"theme.light.ink", "theme.moon"}


def test_a_mistake_in_a_template_is_named_with_its_line(briefing: Briefing, tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "theme.toml").write_text((Path(__file__).parents[2] / "templates/email/briefing/theme.toml").read_text())
    (folder / "head.css.j2").write_text("")
    (folder / "inline.css.j2").write_text("")
    (folder / "mine.mjml.j2").write_text("<mjml>\n{% if %}\n</mjml>")
    rendered = render(replace(briefing, template="mine"), folders=(tmp_path,))
    (problem,) = rendered.problems
    assert problem.level == ProblemLevel.BLOCK
    assert problem.where == "template:mine/mine.mjml.j2:2"
    assert "line 2" in problem.message
    assert rendered.html == ""


def test_a_template_that_is_not_there_blocks(briefing: Briefing) -> None:
    (problem,) = render(replace(briefing, template="absent")).problems
    assert problem.level == ProblemLevel.BLOCK
    assert "absent" in problem.message


def test_a_notice_is_a_small_mail_with_one_button() -> None:
    publication = Publication("The Upland Echo", "https://paper.example.org", "1 High Street", "desk@example.com")
    rendered = render_transactional(
        TransactionalContent(
            "Confirm", "One press", ("Somebody asked.",), "Yes <please>", "https://news.example.com/c/x", publication
        )
    )
    assert rendered.problems == ()
    assert rendered.merge == ()
    assert "Yes &lt;please&gt;" in rendered.html
    assert "https://news.example.com/c/x" in rendered.text


def test_without_an_introduction_nothing_is_signed(briefing: Briefing) -> None:
    rendered = render(replace(briefing, intro=""))
    assert briefing.signed not in rendered.html
    assert briefing.signed not in rendered.text


@pytest.mark.parametrize("template", list_mail_templates())
def test_hostile_editions_render_or_say_why_not(template: str) -> None:
    dice = random.Random(hostile.SEED)
    for number in range(40):
        made = render(hostile._edition(dice, template))
        assert made.html or made.problems, number
        if made.html:
            assert (
                hostile._wrong(
                    personalise_mail(made, MergeRecipient("reader@example.com", hostile._text(dice), "t0ken"))
                )
                == []
            ), number


@pytest.mark.parametrize(
    "html",
    [
        "<p>x<script>alert(1)</script></p>",
        "<a href='javascript:alert(1)'>x</a>",
        "<img src=x onerror=alert(1)>",
        "<p>-nl_first_name_3h-</p>",
    ],
)
def test_the_look_for_what_should_never_be_finds_it(html: str) -> None:
    assert hostile._wrong(Rendered("s", "", html, "text", (), ()))
