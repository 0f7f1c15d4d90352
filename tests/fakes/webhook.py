"""A local web server that keeps what is posted to it and answers as it is told."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Posted:
    """One request: its path, its headers in small letters, its body."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class WebhookServer:
    """`statuses` are answered one after the other, then 200; `location` is where a redirect leads."""

    posts: list[Posted] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    location: str = ""
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def taking_posts() -> Iterator[WebhookServer]:
    """The server on a port of its own."""
    reported = WebhookServer()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            reported.posts.append(Posted(self.command, self.path, headers, body))
            status = reported.statuses.pop(0) if reported.statuses else 200
            if status == 0:
                self.close_connection = True
                return
            self.send_response(status)
            if reported.location:
                self.send_header("Location", reported.location)
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_GET = do_POST

        def log_message(self, *args: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        reported.port = server.server_address[1]
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield reported
        server.shutdown()
