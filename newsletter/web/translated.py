"""Sentences of the service functions in the language of the page: refusals, findings, reasons."""

from __future__ import annotations

from datetime import date

from django.utils import formats
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from newsletter.kernel.enums import LabelledEnum
from newsletter.kernel.errors import NewsletterError
from newsletter.kernel.sentences import Sentence, fill, write_in_english


def translate(text: str) -> str:
    """A sentence in the language of the page; what is no sentence, such as what somebody typed, as it is."""
    return fill(_(text.words), text.values, _write) if isinstance(text, Sentence) and text.words else text


def describe_error(error: NewsletterError) -> str:
    """What an error says to people."""
    return translate(error.args[0]) if error.args else str(error)


def _write(value: object) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return formats.number_format(value, force_grouping=True)
    if isinstance(value, LabelledEnum):
        return _(value.label) if get_language() != "en" else write_in_english(value)
    if isinstance(value, date):
        return formats.date_format(value, _("D j M"))
    return translate(value) if isinstance(value, str) else str(value)
