"""Users of the desk and their roles."""

from __future__ import annotations

from pathlib import Path

import typer

from newsletter.accounts import api_tokens, audit_log, second_factor, users
from newsletter.accounts.roles import RoleName
from newsletter.catalog import newsletters
from newsletter.cli.output import JSON, YES, confirm_or_refuse, emit_json, print_table, read_text_file, say
from newsletter.kernel import clock

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
    now = clock.now()
    person = users.create_user(
        email,
        read_text_file(password_file, "The password file"),
        name=name,
        role=role,
        newsletter_id=_find_newsletter_id(newsletter),
        now=now,
    )
    audit_log.record(None, "added", person.email, now=now, detail=role)
    emit_json(person) if as_json else say(f"{person.email} may sign in as {role}.")


@app.command("list")
def show_all(as_json: bool = JSON) -> None:
    """List the users, with their roles."""
    people = users.list_users()
    if as_json:
        return emit_json(people)
    names = {n.id: n.slug for n in newsletters.list_newsletters()}
    print_table(
        ("address", "name", "roles"),
        [
            (p.email, p.name, ", ".join(f"{role.label} ({names[n] if n else 'all'})" for n, role in p.roles))
            for p in people
        ],
        "Nobody yet. Add the first with: newsletter setup --user ADDRESS --password-file FILE",
    )


@app.command("role")
def set_role(email: str, role: str, newsletter: str = NEWSLETTER, as_json: bool = JSON) -> None:
    """Give a user a role, or remove it with “none”."""
    now = clock.now()
    person = users.set_role(email, role, newsletter_id=_find_newsletter_id(newsletter))
    audit_log.record(None, "gave role", person.email, now=now, detail=role)
    emit_json(person) if as_json else say(f"{person.email}: {role}.")


@app.command("password")
def set_password(email: str, password_file: Path = typer.Option(..., help="File that holds the new password.")) -> None:
    """Give a user a new password; their sessions end."""
    person = users.set_password(email, read_text_file(password_file, "The password file"))
    audit_log.record(None, "changed password", person.email, now=clock.now())
    say(f"{person.email} has a new password.")


@app.command("reset-code")
def reset_code(email: str) -> None:
    """Turn off sign-in with a code, for a user who lost phone and spare codes."""
    address = second_factor.reset(email)
    audit_log.record(None, "turned off sign-in with a code", address, now=clock.now())
    say(f"{address} signs in with the password alone until a code is set up again.")


@app.command("tokens")
def show_tokens(email: str = typer.Argument("", help="Whose; default: everybody's."), as_json: bool = JSON) -> None:
    """List the tokens by which programs act for users."""
    found = api_tokens.list_tokens(email)
    if as_json:
        return emit_json(found)
    print_table(
        ("id", "user", "program", "begins", "created (UTC)", "last used (UTC)"),
        [
            (
                t.id,
                t.email,
                t.name,
                t.prefix,
                f"{t.created_at:%d %b %Y, %H:%M}",
                f"{t.used_at:%d %b %Y, %H:%M}" if t.used_at else "never",
            )
            for t in found
        ],
        "No token. Create one: newsletter users token ADDRESS --name PROGRAM",
    )


@app.command("token")
def make_token(
    email: str, name: str = typer.Option(..., help="The program that uses it."), as_json: bool = JSON
) -> None:
    """Create a token with a user's rights, for a program. It is shown once."""
    now = clock.now()
    token, text = api_tokens.create_token(email, name, now=now)
    audit_log.record(None, "made token", token.email, now=now, detail=token.name)
    if as_json:
        return emit_json({"id": token.id, "email": token.email, "name": token.name, "token": text})
    say(text)
    say("Keep it now: it cannot be shown again. Programs send it as: Authorization: Bearer TOKEN")


@app.command("revoke")
def revoke_token(token_id: int, yes: bool = YES) -> None:
    """End a token at once."""
    confirm_or_refuse(f"Revoke token {token_id}?", yes)
    api_tokens.revoke_token(token_id)
    audit_log.record(None, "revoked token", str(token_id), now=clock.now())
    say("The token is revoked.")


def _find_newsletter_id(slug: str) -> int | None:
    return newsletters.get_newsletter_by_slug(slug).id if slug else None
