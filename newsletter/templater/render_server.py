"""A process that renders mails with newsrooms' own templates: it imports everything once, and forks for each mail.

    sandbox ─socket, with two files─▶ server ─fork─▶ limits, one mail ─▶ file of bounded size

The server itself reads nothing of a template or a mail, so nothing of one reaches the next. It ends when whoever
started it does, however that happens, with the mail in work; and when nobody has asked for a while.
"""

from __future__ import annotations

import json
import os
import resource
import select
import signal
import socket
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from newsletter.templater import sandbox
from newsletter.templater.briefing import Briefing, Publication
from newsletter.templater.rendering import render

IDLE = 300  # seconds without a mail


def serve(asked: socket.socket) -> None:
    """Renders what is asked for until the other end is closed, or nobody asks for a while."""
    while select.select([asked], [], [], IDLE)[0]:
        message, files, *_ = socket.recv_fds(asked, sandbox.REQUEST.size, 2)
        if len(message) < sandbox.REQUEST.size:
            return
        status = _render_apart(asked, *files, *sandbox.REQUEST.unpack(message))
        for each in files:
            os.close(each)
        if status is None:
            return
        asked.sendall(sandbox.ANSWER.pack(status))


def _render_apart(asked: socket.socket, given: int, out: int, seconds: int) -> int | None:
    """How a process that rendered one mail ended; None when nobody waits for it any more."""
    ended, held = os.pipe()  # whoever holds the other end lives
    child = os.fork()
    if not child:
        status = 1
        with suppress(BaseException):
            asked.close()
            _render_one(given, out, seconds)
            status = 0
        os._exit(status)
    os.close(held)
    ready = select.select([ended, asked.fileno()], [], [], 2 * seconds)[0]
    os.close(ended)
    os.kill(child, signal.SIGKILL)  # what has ended by itself does not mind
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return None if asked.fileno() in ready else status


def _render_one(given: int, out: int, seconds: int) -> None:
    """In the process that can be killed."""
    with os.fdopen(given, encoding="utf-8") as file:
        folder, briefing = json.loads(file.readline()), json.load(file)
    _set_limits(seconds)
    made = render(sandbox.to_briefing(briefing), folders=(Path(folder),))
    with os.fdopen(out, "w", encoding="utf-8") as file:
        json.dump(asdict(made), file)


def _set_limits(seconds: int) -> None:
    signal.alarm(2 * seconds + sandbox.STARTING)  # should nobody be left to kill it
    spent = int(sum(resource.getrusage(resource.RUSAGE_SELF)[:2])) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (spent + seconds, spent + seconds + 1))
    resource.setrlimit(resource.RLIMIT_AS, (sandbox.MEMORY, sandbox.MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (sandbox.LARGEST, sandbox.LARGEST))


def warm_up() -> None:
    """Renders a mail without stories with a template of ours: much is imported only when it is needed."""
    publication = Publication("Nobody", "https://example.com", "Nowhere", "nobody@example.com")
    url = publication.url
    render(Briefing("Nothing", publication, "Nothing", "Never", base_url=url, web_url=url, signup_url=url))


if __name__ == "__main__":
    warm_up()
    serve(socket.socket(fileno=0))
