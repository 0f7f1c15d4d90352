"""Runs the tests of a module against its mutants, each in a process forked from one that has collected them.

The mutant is never written to a file: the child makes the module anew from its text, in place. Its database is a copy
of one that the first run, without a mutant, has made. A mutant is tried by the tests that reach its statement alone:
first the one that killed it last time, then those that killed others near by, the quickest first.
"""

from __future__ import annotations

import gc
import json
import os
import resource
import shutil
import signal
import sqlite3
import sys
import tempfile
import threading
import time
import traceback
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from importlib import import_module
from inspect import CO_OPTIMIZED
from pathlib import Path
from types import FrameType
from typing import Any

import django
import pytest
from django.db import connection, connections
from hypothesis import HealthCheck, Phase, settings

from tests.mutants.mutating import Mutant
from tests.mutants.table import ROOT, Target

OURS = ("newsletter", "subscribers", "tests")
MEMORY = 4 * 1024**3  # for a mutant that never stops collecting
OPTIONS = (
    "-qq",
    "-s",
    "--tb=short",
    "--import-mode=importlib",
    "--assert=plain",
    "-o",
    "addopts=",
    f"--rootdir={ROOT}",
)
# The last two collect garbage over and over again at the end: a third of the time of a quick mutant.
PLUGINS = ("-p", "no:xdist", "-p", "no:cacheprovider", "-p", "no:unraisableexception", "-p", "no:threadexception")
_SURVIVED, _KILLED, _NOT_RUN = 0, 1, 3
_HOW = {_SURVIVED: "survived", _KILLED: "killed"}


class Broken(Exception):
    """The tests fail, or cannot be run, without any mutant."""


def install(target: Target, source: str) -> None:
    """Makes the module anew from this text, wherever it, or a name of it, was imported."""
    module = sys.modules[target.module]
    before = {name: value for name, value in vars(module).items() if not name.startswith("__")}
    for name in before:
        delattr(module, name)
    exec(compile(source, str(ROOT / target.path), "exec"), vars(module))
    for other in [each for name, each in sys.modules.items() if name.partition(".")[0] in OURS and each is not module]:
        for name, value in list(vars(other).items()):
            if name in before and before[name] is value and hasattr(module, name):
                setattr(other, name, getattr(module, name))


