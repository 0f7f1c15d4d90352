"""Runs the tests of a module against its mutants, each in a process forked from one that has collected them.

The mutant is never written to a file: the child makes the module anew from its text, in place. Its database is a copy
of one that the first run, without a mutant, has made. A mutant is tried by the tests that reach its statement alone:
first the one that killed it last time, then those that killed others near by, the quickest first.
"""

from __future__ import annotations

import ast
import gc
import json
import os
import resource
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from importlib import import_module
from multiprocessing import forkserver
from pathlib import Path
from types import CodeType
from typing import Any

import django
import pytest
from django.conf import settings as DjangoSettings
from django.db import connections
from hypothesis import HealthCheck, Phase, settings

from tests import prepared
from tests.mutants.databases import Databases, PostgreSQLDatabases, SQLiteDatabases, start_postgresql
from tests.mutants.mutating import Mutant
from tests.mutants.table import ROOT, Target

OURS = ("newsletter", "subscribers", "tests")
MEMORY = 4 * 1024**3  # for a mutant that never stops collecting
OPTIONS = ("-qq", "-s", "--import-mode=importlib", "--assert=plain", "-o", "addopts=", f"--rootdir={ROOT}")
# The last two collect garbage over and over again at the end: a third of the time of a quick mutant.
PLUGINS = ("-p", "no:xdist", "-p", "no:cacheprovider", "-p", "no:unraisableexception", "-p", "no:threadexception")
_SURVIVED, _KILLED, _NOT_RUN = 0, 1, 3
_HOW = {_SURVIVED: "survived", _KILLED: "killed"}


class Broken(Exception):
    """The tests fail, or cannot be run, without any mutant."""


def install(target: Target, code: CodeType) -> None:
    """Makes the module anew, wherever it, or a name of it, was imported."""
    module = sys.modules[target.module]
    before = {name: value for name, value in vars(module).items() if not name.startswith("__")}
    for name in before:
        delattr(module, name)
    exec(code, vars(module))
    for other in [each for name, each in sys.modules.items() if name.partition(".")[0] in OURS and each is not module]:
        for name, value in list(vars(other).items()):
            if name in before and before[name] is value and hasattr(module, name):
                setattr(other, name, getattr(module, name))


def mark(source: str) -> ast.Module:
    """The module with a call before each statement of its functions that says its line."""
    tree = ast.parse(source)
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    marked: set[int] = set()  # functions within functions are met twice
    for node in [within for function in functions for within in ast.walk(function)]:
        for name in ("body", "orelse", "finalbody"):
            block = getattr(node, name, None)
            if isinstance(block, list) and id(block) not in marked:
                calls = [ast.parse(f"__reached__({statement.lineno})").body[0] for statement in block]
                for call, statement in zip(calls, block, strict=True):
                    for part in ast.walk(call):
                        ast.copy_location(part, statement)
                block[:] = [each for pair in zip(calls, block, strict=True) for each in pair]
                marked.add(id(block))
    return tree


class Run:
    """One run of some tests: the first that failed, and how long each took."""

    def __init__(self, folder: Path, target: Target, databases: Databases) -> None:
        self.folder, self.target, self.databases = folder, target, databases
        self.failed = ""
        self.seconds: dict[str, float] = {}

    def run(self, items: Sequence[pytest.Item]) -> None:
        """Runs these tests, in that order, up to the first that fails."""
        for item, following in zip(items, [*items[1:], None], strict=True):
            started = time.perf_counter()
            item.ihook.pytest_runtest_protocol(item=item, nextitem=following)
            self.seconds[item.nodeid] = time.perf_counter() - started
            if self.failed:
                return

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Says what failed, for a run without a mutant must not."""
        if report.failed:
            self.failed = report.nodeid
            print(report.nodeid, report.longreprtext, sep="\n")


class FirstRun(Run):
    """The run without a mutant that makes the databases, and learns which lines each test reaches."""

    def __init__(self, folder: Path, target: Target, databases: Databases) -> None:
        super().__init__(folder, target, databases)
        self.reached: dict[str, set[int]] = defaultdict(set)
        self.calls = 0

    def run(self, items: Sequence[pytest.Item]) -> None:
        """Runs all tests. What they prepare without the module is kept for the trials."""
        prepared.count_reached = lambda: self.calls
        install(self.target, compile(mark(self.target.source), str(ROOT / self.target.path), "exec"))
        super().run(items)

    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Notes what is reached for this test."""
        lines = self.reached[item.nodeid]

        def note(line: int) -> None:
            lines.add(line)
            self.calls += 1

        vars(sys.modules[self.target.module])["__reached__"] = note

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_fixture_setup(self, fixturedef: Any, request: Any) -> Iterator[Any]:
        """Keeps a copy of the empty database."""
        result = yield
        if fixturedef.argname == "django_db_setup":
            with request.getfixturevalue("django_db_blocker").unblock():
                self.databases.keep()
        return result


