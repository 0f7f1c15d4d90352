from __future__ import annotations

import json
import logging
import os
import socket
import ssl
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.delivery.providers import sendgrid
from newsletter.delivery.providers.base import Answer, SendRequest
from newsletter.delivery.providers.sendgrid import SendGrid, encode_body
from newsletter.kernel.errors import BadInput
from newsletter.kernel.text import remove_unstorable
from tests.delivery.providers.conftest import envelope, reader
from tests.fakes.sendgrid import KEY, Fault, SendGridServer, problems_of

Make = Callable[..., SendRequest]
NOW = datetime(2026, 11, 24, 7, 0, tzinfo=UTC)
DESCRIPTION = os.environ.get("SENDGRID_OPENAPI", "")
NAMED = {
    "errors": [{"message": "Does not contain a valid address.", "field": "personalizations.1.to.0.email", "help": None}]
}


@pytest.fixture
def provider(server: SendGridServer) -> SendGrid:
    return SendGrid(KEY, server.url)


def test_a_batch_is_accepted_and_its_message_id_kept(
    provider: SendGrid, server: SendGridServer, request_for: Make
) -> None:
    answer = provider.send_batch(request_for(), NOW)
    assert answer.accepted, answer
    assert len(answer.provider_id) == 22
    assert server.accepted == {f"reader{n}@example.com": 1 for n in range(3)}


