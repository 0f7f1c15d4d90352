"""A local server that behaves like SendGrid's mail/send: it validates strictly, counts, and fails on request.

    python -m tests.fakes.sendgrid --port 8099 --log bodies.jsonl

Faults are queued with `server.fail_next(Fault…)`; each is used up by one request.
"""

from __future__ import annotations

import argparse
import json
import re
import secrets
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

KEY = "SG.fake-key"
MOST_STATUSES = 10  # SendGrid fact 28c
_RESERVED = {
    "x-sg-id",
    "x-sg-eid",
    "received",
    "dkim-signature",
    "content-type",
    "content-transfer-encoding",
    "to",
    "from",
    "subject",
    "reply-to",
    "cc",
    "bcc",
}
_TOP = {
    "personalizations",
    "from",
    "reply_to",
    "subject",
    "content",
    "headers",
    "tracking_settings",
    "send_at",
    "batch_id",
    "categories",
    "mail_settings",
    "custom_args",
}
_PERSONAL = {"to", "headers", "substitutions", "custom_args", "subject", "send_at"}


@dataclass(frozen=True)
class Fault:
    """How one request goes wrong, before or after accepting.

    It answers `status`, `drop`s the connection, `hang`s for seconds, or is `slow` by some and answers as always.
    """

    status: int = 0
    drop: bool = False
    hang: float = 0.0
    slow: float = 0.0
    accept_first: bool = False
    headers: dict[str, str] = field(default_factory=dict)
    body: dict[str, Any] | None = None


