"""The newsroom checks itself: import contracts, walls between apps, migrations, and the documents."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.core.management import call_command

ROOT = Path(__file__).resolve().parents[1]
EDGES = (
    "newsletter/cli/",
    "newsletter/web/",
    "newsletter/api/",
    "newsletter/jobs/",
    "subscribers/views/",
    "newsletter/kernel/clock.py",
)
READS_THE_CLOCK = {
    "clock.now",
    "datetime.now",
    "datetime.utcnow",
    "datetime.today",
    "date.today",
    "timezone.now",
    "time.time",
}
# How long a connection rested, a laptop's sleep included, is measured where it rests; it decides nothing about mail.
MEASURES_REST = "newsletter/delivery/providers/sendgrid.py: time.time"
OURS = ("accounts", "catalog", "curator", "scheduler", "delivery", "jobs", "subscribers")


def test_the_import_contracts_hold() -> None:
    done = subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-cache"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout


def _modules() -> Iterator[tuple[str, ast.Module]]:
    """Every module of ours by its path, read."""
    for package in ("newsletter", "subscribers"):
        for path in sorted((ROOT / package).rglob("*.py")):
            yield path.relative_to(ROOT).as_posix(), ast.parse(path.read_text("utf-8"))


def _clock_reads(module: ast.Module) -> Iterator[str]:
    """What reads the clock, called or handed on; also by a name imported for itself."""
    for node in ast.walk(module):
        if isinstance(node, ast.Attribute):
            owner = ast.unparse(node.value).rpartition(".")[2]
            if f"{owner}.{node.attr}" in READS_THE_CLOCK:
                yield f"{owner}.{node.attr}"
        if isinstance(node, ast.ImportFrom):
            owner = (node.module or "").rpartition(".")[2]
            yield from (f"{owner}.{a.name}" for a in node.names if f"{owner}.{a.name}" in READS_THE_CLOCK)


def test_only_the_edges_read_the_clock() -> None:
    found = [
        f"{path}: {name}" for path, module in _modules() if not path.startswith(EDGES) for name in _clock_reads(module)
    ]
    assert set(found) == {MEASURES_REST}


@pytest.mark.parametrize(
    "line",
    [
        "clock.now()",
        "f(now=datetime.datetime.now(UTC))",
        "step(clock=clock.now)",
        "from time import time",
        "from newsletter.kernel.clock import now",
        "from django.utils.timezone import now as present",
    ],
)
def test_the_look_for_clocks_finds_them(line: str) -> None:
    assert list(_clock_reads(ast.parse(line)))


def test_foreign_keys_across_apps_cannot_be_walked_backwards() -> None:
    """Walking through a wall by the ORM would be an import that no linter sees."""
    for model in apps.get_models():
        if model._meta.app_label not in OURS:
            continue
        for field in model._meta.get_fields():
            related = getattr(field, "related_model", None)
            if field.concrete and related and related._meta.app_label != model._meta.app_label:
                assert field.remote_field.related_name == "+", f"{model.__name__}.{field.name}"


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


LISTENS = (  # what opens no connection to another machine
    "newsletter/cli/demo.py",  # looks for a free port
    "newsletter/jobs/heartbeats.py",  # the name of this machine
    "newsletter/templater/render_server.py",  # a pair of sockets, between two processes of ours
    "newsletter/templater/sandbox.py",  # the other end
)


def _imports_of_ours(module: ast.Module) -> Iterator[str]:
    """The modules of our own that a module imports, also relative ones."""
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [f"{'.' * node.level}{node.module or ''}"]
        else:
            continue
        yield from (
            name for name in names if name.startswith(".") or name.split(".")[0] in {"newsletter", "subscribers"}
        )


def test_no_migration_imports_our_code() -> None:
    """Code moves and changes; a migration does for good what it did when it was written."""
    found = {path: [*_imports_of_ours(module)] for path, module in _modules() if "/migrations/" in path}
    assert len(found) > 20
    assert {path: names for path, names in found.items() if names} == {}


@pytest.mark.parametrize(
    "line",
    [
        "import subscribers.models",
        "from newsletter.delivery import ledger",
        "from newsletter import delivery as d",
        "from .. import models",
        "def f():\n    import newsletter.kernel.clock",
    ],
)
def test_the_look_for_imports_of_ours_finds_them(line: str) -> None:
    assert list(_imports_of_ours(ast.parse(line)))
    assert not list(_imports_of_ours(ast.parse("import django.db.models\nfrom array import array")))


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
