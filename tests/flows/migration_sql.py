"""Prints the SQL of the migrations named, as `sqlmigrate` gives it, as JSON by "app.name".

    NEWSLETTER_DATABASE_URL=… python -m tests.flows.migration_sql catalog.0003_segment …

The database is empty at first and migrated meanwhile: some SQL depends on what is there.
"""

from __future__ import annotations

import gc
import json
import os
import sys
from collections.abc import Collection

import django


def collect(names: Collection[str]) -> dict[str, str]:
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    state = executor._create_project_state(with_applied_migrations=True)
    found = {}
    for migration, _ in plan:
        name = f"{migration.app_label}.{migration.name}"
        if name in names:
            found[name] = "\n".join(executor.loader.collect_sql([(migration, False)]))
        state = executor.apply_migration(state, migration)
    return found


if __name__ == "__main__":
    gc.disable()  # looking for garbage among the states of models takes a quarter of the time
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "newsletter.settings")
    django.setup()
    json.dump(collect(sys.argv[1:]), sys.stdout)
