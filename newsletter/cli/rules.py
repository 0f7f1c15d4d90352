"""What the editors of a newsletter want suggested, and what its past editions taught."""

from __future__ import annotations

import typer

from newsletter.accounts import audit_log
from newsletter.catalog import newsletters
from newsletter.cli.output import JSON, YES, confirm_or_refuse, emit_json, print_table, say
from newsletter.curator.editions import rules
from newsletter.kernel import clock

app = typer.Typer(
    no_args_is_help=True, add_completion=False, help="What is suggested for a newsletter: rules, and what was learned."
)
BY = audit_log.COMMAND_LINE


@app.command("list")
def show_all(slug: str, as_json: bool = JSON) -> None:
    """List the rules of a newsletter."""
    found = rules.list_rules(newsletters.get_newsletter_by_slug(slug).id)
    if as_json:
        return emit_json(found)
    print_table(
        ("id", "effect", "of", "section", "by", "since (UTC)"),
        [(r.id, r.effect, r.source or f"“{r.phrase}”", r.section, r.by, f"{r.at:%d %b %Y, %H:%M}") for r in found],
        f"No rule yet. Make one: newsletter rules set {slug} boost --phrase WORDS",
    )


@app.command("set")
def set_suggestion_rule(
    slug: str,
    effect: str = typer.Argument(..., help="boost (more of), mute (never) or must (always)."),
    phrase: str = typer.Option("", help="Words in headline, standfirst or tags."),
    source: int = typer.Option(0, help="Id of a feed, from `feeds list`."),
    section: str = typer.Option("", help="Key of the section such stories go to."),
    as_json: bool = JSON,
) -> None:
    """Make a rule for a feed or for words, or change the one there is."""
    now = clock.now()
    newsletter = newsletters.get_newsletter_by_slug(slug)
    rule = rules.set_rule(
        newsletter.id, effect, source_id=source or None, phrase=phrase, section=section, by=BY, now=now
    )
    audit_log.record(None, f"made rule {effect}", rule.source or rule.phrase, now=now, newsletter_id=newsletter.id)
    emit_json(rule) if as_json else say(f"Rule {rule.id}: {rule.effect} {rule.source or f'“{rule.phrase}”'}.")


@app.command("remove")
def remove_rule(slug: str, rule_id: int, yes: bool = YES) -> None:
    """Remove a rule."""
    newsletter = newsletters.get_newsletter_by_slug(slug)
    confirm_or_refuse(f"Remove rule {rule_id} of {newsletter.name}?", yes)
    rules.remove_rule(rule_id, newsletter.id)
    audit_log.record(None, "removed rule", f"rule {rule_id}", now=clock.now(), newsletter_id=newsletter.id)
    say("The rule is removed.")


@app.command("track-record")
def show_track_record(slug: str, limit: int = typer.Option(20, min=1, max=500), as_json: bool = JSON) -> None:
    """Show what the editors picked and the readers clicked, by paper and by word."""
    found = rules.build_track_record(newsletters.get_newsletter_by_slug(slug).id)
    papers = sorted(found.publishers.values(), key=lambda liking: -liking.score)
    words = sorted(found.words.values(), key=lambda liking: -liking.score)
    if as_json:
        return emit_json({"publishers": papers, "words": words})
    print_table(
        ("of", "offered", "picked", "clicked, 1 = usual", "liking, -1 to 1"),
        [
            (liking.name, liking.offered, liking.picked, "" if liking.clicks is None else liking.clicks, liking.score)
            for liking in (*papers[:limit], *words[:limit])
        ],
        "Nothing learned yet: it comes from editions that went out.",
    )
