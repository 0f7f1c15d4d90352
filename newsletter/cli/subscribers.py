"""Add, import, export and find subscribers."""

from __future__ import annotations

import io
import sys
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO

import typer

from newsletter.cli.acting import get_actor, get_user_name
from newsletter.cli.output import JSON, YES, confirm_or_refuse, emit_json, open_output, print_table, progress, say, warn
from newsletter.jobs import erasure
from newsletter.kernel import clock
from newsletter.kernel.errors import DONE_IN_PART, BadInput, NotFound, SurroundingsError
from subscribers import address_quality, lists, people, subscriber_lookup, suppressions, tiers
from subscribers.attributes import ProfileChanges, change_profile
from subscribers.consent import signup_attempts
from subscribers.consent.erasure import erase_subscriber
from subscribers.consent.personal_data import collect_personal_data
from subscribers.consent.proof import show_proof
from subscribers.imports import export, import_lookup, questions, run, staging, undo
from subscribers.imports.csv import LARGEST_FILE
from subscribers.imports.restore import restore_export
from subscribers.states import SubscriptionState
from subscribers.values import ImportFlag, ImportReport, Subscriber

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Add, import, export and find subscribers.")
BY = "command line"
LIST = typer.Option(..., "--list", help="The list's slug.")
BAD_ROWS_SHOWN = 20


@app.command("add")
def add(
    address: str,
    list_slug: str = LIST,
    first_name: str = typer.Option(""),
    last_name: str = typer.Option(""),
    zone: str = typer.Option("", help="Time zone of the subscriber."),
    language: str = typer.Option(""),
    confirmed: bool = typer.Option(False, "--confirmed", help="Consent is known: no confirmation mail."),
    reason: str = typer.Option("", help="Where they agreed, kept as the proof; also means --confirmed."),
    as_json: bool = JSON,
) -> None:
    """Add one subscriber. Without --confirmed or --reason a mail asks for confirmation first."""
    now = clock.now()
    found = lists.get_list_by_slug(list_slug)
    if confirmed and not reason:
        reason = f"confirmed on the command line by {get_user_name() or 'somebody'}"
    person = people.add_subscriber(
        address,
        found.id,
        first_name=first_name,
        last_name=last_name,
        zone=zone,
        language=language,
        reason=reason,
        source=BY,
        by=get_actor(),
        now=now,
    )
    if as_json:
        return emit_json(person)
    state = next((s.state.label.lower() for s in person.subscriptions if s.list_id == found.id), "")
    say(f"{person.address} is {state} on {found.name}.")


@app.command("import")
def import_subscriber_file(
    file: Path = typer.Argument(
        ..., help="A CSV file, a workbook, a ZIP of these, or addresses; - reads standard input."
    ),
    list_slug: str = LIST,
    dry_run: bool = typer.Option(False, "--dry-run", help="Count and report, change nothing."),
    columns: list[str] = typer.Option(
        [], "--map", help="What a column is: 'Company=attribute', 'Mail=email'. Repeatable."
    ),
    status: str = typer.Option("", help="The state of every row: active, pending, unsubscribed, bounced, complained."),
    words: list[str] = typer.Option(
        [], "--status-value", help="What a value of a column means: 'Status:VIP=active'. Repeatable."
    ),
    tiers: list[str] = typer.Option([], "--tier-value", help="What a value of the tier column means: 'Gold=paid'."),
    dates: list[str] = typer.Option(
        [], "--dates", help="Whether 03/04/2021 in a column begins with the day: 'Joined=day-first' or =month-first."
    ),
    other_columns: str = typer.Option(
        "", "--other-columns", help="attribute or ignore: what those are that only have few different values."
    ),
    overwrite: bool = typer.Option(False, "--overwrite", help="Names and attributes in the file replace ours."),
    as_json: bool = JSON,
) -> None:
    """Import a file of any program. Nobody is re-subscribed; bad rows are reported (exit 4), others imported."""
    now = clock.now()
    found = lists.get_list_by_slug(list_slug)
    source: Path | BinaryIO = io.BytesIO(sys.stdin.buffer.read(LARGEST_FILE + 1)) if str(file) == "-" else file
    if isinstance(source, Path) and not file.is_file():
        raise SurroundingsError(
            f"{file} cannot be read: {'it is a folder' if file.is_dir() else 'there is no such file'}."
        )
    if other_columns not in ("", "attribute", "ignore"):
        raise BadInput(f"“{other_columns}” is not possible. Give attribute or ignore.", "other-columns")
    options = staging.ImportOptions(
        _parse_pairs(columns, "--map"),
        status,
        _parse_pairs(words, "--status-value"),
        overwrite,
        _parse_pairs(tiers, "--tier-value"),
        _parse_pairs(dates, "--dates"),
        other_columns,
    )
    by = get_actor()
    try:
        with progress("Importing", None) as advance:
            report = run.import_csv(
                source, found.id, dry_run=dry_run, by=by, now=now, options=options, progress=advance
            )
    except questions.UnansweredError as unanswered:
        if not as_json:
            raise
        emit_json({"questions": [questions.to_json(each) for each in unanswered.questions]})
        raise typer.Exit(unanswered.exit_code) from None
    _print_report(report, found.name, dry_run, as_json)
    if report.refused:
        raise typer.Exit(DONE_IN_PART)


