"""What a story shows, part by part, and what is said where a part is missing or wrong."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from newsletter.templater import render
from newsletter.templater.briefing import (
    AlsoItem,
    Briefing,
    BriefingPicture,
    BriefingSection,
    BriefingSponsor,
    BriefingStory,
    Publication,
    TransactionalContent,
)
from newsletter.templater.rendering import render_transactional
from newsletter.templater.template_context import add_parameters, add_story_key
from tests.templater.conftest import story

URL = "https://paper.example.org/s"
PICTURE = BriefingPicture("https://news.example.com/p.jpg", 640, 400, "alt", "The quay.", "A. Example")


def alone(briefing: Briefing, story: BriefingStory) -> str:
    """The words of the HTML of a briefing that has only this story."""
    bare = replace(
        briefing, lead=None, sections=(BriefingSection("Part", (story,)),), also=(), sponsor=None, corrections=()
    )
    rendered = render(bare)
    assert rendered.problems == ()
    return _words(rendered.html)


def _words(html: str) -> str:
    return " ".join(re.sub(r"<style.*?</style>|<!--.*?-->|<[^>]+>", " ", html, flags=re.S).split())


@pytest.mark.parametrize(
    ("caption", "credit", "message"),
    [
        ("The quay.", "A. Example", "The quay. Picture: A. Example"),
        ("The quay.", "", "The quay."),
        ("", "A. Example", "Picture: A. Example"),
    ],
)
def test_a_lead_picture_has_its_caption_and_credit(briefing: Briefing, caption: str, credit: str, message: str) -> None:
    assert briefing.lead is not None
    lead = replace(briefing.lead, picture=replace(PICTURE, caption=caption, credit=credit))
    html = render(replace(briefing, lead=lead, sections=())).html
    (shown,) = re.findall(r'<p class="cap"[^>]*>(.*?)</p>', html)
    assert shown == message


@pytest.mark.parametrize("size", ["l", "m", "s"])
@pytest.mark.parametrize("label", ["", "Analysis"])
@pytest.mark.parametrize("source", ["", "The Echo"])
@pytest.mark.parametrize("minutes", [0, 1, 3])
@pytest.mark.parametrize("picture", [None, PICTURE])
def test_the_parts_of_the_meta_line_are_joined_and_never_left_hanging(
    briefing: Briefing, size: str, label: str, source: str, minutes: int, picture: BriefingPicture | None
) -> None:
    story = BriefingStory(
        "k",
        "Head",
        URL,
        label=label,
        source=source,
        minutes=minutes,
        size=size,  # type: ignore[arg-type]
        picture=picture,
    )
    bare = replace(
        briefing, lead=None, sections=(BriefingSection("Part", (story,)),), also=(), sponsor=None, corrections=()
    )
    rendered = render(bare)
    metas = re.findall(
        r'<p (?:class="meta[^"]*" )?style="margin:0;color:#5c6569;font:14px/20px[^>]*>(.*?)</p>', rendered.html
    )
    for meta in (*metas, *re.findall(r'class="meta-i"[^>]*>(.*?)</span>', rendered.html)):
        text = _words(meta.replace("<br />", "<br>"))
        assert not text.startswith("·")
        assert not text.endswith(("·", ":"))
        assert not meta.startswith("<br")
    if size != "s" and picture:
        assert "Picture: A. Example" in _words(rendered.html)


def test_a_story_without_a_link_is_shown_without_one(briefing: Briefing) -> None:
    assert "Head" in alone(briefing, BriefingStory("k", "Head", ""))
    rendered = render(replace(briefing, sections=(BriefingSection("Part", (BriefingStory("k", "Head", ""),)),)))
    assert 'href="#"' not in rendered.html
    assert "\n#\n" not in rendered.text


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "www.example.org", "//evil.example"])
def test_an_address_that_leads_nowhere_blocks(briefing: Briefing, url: str) -> None:
    broken = replace(
        briefing,
        sections=(BriefingSection("Part", (BriefingStory("k9", "Head", url),)),),
        also=(AlsoItem("More", url),),
        sponsor=BriefingSponsor("Ad", "Head", "text", url),
    )
    rendered = render(broken)
    assert [(p.level, p.where) for p in rendered.problems] == [
        ("block", "story:k9:url"),
        ("block", "also:More"),
        ("block", "sponsor"),
    ]
    assert url not in rendered.html + rendered.text
    assert 'href="#"' not in rendered.html


@pytest.mark.parametrize(("width", "height"), [(0, 400), (640, 0), (-1, 5)])
def test_a_picture_of_unknown_size_is_dropped_with_a_warning(briefing: Briefing, width: int, height: int) -> None:
    story = BriefingStory("k9", "Head", URL, picture=replace(PICTURE, width=width, height=height))
    rendered = render(replace(briefing, sections=(BriefingSection("Part", (story,)),)))
    assert [(p.level, p.where) for p in rendered.problems] == [("warn", "story:k9:picture")]
    assert PICTURE.src not in rendered.html


@pytest.mark.parametrize(
    ("url", "key", "expected"),
    [
        ("https://a.example", "k", "https://a.example?nl=k"),
        ("https://a.example/?x=1", "k", "https://a.example/?x=1&nl=k"),
        ("https://a.example/?x=1#top", "k", "https://a.example/?x=1&nl=k#top"),
        ("https://a.example/?x=a%20b&y", "k", "https://a.example/?x=a%20b&y&nl=k"),
        ("HTTPS://a.example/", "k", "https://a.example/?nl=k"),
        (" https://a.example/ ", "k", "https://a.example/?nl=k"),
        ("https://a.example/", "a b&c", "https://a.example/?nl=a%20b%26c"),
        ("https://a.example/", "", "https://a.example/"),
        ("mailto:desk@example.com", "k", "mailto:desk@example.com"),
        ("https://[broken", "k", "https://[broken"),
        ("", "k", ""),
    ],
)
def test_a_key_joins_the_query(url: str, key: str, expected: str) -> None:
    assert add_story_key(url, key) == expected


def test_sponsor_and_list_carry_no_key(briefing: Briefing) -> None:
    links = re.findall(r'href="([^"]+)"', render(briefing).html)
    assert "https://shop.example.org" in links
    assert "https://paper.example.org/also" in links


def test_stories_are_numbered_through_the_sections_however_many(briefing: Briefing) -> None:
    many = tuple(BriefingStory(str(n), f"Head {n}", URL, size="s") for n in range(1_200))
    assert "1201. Head 1199" in render(replace(briefing, sections=(BriefingSection("Part", many),))).text


def test_a_section_without_stories_is_not_shown(briefing: Briefing) -> None:
    rendered = render(replace(briefing, sections=(BriefingSection("Empty shelf", ()), *briefing.sections)))
    assert "Empty shelf" not in rendered.html
    assert "EMPTY SHELF" not in rendered.text


def test_fifteen_stories_with_small_pictures_stay_under_80_kb(briefing: Briefing) -> None:
    blurb = "For eleven winters the rails were silent; on Monday the first car left the valley at seven. " * 2
    stories = tuple(
        BriefingStory(
            f"k{n}",
            f"Story {n}: the funicular returns to the upper town",
            URL,
            blurb,
            "Label",
            "The Echo",
            minutes=4,
            picture=PICTURE,
        )
        for n in range(15)
    )
    html = render(
        replace(briefing, sections=(BriefingSection("One", stories[:8]), BriefingSection("Two", stories[8:])))
    ).html
    assert html.count("<img") == 16
    assert len(html.encode()) < 80_000
    assert max(len(line.encode()) for line in html.split("\n")) <= 998


def test_two_logos_make_the_masthead_one_for_light_and_one_for_dark(briefing: Briefing) -> None:
    light, dark = (BriefingPicture(f"https://news.example.com/{name}.png", 600, 90) for name in ("light", "dark"))
    publication = replace(briefing.publication, logo_light=light, logo_dark=dark)
    html = render(replace(briefing, publication=publication)).html
    assert re.search(
        r'class="logo-l" src="https://news.example.com/light.png" width="320" height="48" alt="The Upland Echo"', html
    )
    assert "<!--[if !mso]><!--><img" in html


@pytest.mark.parametrize(
    ("language", "tag"), [("en_US", "en-US"), ("", "en"), ('x"><script>', "xscript"), ("de", "de")]
)
def test_the_language_becomes_a_proper_tag(briefing: Briefing, language: str, tag: str) -> None:
    assert f'<html lang="{tag}"' in render(replace(briefing, language=language)).html


def test_a_forwarding_link_is_in_both_parts(briefing: Briefing) -> None:
    rendered = render(replace(briefing, forward_url="https://news.example.com/forward"))
    assert 'href="https://news.example.com/forward"' in rendered.html
    assert "Forward this to a friend: https://news.example.com/forward" in rendered.text


def test_a_notice_wears_the_theme_of_its_newsletter() -> None:
    publication = Publication("The Echo", "https://paper.example.org", "1 High Street", "desk@example.com")
    notice = TransactionalContent(
        "S", "H", ("One.",), "Yes", "https://news.example.com/c/x", publication, theme={"light": {"button": "#123456"}}
    )
    rendered = render_transactional(notice)
    assert rendered.problems == ()
    assert "background-color:#123456" in rendered.html
    assert "[data-ogsc]" in rendered.html


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://paper.example.org/a", "https://paper.example.org/a?utm_source=m&utm_medium=email&nl=key"),
        ("https://paper.example.org/a?b=1#c", "https://paper.example.org/a?b=1&utm_source=m&utm_medium=email&nl=key#c"),
        (
            "https://paper.example.org/a?utm_source=own",
            "https://paper.example.org/a?utm_source=own&utm_medium=email&nl=key",
        ),
        ("mailto:desk@example.com", "mailto:desk@example.com"),
    ],
)
def test_links_of_stories_carry_the_newsletters_parameters(url: str, shown: str) -> None:
    assert add_story_key(add_parameters(url, "utm_source=m&utm_medium=email"), "key") == shown


def test_a_story_may_be_linked_without_them(briefing: Briefing) -> None:
    sections = (BriefingSection("Part", (story(2), replace(story(3), plain_link=True))),)
    text = render(replace(briefing, sections=sections, link_parameters="utm_source=m")).text
    assert "https://paper.example.org/2?from=feed&utm_source=m&nl=key2" in text
    assert "https://paper.example.org/3?from=feed&nl=key3" in text
