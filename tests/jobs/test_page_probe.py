"""A web process whose threads all hang is noticed by its own requests."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress

import pytest

from newsletter.jobs.page_probe import PageProbe


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """Somebody who takes connections, as the system does for a process that hangs."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


def wait_until_silent(probe: PageProbe) -> str:
    until = time.monotonic() + 20
    while not probe.describe_silence() and time.monotonic() < until:
        time.sleep(0.02)
    return probe.describe_silence()


def test_whoever_answers_is_not_silent_and_whoever_hangs_is(listener: socket.socket) -> None:
    answering = threading.Event()
    answering.set()

    def serve() -> None:
        with suppress(OSError), ExitStack() as hanging:  # until the test is over
            while True:
                connection = hanging.enter_context(listener.accept()[0])
                connection.recv(100)
                if answering.is_set():
                    connection.sendall(b"HTTP/1.0 200 OK\r\n\r\n")

    server = threading.Thread(target=serve, daemon=True)
    server.start()
    probe = PageProbe("127.0.0.1", listener.getsockname()[1], patience=0.3, every=0.2)
    probe.start()
    time.sleep(1.0)
    assert probe.describe_silence() == ""

    answering.clear()
    assert wait_until_silent(probe).startswith("no page was answered for")

    answering.set()
    time.sleep(1.0)
    assert probe.describe_silence() == ""
    listener.shutdown(socket.SHUT_RDWR)
    server.join(10)


def test_whoever_takes_no_connection_is_silent() -> None:
    probe = PageProbe("127.0.0.1", 1, patience=0.1, every=0.1)
    probe.start()
    assert wait_until_silent(probe)
