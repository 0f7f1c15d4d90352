"""SMTP: one message at a time over one connection, for a relay of one's own.

A relay's 250 after DATA is acceptance; a 4xx or 5xx is refusal; a connection lost after DATA began
leaves that one message unknown.
"""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from urllib.parse import unquote, urlsplit

from newsletter.delivery.providers import mime
from newsletter.delivery.providers.accounts import compute_fingerprint, compute_former_fingerprints
from newsletter.delivery.providers.base import Answer, AnswerKind, Recipient, SendRequest, describe_network_error
from newsletter.kernel.errors import BadInput
from newsletter.kernel.text import remove_unstorable

TIMEOUT = 60.0
SETTING = "NEWSLETTER_SMTP_URL"


class Smtp:
    """Sends through the server of an smtp:// or smtps:// address."""

    name = "smtp"
    max_batch = 50
    can_schedule = False
    can_cancel = False

    def __init__(
        self, url: str, secret_keys: Sequence[bytes] = (), *, setting: str = SETTING, timeout: float = TIMEOUT
    ) -> None:
        """`setting` is what an error calls the address; `timeout` seconds are the longest wait for an answer."""
        self._setting, self._timeout = setting, timeout
        try:
            parts = urlsplit(remove_unstorable(url))
            host, port = parts.hostname, parts.port
        except ValueError:
            host = None
        if not host or parts.scheme not in ("smtp", "smtps"):
            raise BadInput(
                f"{setting} must be like smtp://user:password@mail.example.com:587.",
                setting,
            )
        self._host, self._tls = host, parts.scheme == "smtps"
        self._port = port or (465 if self._tls else 587)
        self._user, self._password = unquote(parts.username or ""), unquote(parts.password or "")
        self.account = compute_fingerprint(self._host, self._user)
        self.former_accounts = compute_former_fingerprints(self._host, self._user, secret_keys)

    def send_batch(self, request: SendRequest, now: datetime) -> Answer:
        """Sends each message. A failure of one leaves the others alone; a failure of the connection ends the batch."""

        def compose(recipient: Recipient) -> tuple[str, bytes]:
            extra = mime.build_id_headers(request, recipient)
            return recipient.address, mime.compose_message(request.envelope, recipient, now=now, extra=extra).as_bytes()

        answer = self._send_all(request.envelope.from_email, map(compose, request.recipients))
        return replace(answer, provider_id=request.attempt) if answer.kind is AnswerKind.ACCEPTED else answer

    def send_message(self, sender: str, address: str, message: bytes) -> Answer:
        """Sends one finished message."""
        return self._send_all(sender, iter([(address, message)]))

    def _send_all(self, sender: str, messages: Iterator[tuple[str, bytes]]) -> Answer:
        progress = _BatchProgress()
        try:
            with self._connection() as server:
                for place, (address, message) in enumerate(messages):
                    progress.record(place, *_send_one(server, sender, address, message))
        except _ConnectionLost as error:
            progress.unknown_places.append(len(progress))
            return progress.build_answer(
                f"The connection to {self._host} was lost while a message was under way: {error}."
            )
        except smtplib.SMTPAuthenticationError as error:
            return progress.build_answer(
                f"{self._host} does not accept the user and password of {self._setting}: "
                f"{_format_error(error)}. Fix it, then resume.",
                stop=error.smtp_code >= 500,
            )
        except smtplib.SMTPSenderRefused as error:
            return progress.build_answer(
                f"{self._host} does not let {error.sender} send: {_format_error(error)}. Allow it there, then resume.",
                stop=error.smtp_code >= 500,
            )
        except (OSError, smtplib.SMTPException) as error:
            why = (
                _format_error(error)
                if isinstance(error, smtplib.SMTPResponseException)
                else describe_network_error(error)
            )
            return progress.build_answer(f"{self._host}:{self._port} cannot be reached: {why}.")
        if len(progress.accepted_places) == len(progress):
            return Answer(AnswerKind.ACCEPTED)
        return progress.build_answer(f"{self._host} refused some of the messages: {progress.last_reply}")

    @contextmanager
    def _connection(self) -> Iterator[smtplib.SMTP]:
        if self._tls:
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                self._host, self._port, timeout=self._timeout, context=ssl.create_default_context()
            )
        else:
            server = smtplib.SMTP(self._host, self._port, timeout=self._timeout)
        try:
            server.ehlo()
            if not self._tls and server.has_extn("starttls"):
                server.starttls(context=ssl.create_default_context())
                server.ehlo()
            if self._user:
                server.login(self._user, self._password)
            yield server
        finally:
            try:
                server.quit()
            except (OSError, smtplib.SMTPException):
                server.close()


def _send_one(server: smtplib.SMTP, sender: str, address: str, message: bytes) -> tuple[int, bytes]:
    """Sends one message; the server's last word. Raises for what concerns the connection or the sender."""
    code, said = server.mail(sender)
    if code >= 400:
        raise smtplib.SMTPSenderRefused(code, said, sender)
    code, said = server.rcpt(address)
    if code < 400:
        code, said = _send_data(server, message)
    if code >= 400:
        server.rset()
    return code, said


def _send_data(server: smtplib.SMTP, message: bytes) -> tuple[int, bytes]:
    try:
        return server.data(message)
    except smtplib.SMTPDataError as error:
        return error.smtp_code, _to_bytes(error.smtp_error)
    except (OSError, smtplib.SMTPServerDisconnected) as error:
        raise _ConnectionLost(describe_network_error(error)) from None


class _BatchProgress:
    """How a batch is going: what became of each message tried so far. One put off (4xx) is left to be tried again."""

    def __init__(self) -> None:
        self.accepted_places: list[int] = []
        self.refused_places: dict[int, str] = {}
        self.unknown_places: list[int] = []
        self.last_reply = ""
        self._tried = 0

    def __len__(self) -> int:
        return self._tried

    def record(self, place: int, code: int, said: bytes) -> None:
        """Notes the server's word on one message."""
        self._tried = place + 1
        if code < 400:
            self.accepted_places.append(place)
            return
        self.last_reply = f"{code} {_decode(said)}"
        if code >= 500:
            self.refused_places[place] = self.last_reply

    def build_answer(self, message: str, *, stop: bool = False) -> Answer:
        """The answer for a batch that did not go through whole."""
        return Answer(
            AnswerKind.REFUSED,
            message,
            stop=stop,
            accepted_places=tuple(self.accepted_places),
            refused_places=self.refused_places,
            unknown_places=tuple(self.unknown_places),
        )


class _ConnectionLost(Exception):
    """The connection broke after a message's first byte was written."""


def _format_error(error: smtplib.SMTPResponseException) -> str:
    return f"{error.smtp_code} {_decode(_to_bytes(error.smtp_error))}"


def _decode(said: bytes) -> str:
    return remove_unstorable(said.decode("utf-8", "replace"))


def _to_bytes(said: bytes | str) -> bytes:
    return said if isinstance(said, bytes) else said.encode()
