"""Processes that begin where another one has imported the program.

To import it takes a second. Where a test starts the program twenty times, an `Interpreter` imports it once and forks
for each: arguments, streams, signals and exit code are those of any process, and killing one leaves the others.
Interpreters are forked themselves, from a process that has imported what is the same in every environment.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import IO, Any

ROOT = Path(__file__).resolve().parents[1]
PIPE = subprocess.PIPE


class Interpreter:
    """A process that has imported a module, in an environment, and forks to call its `main`, or another module's."""

    def __init__(self, module: str, environment: dict[str, str]) -> None:
        self._prepare(module)
        with self._theirs:
            self._process: Process | subprocess.Popen[bytes] = _get_origin().start(
                module, module=__name__, stdout=1, environment=environment, beside=[self._theirs.fileno()]
            )

    def _prepare(self, module: str) -> None:
        self._module, self._asking = module, threading.Lock()
        self._socket, self._theirs = socket.socketpair()

    def start(
        self,
        *words: str,
        module: str = "",
        stdin: Any = subprocess.DEVNULL,
        stdout: Any = subprocess.DEVNULL,
        stderr: Any = None,
        environment: dict[str, str] | None = None,
        beside: Sequence[int] = (),
    ) -> Process:
        """Starts `main` with these words; streams as `subprocess.Popen` takes them: a file, PIPE or DEVNULL.

        `beside` are more files, whose numbers it gets as further words.
        """
        theirs, ours = zip(
            _open(stdin, writing=True), _open(stdout), _open(2 if stderr is None else stderr), strict=True
        )
        status, theirs_status = os.pipe()
        files = [*theirs, theirs_status]
        request = json.dumps([environment, module or self._module, *words])
        with self._asking:
            socket.send_fds(self._socket, [request.encode()], [*files, *beside])
            answer = self._socket.recv(100)
        for each in files:
            os.close(each)
        if not answer:
            raise RuntimeError("The interpreter that forks has ended.")
        return Process(int(answer), status, *ours)

    def run(
        self, *words: str, module: str = "", stdin: str = "", timeout: float = 120
    ) -> subprocess.CompletedProcess[str]:
        """Runs `main` to its end."""
        with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            given.write(stdin.encode())
            given.seek(0)
            code = self.start(*words, module=module, stdin=given, stdout=out, stderr=err).wait(timeout)
            texts = [os.pread(each.fileno(), 1 << 30, 0).decode() for each in (out, err)]
        return subprocess.CompletedProcess(words, code, *texts)

    def end(self) -> None:
        """Ends it; what it started goes on."""
        self._socket.close()
        self._process.wait(20)


class _Origin(Interpreter):
    """The process that interpreters are forked from. It ends with ours, for then nobody can ask it any more."""

    def __init__(self) -> None:
        self._prepare("tests.libraries")
        with self._theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.forking", self._module, str(self._theirs.fileno())],
                cwd=ROOT,
                pass_fds=[self._theirs.fileno()],
                stdin=subprocess.DEVNULL,
            )


@cache
def _get_origin() -> _Origin:
    return _Origin()


def _open(file: Any, *, writing: bool = False) -> tuple[int, IO[bytes] | None]:
    """The end of a stream for the process, and ours where it is a pipe; `writing` is what we do with ours."""
    if file == subprocess.DEVNULL:
        return os.open(os.devnull, os.O_RDWR), None
    if file != PIPE:
        return os.dup(file if isinstance(file, int) else file.fileno()), None
    read, write = os.pipe()
    return (read, os.fdopen(write, "wb")) if writing else (write, os.fdopen(read, "rb"))