def _parse_pairs(texts: list[str], option: str) -> dict[str, str]:
    pairs = {}
    for text in texts:
        name, equals, value = text.rpartition("=")
        if not equals or not name.strip() or not value.strip():
            raise BadInput(f"“{text}” is not a pair. Write it like {option} 'Name=meaning'.", option.strip("-"))
        pairs[name.strip()] = value.strip()
    return pairs


def _print_report(report: ImportReport, name: str, dry_run: bool, as_json: bool) -> None:
    if as_json:
        return emit_json(report)
    prefix = f"import {report.id}, " if report.id else ""
    say("Dry run: nothing was changed." if dry_run else f"Imported into {name} ({prefix}read as {report.tool}).")
    if dry_run and report.columns:
        print_table(("column", "taken as"), [each for each in report.columns if each[1] != "ignore"], "")
    print_table(
        ("rows", "count"),
        [
            (each.replace("_", " "), getattr(report, each))
            for each in ("new", "updated", "unchanged", "kept_unsubscribed", "skipped", "refused", "rows")
        ],
        "",
    )
    if dry_run and report.states:
        states = [(_get_state_label(state), count) for state, count in report.states.items()]
        print_table(("they would be", "people"), states, "")
        say(f"{report.newly_active} would get the next edition who do not get it yet.")
        print_table(("example", "understood as"), [_describe_example(each) for each in report.examples], "")
    for kind, flag in report.flags.items():
        warn(f"{flag.count} {address_quality.FLAG_LABELS[kind]}{_format_examples(flag)}")
    if dry_run and report.undated:
        warn(f"{report.undated} have no date of consent. In some countries you may not mail them.")
    if report.note:
        warn(report.note)
    for bad in report.bad[:BAD_ROWS_SHOWN]:
        warn(f"line {bad.line}, {bad.field}: {bad.reason}")
    if report.refused > BAD_ROWS_SHOWN:
        more = f"newsletter subscribers imports refused {report.id}" if report.id else "--json"
        warn(f"… and {report.refused - BAD_ROWS_SHOWN} more bad rows: {more}")
    if report.refused:
        warn(
            f"{report.refused} rows were refused, the others imported. "
            "Fix those and import the file again: nobody is added twice."
        )


def _get_state_label(state: str) -> str:
    """A state of a dry run as people read it."""
    return next((each.label for each in SubscriptionState if each == state), state.capitalize())


def _describe_example(example: Mapping[str, str]) -> tuple[str, str]:
    known = [f"{name.replace('_', ' ')} {value}" for name, value in example.items() if name != "address"]
    return example["address"], ", ".join(known)


def _format_examples(flag: ImportFlag) -> str:
    shown = [
        f"line {line}: {address}{f' (meant {meant}?)' if meant else ''}" for line, address, meant in flag.first[:3]
    ]
    return f" ({'; '.join(shown)}{'; …' if flag.count > 3 else ''})"


imports = typer.Typer(no_args_is_help=True, add_completion=False, help="Past imports: show, resume, undo.")
app.add_typer(imports, name="imports")


@imports.command("list")
def list_imports(as_json: bool = JSON) -> None:
    """List the latest imports."""
    found = import_lookup.list_imports()
    if as_json:
        return emit_json(found)
    print_table(
        ("id", "file", "list", "state", "new", "refused", "started (UTC)"),
        [
            (
                r.id,
                r.name,
                r.list_name,
                r.state.label.lower(),
                r.report.new,
                r.report.refused,
                f"{r.created_at:%Y-%m-%d %H:%M}",
            )
            for r in found
        ],
        "No import yet. Start one: newsletter subscribers import FILE --list SLUG",
    )


