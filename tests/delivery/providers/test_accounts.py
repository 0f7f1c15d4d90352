from __future__ import annotations

from pathlib import Path

import pytest

from newsletter.delivery.providers.accounts import compute_fingerprint, describe_difference
from newsletter.delivery.providers.registry import ProviderSettings, open_provider

HOST, RELAY = "https://api.sendgrid.com", "smtp://ada:secret@mail.example.com:587"


def account(name: str, *, key: str = "SG.key", host: str = HOST, relay: str = RELAY) -> str:
    return open_provider(name, ProviderSettings(key, host, Path("outbox"), relay)).account


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("sendgrid", {"key": "SG.another"}),
        ("sendgrid", {"host": "https://api.eu.sendgrid.com"}),
        ("smtp", {"relay": "smtp://ben:secret@mail.example.com:587"}),
        ("smtp", {"relay": "smtp://ada:secret@mail.example.org:587"}),
    ],
)
def test_another_key_user_or_server_is_another_account(name: str, other: dict[str, str]) -> None:
    assert account(name) == account(name)
    assert account(name) != account(name, **other)


@pytest.mark.parametrize(
    ("name", "same"),
    [
        ("sendgrid", {"host": f"{HOST.upper()}/"}),
        ("smtp", {"relay": "smtps://ada:another@mail.example.com"}),
        ("outbox", {"key": "SG.another", "host": "https://elsewhere.example"}),
    ],
)
def test_what_does_not_change_whose_account_it_is_leaves_its_fingerprint(name: str, same: dict[str, str]) -> None:
    assert account(name) == account(name, **same)


@pytest.mark.parametrize("name", ["sendgrid", "smtp"])
def test_a_fingerprint_holds_no_secret_and_does_not_hang_on_one_of_ours(name: str) -> None:
    made = account(name)
    assert not any(secret in made for secret in ("SG.key", "secret", "ada"))
    rotated = ProviderSettings("SG.key", HOST, Path("outbox"), RELAY, (b"another", b"before"))
    assert open_provider(name, rotated).account == made
    assert len(compute_fingerprint("https://" + "x" * 400, "key")) <= 200


def test_the_fingerprints_of_a_former_version_are_known_while_the_secret_key_is() -> None:
    settings = ProviderSettings("SG.key", HOST, Path("outbox"), RELAY, (b"now", b"before"))
    assert open_provider("sendgrid", settings).former_accounts == (
        f"{HOST} 60cc4b89403cfc26",
        f"{HOST} 32691308252e4b87",
    )


def test_an_operator_is_told_what_differs() -> None:
    ours = account("sendgrid")
    assert describe_difference(account("sendgrid", key="SG.b"), ours) == f"planned for another key or user at {HOST}"
    assert describe_difference(account("sendgrid", host="https://eu.example"), ours) == (
        f"planned for the account at https://eu.example, and mail now leaves by {HOST}"
    )
