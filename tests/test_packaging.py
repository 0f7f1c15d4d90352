"""The templates are found however the project is installed, and a wheel alone gives a working command."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

import newsletter
from newsletter import fetching

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project built as a wheel, without reaching for the network."""
    out = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(ROOT)],
        check=True,
        capture_output=True,
    )
    return next(out.glob("*.whl"))


def test_the_wheel_carries_the_templates(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    assert "newsletter/_templates/email/briefing/briefing.mjml.j2" in names
    assert "newsletter/_templates/web/static/app.css" in names
    assert "newsletter/_templates/demo/publication.toml" in names
    assert not [name for name in names if name.startswith(("tests/", "benchmarks/"))]


def test_the_wheel_says_that_both_packages_are_typed(wheel: Path) -> None:
    assert {"newsletter/py.typed", "subscribers/py.typed"} <= set(zipfile.ZipFile(wheel).namelist())


def test_the_version_stands_in_one_place(wheel: Path) -> None:
    version = newsletter.__version__
    assert wheel.name.split("-")[1] == version
    done = subprocess.run([sys.executable, "-m", "newsletter", "--version"], capture_output=True, text=True)
    assert done.stdout.strip() == version
    assert f"newsletter/{version} " in fetching.USER_AGENT
    for folder in ("newsletter", "subscribers"):
        for path in (ROOT / folder).rglob("*.py"):
            assert path == ROOT / "newsletter" / "__init__.py" or f'"{version}"' not in path.read_text("utf-8"), path
    assert f'"{version}"' not in (ROOT / "pyproject.toml").read_text("utf-8")


def test_the_changelog_has_the_version_with_its_date() -> None:
    versions = re.findall(
        r"^## \[(.+?)\](?: - (\d{4}-\d{2}-\d{2}))?$", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.M
    )
    assert versions[0] == ("Unreleased", "")
    assert all(date for _, date in versions[1:])
    assert newsletter.__version__ in dict(versions)


def test_the_source_distribution_carries_what_the_wheel_is_made_of_and_nothing_else(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "build", "--sdist", "--no-isolation", "--outdir", str(tmp_path), str(ROOT)],
        check=True,
        capture_output=True,
    )
    with tarfile.open(next(tmp_path.glob("*.tar.gz"))) as archive:
        tops = {name.split("/")[1] for name in archive.getnames() if "/" in name}
    assert {"newsletter", "subscribers", "templates", "pyproject.toml", "README.md", "LICENSE"} <= tops
    assert not {"tests", "benchmarks", "docs"} & tops


def test_an_environment_whose_making_was_interrupted_is_made_again(tmp_path: Path) -> None:
    (tmp_path / "Makefile").write_text((ROOT / "Makefile").read_text())
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    (tmp_path / ".venv" / "bin" / "python").symlink_to(sys.executable)
    subprocess.run(["make", ".venv/.made", f"PYTHON={sys.executable}"], cwd=tmp_path, check=True, capture_output=True)
    subprocess.run([tmp_path / ".venv/bin/python", "-m", "pip", "--version"], check=True, capture_output=True)


def test_a_wheel_in_an_empty_environment_gives_a_working_command(wheel: Path, tmp_path: Path) -> None:
    """Its own packages come from the wheel alone; the libraries from the environment that runs the tests."""
    target = tmp_path / "site"
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(target), str(wheel)],
        check=True,
    )
    environment = {name: value for name, value in os.environ.items() if not name.startswith("NEWSLETTER_")}
    environment |= {
        "PYTHONPATH": str(target),
        "NEWSLETTER_DATA_DIR": str(tmp_path / "newsroom"),
        "NEWSLETTER_PROVIDER": "outbox",
    }
    where = "import newsletter.kernel.resources as r; print(r.get_templates_dir())"
    found = subprocess.run([sys.executable, "-c", where], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert found.stdout.strip() == str(target / "newsletter" / "_templates"), found.stderr
    for words in (("setup",), ("lists", "create", "morning", "--name", "Morning"), ("lists", "list")):
        done = subprocess.run(
            [sys.executable, "-m", "newsletter", *words], cwd=tmp_path, env=environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
    assert "morning" in done.stdout


def test_an_editable_install_finds_the_templates_from_a_foreign_folder(tmp_path: Path) -> None:
    where = "import newsletter.kernel.resources as r; print(r.get_templates_dir())"
    found = subprocess.run([sys.executable, "-c", where], cwd=tmp_path, capture_output=True, text=True)
    assert found.stdout.strip() == str(ROOT / "templates"), found.stderr
