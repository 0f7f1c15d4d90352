"""Foreign text can hold no token, change no structure, and loses none of its words."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import replace
from html import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html as lxml_html

from newsletter.templater import render
from newsletter.templater.briefing import (
    Briefing,
    BriefingPicture,
    BriefingSection,
    BriefingSponsor,
    BriefingStory,
    Publication,
    Rendered,
)
from newsletter.templater.untrusted_text import neutralise, neutralise_url

# Each of these becomes a token once Markdown, or the removal of what cannot be in a mail, has been at work.
DISGUISED = (
    r"-nl\_token_{n}-",
    r"\-nl_token_{n}-",
    "-nl&#95;token_{n}-",
    "&#45;nl_token_{n}-",
    "-n\x00l_token_{n}-",
    "-n\x85l_token_{n}-",
    "-n\ud800l_token_{n}-",
    "-n\ue000l_token_{n}-",
)


def with_story(briefing: Briefing, **fields: object) -> Briefing:
    changed = replace(BriefingStory("k", "Headline", "https://paper.example.org/s"), **fields)  # type: ignore[arg-type]
    return replace(briefing, sections=(BriefingSection("Part", (changed,)),))


def uses(rendered: Rendered, field: str) -> int:
    """How often the tokens of a field occur in the mail."""
    tokens = [merge.token for merge in rendered.merge if merge.field == field]
    return sum(part.count(token) for token in tokens for part in (rendered.subject, rendered.html, rendered.text))


def all_numbers(disguised: str) -> str:
    """The disguise with every number a footer's token may have."""
    return " ".join(disguised.format(n=f"{number}{kind}") for number in range(1, 9) for kind in "ht")


@pytest.mark.parametrize("disguised", DISGUISED)
@pytest.mark.parametrize("field", ["intro", "subject", "headline", "blurb", "label", "correction"])
def test_a_token_in_disguise_stays_words(briefing: Briefing, disguised: str, field: str) -> None:
    words = all_numbers(disguised)
    hostile = {
        "intro": lambda: replace(briefing, intro=words),
        "subject": lambda: replace(briefing, subject=words),
        "correction": lambda: replace(briefing, corrections=(words,)),
    }.get(field, lambda: with_story(briefing, **{field: words}))()
    assert uses(render(hostile), "token") == uses(render(replace(hostile, intro="")), "token") == 4, (
        "to leave and to choose, in both parts"
    )


@pytest.mark.parametrize("disguised", [*DISGUISED, "-nl_token_{n}-", "-n\tl_token_{n}-", "-n\nl_token_{n}-"])
@pytest.mark.parametrize("place", ["story", "picture", "markdown", "autolink", "publication"])
def test_no_foreign_address_is_ever_given_a_subscribers_token(briefing: Briefing, disguised: str, place: str) -> None:
    """Whoever owned the address would hold the key to each reader's subscription."""
    url = "https://evil.example/" + all_numbers(disguised).replace(" ", "/")
    hostile = {
        "story": lambda: with_story(briefing, url=url),
        "picture": lambda: with_story(briefing, picture=BriefingPicture(url, 10, 10)),
        "markdown": lambda: with_story(briefing, blurb=f"[see]({url})"),
        "autolink": lambda: replace(briefing, intro=f"<{url}>"),
        "publication": lambda: replace(briefing, publication=replace(briefing.publication, url=url)),
    }[place]()
    assert uses(render(hostile), "token") == 4


def test_an_address_that_looks_like_a_token_still_leads_where_it_led(briefing: Briefing) -> None:
    rendered = render(with_story(briefing, url="https://paper.example.org/news-nl_2026.html?a=1#top"))
    for part, amp in ((rendered.html, "&amp;"), (rendered.text, "&")):
        assert f"https://paper.example.org/news-nl%5F2026.html?a=1{amp}nl=k#top" in part


@given(st.text(), st.text())
def test_what_was_unmarked_holds_no_marker(before: str, after: str) -> None:
    for text in (before, f"{before}-nl_{after}", f"-n{before}l_{after}"):
        assert "-nl_" not in neutralise(text)
        assert "-nl_" not in neutralise_url(text)
        assert neutralise(neutralise(text)) == neutralise(text)


@pytest.mark.parametrize(
    "text", ["{{" + " " * 20_000, "{{" * 10_000, "{{ |" + " |" * 10_000, "[" * 5_000, "*_" * 5_000]
)
def test_long_nonsense_costs_no_time(briefing: Briefing, text: str) -> None:
    render(briefing)
    start = time.perf_counter()
    render(with_story(briefing, blurb=text))
    assert time.perf_counter() - start < 2


