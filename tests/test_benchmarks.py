"""`make bench` runs to its end and says which benchmarks failed."""

from __future__ import annotations

import os
import re
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import __main__
from benchmarks.processes import run_each
from tests.shared import copy_migrated

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


def test_pages_are_measured_of_a_newsroom_that_is_built_once(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    copy_migrated(tmp_path_factory, tmp_path / "newsletter.sqlite3")
    small = {"BENCH_SUBSCRIBERS": "300", "BENCH_EDITIONS": "6", "BENCH_ARTICLES": "50"}
    environment = os.environ | small | {"BENCH_FOLDER": str(tmp_path), "BENCH_PAGES": "desk:today,desk:deliveries"}
    command = [sys.executable, "-m", "benchmarks", "pages"]
    first = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env=environment)
    assert first.returncode == 0, first.stderr
    assert first.stdout.count("built: ") == 7
    at_rest, beside = first.stdout.split("beside a hand-over:")
    for table in (at_rest, beside):
        rows = {line.split()[0]: line.split() for line in table.splitlines() if re.match(r"desk:[\w-]+ ", line)}
        assert sorted(rows) == ["desk:deliveries", "desk:today"]
        assert all(float(row[1]) > 0 and int(row[9]) > 0 for row in rows.values())  # the first request, the queries
    with sqlite3.connect(tmp_path / "newsletter.sqlite3") as database:
        ((mailings, people),) = database.execute(
            "SELECT count(*), sum(planned) FROM delivery_mailing WHERE state = 'finished'"
        ).fetchall()
    assert mailings >= 6
    assert people > 5 * 285
    second = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, env=environment | {"BENCH_PAGES": "nosuch"}
    )
    assert second.returncode == 0, second.stderr
    assert "built: " not in second.stdout