@imports.command("show")
def show_import(import_id: int, as_json: bool = JSON) -> None:
    """Show one import: its progress and result."""
    found = import_lookup.get_import(import_id)
    if as_json:
        return emit_json(found)
    say(
        f"Import {found.id} of {found.name} into {found.list_name} is {found.state.label.lower()}: "
        f"{found.merged} of {found.people} addresses imported."
    )
    if found.error:
        warn(found.error)
    _print_report(found.report, found.list_name, False, False)


@imports.command("resume")
def resume_import(import_id: int, as_json: bool = JSON) -> None:
    """Resume an import that was stopped, or whose process died."""
    now = clock.now()
    with progress("Importing", None) as advance:
        report = run.resume_import(import_id, by=get_actor(), now=now, progress=advance)
    found = import_lookup.get_import(import_id)
    _print_report(report, found.list_name, False, as_json)
    if report.refused:
        raise typer.Exit(DONE_IN_PART)


@imports.command("undo")
def undo_import(
    import_id: int,
    keep_people: bool = typer.Option(
        False,
        "--keep-people",
        help="Keep the subscribers it added, on no list. Those whom an edition reached are always kept.",
    ),
    yes: bool = YES,
    as_json: bool = JSON,
) -> None:
    """Undo an import as a whole. Subscribers who acted since stay as they are."""
    found = import_lookup.get_import(import_id)
    confirm_or_refuse(
        f"Undo import {import_id} of {found.name}: {found.report.new} new subscribers of {found.list_name}?", yes
    )
    now = clock.now()
    by = get_actor()
    with progress("Undoing", found.people) as advance:
        undone = undo.undo_import(import_id, by=by, now=now, keep_people=keep_people, progress=advance)
    if as_json:
        return emit_json(undone)
    say(
        f"Undone: {undone.removed} subscriptions removed, {undone.put_back} restored, "
        f"{undone.people_removed} subscribers removed; {undone.left_alone} acted since and stay as they are."
    )


@imports.command("refused")
def write_refused_rows(
    import_id: int, out: Path | None = typer.Option(None, help="File to write; default: standard output.")
) -> None:
    """Write every refused row of an import as CSV: line, field, value, reason."""
    import_lookup.get_import(import_id)
    with open_output(out) as file:
        for text in import_lookup.stream_refused_csv(import_id):
            file.write(text)


@app.command("export")
def export_subscribers(
    list_slug: str = typer.Option("", "--list", help="The list's slug; without it all subscribers, as jsonl."),
    out: Path | None = typer.Option(None, help="File to write; default: standard output."),
    form: str = typer.Option("", "--format", help="csv, jsonl (ours: complete and exact), mailchimp or listmonk."),
    state: str = typer.Option("", help="Only those in this state. Default for mailchimp and listmonk: active."),
    segment: str = typer.Option("", help="Only those in this segment."),
) -> None:
    """Export the subscribers of a list, or everything."""
    by, now = get_actor(), clock.now()
    found = lists.get_list_by_slug(list_slug) if list_slug else None
    form = form or ("csv" if found else "jsonl")
    list_id = found.id if found else None
    with open_output(out) as file:
        if out is None:
            count = export.write_export(
                list_id, file.write, by=by, now=now, export_format=form, state=state, segment=segment
            )
        else:
            with progress("Exporting", None) as advance:
                count = export.write_export(
                    list_id,
                    file.write,
                    by=by,
                    now=now,
                    export_format=form,
                    state=state,
                    segment=segment,
                    progress=advance,
                )
    if out is not None:
        say(f"{count} subscribers written to {out}.")


@app.command("restore")
def restore(file: Path, as_json: bool = JSON) -> None:
    """Restore our own export (jsonl). Existing subscribers change only by opt-outs; nobody is re-subscribed."""
    now = clock.now()
    try:
        with file.open("rb") as stream, progress("Restoring", None) as advance:
            done = restore_export(stream, name=file.name, by=get_actor(), now=now, progress=advance)
    except OSError as error:
        raise SurroundingsError(f"{file} cannot be read: {error.strerror}.") from None
    if as_json:
        emit_json(done)
    else:
        say(
            f"{done.people} subscribers are new, {done.already_here} existed; "
            f"{done.lists} lists and {done.suppressions} suppressions are new."
        )
        for bad in done.bad[:BAD_ROWS_SHOWN]:
            warn(f"line {bad.line}: {bad.reason}")
    if done.refused:
        raise typer.Exit(DONE_IN_PART)


