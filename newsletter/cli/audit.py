"""The audit log: who did what, when, from where, and which values changed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import typer

from newsletter.accounts import audit_log
from newsletter.accounts.audit_log import AuditFilter, RecordedEntry
from newsletter.catalog import newsletters
from newsletter.cli.output import JSON, emit_json, open_output, print_table, say, spinner
from newsletter.kernel import clock
from newsletter.kernel.errors import BadInput
from subscribers.imports.csv import CsvWriter

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Who did what, when, and which values changed.")
MOST_SHOWN = 1_000
USER = typer.Option("", "--user", help="Who acted: an address or a part of it; “command line”.")
ACTION = typer.Option("", "--action", help="What was done: “approved”.")
TARGET = typer.Option("", "--target", help="To what: “edition 12”, or “edition” for all of them.")
NEWSLETTER = typer.Option(
    "", "--newsletter", help="Of which newsletter: its slug. What was done to its list, and to people on it, counts."
)
SINCE = typer.Option("", "--since", help="From this instant on: 2026-11-24 or 2026-11-24T07:00; UTC without an offset.")
UNTIL = typer.Option("", "--until", help="Before this instant.")


@app.command("list")
def show_entries(
    user: str = USER,
    action: str = ACTION,
    target: str = TARGET,
    newsletter: str = NEWSLETTER,
    since: str = SINCE,
    until: str = UNTIL,
    limit: int = typer.Option(50, min=1, max=MOST_SHOWN, help="How many, the newest first."),
    as_json: bool = JSON,
) -> None:
    """List the latest entries."""
    found = audit_log.list_entries(_read_filter(user, action, target, newsletter, since, until), limit=limit)
    if as_json:
        return emit_json(found)
    rows = [(_format(each.at), each.actor, each.network, each.action, each.target, _summarise(each)) for each in found]
    print_table(("when", "who", "from", "action", "target", "changed"), rows, "No entry matches.")


@app.command("export")
def export(
    user: str = USER,
    action: str = ACTION,
    target: str = TARGET,
    newsletter: str = NEWSLETTER,
    since: str = SINCE,
    until: str = UNTIL,
    form: str = typer.Option("jsonl", "--format", help="jsonl or csv."),
    out: Path | None = typer.Option(None, "--out", help="The file; without it, standard output."),
) -> None:
    """Export entries, the oldest first."""
    if form not in ("jsonl", "csv"):
        raise BadInput(f"“{form}” is not a format. There are jsonl and csv.", "format")
    wanted = _read_filter(user, action, target, newsletter, since, until)
    count = 0
    with open_output(out) as file, spinner("Exporting"):
        writer = CsvWriter(file.write)
        if form == "csv":
            writer.write_row(audit_log.EXPORTED)
        for entry in audit_log.iterate_entries(wanted):
            count += 1
            if form == "csv":
                writer.write_row(audit_log.to_row(entry))
            else:
                file.write(json.dumps(audit_log.to_cells(entry), ensure_ascii=False, default=str) + "\n")
    if out is not None:
        say(f"{count} entries are in {out}.")


def _read_filter(user: str, action: str, target: str, newsletter: str, since: str, until: str) -> AuditFilter:
    found = newsletters.get_newsletter_by_slug(newsletter) if newsletter else None
    return AuditFilter(
        actor=user,
        action=action,
        target=target,
        newsletter_ids=(found.id,) if found else None,
        list_ids=(found.list_id,) if found else (),
        since=clock.parse_local_moment(since, "UTC", "since") if since else None,
        until=clock.parse_local_moment(until, "UTC", "until") if until else None,
    )


def _format(instant: Any) -> str:
    return clock.format_in_zone(instant, "UTC")


def _summarise(entry: RecordedEntry) -> str:
    """What changed, in one line: fields with both values; of personal values the names of the fields alone."""
    changed = [f"{name}: {entry.before.get(name, '')!s:.40} → {value!s:.40}" for name, value in entry.after.items()]
    personal: Mapping[str, Any] = entry.personal_after or entry.personal_before
    changed += [f"{name} (personal)" for name in personal]
    if entry.redacted_at:
        changed.append("personal values redacted")
    return "; ".join([*([entry.detail] if entry.detail else []), *changed])
