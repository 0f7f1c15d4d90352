"""The house checks itself: import contracts, walls between apps, migrations, and the documents."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.apps import apps
from django.core.management import call_command

ROOT = Path(__file__).resolve().parents[1]
OURS = ("accounts", "catalog", "curator", "scheduler", "delivery", "jobs", "subscribers")


def test_the_import_contracts_hold() -> None:
    done = subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-cache"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout


def test_foreign_keys_across_apps_cannot_be_walked_backwards() -> None:
    """Walking through a wall by the ORM would be an import that no linter sees."""
    for model in apps.get_models():
        if model._meta.app_label not in OURS:
            continue
        for field in model._meta.get_fields():
            related = getattr(field, "related_model", None)
            if field.concrete and related and related._meta.app_label != model._meta.app_label:
                assert field.remote_field.related_name == "+", f"{model.__name__}.{field.name}"


READS_THE_CLOCK = re.compile(
    r"clock\.now\(|datetime\.(?:now|utcnow|today)\(|date\.today\(|timezone\.now\(|time\.time\("
)
WITH_A_CLOCK = (
    "newsletter/cli/", "newsletter/web/", "newsletter/jobs/", "newsletter/kernel/clock.py", "subscribers/views.py",
    "newsletter/delivery/providers/sendgrid.py",  # how long a connection has rested is nobody's business time
)  # fmt: skip


def test_nothing_below_the_edges_reads_the_clock() -> None:
    """Services take `now`: what they do can be tried at any time of day."""
    for package in ("newsletter", "subscribers"):
        for path in (ROOT / package).rglob("*.py"):
            name = path.relative_to(ROOT).as_posix()
            if not name.startswith(WITH_A_CLOCK):
                found = READS_THE_CLOCK.search(path.read_text("utf-8"))
                assert not found, f"{name}: {found and found[0]}"


NETWORK = re.compile(
    r"^\s*(?:import|from) (?:socket|requests|urllib\.request(?! import url2pathname$)|http\.client|ftplib)\b", re.M
)
THE_DOOR = ("newsletter/fetching.py", "newsletter/delivery/providers/")


def test_nothing_but_the_door_and_the_providers_opens_a_connection() -> None:
    """The linter sees packages that are used somewhere; this sees what the standard library offers."""
    for package in ("newsletter", "subscribers"):
        for path in (ROOT / package).rglob("*.py"):
            name = path.relative_to(ROOT).as_posix()
            if not name.startswith(THE_DOOR) and name not in LISTENS:
                assert not NETWORK.search(path.read_text("utf-8")), name


LISTENS = ("newsletter/cli/demo.py", "newsletter/jobs/pulses.py")  # a free port; the name of this machine


@pytest.mark.django_db
def test_no_migration_is_missing() -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_templates_name_no_script_or_style_inline() -> None:
    """The desk's strict Content-Security-Policy would refuse them."""
    for path in (ROOT / "templates" / "web").rglob("*.html"):
        text = path.read_text()
        assert " style=" not in text, path
        assert " onclick=" not in text, path
        assert "<script>" not in text, path


def test_nothing_in_the_project_names_a_package_index() -> None:
    for name in ("constraints.txt", "pyproject.toml", "Makefile", ".ci/run"):
        text = (ROOT / name).read_text()
        assert "index-url" not in text
        assert "file://" not in text