@app.command("data")
def show_data(address: str) -> None:
    """Write all data of a subscriber as JSON, for those who ask for it."""
    now = clock.now()
    person = _get_subscriber(address)
    emit_json(collect_personal_data(person.id, by=get_actor(), now=now))


@app.command("proof")
def show_consent_proof(address: str, as_json: bool = JSON) -> None:
    """Show the proof of consent of an address, with the texts that were shown; also of somebody who was erased."""
    found = show_proof(address, by=get_actor(), now=clock.now())
    if as_json:
        return emit_json(found)
    erased = f"erased {found.erased_at:%Y-%m-%d %H:%M} UTC" if found.erased_at else ""
    say(", ".join(filter(None, (found.address, f"subscriber {found.subscriber_id or 'gone'}", erased))))
    print_table(
        ("at (UTC)", "list", "state", "how", "from", "shown"),
        [
            (
                f"{each.at:%Y-%m-%d %H:%M}",
                each.list_name,
                each.state,
                each.how,
                each.origin,
                " ".join(h[:8] for h in (each.form_hash, each.notice_hash, each.mail_hash) if h),
            )
            for each in found.events
        ],
        "No event.",
    )
    for digest, text in found.texts.items():
        say(f"\n{digest}\n{text.text}")


@app.command("erase")
def erase(address: str, yes: bool = YES) -> None:
    """Erase a subscriber for good: only a hash of the address stays, so that it is never signed up again."""
    person = _get_subscriber(address)
    confirm_or_refuse(f"Erase everything about {person.address}? This cannot be undone.", yes)
    now = clock.now()
    erase_subscriber(person.id, by=get_actor(), now=now)
    erasure.propagate_erasures(now)
    say("Erased, also in deliveries, waiting webhook payloads and the outbox.")


@app.command("set")
def set_values(
    address: str,
    tier: str = typer.Option("", help="free, metered, paid, comp, or one of your own. See also: subscribers tier."),
    tag: list[str] = typer.Option([], help="A tag to add. Repeatable."),
    untag: list[str] = typer.Option([], help="A tag to remove. Repeatable."),
    attributes: list[str] = typer.Option([], "--attribute", help="NAME=VALUE; an empty value removes it. Repeatable."),
    as_json: bool = JSON,
) -> None:
    """Set a subscriber's tier, tags and attributes."""
    now = clock.now()
    person = _get_subscriber(address)
    values = {}
    for text in attributes:
        name, equals, value = text.partition("=")
        if not equals:
            raise BadInput(f"“{text}” is not a pair. Write it like --attribute 'town=Leeds'.", "attribute")
        values[name.strip()] = value
    changes: ProfileChanges = {"attributes": values, "add_tags": tag, "remove_tags": untag}
    if tier:
        changes["tier"] = tier
    change_profile(person.id, seen=None, by=get_actor(), now=now, **changes)
    person = tiers.settle(subscriber_lookup.get_subscriber(person.id), now)
    if as_json:
        return emit_json(person)
    known = ", ".join(f"{name} {value}" for name, value in person.attributes.items())
    say(f"{person.address}: {person.tier}; {', '.join(person.tags) or 'no tags'}; {known or 'no attributes'}.")


@app.command("tier")
def show_or_set_tier(
    address: str,
    name: str = typer.Argument("", help="The tier to give; without it the tier and its history are shown."),
    until: str = typer.Option("", help="Its last day (UTC), like 2027-11-24, or an instant; then it is free again."),
    as_json: bool = JSON,
) -> None:
    """Set a subscriber's tier, until a day if you like, or show how it changed."""
    now = clock.now()
    person = _get_subscriber(address)
    ends_at = tiers.parse_end(until)
    if name:
        tiers.set_tier(person.id, name, ends_at=ends_at, how="command", by=get_actor(), now=now)
    elif until:
        raise BadInput("Say which tier ends then.", "name")
    person = tiers.settle(subscriber_lookup.get_subscriber(person.id), now)
    changes = tiers.list_tier_changes(person.id)
    if as_json:
        known = {"address": person.address, "tier": person.tier, "until": person.tier_ends_at, "changes": changes}
        return emit_json(known)
    ends = f" until {person.tier_ends_at:%Y-%m-%d %H:%M} UTC" if person.tier_ends_at else ""
    say(f"{person.address} is {person.tier}{ends}.")
    print_table(
        ("at (UTC)", "from", "to", "until (UTC)", "how", "by"),
        [
            (
                f"{each.at:%Y-%m-%d %H:%M}",
                each.before,
                each.tier,
                f"{each.ends_at:%Y-%m-%d %H:%M}" if each.ends_at else "",
                each.how,
                each.by,
            )
            for each in changes
        ],
        "It never changed.",
    )


