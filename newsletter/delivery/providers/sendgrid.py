"""SendGrid through its official package, on a connection that is kept open.

The package opens a new connection, and builds a new TLS context, for every call (24 ms against 0.7);
its Mail helper reverses the order of recipients and is slow (SendGrid facts 48-54). So its client is
subclassed onto a pool and given bodies that are encoded already.
"""

from __future__ import annotations

import json
import logging
import re
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import repeat
from json.encoder import encode_basestring_ascii as quoted
from typing import Any

import urllib3
from python_http_client.client import Client, Response
from python_http_client.exceptions import HTTPError, err_dict
from sendgrid import SendGridAPIClient

from newsletter.delivery.providers import sendgrid_suppressions
from newsletter.delivery.providers.accounts import compute_fingerprint, compute_former_fingerprints
from newsletter.delivery.providers.base import (
    Answer,
    AnswerKind,
    CancelStatus,
    DayFigures,
    Envelope,
    Event,
    ProviderError,
    Recipient,
    RequestRefused,
    SendRequest,
    describe_network_error,
    to_columns,
)
from newsletter.delivery.providers.unsubscribe_headers import build_unsubscribe_headers, count_tokens
from newsletter.kernel.errors import BadInput
from newsletter.kernel.numbers import parse_whole_number
from newsletter.kernel.text import remove_unstorable
from newsletter.templater.merge_fields import build_merge_columns

logging.getLogger("python_http_client").setLevel(logging.WARNING)  # at DEBUG it writes the API key (SendGrid fact 52)

CONNECT_SECONDS, READ_SECONDS = 10.0, 25.0  # usually it is one or two; a stop waits for it, and half a minute at most
QUERY_SECONDS = 15.0  # for the answer to what is asked beside sending
READ_BYTES, MOST_BYTES = 64 * 1024, 16 * 1024 * 1024  # of an answer at a time, and of all of it
IDLE_SECONDS = 4.0  # servers close idle connections after 5 s or more: an answer lost that way would be “unknown”
REFUSED_STATUSES = frozenset(
    {400, 401, 403, 404, 405, 413, 415, 429}
)  # SendGrid fact 27: nothing else is a sure refusal
_PLACEHOLDER = "\0"  # stands for a value that differs by recipient
_UNESCAPED = bytes(sorted(set(range(0x20, 0x7F)) - set(b'"\\')))  # what a JSON string has as it is
_FIELD = re.compile(r"personalizations[.\[]([0-9]{1,6})(?![0-9])")


