"""A mail made small, and its words untouched."""

from __future__ import annotations

import pytest

from newsletter.templater.minifying import minify, protect_styles


def test_styles_are_kept_for_the_client_but_for_those_in_comments() -> None:
    outlook = "<!--[if mso]><style>a{}</style><![endif]-->"
    assert protect_styles(f"<style>b{{}}</style>{outlook}") == (
        f'<style data-premailer="ignore">b{{}}</style>{outlook}'
    )


def test_classes_that_no_rule_names_are_dropped() -> None:
    html = minify('<style>.kept { color: red; }</style><p class="kept gone">a</p><p class="gone">b</p>')
    assert '<p class="kept">a</p>' in html
    assert "<p>b</p>" in html
    assert "<style>.kept{color: red;}\n</style>" in html


def test_blanks_in_styles_are_dropped() -> None:
    assert minify('<p style="color: red; margin: 0, 1px; ">a</p>') == '<p style="color:red;margin:0,1px">a</p>'


def test_a_zero_has_no_unit() -> None:
    assert minify('<p style="font-size:0px;margin:0px 10px 0px;top:10px">a</p>') == (
        '<p style="font-size:0;margin:0 10px 0;top:10px">a</p>'
    )


@pytest.mark.parametrize("words", ['He wrote class="x" style="a: b" there', "a  :  b", "x" * 2_000])
def test_words_stay_as_they_are(words: str) -> None:
    assert words in minify(f"<p>{words}</p>")


def test_no_line_is_longer_than_mail_allows_where_there_is_a_blank() -> None:
    html = minify(f"<p>{'ö ' * 2_000}</p>")
    assert max(len(line.encode()) for line in html.split("\n")) <= 998
    assert html.replace("\n", " ").count("ö ") == 2_000
