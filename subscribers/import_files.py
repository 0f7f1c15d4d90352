"""The files of imports, kept in the data folder while they may be needed."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from django.conf import settings

from newsletter.kernel.errors import SurroundingsError
from subscribers import models


def delete_file(import_id: int) -> None:
    """Deletes the file of an import and all that was made of it; the record and its counts stay."""
    for path in (get_file_path(import_id), get_work_path(import_id)):
        path.unlink(missing_ok=True)
    models.ImportRun.objects.filter(id=import_id).update(file_kept=False, bad=[], flags={})


def list_kept_files() -> tuple[int, ...]:
    """The imports whose files are still kept."""
    return tuple(models.ImportRun.objects.filter(file_kept=True).order_by("id").values_list("id", flat=True))


def file_has_address(import_id: int, keys: Collection[str]) -> bool:
    """Whether one of these addresses (keys) stands in the kept file of an import, in whatever case."""
    wanted = [key.encode() for key in keys]
    longest = max(map(len, wanted), default=0)
    try:
        with get_file_path(import_id).open("rb") as file:
            rest = b""
            while block := file.read(2**20):
                folded = rest + block.lower()
                if any(key in folded for key in wanted):
                    return True
                rest = folded[-longest:]
    except OSError:
        return False
    return False


def get_folder() -> Path:
    """Where the files are."""
    return Path(settings.CONFIG.data_dir) / "imports"


def create_folder() -> Path:
    """The folder, made if it is missing. Raises SurroundingsError."""
    folder = get_folder()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise SurroundingsError(f"{folder} cannot be made: {error.strerror}.") from error
    return folder


def get_file_path(import_id: int) -> Path:
    """The file as it came."""
    return get_folder() / f"{import_id}.csv"


def get_work_path(import_id: int) -> Path:
    """The rows of the file, staged in the order of their keys (see imports/staging.py)."""
    return get_folder() / f"{import_id}.work"
