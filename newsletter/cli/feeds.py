"""Where stories come from."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from pathlib import Path

import typer

from newsletter.cli.acting import get_actor
from newsletter.cli.output import JSON, YES, confirm_or_refuse, emit_json, open_output, print_table, progress, say, warn
from newsletter.curator.articles import article_lookup, polling, sources
from newsletter.curator.articles.resources import read_file
from newsletter.curator.articles.states import FetchState
from newsletter.jobs import wiring
from newsletter.kernel import clock
from newsletter.kernel.errors import DONE_IN_PART

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Where stories come from.")


@app.command("add")
def add(
    addresses: list[str] = typer.Argument(
        ..., metavar="URL|FILE…", help="Addresses of feeds; files are read by this command only."
    ),
    title: str = typer.Option("", help="Its title on the desk; default: the feed's own."),
    as_json: bool = JSON,
) -> None:
    """Add feeds (RSS, Atom or JSON Feed). Fetch them with: newsletter feeds fetch."""
    now = clock.now()
    by = get_actor()
    made = [sources.add_source(_to_url(address), title=title, by=by, now=now) for address in addresses]
    if as_json:
        return emit_json(made)
    say(f"{len(made)} added. Fetch them now: newsletter feeds fetch")


def _to_url(address: str) -> str:
    path = Path(address)
    return path.resolve().as_uri() if "://" not in address and path.is_file() else address


@app.command("import")
def import_feeds(file: Path, as_json: bool = JSON) -> None:
    """Add the feeds of an OPML file, as feed readers export it. What cannot be imported is reported (exit 4)."""
    new, problems = sources.import_sources(read_file(file), name=file.name, by=get_actor(), now=clock.now())
    if as_json:
        emit_json({"new": new, "refused": problems})
    else:
        say(f"{len(new)} added. Fetch them now: newsletter feeds fetch")
        for problem in problems:
            warn(problem)
    if problems:
        raise typer.Exit(DONE_IN_PART)


@app.command("export")
def export_feeds(out: Path | None = typer.Option(None, help="File to write; default: standard output.")) -> None:
    """Write all feeds on the web as an OPML file, for other feed readers."""
    with open_output(out) as file:
        file.write(sources.export_sources(now=clock.now()))
    if out is not None:
        say(f"Written to {out}.")


@app.command("list")
def show_all(as_json: bool = JSON) -> None:
    """List the feeds with their health."""
    sources, health = article_lookup.list_sources(), article_lookup.get_source_health(clock.now())
    if as_json:
        return emit_json([{**asdict(s), **asdict(health[s.id])} for s in sources])
    print_table(
        ("id", "feed", "address", "last fetched (UTC)", "next (UTC)", "new in 7 days", "error"),
        [
            (
                s.id,
                s.title,
                s.url,
                _format_minute(s.fresh_at) or "never",
                "" if s.is_file else _format_minute(s.next_at),
                health[s.id].new_in_week,
                s.error,
            )
            for s in sources
        ],
        "No feed yet. Add one: newsletter feeds add URL",
    )


def _format_minute(moment: datetime | None) -> str:
    return f"{moment:%d %b %H:%M}" if moment else ""


@app.command("fetch")
def fetch_feeds(
    ids: list[int] = typer.Argument(None, help="Ids of feeds; default: all."),
    as_json: bool = JSON,
) -> None:
    """Fetch the feeds now. A broken feed never stops the others; exit 3 when all failed."""
    wanted = ids or [source.id for source in article_lookup.list_sources()]
    with progress("Fetching feeds", len(wanted)) as advance:
        reports = polling.fetch_sources(now=clock.now(), fetch=wiring.build_fetcher(), ids=wanted, progress=advance)
    failed = [report for report in reports if report.state == FetchState.FAILED]
    if as_json:
        emit_json(reports)
    else:
        print_table(
            ("feed", "state", "new", "in the feed"),
            [(r.title or r.url, r.state.label.lower(), r.added, r.seen) for r in reports],
            "No feed yet. Add one: newsletter feeds add URL",
        )
        for report in failed:
            warn(report.error)
    if failed and len(failed) == len(reports):
        raise typer.Exit(3)


@app.command("remove")
def remove_feed(feed_id: int, yes: bool = YES) -> None:
    """Remove a feed. Its articles stay."""
    source = next((s for s in article_lookup.list_sources() if s.id == feed_id), None)
    confirm_or_refuse(f"Remove {source.title or source.url if source else f'feed {feed_id}'}?", yes)
    sources.remove_source(feed_id, by=get_actor(), now=clock.now())
    say("Removed. Its articles stay.")
