"""Rendering with a newsroom's own template in a separate process: no secrets; limits on time, memory and output.

The sandbox of the engine alone would let a template loop for hours or write gigabytes.

    briefing ─JSON─▶ python -m newsletter.templater.render_server ─fork, JSON to a file of bounded size─▶ Rendered

The process is kept for the next mail, for starting it takes most of a second; a template runs in a fork of it, which
renders one mail.
"""

from __future__ import annotations

import atexit
import json
import socket
import struct
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path
from typing import IO, Any

from newsletter.kernel.errors import SurroundingsError
from newsletter.templater.briefing import (
    AlsoItem,
    Briefing,
    BriefingBox,
    BriefingCut,
    BriefingPicture,
    BriefingSection,
    BriefingSponsor,
    BriefingStory,
    MergeField,
    Problem,
    ProblemLevel,
    Publication,
    Rendered,
)

SECONDS, STARTING = 10, 5  # of work; and by the clock twice that, and what starting takes on a busy machine
MEMORY = 1024 * 2**20  # bytes of address space
LARGEST = 4 * 2**20  # bytes of what comes back
REQUEST, ANSWER = struct.Struct("!I"), struct.Struct("!i")  # seconds; how the process that rendered ended


def render_sandboxed(briefing: Briefing, folder: Path, *, seconds: int = SECONDS) -> Rendered:
    """The mail of a briefing whose template lies in `folder`. Never raises for templates at fault, however bad."""
    state = _folder_state(folder / briefing.template)
    return _render_cached(json.dumps(asdict(briefing), sort_keys=True), str(folder), seconds, state)


def _folder_state(folder: Path) -> tuple[tuple[str, int, int], ...]:
    """What a folder holds, so that a changed file is read again."""
    if not folder.is_dir():
        return ()
    return tuple(sorted((each.name, (stat := each.stat()).st_mtime_ns, stat.st_size) for each in folder.iterdir()))


@lru_cache(maxsize=32)
def _render_cached(briefing: str, folder: str, seconds: int, _: tuple[tuple[str, int, int], ...]) -> Rendered:
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as out:
        given.write(f"{json.dumps(folder)}\n{briefing}".encode())
        try:
            status = _ask_server(given, out, seconds)
        except TimeoutError:
            return _to_failure(f"took longer than {2 * seconds + STARTING} seconds")
        out.seek(0)
        data = out.read(LARGEST + 1)
    if status or len(data) > LARGEST:
        return _to_failure(_explain_exit(status, seconds))
    try:
        return _to_rendered(json.loads(data))
    except (ValueError, KeyError, TypeError):
        return _to_failure("answered with something that is not a mail")


class RenderServer:
    """A process of `render_server`, without our environment; one mail at a time."""

    def __init__(self) -> None:
        self._socket, theirs = socket.socketpair()
        with theirs:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "newsletter.templater.render_server"],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env={
                    "PATH": "/usr/bin:/bin",
                    "PYTHONPATH": str(Path(__file__).resolve().parents[2]),
                    "PYTHONIOENCODING": "utf-8",
                },
            )

    def ask(self, given: IO[bytes], out: IO[bytes], seconds: int) -> int:
        """How the process that rendered a mail ended. Raises TimeoutError; ConnectionError when the server is gone."""
        given.seek(0)
        self._socket.settimeout(2 * seconds + STARTING)
        socket.send_fds(self._socket, [REQUEST.pack(seconds)], [given.fileno(), out.fileno()])
        answer = self._socket.recv(ANSWER.size)
        if not answer:
            raise ConnectionError("The process for templates has ended.")
        status: int = ANSWER.unpack(answer)[0]
        return status

    def end(self) -> None:
        """Ends it with the mail in work."""
        self._socket.close()
        self.process.kill()
        self.process.wait()


_idle: list[RenderServer] = []


@atexit.register
def end_servers() -> None:
    """Ends the servers that wait for work. They end by themselves when this process is killed."""
    while server := _take_idle():
        server.end()


def _take_idle() -> RenderServer | None:
    with suppress(IndexError):  # another thread may be faster
        return _idle.pop()
    return None


def _ask_server(given: IO[bytes], out: IO[bytes], seconds: int) -> int:
    """Asks a server that waits for work, or a new one: as many are kept as were needed at once."""
    while server := _take_idle():
        with suppress(ConnectionError):  # it has ended: nobody asked for a while
            return _ask(server, given, out, seconds)
    try:
        return _ask(RenderServer(), given, out, seconds)
    except ConnectionError as error:
        raise SurroundingsError("The process that renders own templates did not start. Try again.") from error


def _ask(server: RenderServer, given: IO[bytes], out: IO[bytes], seconds: int) -> int:
    try:
        status = server.ask(given, out, seconds)
    except BaseException:
        server.end()
        raise
    _idle.append(server)
    return status


def _explain_exit(status: int, seconds: int) -> str:
    if status == -24 or status == -9:  # SIGXCPU, SIGKILL
        return f"worked longer than {seconds} seconds, or took too much memory"
    return f"took more than {MEMORY // 2**20} MB of memory, or wrote more than {LARGEST // 2**20} MB"


def _to_failure(why: str) -> Rendered:
    problem = Problem(
        ProblemLevel.BLOCK, "template", f"The template {why}, and was stopped. Fix the template and try again."
    )
    return Rendered("", "", "", "", (problem,))


def _to_rendered(data: Mapping[str, Any]) -> Rendered:
    problems = tuple(
        Problem(ProblemLevel(each["level"]), str(each["where"]), str(each["message"])) for each in data["problems"]
    )
    merge = tuple(MergeField(str(m["token"]), m["field"], str(m["fallback"]), bool(m["html"])) for m in data["merge"])
    return Rendered(str(data["subject"]), str(data["preheader"]), str(data["html"]), str(data["text"]), problems, merge)


def to_briefing(data: Mapping[str, Any]) -> Briefing:
    """The briefing that `asdict` took apart."""

    def picture(value: Any) -> BriefingPicture | None:
        cuts = tuple(BriefingCut(**each) for each in value["cuts"]) if value else ()
        return BriefingPicture(**{**value, "cuts": cuts}) if value else None

    def story(value: Any) -> BriefingStory:
        return BriefingStory(**{**value, "picture": picture(value["picture"])})

    pub = data["publication"]
    return Briefing(
        **{
            **data,
            "publication": Publication(
                **{**pub, "logo_light": picture(pub["logo_light"]), "logo_dark": picture(pub["logo_dark"])}
            ),
            "lead": story(data["lead"]) if data["lead"] else None,
            "sections": tuple(
                BriefingSection(each["title"], tuple(map(story, each["stories"]))) for each in data["sections"]
            ),
            "also": tuple(AlsoItem(**each) for each in data["also"]),
            "corrections": tuple(data["corrections"]),
            "boxes": tuple(BriefingBox(**each) for each in data["boxes"]),
            "sponsor": BriefingSponsor(**data["sponsor"]) if data["sponsor"] else None,
        }
    )
