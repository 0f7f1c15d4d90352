"""Saved filters over subscribers, and the attributes they can use."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import typer

from newsletter.cli.acting import get_actor
from newsletter.cli.output import JSON, YES, confirm_or_refuse, emit_json, print_table, say
from newsletter.kernel import clock
from newsletter.kernel.errors import BadInput, SurroundingsError
from subscribers import lists
from subscribers.attributes import create_attribute, list_attributes
from subscribers.segments.service import (
    change_segment,
    count_segment,
    create_segment,
    drop_segment,
    get_segment,
    list_segments,
)

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Saved filters over subscribers.")
DEFINITION = typer.Option(..., "--definition", help="JSON, or a file that holds it; - reads standard input.")
LIST = typer.Option("", "--list", help="Count only those on this list.")


@app.command("create")
def create(slug: str, name: str = typer.Option(...), definition: str = DEFINITION, as_json: bool = JSON) -> None:
    """Create a segment, such as {"all": [{"about": "tier", "op": "is", "value": "paid"}]}."""
    now = clock.now()
    made = create_segment(slug, name, _read_definition(definition), by=get_actor(), now=now)
    emit_json(made) if as_json else say(f"{made.name}: {made.words}.")


@app.command("change")
def change(slug: str, definition: str = DEFINITION, name: str = typer.Option(""), as_json: bool = JSON) -> None:
    """Change a segment, wherever it is used."""
    now = clock.now()
    called = name or get_segment(slug).name
    made = change_segment(
        slug, name=called, definition=_read_definition(definition), seen=None, by=get_actor(), now=now
    )
    emit_json(made) if as_json else say(f"{made.name}: {made.words}.")


@app.command("list")
def show_all(as_json: bool = JSON) -> None:
    """List the segments."""
    found = list_segments()
    if as_json:
        return emit_json(found)
    print_table(("segment", "name", "who"), [(each.slug, each.name, each.words) for each in found], "No segment yet.")


@app.command("count")
def count(
    slug: str = typer.Argument("", help="A saved segment; or give --definition."),
    definition: str = typer.Option("", "--definition"),
    list_slug: str = LIST,
    as_json: bool = JSON,
) -> None:
    """Count the subscribers in a segment now."""
    asked = _read_definition(definition) if definition else get_segment(slug).definition
    list_id = lists.get_list_by_slug(list_slug).id if list_slug else None
    found = count_segment(asked, now=clock.now(), list_id=list_id)
    if as_json:
        return emit_json(found)
    known = f" Opens and clicks as of {found.as_of:%Y-%m-%d %H:%M} UTC." if found.as_of else ""
    say(f"{found.count:,} subscribers: {found.words}.{known}")


@app.command("drop")
def remove_segment(slug: str, yes: bool = YES) -> None:
    """Delete a segment. Its subscribers stay."""
    get_segment(slug)
    confirm_or_refuse(f"Delete the segment {slug}?", yes)
    drop_segment(slug, seen=None, by=get_actor(), now=clock.now())
    say(f"{slug} is deleted.")


@app.command("attributes")
def show_attributes(as_json: bool = JSON) -> None:
    """List the attributes of subscribers."""
    found = list_attributes()
    if as_json:
        return emit_json(found)
    print_table(
        ("attribute", "name", "kind", "choices"),
        [(a.slug, a.name, a.kind, ", ".join(a.choices)) for a in found],
        "None yet.",
    )


@app.command("attribute")
def define_attribute(
    name: str,
    kind: str = typer.Option("text", help="text, number, date or choice."),
    choices: list[str] = typer.Option([], "--choice", help="What can be chosen. Repeatable."),
    as_json: bool = JSON,
) -> None:
    """Create an attribute."""
    made = create_attribute(name, kind=kind, choices=choices, by=get_actor(), now=clock.now())
    emit_json(made) if as_json else say(f"Attribute {made.slug} is created: {made.kind}.")


def _read_definition(text: str) -> Any:
    if text == "-":
        text = sys.stdin.read(2**20)
    elif not text.lstrip().startswith("{"):
        try:
            text = Path(text).read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise SurroundingsError(f"{text} cannot be read: {error}") from None
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadInput(f"The definition is not JSON: {error}", "definition") from None
