"""Back up, restore, recount, and decide when rows may have gone back in time."""

from __future__ import annotations

from pathlib import Path

import typer

from newsletter.cli.acting import get_actor
from newsletter.cli.output import (
    JSON,
    YES,
    confirm_or_refuse,
    emit_json,
    print_table,
    progress,
    say,
    spinner,
    warn,
)
from newsletter.cli.startup import only_one
from newsletter.delivery.sending.lost_attempts import Recovered
from newsletter.jobs import backup, continuity, put_aside, recounting, restore, wiring
from newsletter.kernel import clock
from newsletter.kernel.errors import BadInput
from subscribers import lists

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="Back up, restore, recount, and decide when rows may have gone back in time.",
)


@app.command("status")
def show_status(as_json: bool = JSON) -> None:
    """Show whether sending is held and why, how far database and state folder are, and what is due."""
    now = clock.now()
    found = continuity.describe_situation(now)
    if as_json:
        return emit_json(found)
    status = found.status
    say(f"Installation {status.identity}, history {status.history}.")
    marked = f", {status.marked_at:%Y-%m-%d %H:%M:%S} UTC" if status.marked_at else ""
    say(f"The database is at mark {status.mark}{marked}.")
    if status.remembered_mark is None:
        say("This machine remembers nothing of it.")
    else:
        say(f"This machine remembers mark {status.remembered_mark}, {status.remembered_at[:19].replace('T', ' ')} UTC.")
    if status.lost_attempts:
        say(f"{status.lost_attempts} requests were sent from here that the database does not know of.")
    if found.payloads_waiting:
        since = f", the oldest since {found.oldest_payload_at:%Y-%m-%d %H:%M} UTC" if found.oldest_payload_at else ""
        say(f"{found.payloads_waiting} payloads of the provider wait to be applied{since}.")
    if found.witnessed:
        seen = found.witnessed
        say(
            f"The provider reports on {seen.requests} requests that the database does not know, with at least "
            f"{seen.people} people, {seen.first_at:%Y-%m-%d %H:%M} to {seen.last_at:%Y-%m-%d %H:%M} UTC. None of them "
            "is sent the same words again."
        )
    for day in found.days:
        say(f"On {day.day} (UTC) the provider was given {day.provider} messages; by our ledger {day.ledger} left.")
    if found.days_problem:
        say(f"The provider's figures could not be read: {found.days_problem}")
    if status.outbox_only:
        say("This is a copy: mail goes to the outbox alone. To send again: newsletter database use-provider")
    print_table(
        ("due and would leave", "state", "due (UTC)"),
        [(each.what, each.state, f"{each.due_at:%Y-%m-%d %H:%M}") for each in found.due],
        "Nothing is due.",
    )
    if status.held_since:
        warn(f"SENDING IS HELD since {status.held_since:%Y-%m-%d %H:%M:%S} UTC: {status.held_reason}")
        warn("When you have looked at what the provider has: newsletter database resume-sending --reason …")
        warn("If this is a copy that is to stay one, for tests: newsletter database this-is-a-copy")


@app.command("resume-sending")
def resume_sending(
    reason: str = typer.Option(..., help="Why mail may leave again, for the audit log."),
    yes: bool = YES,
    as_json: bool = JSON,
) -> None:
    """End the hold. What is due stays stopped, one by one; those known to have their mail are not sent it again."""
    confirm_or_refuse("Let mail leave again? What was due or under way stays stopped until you decide about it.", yes)
    done = continuity.resume_sending(reason=reason, by=get_actor(), now=clock.now())
    if as_json:
        return emit_json(done)
    say("Mail leaves again.")
    _say_stopped(done)
    _say_recovered(done.recovered)
    if done.mailings:
        say("For each: newsletter mailings show ID, then mailings resume or cancel; held ones: editions send.")


@app.command("this-is-a-copy")
def make_copy(yes: bool = YES, as_json: bool = JSON) -> None:
    """Make this an installation of its own, for tests: nothing planned is sent, and mail goes to the outbox alone."""
    confirm_or_refuse("Make this a copy? Everything planned is cancelled, and mail goes to the outbox alone.", yes)
    done = continuity.make_copy(by=get_actor(), now=clock.now())
    if as_json:
        return emit_json(done)
    say("This is an installation of its own now. Mail goes to the outbox alone, whatever NEWSLETTER_PROVIDER says.")
    _say_stopped(done)
    say("To send by the provider all the same: newsletter database use-provider")


