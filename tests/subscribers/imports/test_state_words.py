"""Words for states in many languages: each means one thing or nothing, and letters of every script are compared."""

from __future__ import annotations

import pytest

from subscribers.imports import state_words
from subscribers.imports.state_words import (
    find_state_of_name,
    is_no,
    is_yes,
    load_meanings,
    negates,
    normalise_name,
    normalise_word,
    shows_state,
)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("Opt-Out", "optout"),
        ("Désabonné", "desabonne"),
        ("ОТПИСАН", "отписан"),
        ("退訂", "退訂"),
        (" – ", ""),
        ("E-Mail", "email"),
    ],
)
def test_names_are_compared_by_letters_and_digits_of_any_script(text: str, word: str) -> None:
    assert normalise_name(text) == word


def test_a_symbol_alone_is_a_word_too() -> None:
    assert (normalise_word(" ✓ "), is_yes("✓"), is_no("✗"), is_no("–"), is_no("?")) == ("✓", True, True, True, False)


@pytest.mark.parametrize("text", ["Ja", "OUI", "sì", "да", "はい", "Evet", "ναι", "כן", "1", "true", "x"])
def test_yes_in_other_languages_is_yes(text: str) -> None:
    assert is_yes(text)
    assert not is_no(text)


@pytest.mark.parametrize("text", ["nein", "Non", "нет", "いいえ", "hayır", "όχι", "לא", "0", "FALSE", ""])
def test_no_in_other_languages_is_no_and_so_is_nothing(text: str) -> None:
    assert is_no(text)
    assert not is_yes(text)


def test_a_word_that_means_two_things_means_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    languages = {"aa": {"active": ["dentro"], "unsubscribed": ["fora"]}, "bb": {"active": ["Fora", "plus"]}}
    monkeypatch.setattr(state_words, "load_languages", lambda: languages)
    assert load_meanings.__wrapped__() == {"dentro": "active", "plus": "active"}


@pytest.mark.parametrize("text", ["Abgemeldet am", "Date de désinscription", "GDPR", "Newsletter", "Отписан", "Opt"])
def test_a_header_that_speaks_of_leaving_or_consent_is_seen(text: str) -> None:
    assert shows_state(text)


@pytest.mark.parametrize(
    "text", ["Town", "Company", "Option", "Vorname", "Adoption", "Description", "Postcode", "Magazine"]
)
def test_other_headers_are_left_alone(text: str) -> None:
    assert not shows_state(text)


@pytest.mark.parametrize(
    ("name", "state"),
    [
        ("unsubscribed_members.csv", "unsubscribed"),
        ("Abgemeldete.xlsx", "unsubscribed"),
        ("spam complaints and unsubscribed.csv", "complained"),
        ("hardbounces2024.csv", "bounced"),
        ("Unconfirmed", "pending"),
        ("blocklist", "suppressed"),
        ("readers.csv", ""),
        ("Sheet1", ""),
    ],
)
def test_the_name_of_a_file_says_in_which_state_those_in_it_are(name: str, state: str) -> None:
    assert find_state_of_name(name) == state


@pytest.mark.parametrize(
    "text", ["No email", "keine Mails", "不接收邮件", "メール不要", "이메일거부", "Nie ma zgody", "لا يريد"]
)
def test_a_text_that_says_no_to_something_is_seen(text: str) -> None:
    assert negates(text)


@pytest.mark.parametrize("text", ["All email", "no", "Noah Lee", "Berlin", "全部", "전체", ""])
def test_other_texts_say_no_to_nothing(text: str) -> None:
    assert not negates(text)
