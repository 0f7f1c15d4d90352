"""What mails to one person say."""

from __future__ import annotations

import pytest

from newsletter.jobs.transactional_texts import get_transactional_text

KINDS = ("confirm", "welcome", "already", "goodbye", "which")


@pytest.mark.parametrize("language", ["en", "de", "xx"])
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_mail_has_words_in_every_language(kind: str, language: str) -> None:
    words = get_transactional_text(kind, language)
    for text in (words.subject, words.heading, words.button, *words.paragraphs, *words.small):
        assert text.format(list="L", publication="P")
