"""Tries the mutants of the modules named, or of all. Exits 1 if one survives that is not listed as equivalent.

JOBS: how many at once. SURVIVORS=1: only those that nothing has killed so far, to look at a new test at once.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import TextIO

from tests.mutants.databases import stop_postgresql
from tests.mutants.equivalent import EQUIVALENT
from tests.mutants.mutating import Mutant, mutants
from tests.mutants.running import Broken, Runner
from tests.mutants.table import ROOT, TARGETS

CACHE = ROOT / ".mutants-cache"  # which test killed each mutant: it is asked first the next time


def main() -> None:
    names = sys.argv[1:] or list(TARGETS)
    for name in names:
        if name not in TARGETS:
            sys.exit(f"There is no module “{name}”. There are {', '.join(TARGETS)}.")
    os.chdir(ROOT)
    CACHE.mkdir(exist_ok=True)
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
        with os.fdopen(os.dup(1), "w") as reported:
            try:
                code = 0 if _tried(folder, name, reported) else 1
            except Broken as broken:
                print(broken, file=reported)
            except Exception:
                traceback.print_exc(file=reported)
            finally:
                reported.flush()
                os._exit(code)
    try:
        return os.waitpid(pid, 0)[1] == 0
    finally:
        with suppress(ProcessLookupError):  # when this one is stopped, so are the tests that it started
            os.killpg(pid, signal.SIGKILL)
        stop_postgresql(folder / "postgresql")


def _tried(folder: Path, name: str, reported: TextIO) -> bool:
    """Tries one module and tells what came of it; whether all is well."""
    target, listed = TARGETS[name], {one.key for one in EQUIVALENT.get(name, ())}
    found = mutants(target.source)
    known = CACHE / f"{name}.json"
    killers: dict[str, str] = json.loads(known.read_text()) if known.exists() else {}
    if os.environ.get("SURVIVORS"):
        found = [mutant for mutant in found if mutant.digest not in killers and mutant.key not in listed]
        listed = set()
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
                print(f"{name}: survived: {mutant}", file=reported, flush=True)
        counts[how] += 1
        known.write_text(json.dumps(killers, indent=0))

    jobs = int(os.environ.get("JOBS") or os.cpu_count() or 1)
    runner = Runner(folder, target, found, tell, jobs=jobs, killers=killers)
    runner.run()
    for function, before, after in sorted(listed - survivors):
        there = (
            "it is killed" if (function, before, after) in {mutant.key for mutant in found} else "there is none such"
        )
        print(f"{name}: listed as equivalent, but {there}: {function}: {before!r} → {after!r}", file=reported)
    message = ", ".join(f"{count} {how}" for how, count in sorted(counts.items()))
    print(
        f"{name}: {len(found)} mutants: {message}; {len(runner.tests)} tests in {sum(runner.seconds.values()):.1f} s; "
        f"{seconds / max(len(found), 1):.2f} s a mutant, {time.monotonic() - started:.0f} s in all",
        file=reported,
    )
    return survivors == listed


if __name__ == "__main__":
    main()
