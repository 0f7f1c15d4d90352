"""Everything people read on our pages is translated, and what is shipped is what is written."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import lxml.html
import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po
from django.test import Client

from newsletter.accounts.models import AuditEntry, User
from tests.web.messages import DESK, DOMAINS, READERS, TEMPLATES, Domain, Message

CATALOGUES = [(domain, path) for domain in DOMAINS for path in domain.list_catalogues()]
NAMES = [f"{domain.name}-{path.parts[-3]}" for domain, path in CATALOGUES]
NO_WORDS = re.compile(
    r"{% block page_class %}.*?{% endblock %}|{% blocktranslate.*?{% endblocktranslate %}"
    r"|{% comment.*?{% endcomment %}|{%.*?%}|{{.*?}}|{#.*?#}",
    re.DOTALL,
)
SHOWN_ATTRIBUTES = ("title", "placeholder", "aria-label", "alt", "data-confirm", "data-undo")


def read_translations(catalogue: Catalog) -> dict[Message, tuple[str, ...]]:
    """Every message of a catalogue with its translations: one, or one for each number."""
    return {
        each.id if isinstance(each.id, str) else tuple(each.id): (each.string,)
        if isinstance(each.string, str)
        else tuple(each.string)
        for each in catalogue
        if each.id
    }


@pytest.mark.parametrize(("domain", "path"), CATALOGUES, ids=NAMES)
def test_every_message_is_translated_with_its_gaps_and_none_is_left_over(domain: Domain, path: Path) -> None:
    """After a change of a page: make messages, then translate what it has added to django.po."""
    with path.open("rb") as file:
        written = read_po(file, locale=path.parts[-3])
    shown = read_translations(written)
    assert set(shown) == domain.collect()
    for message, translations in shown.items():
        singular = message if isinstance(message, str) else message[-1]
        for translation in translations:
            assert translation, message
            for gap in (r"%\(\w+\)s", r"<[^>]+>", r"\{\w*\}"):
                assert sorted(re.findall(gap, singular)) == sorted(re.findall(gap, translation)), message


@pytest.mark.parametrize(("domain", "path"), CATALOGUES, ids=NAMES)
def test_what_is_shipped_is_what_is_written(domain: Domain, path: Path) -> None:
    """After a change of django.po: make messages."""
    with path.open("rb") as po, path.with_suffix(".mo").open("rb") as mo:
        written, compiled = read_po(po, locale=path.parts[-3]), read_mo(mo)
    assert read_translations(compiled) == read_translations(written)


@pytest.mark.parametrize(
    "path", [*READERS.templates, *DESK.templates], ids=lambda path: path.relative_to(TEMPLATES).as_posix()
)
def test_no_words_stand_in_a_page_untranslated(path: Path) -> None:
    text = NO_WORDS.sub(" ", path.read_text("utf-8"))
    shown = " ".join(re.findall(rf'(?:{"|".join(SHOWN_ATTRIBUTES)})="([^"]*)"', text))
    text = re.sub(r"<(script|style|code|kbd).*?</\1>|<[^>]*>|&\w+;", " ", text, flags=re.S)
    left = [
        word
        for word in re.findall(r"[^\W\d_]{2,}", f"{text} {shown}")
        if word not in ("English", "Deutsch", "doctype", "html", "Europe", "London")  # the same in every language
    ]
    assert left == []


def test_the_desk_speaks_the_language_of_the_browser_until_the_user_chooses_one(editor: Client) -> None:
    german = {"Accept-Language": "de-AT,de;q=0.9"}
    assert '<html lang="en">' in editor.get("/account/").content.decode()
    page = editor.get("/account/", headers=german).content.decode()
    assert '<html lang="de">' in page
    assert "Ausgaben" in page
    editor.post("/account/", {"do": "language", "language": "en"}, headers=german)
    assert '<html lang="en">' in editor.get("/account/", headers=german).content.decode()
    editor.post("/account/", {"do": "language", "language": "de"})
    assert '<html lang="de">' in editor.get("/account/").content.decode()
    editor.post("/account/", {"do": "language", "language": ""})
    assert '<html lang="en">' in editor.get("/account/").content.decode()
    assert AuditEntry.objects.filter(verb="chose language").count() == 3


def test_numbers_in_attributes_have_no_decimal_comma(
    admin: Client, sent: Any, articles: Callable[..., list[int]]
) -> None:
    """In the width of a bar, or in a step of a field, a browser reads no number that has one."""
    articles(4)
    admin.post("/account/", {"do": "language", "language": "de"})
    values: list[str] = []
    edition = f"/editions/{sent.edition_id}/"
    for address in ("/", edition, f"{edition}review/", f"{edition}pool/", f"/deliveries/{sent.id}/", "/sources/"):
        page = admin.get(address, follow=True).content.decode()
        assert '<html lang="de">' in page
        values += [value for each in lxml.html.fromstring(page).iter() for value in each.attrib.values()]
    assert any(re.fullmatch(r"\d+\.\d+%", each) for each in values)
    assert [each for each in values if re.fullmatch(r"-?\d+,\d+\D*", each)] == []


def test_a_language_that_the_desk_does_not_speak_is_refused_by_name(editor: Client) -> None:
    refused = editor.post("/account/", {"do": "language", "language": "tlh"})
    assert refused.status_code == 422
    assert "tlh" in refused.content.decode()
    assert User.objects.get(email="editor@example.com").language == ""
