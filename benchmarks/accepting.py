"""A server in a process of its own that accepts everything it is posted: it takes as little of the machine as it can.

    python -m benchmarks.accepting [CERTIFICATE KEY]

Prints its port, then serves on loopback until its standard input ends.
"""

from __future__ import annotations

import asyncio
import re
import ssl
import sys

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_ACCEPTED = b"HTTP/1.1 202 Accepted\r\nX-Message-Id: bench\r\nContent-Length: 0\r\n\r\n"
_EMPTY_LIST = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]"


class Accepting(asyncio.BufferedProtocol):
    """Reads one request after the other, and forgets the bodies as they come."""

    def __init__(self) -> None:
        self._buffer = bytearray(2**20)
        self._head = b""
        self._missing = 0  # bytes of the present body
        self._asked = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def get_buffer(self, sizehint: int) -> bytearray:
        return self._buffer

    def buffer_updated(self, count: int) -> None:
        if self._missing:
            self._missing -= count
        else:
            self._head += bytes(self._buffer[:count])
            head, end, body = self._head.partition(b"\r\n\r\n")
            length = _LENGTH.search(head)
            if not end:
                return
            self._asked = head.startswith(b"GET")
            self._head, self._missing = b"", (int(length[1]) if length else 0) - len(body)
        if self._missing <= 0:
            self._transport.write(_EMPTY_LIST if self._asked else _ACCEPTED)  # type: ignore[attr-defined]


async def serve(context: ssl.SSLContext | None) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Accepting, "127.0.0.1", 0, ssl=context)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


def main() -> None:
    context = None
    if len(sys.argv) > 2:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(sys.argv[1], sys.argv[2])
    asyncio.run(serve(context))


if __name__ == "__main__":
    main()
