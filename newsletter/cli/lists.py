"""What people subscribe to."""

from __future__ import annotations

from typing import cast

import typer

from newsletter.cli.acting import get_actor
from newsletter.cli.output import JSON, YES, confirm_or_refuse, emit_json, print_table, say
from newsletter.jobs import list_removal
from newsletter.kernel import clock
from subscribers import hygiene, lists
from subscribers.lists import count_subscribers_by_state, count_subscribers_of_lists, get_list_by_slug, list_lists
from subscribers.states import SubscriptionState

app = typer.Typer(no_args_is_help=True, add_completion=False, help="What people subscribe to.")
STATES_SHOWN = (SubscriptionState.ACTIVE, SubscriptionState.PENDING, SubscriptionState.UNSUBSCRIBED)


@app.command("create")
def create(
    slug: str,
    name: str = typer.Option(..., help="As subscribers see it."),
    description: str = typer.Option("", help="One sentence for the sign-up page."),
    language: str = typer.Option("en", help="Language of its pages and mails: en or de."),
    single_opt_in: bool = typer.Option(False, "--single-opt-in", help="No confirmation by mail."),
    privacy_notice: str = typer.Option("", help="Shown under the sign-up form, and kept with each consent."),
    as_json: bool = JSON,
) -> None:
    """Create a list."""
    now = clock.now()
    made = lists.create_list(
        slug,
        name,
        description=description,
        language=language,
        double_opt_in=not single_opt_in,
        privacy_notice=privacy_notice,
        by=get_actor(),
        now=now,
    )
    emit_json(made) if as_json else say(f"List {made.slug} is created. Sign-up page: /join/{made.slug}/")


@app.command("change")
def change(
    slug: str,
    name: str = typer.Option("", help="As subscribers see it."),
    description: str = typer.Option("", help="One sentence for the sign-up page."),
    language: str = typer.Option("", help="Language of its pages and mails: en or de."),
    opt_in: str = typer.Option("", help="double: sign-ups confirm by mail; single: they need not."),
    weekly_day: str = typer.Option("", help="Day of the edition that weekly subscribers get: monday … sunday."),
    public: str = typer.Option("", help="yes or no: shown on the sign-up page."),
    privacy_notice: str = typer.Option("", help="Shown under the sign-up form, and kept with each consent."),
    as_json: bool = JSON,
) -> None:
    """Change a list; what is not given stays."""
    now = clock.now()
    options: lists.ListChanges = {
        "name": name,
        "description": description,
        "language": language,
        "opt_in": opt_in,
        "weekly_day": weekly_day,
        "public": public,
        "privacy_notice": privacy_notice,
    }
    given = cast(lists.ListChanges, {option: value for option, value in options.items() if value})
    made = lists.change_list(slug, seen=None, by=get_actor(), now=now, **given)
    emit_json(made) if as_json else say(f"{made.name} ({made.slug}) is changed.")


@app.command("list")
def show_all(as_json: bool = JSON) -> None:
    """List the lists, with their subscribers."""
    lists = list_lists()
    known = count_subscribers_of_lists()
    counts = {each.id: known.get(each.id, {}) for each in lists}
    if as_json:
        return emit_json([{"list": each, "counts": counts[each.id]} for each in lists])
    print_table(
        ("list", "name", "active", "pending", "unsubscribed"),
        [(e.slug, e.name, *(counts[e.id].get(s, 0) for s in STATES_SHOWN)) for e in lists],
        "No list yet. Create one: newsletter lists create SLUG --name NAME",
    )


@app.command("show")
def show(slug: str, as_json: bool = JSON) -> None:
    """Show one list and its subscribers by state."""
    found = get_list_by_slug(slug)
    counts = count_subscribers_by_state(found.id)
    if as_json:
        return emit_json({"list": found, "counts": counts})
    say(f"{found.name} ({found.slug}), {'double' if found.double_opt_in else 'single'} opt-in")
    print_table(
        ("state", "subscribers"),
        [(state.label.lower(), n) for state, n in sorted(counts.items())],
        "Nobody is on it yet.",
    )


@app.command("remove")
def remove(slug: str, yes: bool = YES, as_json: bool = JSON) -> None:
    """Take a list out of use; who was on it and what they were sent stays on record."""
    active = count_subscribers_by_state(get_list_by_slug(slug).id).get(SubscriptionState.ACTIVE, 0)
    confirm_or_refuse(f"Remove the list {slug} with {active:,} active subscribers? Its short name stays taken.", yes)
    removed = list_removal.remove_list(slug, by=get_actor(), now=clock.now())
    emit_json(removed) if as_json else say(f"{removed.name} ({removed.slug}) is removed. Its records are kept.")


@app.command("growth")
def show_growth(slug: str, months: int = typer.Option(12, min=1, max=120), as_json: bool = JSON) -> None:
    """Show the growth of a list by month: who joined and how, who left and why, and the churn."""
    found = hygiene.compute_growth(get_list_by_slug(slug).id, now=clock.now(), months=months)
    if as_json:
        return emit_json(found)
    print_table(
        (
            "month (UTC)",
            "active",
            "confirmed",
            "imported",
            "came back",
            "left",
            "bounced",
            "complained",
            "inactive",
            "churn",
        ),
        [(f"{m.month:%Y-%m}", m.active, *(m.happened[k] for k in _COLUMNS), f"{m.churn_percent} %") for m in found],
        "No changes yet.",
    )


_COLUMNS = ("confirmed", "imported", "came_back", "left", "bounced", "complained", "silent")


@app.command("inactive")
def count_or_ask_inactive(
    slug: str,
    months: int = typer.Option(6, help="Months without an open or click."),
    ask: bool = typer.Option(False, "--ask", help="Mail them to ask whether they still want it."),
    yes: bool = YES,
    as_json: bool = JSON,
) -> None:
    """Count subscribers without an open or click for months; --ask mails them. No answer in 30 days unsubscribes."""
    now = clock.now()
    found = get_list_by_slug(slug)
    seen = hygiene.count_inactive(found.id, months, now=now)
    asked = 0
    if ask:
        confirm_or_refuse(f"Ask {seen.to_ask:,} subscribers of {found.name} whether they still want it?", yes)
        asked = hygiene.ask_inactive(found.id, months, expected=None, by=get_actor(), now=now)
        seen = hygiene.count_inactive(found.id, months, now=now)
    if as_json:
        return emit_json(seen)
    say(
        f"{seen.silent:,} subscribers have neither opened nor clicked for {months} months "
        f"(as of {seen.as_of:%Y-%m-%d %H:%M} UTC); {seen.asked:,} were asked."
    )
    if ask:
        say(f"{asked:,} mails are queued. Those who do not answer within 30 days are unsubscribed.")
