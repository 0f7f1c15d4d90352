"""Backing up database and pictures into one file while everything runs, and reading it back to be sure.

    database.sqlite3 · database.pgdump     one instant of the database
    pictures/…                             as they are stored; a picture never changes
    manifest.json                          what is in it: counts of rows, sizes and hashes of files, and of when it is

The secret key is not in it: a backup that is lost must not let strangers sign links.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import sqlite3
import subprocess
import tarfile
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction
from django.db.migrations.recorder import MigrationRecorder

import newsletter
from newsletter.delivery import installation
from newsletter.kernel.actors import ActionRecord, Actor, Verb, require_right
from newsletter.kernel.errors import BadInput, Refused, SurroundingsError

FORMAT = 1
MANIFEST = "manifest.json"
PAGES_PER_STEP = 2_000  # of 4 kB: writers are never blocked, and a person sees that it goes on
DATABASE_FILES = {"sqlite": "database.sqlite3", "postgresql": "database.pgdump"}
_CHUNK = 2**20
Advance = Callable[[int], object]


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup holds. `rows` counts by table, `files` has size and SHA-256 by name."""

    format: int
    made_at: str
    version: str
    vendor: str
    installation: str
    history: str
    mark: int
    migrations: list[str]
    rows: dict[str, int]
    files: dict[str, tuple[int, str]]


@dataclass(frozen=True, slots=True)
class BackupReport:
    """A backup that was made and read back."""

    file: str
    size: int
    made_at: str
    rows: int
    pictures: int


def back_up(
    file: Path, *, by: Actor, now: datetime, secret_key_to: Path | None = None, advance: Advance = lambda n: None
) -> BackupReport:
    """Writes a backup, reads it back and gives it its name. What is there under that name is replaced by then only.

    Raises NotAllowed, Refused where the key's file exists, SurroundingsError for a disk or a program that fails.
    """
    require_right(by, Verb.CONFIGURE)
    if secret_key_to is not None and secret_key_to.exists():
        raise Refused(f"{secret_key_to} exists already. Give another file for the secret key.")
    file = file.absolute()
    with _reporting(file), tempfile.TemporaryDirectory(dir=file.parent, prefix=f".{file.name}.") as folder:
        made = Path(folder) / "backup"
        dump = Path(folder) / DATABASE_FILES[connection.vendor]
        standing = installation.get_standing(now)
        rows = dump_database(dump, advance)
        files: dict[str, tuple[int, str]] = {}
        with _create(made) as raw, tarfile.open(fileobj=raw, mode=_get_mode(file, "w")) as archive:  # type: ignore[call-overload]
            for name, path in [(dump.name, dump), *_list_pictures()]:
                files[name] = _add(archive, name, path)
            manifest = Manifest(
                FORMAT,
                now.isoformat(),
                newsletter.__version__,
                connection.vendor,
                standing.identity,
                standing.history,
                standing.mark,
                list_migrations(),
                rows,
                files,
            )
            data = json.dumps(asdict(manifest), indent=1).encode()
            info = tarfile.TarInfo(MANIFEST)
            info.size, info.mode = len(data), 0o600
            archive.addfile(info, io.BytesIO(data))
        dump.unlink()
        read_back(made, Path(folder))
        made.replace(file)
        _sync(file.parent)
    if secret_key_to is not None:
        with _reporting(secret_key_to), _create(secret_key_to) as key:
            key.write(settings.CONFIG.secret_key.encode() + b"\n")
    total = sum(rows.values())
    by.record(ActionRecord("backed up", "database", now, detail=f"{file}, {total} rows"))
    return BackupReport(str(file), file.stat().st_size, manifest.made_at, total, len(files) - 1)


def dump_database(target: Path, advance: Advance = lambda n: None) -> dict[str, int]:
    """Writes one instant of the database into a file. Returns its rows by table."""
    return _dump_sqlite(target, advance) if connection.vendor == "sqlite" else _dump_postgresql(target)


def _dump_sqlite(target: Path, advance: Advance) -> dict[str, int]:
    source_path = str(connection.settings_dict["NAME"])
    with closing(sqlite3.connect(source_path, timeout=20, isolation_level=None)) as source:
        # One read transaction around all steps: else every write of another process begins the backup anew, for ever.
        source.execute("BEGIN")
        rows = _count_sqlite(source)
        with closing(sqlite3.connect(target, isolation_level=None)) as copy:
            done = 0

            def step(status: int, left: int, total: int) -> None:
                nonlocal done
                advance(total - left - done)
                done = total - left

            source.backup(copy, pages=PAGES_PER_STEP, progress=step)
            copy.execute("PRAGMA journal_mode = DELETE")  # one file
        source.execute("ROLLBACK")
    return rows


def _count_sqlite(database: sqlite3.Connection) -> dict[str, int]:
    tables = database.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND sql NOT LIKE "
        "'CREATE VIRTUAL%' ORDER BY name"
    ).fetchall()
    return {name: database.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for (name,) in tables}  # noqa: S608


