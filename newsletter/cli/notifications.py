"""What users and webhooks were told, and webhooks themselves."""

from __future__ import annotations

from pathlib import Path

import typer

from newsletter.catalog import newsletters
from newsletter.cli.acting import get_actor
from newsletter.cli.output import JSON, YES, confirm_or_refuse, emit_json, print_table, read_text_file, say
from newsletter.jobs.notification_kinds import WebhookForm
from newsletter.jobs.notifications import history, testing, webhooks
from newsletter.kernel import clock
from newsletter.kernel.errors import BadInput, Refused

app = typer.Typer(no_args_is_help=True, add_completion=False, help="What users and webhooks are told of.")


@app.command("list")
def show_all(
    limit: int = typer.Option(50, min=1, max=1000, help="How many, the newest first."), as_json: bool = JSON
) -> None:
    """List what was told, to how many, and whether it arrived."""
    found = history.list_notifications(limit=limit)
    if as_json:
        return emit_json(found)
    print_table(
        ("when (UTC)", "what", "mails and webhooks"),
        [(f"{each.created_at:%d %b %Y, %H:%M}", each.subject, each.outcome) for each in found],
        "Nothing was told yet. Try it out: newsletter notifications test ADDRESS",
    )


@app.command("test")
def send_test(
    recipient: str = typer.Argument(..., help="The address of a user, or the name of a webhook."),
    as_json: bool = JSON,
) -> None:
    """Send a test notification, now."""
    told = testing.send_test_notification(recipient, by=get_actor(), now=clock.now())
    if as_json:
        emit_json(told)
    for each in told.messages:
        if not each.arrived:
            raise Refused(f"{each.recipient}: {each.state}. {each.error}")
        if not as_json:
            say(f"{each.recipient}: {each.state}.")


@app.command("webhooks")
def show_webhooks(as_json: bool = JSON) -> None:
    """List the webhooks. Their addresses are secrets: only the host is shown."""
    found = webhooks.list_webhooks()
    if as_json:
        return emit_json(found)
    names = {each.id: each.slug for each in newsletters.list_newsletters()}
    print_table(
        ("name", "host", "form", "of", "told of"),
        [
            (
                each.name,
                each.host,
                each.form.label,
                names.get(each.newsletter_id or 0, "all"),
                ", ".join(each.kinds) or "everything",
            )
            for each in found
        ],
        "No webhook. Add one: newsletter notifications add-webhook NAME --url-file FILE",
    )


@app.command("add-webhook")
def add_webhook(
    name: str,
    url: str = typer.Option("", help="Its address. Others can read it in the list of processes; better is a file."),
    url_file: Path | None = typer.Option(None, help="File that holds the address; - for standard input."),
    form: str = typer.Option(WebhookForm.JSON.value, help=f"What is posted: {' or '.join(WebhookForm)}."),
    newsletter: str = typer.Option("", "--newsletter", help="Only what is about this newsletter (its slug)."),
    kind: list[str] = typer.Option([], help="Only this kind; may be given several times. Default: all."),
    allow_private: bool = typer.Option(False, "--allow-private", help="The address may be on a private network."),
    as_json: bool = JSON,
) -> None:
    """Add a webhook. The secret that signs what is posted to it is shown once."""
    if bool(url) is (url_file is not None):
        raise BadInput("Give the address with --url-file FILE, or with --url.", "url")
    made, secret = webhooks.add_webhook(
        name,
        url or read_text_file(url_file or Path("-"), "The file of the address"),
        form=form,
        newsletter_id=newsletters.get_newsletter_by_slug(newsletter).id if newsletter else None,
        kinds=kind,
        allows_private=allow_private,
        by=get_actor(),
        now=clock.now(),
    )
    if as_json:
        return emit_json({"webhook": made, "secret": secret})
    say(f"{made.name} ({made.host}) is told from now on. Its secret, shown only now: {secret}")
    say(f"Try it out: newsletter notifications test {made.name}")


@app.command("remove-webhook")
def remove_webhook(name: str, yes: bool = YES) -> None:
    """Remove a webhook; what waits for it is not posted."""
    confirm_or_refuse(f"Remove the webhook {name}?", yes)
    webhooks.remove_webhook(name, by=get_actor(), now=clock.now())
    say(f"{name} is removed.")
