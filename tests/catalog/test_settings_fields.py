"""The settings of a newsletter are declared once."""

from __future__ import annotations

from pathlib import Path
from typing import get_type_hints

from newsletter.catalog import models, settings_fields
from newsletter.catalog.settings_fields import SETTINGS, NewsletterFields, SettingKind

ROOT = Path(__file__).parents[2]


def test_the_type_of_the_arguments_names_every_setting() -> None:
    assert get_type_hints(NewsletterFields).keys() == SETTINGS.keys()


def test_every_setting_is_kept_in_a_column_that_holds_its_longest_text() -> None:
    columns = {each.attname: each for each in models.Newsletter._meta.concrete_fields}
    assert SETTINGS.keys() <= columns.keys()
    for setting in SETTINGS.values():
        longest = getattr(columns[setting.name], "max_length", None)
        if longest and setting.kind in (SettingKind.TEXT, SettingKind.WEB_ADDRESS, SettingKind.LINK_PARAMETERS):
            assert setting.most == longest, setting.name


def test_the_document_has_the_table_of_the_settings() -> None:
    table = settings_fields.build_newsletter_settings_table()
    assert table in (ROOT / "docs" / "settings.md").read_text("utf-8"), f"docs/settings.md lacks:\n{table}"
