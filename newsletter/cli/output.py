"""Output of commands: tables for people, JSON for programs, questions only at a terminal."""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, time
from pathlib import Path
from typing import Any, TextIO

import typer

from newsletter.kernel.errors import BadInput, Refused, SurroundingsError

JSON = typer.Option(False, "--json", help="Print JSON for programs.")
SUPERVISED = typer.Option(False, "--supervised", hidden=True)  # given by `newsletter run` to its children
YES = typer.Option(False, "--yes", "-y", help="Do not ask.")


def emit_json(value: Any) -> None:
    """Prints `value` (dataclasses, dates and sets included) as one JSON document.

    A dataclass whose fields were renamed says so in `FORMER_NAMES` (old name: new one): both keys are printed. One that
    has a content hash is printed with it, for decisions to name.
    """
    typer.echo(json.dumps(value, default=_to_json_value, ensure_ascii=False, indent=2))


def _to_json_value(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        former = getattr(value, "FORMER_NAMES", {})
        names = [field.name for field in dataclasses.fields(value)]
        names += ["content_hash"] if "content_hash" not in names and hasattr(value, "content_hash") else []
        return {name: getattr(value, name) for name in names} | {
            old: getattr(value, new) for old, new in former.items()
        }
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, frozenset | set):
        return sorted(value)
    if isinstance(value, bytes):
        return f"{len(value)} bytes"
    return str(value)


def print_table(columns: Sequence[str], rows: Iterable[Sequence[Any]], empty: str) -> None:
    """Prints rows under their heads, or the sentence `empty` when there are none."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    body = [[str(cell) for cell in row] for row in rows]
    if not body:
        typer.echo(empty)
        return
    drawn = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for column in columns:
        drawn.add_column(column, overflow="fold")
    for row in body:
        drawn.add_row(*[_to_plain_text(cell) for cell in row])
    console = Console() if sys.stdout.isatty() else Console(width=160)
    console.print(drawn)


def _to_plain_text(cell: str) -> Any:
    from rich.text import Text

    return Text(cell)  # [brackets] in a headline are no markup


def say(message: str) -> None:
    """One line on standard output."""
    typer.echo(message)


def warn(message: str) -> None:
    """One line on standard error, for what succeeded but deserves attention."""
    typer.echo(message, err=True)


def confirm_or_refuse(question: str, yes: bool, option: str = "--yes") -> None:
    """Asks before something destructive. Without a terminal, refuses and names the option that answers."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise Refused(f"{question} There is no terminal to answer at: give {option} to do it.")
    if not typer.confirm(question):
        raise Refused("Nothing was changed.")


def read_text_file(path: Path, what: str) -> str:
    """The text of a file. Raises SurroundingsError with the reason."""
    try:
        return path.read_text("utf-8").strip()
    except UnicodeDecodeError:
        raise BadInput(f"{what} {path} is not UTF-8 text.") from None
    except OSError as error:
        raise SurroundingsError(f"{what} {path} cannot be read: {error.strerror}.") from None


@contextmanager
def progress(label: str, total: int | None) -> Iterator[Any]:
    """A progress bar on standard error; yields `advance(n)`. Nothing is drawn when that is not a terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as bar:
        task = bar.add_task(label, total=total)
        yield lambda n=1: bar.advance(task, n)


@contextmanager
def spinner(label: str) -> Iterator[None]:
    """Shows progress of unknown length on standard error. Nothing is drawn when that is not a terminal."""
    from rich.console import Console

    console = Console(stderr=True)
    if not console.is_terminal:
        yield
        return
    with console.status(label):
        yield


@contextmanager
def open_output(out: Path | None) -> Iterator[TextIO]:
    """Where a command writes: a file, or standard output. Raises SurroundingsError."""
    if out is None:
        yield sys.stdout
        return
    try:
        with out.open("w", encoding="utf-8", newline="") as file:
            yield file
    except OSError as error:
        raise SurroundingsError(f"{out} cannot be written: {error.strerror}.") from None
