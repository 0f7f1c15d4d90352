"""Rules of a style sheet, in style attributes."""

from __future__ import annotations

from newsletter.templater.inlining import inline_css

PAGE = '<!DOCTYPE html><html><head></head><body><p class="lead note">Hi</p><b>there</b></body></html>'


def test_a_rule_goes_to_what_it_names_and_the_sheet_itself_nowhere() -> None:
    html = inline_css(PAGE, ".lead{color:red}\nb{color:blue}")
    assert '<p class="lead note" style="color:red">' in html
    assert '<b style="color:blue">' in html
    assert "<style" not in html


def test_a_rule_for_classes_that_are_not_there_changes_nothing() -> None:
    assert "green" not in inline_css(PAGE, ".absent{color:green}\n.lead .absent{color:green}")
    assert "green" in inline_css(PAGE, ".absent,.lead{color:green}")


def test_rules_for_phones_and_the_dark_stay_as_they_are() -> None:
    kept = '<style data-premailer="ignore">@media(max-width:480px){.lead{color:red!important}}</style>'
    html = inline_css(PAGE.replace("</head>", f"{kept}</head>"), ".lead{color:black}")
    assert "{.lead{color:red!important}}" in html
    assert 'style="color:black"' in html


def test_no_attribute_of_old_html_is_made_of_a_rule() -> None:
    html = inline_css(PAGE, ".lead{text-align:center;width:10px;background-color:#fff}")
    assert "align=" not in html.replace("text-align", "")
    assert "bgcolor" not in html


def test_declarations_stand_in_the_order_of_the_cascade() -> None:
    css = (
        ".lead{padding:1px;padding-left:9px}\n.note.lead{padding:2px}\np.lead.note{color:red!important}\np{color:blue}"
    )
    html = inline_css(PAGE, css)
    style = html.partition('class="lead note" style="')[2].partition('"')[0].replace(" ", "")
    assert style == "padding-left:9px;padding:2px;color:red!important"
