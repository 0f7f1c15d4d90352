"""The documents say what is there: facts that the code cites, links between pages."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from newsletter import config
from newsletter.cli.app import NOUNS, app

ROOT = Path(__file__).resolve().parents[1]
SENDGRID = ROOT / "docs" / "sendgrid.md"
CITING = ("newsletter", "subscribers", "tests", "docs", "benchmarks", "README.md", "CONTRIBUTING.md")

NUMBER = r"\d+[a-z]?"
CITATION = re.compile(rf"\bfacts? ({NUMBER}(?:(?:, | and |, and |[-–]){NUMBER})*)")
FACT = re.compile(rf"^\*\*({NUMBER})\.\*\* (.+)$", re.M)
SOURCE = re.compile(r"^\| (\w+) \| (.+) \| (\d{4}-\d{2}-\d{2}) \|$", re.M)
SAYS_HOW = re.compile(r"https://\S+|^measured: |^inferred ")


def cited(text: str) -> Iterator[str]:
    """The numbers of the facts that a text cites, ranges written out."""
    for match in CITATION.finditer(text):
        for part in re.split(r", and |, | and ", match[1]):
            first, dash, last = part.replace("–", "-").partition("-")
            yield from map(str, range(int(first), int(last) + 1)) if dash else (first,)


def unsourced(document: str) -> Iterator[str]:
    """The facts of a document that name no source with an address (or how it was measured) and a date."""
    sources = {key: where for key, where, _ in SOURCE.findall(document) if SAYS_HOW.search(where)}
    for number, text in FACT.findall(document):
        keys = re.findall(r"\[(\w+)\](?!\()", text)
        if not keys or not set(keys) <= set(sources):
            yield number


def _citations() -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for name in CITING:
        path = ROOT / name
        files = path.rglob("*") if path.is_dir() else [path]
        for file in files:
            if file.suffix in {".py", ".md", ".sql"} and file != Path(__file__) and file.exists():
                for number in cited(file.read_text("utf-8")):
                    found.setdefault(number, set()).add(file.relative_to(ROOT).as_posix())
    return found


def test_every_sendgrid_fact_that_is_cited_is_there() -> None:
    facts = {number for number, _ in FACT.findall(SENDGRID.read_text("utf-8"))}
    citations = _citations()
    assert len(citations) > 40, "the search for citations finds too few"
    assert {number: files for number, files in citations.items() if number not in facts} == {}


def test_every_sendgrid_fact_has_a_number_of_its_own_a_source_and_a_date() -> None:
    document = SENDGRID.read_text("utf-8")
    numbers = [number for number, _ in FACT.findall(document)]
    assert sorted(set(numbers)) == sorted(numbers)
    assert list(unsourced(document)) == []


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("(SendGrid fact 27)", ["27"]),
        ("fact 28c. More", ["28c"]),
        ("facts 22 and 28a", ["22", "28a"]),
        ("SendGrid facts 48-50", ["48", "49", "50"]),
        ("facts 1-3, 58", ["1", "2", "3", "58"]),
        ("an artifact 3", []),
    ],
)
def test_citations_are_read_in_all_the_forms_in_use(text: str, numbers: list[str]) -> None:
    assert list(cited(text)) == numbers


@pytest.mark.parametrize(
    "source", ["| KEY | https://vendor.example/page | someday |", "| KEY | a page somewhere | 2026-01-22 |", ""]
)
def test_a_fact_without_an_address_or_a_date_is_found(source: str) -> None:
    assert list(unsourced(f"**1.** A promise. [KEY]\n\n{source}\n")) == ["1"]
    assert list(unsourced("**1.** A promise.\n\n| KEY | https://vendor.example | 2026-01-22 |\n")) == ["1"]
    assert list(unsourced("**1.** A promise. [KEY]\n\n| KEY | https://vendor.example | 2026-01-22 |\n")) == []


PAGES = sorted((ROOT / "docs").glob("*.md"))
LINK = re.compile(r"\]\(([^)\s]+)\)")


def links(page: Path) -> Iterator[Path]:
    """The files of ours that a page links to."""
    for target in LINK.findall(page.read_text("utf-8")):
        if "://" not in target and not target.startswith("#"):
            yield (page.parent / target.partition("#")[0]).resolve()


@pytest.mark.parametrize(
    "index", [ROOT / "docs" / "README.md", ROOT / "README.md"], ids=["docs/README.md", "README.md"]
)
def test_every_page_is_linked(index: Path) -> None:
    assert not set(PAGES) - {index} - set(links(index))


@pytest.mark.parametrize("page", [*PAGES, *sorted(ROOT.glob("*.md"))], ids=lambda page: page.name)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    assert [target for target in links(page) if not target.exists()] == []


def test_links_are_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("[a](b.md) [c](d.md#part) [e](https://example.com) [f](#here) ![g](h.png)")
    assert list(links(page)) == [tmp_path / "b.md", tmp_path / "d.md", tmp_path / "h.png"]


def commands(page: Path) -> list[list[str]]:
    """The lines in a page's code blocks that call our command, as words, without comments."""
    text = page.read_text("utf-8").replace("\\\n", " ")
    blocks = re.findall(r"^ *```\w*\n(.*?)^ *```", text, re.M | re.S)
    lines = [line.strip() for block in blocks for line in block.splitlines()]
    return [shlex.split(line, comments=True) for line in lines if line.startswith("newsletter ")]


