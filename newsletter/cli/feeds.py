"""Where stories come from."""

from __future__ import annotations

from pathlib import Path

import typer

from newsletter.accounts import audit
from newsletter.cli.output import JSON, YES, confirm, emit_json, progress, say, table, warn
from newsletter.curator import reads, service
from newsletter.jobs import wiring
from newsletter.kernel import clock

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Where stories come from.")


@app.command("add")
def add(
    addresses: list[str] = typer.Argument(
        ..., metavar="URL|FILE…", help="Addresses of feeds; files are read by this command only."
    ),
    title: str = typer.Option("", help="How the desk calls it; default: the feed's own title."),
    as_json: bool = JSON,
) -> None:
    """Add feeds (RSS or Atom). Fetch them with: newsletter feeds fetch."""
    now = clock.now()
    made = [service.add_source(_url(address), title=title, now=now) for address in addresses]
    for source in made:
        audit.record(None, "added feed", source.url[:200], now=now)
    if as_json:
        return emit_json(made)
    say(f"{len(made)} added. Read them now: newsletter feeds fetch")


def _url(address: str) -> str:
    path = Path(address)
    return path.resolve().as_uri() if "://" not in address and path.is_file() else address


@app.command("list")
def show_all(as_json: bool = JSON) -> None:
    """List the feeds, and how each is doing."""
    sources = reads.sources()
    if as_json:
        return emit_json(sources)
    table(
        ("id", "feed", "address", "last fresh (UTC)", "trouble"),
        [(s.id, s.title, s.url, f"{s.fresh_at:%d %b %H:%M}" if s.fresh_at else "never", s.error) for s in sources],
        "No feed yet. Add one: newsletter feeds add URL",
    )


@app.command("fetch")
def fetch(
    ids: list[int] = typer.Argument(None, help="Ids of feeds; default: all."),
    as_json: bool = JSON,
) -> None:
    """Read the feeds now. A broken feed never stops the others; exit 3 when none could be read."""
    wanted = ids or [source.id for source in reads.sources()]
    with progress("Reading feeds", len(wanted)) as advance:
        reports = service.fetch_sources(now=clock.now(), fetch=wiring.fetch(), ids=wanted, progress=advance)
    failed = [report for report in reports if report.state == "failed"]
    if as_json:
        emit_json(reports)
    else:
        table(
            ("feed", "state", "new", "in the feed"),
            [(r.title or r.url, r.state, r.added, r.seen) for r in reports],
            "No feed yet. Add one: newsletter feeds add URL",
        )
        for report in failed:
            warn(report.error)
    if failed and len(failed) == len(reports):
        raise typer.Exit(3)


@app.command("remove")
def remove(feed_id: int, yes: bool = YES) -> None:
    """Stop reading a feed. Its articles stay."""
    source = next((s for s in reads.sources() if s.id == feed_id), None)
    confirm(f"Remove {source.title or source.url if source else f'feed {feed_id}'}?", yes)
    service.remove_source(feed_id)
    audit.record(None, "removed feed", str(feed_id), now=clock.now())
    say("Removed. Its articles stay.")