class SendGridServer(ThreadingHTTPServer):
    """Listens on loopback. `accepted` counts messages by address, `bodies` keeps what was accepted."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int = 0, log: Path | None = None, delay: float = 0.0) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.accepted: Counter[str] = Counter()
        self.bodies: list[dict[str, Any]] = []
        self.delivered: list[dict[str, Any]] = []  # of those, what was sent by now and not cancelled before
        self.arrivals: list[tuple[float, int]] = []  # when messages were accepted to be sent at once, and how many
        self.refused: list[str] = []
        self.requests = 0
        self.delay = delay
        self.clock: Callable[[], float] = time.time  # what “send_at” and the rules of batch ids are judged by
        self.batches: set[str] = set()
        self.statuses: dict[str, str] = {}  # of batch ids: pause or cancel
        self.scheduled: list[dict[str, Any]] = []  # what waits for its send_at; delivered by `pass_time`
        self.weather: Callable[[], Fault | None] = lambda: None  # asked for every request that no fault is queued for
        self.suppressions: dict[str, list[dict[str, Any]]] = {}  # by list, as SendGrid gives them
        self.scopes = ["mail.send"]  # what the key may do
        self.list_faults: list[Fault] = []  # of asking for those lists, which happens beside sending
        self.unforgettable: set[str] = set()  # addresses that it takes off no list
        self._faults: list[Fault] = []
        self._log = log
        self._lock = threading.Lock()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def fail_next(self, *faults: Fault) -> None:
        with self._lock:
            self._faults += faults

    def take_fault(self) -> Fault | None:
        with self._lock:
            self.requests += 1
            return self._faults.pop(0) if self._faults else self.weather()

    def accept(self, body: dict[str, Any]) -> None:
        with self._lock:
            if body.get("send_at", 0) > self.clock():
                self.scheduled.append(body)
            else:
                self.arrivals.append((self.clock(), len(body["personalizations"])))
                self._deliver(body)
            self.bodies.append(body)
            if self._log:
                with self._log.open("a") as file:
                    file.write(json.dumps(body) + "\n")

    def _deliver(self, body: dict[str, Any]) -> None:
        if self.statuses.get(body.get("batch_id", "")) == "cancel":
            return
        self.delivered.append(body)
        for person in body["personalizations"]:
            self.accepted[person["to"][0]["email"].casefold()] += 1

    def pass_time(self) -> None:
        """Delivers what is due by `clock`, but for what was cancelled: that is thrown away (SendGrid fact 28c)."""
        with self._lock:
            due = [body for body in self.scheduled if body["send_at"] <= self.clock()]
            self.scheduled = [body for body in self.scheduled if body["send_at"] > self.clock()]
            for body in due:
                self._deliver(body)

    def busiest_minute(self) -> int:
        """The most messages that were accepted within any sixty seconds."""
        return max(
            (sum(n for at, n in self.arrivals if start <= at <= start + 60) for start, _ in self.arrivals), default=0
        )

    def cancel(self, batch_id: str) -> str:
        """Cancels a batch id; what is wrong with that, or ""."""
        with self._lock:
            if batch_id in self.statuses:
                return "a status for this batch id exists"
            if len(self.statuses) >= MOST_STATUSES:
                return "the maximum of cancelled or paused batches is reached"
            waiting = [body["send_at"] for body in self.scheduled if body.get("batch_id") == batch_id]
            if waiting and min(waiting) - self.clock() < 600:
                return "less than 10 minutes are left"
            self.statuses[batch_id] = "cancel"
            return ""

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is part of the play."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # the body, a second packet, would wait until the headers are acknowledged
    server: SendGridServer

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path not in ("/v3/mail/send", "/v3/mail/batch", "/v3/user/scheduled_sends"):
            return self._answer(404, _errors("not found"))
        if not self._known():
            return None
        fault = self.server.take_fault()
        if fault and fault.slow and not (fault.accept_first and self.path == "/v3/mail/send"):
            time.sleep(fault.slow)
            fault = None
        if fault and not fault.accept_first:
            return self._fail(fault)
        try:
            body = json.loads(raw)
        except ValueError:
            return self._answer(400, _errors("Bad Request"))
        if self.path == "/v3/mail/batch":
            return self._new_batch(fault)
        if self.path == "/v3/user/scheduled_sends":
            wrong = self.server.cancel(str(body.get("batch_id")))
            if fault:
                return self._fail(fault)
            return self._answer(400, _errors(wrong)) if wrong else self._answer(201, body)
        if (batch_id := body.get("batch_id")) and batch_id not in self.server.batches:
            return self._answer(400, _errors("no such batch id"))
        problems = problems_of(body)
        if problems:
            self.server.refused += [f"{field}: {message}" for field, message in problems]
            return self._answer(400, {"errors": [{"message": m, "field": f, "help": None} for f, m in problems]})
        if self.server.delay:
            time.sleep(self.server.delay)
        self.server.accept(body)
        if fault and fault.slow:
            time.sleep(fault.slow)
        elif fault:
            return self._fail(fault)
        self._answer(202, None, {"X-Message-Id": secrets.token_urlsafe(16)[:22]})

    def do_GET(self) -> None:
        if self.path.startswith("/v3/suppression/"):
            return self._suppressed()
        if self.path.startswith("/v3/stats?"):
            return self._count_by_day()
        if self.path == "/v3/scopes":
            return self._answer(200, {"scopes": self.server.scopes}) if self._known() else None
        before, path, batch_id = self.path.partition("/v3/user/scheduled_sends")
        if before or not path:
            return self._answer(404, _errors("not found"))
        if not self._known():
            return None
        fault = self.server.take_fault()
        if fault and fault.slow:
            time.sleep(fault.slow)
        elif fault:
            return self._fail(fault)
        statuses = [{"batch_id": each, "status": status} for each, status in self.server.statuses.items()]
        wanted = batch_id.strip("/")
        self._answer(200, [each for each in statuses if each["batch_id"] == wanted] if wanted else statuses)

    def _count_by_day(self) -> None:
        """All that was accepted, as of the last day that is asked for (SendGrid fact 44b)."""
        if not self._known():
            return
        until = dict(parse_qsl(urlsplit(self.path).query))["end_date"]
        given = self.server.accepted.total()
        self._answer(200, [{"date": until, "stats": [{"metrics": {"requests": given, "delivered": given}}]}])

    def _suppressed(self) -> None:
        """A page of one of the lists (SendGrid fact 43)."""
        url = urlsplit(self.path)
        query = {name: int(value) for name, value in parse_qsl(url.query)}
        if not self._known():
            return None
        if self.server.list_faults:
            return self._fail(self.server.list_faults.pop(0))
        entries = self.server.suppressions.get(url.path.rpartition("/")[2], [])
        within = [each for each in entries if query["start_time"] <= each["created"] <= query["end_time"]]
        self._answer(200, within[query["offset"] :][: min(query["limit"], 500)])

    def do_DELETE(self) -> None:
        if self.path == "/v3/suppression/bounces":
            return self._forget_bounces()
        return self._change_status(lambda batch_id, _: self.server.statuses.pop(batch_id, None))

    def _forget_bounces(self) -> None:
        """Takes the named addresses off the list (SendGrid fact 44a)."""
        named = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)))
        if not self._known():
            return None
        fault = self.server.list_faults.pop(0) if self.server.list_faults else None
        if fault and not fault.accept_first:
            return self._fail(fault)
        if set(named) != {"emails"} or not named["emails"] or self.server.unforgettable.intersection(named["emails"]):
            return self._answer(400, _errors("emails are needed"))
        kept = [each for each in self.server.suppressions.get("bounces", []) if each["email"] not in named["emails"]]
        self.server.suppressions["bounces"] = kept
        if fault:
            return self._fail(fault)
        self._answer(204, None)

    def do_PATCH(self) -> None:
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))

        def change(batch_id: str, known: str) -> str:
            self.server.statuses[batch_id] = json.loads(raw)["status"]
            return known

        self._change_status(change)

    def _change_status(self, change: Callable[[str, str], str | None]) -> None:
        batch_id = self.path.rpartition("/")[2]
        if not self._known():
            return None
        fault = self.server.take_fault()
        if fault and not fault.accept_first:
            return self._fail(fault)
        known = self.server.statuses.get(batch_id)
        done = known and change(batch_id, known)
        if fault:
            return self._fail(fault)
        self._answer(204 if done else 404, None)

    def _known(self) -> bool:
        known = self.headers.get("Authorization") == f"Bearer {KEY}"
        if not known:
            self._answer(401, _errors("The provided authorization grant is invalid, expired, or revoked"))
        return known

    def _new_batch(self, fault: Fault | None) -> None:
        made = secrets.token_urlsafe(24)
        self.server.batches.add(made)
        if fault:
            return self._fail(fault)
        self._answer(201, {"batch_id": made})

    def _fail(self, fault: Fault) -> None:
        time.sleep(fault.hang)
        if fault.drop or fault.hang:
            self.close_connection = True
            self.connection.close()
            return
        self._answer(fault.status, fault.body or _errors(f"fault {fault.status}"), fault.headers)

    def _answer(self, status: int, document: Any, headers: dict[str, str] | None = None) -> None:
        data = json.dumps(document).encode() if document is not None else b""
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:
        pass


def _errors(message: str) -> dict[str, Any]:
    return {"errors": [{"message": message, "field": None, "help": None}]}


def problems_of(body: Any) -> list[tuple[str, str]]:
    """What mail/send would refuse, as (field, message).

    Includes what its own description forgets (SendGrid facts 1-22, 58).
    """
    if not isinstance(body, dict):
        return [("", "the body is no object")]
    found = [(name, "unknown property") for name in body.keys() - _TOP]
    people = body.get("personalizations")
    if not isinstance(people, list) or not 1 <= len(people) <= 1000:
        return [*found, ("personalizations", "1 to 1000 are needed")]
    seen: Counter[str] = Counter()
    for index, person in enumerate(people):
        found += [(f"personalizations.{index}.{where}", what) for where, what in _person(person, seen)]
    found += _sender(body)
    content = body.get("content") or []
    if [part.get("type") for part in content] != ["text/plain", "text/html"] or not all(
        part.get("value") for part in content
    ):
        found.append(("content", "text/plain then text/html, neither empty"))
    if not body.get("subject"):
        found.append(("subject", "is empty"))
    found += [(f"headers.{name}", what) for name, what in _headers(body.get("headers", {}))]
    tracking = body.get("tracking_settings") or {}
    for name in ("click_tracking", "open_tracking", "subscription_tracking"):
        if not isinstance(tracking.get(name, {}).get("enable"), bool):
            found.append((f"tracking_settings.{name}", "must be said explicitly"))
    return found


def _person(person: dict[str, Any], seen: Counter[str]) -> list[tuple[str, str]]:
    found = [(name, "unknown property") for name in person.keys() - _PERSONAL]
    to = person.get("to")
    if (
        not isinstance(to, list)
        or len(to) != 1
        or not re.fullmatch(r"[\x21-\x7e]+@[A-Za-z0-9.-]+\.[A-Za-z0-9-]+", str(to[0].get("email")))
    ):
        return [*found, ("to.0.email", "Does not contain a valid address.")]
    address = to[0]["email"].casefold()
    seen[address] += 1
    if seen[address] > 1:
        found.append(("to.0.email", "each address once"))
    found += [(f"headers.{name}", what) for name, what in _headers(person.get("headers", {}))]
    for group in ("substitutions", "custom_args"):
        values = person.get(group, {})
        if (
            not all(isinstance(value, str) for value in values.values())
            or len(values) > 150
            or len(json.dumps(values)) > 10_000
        ):
            found.append((group, "strings only, 150 at most, 10,000 bytes at most"))
    if not all(person.get("custom_args", {"": ""}).values()):
        found.append(("custom_args", "may not be empty"))
    if "@" in "".join(person.get("custom_args", {}).values()):
        found.append(("custom_args", "hold an address"))
    return found


def _sender(body: dict[str, Any]) -> list[tuple[str, str]]:
    address = str((body.get("from") or {}).get("email", ""))
    return [] if re.fullmatch(r"[\x21-\x7e]+@[A-Za-z0-9.-]+", address) else [("from.email", "is no ASCII address")]


def _headers(headers: dict[str, Any]) -> list[tuple[str, str]]:
    found = []
    for name, value in headers.items():
        if name.lower() in _RESERVED or not re.fullmatch(r"[!-9;-~]+", name):
            found.append((name, "reserved or no header name"))
        if not isinstance(value, str) or "\n" in value or "\r" in value or not value.isascii():
            found.append((name, "must be one line of ASCII"))
    if headers.get("List-Unsubscribe-Post", "List-Unsubscribe=One-Click") != "List-Unsubscribe=One-Click":
        found.append(("List-Unsubscribe-Post", "must be List-Unsubscribe=One-Click (RFC 8058)"))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8099)
    parser.add_argument("--log", type=Path)
    options = parser.parse_args()
    server = SendGridServer(options.port, options.log)
    print(f"SendGrid's double on {server.url}, key {KEY}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