@pytest.mark.parametrize("words", commands(ROOT / "README.md"), ids=" ".join)
def test_the_commands_of_the_readme_exist_with_their_options(words: list[str]) -> None:
    verbs = [word for word in words[1:4] if re.fullmatch(r"[a-z-]+", word)]
    for length in range(len(verbs), 0, -1):  # what follows the verb may be a slug
        shown = CliRunner().invoke(app, [*verbs[:length], "--help"], env={"COLUMNS": "200"})
        if shown.exit_code == 0 and "COMMAND [ARGS]" not in shown.output:
            break
    else:
        pytest.fail("there is no such command")
    assert [word for word in words if word.startswith("--") and word not in shown.output] == []


def test_the_verbs_of_the_makefile_are_those_of_contributing() -> None:
    phony = " ".join(re.findall(r"^\.PHONY: (.+)$", (ROOT / "Makefile").read_text("utf-8"), re.M)).split()
    reported = re.findall(r"^\| `make (\w+)", (ROOT / "CONTRIBUTING.md").read_text("utf-8"), re.M)
    assert sorted(reported) == sorted(phony)


NAMED = re.compile(
    r"`((?:newsletter|subscribers|templates|tests|docs|benchmarks)/[\w./*-]*|[\w-]+\.md|pyproject\.toml)`"
)
PLACEHOLDER = re.compile(r"(?:NAME|NOUN|XX)\b")


def paths_named(text: str) -> Iterator[str]:
    """What looks like a path of the repository between backticks, but for those with a placeholder."""
    return (path for path in NAMED.findall(text) if not PLACEHOLDER.search(path))


def layout(text: str) -> Iterator[str]:
    """The modules that the layout of docs/architecture.md lists, as paths."""
    block = text.partition("## Layout")[2].partition("```\n")[2].partition("```")[0]
    folders: list[str] = []
    for line in block.splitlines():
        names, _, _ = line.strip().partition("  ")
        depth = (len(line) - len(line.lstrip())) // 2
        folders = folders[:depth]
        if names.partition(" ")[0].endswith("/"):
            folders.append(names.partition(" ")[0])
        else:
            yield from ("".join(folders) + f"{name}.py" for name in names.split())


@pytest.mark.parametrize("page", [*PAGES, ROOT / "CONTRIBUTING.md", ROOT / "README.md"], ids=lambda page: page.name)
def test_paths_that_the_documents_name_exist(page: Path) -> None:
    named = paths_named(page.read_text("utf-8"))
    assert [path for path in named if not [*ROOT.glob(path), *page.parent.glob(path)]] == []


def test_the_layout_lists_every_module() -> None:
    listed = list(layout((ROOT / "docs" / "architecture.md").read_text("utf-8")))
    assert sorted(set(listed)) == sorted(listed)
    real = {
        path.relative_to(ROOT).as_posix()
        for package in ("newsletter", "subscribers")
        for path in (ROOT / package).rglob("*.py")
        if path.name not in ("__init__.py", "apps.py")
        and not {"migrations", "formats", "forms", "templatetags"} & {*path.parts}
    }
    assert {"not there": sorted(set(listed) - real), "not listed": sorted(real - set(listed))} == {
        "not there": [],
        "not listed": [],
    }


def test_paths_and_the_layout_are_read() -> None:
    text = "`newsletter/x.py` and `tests/flows/`, `newsletter/NAME.py`, `a/b`, `pyproject.toml`, `POST /x`"
    assert list(paths_named(text)) == ["newsletter/x.py", "tests/flows/", "pyproject.toml"]
    drawn = (
        "## Layout\n```\na/\n  b    what b does\n  c/   two\n    d e  these\n"
        "  f/  last, with nothing listed\ng/\n  h  one\n```\n"
    )
    assert list(layout(drawn)) == ["a/b.py", "a/c/d.py", "a/c/e.py", "g/h.py"]


def test_the_settings_of_the_environment_are_documented_as_they_are_declared() -> None:
    table = config.build_settings_table()
    assert table in (ROOT / "docs" / "settings.md").read_text("utf-8"), f"docs/settings.md lacks:\n{table}"


def test_every_setting_that_messages_and_documents_name_is_declared() -> None:
    folders = ("newsletter", "subscribers", "templates", "docs")
    files = [*ROOT.glob("*.md"), *(file for name in folders for file in (ROOT / name).rglob("*"))]
    texts = [file.read_text("utf-8") for file in files if file.suffix in {".py", ".md", ".html"}]
    named = {name for text in texts for name in re.findall(r"\b(?:NEWSLETTER|SENDGRID)_[A-Z][A-Z_]*[A-Z]\b", text)}
    assert len(named) > 20, "the search for settings finds too few"
    assert {name for name in named if name.removesuffix("_FILE") not in config.BY_NAME} == set()


@pytest.mark.parametrize("noun", list(NOUNS))
def test_every_command_is_documented(noun: str) -> None:
    assert f"newsletter {noun}" in (ROOT / "docs" / "commands.md").read_text()