def test_the_body_holds_what_leaves(provider: SendGrid, server: SendGridServer, request_for: Make) -> None:
    provider.send_batch(request_for(), NOW)
    sent = server.bodies[0]
    first = sent["personalizations"][0]
    assert first["to"] == [{"email": "reader0@example.com"}], "one `to` each: two would see each other"
    assert first["headers"] == {
        "List-Unsubscribe": "<https://n.example.com/u/token0>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }
    assert first["custom_args"] == {
        "nl_mailing": "mailing",
        "nl_batch": "batch",
        "nl_attempt": "attempt",
        "nl_delivery": "batchkey.0",
    }
    assert first["substitutions"]["-nl_token_4h-"] == "token0"
    assert sent["subject"] == "The ferry is back — at last"
    assert sent["from"] == {"email": "news@example.com", "name": "The Upland Echo"}
    assert sent["reply_to"] == {"email": "desk@example.com"}
    assert sent["headers"] == {"List-Id": "Morning <morning.example.com>", "Precedence": "bulk"}
    assert [part["type"] for part in sent["content"]] == ["text/plain", "text/html"]


@pytest.mark.parametrize("on", [True, False])
def test_tracking_is_always_said(request_for: Make, on: bool) -> None:
    sent = json.loads(encode_body(request_for(click_tracking=on, open_tracking=on)))
    assert sent["tracking_settings"] == {
        "click_tracking": {"enable": on, "enable_text": False},
        "open_tracking": {"enable": on},
        "subscription_tracking": {"enable": False},
    }


@given(st.text(max_size=60), st.text(max_size=60), st.text(min_size=1, max_size=60))
def test_any_text_survives_the_quick_encoding(name: str, token: str, subject: str) -> None:
    person = reader(0, first_name=name)._replace(token=token)
    request = SendRequest(envelope(subject=subject, from_name=name), (person,), "m", "b", "a")
    raw = encode_body(request)
    assert raw.isascii()
    sent = json.loads(raw)
    assert sent["subject"] == subject
    assert sent["from"].get("name", "") == name
    assert sent["personalizations"][0]["headers"]["List-Unsubscribe"] == f"<https://n.example.com/u/{token}>"


def test_each_way_to_leave_names_the_recipients_own_token(request_for: Make) -> None:
    sent = json.loads(encode_body(request_for(unsubscribe_email="leave@example.com")))
    assert [person["headers"]["List-Unsubscribe"] for person in sent["personalizations"]] == [
        f"<https://n.example.com/u/token{n}>, <mailto:leave@example.com?subject=unsubscribe%20token{n}>"
        for n in range(3)
    ]


@given(st.text(max_size=300))
def test_whatever_a_subscriber_is_called_the_body_is_valid_and_no_value_holds_a_token(name: str) -> None:
    sent = json.loads(encode_body(SendRequest(envelope(), (reader(0, first_name=name),), "m", "b", "a")))
    assert problems_of(sent) == []
    values = sent["personalizations"][0]["substitutions"]
    assert not any("-nl_" in value for value in values.values()), "the provider would expand it"
    assert not set("<>") & set(values["-nl_first_name_1h-"]), "the provider does not escape"


def test_a_name_that_is_missing_is_the_fallback(request_for: Make) -> None:
    sent = json.loads(encode_body(request_for(reader(0, first_name=""))))
    assert sent["personalizations"][0]["substitutions"]["-nl_first_name_2t-"] == "reader"


@pytest.mark.skipif(not DESCRIPTION, reason="SENDGRID_OPENAPI names no file with SendGrid's own description")
def test_the_body_is_valid_by_sendgrids_own_description(request_for: Make) -> None:
    from jsonschema import Draft202012Validator
    from referencing import Registry, Resource
    from referencing.jsonschema import DRAFT202012

    document = json.loads(Path(DESCRIPTION).read_text())
    registry: Any = Registry().with_resource("urn:mail", Resource(document, DRAFT202012))
    schema = "urn:mail#/components/requestBodies/PostMailSend/content/application~1json/schema"
    people = [reader(n, first_name='Zoë <&> "O\'Neill"') for n in range(1000)]
    sent = json.loads(encode_body(request_for(*people)))
    validator = Draft202012Validator({"$ref": schema}, registry=registry)
    # The description calls custom_args of the whole mail a string; we have none there (SendGrid fact 15).
    assert [error.message for error in validator.iter_errors(sent)] == []
    assert list(validator.iter_errors(sent | {"personalizations": "none"})), "the validator looks"


@pytest.mark.parametrize(("status", "word"), [(401, "SENDGRID_API_KEY"), (403, "Verify the sender")])
def test_a_refusal_of_the_sender_stops_with_the_remedy(
    provider: SendGrid, server: SendGridServer, request_for: Make, status: int, word: str
) -> None:
    server.fail_next(Fault(status=status))
    answer = provider.send_batch(request_for(), NOW)
    assert (answer.kind, answer.stop, answer.permanent) == ("refused", True, True)
    assert word in answer.message


@pytest.mark.parametrize("status", [400, 404, 405, 413, 415])
def test_a_sure_refusal_is_permanent(
    provider: SendGrid, server: SendGridServer, request_for: Make, status: int
) -> None:
    server.fail_next(Fault(status=status))
    answer = provider.send_batch(request_for(), NOW)
    assert (answer.kind, answer.permanent, answer.stop, answer.refused_places) == ("refused", True, False, {})
    assert str(status) in answer.message


@pytest.mark.parametrize("field", ["personalizations.1.to.0.email", "personalizations[1].to[0].email"])
def test_a_400_that_names_a_subscriber_names_the_place(
    provider: SendGrid, server: SendGridServer, request_for: Make, field: str
) -> None:
    server.fail_next(Fault(status=400, body={"errors": [{"message": "Bad address.", "field": field}]}))
    assert provider.send_batch(request_for(), NOW).refused_places == {1: "Bad address."}


def test_a_400_that_also_names_the_message_blames_nobody(
    provider: SendGrid, server: SendGridServer, request_for: Make
) -> None:
    errors = [*NAMED["errors"], {"message": "The subject is required.", "field": "subject"}]
    server.fail_next(Fault(status=400, body={"errors": errors}))
    answer = provider.send_batch(request_for(), NOW)
    assert answer.refused_places == {}
    assert "The subject is required." in answer.message


@pytest.mark.parametrize("document", [{"errors": "no list"}, {"errors": [None, 3]}, {}, {"error": "odd"}])
def test_a_refusal_in_an_unexpected_shape_is_still_a_refusal(
    provider: SendGrid, server: SendGridServer, request_for: Make, document: dict[str, Any]
) -> None:
    server.fail_next(Fault(status=400, body=document))
    assert provider.send_batch(request_for(), NOW).kind == "refused"


@pytest.mark.parametrize("status", [400, 403, 413, 429, 500])
def test_what_no_database_takes_is_removed_from_an_answer(
    provider: SendGrid, server: SendGridServer, request_for: Make, status: int
) -> None:
    field = "personalizations.1.to.0.email" if status == 400 else None
    errors = [{"message": "half \ud800 and nul \0 here", "field": field}]
    server.fail_next(Fault(status=status, body={"errors": errors}))
    answer = provider.send_batch(request_for(), NOW)
    said = answer.message + "".join(answer.refused_places.values())
    assert "half  and nul  here" in said
    assert remove_unstorable(said) == said


def test_a_refusal_nested_deeper_than_can_be_read_is_still_a_refusal(request_for: Make) -> None:
    reported = answered(b"400 Bad Request", b"[" * 100_000, 100_000, request_for())
    assert (reported.kind, reported.permanent) == ("refused", True)


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"X-RateLimit-Reset": str(int(NOW.timestamp()) + 30)}, 30),
        ({"Retry-After": "12"}, 12),
        ({"X-RateLimit-Reset": "soon"}, None),
        ({"X-RateLimit-Reset": "9" * 40}, None),
        ({}, None),
    ],
)
def test_a_rate_limit_says_when_to_come_back(
    provider: SendGrid, server: SendGridServer, request_for: Make, headers: dict[str, str], wait: int | None
) -> None:
    server.fail_next(Fault(status=429, headers=headers))
    answer = provider.send_batch(request_for(), NOW)
    assert (answer.kind, answer.permanent) == ("refused", False)
    assert answer.retry_at == (NOW + timedelta(seconds=wait) if wait else None)


