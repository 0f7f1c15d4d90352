from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default
from typing import Any

import pytest

from newsletter.delivery.providers.base import Answer, SendRequest
from newsletter.delivery.providers.smtp import Smtp
from newsletter.kernel.errors import BadInput
from tests.delivery.providers.conftest import reader
from tests.fakes.smtp import SmtpServer, listening

Make = Callable[..., SendRequest]
Start = Callable[..., SmtpServer]
NOW = datetime(2026, 11, 24, 7, 0, tzinfo=UTC)
SECOND = "reader1@example.com"


@pytest.fixture
def start() -> Iterator[Start]:
    """start(rcpt={…}): a mail server told what to answer."""
    with ExitStack() as stack:
        yield lambda **reported: stack.enter_context(listening(SmtpServer(**reported)))


def send(server: SmtpServer, request: SendRequest) -> Answer:
    return Smtp(server.url).send_batch(request, NOW)


def taken(server: SmtpServer) -> list[str]:
    return [address for address, _ in server.accepted]


def test_each_subscriber_gets_a_message_of_their_own(start: Start, request_for: Make) -> None:
    server = start()
    answer = send(server, request_for())
    assert answer.accepted
    assert taken(server) == [f"reader{n}@example.com" for n in range(3)]
    message: Any = message_from_bytes(server.accepted[0][1], policy=default)
    assert message["To"] == "reader0@example.com"
    assert message["List-Unsubscribe"] == "<https://n.example.com/u/token0>"
    assert message["X-NL-Attempt"] == "attempt"
    assert "Hello Ada" in message.get_body(("plain",)).get_content()


@pytest.mark.parametrize("verb", ["rcpt", "data", "end"])
def test_an_address_that_is_refused_leaves_the_others_alone(start: Start, request_for: Make, verb: str) -> None:
    server = start(**{verb: {SECOND: "550 no such mailbox"}})
    answer = send(server, request_for())
    assert answer.accepted_places == (0, 2)
    assert answer.refused_places == {1: "550 no such mailbox"}
    assert taken(server) == ["reader0@example.com", "reader2@example.com"]


def test_what_no_database_takes_is_removed_from_a_reply(start: Start, request_for: Make) -> None:
    assert send(start(rcpt={SECOND: "550 no\0body"}), request_for()).refused_places == {1: "550 nobody"}


@pytest.mark.parametrize("verb", ["rcpt", "data", "end"])
def test_an_address_that_is_put_off_is_left_to_be_tried_again(start: Start, request_for: Make, verb: str) -> None:
    server = start(**{verb: {SECOND: "451 greylisted, come back"}})
    answer = send(server, request_for())
    assert (answer.kind, answer.permanent, answer.stop) == ("refused", False, False)
    assert (answer.accepted_places, answer.refused_places, answer.unknown_places) == ((0, 2), {}, ())
    assert "451 greylisted" in answer.message


@pytest.mark.parametrize("fate", ["drop before", "drop after"])
def test_a_line_that_breaks_in_a_message_leaves_that_one_unsure_and_the_rest_untried(
    start: Start, request_for: Make, fate: str
) -> None:
    answer = send(start(end={SECOND: fate}), request_for())
    assert answer.kind == "refused"
    assert (answer.accepted_places, answer.unknown_places, answer.refused_places) == ((0,), (1,), {})


def test_a_line_that_breaks_between_messages_leaves_nobody_unsure(start: Start, request_for: Make) -> None:
    answer = send(start(rcpt={SECOND: "drop"}), request_for())
    assert (answer.kind, answer.accepted_places, answer.unknown_places) == ("refused", (0,), ())


def test_a_sender_that_is_not_let_send_stops_the_mailing(start: Start, request_for: Make) -> None:
    answer = send(start(sender="550 not from here"), request_for())
    assert (answer.kind, answer.stop) == ("refused", True)
    assert "does not let news@example.com send: 550 not from here" in answer.message


def test_a_busy_server_is_a_refusal_for_now(start: Start, request_for: Make) -> None:
    for reported in ({"sender": "451 busy"}, {"greeting": "421 too many"}, {"greeting": "drop"}):
        answer = send(start(**reported), request_for())
        assert (answer.kind, answer.permanent, answer.stop, answer.accepted_places) == ("refused", False, False, ())


def test_a_wrong_password_stops_the_mailing_and_names_the_setting_not_the_secret(
    start: Start, request_for: Make
) -> None:
    answer = send(start(login="535 wrong"), request_for())
    assert answer.stop
    assert "NEWSLETTER_SMTP_URL" in answer.message
    assert "secret" not in answer.message


def test_a_login_that_works_sends(start: Start, request_for: Make) -> None:
    server = start(login="235 welcome")
    assert send(server, request_for(reader(0))).accepted


def test_a_server_that_is_not_there_is_a_refusal_for_now(request_for: Make) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    answer = Smtp(f"smtp://127.0.0.1:{port}").send_batch(request_for(), NOW)
    assert (answer.kind, answer.permanent) == ("refused", False)
    assert f"127.0.0.1:{port} cannot be reached" in answer.message


@pytest.mark.parametrize("url", ["", "mail.example.com", "http://mail.example.com", "smtp://"])
def test_an_address_that_is_none_is_said_with_an_example(url: str) -> None:
    with pytest.raises(BadInput, match=r"smtp://user:password@mail\.example\.com:587"):
        Smtp(url)


@pytest.mark.parametrize(
    ("broken", "accepted", "unknown", "permanent"),
    [
        ({}, True, False, False),
        ({"end": {SECOND: "drop after"}}, False, True, False),
        ({"data": {SECOND: "451 later"}}, False, False, False),
        ({"rcpt": {SECOND: "550 nobody"}}, False, False, True),
        ({"greeting": "drop"}, False, False, False),
        ({"sender": "550 not you"}, False, False, False),
    ],
)
def test_one_finished_message_has_the_same_three_answers(
    start: Start, broken: dict[str, Any], accepted: bool, unknown: bool, permanent: bool
) -> None:
    server = start(**broken)
    answer = Smtp(server.url, setting="NEWSLETTER_NOTIFY_SMTP_URL").send_message(
        "desk@example.com", SECOND, b"Subject: x\r\n\r\nBody\r\n"
    )
    assert (answer.accepted, bool(answer.unknown_places), bool(answer.refused_places)) == (accepted, unknown, permanent)


def test_an_address_is_called_by_the_setting_that_holds_it(start: Start) -> None:
    with pytest.raises(BadInput, match="NEWSLETTER_NOTIFY_SMTP_URL must be like"):
        Smtp("nonsense", setting="NEWSLETTER_NOTIFY_SMTP_URL")
    server = start(login="535 no")
    answer = Smtp(server.url, setting="NEWSLETTER_NOTIFY_SMTP_URL").send_message("desk@example.com", SECOND, b"x")
    assert "user and password of NEWSLETTER_NOTIFY_SMTP_URL" in answer.message
