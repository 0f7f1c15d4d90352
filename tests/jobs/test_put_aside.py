"""What a restore replaced is kept for a while, and no longer."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.db import connection

from newsletter.jobs import put_aside, tasks


def test_it_is_deleted_a_week_later_and_nothing_else(
    db: None, tmp_path: Path, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    present = tmp_path / "newsletter.sqlite3"
    monkeypatch.setitem(connection.settings_dict, "NAME", str(present))
    kept = put_aside.choose_path(present, now)
    mine = present.with_name(f"{present.name}.before-the-holidays")
    for path in (present, kept, mine):
        path.touch()

    assert list(put_aside.list_files()) == [(kept, now + put_aside.RETENTION)]
    assert put_aside.delete_old(now + put_aside.RETENTION) == 0
    monkeypatch.setattr(tasks.engagement, "roll_up", lambda now, owner: 0)
    tasks.roll_up_engagement(now + put_aside.RETENTION + timedelta(seconds=1))
    assert sorted(tmp_path.iterdir()) == [present, mine]