@app.command("tiers")
def show_or_create_tiers(
    add: str = typer.Option("", "--add", help="Make a tier of your own, such as founding-member."), as_json: bool = JSON
) -> None:
    """List the tiers; --add makes one of your own."""
    if add:
        tiers.create_tier(add, by=get_actor(), now=clock.now())
    known = tiers.list_tiers()
    emit_json(known) if as_json else say(", ".join(known))


@app.command("signup-attempts")
def show_signup_attempts(days: int = typer.Option(1, min=1, max=30), as_json: bool = JSON) -> None:
    """Count recent sign-up attempts by outcome."""
    found = signup_attempts.count_attempts(clock.now() - timedelta(days=days))
    if as_json:
        return emit_json(found)
    print_table(
        ("outcome", "attempts"),
        [(signup_attempts.get_verdict_label(verdict).lower(), n) for verdict, n in found.by_verdict.items()],
        "No attempts.",
    )


@app.command("find")
def find(query: str, limit: int = typer.Option(50, min=1, max=1000), as_json: bool = JSON) -> None:
    """Find subscribers by part of a name or of any address, former ones too."""
    found = subscriber_lookup.find_subscribers(query, by=get_actor(), limit=limit)
    if as_json:
        return emit_json(found)
    print_table(
        ("id", "address", "name"),
        [(p.id, p.address, f"{p.first_name} {p.last_name}".strip()) for p in found],
        "Nobody.",
    )


@app.command("show")
def show(address: str, as_json: bool = JSON) -> None:
    """Show one subscriber with every change of subscription and address."""
    person = tiers.settle(_get_subscriber(address), clock.now())
    if as_json:
        return emit_json(person)
    say(f"{person.address} (subscriber {person.id}) {person.first_name} {person.last_name}".rstrip())
    print_table(
        ("list", "state", "since (UTC)"),
        [(s.list_name, s.state.label.lower(), f"{s.since:%Y-%m-%d %H:%M}") for s in person.subscriptions],
        "On no list.",
    )
    for former in person.former_addresses:
        say(f"was {former.address} until {former.until:%Y-%m-%d %H:%M} UTC")


@app.command("change-address")
def change_address(address: str, new_address: str) -> None:
    """Change a subscriber's address. The old one is told by mail, with a link to undo it, and can still be found."""
    now = clock.now()
    person = people.change_address(_get_subscriber(address).id, new_address, seen=None, by=get_actor(), now=now)
    say(f"{address} is now {person.address}.")


@app.command("unsubscribe")
def unsubscribe(address: str, list_slug: str = LIST, yes: bool = YES) -> None:
    """Unsubscribe somebody from a list, at their request."""
    confirm_or_refuse(f"Unsubscribe {address} from {list_slug}? Only the subscriber can undo this.", yes)
    now = clock.now()
    person = _get_subscriber(address)
    people.unsubscribe(person.id, lists.get_list_by_slug(list_slug).id, by=get_actor(), now=now)
    say(f"{address} is unsubscribed from {list_slug}.")


@app.command("suppress")
def suppress(address: str, reason: str = typer.Option("asked", help="Why."), yes: bool = YES) -> None:
    """Suppress an address, on every list. See also: newsletter suppressions."""
    confirm_or_refuse(f"Suppress {address}?", yes)
    now = clock.now()
    suppressions.suppress(address, reason=reason, by=get_actor(), now=now)
    say(f"{address} is on the suppression list.")


def _get_subscriber(address: str) -> Subscriber:
    person = subscriber_lookup.find_subscriber_by_address(address)
    if person is None:
        raise NotFound(f"Nobody here has the address {address}. Search parts of it: newsletter subscribers find TEXT")
    return person
