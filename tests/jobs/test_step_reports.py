"""A thread that hangs at one step is seen, though the others work."""

from __future__ import annotations

import threading
import time

import pytest

from newsletter.jobs import step_reports


def test_a_thread_is_stuck_when_one_step_takes_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    with step_reports.report_step("hand-over-2"):
        now[0] += 300
        with step_reports.report_step("hand-over-3"):
            now[0] += step_reports.STUCK_AFTER_SECONDS - 290
            assert step_reports.list_stuck(step_reports.STUCK_AFTER_SECONDS) == [("hand-over-2", 610.0)]
            assert step_reports.describe_stuck() == "hand-over-2 is at one step for 10 minutes"
    assert step_reports.describe_stuck() == ""


def test_a_step_that_fails_is_over() -> None:
    with pytest.raises(ValueError, match="broken"), step_reports.report_step():
        raise ValueError("broken")
    assert threading.current_thread().name not in dict(step_reports.list_stuck(-1))
