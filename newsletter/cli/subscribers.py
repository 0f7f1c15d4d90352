"""The readers: add, import, export, find."""

from __future__ import annotations

import sys
from pathlib import Path

import typer

from newsletter.accounts import audit
from newsletter.cli.output import JSON, YES, confirm, emit_json, progress, say, table, warn
from newsletter.kernel import clock
from newsletter.kernel.errors import NotFound, SurroundingsError
from subscribers import reads, service

app = typer.Typer(no_args_is_help=True, add_completion=False, help="The readers: add, import, export, find.")
BY = "command line"
LIST = typer.Option(..., "--list", help="The list's slug.")
BAD_ROWS_SHOWN = 20


@app.command("add")
def add(
    address: str,
    list_slug: str = LIST,
    first_name: str = typer.Option(""),
    last_name: str = typer.Option(""),
    zone: str = typer.Option("", help="The reader's time zone."),
    language: str = typer.Option(""),
    confirmed: bool = typer.Option(False, "--confirmed", help="Consent is known: no confirmation mail."),
    as_json: bool = JSON,
) -> None:
    """Add one reader. Without --confirmed a list with double opt-in asks the reader first."""
    now = clock.now()
    found = reads.list_by_slug(list_slug)
    person = service.add(
        address,
        found.id,
        first_name=first_name,
        last_name=last_name,
        zone=zone,
        language=language,
        source=BY,
        by=BY,
        now=now,
        confirmed=confirmed,
    )
    audit.record(None, "added reader", f"reader {person.id}", now=now)
    if as_json:
        return emit_json(person)
    state = next((s.state for s in person.subscriptions if s.list_id == found.id), "")
    say(f"{person.address} is {state} on {found.name}.")


@app.command("import")
def import_file(
    file: Path,
    list_slug: str = LIST,
    dry_run: bool = typer.Option(False, "--dry-run", help="Count and report, change nothing."),
    as_json: bool = JSON,
) -> None:
    """Import a CSV file. Nobody who left is ever signed up again; bad rows are reported (exit 1), the others kept."""
    now = clock.now()
    found = reads.list_by_slug(list_slug)
    if not file.is_file():
        raise SurroundingsError(
            f"{file} cannot be read: {'it is a folder' if file.is_dir() else 'there is no such file'}."
        )
    with progress("Importing", None) as advance:
        report = service.import_csv(file, found.id, dry_run=dry_run, by=BY, now=now, progress=advance)
    if not dry_run:
        audit.record(
            None,
            "imported readers",
            found.slug,
            now=now,
            detail=f"{report.new} new, {report.updated} updated",
        )
    _present(report, found, dry_run, as_json)
    if report.refused:
        raise typer.Exit(1)


def _present(report: service.ImportReport, found: reads.List, dry_run: bool, as_json: bool) -> None:
    if as_json:
        return emit_json(report)
    say("Dry run: nothing was changed." if dry_run else f"Imported into {found.name}.")
    table(
        ("rows", "count"),
        [
            (name.replace("_", " "), getattr(report, name))
            for name in ("new", "updated", "unchanged", "kept_unsubscribed", "refused", "rows")
        ],
        "",
    )
    for bad in report.bad[:BAD_ROWS_SHOWN]:
        warn(f"line {bad.line}, {bad.field}: {bad.reason}")
    if len(report.bad) > BAD_ROWS_SHOWN:
        warn(f"… and {len(report.bad) - BAD_ROWS_SHOWN} more bad rows; all of them with --json")
    if report.refused:
        warn(
            f"{report.refused} rows were refused, the others kept. Mend those and import the file again: nobody is added twice."
        )


@app.command("export")
def export(
    list_slug: str = LIST,
    out: Path | None = typer.Option(None, help="File to write; default: standard output."),
    form: str = typer.Option("csv", "--format", help="csv (for spreadsheets) or jsonl (complete and exact)."),
) -> None:
    """Export the readers of a list."""
    now = clock.now()
    found = reads.list_by_slug(list_slug)
    if out is None:
        count = service.export(found.id, sys.stdout.write, form=form)
    else:
        try:
            with out.open("w", encoding="utf-8", newline="") as file:
                count = service.export(found.id, file.write, form=form)
        except OSError as error:
            raise SurroundingsError(f"{out} cannot be written: {error.strerror}.") from None
        say(f"{count} readers written to {out}.")
    audit.record(None, "exported readers", found.slug, now=now, detail=f"{count} as {form}")


@app.command("find")
def find(query: str, limit: int = typer.Option(50, min=1, max=1000), as_json: bool = JSON) -> None:
    """Find readers by part of a name or of any address they ever had."""
    found = reads.find(query, limit=limit)
    if as_json:
        return emit_json(found)
    table(
        ("id", "address", "name"),
        [(p.id, p.address, f"{p.first_name} {p.last_name}".strip()) for p in found],
        "Nobody.",
    )


@app.command("show")
def show(address: str, as_json: bool = JSON) -> None:
    """Show one reader with every change of subscription and address."""
    person = _person(address)
    if as_json:
        return emit_json(person)
    say(f"{person.address} (reader {person.id}) {person.first_name} {person.last_name}".rstrip())
    table(
        ("list", "state", "since (UTC)"),
        [(s.list_name, s.state, f"{s.since:%Y-%m-%d %H:%M}") for s in person.subscriptions],
        "On no list.",
    )
    for former in person.former_addresses:
        say(f"was {former.address} until {former.until:%Y-%m-%d %H:%M} UTC")


@app.command("move")
def move(address: str, new_address: str) -> None:
    """Give a reader another address; the old one stays findable."""
    now = clock.now()
    person = service.change_address(_person(address).id, new_address, by=BY, now=now)
    audit.record(None, "changed address", f"reader {person.id}", now=now)
    say(f"{address} is now {person.address}.")


@app.command("unsubscribe")
def unsubscribe(address: str, list_slug: str = LIST, yes: bool = YES) -> None:
    """Take a reader off a list, at the reader's wish."""
    confirm(f"Take {address} off {list_slug}? Only the reader can undo this.", yes)
    now = clock.now()
    person = _person(address)
    service.unsubscribe(person.id, reads.list_by_slug(list_slug).id, how="desk", by=BY, now=now)
    audit.record(None, "unsubscribed reader", f"reader {person.id}", now=now)
    say(f"{address} gets no more of {list_slug}.")


@app.command("suppress")
def suppress(address: str, reason: str = typer.Option("asked", help="Why."), yes: bool = YES) -> None:
    """Never mail an address again, on any list."""
    confirm(f"Never mail {address} again?", yes)
    now = clock.now()
    service.suppress(address, reason=reason, source=BY, now=now)
    audit.record(None, "suppressed an address", reason, now=now)
    say(f"{address} is never mailed again.")


def _person(address: str) -> reads.Person:
    person = reads.person_by_address(address)
    if person is None:
        raise NotFound(f"Nobody here has the address {address}. Search parts of it: newsletter subscribers find TEXT")
    return person
