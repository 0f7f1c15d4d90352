"""Users of the desk and their roles."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

import typer

from newsletter.accounts import api_tokens, second_factor, sign_in_limits, users
from newsletter.accounts.roles import RoleName
from newsletter.accounts.token_scopes import SCOPE_NAMES, TokenScope
from newsletter.catalog import newsletters
from newsletter.cli.acting import get_actor
from newsletter.cli.output import JSON, YES, confirm_or_refuse, emit_json, print_table, read_text_file, say
from newsletter.jobs.notification_kinds import KIND_RULES, NotificationKind
from newsletter.jobs.notifications import choices
from newsletter.kernel import clock
from newsletter.kernel.errors import BadInput, NotAllowed

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Users of the desk and their roles.")
ROLE = typer.Option(RoleName.EDITOR.value, help=f"One of {users.ROLE_NAMES}; with `role` also {users.NO_ROLE}.")
NEWSLETTER = typer.Option("", "--newsletter", help="For this newsletter only (its slug); else for all.")


@app.command("add")
def add(
    email: str,
    password_file: Path = typer.Option(..., help="File that holds the password."),
    name: str = typer.Option("", help="How the desk shows the person."),
    role: str = ROLE,
    newsletter: str = NEWSLETTER,
    as_json: bool = JSON,
) -> None:
    """Add a user."""
    person = users.create_user(
        email,
        read_text_file(password_file, "The password file"),
        name=name,
        role=role,
        newsletter_id=_find_newsletter_id(newsletter),
        by=get_actor(),
        now=clock.now(),
    )
    emit_json(person) if as_json else say(f"{person.email} may sign in as {role}.")


@app.command("list")
def show_all(as_json: bool = JSON) -> None:
    """List the users, with their roles."""
    people = users.list_users()
    if as_json:
        return emit_json(people)
    names = {n.id: n.slug for n in newsletters.list_newsletters()}
    print_table(
        ("address", "name", "roles", "state"),
        [
            (
                p.email,
                p.name,
                ", ".join(f"{role.label} ({names[n] if n else 'all'})" for n, role in p.roles),
                "active" if p.active else "disabled",
            )
            for p in people
        ],
        "Nobody yet. Add the first with: newsletter setup --user ADDRESS --password-file FILE",
    )


@app.command("role")
def set_role(email: str, role: str, newsletter: str = NEWSLETTER, as_json: bool = JSON) -> None:
    """Give a user a role, or remove it with “none”."""
    person = users.set_role(
        email, role, newsletter_id=_find_newsletter_id(newsletter), seen=None, by=get_actor(), now=clock.now()
    )
    emit_json(person) if as_json else say(f"{person.email}: {role}.")


@app.command("password")
def set_password(email: str, password_file: Path = typer.Option(..., help="File that holds the new password.")) -> None:
    """Give a user a new password; their sessions end, and their tokens are revoked."""
    password = read_text_file(password_file, "The password file")
    person = users.set_password(email, password, by=get_actor(), now=clock.now())
    say(f"{person.email} has a new password.")


@app.command("disable")
def disable(email: str, as_json: bool = JSON) -> None:
    """Keep a user from signing in; sessions and tokens end at once."""
    person = users.disable_user(email, by=get_actor(), now=clock.now())
    emit_json(person) if as_json else say(f"{person.email} is disabled. Their tokens are revoked.")


@app.command("enable")
def enable(email: str, as_json: bool = JSON) -> None:
    """Let a disabled user sign in again."""
    person = users.enable_user(email, by=get_actor(), now=clock.now())
    emit_json(person) if as_json else say(f"{person.email} may sign in again.")


@app.command("remove")
def remove(email: str, yes: bool = YES, as_json: bool = JSON) -> None:
    """Delete a user; what they did stays in the audit log."""
    confirm_or_refuse(f"Remove {email}? Disabling keeps the account.", yes)
    person = users.remove_user(email, by=get_actor(), now=clock.now())
    emit_json(person) if as_json else say(f"{person.email} is removed.")


@app.command("unlock")
def unlock(email: str) -> None:
    """Let a user try to sign in again at once, after too many failures."""
    failures = sign_in_limits.unlock_user(email, by=get_actor(), now=clock.now())
    say(f"{failures} failures are forgotten.")


@app.command("reset-code")
def reset_code(email: str) -> None:
    """Turn off sign-in with a code, for a user who lost phone and spare codes."""
    address = second_factor.reset(email, by=get_actor(), now=clock.now())
    say(f"{address} signs in with the password alone until a code is set up again.")


@app.command("tokens")
def show_tokens(email: str = typer.Argument("", help="Whose; default: everybody's."), as_json: bool = JSON) -> None:
    """List the tokens by which programs act for users."""
    found = api_tokens.list_tokens(email)
    if as_json:
        return emit_json(found)
    print_table(
        ("id", "user", "program", "begins", "scopes", "created (UTC)", "expires (UTC)", "last used (UTC)"),
        [
            (
                t.id,
                t.email,
                t.name,
                t.prefix,
                ", ".join(t.scopes),
                f"{t.created_at:%d %b %Y, %H:%M}",
                f"{t.expires_at:%d %b %Y, %H:%M}" if t.expires_at else "never",
                f"{t.used_at:%d %b %Y, %H:%M}" if t.used_at else "never",
            )
            for t in found
        ],
        "No token. Create one: newsletter users token ADDRESS --name PROGRAM",
    )


@app.command("token")
def make_token(
    email: str,
    name: str = typer.Option(..., help="The program that uses it."),
    scope: list[str] = typer.Option(
        [TokenScope.ARTICLES_READ.value, TokenScope.ARTICLES_WRITE.value],
        help=f"What it may be used for; may be given several times. One of {SCOPE_NAMES}.",
    ),
    days: int = typer.Option(api_tokens.LONGEST_LIFE, help="How long it lasts, in days."),
    as_json: bool = JSON,
) -> None:
    """Create a token with a user's rights, for a program. It is shown once."""
    token, text = api_tokens.create_token(
        email, name, scopes=scope, password=None, days=days, by=get_actor(), now=clock.now()
    )
    if as_json:
        return emit_json(
            {
                "id": token.id,
                "email": token.email,
                "name": token.name,
                "token": text,
                "scopes": token.scopes,
                "expires_at": token.expires_at,
            }
        )
    say(text)
    say("Keep it now: it cannot be shown again. Programs send it as: Authorization: Bearer TOKEN")