class SendGrid:
    """Sends batches of up to 1,000 recipients by SendGrid's mail/send."""

    name = "sendgrid"
    max_batch = 1000  # SendGrid fact 2
    can_schedule = True
    can_cancel = True
    max_cancelled = 10  # SendGrid fact 28c; ids with a status, of the whole account

    def __init__(self, api_key: str, host: str, secret_keys: Sequence[bytes] = ()) -> None:
        if not api_key:
            raise BadInput(
                "There is no SendGrid key. Set SENDGRID_API_KEY (or SENDGRID_API_KEY_FILE) to a key with the "
                "Mail Send permission.",
                "SENDGRID_API_KEY",
            )
        self.account = compute_fingerprint(host, api_key)
        self.former_accounts = compute_former_fingerprints(host, api_key, secret_keys)
        self._api = SendGridAPIClient(api_key=api_key, host=host)
        self._api.client = PooledClient(host, {**self._api.client.request_headers}, 3, [], Connections())

    def send_batch(self, request: SendRequest, now: datetime) -> Answer:
        """One POST to mail/send; its answer sorted into accepted, refused and unknown (SendGrid fact 27)."""
        try:
            response = self._api.client.mail.send.post(request_body=encode_body(request))
        except HTTPError as error:
            return _to_answer(error, now)
        except (urllib3.exceptions.NewConnectionError, urllib3.exceptions.ConnectTimeoutError) as error:
            return Answer(AnswerKind.REFUSED, f"SendGrid cannot be reached: {describe_network_error(error)}.")
        except urllib3.exceptions.SSLError as error:
            if isinstance(error.__cause__ or error.__context__, ssl.SSLCertVerificationError):
                return Answer(
                    AnswerKind.REFUSED, f"SendGrid cannot be reached: {describe_network_error(error)}.", stop=True
                )
            return Answer(AnswerKind.UNKNOWN, f"SendGrid’s answer was lost: {describe_network_error(error)}.")
        except (urllib3.exceptions.HTTPError, OSError) as error:
            return Answer(AnswerKind.UNKNOWN, f"SendGrid’s answer was lost: {describe_network_error(error)}.")
        if response.status_code == 202:
            message_id = remove_unstorable(str(response.headers.get("X-Message-Id", "")))
            return Answer(AnswerKind.ACCEPTED, provider_id=message_id)
        return Answer(AnswerKind.UNKNOWN, f"SendGrid answered {response.status_code}, which means neither yes nor no.")

    def new_cancel_id(self) -> str:
        """A batch id (SendGrid fact 29). Raises ProviderError."""
        document = _ask(lambda: self._api.client.mail.batch.post(request_body=b"{}", timeout=QUERY_SECONDS))
        if not isinstance(document, dict) or not document.get("batch_id"):
            raise ProviderError("SendGrid gave no batch id.")
        return remove_unstorable(str(document["batch_id"]))

    def cancelled_ids(self) -> frozenset[str]:
        """The batch ids that have a status. Raises ProviderError."""
        document = _ask(lambda: self._api.client.user.scheduled_sends.get(timeout=QUERY_SECONDS))
        if not isinstance(document, list):
            raise ProviderError("SendGrid’s list of scheduled sends cannot be read.")
        return frozenset(str(each.get("batch_id")) for each in document if isinstance(each, dict))

    def get_cancel_status(self, cancel_id: str) -> CancelStatus:
        """The status of a batch id; none is one that is sent at its time (SendGrid fact 29). Raises ProviderError."""
        try:
            document = _ask(lambda: self._api.client.user.scheduled_sends._(cancel_id).get(timeout=QUERY_SECONDS))
        except _Refusal as error:
            if error.status != 404:
                raise
            # Whether an id without a status is an empty list or not found is not written anywhere: the list is sure.
            document = _ask(lambda: self._api.client.user.scheduled_sends.get(timeout=QUERY_SECONDS))
        if not isinstance(document, list):
            raise ProviderError("SendGrid’s status of a scheduled send cannot be read.")
        found = [each for each in document if isinstance(each, dict) and each.get("batch_id") == cancel_id]
        try:
            return CancelStatus(str(found[0].get("status"))) if found else CancelStatus.NONE
        except ValueError:
            raise ProviderError("SendGrid’s status of a scheduled send cannot be read.") from None

    def cancel(self, cancel_id: str) -> None:
        """Cancels a batch id. Raises ProviderError.

        A 400 may say that it has a status already: then that is looked at, and a pause becomes a cancellation.
        """
        wanted = {"batch_id": cancel_id, "status": CancelStatus.CANCELLED.value}
        scheduled = self._api.client.user.scheduled_sends
        try:
            _ask(lambda: scheduled.post(request_body=json.dumps(wanted).encode(), timeout=QUERY_SECONDS))
        except ProviderError:
            status = self.get_cancel_status(cancel_id)
            if status is CancelStatus.NONE:
                raise
            if status is CancelStatus.PAUSED:
                change = json.dumps({"status": wanted["status"]}).encode()
                _ask(lambda: scheduled._(cancel_id).patch(request_body=change, timeout=QUERY_SECONDS))

    def release(self, cancel_id: str) -> None:
        """Deletes the status of a batch id; one that is gone already is fine. Raises ProviderError."""
        if cancel_id in self.cancelled_ids():
            _ask(lambda: self._api.client.user.scheduled_sends._(cancel_id).delete(timeout=QUERY_SECONDS))

    def list_suppressed(self, since: datetime, until: datetime) -> Iterable[Event]:
        """What came onto SendGrid's own lists. Raises ProviderError."""

        def get(name: str, query: Mapping[str, int]) -> Any:
            suppression = self._api.client.suppression._(name)
            return _ask(
                lambda: suppression.get(query_params=dict(query), timeout=QUERY_SECONDS), "Suppressions read access"
            )

        return sendgrid_suppressions.read_lists(get, since, until)

    def count_by_day(self, since: date, until: date) -> Sequence[DayFigures]:
        """SendGrid's statistics of the account (SendGrid fact 44b). Raises ProviderError."""
        wanted = {"start_date": since.isoformat(), "end_date": until.isoformat(), "aggregated_by": "day"}
        document = _ask(
            lambda: self._api.client.stats.get(query_params=wanted, timeout=QUERY_SECONDS), "Stats read access"
        )
        try:
            return [_read_day(each) for each in document]
        except (AttributeError, KeyError, TypeError, ValueError):
            raise ProviderError("SendGrid’s statistics cannot be read.") from None

    def check_key(self) -> str:
        """What is wrong with the key: SendGrid does not know it, or it may not send (SendGrid fact 43a).

        Raises ProviderError when nobody knows.
        """
        try:
            document = _ask(lambda: self._api.client.scopes.get(timeout=QUERY_SECONDS))
        except _Refusal as error:
            if error.status == 401:
                return "SendGrid does not know the key. Set a valid SENDGRID_API_KEY."
            raise
        scopes = document.get("scopes") if isinstance(document, dict) else None
        if not isinstance(scopes, list):
            raise ProviderError("SendGrid’s list of scopes cannot be read.")
        if "mail.send" not in scopes:
            return "The key in SENDGRID_API_KEY may not send. Give it the Mail Send permission."
        return ""

    def forget_bounces(self, addresses: Sequence[str]) -> None:
        """Takes addresses off SendGrid's list of bounces (SendGrid fact 44a). Raises ProviderError, RequestRefused."""
        named = json.dumps({"emails": list(addresses)}).encode()
        bounces = self._api.client.suppression.bounces
        try:
            _ask(lambda: bounces.delete(request_body=named, timeout=QUERY_SECONDS), "Suppressions access")
        except _Refusal as error:
            if error.status in (400, 413):
                raise RequestRefused(str(error)) from None
            if error.status != 404:  # none of them is on it: somebody else took them off
                raise