WORDS = (
    'A tag says class="lead" and style="color: red; " in its words',
    "5 < 6 && 7 > 3",
    "a \\u{651} b \\n c",
    "Zażółć gęślą jaźń, عنوان, 標題, 👩‍🚀, e\u0301",
    "<!-- not a comment --> ]]> </td>",
    "{% raw %} {# no #} ${x} %s {0}",
)


@pytest.mark.parametrize("words", WORDS)
@pytest.mark.parametrize("field", ["headline", "label", "source", "title", "sponsor", "postal", "blurb"])
def test_every_word_arrives(briefing: Briefing, words: str, field: str) -> None:
    full = {
        "title": lambda: replace(briefing, sections=(BriefingSection(words, (BriefingStory("k", "H", ""),)),)),
        "sponsor": lambda: replace(briefing, sponsor=BriefingSponsor("Ad", words, "text", "https://shop.example.org")),
        "postal": lambda: replace(briefing, publication=replace(briefing.publication, postal=words)),
        "blurb": lambda: with_story(briefing, blurb=_without_markdown(words)),
    }.get(field, lambda: with_story(briefing, **{field: words}))()
    rendered = render(full)
    assert words in _visible(rendered)
    flowing = " ".join(rendered.text.split())
    assert words in flowing or words.upper() in flowing


def _without_markdown(words: str) -> str:
    """As an editor would have to write it in Markdown."""
    return re.sub(r"([\\<>*_\[\]&])", r"\\\1", words)


def _visible(rendered: Rendered) -> str:
    tree = lxml_html.document_fromstring(rendered.html)
    for gone in tree.xpath("//style|//title|//comment()"):
        gone.drop_tree()
    return " ".join(str(tree.text_content()).replace("\xa0", " ").split())


def skeleton(rendered: Rendered) -> list[tuple[str, tuple[str, ...]]]:
    """Every element in order, with the names of its attributes: what text may never change."""
    tree = lxml_html.document_fromstring(rendered.html)
    return [(str(node.tag), tuple(sorted(node.keys()))) for node in tree.iter() if isinstance(node.tag, str)]


def _filled(text: str) -> Briefing:
    """A briefing with the same text in every field that takes text as it is."""
    picture = BriefingPicture("https://news.example.com/p.jpg", 640, 400, text, text, text)
    stories = tuple(
        BriefingStory(
            "k", text, "https://paper.example.org", label=text, source=text, size=size, picture=picture, button=text
        )
        for size in ("m", "s")
    )
    return Briefing(
        newsletter=text,
        publication=Publication(f"The {text}", "https://paper.example.org", text, "desk@example.com"),
        subject="subject",
        date_long=text,
        base_url="https://news.example.com",
        web_url="https://news.example.com/a/",
        signup_url="https://news.example.com/j/",
        strap=text,
        signed=text,
        lead=replace(stories[0], size="l"),
        sections=(BriefingSection(text, stories),),
        sponsor=BriefingSponsor(text, text, text, "https://shop.example.org"),
        why=text,
    )


PRINTABLE = st.text(
    st.characters(exclude_categories=("Cc", "Cf", "Cs", "Co", "Cn", "Zs", "Zl", "Zp")), min_size=1, max_size=60
)
PIECES = st.sampled_from(
    [
        "<",
        ">",
        '"',
        "'",
        "&",
        "&amp;",
        "{{ x }}",
        "{%",
        "]]>",
        "<!--",
        "-->",
        "</td>",
        "<script>",
        "\\",
        "-nl_",
        "<![endif]-->",
    ]
)


@given(st.lists(st.one_of(PIECES, PRINTABLE), min_size=1, max_size=6).map("x".join))
def test_no_text_changes_the_structure_of_a_mail(text: str) -> None:
    rendered = render(_filled(text))
    assert rendered.problems == ()
    assert skeleton(rendered) == skeleton(render(_filled("word")))


@pytest.mark.parametrize("convert", [str, escape])
def test_markup_typed_by_hand_is_shown_as_typed(briefing: Briefing, convert: Callable[[str], str]) -> None:
    typed = convert('<img src=x onerror="alert(1)">')
    rendered = render(replace(briefing, intro=typed))
    assert "<img src=x" not in rendered.html
    assert "onerror=" in _visible(rendered)
