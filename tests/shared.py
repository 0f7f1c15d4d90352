"""What is made once a run, by whichever of its processes needs it first: databases with their tables, newsrooms."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import django
import pytest

ROOT = Path(__file__).resolve().parents[1]

_MADE_AFTER_MIGRATIONS = (
    "tests/migrating.py",
    "newsletter/curator/articles/search.py",
    "subscribers/search_index.py",
    "subscribers/subscription_counts.py",
)


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
    """Copies a database on SQLite with all tables and nothing in them.

    To migrate takes ten seconds: it is done once, and again when a migration or Django has changed.
    """
    copy.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(_find_migrated(factory), copy)


def read_migration_sql(factory: pytest.TempPathFactory) -> dict[str, str]:
    """The SQL of each migration on SQLite, by "app.name", as it was when those tables were made."""
    found: dict[str, str] = json.loads(_find_migrated(factory).with_suffix(".json").read_text("utf-8"))
    return found


def _find_migrated(factory: pytest.TempPathFactory) -> Path:
    return Path(make_once(factory, "migrated-sqlite", lambda: str(_make_migrated(factory))))


def _make_migrated(factory: pytest.TempPathFactory) -> Path:
    migrations = sorted(
        path for app in ("newsletter", "subscribers") for path in ROOT.glob(f"{app}/**/migrations/*.py")
    )
    migrations += [ROOT / each for each in _MADE_AFTER_MIGRATIONS]
    digest = hashlib.sha256(django.__version__.encode())
    for path in migrations:
        digest.update(path.name.encode() + path.read_bytes())
    kept = ROOT / ".pytest_cache" / f"migrated-{digest.hexdigest()[:16]}.sqlite3"
    if not kept.exists():
        folder = factory.mktemp("migrated")
        environment = {name: value for name, value in os.environ.items() if not name.startswith("NEWSLETTER_")}
        sql = migrate(environment | {"NEWSLETTER_DATA_DIR": str(folder)})
        kept.parent.mkdir(exist_ok=True)
        for old in kept.parent.glob("migrated-*"):
            old.unlink()
        kept.with_suffix(".json").write_text(json.dumps(sql))
        shutil.copyfile(folder / "newsletter.sqlite3", kept.with_suffix(".new"))
        kept.with_suffix(".new").replace(kept)
    return kept


def migrate(environment: dict[str, str]) -> dict[str, str]:
    """Makes all tables; the SQL of each migration, by "app.name"."""
    words = [sys.executable, "-m", "tests.migrating"]
    done = subprocess.run(words, env=environment, check=True, cwd=ROOT, stdout=subprocess.PIPE)
    found: dict[str, str] = json.loads(done.stdout)
    return found
