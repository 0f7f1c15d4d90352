"""The suggestion rules of a newsletter, and its track record."""

from __future__ import annotations

import typer

from newsletter.catalog import newsletters
from newsletter.cli.acting import get_actor
from newsletter.cli.output import JSON, YES, confirm_or_refuse, emit_json, print_table, say
from newsletter.curator.editions import rules
from newsletter.kernel import clock

app = typer.Typer(
    no_args_is_help=True, add_completion=False, help="What is suggested for a newsletter: rules and the track record."
)


@app.command("list")
def show_all(slug: str, as_json: bool = JSON) -> None:
    """List the rules of a newsletter."""
    found = rules.list_rules(newsletters.get_newsletter_by_slug(slug).id)
    if as_json:
        return emit_json(found)
    print_table(
        ("id", "effect", "of", "section", "by", "since (UTC)"),
        [(r.id, r.effect, r.source or f"“{r.phrase}”", r.section, r.by, f"{r.at:%d %b %Y, %H:%M}") for r in found],
        f"No rule yet. Add one: newsletter rules set {slug} boost --phrase WORDS",
    )


@app.command("set")
def set_suggestion_rule(
    slug: str,
    effect: str = typer.Argument(..., help="boost (more of), mute (never) or must (always)."),
    phrase: str = typer.Option("", help="Words in headline, standfirst or tags."),
    source: int = typer.Option(0, help="Id of a feed, from `feeds list`."),
    section: str = typer.Option("", help="Key of the section for such stories."),
    as_json: bool = JSON,
) -> None:
    """Add or change a rule for a feed or a phrase."""
    newsletter = newsletters.get_newsletter_by_slug(slug)
    rule = rules.set_rule(
        newsletter.id,
        effect,
        source_id=source or None,
        phrase=phrase,
        section=section,
        seen=None,
        by=get_actor(),
        now=clock.now(),
    )
    emit_json(rule) if as_json else say(f"Rule {rule.id}: {rule.effect} {rule.source or f'“{rule.phrase}”'}.")


@app.command("remove")
def remove_rule(slug: str, rule_id: int, yes: bool = YES) -> None:
    """Remove a rule."""
    newsletter = newsletters.get_newsletter_by_slug(slug)
    confirm_or_refuse(f"Remove rule {rule_id} of {newsletter.name}?", yes)
    rules.remove_rule(rule_id, newsletter.id, content_hash=None, by=get_actor(), now=clock.now())
    say("The rule is removed.")


@app.command("track-record")
def show_track_record(slug: str, limit: int = typer.Option(20, min=1, max=500), as_json: bool = JSON) -> None:
    """Show what editors picked and subscribers clicked, by publisher and by word."""
    found = rules.build_track_record(newsletters.get_newsletter_by_slug(slug).id)
    papers = sorted(found.publishers.values(), key=lambda each: -each.score)
    words = sorted(found.words.values(), key=lambda each: -each.score)
    if as_json:
        return emit_json({"publishers": papers, "words": words})
    print_table(
        ("of", "offered", "picked", "clicked, 1 = usual", "score, -1 to 1"),
        [
            (each.name, each.offered, each.picked, "" if each.clicks is None else each.clicks, each.score)
            for each in (*papers[:limit], *words[:limit])
        ],
        "Nothing yet: it is learned from editions that were sent.",
    )