class Trial:
    """One run of some tests: whether one failed, which; how long each took and what it reached; its database."""

    def __init__(self, folder: Path, target: Target, wanted: Sequence[str] | None) -> None:
        self.folder, self.file, self.wanted = folder, str(ROOT / target.path), wanted
        self.database = folder.parent / "database.sqlite3"
        self.failed = ""
        self.seconds: dict[str, float] = {}
        self.reached: dict[str, frozenset[int]] = {}

    def run(self, items: Sequence[pytest.Item]) -> None:
        """Runs the wanted tests, in that order, up to the first that fails."""
        by_name = {item.nodeid: item for item in items}
        wanted = list(items) if self.wanted is None else [by_name[name] for name in self.wanted]
        for item, following in zip(wanted, [*wanted[1:], None], strict=True):
            item.ihook.pytest_runtest_protocol(item=item, nextitem=following)
            if self.failed:
                return

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Says what failed, for a run without a mutant must not."""
        if report.failed:
            self.failed = report.nodeid
            print(report.nodeid, report.longreprtext, sep="\n")

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        """Notes how long a test takes and, where nothing is chosen yet, the lines it reaches."""
        found: set[int] = set()

        def look(frame: FrameType, event: str, arg: Any) -> Any:
            # A module or a class that is being made is reached by every test.
            if frame.f_code.co_filename != self.file or not frame.f_code.co_flags & CO_OPTIMIZED:
                return None
            return note(frame, event, arg)

        def note(frame: FrameType, event: str, arg: Any) -> Any:
            found.add(frame.f_lineno)
            return note

        started = time.perf_counter()
        if self.wanted is None:
            threading.settrace(look)
            sys.settrace(look)
        try:
            return (yield)
        finally:
            if self.wanted is None:
                sys.settrace(None)
                threading.settrace(None)
            self.seconds[item.nodeid], self.reached[item.nodeid] = time.perf_counter() - started, frozenset(found)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_fixture_setup(self, fixturedef: Any, request: Any) -> Iterator[Any]:
        """Puts the copy of a database where a new one would be made; keeps a copy of the first."""
        if fixturedef.argname != "django_db_setup":
            return (yield)
        if self.database.exists():
            mine = self.folder / "database.sqlite3"
            shutil.copyfile(self.database, mine)
            connection.close()
            connection.settings_dict["NAME"] = str(mine)
            fixturedef.func, fixturedef.argnames = lambda: None, ()
            return (yield)
        result = yield
        made_at = connection.settings_dict["TEST"]["NAME"]
        with closing(sqlite3.connect(made_at)) as there, closing(sqlite3.connect(self.database)) as copy:
            there.backup(copy)
        return result

    def noted(self) -> dict[str, Any]:
        """What the one that started it needs to know."""
        return {"failed": self.failed, "seconds": self.seconds}


class Forked:
    """A child that runs some tests, with a mutant or without."""

    def __init__(self, session: pytest.Session, trial: Trial, target: Target, source: str, usual: float) -> None:
        """`usual` is how long these tests take; other work on the machine must not get a slow mutant killed."""
        self.folder, self.processor, self.limit = trial.folder, 5 + int(5 * usual), 30 + 10 * usual
        self.started = time.monotonic()
        self.folder.mkdir()
        sys.stdout.flush()
        gc.freeze()
        self.pid = os.fork()
        if not self.pid:
            code = _NOT_RUN
            try:
                code = self._run(session, trial, target, source)
            finally:
                sys.stdout.flush()
                os._exit(code)

    def _run(self, session: pytest.Session, trial: Trial, target: Target, source: str) -> int:
        _send_output_to(self.folder / "output")
        resource.setrlimit(resource.RLIMIT_CPU, (self.processor, self.processor))  # also if its parent was killed
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        tempfile.tempdir = str(self.folder)
        session.config.pluginmanager.register(trial)
        try:
            install(target, source)
            trial.run(session.items)
        except BaseException:  # it cannot be imported, or a test ends the whole run
            traceback.print_exc()
            return _KILLED
        (self.folder / "noted").write_text(json.dumps(trial.noted()))
        return _KILLED if trial.failed else _SURVIVED

    def ended(self) -> str:
        """How it ended; "" while it runs."""
        if late := time.monotonic() - self.started > self.limit:
            os.kill(self.pid, signal.SIGKILL)
        ended, status = os.waitpid(self.pid, 0 if late else os.WNOHANG)
        if not ended:
            return ""
        if os.WIFSIGNALED(status):
            return "out of time"
        return _HOW.get(os.WEXITSTATUS(status), "not run")

    @property
    def noted(self) -> dict[str, Any]:
        """What its trial noted; nothing where it was stopped."""
        there = self.folder / "noted"
        return json.loads(there.read_text()) if there.exists() else {"failed": ""}

    @property
    def output(self) -> str:
        """What the tests said."""
        return _read(self.folder / "output")


class Runner:
    """The plugin of the run that collects the tests of one module and, instead of running them, tries its mutants.

    In a process of its own, for it loads the module.
    """

    def __init__(
        self,
        folder: Path,
        target: Target,
        mutants: Iterable[Mutant],
        tell: Callable[[Mutant, str, float], None],
        *,
        jobs: int,
        killers: dict[str, str],
    ) -> None:
        """Tells of each mutant whether it was “killed”, “survived” or ran “out of time”, and after how many seconds.

        `killers` says which test killed a mutant last time, by the mutant's digest: "" where none
        could even be run. What is found now is added.
        """
        self.folder, self.target, self.mutants, self.tell = folder, target, mutants, tell
        self.jobs, self.killers, self.count = jobs, killers, 0
        self.broken: Broken | None = None
        self.tests: list[str] = []  # the quickest first, but those last that empty the database
        self.last: set[str] = set()
        self.seconds: dict[str, float] = {}
        self.reached: dict[str, frozenset[int]] = {}
        self.kills: dict[str, Counter[str]] = defaultdict(Counter)  # by test, in each function

    def run(self) -> None:
        """Tries them all."""
        _load_django()
        _send_output_to(self.folder / "session")
        pytest.main([*OPTIONS, *PLUGINS, *self.target.tests], plugins=[self])
        if self.broken:
            raise self.broken

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Instead of running the tests here."""
        try:
            if session.testsfailed:
                raise Broken(f"The tests of {self.target.path} cannot be collected:\n{_read(self.folder / 'session')}")
            self._learn(session)
            self._try_all(session)
        except Broken as broken:  # which pytest would take for an error of its own
            self.broken = broken
        return True

    def _learn(self, session: pytest.Session) -> None:
        """Learns of each test how long it takes and what it reaches."""
        first = Trial(self.folder / "first", self.target, None)
        session.config.pluginmanager.register(first)
        first.run(session.items)  # here, so that whatever is loaded once is loaded for all; it makes the database too
        session.config.pluginmanager.unregister(first)
        connections.close_all()
        if first.failed:
            raise Broken(
                f"{self.target.path} has a test that fails without a mutant:\n{_read(self.folder / 'session')}"
            )
        self.reached = first.reached
        self.last = {item.nodeid for item in session.items if _empties_database(item)}
        self.tests = sorted(self.reached, key=lambda name: (name in self.last, first.seconds[name]))
        self.seconds = first.seconds
        self.seconds = self._check(session)
        self.tests.sort(key=lambda name: (name in self.last, self.seconds[name]))

    def _check(self, session: pytest.Session) -> dict[str, float]:
        """Runs the tests exactly as mutants are tried: what fails here would kill every mutant. Seconds by test."""
        child = self._fork(session, self.target.source, self.tests)
        while not (how := child.ended()):
            time.sleep(0.005)
        if how != "survived":
            raise Broken(f"The tests of {self.target.path} fail without a mutant ({how}):\n{child.output}")
        seconds: dict[str, float] = child.noted["seconds"]
        return seconds

    def _try_all(self, session: pytest.Session) -> None:
        waiting = list(self.mutants)[::-1]
        running: dict[int, tuple[Forked, Mutant]] = {}
        while waiting or running:
            while waiting and len(running) < self.jobs:
                mutant = waiting.pop()
                child = self._fork(session, mutant.source, self._choose(mutant))
                running[child.pid] = child, mutant
            time.sleep(0.002)
            for pid, (child, mutant) in list(running.items()):
                if how := child.ended():
                    del running[pid]
                    self._note(mutant, child, how)
                    self.tell(mutant, how, time.monotonic() - child.started)
                    if how == "not run":
                        raise Broken(f"{mutant}\n{child.output}")
                    shutil.rmtree(child.folder)

    def _choose(self, mutant: Mutant) -> list[str]:
        """The tests that reach a mutant; first those that are likely to kill it."""
        wanted = [name for name in self.tests if not self.reached[name].isdisjoint(mutant.lines)] or self.tests
        killer, near = self.killers.get(mutant.digest), self.kills[mutant.function]
        place = {name: number for number, name in enumerate(self.tests)}
        return sorted(wanted, key=lambda name: (name in self.last, name != killer, -near[name], place[name]))

    def _note(self, mutant: Mutant, child: Forked, how: str) -> None:
        killer = child.noted["failed"]
        if how == "survived":
            self.killers.pop(mutant.digest, None)
        else:
            self.killers[mutant.digest] = killer
        if killer:
            self.kills[mutant.function][killer] += 1

    def _fork(self, session: pytest.Session, source: str, wanted: Sequence[str]) -> Forked:
        self.count += 1
        trial = Trial(self.folder / f"{self.target.module}-{self.count}", self.target, wanted)
        usual = sum(self.seconds[name] for name in wanted)
        return Forked(session, trial, self.target, source, usual)


def _send_output_to(file: Path) -> None:
    out = os.open(file, os.O_CREAT | os.O_WRONLY)
    os.dup2(out, 1)
    os.dup2(out, 2)


def _read(file: Path) -> str:
    sys.stdout.flush()
    return file.read_text("utf-8", "replace")


def _empties_database(item: pytest.Item) -> bool:
    """Whether a test ends by emptying every table, so that those after it find nothing that a migration wrote."""
    marker = item.get_closest_marker("django_db")
    return marker is not None and bool(marker.kwargs.get("transaction"))


def _load_django() -> None:
    """Django with the settings of the tests, and examples that are the same for every mutant."""
    import_module("tests.conftest")
    settings.register_profile(
        "mutants",
        deadline=None,
        max_examples=60,
        derandomize=True,
        database=None,
        phases=(Phase.explicit, Phase.generate),
        suppress_health_check=list(HealthCheck),
    )
    settings.load_profile("mutants")
    os.environ["DJANGO_SETTINGS_MODULE"] = "newsletter.settings"
    django.setup()
