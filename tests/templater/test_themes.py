"""Themes: what a newsletter may change, and whether everybody can read it."""

from __future__ import annotations

import pytest

from newsletter.kernel.resources import list_mail_templates
from newsletter.templater.themes import check_theme, compute_contrast


@pytest.mark.parametrize("template", list_mail_templates())
def test_our_own_themes_can_be_read_by_everybody(template: str) -> None:
    assert check_theme(template, {}) == []


def test_the_letters_are_there() -> None:
    assert list_mail_templates() == ("briefing", "goodnews", "letter")


@pytest.mark.parametrize(
    ("theme", "where", "shown"),
    [
        ({"light": {"muted": "#b0b0b0"}}, "theme.light.muted", "contrast"),
        ({"dark": {"button": "#ffffff"}}, "theme.dark.on_button", "on button #ffffff"),
        ({"light": {"ink": "red"}}, "theme.light.ink", "not a colour"),
        ({"bright": {}}, "theme.bright", "no part"),
    ],
)
def test_what_cannot_be_read_is_said_with_its_place(theme: dict[str, dict[str, str]], where: str, shown: str) -> None:
    found = [problem for problem in check_theme("briefing", theme) if problem.where == where]
    assert found
    assert shown in found[0].message


def test_contrast_is_that_of_the_guidelines() -> None:
    assert round(compute_contrast("#000000", "#ffffff"), 2) == 21.0
    assert round(compute_contrast("#777777", "#ffffff"), 2) == 4.48
    assert compute_contrast("#123456", "#123456") == 1.0
