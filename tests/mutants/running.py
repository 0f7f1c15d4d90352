"""Runs the tests of a module against its mutants, each in a process forked from one that has Django loaded.

The mutant is never written to a file: the child imports it in place of the module. Its database is a copy of one that
the first run, without a mutant, has made. A mutant is tried by the tests that reach its function alone, the quickest
first.
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
import threading
import time
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, suppress
from importlib import import_module
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_file_location
from inspect import CO_OPTIMIZED
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import django
import grimp
import pytest
from hypothesis import HealthCheck, Phase, settings

from tests.mutants.mutating import Mutant
from tests.mutants.table import ROOT, Target

OURS = ("newsletter", "subscribers")
MEMORY = 4 * 1024**3  # for a mutant that never stops collecting
OPTIONS = ("-x", "-q", "--tb=short", "--import-mode=importlib", "--assert=plain", "-o", "addopts=", f"--rootdir={ROOT}")
# The last two collect garbage over and over again at the end: a third of the time of a quick mutant.
PLUGINS = ("-p", "no:xdist", "-p", "no:cacheprovider", "-p", "no:unraisableexception", "-p", "no:threadexception")


# Tests that cannot be imported are killed as well: in a conftest, that is a usage error.
_HOW = {
    pytest.ExitCode.OK: "survived",
    pytest.ExitCode.NO_TESTS_COLLECTED: "survived",
    pytest.ExitCode.TESTS_FAILED: "killed",
    pytest.ExitCode.INTERRUPTED: "killed",
    pytest.ExitCode.USAGE_ERROR: "killed",
}


class Broken(Exception):
    """The tests fail, or cannot be run, without any mutant."""


class Instead(MetaPathFinder):
    """Imports a module from another text than its file's."""

    def __init__(self, target: Target, source: str) -> None:
        self.target, self.source = target, source

    def find_spec(self, name: str, path: Any, target: Any = None) -> ModuleSpec | None:
        """The module, if it is the one that is mutated."""
        if name != self.target.module:
            return None
        file = str(ROOT / self.target.path)
        return spec_from_file_location(name, file, loader=_Loader(name, file, self.source))


class _Loader(SourceFileLoader):
    def __init__(self, name: str, file: str, source: str) -> None:
        super().__init__(name, file)
        self.text = source

    def get_code(self, fullname: str) -> CodeType:
        return compile(self.text, self.path, "exec")


