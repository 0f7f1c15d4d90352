"""What was sent to whom, and its outcome."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import typer

from newsletter.catalog.newsletters import get_newsletter, list_newsletters
from newsletter.cli.acting import get_actor
from newsletter.cli.output import JSON, YES, confirm_or_refuse, emit_json, print_table, say
from newsletter.delivery import isolation
from newsletter.delivery.events import inbox
from newsletter.delivery.ledger.states import (
    MailingState,
    Outcome,
    get_candidate_key,
    get_exclusion_label,
    get_outcome_label,
)
from newsletter.delivery.reports import proof, recipients, summary
from newsletter.delivery.sending import late_mailings, mailings, send_again
from newsletter.delivery.sending.recall import recall_mailing, resume_mailing
from newsletter.delivery.sending.repair import repair_mailing, settle_unknown
from newsletter.jobs import tasks, wiring
from newsletter.kernel import clock
from newsletter.kernel.errors import BadInput, SurroundingsError

_REASONS_SHOWN = 30

app = typer.Typer(no_args_is_help=True, add_completion=False, help="What was sent to whom, and its outcome.")


@app.command("list")
def show_all(limit: int = typer.Option(20, min=1, max=500), as_json: bool = JSON) -> None:
    """List mailings, newest first."""
    found = summary.list_mailings(limit=limit)
    if as_json:
        return emit_json(found)
    newsletters = {n.id: n for n in list_newsletters()}
    print_table(
        ("id", "newsletter", "due", "state", "planned", "excluded", "accepted", "unknown"),
        [
            (
                m.id,
                newsletters[m.newsletter_id].slug,
                clock.format_in_zone(m.due_at, newsletters[m.newsletter_id].zone),
                m.state.label.lower(),
                m.planned,
                sum(m.excluded.values()),
                m.accepted_total,
                m.counts.get(Outcome.UNKNOWN.key, 0),
            )
            for m in found
        ],
        "Nothing was sent yet. Send an approved edition: newsletter editions send ID",
    )


@app.command("show")
def show(mailing_id: int, as_json: bool = JSON) -> None:
    """Show one mailing: exclusions by reason, and outcomes of the rest."""
    mailing = summary.get_mailing(mailing_id)
    if as_json:
        return emit_json(mailing)
    zone = get_newsletter(mailing.newsletter_id).zone
    for alarm in mailing.alarms:
        say(f"ALARM ({alarm.count:,}, last {clock.format_in_zone(alarm.last_at, zone)}): {alarm.message}")
    say(f"Mailing {mailing.id}: {mailing.state.label.lower()}{f', {mailing.reason}' if mailing.reason else ''}")
    if mailing.state == MailingState.PAUSED:
        late = " --late" if late_mailings.is_paused_late(mailing.id, clock.now()) else ""
        say(f"To go on: newsletter mailings resume {mailing.id}{late}")
    say(
        f"Due {clock.format_in_zone(mailing.due_at, zone)}; started {_format_instant(mailing.started_at, zone)}; "
        f"finished {_format_instant(mailing.finished_at, zone)}"
    )
    if mailing.recallable_until:
        say(
            f"It can be recalled until {clock.format_in_zone(mailing.recallable_until, zone)}: "
            f"newsletter mailings recall {mailing.id}"
        )
    if mailing.cancel_ids_asked > 1:
        say(f"{mailing.provider} was asked {mailing.cancel_ids_asked} times for the id of its recall window.")
    excluded = sum(mailing.excluded.values())
    print_table(
        ("what", "subscribers"),
        [
            ("candidates", mailing.candidates),
            *(
                (f"excluded: {get_exclusion_label(reason).lower()}", n)
                for reason, n in sorted(mailing.excluded.items())
            ),
            *((get_outcome_label(state).lower(), n) for state, n in mailing.counts.items() if n),
            ("planned + excluded", f"{mailing.planned} + {excluded} = {mailing.planned + excluded}"),
            *((name.replace("_", " "), n) for name, n in mailing.engagement.items()),
            *([("mailed twice", mailing.twice)] if mailing.twice else []),
            *(
                [("unsubscribed after send", mailing.unsubscribed_after_send)]
                if mailing.unsubscribed_after_send
                else []
            ),
        ],
        "",
    )
    waiting = send_again.count_waiting(mailing.id)
    if waiting.subscribers:
        said = f" {mailing.provider} says: {waiting.error}" if waiting.error else ""
        say(f"{waiting.subscribers:,} who bounced are to be sent it again; it is under way.{said}")
    for earlier in mailing.waits_for:
        say(
            f"The undecided wait for mailing {earlier}, which may have reached them. When that is known they are sent "
            f"it, or have it already. Settle it: newsletter mailings resolve {earlier}"
        )
    if len(mailing.variants) > 1:
        print_table(
            ("variant", "subscribers", "sent", "opened", "clicked"),
            [
                (code or "everybody else", each.planned, each.taken, each.opened, each.clicked)
                for code, each in mailing.variants.items()
            ],
            "",
        )


def _format_instant(instant: datetime | None, zone: str) -> str:
    return clock.format_in_zone(instant, zone) if instant else "not yet"


@app.command("who")
def list_recipients(
    mailing_id: int,
    state: str = typer.Option(
        "",
        help="accepted, delivered, bounced, unknown, refused, withdrawn …, excluded, "
        "or a reason for exclusion: excluded_bounced, unsubscribed …",
    ),
    limit: int = typer.Option(100, min=1, max=1_000_000),
    after: int = typer.Option(0, min=0, help="Continue after this subscriber id."),
    as_json: bool = JSON,
) -> None:
    """List the subscribers of a mailing by outcome."""
    rows = recipients.list_recipients(mailing_id, state=state or None, limit=limit, after=after, by=get_actor())
    if as_json:
        return emit_json(rows)
    print_table(
        ("subscriber", "address", "state", "batch"),
        [
            (r.subscriber_id, r.address, get_outcome_label(r.key).lower(), r.batch if r.batch is not None else "")
            for r in rows
        ],
        "Nobody.",
    )


@app.command("report")
def show_report(
    mailing_id: int,
    out: Path | None = typer.Option(None, help="Also write every candidate to this file, as CSV."),
    as_json: bool = JSON,
) -> None:
    """Account for every candidate, by state and reason."""
    lines = recipients.count_by_reason(mailing_id)
    if out is not None:
        _write_proof(mailing_id, out)
    if as_json:
        return emit_json(lines)
    print_table(
        ("state", "reason", "subscribers"),
        [
            (
                get_outcome_label(get_candidate_key(line.state, excluded=line.excluded)).lower(),
                line.reason,
                f"{line.subscribers:,}",
            )
            for line in lines
        ],
        "Nobody is accounted for yet: the audience is not frozen.",
    )
    say(f"{sum(line.subscribers for line in lines):,} of {summary.get_mailing(mailing_id).candidates:,} candidates.")


def _write_proof(mailing_id: int, out: Path) -> None:
    try:
        with out.open("w", encoding="utf-8", newline="") as file:
            proof.export_proof(mailing_id, file, by=get_actor(), now=clock.now())
    except OSError as error:
        raise SurroundingsError(f"{out} cannot be written: {error.strerror}. Name another file.") from None


def _add_command(name: str, verb: str, act: Callable[..., Any], done: str, *, asks: bool) -> None:
    def command(mailing_id: int, yes: bool = YES, as_json: bool = JSON) -> None:
        if asks:
            confirm_or_refuse(f"{verb.capitalize()} mailing {mailing_id}?", yes)
        act(mailing_id, by=get_actor(), now=clock.now())
        emit_json(summary.get_mailing(mailing_id)) if as_json else say(f"Mailing {mailing_id} is {done}.")

    command.__doc__ = f"{verb.capitalize()} a mailing."
    app.command(name)(command)


_add_command("pause", "pause", mailings.pause, "paused", asks=False)


@app.command("resume")
def resume(
    mailing_id: int,
    accept_account: bool = typer.Option(
        False, help="Let the rest leave by the provider account of now, also when it was planned for another."
    ),
    late: bool = typer.Option(False, help="Send the rest, though it is later than its newsletter allows."),
    yes: bool = YES,
    as_json: bool = JSON,
) -> None:
    """Resume a mailing."""
    provider = wiring.get_provider()

    resume_mailing(
        mailing_id, by=get_actor(), now=clock.now(), provider=provider, accept_account=accept_account, late=late
    )
    emit_json(summary.get_mailing(mailing_id)) if as_json else say(f"Mailing {mailing_id} is resumed.")


_add_command("cancel", "cancel", mailings.cancel, "cancelled", asks=True)


@app.command("close")
def close(
    mailing_id: int,
    reason: str = typer.Option(..., help="Why it counts as sent though many are unknown."),
    as_json: bool = JSON,
) -> None:
    """Count a mailing as finished though many of it are unknown. Nothing more is sent."""
    mailings.close(mailing_id, reason=reason, by=get_actor(), now=clock.now())
    emit_json(summary.get_mailing(mailing_id)) if as_json else say(f"Mailing {mailing_id} is closed.")


@app.command("recall")
def recall(
    mailing_id: int,
    accept_account: bool = typer.Option(
        False, help="Ask the provider account of now, also when it was submitted by another key."
    ),
    yes: bool = YES,
    as_json: bool = JSON,
) -> None:
    """Stop all of a mailing, at the provider too. Only with a recall window, until 12 minutes before its instant."""
    confirm_or_refuse(f"Recall mailing {mailing_id}? Nobody gets it then, and its edition is a draft again.", yes)
    provider = wiring.get_provider()
    spared = recall_mailing(
        mailing_id, by=get_actor(), now=clock.now(), provider=provider, accept_account=accept_account
    )
    if as_json:
        return emit_json(spared)
    say(
        f"Mailing {mailing_id} is recalled: {spared.caught:,} subscribers at the provider, "
        f"{spared.withdrawn:,} not submitted, {spared.in_flight:,} being submitted. The edition is a draft again."
    )


@app.command("sync-suppressions")
def pull_suppressions_now(as_json: bool = JSON) -> None:
    """Import now what the provider suppressed itself (bounces, complaints); it happens once a day anyway."""
    pulled = tasks.sync_suppressions_now(by=get_actor(), now=clock.now())
    emit_json(pulled) if as_json else say(
        f"{pulled.entries:,} entries read; {pulled.ours:,} are about our subscribers."
    )


@app.command("retry-events")
def retry_events(as_json: bool = JSON) -> None:
    """Apply again what the provider reported and could not be applied; it happens every hour anyway."""
    count = inbox.retry_quarantined(by=get_actor(), now=clock.now())
    emit_json({"retried": count}) if as_json else say(f"{count} reports of the provider are applied again.")


@app.command("retry-failed")
def retry_failed(as_json: bool = JSON) -> None:
    """Try again what failed again and again and is kept aside; it happens every hour anyway."""
    count = isolation.retry_failed(by=get_actor(), now=clock.now())
    emit_json({"retried": count}) if as_json else say(f"{count} things that failed are tried again.")


@app.command("repair")
def repair(
    mailing_id: int,
    over_ceiling: bool = typer.Option(
        False, "--over-ceiling", help="Also those beyond the ceiling of a warm-up, as many as today's allows."
    ),
    bounced: bool = typer.Option(
        False, "--bounced", help="Those who bounced or were blocked for a reason that was ours, and nobody else."
    ),
    reason: list[str] = typer.Option(
        [], "--reason", help="With --bounced: part of the reason. Without it: whatever looks like a block or a policy."
    ),
    yes: bool = YES,
    as_json: bool = JSON,
) -> None:
    """Plan again those who did not get it and may: refused with a whole batch, or over the provider's quota.

    With --bounced, those whom the receiving servers turned away for a reason that was ours, once its cause is gone.
    """
    if bounced:
        return _send_again(mailing_id, reason, yes, as_json)
    if reason:
        raise BadInput("--reason chooses among the bounced: give --bounced with it.", "reason")
    confirm_or_refuse(f"Send mailing {mailing_id} again to those who did not get it?", yes)
    repaired = repair_mailing(mailing_id, over_ceiling=over_ceiling, by=get_actor(), now=clock.now())
    _print_count(mailing_id, repaired, "planned once more", as_json)


def _send_again(mailing_id: int, reasons: list[str], yes: bool, as_json: bool) -> None:
    found = send_again.list_bounce_reasons(mailing_id, reasons)
    if not as_json:
        print_table(
            ("state", "reason", "subscribers", "chosen"),
            [
                (
                    get_outcome_label(each.state).lower(),
                    each.text,
                    f"{each.subscribers:,}",
                    f"{each.chosen:,}",
                )
                for each in found[:_REASONS_SHOWN]
            ],
            "Nobody bounced.",
        )
    chosen = sum(each.chosen for each in found)
    confirm_or_refuse(f"Send mailing {mailing_id} again to the {chosen:,} chosen?", yes)
    asked = send_again.send_again(mailing_id, reasons=reasons, by=get_actor(), now=clock.now())
    if as_json:
        return emit_json(
            {"asked": asked, "waiting": send_again.count_waiting(mailing_id).subscribers, "reasons": found}
        )
    say(
        f"Mailing {mailing_id}: {asked:,} subscribers are sent it again as soon as the provider and our own lists have "
        f"forgotten their bounce. See how far it is: newsletter mailings show {mailing_id}"
    )


@app.command("resolve")
def resolve_unknown(
    mailing_id: int,
    accepted: bool = typer.Option(False, "--accepted", help="The provider accepted them: nothing is sent again."),
    resend: bool = typer.Option(False, "--resend", help="Send again; those who did get it get it twice."),
    yes: bool = YES,
    as_json: bool = JSON,
) -> None:
    """Settle the unknown outcomes of a mailing: look at the provider's activity page first."""
    if accepted == resend:
        raise BadInput("Give either --accepted or --resend.", "accepted")
    if accepted:
        settled = settle_unknown(mailing_id, by=get_actor(), now=clock.now())
        return _print_count(mailing_id, settled, "counted as accepted", as_json)
    cancelled = summary.get_mailing(mailing_id).state == MailingState.CANCELLED
    question = (
        f"Count all unknown of mailing {mailing_id} as not sent? The edition's next mailing goes to them; some may get "
        "it twice."
        if cancelled
        else f"Send mailing {mailing_id} again to all unknown? Some may get it twice."
    )
    confirm_or_refuse(question, yes)
    repaired = repair_mailing(mailing_id, unknown=True, by=get_actor(), now=clock.now())
    what = "count as not sent: the edition's next mailing goes to them" if cancelled else "planned once more"
    _print_count(mailing_id, repaired, what, as_json)


def _print_count(mailing_id: int, count: int, what: str, as_json: bool) -> None:
    emit_json(summary.get_mailing(mailing_id)) if as_json else say(
        f"Mailing {mailing_id}: {count:,} subscribers {what}."
    )
