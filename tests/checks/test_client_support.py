"""What our HTML asks of mail programs that some of them do not have."""

from __future__ import annotations

from dataclasses import replace

import pytest

from newsletter.checks.client_support import check_client_support
from newsletter.templater import render
from newsletter.templater.briefing import Briefing, Rendered
from tests.templater.conftest import briefing  # noqa: F401  a fixture


def shown(html: str) -> list[tuple[str, str]]:
    return [(each.level, each.message) for each in check_client_support(Rendered("", "", html, "text"))]


@pytest.mark.parametrize("template", ["briefing", "goodnews", "letter"])
@pytest.mark.parametrize("language", ["en", "ar"])
def test_our_own_templates_ask_for_nothing_that_is_lacking(
    briefing: Briefing,  # noqa: F811
    template: str,
    language: str,
) -> None:
    assert list(check_client_support(render(replace(briefing, template=template, language=language)))) == []


@pytest.mark.parametrize(
    ("html", "feature", "who"),
    [
        ('<div style="display:flex">', "display:flex", "missing in Outlook on Windows."),
        ("<div style='color:red; Display : GRID'>", "display:grid", "Gmail, Outlook on Windows"),
        ("<style>.a{width:calc(100% - 2px)}</style>", "calc()", "Yahoo"),
        ("<style>:root{--ink:#111}</style>", "CSS variables", "Gmail"),
        ("<style>@font-face{font-family:X}</style>", "fonts from the web", "Gmail"),
        ('<td style="background:#fff url(x.png)">', "background-image", "Outlook on Windows"),
        ('<p style="font-size:1.2rem">', "the unit rem", "Yahoo"),
        ("<style>@media print{.a{}}.b{position:absolute}</style>", "position", "Gmail"),
    ],
)
def test_what_a_program_lacks_is_named_with_it(html: str, feature: str, who: str) -> None:
    ((level, message),) = shown(html)
    assert level == "advise"
    assert feature in message
    assert who in message


@pytest.mark.parametrize(
    "html",
    [
        "<svg></svg>",
        "<VIDEO src=x>",
        "<form>",
        '<img src="https://example.com/a.webp?w=1">',
        '<img alt="" src="data:image/png;base64,AAAA">',
        "<img src='a.svg'>",
    ],
)
def test_losing_words_or_pictures_is_a_warning(html: str) -> None:
    assert [level for level, _ in shown(html)] == ["warn"]


@pytest.mark.parametrize(
    "html",
    [
        "<!--[if mso]><svg></svg><style>a{position:absolute}</style><![endif]-->",
        "<style>@media (max-width:599px){.a{display:flex!important}.b{gap:3px}}</style>",
        "<style>/* display:grid */ .a{color:red}</style>",
        "<p>display:grid and <b>position: absolute</b> are words here</p>",
        '<p style="text-transform:uppercase;margin:0">',
        '<img src="a.png">',
        "",
    ],
)
def test_what_is_for_those_who_know_it_or_no_style_is_none(html: str) -> None:
    assert shown(html) == []


def test_a_feature_is_named_once() -> None:
    assert len(shown('<p style="float:left"><p style="float:right">')) == 1
