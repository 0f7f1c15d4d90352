"""The mail of an edition as it stands."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from newsletter.catalog import newsletter_settings
from newsletter.curator.editions import variants
from newsletter.curator.editions.rendering import render_edition
from newsletter.curator.editions.values import Edition
from tests.actors import SYSTEM


def test_the_mail_has_its_stories_the_day_and_the_list(filled: Edition) -> None:
    rendered = render_edition(filled)
    assert rendered.subject == filled.subject
    for part in (rendered.html, rendered.text):
        assert all(pick.headline in part.replace("\u00a0", " ").replace("\n", " ") for pick in filled.picks)
        assert "24 November 2026" in part
        assert "/u/" in part


def test_the_page_of_the_archive_is_nobodys(filled: Edition) -> None:
    page = render_edition(filled, variants.PAGE)
    assert "/u/" not in page.html
    assert page.merge == ()


def test_a_template_of_the_newsroom_is_rendered_with_its_own_file(
    filled: Edition, settings: Any, tmp_path: Path, now: datetime
) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    body = (
        "<mjml><mj-body><mj-section><mj-column><mj-text>by our own</mj-text></mj-column></mj-section></mj-body></mjml>"
    )
    texts = {"mine.mjml.j2": body, "mine.txt.j2": "by our own", "head.css.j2": "", "inline.css.j2": ""}
    for name, text in {**texts, "theme.toml": "[light]\n[dark]\n[type]\n[layout]\n"}.items():
        (folder / name).write_text(text)
    settings.CONFIG = replace(settings.CONFIG, templates_dir=tmp_path)
    newsletter_settings.change_newsletter(filled.newsletter_id, now=now, template="mine", seen=None, by=SYSTEM)
    assert "by our own" in render_edition(filled).html
