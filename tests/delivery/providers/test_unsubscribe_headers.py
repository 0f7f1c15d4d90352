"""The headers by which a mail program leaves for somebody."""

from __future__ import annotations

from newsletter.delivery.providers.unsubscribe_headers import build_unsubscribe_headers
from tests.delivery.providers.conftest import envelope, reader


def test_one_click_names_the_recipients_own_link() -> None:
    assert dict(build_unsubscribe_headers(envelope(), reader(1))) == {
        "List-Unsubscribe": "<https://n.example.com/u/token1>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }


def test_an_address_to_leave_by_mail_stands_beside_the_link() -> None:
    headers = dict(build_unsubscribe_headers(envelope(unsubscribe_email="leave&go@example.com"), reader(1)))
    assert headers["List-Unsubscribe"] == (
        "<https://n.example.com/u/token1>, <mailto:leave%26go@example.com?subject=unsubscribe%20token1>"
    )
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_a_link_beyond_ascii_is_written_as_headers_can_hold_it() -> None:
    base = "https://nächrichten.example:8443/post/brücke/u/"
    assert dict(build_unsubscribe_headers(envelope(unsubscribe_base=base), reader(1)))["List-Unsubscribe"] == (
        "<https://xn--nchrichten-q5a.example:8443/post/br%C3%BCcke/u/token1>"
    )


def test_mail_that_nobody_subscribed_to_has_none() -> None:
    assert build_unsubscribe_headers(envelope(unsubscribe_base=""), reader(1)) == ()