class Trial:
    """The plugin of one run: which tests, how long each took and what it reached, and whose copy of the database."""

    def __init__(self, folder: Path, target: Target, wanted: Sequence[str] | None) -> None:
        self.folder, self.file, self.wanted = folder, str(ROOT / target.path), wanted
        self.database = folder.parent / "database.sqlite3"
        self.seconds: dict[str, float] = {}
        self.reached: dict[str, list[str]] = {}

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Those that are wanted, in that order; a mutant may be without one whose name is made from what it changed."""
        if self.wanted is not None:
            by_name = {item.nodeid: item for item in items}
            items[:] = [by_name[name] for name in self.wanted if name in by_name]

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        """Notes the functions a test calls, where nothing is chosen yet."""
        if self.wanted is not None:
            return (yield)
        found: set[str] = set()

        def look(frame: FrameType, event: str, arg: Any) -> None:
            # A module or a class that is being made is reached by every test.
            if frame.f_code.co_filename == self.file and frame.f_code.co_flags & CO_OPTIMIZED:
                found.add(frame.f_code.co_qualname.partition(".<locals>")[0])

        started = time.perf_counter()
        threading.settrace(look)
        sys.settrace(look)
        try:
            return (yield)
        finally:
            sys.settrace(None)
            threading.settrace(None)  # type: ignore[arg-type]
            self.seconds[item.nodeid], self.reached[item.nodeid] = time.perf_counter() - started, sorted(found)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_fixture_setup(self, fixturedef: Any, request: Any) -> Iterator[Any]:
        """Puts the copy of a database where a new one would be made; keeps a copy of the first."""
        if fixturedef.argname != "django_db_setup":
            return (yield)
        from django.db import connection

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
        """What later runs need to know."""
        return {"seconds": self.seconds, "reached": self.reached, "modules": list(sys.modules)}


class Forked:
    """A child that runs some tests, with a mutant or without."""

    def __init__(self, folder: Path, target: Target, source: str, wanted: Sequence[str] | None, usual: float) -> None:
        """`usual` is how long all the tests take; other work on the machine must not get a slow mutant killed."""
        self.folder, self.processor, self.limit = folder, 5 + int(5 * usual), 60 + 20 * usual
        self.started = time.monotonic()
        folder.mkdir()
        gc.freeze()
        self.pid = os.fork()
        if not self.pid:
            code = 3
            try:
                code = self._run(target, source, wanted)
            finally:
                sys.stdout.flush()
                os._exit(code)

    def _run(self, target: Target, source: str, wanted: Sequence[str] | None) -> int:
        out = os.open(self.folder / "output", os.O_CREAT | os.O_WRONLY)
        os.dup2(out, 1)
        os.dup2(out, 2)
        resource.setrlimit(resource.RLIMIT_CPU, (self.processor, self.processor))  # also if its parent was killed
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        sys.meta_path.insert(0, Instead(target, source))
        trial = Trial(self.folder, target, wanted)
        files = target.tests if wanted is None else {name.partition("::")[0] for name in wanted}
        code = pytest.main([*OPTIONS, *PLUGINS, f"--basetemp={self.folder / 'tmp'}", *sorted(files)], plugins=[trial])
        (self.folder / "noted").write_text(json.dumps(trial.noted()))
        return int(code)

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
    def output(self) -> str:
        """What the tests said."""
        return (self.folder / "output").read_text("utf-8", "replace")


class Runner:
    """Tries the mutants of one module, as many at once as there are processors.

    In a process of its own, for it loads the module.
    """

    def __init__(self, folder: Path, target: Target) -> None:
        self.folder, self.target, self.count = folder, target, 0
        self.tests: list[str] = []  # the quickest first
        self.reached: dict[str, list[str]] = {}
        self.usual = 120.0  # seconds that all of them take

    def load(self) -> None:
        """Loads what does not depend on the module, to spare each mutant loading it; learns of the tests."""
        sys.pycache_prefix = str(self.folder / "compiled")
        _load_django()
        first = self._checked(None)
        noted = json.loads((first.folder / "noted").read_text())
        left = {"__main__", self.target.module, *_dependent(self.target.module)}
        for name in noted["modules"]:
            if name not in left and not name.startswith("tests"):
                with suppress(Exception), warnings.catch_warnings(action="ignore"):  # some are not to be imported alone
                    import_module(name)
        assert self.target.module not in sys.modules, f"{self.target.module} is loaded before it is mutated"
        self.reached, seconds = noted["reached"], noted["seconds"]
        self.tests = sorted(seconds, key=seconds.__getitem__)
        second = self._checked(self.tests)  # exactly as mutants are tried
        self.usual = time.monotonic() - second.started

    def try_all(self, mutants: Iterable[Mutant], tell: Callable[[Mutant, str, float], None]) -> None:
        """Tells of each mutant whether it was “killed”, “survived” or ran “out of time”, and after how many seconds."""
        waiting = list(mutants)[::-1]
        running: dict[int, tuple[Forked, Mutant]] = {}
        while waiting or running:
            while waiting and len(running) < (os.cpu_count() or 1):
                mutant = waiting.pop()
                wanted = [name for name in self.tests if mutant.function in self.reached[name]] or self.tests
                child = self._fork(mutant.source, wanted)
                running[child.pid] = child, mutant
            time.sleep(0.005)
            for pid, (child, mutant) in list(running.items()):
                if how := child.ended():
                    del running[pid]
                    tell(mutant, how, time.monotonic() - child.started)
                    if how == "not run":
                        raise Broken(f"{mutant}\n{child.output}")
                    shutil.rmtree(child.folder)

    def _fork(self, source: str, wanted: Sequence[str] | None) -> Forked:
        self.count += 1
        folder = self.folder / f"{self.target.module}-{self.count}"
        return Forked(folder, self.target, source, wanted, self.usual)

    def _checked(self, wanted: Sequence[str] | None) -> Forked:
        """A run without a mutant, which must pass: what fails here would kill every mutant."""
        child = self._fork(self.target.source, wanted)
        while not (how := child.ended()):
            time.sleep(0.005)
        if how != "survived":
            raise Broken(f"The tests of {self.target.path} fail without a mutant ({how}):\n{child.output}")
        return child


def _dependent(module: str) -> set[str]:
    """The modules that cannot be loaded without this one."""
    graph = grimp.build_graph(*OURS, cache_dir=None)
    for name in graph.modules - set(OURS):
        graph.add_import(importer=name, imported=name.rpartition(".")[0])
    return graph.find_downstream_modules(module)


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
