"""Everything a reader can read on our pages is translated, and what is shipped is what is written."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.extract import extract
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parents[2]
LOCALES = sorted((ROOT / "templates" / "web" / "locale").iterdir())
# Pages of the archive speak the language of their newsletter by words of the templater.
OURS = [path for path in sorted((ROOT / "templates/web/readers").glob("*.html")) if not path.name.startswith("archive")]


def messages() -> Iterator[str]:
    templates = [templatize(path.read_text("utf-8"), origin=str(path)) for path in OURS]
    # What is read as Python has no indentation: that of a template means nothing.
    sources = ["\n".join(line.strip() for line in text.splitlines()).encode() for text in templates]
    sources += [path.read_bytes() for path in sorted((ROOT / "subscribers/views").glob("*.py"))]
    for source in sources:
        for _, message, *_ in extract("python", io.BytesIO(source), keywords={"_": None, "gettext": None}):
            yield str(message)


@pytest.mark.parametrize("folder", LOCALES, ids=lambda path: path.name)
def test_every_message_is_translated_with_its_gaps_and_none_is_left_over(folder: Path) -> None:
    with (folder / "LC_MESSAGES/django.po").open("rb") as file:
        written = read_po(file, locale=folder.name)
    shown = {str(each.id): str(each.string) for each in written if each.id}
    assert set(shown) == set(messages())
    for message, translation in shown.items():
        assert translation, message
        for gap in (r"%\(\w+\)s", r"<[^>]+>"):
            assert sorted(re.findall(gap, message)) == sorted(re.findall(gap, translation)), message


@pytest.mark.parametrize("folder", LOCALES, ids=lambda path: path.name)
def test_what_is_shipped_is_what_is_written(folder: Path) -> None:
    """After a change of django.po: make messages."""
    with (folder / "LC_MESSAGES/django.po").open("rb") as po, (folder / "LC_MESSAGES/django.mo").open("rb") as mo:
        written, compiled = read_po(po, locale=folder.name), read_mo(mo)
    assert {each.id: each.string for each in compiled if each.id} == {
        each.id: each.string for each in written if each.id
    }


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.name)
def test_no_words_stand_in_a_readers_page_untranslated(path: Path) -> None:
    text = re.sub(
        r"{% blocktranslate.*?{% endblocktranslate %}|{%.*?%}|{{.*?}}|{#.*?#}", " ", path.read_text("utf-8"), flags=re.S
    )
    text = re.sub(r"<(script|style).*?</\1>|<[^>]*>", " ", text, flags=re.S)
    left = [word for word in re.findall(r"[^\W\d_]{2,}", text) if word not in ("English", "Deutsch", "doctype", "html")]
    assert left == []
