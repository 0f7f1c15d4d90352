"""What people subscribe to."""

from __future__ import annotations

import typer

from newsletter.accounts import audit
from newsletter.cli.output import JSON, emit_json, say, table
from newsletter.kernel import clock
from subscribers import reads, service

app = typer.Typer(no_args_is_help=True, add_completion=False, help="What people subscribe to.")


@app.command("create")
def create(
    slug: str,
    name: str = typer.Option(..., help="As readers see it."),
    description: str = typer.Option("", help="One sentence for the sign-up page."),
    language: str = typer.Option("en", help="Language of its pages and mails: en or de."),
    single_opt_in: bool = typer.Option(False, "--single-opt-in", help="No confirmation by mail."),
    as_json: bool = JSON,
) -> None:
    """Make a list."""
    now = clock.now()
    made = service.create_list(
        slug, name, description=description, language=language, double_opt_in=not single_opt_in, now=now
    )
    audit.record(None, "made list", made.slug, now=now)
    emit_json(made) if as_json else say(f"List {made.slug} is there. Sign-up page: /join/{made.slug}/")


@app.command("list")
def show_all(as_json: bool = JSON) -> None:
    """List the lists, with their readers."""
    lists = reads.lists()
    counts = {each.id: reads.counts(each.id) for each in lists}
    if as_json:
        return emit_json([{"list": each, "counts": counts[each.id]} for each in lists])
    table(
        ("list", "name", "active", "pending", "unsubscribed"),
        [(e.slug, e.name, *(counts[e.id].get(s, 0) for s in ("active", "pending", "unsubscribed"))) for e in lists],
        "No list yet. Make one: newsletter lists create SLUG --name NAME",
    )


@app.command("show")
def show(slug: str, as_json: bool = JSON) -> None:
    """Show one list and how many readers it has, by state."""
    found = reads.list_by_slug(slug)
    counts = reads.counts(found.id)
    if as_json:
        return emit_json({"list": found, "counts": counts})
    say(f"{found.name} ({found.slug}), {'double' if found.double_opt_in else 'single'} opt-in")
    table(("state", "readers"), sorted(counts.items()), "Nobody is on it yet.")
