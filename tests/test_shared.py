"""What is made once a run is made once, whoever asks."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.shared import make_once


def test_of_several_who_ask_at_once_one_makes_it_and_all_get_it(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PYTEST_XDIST_WORKER", raising=False)
    monkeypatch.setattr(tmp_path_factory, "getbasetemp", lambda: tmp_path)
    made: list[str] = []

    def make() -> list[str]:
        made.append("once")
        time.sleep(0.2)  # the others come meanwhile
        return ["made", str(len(made))]

    with ThreadPoolExecutor(4) as asking:
        given = [asking.submit(make_once, tmp_path_factory, "thing", make) for _ in range(4)]
    assert [each.result() for each in given] == [["made", "1"]] * 4
    assert made == ["once"]


def test_the_processes_of_a_run_share_the_folder_above_theirs(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTEST_XDIST_WORKER", "gw0")
    for worker in ("gw0", "gw1"):
        (tmp_path / worker).mkdir()
        monkeypatch.setattr(tmp_path_factory, "getbasetemp", lambda worker=worker: tmp_path / worker)
        assert make_once(tmp_path_factory, "thing", lambda worker=worker: worker) == "gw0"