@app.command("use-provider")
def use_provider(yes: bool = YES) -> None:
    """Let what was made a copy send by the provider again."""
    confirm_or_refuse("Let mail leave by the provider?", yes)
    if continuity.allow_provider(by=get_actor(), now=clock.now()):
        say("Mail leaves by the provider that is set. Restart what runs.")
    else:
        say("It does so already.")


@app.command("recount")
def recount(as_json: bool = JSON) -> None:
    """Count subscribers and mailings anew, say which counts were wrong, and correct them."""
    with spinner("Counting"):
        done = recounting.recount(by=get_actor(), now=clock.now())
    if as_json:
        return emit_json(done)
    names = lists.map_list_names()
    for count in done.subscribers:
        where = names.get(count.list_id, f"list {count.list_id}")
        say(f"{where}, {count.state}: {count.kept:,} was kept, {count.counted:,} are there.")
    for sums in done.mailings:
        kept, counted = _list_counts(sums.kept), _list_counts(sums.counted)
        say(f"Mailing {sums.mailing_id}: {kept} was kept, the ledger has {counted}.")
    say("All counts are right." if not done.subscribers + done.mailings else "They are corrected.")


def _list_counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{n:,} {word}" for word, n in counts.items()) or "nothing"


@app.command("backup")
def back_up(
    file: Path = typer.Argument(..., help="File to write, such as newsletter.tar; .tar.gz is compressed."),
    secret_key_to: Path | None = typer.Option(None, help="Write the secret key to this file of its own."),
    as_json: bool = JSON,
) -> None:
    """Back up database and pictures into one file while everything runs, and read it back. Without the secret key."""
    with progress("Backing up", None) as advance:
        made = backup.back_up(file, by=get_actor(), now=clock.now(), secret_key_to=secret_key_to, advance=advance)
    if as_json:
        return emit_json(made)
    say(f"{made.file}: {made.rows} rows and {made.pictures} pictures, {made.size / 2**20:.1f} MB, read back and sound.")
    if secret_key_to is not None:
        say(f"The secret key is in {secret_key_to}. Keep it somewhere else than the backup.")
    else:
        say("The secret key is not in it: keep it apart (--secret-key-to FILE). Without it no link in sent mail works.")


@app.command("restore")
def restore_backup(file: Path, yes: bool = YES, as_json: bool = JSON) -> None:
    """Put a backup in the place of the database. Sending is held until you have looked: database resume-sending."""
    if not file.exists():
        raise BadInput(f"{file} does not exist.", "file")
    with only_one(wiring.get_config().data_dir):
        if not restore.is_empty():
            confirm_or_refuse("The database is not empty. Replace it with the backup?", yes)
        with spinner("Restoring"):
            done = restore.restore(file, by=get_actor(), now=clock.now())
    if as_json:
        return emit_json(done)
    say(f"The backup of {done.made_at[:19].replace('T', ' ')} UTC is in place: {done.rows} rows.")
    if done.known_until:
        say(f"What happened until {done.known_until[:19].replace('T', ' ')} UTC and is not in it is lost.")
    if done.put_aside:
        say(
            f"The database that was there is in {done.put_aside}, with whoever was erased since. It is deleted after "
            f"{put_aside.RETENTION.days} days by itself."
        )
    if done.erased_again:
        say(f"{done.erased_again} people who were erased since are erased again.")
    _say_recovered(done.recovered)
    if done.suppressions is None:
        warn(f"The provider's suppressions could not be read: {done.problem}")
        warn("Before anything is sent: newsletter mailings sync-suppressions")
    else:
        say(f"The provider's suppressions were taken over: {done.suppressions} subscribers.")
    say("Sending is held. Start everything, then: newsletter database status")


def _say_recovered(recovered: Recovered | None) -> None:
    if recovered is None:
        return
    if recovered.settled + recovered.added:
        say(
            f"{recovered.settled} batches of the ledger had been sent, as this machine noted, and {recovered.added} "
            "that it lacked. Nobody in them is mailed again."
        )
    for about, count in recovered.unplaced.items():
        warn(f"{about} was sent to {count} subscribers, and the database lacks its approval. Do not send it again.")


def _say_stopped(done: continuity.Stopped) -> None:
    if done.mailings:
        say(f"Stopped: mailings {', '.join(map(str, done.mailings))}.")
    if done.occurrences:
        say(f"Held: {done.occurrences} planned dates.")
    if done.mails:
        say(f"{done.mails} mails to single people were waiting and are not sent: nobody knows whether they left.")
