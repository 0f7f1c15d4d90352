"""The suppression list, and which domains may not sign up."""

from __future__ import annotations

from pathlib import Path

import typer

from newsletter.cli.acting import get_actor
from newsletter.cli.output import JSON, YES, confirm_or_refuse, emit_json, open_output, print_table, say, warn
from newsletter.kernel import clock
from newsletter.kernel.errors import DONE_IN_PART, BadInput, SurroundingsError
from subscribers import suppressions
from subscribers.consent import domain_rules
from subscribers.states import DomainVerdict

app = typer.Typer(
    no_args_is_help=True, add_completion=False, help="The suppression list, and which domains may not sign up."
)


@app.command("list")
def show_all(
    query: str = typer.Argument(""),
    after: int = 0,
    limit: int = typer.Option(50, min=1, max=10_000),
    as_json: bool = JSON,
) -> None:
    """List suppressed addresses, @domains, and hashes of erased people."""
    found = suppressions.list_suppressions(after=after, query=query, limit=limit)
    if as_json:
        return emit_json(found)
    print_table(
        ("id", "address", "reason", "source", "since (UTC)", "until (UTC)"),
        [
            (
                s.id,
                s.address,
                s.reason,
                s.source,
                f"{s.created_at:%Y-%m-%d}",
                f"{s.expires_at:%Y-%m-%d}" if s.expires_at else "",
            )
            for s in found
        ],
        "Nobody.",
    )


@app.command("add")
def add(
    address: str = typer.Argument(..., help="An address, or @example.com for a whole domain."),
    reason: str = typer.Option("asked", help="Why."),
    until: str = typer.Option("", help="Until when, such as 2027-01-31; default: no end."),
    yes: bool = YES,
) -> None:
    """Suppress an address or a whole domain, on every list."""
    now = clock.now()
    ends = suppressions.parse_expiry(until)
    confirm_or_refuse(f"Never mail {address} again{f' before {ends:%Y-%m-%d %H:%M} UTC' if ends else ''}?", yes)
    suppressions.suppress(address, reason=reason, by=get_actor(), now=now, expires_at=ends)
    say(f"{address} is not mailed{f' before {ends:%Y-%m-%d %H:%M} UTC' if ends else ' any more'}.")


@app.command("lift")
def lift(address: str, yes: bool = YES) -> None:
    """Remove an address or @domain from the suppression list. Nobody is subscribed by it."""
    confirm_or_refuse(f"Allow mailing {address} again?", yes)
    suppressions.lift_suppression(address, complaints=True, by=get_actor(), now=clock.now())
    say(f"{address} may be mailed again, if its owner signs up.")


@app.command("import")
def import_suppressions(file: Path, as_json: bool = JSON) -> None:
    """Import a CSV of addresses, @domains or hashes into the suppression list. Bad rows are reported (exit 4)."""
    try:
        with file.open("rb") as stream:
            new, bad = suppressions.import_suppressions(stream, source=file.name, by=get_actor(), now=clock.now())
    except OSError as error:
        raise SurroundingsError(f"{file} cannot be read: {error.strerror}.") from None
    if as_json:
        emit_json({"new": new, "bad": bad})
    else:
        say(f"{new} added to the suppression list.")
        for row in bad[:20]:
            warn(f"line {row.line}, {row.field}: {row.reason}")
    if bad:
        raise typer.Exit(DONE_IN_PART)


@app.command("export")
def export_suppressions(out: Path | None = typer.Option(None, help="File to write; default: standard output.")) -> None:
    """Write the suppression list as CSV."""
    with open_output(out) as file:
        count = suppressions.write_suppressions(file.write, by=get_actor(), now=clock.now())
    if out is not None:
        say(f"{count} written to {out}.")


@app.command("domains")
def list_domains(as_json: bool = JSON) -> None:
    """List the rules for who may sign up: denied domains, and allowed ones that look disposable."""
    found = domain_rules.list_domain_rules()
    if as_json:
        return emit_json([{"domain": domain, "verdict": verdict} for domain, verdict in found])
    print_table(("domain", "verdict"), found, "No rule. Disposable domains are denied without one.")


@app.command("domain")
def set_domain(name: str, verdict: str = typer.Argument(..., help="deny, allow, or drop to remove the rule.")) -> None:
    """Deny or allow sign-ups from a domain and its subdomains."""
    if verdict == domain_rules.REMOVE_RULE:
        domain_rules.remove_domain_rule(name, by=get_actor(), now=clock.now())
    elif verdict in list(DomainVerdict):
        domain_rules.set_domain_rule(name, verdict, by=get_actor(), now=clock.now())
    else:
        raise BadInput(f"“{verdict}” is not a rule. Give deny, allow or drop.", "verdict")
    say(f"{name}: {verdict}.")
