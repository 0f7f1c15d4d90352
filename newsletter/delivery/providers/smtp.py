"""SMTP: one message at a time over one connection, for a relay of one's own.

A relay's 250 after DATA is acceptance; a 4xx or 5xx is refusal; a connection lost after DATA began
leaves that one message unknown.
"""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from urllib.parse import unquote, urlsplit

from newsletter.delivery.providers import mime
from newsletter.delivery.providers.base import Answer, Recipient, Request
from newsletter.kernel.errors import BadInput

TIMEOUT = 60.0


class Smtp:
    """Sends through the server of an smtp:// or smtps:// address."""

    name = "smtp"
    max_batch = 50
    can_schedule = False
    can_cancel = False

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
            raise BadInput(
                "NEWSLETTER_SMTP_URL must be like smtp://user:password@mail.example.com:587.",
                "NEWSLETTER_SMTP_URL",
            )
        self._host, self._tls = parts.hostname, parts.scheme == "smtps"
        self._port = parts.port or (465 if self._tls else 587)
        self._user, self._password = unquote(parts.username or ""), unquote(parts.password or "")

    def send_batch(self, request: Request, now: datetime) -> Answer:
        """Sends each message; stops at the first trouble that concerns the connection and says which are settled."""
        done: list[int] = []
        bad: dict[int, str] = {}
        try:
            with self._connection() as server:
                for place, recipient in enumerate(request.recipients):
                    refusal = self._one(server, request, recipient, now)
                    if refusal:
                        bad[place] = refusal
                    else:
                        done.append(place)
        except smtplib.SMTPAuthenticationError as error:
            return Answer(
                "refused",
                f"{self._host} does not accept the user and password of NEWSLETTER_SMTP_URL: {_said(error)}",
                stop=True,
                done=tuple(done),
            )
        except smtplib.SMTPResponseException as error:
            return Answer(
                "refused",
                f"{self._host} said: {_said(error)}",
                permanent=error.smtp_code >= 500,
                done=tuple(done),
                bad=bad,
            )
        except _Lost as error:
            return Answer(
                "unknown",
                f"The connection to {self._host} was lost while a message was under way: {error}",
                done=tuple(done),
                bad=bad,
            )
        except (OSError, smtplib.SMTPException) as error:
            return Answer("refused", f"{self._host}:{self._port} cannot be reached: {error}", done=tuple(done), bad=bad)
        return (
            Answer("refused", "Some addresses were refused.", bad=bad, done=tuple(done))
            if bad
            else Answer("accepted", provider_id=request.attempt)
        )

    @contextmanager
    def _connection(self) -> Iterator[smtplib.SMTP]:
        context = ssl.create_default_context()
        if self._tls:
            server: smtplib.SMTP = smtplib.SMTP_SSL(self._host, self._port, timeout=TIMEOUT, context=context)
        else:
            server = smtplib.SMTP(self._host, self._port, timeout=TIMEOUT)
        try:
            server.ehlo()
            if not self._tls and server.has_extn("starttls"):
                server.starttls(context=context)
                server.ehlo()
            if self._user:
                server.login(self._user, self._password)
            yield server
        finally:
            try:
                server.quit()
            except (OSError, smtplib.SMTPException):
                server.close()

    def _one(self, server: smtplib.SMTP, request: Request, recipient: Recipient, now: datetime) -> str:
        """Sends one message; "" or why this address was refused. Raises for what concerns the connection."""
        message = mime.compose(request.envelope, recipient, now=now, extra=mime.ids(request, recipient))
        code, said = server.mail(request.envelope.from_email)
        if code >= 400:
            server.rset()
            raise smtplib.SMTPSenderRefused(code, said, request.envelope.from_email)
        code, said = server.rcpt(recipient.address)
        if code >= 500:
            server.rset()
            return f"{code} {said.decode('utf-8', 'replace')}"
        if code >= 400:
            server.rset()
            raise smtplib.SMTPResponseException(code, said)
        try:
            code, said = server.data(message.as_bytes())
        except smtplib.SMTPDataError:
            raise  # an answer: refused
        except (OSError, smtplib.SMTPServerDisconnected) as error:
            raise _Lost(str(error)) from None
        if code >= 400:
            raise smtplib.SMTPDataError(code, said)
        return ""


class _Lost(Exception):
    """The connection broke after a message's first byte was written."""


def _said(error: smtplib.SMTPResponseException) -> str:
    said = error.smtp_error
    return f"{error.smtp_code} {said.decode('utf-8', 'replace') if isinstance(said, bytes) else said}"
