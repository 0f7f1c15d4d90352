"""A request as the engine makes it: two merge fields of each kind, three readers."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from newsletter.delivery.providers.base import Envelope, Recipient, SendRequest
from newsletter.templater.briefing import MergeField
from tests.fakes.sendgrid import SendGridServer

MERGE = (
    MergeField("-nl_first_name_1h-", "first_name", "reader", True),
    MergeField("-nl_first_name_2t-", "first_name", "reader", False),
    MergeField("-nl_email_3h-", "email", "", True),
    MergeField("-nl_token_4h-", "token", "", True),
    MergeField("-nl_token_5t-", "token", "", False),
)


def envelope(**changes: Any) -> Envelope:
    given = {
        "from_email": "news@example.com",
        "from_name": "The Upland Echo",
        "reply_to": "desk@example.com",
        "subject": "The ferry is back — at last",
        "html": "<!DOCTYPE html><p>Hello -nl_first_name_1h-, at -nl_email_3h-</p>"
        '<a href="https://n.example.com/u/-nl_token_4h-">leave</a>',
        "text": "Hello -nl_first_name_2t-\nhttps://n.example.com/u/-nl_token_5t-\n",
        "merge": MERGE,
        "headers": (("List-Id", "Morning <morning.example.com>"), ("Precedence", "bulk")),
        "unsubscribe_base": "https://n.example.com/u/",
    }
    return Envelope(**(given | changes))


def reader(n: int, first_name: str = "Ada", address: str = "") -> Recipient:
    return Recipient(f"batchkey.{n}", address or f"reader{n}@example.com", first_name, f"token{n}")


@pytest.fixture
def request_for() -> Callable[..., SendRequest]:
    """request_for(reader(0), …, subject="…"): a request to these readers."""

    def make(*people: Recipient, **changes: Any) -> SendRequest:
        return SendRequest(
            envelope(**changes), people or (reader(0), reader(1), reader(2)), "mailing", "batch", "attempt"
        )

    return make


@pytest.fixture
def server() -> Iterator[SendGridServer]:
    """SendGrid's double, listening."""
    made = SendGridServer()
    threading.Thread(target=made.serve_forever, args=(0.02,), daemon=True).start()
    yield made
    made.shutdown()
    made.server_close()
