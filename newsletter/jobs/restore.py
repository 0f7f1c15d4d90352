"""Putting a backup in the place of the database: it starts held, and what was learned since is applied to it.

read back ─▶ the present database put aside ─▶ the backup in its place, held ─▶ migrated ─▶ erased people erased
again ─▶ what left since, as this machine noted ─▶ the provider's suppressions
"""

from __future__ import annotations

import os
import sqlite3
import tarfile
import tempfile
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader

from newsletter.delivery import installation
from newsletter.delivery.sending import lost_attempts
from newsletter.delivery.sending.lost_attempts import Recovered
from newsletter.jobs import backup, erasure, heartbeats, put_aside, tasks
from newsletter.jobs.backup import Manifest
from newsletter.jobs.notifications import messages
from newsletter.kernel.actors import ActionRecord, Actor, Verb, require_right
from newsletter.kernel.errors import NewsletterError, Refused, SurroundingsError

HELD_REASON = "A backup of {made_at} UTC was restored."
_HOLD = "UPDATE {table} SET held_since = '{now}', held_reason = '{reason}' WHERE id = 1 AND held_since IS NULL"


@dataclass(frozen=True, slots=True)
class RestoredBackup:
    """What a restore did. `known_until` is how far the database had been, as this machine remembers; "" if it does not.

    `suppressions` counts subscribers whom the provider's lists concern; None: they could not be read, see `problem`.
    """

    made_at: str
    known_until: str
    rows: int
    put_aside: str
    erased_again: int
    recovered: Recovered
    suppressions: int | None
    problem: str


def is_empty() -> bool:
    """Whether there is nothing in the database that a restore would replace."""
    try:
        tables = connection.introspection.table_names()
        if "subscribers_subscriber" not in tables:
            return True
        with connection.cursor() as cursor:
            for table in ("subscribers_subscriber", "accounts_user", "catalog_newsletter"):
                if table in tables:
                    cursor.execute(f"SELECT 1 FROM {table} LIMIT 1")  # noqa: S608
                    if cursor.fetchone():
                        return False
    except DatabaseError:
        return False  # what cannot be read is no reason to replace it unasked
    return True


def restore(file: Path, *, by: Actor, now: datetime) -> RestoredBackup:
    """Puts a backup in the place of the database. Nobody else may work on it: the caller holds the data folder.

    Raises Refused while processes are alive, and for a backup of another kind of database or a newer version; BadInput
    for a damaged one, with nothing changed; SurroundingsError.
    """
    require_right(by, Verb.CONFIGURE)
    _refuse_while_running(now)
    folder = Path(settings.CONFIG.data_dir)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".restore-") as work:
        manifest, database = backup.read_back(file, Path(work))
        _check_fits(manifest, file)
        remembered = installation.get_state_folder().read(manifest.installation)
        reason = HELD_REASON.format(made_at=manifest.made_at[:16].replace("T", " "))
        if manifest.vendor == "sqlite":
            kept = _put_in_place(database, reason, now)
        else:
            kept = ""
            _load_postgresql(database, Path(work), reason, now)
        _restore_pictures(file)
    connection.close()
    call_command("migrate", interactive=False, verbosity=0)
    heartbeats.delete_all()
    messages.give_up_mails(now)
    installation.forget_standing()
    if not installation.check(now).held:
        installation.hold(reason, now)
        installation.forget_standing()
    erased = erasure.erase_again(now)
    recovered = lost_attempts.recover(now)
    suppressions, problem = _sync_suppressions(by, now)
    by.record(ActionRecord("restored backup", "database", now, detail=f"{file}, made {manifest.made_at}"))
    return RestoredBackup(
        manifest.made_at,
        remembered.at if remembered else "",
        sum(manifest.rows.values()),
        kept,
        erased,
        recovered,
        suppressions,
        problem,
    )