@pytest.mark.parametrize("accept_first", [True, False])
@pytest.mark.parametrize(
    "fault",
    [Fault(status=500), Fault(status=502), Fault(status=503), Fault(status=200), Fault(status=302), Fault(drop=True)],
)
def test_every_other_answer_is_unknown_whether_it_was_accepted_or_not(
    provider: SendGrid, server: SendGridServer, request_for: Make, fault: Fault, accept_first: bool
) -> None:
    server.fail_next(Fault(**{**fault.__dict__, "accept_first": accept_first}))
    assert provider.send_batch(request_for(), NOW).unknown
    assert server.requests == 1, "it is never tried again by itself"


def test_a_server_that_hangs_leaves_the_batch_unknown(
    server: SendGridServer, request_for: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sendgrid, "READ_SECONDS", 0.2)
    server.fail_next(Fault(hang=0.6, accept_first=True))
    answer = SendGrid(KEY, server.url).send_batch(request_for(), NOW)
    assert answer.unknown
    assert answer.message == "SendGrid’s answer was lost: it did not answer in time."


def test_a_server_that_is_not_there_is_a_refusal_for_now(request_for: Make) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    answer = SendGrid(KEY, f"http://127.0.0.1:{port}").send_batch(request_for(), NOW)
    assert (answer.kind, answer.permanent, answer.stop) == ("refused", False, False)
    assert answer.message == "SendGrid cannot be reached: nothing answers at its address."


def test_a_certificate_of_somebody_else_stops_the_mailing(
    server: SendGridServer, request_for: Make, tmp_path: Path
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*_self_signed(tmp_path))
    server.socket = context.wrap_socket(server.socket, server_side=True)
    answer = SendGrid(KEY, server.url.replace("http", "https")).send_batch(request_for(), NOW)
    assert (answer.kind, answer.stop) == ("refused", True)
    assert "certificate" in answer.message


