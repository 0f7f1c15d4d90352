"""The messages of pages and the files of their translations: `make messages` adds what is new and drops what is gone.

There are two catalogues: of the pages that readers see, shipped beside their templates, and of the desk.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path

import django
from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.apps import apps

Message = str | tuple[str, str]  # one text, or the singular and the plural

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = ROOT / "templates" / "web"
_KEYWORDS: Mapping[str, tuple[int, ...] | None] = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
}
_NOT_NAMED = ("id", "key", "picture_url", "picture_bytes", "article_id")  # of a story, in its history
_KEYWORDS_OF_SERVICES: Mapping[str, tuple[int, ...] | None] = {"phrase": None, "mark": None}


@dataclass(frozen=True, slots=True)
class Domain:
    """Pages that share a catalogue: where that is, which templates and modules have its messages."""

    name: str
    locales: Path
    templates: tuple[Path, ...]
    modules: tuple[Path, ...]
    has_labels: bool = False  # those of enums, which pages show as well
    services: tuple[Path, ...] = ()  # modules whose sentences pages show

    def list_catalogues(self) -> list[Path]:
        """The catalogue of each language."""
        return sorted(self.locales.glob("*/LC_MESSAGES/django.po"))

    def collect(self) -> set[Message]:
        """Every message of these pages."""
        found: set[Message] = set()
        for path in self.templates:
            found |= set(_extract(_read_template(path)))
        for path in self.modules:
            found |= set(_extract(path.read_bytes()))
        for path in self.services:
            found |= set(_extract(path.read_bytes(), _KEYWORDS_OF_SERVICES))
        return found | set(_list_labels()) if self.has_labels else found


def _list_readers_templates() -> Iterator[Path]:
    """Pages of the archive speak the language of their newsletter by words of the templater."""
    for path in sorted((TEMPLATES / "readers").glob("*.html")):
        if not path.name.startswith("archive"):
            yield path


def _list_desk_templates() -> Iterator[Path]:
    for path in sorted(TEMPLATES.rglob("*.html")):
        if not path.relative_to(TEMPLATES).as_posix().startswith(("readers/", "mails/")):
            yield path


READERS = Domain(
    "readers",
    TEMPLATES / "locale",
    tuple(_list_readers_templates()),
    tuple(sorted([*(ROOT / "subscribers/views").glob("*.py"), *(ROOT / "subscribers/forms").glob("*.py")])),
)
DESK = Domain(
    "desk",
    ROOT / "newsletter" / "web" / "locale",
    tuple(_list_desk_templates()),
    tuple(sorted((ROOT / "newsletter" / "web").rglob("*.py"))),
    has_labels=True,
    services=tuple(sorted((ROOT / "newsletter").rglob("*.py"))),
)
DOMAINS = (READERS, DESK)


def update_catalogue(path: Path, messages: Iterable[Message]) -> int:
    """Adds what is not in a catalogue, drops what no page shows, compiles it; how many are not translated."""
    with path.open("rb") as file:
        written = read_po(file, locale=path.parts[-3])
    known = {message.id: message.string for message in written if message.id and message.string}
    updated = Catalog(
        locale=path.parts[-3], header_comment=written.header_comment, project=written.project, fuzzy=False
    )
    updated.creation_date, updated.revision_date = written.creation_date, written.revision_date
    for each in sorted(messages, key=str):
        updated.add(each, known.get(each, ""))
    with path.open("wb") as file:
        write_po(file, updated, width=0, sort_output=True)
    with path.with_suffix(".mo").open("wb") as file:
        write_mo(file, updated)
    return sum(not message.string or not all(message.string) for message in updated if message.id)


def _read_template(path: Path) -> bytes:
    """A template as the extractor reads it: as Python without indentation, for that of a template means nothing."""
    from django.utils.translation.template import templatize

    text = templatize(path.read_text("utf-8"), origin=str(path))
    return "\n".join(line.strip() for line in text.splitlines()).encode()


def _extract(source: bytes, keywords: Mapping[str, tuple[int, ...] | None] = _KEYWORDS) -> Iterator[Message]:
    for _, message, *_rest in extract("python", io.BytesIO(source), keywords=dict(keywords)):
        yield message if isinstance(message, str) else (message[0], message[1])


def _list_labels() -> Iterator[str]:
    """The labels of every enum that people read, of doubtful addresses, and of the settings of a newsletter."""
    from newsletter.accounts.token_scopes import TokenScope
    from newsletter.catalog.settings_fields import FORM_SETTINGS
    from newsletter.curator.editions import edition_changes
    from newsletter.curator.editions.content_hash import TEXTS
    from newsletter.curator.editions.values import Box, Pick
    from newsletter.delivery.ledger.states import ExclusionReason, Outcome
    from newsletter.delivery.reports.edition_clock import Moment
    from newsletter.jobs.notification_kinds import KindGroup
    from newsletter.kernel.enums import LabelledEnum
    from subscribers.address_quality import FLAG_LABELS

    yield from (each.value for each in KindGroup)
    yield from FLAG_LABELS.values()
    yield from (
        edition_changes.label_field(name) for name in (*TEXTS, *_list_field_names(Pick), *_list_field_names(Box))
    )
    yield from ("Running order", "Story", "Box", "Correction", "Override")
    for enum in _list_subclasses(LabelledEnum):
        yield from (member.label for member in enum)
    yield from (each.label for group in (Outcome, ExclusionReason, TokenScope, Moment) for each in group)
    yield from (text for each in FORM_SETTINGS for text in (each.label, each.hint) if text)


def _list_field_names(of: type) -> Iterator[str]:
    """The fields of a story or box, which the history names."""
    yield from (each.name for each in fields(of) if each.name not in _NOT_NAMED)


def _list_subclasses(base: type) -> Iterator[type]:
    for each in base.__subclasses__():
        if each.__module__.startswith(("newsletter.", "subscribers.")):
            yield each
            yield from _list_subclasses(each)


def main() -> None:
    """Updates and compiles every catalogue."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "newsletter.settings")
    if not apps.ready:
        django.setup()
    for domain in DOMAINS:
        for path in domain.list_catalogues():
            missing = update_catalogue(path, domain.collect())
            print(f"{path.relative_to(ROOT)}: {missing} not translated")


if __name__ == "__main__":
    main()
