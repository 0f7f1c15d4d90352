"""The database that a restore replaced: kept beside the new one for a few days, with everybody in it who was."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.db import connection

RETENTION = timedelta(days=7)
_STAMP = "%Y%m%d-%H%M%S"


def choose_path(present: Path, now: datetime) -> Path:
    """Where a database that is replaced now is from then on."""
    return present.with_name(f"{present.name}.before-{now.astimezone(UTC):{_STAMP}}")


def list_files() -> Iterator[tuple[Path, datetime]]:
    """The databases that were put aside, and when each is deleted."""
    if connection.vendor != "sqlite":
        return
    present = Path(str(connection.settings_dict["NAME"]))
    for path in sorted(present.parent.glob(f"{present.name}.before-*")):
        try:
            at = datetime.strptime(path.name[-15:], _STAMP)
        except ValueError:
            continue
        yield path, at.replace(tzinfo=UTC) + RETENTION


def delete_old(now: datetime) -> int:
    """Deletes what was put aside long enough ago: whoever was erased since is still in it. Returns how many files."""
    old = [path for path, until in list_files() if until < now]
    for path in old:
        path.unlink(missing_ok=True)
    return len(old)
