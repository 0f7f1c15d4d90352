"""Corrections in the archived page."""

from __future__ import annotations

from newsletter.templater.corrections import add_corrections


def test_a_page_without_a_body_stays_as_it_is() -> None:
    assert add_corrections("<p>x</p>", [("1 May", "y")], "en") == "<p>x</p>"
    assert add_corrections("<body><p>x</p>", [], "en") == "<body><p>x</p>"
    assert "dir='rtl'" in add_corrections("<body><p>x</p>", [("1 May", "y")], "ar")
