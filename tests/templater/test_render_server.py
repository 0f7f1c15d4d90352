"""The process for templates of somebody else's: nothing of a mail is left in it, and it never outlives its purpose."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from pathlib import Path
from tempfile import TemporaryFile

import pytest

from newsletter.templater import render_server, sandbox
from newsletter.templater.briefing import Briefing
from newsletter.templater.sandbox import RenderServer

ENDLESS = "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}"
KEEPS_A_SERVER = """
import sys
from newsletter.templater.sandbox import RenderServer
server = RenderServer()
server.ask(given := open(sys.argv[1], "rb"), open(sys.argv[2], "wb"), 10)
print(server.process.pid, flush=True)
given.seek(0)
server.ask(open(sys.argv[3], "rb"), open(sys.argv[2], "wb"), 10)
"""


@pytest.fixture
def server() -> Iterator[RenderServer]:
    server = RenderServer()
    yield server
    server.end()


def write_request(path: Path, briefing: Briefing, mjml: str) -> Path:
    folder = path / "own" / "mine"
    folder.mkdir(parents=True)
    for name, text in (("mine.mjml.j2", mjml), ("mine.txt.j2", ""), ("head.css.j2", ""), ("inline.css.j2", "")):
        (folder / name).write_text(text, "utf-8")
    request = path / "request"
    request.write_text(f"{json.dumps(str(folder.parent))}\n{json.dumps(asdict(replace(briefing, template='mine')))}")
    return request


def list_children(process: int) -> list[int]:
    return [int(each) for each in Path(f"/proc/{process}/task/{process}/children").read_text().split()]


def wait_until(is_so: Callable[[], object]) -> None:
    until = time.monotonic() + 30
    while not is_so():
        assert time.monotonic() < until, "it did not come to that"
        time.sleep(0.02)


def has_ended(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except FileNotFoundError:
        return True


def test_each_mail_has_a_process_of_its_own_which_is_gone_afterwards(
    server: RenderServer, briefing: Briefing, tmp_path: Path
) -> None:
    request = write_request(tmp_path, briefing, "<mjml><mj-body></mj-body></mjml>")
    for _ in range(2):
        with request.open("rb") as given, TemporaryFile() as out:
            assert server.ask(given, out, 10) == 0
            out.seek(0)
            assert json.load(out)["html"].startswith("<!DOCTYPE html>")
        assert list_children(server.process.pid) == []


def test_a_mail_that_works_too_long_is_killed_and_the_server_goes_on(
    server: RenderServer, briefing: Briefing, tmp_path: Path
) -> None:
    with write_request(tmp_path, briefing, ENDLESS).open("rb") as given, TemporaryFile() as out:
        assert server.ask(given, out, 1) in (-signal.SIGXCPU, -signal.SIGKILL)
        assert server.process.poll() is None
        assert server.ask(given, out, 1) in (-signal.SIGXCPU, -signal.SIGKILL)


def test_the_limits_hold_in_the_process_of_a_mail(server: RenderServer, briefing: Briefing, tmp_path: Path) -> None:
    with write_request(tmp_path, briefing, ENDLESS).open("rb") as given, TemporaryFile() as out:
        thread = threading.Thread(target=server.ask, args=(given, out, 2))
        thread.start()
        limits = ""

        def read_limits() -> bool:
            nonlocal limits
            for child in list_children(server.process.pid):
                limits = " ".join(Path(f"/proc/{child}/limits").read_text().split())
            return f"Max address space {sandbox.MEMORY} {sandbox.MEMORY} bytes" in limits

        wait_until(read_limits)
        wait_until(lambda: read_limits() and f"Max file size {sandbox.LARGEST} {sandbox.LARGEST} bytes" in limits)
        assert "Max cpu time 3 4 seconds" in limits
        thread.join()


def test_the_server_and_its_mail_end_when_whoever_asked_is_killed(briefing: Briefing, tmp_path: Path) -> None:
    (tmp_path / "quick").mkdir()
    quick = write_request(tmp_path / "quick", briefing, "<mjml><mj-body></mj-body></mjml>")
    endless = write_request(tmp_path, briefing, ENDLESS)
    words = [sys.executable, "-c", KEEPS_A_SERVER, str(quick), os.devnull, str(endless)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        server = int(parent.stdout.readline())
        wait_until(lambda: list_children(server))
        (child,) = list_children(server)
        parent.kill()
    wait_until(lambda: has_ended(server) and has_ended(child))


def test_what_a_mail_needs_is_imported_before_the_first(briefing: Briefing) -> None:
    prepared = "import sys; from newsletter.templater import render_server; render_server.warm_up(); "
    looked = "print([name in sys.modules for name in ('mjml', 'premailer', 'lxml.etree')])"
    made = subprocess.run([sys.executable, "-c", prepared + looked], capture_output=True, text=True, check=True)
    assert made.stdout == "[True, True, True]\n"


def test_the_server_ends_when_nobody_asks_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(render_server, "IDLE", 0.1)
    ours, theirs = socket.socketpair()
    with ours, theirs:
        thread = threading.Thread(target=render_server.serve, args=(theirs,), daemon=True)
        thread.start()
        thread.join(20)
        assert not thread.is_alive()
