"""Whether SQLite's file was replaced under a running process, which would go on with the former one alone."""

from __future__ import annotations

import os
import threading

from django.db import connection

_lock = threading.Lock()
_seen: dict[str, tuple[int, int]] = {}  # by path: device and inode


def notice_replacement() -> bool:
    """Whether another file has the name of our database since this process looked the last time."""
    if connection.vendor != "sqlite":
        return False
    path = str(connection.settings_dict["NAME"])
    try:
        found = os.stat(path)
    except OSError:
        return False  # about to be replaced, perhaps; or in memory
    now = found.st_dev, found.st_ino
    with _lock:
        before, _seen[path] = _seen.get(path, now), now
    return before != now
