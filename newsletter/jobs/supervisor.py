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
from datetime import datetime

from django.db import close_old_connections, connection

from newsletter.jobs import database_file, heartbeats
from newsletter.jobs.heartbeats import ProcessKind
from newsletter.kernel import clock

log = logging.getLogger(__name__)

GRACE_SECONDS = 30.0
LONGEST_WAIT_SECONDS = 30.0
STEADY_AFTER_SECONDS = 60.0
HUNG_AFTER_SECONDS = 40.0  # without a sign of life; one comes every fifteen
START_SECONDS = 120.0  # for the first
LOOK_SECONDS = 10.0  # between looks at the signs of life
SETTLE_SECONDS = 10.0  # a child that was started since may not take a hangup yet, and has just read the settings


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
    kind: ProcessKind | None = None  # by which its signs of life are known; None: it gives none
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    restart_delay: float = 1.0
    restart_at: float = field(default=0.0)
    hangup_waits: bool = False
    ended: list[str] = field(default_factory=list)  # the signs of life of processes that are gone

    @property
    def heartbeat_name(self) -> str:
        """What its sign of life is called; "" when there is none to wait for."""
        if self.kind is None or self.process is None:
            return ""
        return heartbeats.get_process_name(self.kind, self.process.pid)

    def pass_hangup_on(self) -> None:
        """Passes a hangup on as soon as the child has started."""
        if self.hangup_waits and self.process and time.monotonic() - self.started_at > SETTLE_SECONDS:
            self.hangup_waits = False
            self.process.send_signal(signal.SIGHUP)

    def kill_hung(self, name: str, silent: float) -> None:
        """Kills the process of this name, if it is still the one that runs: it is started again then."""
        process = self.process
        if process is not None and process.poll() is None and name == self.heartbeat_name:
            log.critical("%s gave no sign of life for %.0f s: it is killed and started again", name, silent)
            process.kill()
            process.wait()

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
        self.ended += [self.heartbeat_name] if self.kind else []
        _close_pipe(self.process)
        self.process, self.restart_at = None, now + self.restart_delay
        self.restart_delay = min(self.restart_delay * 2, LONGEST_WAIT_SECONDS)


class LifeMonitor:
    """Finds children that hang: their signs of life stop changing for so many seconds of this process's own time.

    By the time that passes, not by the clock, which may jump; and only as long as the database takes what they write:
    whoever cannot say that he lives is not dead.
    """

    def __init__(self, children: Sequence[Child], hung_after: float) -> None:
        self._children, self._hung_after = tuple(children), hung_after
        self._seen: dict[str, tuple[datetime | None, float]] = {}

    def list_hung(self) -> list[tuple[Child, str, float]]:
        """The children that hang, the names of their signs of life, and for how many seconds they were silent."""
        if database_file.notice_replacement():
            log.warning("Another file has the place of the database")
            connection.close()
            self._seen.clear()
        children = {child.heartbeat_name: child for child in self._children if child.heartbeat_name}
        try:
            signs = heartbeats.find_signs(children, clock.now())
        except Exception as error:
            log.warning("The signs of life cannot be read, so nobody is taken for dead: %s", error)
            close_old_connections()
            self._seen.clear()
            return []
        now = time.monotonic()
        for name in children:
            if name not in self._seen or self._seen[name][0] != signs.get(name):
                self._seen[name] = (signs.get(name), now)
        silent = {name: now - self._seen[name][1] for name in children}
        return [
            (child, name, silent[name])
            for name, child in children.items()
            if silent[name] > (self._hung_after if name in signs else max(self._hung_after, START_SECONDS))
        ]


class Supervisor:
    """Keeps children running until a signal; then stops all, the graceful way first."""

    def __init__(self, children: Sequence[Child], *, hung_after: float = HUNG_AFTER_SECONDS) -> None:
        self._children = tuple(children)
        self._stop = threading.Event()
        self._monitor = LifeMonitor(children, hung_after)

    def run(self) -> int:
        """Returns when stopped: 0 when every child ended in order, 1 when one had to be killed."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._stop.set())
        signal.signal(signal.SIGHUP, lambda *_: self._note_hangup())
        if any(child.kind for child in self._children):
            threading.Thread(target=self._keep_looking, name="signs-of-life", daemon=True).start()
        try:
            while not self._stop.is_set():
                for child in self._children:
                    child.watch()
                    child.pass_hangup_on()
                self._stop.wait(0.5)
        finally:
            clean = self._stop_children()
        return 0 if clean else 1

    def stop(self) -> None:
        """Ends `run`, as a signal would."""
        self._stop.set()

    def _note_hangup(self) -> None:
        """Secrets in files have changed: the children read them again. Nobody ends by it."""
        for child in self._children:
            child.hangup_waits = True

    def _keep_looking(self) -> None:
        while not self._stop.wait(LOOK_SECONDS):
            try:
                for child, name, silent in self._monitor.list_hung():
                    child.kill_hung(name, silent)
                for child in self._children:
                    heartbeats.delete_heartbeats(child.ended)
                    child.ended.clear()
            except Exception:
                log.exception("The signs of life could not be looked at; it is tried again")

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