def _self_signed(folder: Path) -> tuple[Path, Path]:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "somebody.example.com")])
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    made = made.not_valid_before(datetime.now(UTC)).not_valid_after(datetime.now(UTC) + timedelta(days=1))
    certificate, secret = folder / "certificate.pem", folder / "key.pem"
    certificate.write_bytes(made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return certificate, secret


def test_one_connection_serves_many_batches(
    provider: SendGrid, server: SendGridServer, request_for: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = _count_connections(server, monkeypatch)
    for _ in range(5):
        assert provider.send_batch(request_for(), NOW).accepted
    assert len(opened) == 1


def test_threads_that_wake_together_after_a_rest_all_get_through(
    provider: SendGrid, server: SendGridServer, request_for: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A connection that rested is closed; nobody may close the one another thread has just opened."""
    monkeypatch.setattr(sendgrid, "IDLE_SECONDS", 0.0)
    together = threading.Barrier(8)

    def wake(_: int) -> str:
        together.wait()
        return provider.send_batch(request_for(), NOW).kind

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(wake, range(80))) == ["accepted"] * 80


def test_each_thread_knows_how_long_its_own_connection_rested(
    provider: SendGrid, server: SendGridServer, request_for: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A busy thread must not make the rested connection of another look fresh."""
    monkeypatch.setattr(sendgrid, "IDLE_SECONDS", 0.3)
    opened = _count_connections(server, monkeypatch)
    provider.send_batch(request_for(), NOW)
    with ThreadPoolExecutor(1) as busy:
        for _ in range(5):
            busy.submit(provider.send_batch, request_for(), NOW).result()
            time.sleep(0.1)
    provider.send_batch(request_for(), NOW)
    assert len(opened) == 3, "one for each thread, and a fresh one for the one that rested"


def test_a_connection_that_rested_too_long_is_not_used_again(
    provider: SendGrid, server: SendGridServer, request_for: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = _count_connections(server, monkeypatch)
    provider.send_batch(request_for(), NOW)
    monkeypatch.setattr(sendgrid, "IDLE_SECONDS", 0.0)
    provider.send_batch(request_for(), NOW)
    assert len(opened) == 2


def _count_connections(server: SendGridServer, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    opened: list[Any] = []
    get_request = server.get_request

    def counted() -> Any:
        opened.append(time.monotonic())
        return get_request()

    monkeypatch.setattr(server, "get_request", counted)
    return opened


def test_no_key_is_said_with_the_setting_to_set() -> None:
    with pytest.raises(BadInput, match="Set SENDGRID_API_KEY") as raised:
        SendGrid("", "https://api.sendgrid.com")
    assert raised.value.field == "SENDGRID_API_KEY"


def test_the_key_is_never_logged(provider: SendGrid, request_for: Make, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        provider.send_batch(request_for(), NOW)
    assert KEY not in caplog.text


@pytest.mark.parametrize(("first_line", "kind"), [(b"202 Accepted", "accepted"), (b"400 Bad Request", "unknown")])
def test_a_yes_whose_body_breaks_off_is_a_yes(request_for: Make, first_line: bytes, kind: str) -> None:
    reported = answered(first_line, b"ab", 9, request_for())
    assert reported.kind == kind, reported
    assert reported.provider_id == ("cut" if kind == "accepted" else "")


@pytest.mark.parametrize(
    ("first_line", "part", "kind"),
    [
        (b"202 Accepted", b"x", "accepted"),  # by drops: each comes before a wait for it is over
        (b"400 Bad Request", b"x", "refused"),
        (b"500 Oops", b"x" * 65_536, "unknown"),
    ],
)
def test_a_body_that_never_ends_keeps_nobody_waiting(
    request_for: Make, monkeypatch: pytest.MonkeyPatch, first_line: bytes, part: bytes, kind: str
) -> None:
    monkeypatch.setattr(sendgrid, "READ_SECONDS", 0.2)
    monkeypatch.setattr(sendgrid, "MOST_BYTES", 200_000)
    given_up = threading.Event()

    def go_on(connection: socket.socket) -> None:
        with suppress(OSError):
            while not given_up.wait(0.01):
                connection.sendall(part)

    with ThreadPoolExecutor(1) as pool:
        reported = pool.submit(answered, first_line, b"", 1 << 40, request_for(), then=go_on)
        try:
            assert reported.result(timeout=30).kind == kind
        finally:
            given_up.set()


def test_a_message_id_holds_nothing_that_no_database_takes(request_for: Make) -> None:
    assert answered(b"202 Accepted", b"", 0, request_for(), message_id=b"one\0two").provider_id == "onetwo"


def answered(
    first_line: bytes,
    body: bytes,
    announced: int,
    request: SendRequest,
    message_id: bytes = b"cut",
    then: Callable[[socket.socket], None] = lambda connection: None,
) -> Answer:
    """What comes of a request that a server answers with these bytes, of which it announced so many."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def answer() -> None:
            connection, _ = listening.accept()
            with connection, connection.makefile("rb") as asked:
                length = 0
                while (line := asked.readline()) != b"\r\n":
                    length = int(line.split(b":")[1]) if line.lower().startswith(b"content-length") else length
                asked.read(length)
                head = b"HTTP/1.1 %b\r\nx-message-id: %b\r\ncontent-length: %d\r\n\r\n"
                connection.sendall(head % (first_line, message_id, announced) + body)
                then(connection)

        thread = threading.Thread(target=answer)
        thread.start()
        reported = SendGrid(KEY, f"http://127.0.0.1:{listening.getsockname()[1]}").send_batch(request, NOW)
        thread.join()
    return reported