def _read_day(entry: Mapping[str, Any]) -> DayFigures:
    metrics = [each["metrics"] for each in entry["stats"]]
    if not all(isinstance(each[name], int) for each in metrics for name in ("requests", "delivered")):
        raise ValueError("A figure is no number.")
    requests, delivered = (sum(each[name] for each in metrics) for name in ("requests", "delivered"))
    return DayFigures(date.fromisoformat(entry["date"]), requests, delivered)


class _Refusal(ProviderError):
    """SendGrid answered with an error, and with which status."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


def _ask(call: Callable[[], Response], permission: str = "Scheduled Sends access") -> Any:
    """The document of an answer.

    Raises ProviderError with SendGrid's answer, and which permission the key may lack.
    """
    try:
        return json.loads(call().body or b"null")
    except HTTPError as error:
        remedy = f" Give the key of SENDGRID_API_KEY {permission}." if error.status_code in (401, 403) else ""
        status = int(error.status_code)
        raise _Refusal(f"SendGrid answered {status}: {_error_text(error)}.{remedy}", status) from None
    except (urllib3.exceptions.HTTPError, OSError) as error:
        raise ProviderError(f"SendGrid cannot be reached: {describe_network_error(error)}.") from None
    except (ValueError, RecursionError):
        raise ProviderError("SendGrid’s answer cannot be read.") from None


def _to_answer(error: HTTPError, now: datetime) -> Answer:
    status, said = int(error.status_code), _error_text(error)
    if status not in REFUSED_STATUSES:
        return Answer(AnswerKind.UNKNOWN, f"SendGrid answered {status}: {said}")
    if status == 401:
        return Answer(
            AnswerKind.REFUSED,
            f"SendGrid does not know the key (401: {said}). Set a valid SENDGRID_API_KEY, then resume.",
            permanent=True,
            stop=True,
            key_refused=True,
        )
    if status == 403:
        return Answer(
            AnswerKind.REFUSED,
            f"SendGrid does not let us send this (403: {said}). Verify the sender’s domain and the key’s Mail "
            "Send permission, then resume.",
            permanent=True,
            stop=True,
        )
    if status == 429:
        return Answer(
            AnswerKind.REFUSED,
            f"SendGrid asks us to wait (429: {said}).",
            retry_at=_parse_reset_time(error.headers, now),
        )
    return Answer(
        AnswerKind.REFUSED,
        f"SendGrid refused the request ({status}: {said}).",
        permanent=True,
        refused_places=_find_named_recipients(error) if status == 400 else {},
    )


def _error_text(error: HTTPError) -> str:
    messages = [str(each.get("message", "")) for each in _parse_errors(error)]
    return remove_unstorable("; ".join(filter(None, messages))[:500] or str(error.reason))


def _parse_errors(error: HTTPError) -> list[dict[str, Any]]:
    try:
        document = json.loads(error.body)
    except (ValueError, TypeError, RecursionError):
        return []
    found = document.get("errors") if isinstance(document, dict) else None
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def _find_named_recipients(error: HTTPError) -> dict[int, str]:
    """The recipients a 400 names, by place: the others can be sent without them (SendGrid fact 5)."""
    named: dict[int, str] = {}
    errors = _parse_errors(error)
    for each in errors:
        match = _FIELD.search(str(each.get("field") or ""))
        if match is None:
            return {}  # something is wrong with the message itself
        named[int(match[1])] = remove_unstorable(str(each.get("message", "")))[:300]
    return named


def _parse_reset_time(headers: Any, now: datetime) -> datetime | None:
    """When the rate limit ends: X-RateLimit-Reset in Unix seconds, or Retry-After in seconds (SendGrid fact 25)."""
    values = {str(name).lower(): str(value) for name, value in (headers or {}).items()}
    reset, wait = (parse_whole_number(values.get(name, "").strip()) for name in ("x-ratelimit-reset", "retry-after"))
    try:
        if reset is not None:
            return datetime.fromtimestamp(reset, UTC)
        if wait is not None:
            return now + timedelta(seconds=wait)
    except (ValueError, OverflowError, OSError):
        return None
    return None


def encode_body(request: SendRequest) -> bytes:
    """The JSON of one request. The part that is the same for every batch is encoded once per mailing."""
    people = list(_encode_personalizations(request))
    # Begin and end go with the first and the last, so that half a megabyte is not copied once more.
    people[0] = f'{{"personalizations":[{people[0]}'
    people[-1] = f"{people[-1]}],{_encode_head(request.envelope)}{_encode_schedule(request)}}}"
    return ",".join(people).encode("ascii")


def _encode_schedule(request: SendRequest) -> str:
    """When SendGrid is to send it, and the id by which all of it can be cancelled until then (facts 17 and 29)."""
    at = f',"send_at":{int(request.send_at.timestamp())}' if request.send_at else ""
    return at + (f',"batch_id":{quoted(request.cancel_id)}' if request.cancel_id else "")


def _encode_personalizations(request: SendRequest) -> Iterable[str]:
    """Each recipient’s address, headers, merge values, our ids. One `to` each, or they would see each other (fact 2).

    Column by column, for this runs for millions of recipients: what all have in common is put together once, and
    joining it with what differs is a third of the work of formatting.
    """
    deliveries, addresses, first_names, tokens, dates = to_columns(request.recipients)
    merged = build_merge_columns(request.envelope.merge, addresses, first_names, tokens, dates)
    leaving = [tokens] * count_tokens(request.envelope)
    columns = [addresses, *leaving, *merged, deliveries]
    escaped = {name: _escape_column(column) for name, column in {id(column): column for column in columns}.items()}
    first, *constants = map(repeat, _build_constants(request))
    between = [part for column, after in zip(columns, constants, strict=True) for part in (escaped[id(column)], after)]
    return map("".join, zip(first, *between))  # noqa: B905  what repeats has no end


def _escape_column(column: Sequence[str]) -> Sequence[str]:
    """Values as they stand between the quotes of a JSON string."""
    together = "".join(column)
    if together.isascii() and not together.encode("ascii").translate(None, _UNESCAPED):
        return column
    return [quoted(value)[1:-1] for value in column]


def _build_constants(request: SendRequest) -> Sequence[str]:
    """What stands before, between and after the values of `_encode_personalizations`."""
    envelope = request.envelope
    headers = dict(
        build_unsubscribe_headers(envelope, Recipient(_PLACEHOLDER, _PLACEHOLDER, _PLACEHOLDER, _PLACEHOLDER))
    )
    merged = {field.token: _PLACEHOLDER for field in envelope.merge}
    ours = {
        "nl_mailing": request.mailing,
        "nl_batch": request.batch,
        "nl_attempt": request.attempt,
        "nl_delivery": _PLACEHOLDER,
    }
    whole = (
        f'{{"to":[{{"email":{quoted(_PLACEHOLDER)}}}]'
        + (f',"headers":{{{_encode_pairs(headers)}}}' if headers else "")
        + (f',"substitutions":{{{_encode_pairs(merged)}}}' if merged else "")
        + f',"custom_args":{{{_encode_pairs(ours)}}}}}'
    )
    return whole.split(quoted(_PLACEHOLDER)[1:-1])


def _encode_pairs(values: Mapping[str, str]) -> str:
    return ",".join([f"{quoted(name)}:{quoted(value)}" for name, value in values.items()])


@lru_cache(maxsize=8)
def _encode_head(envelope: Envelope) -> str:
    """Everything but the recipients. Tracking is always set: account defaults would apply otherwise (fact 21)."""
    sender = {"email": envelope.from_email, "name": envelope.from_name}
    document: dict[str, Any] = {
        "from": {name: value for name, value in sender.items() if value},
        "subject": envelope.subject,
        "content": [
            {"type": "text/plain", "value": envelope.text},
            {"type": "text/html", "value": envelope.html},
        ],  # text first: fact 6
        "tracking_settings": {
            "click_tracking": {"enable": envelope.click_tracking, "enable_text": False},
            "open_tracking": {"enable": envelope.open_tracking},
            "subscription_tracking": {"enable": False},  # our own list is the truth (fact 61)
        },
    }
    if envelope.reply_to:
        document["reply_to"] = {"email": envelope.reply_to}
    if envelope.headers:
        document["headers"] = dict(envelope.headers)
    return json.dumps(document, separators=(",", ":"))[1:-1]


class Connections:
    """Connections kept open between batches, one to a thread, so that each knows how long its own was idle."""

    def __init__(self) -> None:
        self._of_thread = threading.local()

    def request(
        self, method: str, url: str, body: bytes | None, headers: Mapping[str, str], read_seconds: float
    ) -> Any:
        """One request; its answer is read as it is asked for. Redirects are not followed."""
        mine = self._of_thread
        if not hasattr(mine, "pool"):
            mine.pool = urllib3.PoolManager(maxsize=1, retries=False)  # no retries: an unknown answer must stay one
        elif max(time.monotonic() - mine.used, time.time() - mine.seen) > IDLE_SECONDS:
            mine.pool.clear()  # the wall clock too: the other one stands still while a laptop sleeps
        try:
            timeout = urllib3.Timeout(connect=CONNECT_SECONDS, read=read_seconds)
            return mine.pool.request(
                method, url, body=body, headers=headers, redirect=False, preload_content=False, timeout=timeout
            )
        finally:
            mine.used, mine.seen = time.monotonic(), time.time()


class PooledClient(Client):
    """The package's client on a pool of kept connections, taking encoded bodies. Errors are the package's own."""

    def __init__(
        self,
        host: str,
        headers: Mapping[str, str],
        version: int,
        url_path: list[str],
        connections: Connections,
    ) -> None:
        super().__init__(
            host=host,
            request_headers={**headers, "Content-Type": "application/json"},
            version=version,
            url_path=url_path,
        )
        self.connections = connections

    def _build_client(self, name: str | None = None) -> PooledClient:
        path = [*self._url_path, name] if name else self._url_path
        return PooledClient(self.host, self.request_headers, self._version, path, self.connections)

    def __getattr__(self, name: str) -> Any:
        if name not in self.methods:
            return super().__getattr__(name)

        def call(
            request_body: bytes | None = None,
            query_params: dict[str, Any] | None = None,
            timeout: float = READ_SECONDS,
            **_: Any,
        ) -> Response:
            url = self._build_url(query_params)
            answer = self.connections.request(name.upper(), url, request_body, self.request_headers, timeout)
            body = _read_body(answer, timeout)
            if answer.status >= 300:
                raise err_dict.get(answer.status, HTTPError)(answer.status, answer.reason, body, answer.headers)
            return Response(_ResponseAdapter(answer, body))

        return call


def _read_body(answer: urllib3.BaseHTTPResponse, seconds: float) -> bytes:
    """The body of an answer, as much of it as comes in time and is no flood; then the connection is given up.

    A yes is a yes by its first line, also when its body breaks off or never ends.
    """
    body, until = bytearray(), time.monotonic() + seconds
    try:
        while part := answer.read1(READ_BYTES):
            body += part
            if len(body) > MOST_BYTES or time.monotonic() > until:
                answer.close()
                break
    except (urllib3.exceptions.HTTPError, OSError):
        answer.close()
        if answer.status >= 300:
            raise
    return bytes(body)


class _ResponseAdapter:
    """An answer of urllib3 in the shape that the package reads."""

    def __init__(self, answer: urllib3.BaseHTTPResponse, body: bytes) -> None:
        self._answer, self._body = answer, body

    def getcode(self) -> int:
        return self._answer.status

    def read(self) -> bytes:
        return self._body

    def info(self) -> Any:
        return self._answer.headers
