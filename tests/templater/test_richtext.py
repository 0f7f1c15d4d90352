"""The Markdown of editors: what it may do in HTML, and how it reads as plain text."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from newsletter.templater import render
from newsletter.templater.briefing import Briefing, BriefingSection, BriefingStory
from newsletter.templater.merge_fields import Merger
from newsletter.templater.richtext import block_to_plain, inline_to_plain, quote_text, render_block, render_inline
from newsletter.templater.untrusted_text import clean_line


@pytest.mark.parametrize(
    ("written", "html", "plain"),
    [
        ("*so*", "<em>so</em>", "so"),
        ("**so**", "<strong>so</strong>", "so"),
        (
            "[map](https://a.example/?x=1&y=2)",
            '<a href="https://a.example/?x=1&amp;y=2">map</a>',
            "map (https://a.example/?x=1&y=2)",
        ),
        ("[us](mailto:desk@example.com)", '<a href="mailto:desk@example.com">us</a>', "us (desk@example.com)"),
        ("<https://a.example/>", '<a href="https://a.example/">https://a.example/</a>', "https://a.example/"),
        ("a & b < c", "a &amp; b &lt; c", "a & b < c"),
        ("1984. Was it *good*?", "1984. Was it <em>good</em>?", "1984. Was it good?"),
        ("- no *list* here", "- no <em>list</em> here", "- no list here"),
        ("# no _head_", "# no <em>head</em>", "# no head"),
        ("![x](https://a.example/p.gif)", '!<a href="https://a.example/p.gif">x</a>', "!x (https://a.example/p.gif)"),
        ("two\nlines", "two lines", "two lines"),
    ],
)
def test_a_line_of_markdown(written: str, html: str, plain: str) -> None:
    assert render_inline(written) == html
    assert inline_to_plain(written) == plain


@pytest.mark.parametrize(
    ("written", "html", "plain"),
    [
        ("one\n\ntwo", "<p>one</p>\n<p>two</p>", "one\n\ntwo"),
        ("one  \ntwo", "<p>one<br />\ntwo</p>", "one\ntwo"),
        ("- a\n- b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>", "* a\n* b"),
        ("3. c\n4. d", '<ol start="3">\n<li>c</li>\n<li>d</li>\n</ol>', "3. c\n4. d"),
        ("<b>raw</b>", "<p>&lt;b&gt;raw&lt;/b&gt;</p>", "<b>raw</b>"),
    ],
)
def test_a_piece_of_markdown(written: str, html: str, plain: str) -> None:
    assert render_block(written) == html
    assert block_to_plain(written) == plain


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:text/html,x", "vbscript:x", "//evil.example", "JaVaScRiPt:x"]
)
def test_a_link_elsewhere_than_the_web_stays_text(url: str) -> None:
    assert "href" not in render_inline(f"[x]({url})")
    assert "href" not in render_block(f"<{url}>")


@given(st.one_of(st.text(), st.text(alphabet="*_[]()<>&\\`#-1. \n!:/ahtps{}|")))
def test_whatever_is_written_comes_out_well_formed_and_within_the_allow_list(written: str) -> None:
    for made in (render_block(written), render_inline(written)):
        tree = etree.fromstring(f"<x>{made}</x>")
        words = {"x", "p", "em", "strong", "a", "br", "ul", "ol", "li", "h2", "h3"}
        quote = {"table", "tr", "td"}  # what a quote becomes, because Word ignores the padding of others
        assert {str(node.tag) for node in tree.iter()} <= words | quote
        assert {name for node in tree.iter() if node.tag not in quote for name in node.attrib} <= {"href", "start"}


def test_a_year_at_the_start_of_a_blurb_stays_in_both_parts(briefing: Briefing) -> None:
    story = BriefingStory("k", "Look back", "https://paper.example.org", blurb="1984. Was it *good*?")
    rendered = render(replace(briefing, sections=(BriefingSection("Part", (story,)),)))
    assert "1984. Was it <em>good</em>?" in rendered.html
    assert "1984. Was it good?" in rendered.text


def test_a_field_cannot_stand_in_a_links_address(briefing: Briefing) -> None:
    """The value would arrive unescaped, and the address of a reader would go to another site."""
    (problem,) = render(replace(briefing, intro="[x](https://a.example/?who={{ email }})")).problems
    assert (problem.level, problem.where) == ("block", "intro")
    assert "address of a link" in problem.message


def test_an_unknown_field_in_marked_up_text_is_reported_once(briefing: Briefing) -> None:
    problems = render(replace(briefing, intro="Dear {{ surname }}", corrections=("{{ surname }}",))).problems
    assert [problem.where for problem in problems] == ["intro", "corrections"]


def test_a_fallback_can_hold_no_token_and_no_line_break(briefing: Briefing) -> None:
    merge = render(replace(briefing, intro="{{ first_name | -nl_email_1h-\n\x00you }}")).merge
    fallbacks = {field.fallback for field in merge if field.field == "first_name"}
    assert fallbacks == {"-\u2060nl_email_1h- you"}


def test_headings_and_quotes_of_a_letter_have_their_place_in_both_parts() -> None:
    written = "# First\n\nWords.\n\n### Third\n\n> She *said* so.\n> Twice.\n\nAnd <b>went</b>."
    made = str(render_block(written))
    assert made.count("<h2>") == 2
    assert '<td class="quote-td"><p>She <em>said</em> so.' in made.replace("\n", "")
    assert "&lt;b&gt;" in made
    assert block_to_plain(written).split("\n\n") == [
        "First",
        "Words.",
        "Third",
        "She said so.\nTwice.",
        "And <b>went</b>.",
    ]


def test_quotes_in_quotes_come_to_an_end() -> None:
    etree.fromstring(f"<x>{render_block('> ' * 3000 + 'deep')}</x>")


FOREIGN = [
    "Write to {{ email }} for it",
    "Read [x](https://evil.example/) and <https://evil.example/>",
    "*all* of _it_ and **more** \\* AT&amp;T",
    "a & b, c < d, 5 * 3 (or so) [sic]",
    "# no heading",
    "Plain words, “quoted”.",
]


@pytest.mark.parametrize("text", FOREIGN)
def test_a_quoted_text_is_shown_as_it_is(text: str) -> None:
    merger = Merger({})
    quoted = quote_text(text)
    assert merger.tokenise_markup(quoted, "blurb", inline_to_plain, html=False) == text
    made = merger.tokenise_markup(quoted, "blurb", render_inline, html=True)
    assert etree.fromstring(f"<p>{made}</p>").text == text
    assert not merger.fields
    assert not merger.problems


@given(st.text(st.sampled_from("ab *_[]()<>&;{}\\`!#|h:/.\u202e")))
def test_no_text_of_strangers_is_markup_once_it_is_quoted(text: str) -> None:
    quoted, flat = quote_text(text), clean_line(text).strip()
    assert inline_to_plain(quoted) == flat
    assert "{{" not in quoted
    assert etree.fromstring(f"<p>{render_inline(quoted)}</p>").xpath("count(*)") == 0


def test_words_that_are_no_markup_are_left_as_they_are() -> None:
    assert quote_text("It costs $5 (or €6), he said: a & b.") == "It costs $5 (or €6), he said: a & b."
