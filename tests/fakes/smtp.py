"""A local mail server that answers as it is told: enough of SMTP (RFC 5321) for one client at a time."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass
class SmtpServer:
    """What it says to each verb by the receiver's address, and what it took.

    `rcpt`, `data`, `end`: answers to RCPT, to DATA and to the message itself, by address; "drop" breaks the line.
    """

    greeting: str = "220 local"
    sender: str = "250 ok"
    login: str = ""
    rcpt: dict[str, str] = field(default_factory=dict)
    data: dict[str, str] = field(default_factory=dict)
    end: dict[str, str] = field(default_factory=dict)
    accepted: list[tuple[str, bytes]] = field(default_factory=list)
    port: int = 0
    gate: threading.Event | None = None  # a message that was taken is answered only once it is set

    @property
    def url(self) -> str:
        return f"smtp://{'user:secret@' if self.login else ''}127.0.0.1:{self.port}"


@contextmanager
def listening(reported: SmtpServer) -> Iterator[SmtpServer]:
    """The server on a port of its own."""

    class Handler(_Handler):
        server_told = reported

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        reported.port = server.server_address[1]
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield reported
        server.shutdown()


class _Dropped(Exception):
    pass


class _Handler(socketserver.StreamRequestHandler):
    server_told: SmtpServer
    address = ""

    def handle(self) -> None:
        try:
            self._say(self.server_told.greeting)
            while line := self.rfile.readline():
                verb, _, rest = line.decode().strip().partition(" ")
                if verb.upper() == "QUIT":
                    return self._say("221 bye")
                self._answer(verb.upper(), rest)
        except (_Dropped, OSError):
            return

    def _answer(self, verb: str, rest: str) -> None:
        reported = self.server_told
        if verb == "EHLO":
            self._say("250-local\r\n250 AUTH PLAIN" if reported.login else "250 local")
        elif verb == "AUTH":
            self._say(reported.login)
        elif verb == "MAIL":
            self._say(reported.sender)
        elif verb == "RCPT":
            self.address = rest[rest.index("<") + 1 : rest.index(">")]
            self._say(reported.rcpt.get(self.address, "250 ok"))
        elif verb == "DATA":
            self._data()
        else:
            self._say("250 ok")

    def _data(self) -> None:
        reported = self.server_told
        answer = reported.data.get(self.address, "354 go on")
        self._say(answer)
        if not answer.startswith("354"):
            return
        lines = iter(self.rfile.readline, b".\r\n")
        message = b"".join(lines)
        answer = reported.end.get(self.address, "250 taken")
        if answer.startswith("250") or answer == "drop after":
            reported.accepted.append((self.address, message))
            if reported.gate is not None:
                reported.gate.wait(30)
        self._say(answer)

    def _say(self, answer: str) -> None:
        if answer.startswith("drop"):
            raise _Dropped
        self.wfile.write(answer.encode() + b"\r\n")
