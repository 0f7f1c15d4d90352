"""`newsletter run`: web, scheduler and worker as children, restarted when they die.

Separate processes because a busy thread beside web threads makes every page slow.
"""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

log = logging.getLogger(__name__)

GRACE_SECONDS = 30.0
LONGEST_WAIT_SECONDS = 30.0
STEADY_AFTER_SECONDS = 60.0


SUPERVISED = "--supervised"


def end_with_parent() -> None:
    """Ends this process in order when its standard input ends: the one who started it is gone.

    Children of a killed supervisor would otherwise work on unseen, and keep the port from the next one.
    """

    def wait() -> None:
        while os.read(0, 1024):  # not sys.stdin: its lock, held by this thread, would break an orderly end
            pass
        log.warning("The process that started this one has ended, so this one ends too")
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait, name="parent", daemon=True).start()


@dataclass(slots=True)
class Child:
    """One process to keep running: `newsletter NAME OPTIONS`."""

    name: str
    options: tuple[str, ...] = ()
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    restart_delay: float = 1.0
    restart_at: float = field(default=0.0)

    def start(self) -> None:
        command = [sys.executable, "-m", "newsletter", self.name, *self.options, SUPERVISED]
        # A session of its own: Ctrl-C reaches the supervisor alone, which then stops its children in order.
        # The pipe breaks when the supervisor dies, however it dies: see `end_with_parent`.
        self.process = subprocess.Popen(command, start_new_session=True, stdin=subprocess.PIPE)  # noqa: S603
        self.started_at = time.monotonic()

    def watch(self) -> None:
        """Starts the process again when it has died; waits longer each time it dies young."""
        now = time.monotonic()
        if self.process is None:
            if now >= self.restart_at:
                self.start()
            return
        code = self.process.poll()
        if code is None:
            return
        if now - self.started_at > STEADY_AFTER_SECONDS:
            self.restart_delay = 1.0
        log.error("%s ended with %s; it is started again in %.0f s", self.name, code, self.restart_delay)
        _close_pipe(self.process)
        self.process, self.restart_at = None, now + self.restart_delay
        self.restart_delay = min(self.restart_delay * 2, LONGEST_WAIT_SECONDS)


class Supervisor:
    """Keeps children running until a signal; then stops all, the graceful way first."""

    def __init__(self, children: Sequence[Child]) -> None:
        self._children = tuple(children)
        self._stop = threading.Event()

    def run(self) -> int:
        """Returns when stopped: 0 when every child ended in order, 1 when one had to be killed."""
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, lambda *_: self._stop.set())
        try:
            while not self._stop.is_set():
                for child in self._children:
                    child.watch()
                self._stop.wait(0.5)
        finally:
            clean = self._stop_children()
        return 0 if clean else 1

    def stop(self) -> None:
        """Ends `run`, as a signal would."""
        self._stop.set()

    def _stop_children(self) -> bool:
        running = [child.process for child in self._children if child.process is not None]
        for process in running:
            process.terminate()
        deadline = time.monotonic() + GRACE_SECONDS
        clean = True
        for process in running:
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                log.error("A process did not end within %.0f s and is killed", GRACE_SECONDS)
                process.kill()
                process.wait()
                clean = False
            _close_pipe(process)
        return clean


def _close_pipe(process: subprocess.Popen[bytes]) -> None:
    """Closes our end of the pipe of a process that has ended."""
    if process.stdin is not None:
        process.stdin.close()
