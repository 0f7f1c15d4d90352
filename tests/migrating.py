"""Makes all tables in an empty database, and prints the SQL of each migration, as `sqlmigrate` gives it.

    NEWSLETTER_DATABASE_URL=… python -m tests.migrating

What it prints is JSON by "app.name". It is taken on the way, for some SQL depends on what is there.
"""

from __future__ import annotations

import gc
import json
import os
import sys

import django


def make_tables() -> dict[str, str]:
    """Migrates; the SQL of each migration."""
    from django.core.management import call_command
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    executor.recorder.ensure_schema()
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    state = executor._create_project_state(with_applied_migrations=True)
    found = {}
    for migration, _ in plan:
        found[f"{migration.app_label}.{migration.name}"] = "\n".join(executor.loader.collect_sql([(migration, False)]))
        state = executor.apply_migration(state, migration)
    call_command("migrate", verbosity=0)  # what is made after all of them
    return found


if __name__ == "__main__":
    gc.disable()  # looking for garbage among the states of models takes a quarter of the time
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "newsletter.settings")
    django.setup()
    json.dump(make_tables(), sys.stdout)
