"""The mail of an edition as it stands."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from lxml import etree
from PIL import Image

from newsletter.catalog import newsletter_settings, pictures
from newsletter.curator.articles.values import Article
from newsletter.curator.editions import edition_lookup, picks, suggestions, variants
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


def test_pictures_are_shown_in_cuts_of_ours_for_usual_and_sharp_screens(filled: Edition, now: datetime) -> None:
    """A thumbnail of 132 pixels loads a file of 132 or 264."""
    out = io.BytesIO()
    Image.new("RGB", (1280, 800), "teal").save(out, "PNG")
    stored = pictures.store_picture(out.getvalue(), source_url="", now=now)
    for story in filled.picks[:2]:
        picks.edit_pick(filled.id, story.key, picture=stored.name, focus="10 90", seen=None, by=SYSTEM, now=now)
    html = render_edition(edition_lookup.get_edition(filled.id)).html
    shown = re.findall(r'<img[^>]*srcset="(\S+) 1x, (\S+) 2x" width="(\d+)" height="(\d+)"', html)
    assert [(width, height) for *_, width, height in shown] == [("640", "360"), ("132", "132")]
    for usual, sharp, width, height in shown:
        for address, times in ((usual, 1), (sharp, 2)):
            file, _ = pictures.get_picture_file(address.rpartition("/")[2])
            assert Image.open(io.BytesIO(file.read_bytes())).size == (times * int(width), times * int(height))


def test_without_its_file_a_picture_is_shown_whole(filled: Edition, now: datetime) -> None:
    out = io.BytesIO()
    Image.new("RGB", (1280, 800), "teal").save(out, "PNG")
    stored = pictures.store_picture(out.getvalue(), source_url="", now=now)
    pictures.get_picture_file(stored.name)[0].unlink()
    picks.edit_pick(filled.id, filled.picks[0].key, picture=stored.name, seen=None, by=SYSTEM, now=now)
    html = render_edition(edition_lookup.get_edition(filled.id)).html
    assert stored.url in html
    assert "srcset" not in html


def test_what_is_rendered_once_is_not_rendered_again(filled: Edition) -> None:
    assert render_edition(filled).html is render_edition(filled).html
