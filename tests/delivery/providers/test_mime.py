"""A message as it leaves for one recipient."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from newsletter.delivery.providers.base import SendRequest
from newsletter.delivery.providers.mime import build_id_headers, compose_message
from tests.delivery.providers.conftest import envelope, reader

NOW = datetime(2026, 11, 24, 7, 0, tzinfo=UTC)


def test_the_text_comes_first_and_the_date_is_the_one_given() -> None:
    message = compose_message(envelope(), reader(1), now=NOW)
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    assert message["Date"] == "Tue, 24 Nov 2026 07:00:00 +0000"


def test_the_same_delivery_has_the_same_id_whenever_it_is_sent() -> None:
    first, again = (compose_message(envelope(), reader(1), now=now)["Message-ID"] for now in (NOW, NOW.replace(hour=9)))
    assert first == again == "<batchkey.1@example.com>"


def test_without_an_address_for_answers_there_is_no_such_header() -> None:
    assert compose_message(envelope(reply_to=""), reader(1), now=NOW)["Reply-To"] is None


def test_no_line_is_longer_than_servers_take() -> None:
    long = envelope(html=f"<p>{'ö' * 3000}</p>", text="x" * 3000)
    raw = compose_message(long, reader(1), now=NOW, extra=(("X-NL-Batch", "batch"),)).as_bytes()
    assert max(map(len, raw.splitlines())) <= 998
    assert b"X-NL-Batch: batch" in raw


def test_a_name_cannot_add_a_header() -> None:
    named = envelope(subject="Hello -nl_first_name_2t-")
    message = compose_message(named, reader(1, first_name="Ann\r\nBcc: eve@example.com"), now=NOW)
    assert message["Bcc"] is None
    assert b"\nBcc:" not in message.as_bytes().partition(b"\r\n\r\n")[0]


def test_our_ids_are_headers_where_nothing_is_reported_back(request_for: Callable[..., SendRequest]) -> None:
    request = request_for()
    assert dict(build_id_headers(request, request.recipients[2])) == {
        "X-NL-Mailing": "mailing",
        "X-NL-Batch": "batch",
        "X-NL-Attempt": "attempt",
        "X-NL-Delivery": "batchkey.2",
    }