@app.command("revoke")
def revoke_token(token_id: int, yes: bool = YES) -> None:
    """End a token at once."""
    confirm_or_refuse(f"Revoke token {token_id}?", yes)
    api_tokens.revoke_token(token_id, by=get_actor(), now=clock.now())
    say("The token is revoked.")


notify = typer.Typer(no_args_is_help=True, add_completion=False, help="What a user is notified of.")
app.add_typer(notify, name="notify")


@notify.command("list")
def show_notify(email: str, as_json: bool = JSON) -> None:
    """List what a user may be notified of, and what they are."""
    _show_choices(choices.list_choices(email), as_json)


@notify.command("set")
def set_notify(
    email: str,
    kind: str = typer.Argument(..., help=f"One of {', '.join(KIND_RULES)}."),
    wanted: str = typer.Argument(..., help="on or off"),
    newsletter: str = typer.Option("", "--newsletter", help="Of this newsletter (its slug); else of all."),
    as_json: bool = JSON,
) -> None:
    """Notify a user of something, or no more."""
    if kind not in KIND_RULES:
        raise BadInput(f"There is no notification “{kind}”. There are: {', '.join(KIND_RULES)}.", "kind")
    if wanted not in ("on", "off"):
        raise BadInput(f"“{wanted}” is neither on nor off.", "wanted")
    of = _find_newsletter_id(newsletter)
    present = [each for each in choices.list_choices(email) if each.kind == kind]
    keys = [(of, NotificationKind(kind))] if newsletter else [(each.newsletter_id, each.kind) for each in present]
    if not keys:
        raise NotAllowed(f"{email} has no right to be notified of “{kind}”.")
    found = choices.choose(email, dict.fromkeys(keys, wanted == "on"), by=get_actor(), now=clock.now())
    _show_choices(found, as_json)


def _show_choices(found: Iterable[choices.Choice], as_json: bool) -> None:
    slugs = {each.id: each.slug for each in newsletters.list_newsletters()}
    if as_json:
        return emit_json([{**asdict(each), "newsletter": slugs.get(each.newsletter_id or 0)} for each in found])
    print_table(
        ("of", "kind", "what", "notified"),
        [
            (
                slugs.get(each.newsletter_id or 0, "the service"),
                each.kind.value,
                each.kind.label,
                ("yes" if each.wanted else "no") + ("" if each.chosen else " (by default)"),
            )
            for each in found
        ],
        "There is nothing that this user may be notified of.",
    )


def _find_newsletter_id(slug: str) -> int | None:
    return newsletters.get_newsletter_by_slug(slug).id if slug else None
