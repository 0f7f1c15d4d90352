"""The products: sender, list, sections, theme."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, cast

import typer

from newsletter.catalog import newsletter_settings, newsletters, sponsors
from newsletter.catalog.settings_fields import SETTINGS, NewsletterFields
from newsletter.cli.acting import get_actor
from newsletter.cli.output import JSON, emit_json, print_table, say
from newsletter.cli.setting_options import parse_theme, with_setting_options
from newsletter.kernel import clock
from newsletter.kernel.errors import BadInput
from newsletter.kernel.numbers import parse_whole_number
from newsletter.templater.themes import check_theme

app = typer.Typer(no_args_is_help=True, add_completion=False, help="The products: sender, list, sections, theme.")


REQUIRED = ("name", "from_email", "list_id", "postal_address")


@app.command("create")
@with_setting_options(required=REQUIRED)
def create(slug: str, as_json: bool = JSON, **settings: Any) -> None:
    """Create a newsletter."""
    _check_theme(settings, SETTINGS["template"].default.strip("`"))
    made = newsletter_settings.create_newsletter(
        slug=slug, by=get_actor(), now=clock.now(), **cast(NewsletterFields, {"zone": "UTC"} | settings)
    )
    emit_json(made) if as_json else say(
        f"Newsletter {made.slug} is created. Schedule it: newsletter schedules add {made.slug} --time 07:00"
    )


@app.command("list")
def show_all(as_json: bool = JSON) -> None:
    """List the newsletters."""
    found = newsletters.list_newsletters()
    if as_json:
        return emit_json(found)
    print_table(
        ("newsletter", "name", "state", "from", "zone"),
        [(n.slug, n.name, n.state.label.lower(), n.from_email, n.zone) for n in found],
        "No newsletter yet. Create one: "
        "newsletter newsletters create SLUG --name NAME --from ADDR --list SLUG --address POSTAL",
    )


@app.command("show")
def show(slug: str, as_json: bool = JSON) -> None:
    """Show one newsletter with all its settings."""
    found = newsletters.get_newsletter_by_slug(slug)
    if as_json:
        return emit_json(found)
    rows = [(f.name, getattr(found, f.name)) for f in dataclasses.fields(found) if f.name != "sections"]
    print_table(("setting", "value"), rows, "")
    print_table(("section", "title", "stories"), [(s.key, s.title, s.quota) for s in found.sections], "No sections.")


@app.command("change")
@with_setting_options()
def change(
    slug: str,
    pairs: list[str] = typer.Argument(None, metavar="NAME=VALUE…", hidden=True),
    as_json: bool = JSON,
    **settings: Any,
) -> None:
    """Change settings of a newsletter: newsletter newsletters change morning --zone Europe/Paris."""
    found = newsletters.get_newsletter_by_slug(slug)
    wanted = _parse_pairs(pairs or []) | settings
    if not wanted:
        raise BadInput("Give a setting and its value, like --zone Europe/Paris. See them all with --help.")
    _check_theme(wanted, found.template)
    changed = newsletter_settings.change_newsletter(
        found.id, seen=None, by=get_actor(), now=clock.now(), **cast(NewsletterFields, wanted)
    )
    emit_json(changed) if as_json else say(f"{changed.slug} is changed.")


def _check_theme(wanted: Mapping[str, Any], template: str) -> None:
    if isinstance(wanted.get("theme"), dict):
        wrong = check_theme(str(wanted.get("template", template)), wanted["theme"])
        if wrong:
            raise BadInput(
                "The theme is invalid:\n" + "\n".join(f"  {each.where}: {each.message}" for each in wrong), "theme"
            )


@app.command("sections")
def change_sections(
    slug: str,
    parts: list[str] = typer.Argument(..., metavar="KEY:TITLE:STORIES…", help='For instance top:"Top stories":3'),
    as_json: bool = JSON,
) -> None:
    """Set the sections of a newsletter, in order."""
    found = newsletters.get_newsletter_by_slug(slug)
    wanted = [_parse_section(part) for part in parts]
    newsletter_settings.set_sections(found.id, wanted, seen=None, by=get_actor(), now=clock.now())
    emit_json(newsletters.get_newsletter(found.id)) if as_json else say(f"{slug} has {len(wanted)} sections.")


@app.command("sponsor")
def manage_sponsors(
    slug: str,
    label: str = typer.Option("", help="Such as “Sponsored by …”; without it, sponsors are listed."),
    headline: str = typer.Option(""),
    text: str = typer.Option(""),
    url: str = typer.Option(""),
    first: str = typer.Option("", "--from", help="First day of an edition, like 2026-11-24."),
    last: str = typer.Option("", "--until", help="Last day; default: the first."),
    remove: int = typer.Option(0, help="Id of a sponsor to remove."),
    as_json: bool = JSON,
) -> None:
    """Reserve the sponsor's box of a newsletter for some days, list the sponsors, or remove one."""
    now = clock.now()
    found = newsletters.get_newsletter_by_slug(slug)
    if remove:
        sponsors.remove_sponsor(remove, found.id, by=get_actor(), now=now)
    elif label or headline or url:
        begins = clock.parse_day(first)
        sponsors.add_sponsor(
            found.id,
            label=label,
            headline=headline,
            text=text,
            url=url,
            first=begins,
            last=clock.parse_day(last) if last else begins,
            by=get_actor(),
            now=now,
        )
    listed = sponsors.list_sponsors(found.id)
    if as_json:
        return emit_json(listed)
    print_table(
        ("id", "from", "until", "label", "headline"),
        [(s.id, s.first, s.last, s.label, s.headline) for s in listed],
        "No sponsor. Reserve the box: newsletter newsletters sponsor SLUG --label L --headline H --url U --from DAY",
    )


def _parse_pairs(settings: list[str]) -> dict[str, Any]:
    pairs: dict[str, Any] = {}
    for setting in settings:
        name, found, value = setting.partition("=")
        if not found:
            raise BadInput(f"“{setting}” lacks a value. Write NAME=VALUE.", name)
        pairs[name] = value if name != "theme" else parse_theme(value)
    return pairs


def _parse_section(part: str) -> tuple[str, str, int]:
    key, _, rest = part.partition(":")
    title, _, quota = rest.rpartition(":")
    stories = parse_whole_number(quota)
    if not key or not title or stories is None:
        raise BadInput(f'“{part}” is not a section. Write KEY:TITLE:STORIES, like top:"Top stories":3', "sections")
    return key, title, stories
