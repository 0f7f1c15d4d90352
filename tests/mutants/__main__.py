"""Tries the mutants of the modules named, or of all. Exits 1 if one survives that is not listed as equivalent."""

from __future__ import annotations

import os
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from contextlib import suppress
from pathlib import Path

from tests.mutants.equivalent import EQUIVALENT
from tests.mutants.mutating import Mutant, mutants
from tests.mutants.running import Broken, Runner
from tests.mutants.table import ROOT, TARGETS


def main() -> None:
    names = sys.argv[1:] or list(TARGETS)
    for name in names:
        if name not in TARGETS:
            sys.exit(f"There is no module “{name}”. There are {', '.join(TARGETS)}.")
    os.chdir(ROOT)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with tempfile.TemporaryDirectory(prefix="newsletter-mutants-") as folder:
        tempfile.tempdir = os.environ["TMPDIR"] = folder
        failed = [name for name in names if not _in_a_child(Path(folder), name)]
    if failed:
        sys.exit(f"Not every mutant is killed: {', '.join(failed)}.")


def _in_a_child(folder: Path, name: str) -> bool:
    """Tries one module in a process of its own, for each loads what the others mutate."""
    pid = os.fork()
    if not pid:
        os.setpgid(0, 0)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        code = 2
        try:
            code = 0 if _tried(folder, name) else 1
        except Broken as broken:
            print(broken)
        except Exception:
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            os._exit(code)
    try:
        return os.waitpid(pid, 0)[1] == 0
    finally:
        with suppress(ProcessLookupError):  # when this one is stopped, so are the tests that it started
            os.killpg(pid, signal.SIGKILL)


def _tried(folder: Path, name: str) -> bool:
    """Tries one module and says what came of it; whether all is well."""
    target, listed = TARGETS[name], {one.key for one in EQUIVALENT.get(name, ())}
    found = mutants(target.source)
    counts: Counter[str] = Counter()
    survivors: set[tuple[str, str, str]] = set()
    seconds = 0.0
    started = time.monotonic()

    def tell(mutant: Mutant, how: str, took: float) -> None:
        nonlocal seconds
        seconds += took
        if how == "survived":
            survivors.add(mutant.key)
            if mutant.key in listed:
                how = "equivalent"
            else:
                print(f"{name}: survived: {mutant}", flush=True)
        counts[how] += 1

    runner = Runner(folder, target)
    runner.load()
    runner.try_all(found, tell)
    for function, before, after in sorted(listed - survivors):
        there = (
            "it is killed" if (function, before, after) in {mutant.key for mutant in found} else "there is none such"
        )
        print(f"{name}: listed as equivalent, but {there}: {function}: {before!r} → {after!r}")
    said = ", ".join(f"{count} {how}" for how, count in sorted(counts.items()))
    print(
        f"{name}: {len(found)} mutants: {said}; {len(runner.tests)} tests in {runner.usual:.1f} s; "
        f"{seconds / max(len(found), 1):.2f} s a mutant, {time.monotonic() - started:.0f} s in all",
        flush=True,
    )
    return survivors == listed


if __name__ == "__main__":
    main()