class Trial(Run):
    """A run in a child, with a copy of the empty database."""

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self) -> None:
        """Connects to it."""
        self.databases.use(self.folder)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_fixture_setup(self, fixturedef: Any, request: Any) -> Iterator[Any]:
        """Makes no database, for it is there."""
        if fixturedef.argname != "django_db_setup":
            return (yield)
        before = fixturedef.func, fixturedef.argnames
        fixturedef.func, fixturedef.argnames = lambda: None, ()
        try:
            return (yield)
        finally:
            fixturedef.func, fixturedef.argnames = before

    def noted(self) -> dict[str, Any]:
        """What the one that started it needs to know."""
        return {"failed": self.failed, "seconds": self.seconds}


class Forked:
    """A child that runs some tests, with a mutant or without."""

    def __init__(
        self, session: pytest.Session, trial: Trial, source: str, wanted: Sequence[pytest.Item], usual: float
    ) -> None:
        """`usual` is how long these tests take. Processor time is what counts: others may be at work on the machine."""
        self.folder, self.processor, self.limit = trial.folder, 5 + int(5 * usual), 30 + 10 * usual
        self.started = time.monotonic()
        self.folder.mkdir()
        sys.stdout.flush()
        gc.freeze()
        self.pid = os.fork()
        if not self.pid:
            code = _NOT_RUN
            try:
                code = self._run(session, trial, source, wanted)
            finally:
                sys.stdout.flush()
                os._exit(code)

    def _run(self, session: pytest.Session, trial: Trial, source: str, wanted: Sequence[pytest.Item]) -> int:
        _send_output_to(self.folder / "output")
        resource.setrlimit(resource.RLIMIT_CPU, (self.processor, self.processor))  # also if its parent was killed
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        tempfile.tempdir = str(self.folder)
        _share_fork_server()
        prepared.forget_flushes()
        session.config.pluginmanager.register(trial)
        try:
            install(trial.target, compile(source, str(ROOT / trial.target.path), "exec"))
            trial.run(wanted)
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
        self.reached: dict[str, set[int]] = {}
        self.items: dict[str, pytest.Item] = {}
        self.kills: dict[str, Counter[str]] = defaultdict(Counter)  # by test, in each function

    def run(self) -> None:
        """Tries them all."""
        self.databases = _load_django(self.folder, self.target)
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
        first = FirstRun(self.folder, self.target, self.databases)
        session.config.pluginmanager.register(first)
        first.run(session.items)  # here, so that whatever is loaded once is loaded for all
        session.config.pluginmanager.unregister(first)
        connections.close_all()
        if first.failed:
            raise Broken(
                f"{self.target.path} has a test that fails without a mutant:\n{_read(self.folder / 'session')}"
            )
        self.reached = first.reached
        self.last = {item.nodeid for item in session.items if _empties_database(item)}
        self.items = {item.nodeid: item for item in session.items}
        self.tests = sorted(self.items, key=lambda name: (name in self.last, first.seconds[name]))
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
        """Tries them all, those first that few tests reach."""
        waiting = sorted(self.mutants, key=lambda mutant: -sum(map(self.seconds.__getitem__, self._choose(mutant))))
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
                    self.databases.drop(child.folder)
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
        folder = self.folder / f"{self.target.module}-{self.count}"
        trial = Trial(folder, self.target, self.databases)
        usual = sum(self.seconds[name] for name in wanted)
        return Forked(session, trial, source, [self.items[name] for name in wanted], usual)


def _share_fork_server() -> None:
    """Lets a child ask the server that takes pages apart: it was begun by the parent, which alone may wait for it."""
    server = forkserver._forkserver  # type: ignore[attr-defined]
    if server._forkserver_pid is not None:
        server.ensure_running = lambda: None  # type: ignore[method-assign]


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


def _load_django(folder: Path, target: Target) -> Databases:
    """Django with the settings of the tests, and examples that are the same for every mutant."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "newsletter.settings"
    databases: Databases = SQLiteDatabases(folder)
    if target.on_postgresql:
        os.environ["NEWSLETTER_DATABASE_URL"] = url = start_postgresql(folder / "postgresql")
        os.environ["NEWSLETTER_DATA_DIR"] = str(folder)
        assert DjangoSettings.DATABASES  # read now: the tests' own environment names no database
        databases = PostgreSQLDatabases(url)
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
    django.setup()
    return databases
