"""The headers by which a mail program leaves for somebody."""

from __future__ import annotations

from newsletter.delivery.providers.unsubscribe_headers import build_unsubscribe_headers
from tests.delivery.providers.conftest import envelope, reader


def test_one_click_names_the_recipients_own_link() -> None:
    assert dict(build_unsubscribe_headers(envelope(), reader(1))) == {
        "List-Unsubscribe": "<https://n.example.com/u/token1>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }


def test_mail_that_nobody_subscribed_to_has_none() -> None:
    assert build_unsubscribe_headers(envelope(unsubscribe_base=""), reader(1)) == ()
