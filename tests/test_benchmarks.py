"""`make bench` runs to its end and says which benchmarks failed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import __main__
from benchmarks.processes import run_each

ROOT = Path(__file__).resolve().parents[1]


def _python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def test_a_failing_benchmark_stops_none_of_the_others_and_is_named_at_the_end(tmp_path: Path) -> None:
    reached = tmp_path / "reached"
    with pytest.raises(SystemExit) as ended:
        run_each(
            {
                "first": _python("raise SystemExit(3)"),
                "second": _python(f"open({str(reached)!r}, 'w')"),
                "third": _python("import os; os.abort()"),
            }
        )
    assert reached.exists()
    assert ended.value.code == "Failed: first, third"  # a text: exit status 1


def test_benchmarks_that_all_succeed_end_without_an_error() -> None:
    run_each({"first": _python("pass"), "second": _python("pass")})


def test_each_benchmark_has_a_command_that_runs_it_alone() -> None:
    assert __main__.commands(["rendering", "events"]) == {
        name: [sys.executable, "-m", "benchmarks", name] for name in ("rendering", "events")
    }
    assert all((ROOT / "benchmarks" / f"{name}.py").is_file() for name in __main__.NAMES)


def test_every_benchmark_can_be_loaded_before_django_is_set_up() -> None:
    code = "".join(f"import benchmarks.{name}\n" for name in __main__.NAMES)
    done = subprocess.run(_python(code), cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_an_unknown_benchmark_is_refused_before_any_runs() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "start", "nosuch"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert "nosuch" in done.stderr
    assert done.stdout == ""


def test_one_benchmark_can_be_named() -> None:
    done = subprocess.run([sys.executable, "-m", "benchmarks", "start"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "bare interpreter" in done.stdout