@dataclass(slots=True)
class Process:
    """One process forked: as much of `subprocess.Popen` as tests need."""

    pid: int
    _status: int
    stdin: IO[bytes] | None = None
    stdout: IO[bytes] | None = None
    stderr: IO[bytes] | None = None
    returncode: int | None = field(default=None, init=False)

    def poll(self) -> int | None:
        if self.returncode is None and select.select([self._status], [], [], 0)[0]:
            self._read_status()
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        if self.returncode is None and not select.select([self._status], [], [], timeout)[0]:
            raise subprocess.TimeoutExpired(str(self.pid), timeout or 0)
        return self._read_status()

    def _read_status(self) -> int:
        if self.returncode is None:
            said = os.read(self._status, 20)
            os.close(self._status)
            self.returncode = int(said or -signal.SIGKILL)  # nothing: the interpreter ended before it
        return self.returncode

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def end(self) -> None:
        """Kills it if it still runs, and closes its streams."""
        self.kill()
        self.wait()
        for each in (self.stdin, self.stdout, self.stderr):
            if each:
                with suppress(BrokenPipeError):
                    each.close()


class _Interpreters:
    """One interpreter for each environment, until `end_all`."""

    def __init__(self) -> None:
        self._open: dict[tuple[str, frozenset[tuple[str, str]]], Interpreter] = {}

    def get(self, module: str, environment: dict[str, str]) -> Interpreter:
        key = module, frozenset(environment.items())
        if key not in self._open:
            self._open[key] = Interpreter(module, environment)
        return self._open[key]

    def end_all(self) -> None:
        while self._open:
            self._open.popitem()[1].end()


interpreters = _Interpreters()


def main() -> None:
    """The interpreter itself: returns only in a process that was forked, and only at its end."""
    listening = socket.socket(fileno=int(sys.argv[2]))
    gc.disable()  # nothing of what is imported is garbage
    importlib.import_module(sys.argv[1])
    gc.freeze()  # what is shared with the processes forked stays so
    gc.enable()
    words = _fork_for_each(listening)
    if words is not None:
        sys.argv = words
        _call_main(words[0])


def _call_main(module: str) -> None:
    """Calls it and ends as a process does, threads, exit functions and streams in order, but leaves it to the system
    to take the interpreter apart: that takes as long as many a command.
    """
    code: Any = 0
    try:
        importlib.import_module(module).main()
    except SystemExit as ended:
        code = ended.code or 0
    except Exception:
        sys.excepthook(*sys.exc_info())
        code = 1
    if not isinstance(code, int):
        print(code, file=sys.stderr)
        code = 1
    threading._shutdown()
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code & 0xFF)


def _fork_for_each(listening: socket.socket) -> list[str] | None:
    """Forks for each request and tells its end; the words of the request in a process forked, None at the end."""
    wakes, woken = socket.socketpair()
    for each in (wakes, woken):
        each.setblocking(False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(woken.fileno())
    running: dict[int, int] = {}
    while True:
        ready, _, _ = select.select([listening, wakes], [], [])
        if wakes in ready:
            wakes.recv(1_000)
            _tell_ends(running)
        if listening not in ready:
            continue
        request, files, _, _ = socket.recv_fds(listening, 1 << 20, 5)
        if not request:
            return None
        *streams, status = files[:4]
        pid = os.fork()
        if not pid:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            for each in (listening, wakes, woken):
                each.close()
            for number, file in enumerate(streams):
                os.dup2(file, number)
            for file in (*streams, status, *running.values()):
                os.close(file)
            environment, *words = json.loads(request)
            if environment is not None:
                os.environ.clear()
                os.environ.update(environment)
            return [*words, *map(str, files[4:])]
        for file in (*streams, *files[4:]):
            os.close(file)
        running[pid] = status
        listening.send(str(pid).encode())


def _tell_ends(running: dict[int, int]) -> None:
    while running:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if not pid:
            return
        told = running.pop(pid)
        with suppress(BrokenPipeError):  # nobody waits for it any more
            os.write(told, str(os.waitstatus_to_exitcode(status)).encode())
        os.close(told)


if __name__ == "__main__":
    main()