def _dump_postgresql(target: Path) -> dict[str, int]:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        cursor.execute("SELECT pg_export_snapshot()")
        snapshot = cursor.fetchone()[0]
        rows = {}
        for table in sorted(connection.introspection.table_names(cursor)):
            cursor.execute(f'SELECT count(*) FROM "{table}"')  # noqa: S608
            rows[table] = cursor.fetchone()[0]
        options = ["--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}", f"--file={target}"]
        run_postgresql("pg_dump", *options)
    return rows


def run_postgresql(program: str, *options: str) -> None:
    """Runs a program of PostgreSQL's on our database. Raises SurroundingsError with what it says."""
    path = shutil.which(program)
    if path is None:
        raise SurroundingsError(
            f"{program} is not installed, or not in PATH. Install PostgreSQL's client programs, as new as the server."
        )
    done = subprocess.run([path, *options], env=os.environ | _get_environment(), capture_output=True, text=True)  # noqa: S603
    if done.returncode:
        raise SurroundingsError(f"{program} failed: {done.stderr.strip()[-500:]}")


def _get_environment() -> dict[str, str]:
    """How PostgreSQL's programs reach our database: not by options, which everybody on the machine can read."""
    given = connection.get_connection_params()
    names = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD", "dbname": "PGDATABASE"}
    names |= {"sslmode": "PGSSLMODE", "sslrootcert": "PGSSLROOTCERT", "sslcert": "PGSSLCERT", "sslkey": "PGSSLKEY"}
    return {names[name]: str(value) for name, value in given.items() if name in names and value}


def list_migrations() -> list[str]:
    """The migrations that the database has."""
    return sorted(f"{app}.{name}" for app, name in MigrationRecorder(connection).applied_migrations())


def get_pictures_folder() -> Path:
    """Where pictures are stored."""
    return Path(settings.CONFIG.data_dir) / "pictures"


def _list_pictures() -> Iterator[tuple[str, Path]]:
    folder = get_pictures_folder()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield f"pictures/{path.relative_to(folder).as_posix()}", path


def _add(archive: tarfile.TarFile, name: str, path: Path) -> tuple[int, str]:
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
        info = tarfile.TarInfo(name)
        info.size, info.mode = stream.tell(), 0o600
        stream.seek(0)
        archive.addfile(info, stream)
    return info.size, digest.hexdigest()


def read_back(file: Path, folder: Path) -> tuple[Manifest, Path]:
    """Checks every byte of a backup, and its database. Returns what it says, and the database, unpacked in `folder`.

    Raises BadInput for a file that is no backup or damaged.
    """
    seen: dict[str, tuple[int, str]] = {}
    manifest, database = None, folder / "database"
    try:
        with tarfile.open(file, "r:*") as archive:
            for member in archive:
                stream = archive.extractfile(member)
                if stream is None:
                    raise BadInput(f"{file} is no backup: {member.name} is no file.")
                if member.name == MANIFEST:
                    manifest = _parse_manifest(json.load(stream))
                    continue
                with database.open("wb") if member.name in DATABASE_FILES.values() else io.BytesIO() as copy:
                    digest, size = hashlib.sha256(), 0
                    while chunk := stream.read(_CHUNK):
                        digest.update(chunk)
                        size += len(chunk)
                        if member.name in DATABASE_FILES.values():
                            copy.write(chunk)
                seen[member.name] = size, digest.hexdigest()
    except (tarfile.TarError, EOFError, ValueError, TypeError, KeyError) as error:
        raise BadInput(f"{file} is no backup, or damaged: {error}") from None
    if manifest is None or seen != {name: tuple(about) for name, about in manifest.files.items()}:
        raise BadInput(f"{file} is damaged: its files are not those that were put into it.")
    _check_database(database, manifest, file)
    return manifest, database


def _parse_manifest(stored: Mapping[str, object]) -> Manifest:
    if stored["format"] != FORMAT:
        raise BadInput("The backup was made by a newer version. Install that version first.")
    return Manifest(**{name: stored[name] for name in Manifest.__slots__})  # type: ignore[arg-type]


def _check_database(database: Path, manifest: Manifest, file: Path) -> None:
    if manifest.vendor == "postgresql":
        run_postgresql("pg_restore", "--file=/dev/null", str(database))
        return
    with closing(sqlite3.connect(f"file:{database}?mode=ro&immutable=1", uri=True)) as copy:
        found = copy.execute("PRAGMA integrity_check").fetchone()[0]
        if found != "ok":
            raise BadInput(f"The database in {file} is damaged: {found}")
        if _count_sqlite(copy) != manifest.rows:
            raise BadInput(f"The database in {file} does not have the rows it should have.")


def _get_mode(file: Path, mode: str) -> str:
    return f"{mode}:gz" if file.suffix in (".gz", ".tgz") else f"{mode}:"


@contextmanager
def _create(path: Path) -> Iterator[io.BufferedWriter]:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _reporting(file: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise SurroundingsError(f"{error.filename or file}: {error.strerror or error}. No backup was made.") from None
    except sqlite3.Error as error:
        raise SurroundingsError(f"The database could not be copied: {error}. No backup was made.") from None