def _refuse_while_running(now: datetime) -> None:
    try:
        alive = [each.name for each in heartbeats.list_processes() if each.is_fresh(now)]
    except DatabaseError:
        return
    if alive:
        raise Refused(f"{', '.join(alive)} ran a moment ago. Stop everything, wait a minute, and try again.")


def _check_fits(manifest: Manifest, file: Path) -> None:
    if manifest.vendor != connection.vendor:
        raise Refused(f"{file} is of {manifest.vendor}, and NEWSLETTER_DATABASE_URL names {connection.vendor}.")
    known = {f"{app}.{name}" for app, name in MigrationLoader(None).disk_migrations}
    ours = {name.partition(".")[0] for name in known}
    newer = [each for each in manifest.migrations if each not in known and each.partition(".")[0] in ours]
    if newer:
        raise Refused(f"{file} was made by version {manifest.version}, which is newer. Install that version first.")


def _put_in_place(database: Path, reason: str, now: datetime) -> str:
    """Holds the restored file, puts the present one aside, and gives the other its name. Where the old one is."""
    with closing(sqlite3.connect(database)) as copy:
        if copy.execute("SELECT 1 FROM sqlite_master WHERE name = 'delivery_installation'").fetchone():
            copy.execute(_HOLD.format(table="delivery_installation", now=f"{now:%Y-%m-%d %H:%M:%S}", reason=reason))
            copy.commit()
    connection.close()
    present = Path(str(connection.settings_dict["NAME"]))
    aside = put_aside.choose_path(present, now)
    if present.exists():
        _fold_log(present)
        present.replace(aside)
    for rest in ("-wal", "-shm"):  # of the old file: the new one must not be read with them
        present.with_name(present.name + rest).unlink(missing_ok=True)
    os.chmod(database, 0o600)
    database.replace(present)
    return str(aside) if aside.exists() else ""


def _fold_log(path: Path) -> None:
    """Writes what is in the log of a database into its file, so that the file alone is all of it."""
    try:
        with closing(sqlite3.connect(path, timeout=5)) as old:
            old.execute("PRAGMA journal_mode = DELETE")
    except sqlite3.Error:
        return  # damaged, perhaps: it is put aside as it is


def _load_postgresql(database: Path, work: Path, reason: str, now: datetime) -> None:
    """Replaces everything in one transaction, which also holds sending."""
    script = work / "script.sql"
    backup.run_postgresql("pg_restore", "--no-owner", "--no-privileges", f"--file={work / 'dump.sql'}", str(database))
    hold = _HOLD.format(table="public.delivery_installation", now=now.isoformat(), reason=reason)
    with script.open("wb") as out, (work / "dump.sql").open("rb") as dump:
        out.write(b"DROP SCHEMA public CASCADE; CREATE SCHEMA public;\n")
        for line in dump:
            if not line.startswith(b"CREATE SCHEMA public"):
                out.write(line)
        out.write(
            f"\nDO $do$ BEGIN IF to_regclass('public.delivery_installation') IS NOT NULL THEN\n{hold};\n"
            "END IF; END $do$;\n".encode()
        )
    connection.close()
    options = ("--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--single-transaction", f"--file={script}")
    backup.run_postgresql("psql", *options)


def _restore_pictures(file: Path) -> None:
    """Unpacks the pictures that are not there; one that is there is the same, for its name is its hash."""
    folder = backup.get_pictures_folder()
    with tarfile.open(file, "r:*") as archive:
        for member in archive:
            name = member.name.removeprefix("pictures/")
            target = folder / name
            if name == member.name or ".." in Path(name).parts or target.exists():
                continue
            stream = archive.extractfile(member)
            if stream is None:
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(stream.read())


def _sync_suppressions(by: Actor, now: datetime) -> tuple[int | None, str]:
    try:
        return tasks.sync_suppressions_now(by=by, now=now).ours, ""
    except Refused:
        return 0, ""  # the provider has no such lists
    except (NewsletterError, SurroundingsError) as error:
        return None, str(error)
