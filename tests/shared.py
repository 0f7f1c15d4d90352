"""What is made once a run, by whichever of its processes needs it first: databases with their tables, newsrooms."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


def make_once(factory: pytest.TempPathFactory, name: str, make: Callable[[], Any]) -> Any:
    """What `make` gives, as JSON has it. Others who ask for the same name meanwhile wait for it."""
    base = factory.getbasetemp()
    folder = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    with (folder / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        known = folder / f"{name}.json"
        if not known.exists():
            known.write_text(json.dumps(make()))
        return json.loads(known.read_text())


def copy_migrated(factory: pytest.TempPathFactory, copy: Path) -> None:
    """Copies a database on SQLite with all tables and nothing in them: to migrate takes ten seconds."""

    def migrate() -> str:
        folder = factory.mktemp("migrated")
        environment = {name: value for name, value in os.environ.items() if not name.startswith("NEWSLETTER_")}
        words = [sys.executable, "-m", "newsletter", "manage", "migrate", "--verbosity", "0"]
        subprocess.run(words, env=environment | {"NEWSLETTER_DATA_DIR": str(folder)}, check=True)
        return str(folder / "newsletter.sqlite3")

    copy.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(make_once(factory, "migrated-sqlite", migrate), copy)
