"""Whether what we keep in files is its owner's alone: subscribers' addresses are in most of them.

Every process makes its files so (the umask in `newsletter.settings`). What was made before, or by hand, is found here.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path

from django.db import connection

from newsletter.config import Config
from newsletter.kernel.errors import SurroundingsError

OTHERS = 0o077  # rights of the group and of everybody
MOST_LOOKED_AT = 200_000  # files


def list_exposed(options: Config) -> Iterator[Path]:
    """What others than its owner may read, write or enter, of all that is kept."""
    for path in islice(_list_kept(options), MOST_LOOKED_AT):
        with suppress(OSError):  # a file that has gone meanwhile
            if path.lstat().st_mode & OTHERS:
                yield path


def make_private(options: Config) -> int:
    """Takes the rights of others away. Returns from how many files and folders. Raises SurroundingsError."""
    changed = 0
    for path in list_exposed(options):
        try:
            path.chmod(stat.S_IMODE(path.lstat().st_mode) & ~OTHERS)
        except FileNotFoundError:
            continue
        except OSError as error:
            raise SurroundingsError(
                f"{path} is readable by others, and that cannot be changed: {error.strerror}. As its owner, run: "
                f"chmod -R go= {options.data_dir}"
            ) from None
        changed += 1
    return changed


def _list_kept(options: Config) -> Iterator[Path]:
    """The folders of ours and what is in them, and a database that lies elsewhere; no links."""
    database = connection.settings_dict["NAME"] if connection.vendor == "sqlite" else ""
    files = [Path(f"{database}{ending}") for ending in ("", "-wal", "-shm") if database and "memory" not in database]
    yield from (path for path in files if path.is_file() and not path.is_relative_to(options.data_dir))
    for folder in dict.fromkeys((options.data_dir, options.outbox_dir, options.state_dir)):
        if not folder.is_dir():
            continue
        yield folder
        for parent, folders, names in os.walk(folder):
            yield from (path for name in (*folders, *names) if not (path := Path(parent, name)).is_symlink())
