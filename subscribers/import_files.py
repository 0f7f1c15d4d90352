"""The files of imports, kept in the data folder while they may be needed."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import IO, BinaryIO

from django.conf import settings

from newsletter.kernel.errors import SurroundingsError
from subscribers import models

_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"  # how archives, and workbooks before 2007, begin
_WORKBOOKS = (".xlsx", ".xls", ".xlsb", ".ods")


def delete_file(import_id: int) -> None:
    """Deletes the file of an import and all that was made of it; the record and its counts stay."""
    for path in (get_file_path(import_id), get_work_path(import_id)):
        path.unlink(missing_ok=True)
    models.ImportRun.objects.filter(id=import_id).update(file_kept=False, bad=[], flags={})


def list_kept_files() -> tuple[int, ...]:
    """The imports whose files are still kept."""
    return tuple(models.ImportRun.objects.filter(file_kept=True).order_by("id").values_list("id", flat=True))


def file_has_address(import_id: int, keys: Collection[str]) -> bool:
    """Whether one of these addresses (keys) stands in the kept file of an import, in whatever case and encoding.

    Archives and workbooks are searched in what is packed in them; one that cannot be searched may have it.
    """
    wanted = [key.encode(encoding) for key in keys for encoding in ("utf-8", "utf-16-le", "utf-16-be")]
    try:
        with get_file_path(import_id).open("rb") as file:
            start = file.read(4)
            file.seek(0)
            if start == _OLE:
                return True
            return _archive_has(file, wanted) if start == _ZIP else _stream_has(file, wanted)
    except OSError:
        return False
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, zlib.error):
        return True


def _archive_has(file: BinaryIO, wanted: Sequence[bytes]) -> bool:
    with zipfile.ZipFile(file) as archive:
        for member in archive.infolist():
            with archive.open(member) as packed:
                if member.filename.lower().endswith(_WORKBOOKS):
                    return True
                if _stream_has(packed, wanted):
                    return True
    return False


def _stream_has(stream: IO[bytes], wanted: Sequence[bytes]) -> bool:
    longest = max(map(len, wanted), default=0)
    rest = b""
    while block := stream.read(2**20):
        folded = rest + block.lower()
        if any(key in folded for key in wanted):
            return True
        rest = folded[-longest:]
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
