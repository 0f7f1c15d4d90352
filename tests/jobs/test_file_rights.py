from __future__ import annotations

import os
import stat
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.db import connection

from newsletter.jobs import doctor, file_rights

pytestmark = pytest.mark.django_db


@pytest.fixture
def options(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setitem(connection.settings_dict, "NAME", ":memory:")  # the tests' own lies elsewhere
    for name in ("data", "state"):
        (tmp_path / name).mkdir(mode=0o700)
    return replace(
        django_settings.CONFIG,
        data_dir=tmp_path / "data",
        state_dir=tmp_path / "state",
        outbox_dir=tmp_path / "data" / "outbox",
    )


def test_what_others_can_read_is_found_and_made_private(options: Any) -> None:
    folder = options.data_dir / "pictures"
    folder.mkdir(mode=0o755)
    folder.chmod(0o755)
    file = folder / "a.jpg"
    file.write_bytes(b"")
    file.chmod(0o640)
    (options.state_dir / "mark").write_text("")
    (options.state_dir / "mark").chmod(0o604)
    (folder / "elsewhere").symlink_to("/etc")
    assert set(file_rights.list_exposed(options)) == {folder, file, options.state_dir / "mark"}
    assert [each.is_bad for each in doctor._check_file_rights(options)] == [True]
    assert file_rights.make_private(options) == 3
    assert (stat.S_IMODE(folder.stat().st_mode), stat.S_IMODE(file.stat().st_mode)) == (0o700, 0o600)
    assert not list(file_rights.list_exposed(options))
    assert not list(doctor._check_file_rights(options))


def test_a_new_installation_is_its_owners_alone(tmp_path: Path) -> None:
    """Whatever the umask of the shell: the folder, the key, the database with its log, exports."""
    base = {name: value for name, value in os.environ.items() if not name.startswith("NEWSLETTER_")}
    environment = base | {
        "NEWSLETTER_DATA_DIR": str(tmp_path / "made" / "data"),
        "NEWSLETTER_STATE_DIR": str(tmp_path / "made" / "state"),
        "NEWSLETTER_PROVIDER": "outbox",
    }
    for words in (("setup",), ("audit", "export", "--out", str(tmp_path / "made" / "audit.jsonl"))):
        subprocess.run(
            [sys.executable, "-m", "newsletter", *words],
            env=environment,
            check=True,
            capture_output=True,
            preexec_fn=lambda: os.umask(0),
        )
    made = [tmp_path / "made", *(tmp_path / "made").rglob("*")]
    assert {each.name for each in made} >= {"secret.key", "newsletter.sqlite3", "audit.jsonl"}
    assert [each for each in made if each.stat().st_mode & 0o077] == []
