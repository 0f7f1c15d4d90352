"""The mail of an edition as it stands."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from lxml import etree

from newsletter.catalog import newsletter_settings
from newsletter.curator.articles.values import Article
from newsletter.curator.editions import suggestions, variants
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


def test_what_a_feed_says_is_no_markup_and_no_merge_field(
    edition: Edition, add_article: Callable[..., Article], now: datetime
) -> None:
    """In the mail, its text part, the page of the archive and the subject that is suggested."""
    dek = (
        "Write to {{ email }} or see [the offer](https://evil.example/) before *everybody* else in the valley does so."
    )
    article = add_article("Hello {{ first_name }} \u202egpj.exe", dek=dek)
    filled = suggestions.suggest_picks(edition.id, fetch=None, now=now, by=SYSTEM)
    assert [pick.article_id for pick in filled.picks] == [article.id]
    mail = render_edition(filled)
    named = {field.field for field in mail.merge}
    assert not named & {"first_name"}
    assert not mail.problems
    words = " ".join(etree.fromstring(mail.html.encode(), etree.HTMLParser()).itertext())
    for shown in (" ".join(words.split()), " ".join(mail.text.split())):
        assert dek in shown
        assert "Hello {{ first_name }} gpj.exe" in shown
    assert "evil.example" not in "".join(re.findall(r'href="[^"]*"', mail.html))
    assert mail.subject.replace("\u2060", "") == "Hello {{ first_name }} gpj.exe"
