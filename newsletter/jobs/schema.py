"""Which migrations the database lacks, and which it has that this version does not know."""

from __future__ import annotations

from functools import cache

from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from newsletter.kernel.errors import SurroundingsError

Migration = tuple[str, str]  # app and name


def list_missing_migrations() -> tuple[Migration, ...]:
    """The migrations of this version that the database lacks. Raises DatabaseError."""
    known, applied = _load(), _list_applied()
    replaced = known.replacements
    return tuple(
        sorted(
            each
            for each in known.graph.nodes
            if each not in applied and not (each in replaced and applied.issuperset(replaced[each].replaces))
        )
    )


def list_unknown_migrations() -> tuple[Migration, ...]:
    """The migrations that a newer version made in the database. Raises DatabaseError."""
    known = _load()
    former = {each for migration in known.replacements.values() for each in migration.replaces}
    ours = {each for each in _list_applied() if each[0] in known.migrated_apps}
    return tuple(sorted(ours.difference(known.disk_migrations, former)))


def require_known() -> None:
    """Raises SurroundingsError when the database is newer than this version: who knows what its rows mean."""
    unknown = list_unknown_migrations()
    if unknown:
        app, name = unknown[-1]
        raise SurroundingsError(
            f"The database is newer than this version: it has {len(unknown)} changes that are not known here ({app} "
            f"{name}). Start the newer version; or restore a backup from before it was set up."
        )


@cache
def _load() -> MigrationLoader:
    return MigrationLoader(None, ignore_no_migrations=True)


def _list_applied() -> set[Migration]:
    return set(MigrationRecorder(connection).applied_migrations())
