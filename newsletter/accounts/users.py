"""Users: creating, disabling and removing them, their roles and passwords."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.contrib.sessions.models import Session
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import QuerySet

from newsletter.accounts.models import CalendarLink, Role, User
from newsletter.accounts.own_account import confirm_password, normalise_email, refuse_own, require_own
from newsletter.accounts.roles import ALLOWED_VERBS, RoleName
from newsletter.kernel.actors import ActionRecord, Actor, Verb, require_right
from newsletter.kernel.changes import select_changes
from newsletter.kernel.errors import BadInput, NotFound, Refused

_LABELS = {"role": "Role"}
SESSIONS_PER_QUERY = 500
NO_ROLE = "none"  # in place of a role: takes it away
ROLE_NAMES = ", ".join(role.label for role in RoleName).lower()  # as people type them


@dataclass(frozen=True, slots=True)
class UserAccount:
    """A user of the desk. `roles` pairs the id of a newsletter (None: all of them) with a role."""

    id: int
    email: str
    name: str
    active: bool
    roles: tuple[tuple[int | None, RoleName], ...]

    def list_allowed(self, verb: Verb) -> frozenset[int] | None:
        """The ids of the newsletters that they may `verb`; None means all of them. A disabled user may nothing."""
        found = {n for n, role in self.roles if self.active and verb in ALLOWED_VERBS[role]}
        return None if None in found else frozenset(each for each in found if each is not None)

    def may(self, verb: Verb, newsletter_id: int | None) -> bool:
        """Whether they may `verb` a newsletter; all newsletters (None)."""
        allowed = self.list_allowed(verb)
        return allowed is None or newsletter_id in allowed


def create_user(
    email: str,
    password: str,
    *,
    name: str = "",
    role: str = RoleName.ADMIN,
    newsletter_id: int | None = None,
    by: Actor,
    now: datetime,
) -> UserAccount:
    """Creates a user with one role. Raises BadInput for a wrong address, password or role; Refused if known."""
    require_right(by, Verb.USERS)
    address = _check_address(email)
    role_name = parse_role(role)
    if User.objects.filter(email=address).exists():
        raise Refused(
            f"There is somebody with the address {address} already. Change their rights instead.",
            command_hint="Use: newsletter users role",
        )
    user = User(email=address, name=name.strip(), created_at=now)
    _set_password(user, password)
    with transaction.atomic():
        user.save()
        Role.objects.create(user=user, newsletter_id=newsletter_id, name=role_name)
        by.record(ActionRecord("added", address, now, newsletter_id, role_name, after={"role": role_name}))
    return _to_account(user)


def set_role(
    email: str, role: str, *, newsletter_id: int | None = None, seen: str | None, by: Actor, now: datetime
) -> UserAccount:
    """Gives `email` this role for one newsletter or all, in place of the one it had there; NO_ROLE takes it away.

    `seen` is the role there that the actor saw, or NO_ROLE: Conflict when somebody else changed it meanwhile. Whoever
    may change the users of one newsletter alone gives no role, not even for that one: they would decide who joins the
    newsroom.
    """
    require_right(by, Verb.USERS)
    wanted = None if role == NO_ROLE else parse_role(role)
    user = get_user_row(email)
    with transaction.atomic():
        User.objects.select_for_update().filter(id=user.pk).first()
        present = _roles(user, newsletter_id).values_list("name", flat=True).first()
        told = None if seen is None else {"role": _to_label(seen)}
        if not select_changes({"role": _to_label(present)}, {"role": _to_label(wanted)}, told, labels=_LABELS):
            return _to_account(user)
        if newsletter_id is None and present == RoleName.ADMIN:
            _refuse_last_admin(user)
        if wanted is None:
            _roles(user, newsletter_id).delete()
        elif present is None:
            Role.objects.create(user=user, newsletter_id=newsletter_id, name=wanted)
        else:
            _roles(user, newsletter_id).update(name=wanted)
        by.record(
            ActionRecord(
                "gave role",
                user.email,
                now,
                newsletter_id,
                wanted or NO_ROLE,
                before={"role": present or NO_ROLE},
                after={"role": wanted or NO_ROLE},
            )
        )
    return _to_account(user)


def set_password(email: str, password: str, *, by: Actor, now: datetime) -> UserAccount:
    """Gives `email` a new password; every session and every token of theirs ends. Raises Refused for one's own."""
    require_right(by, Verb.USERS)
    refuse_own(by, email)
    return _change_password(get_user_row(email), password, by, now)


def change_own_password(email: str, old: str, new: str, *, by: Actor, now: datetime) -> UserAccount:
    """Changes the password of whoever knows the old one; all their tokens and other sessions end.

    The session it was done in is kept by the caller, who gives it the new password's hash. Raises BadInput for a wrong
    old password and for a new one that cannot be used.
    """
    require_own(by, email)
    user = get_user_row(email)
    confirm_password(user, old, by=by, now=now)
    if old == new:
        raise BadInput("The new password is the old one.", "new_password")
    return _change_password(user, new, by, now, field="new_password")


def set_own_language(email: str, language: str, *, by: Actor, now: datetime) -> None:
    """Shows the desk to a user in a language of `settings.LANGUAGES`; empty: in the one their browser asks for.

    Raises BadInput for a language that the desk does not speak, NotAllowed for somebody else's account.
    """
    require_own(by, email)
    if language and language not in dict(settings.LANGUAGES):
        raise BadInput(f"The desk does not speak “{language[:20]}”. Choose a language from the list.", "language")
    user = get_user_row(email)
    if user.language == language:
        return
    before, user.language = user.language, language
    with transaction.atomic():
        user.save(update_fields=["language"])
        by.record(
            ActionRecord(
                "chose language", user.email, now, before={"language": before}, after={"language": user.language}
            )
        )


def disable_user(email: str, *, by: Actor, now: datetime) -> UserAccount:
    """Keeps a user from signing in: every session and every token ends at once. Roles and password stay."""
    require_right(by, Verb.USERS)
    with transaction.atomic():
        user = get_user_row(email)
        if user.is_active:
            _refuse_last_admin(user)
            user.is_active = False
            user.sessions_end_before = now
            user.save(update_fields=["is_active", "sessions_end_before"])
            by.record(ActionRecord("disabled user", user.email, now, after=_revoke_tokens(user)))
    return _to_account(user)


def enable_user(email: str, *, by: Actor, now: datetime) -> UserAccount:
    """Lets a disabled user sign in again, with the password and the roles they had."""
    require_right(by, Verb.USERS)
    with transaction.atomic():
        user = get_user_row(email)
        if not user.is_active:
            user.is_active = True
            user.save(update_fields=["is_active"])
            by.record(ActionRecord("enabled user", user.email, now))
    return _to_account(user)


def remove_user(email: str, *, by: Actor, now: datetime) -> UserAccount:
    """Deletes a user with roles, tokens and second factor. The audit log keeps what they did, under their address."""
    require_right(by, Verb.USERS)
    user = get_user_row(email)
    account = _to_account(user)
    with transaction.atomic():
        _refuse_last_admin(user)
        by.record(ActionRecord("removed user", user.email, now, before={"roles": account.roles}))
        user.delete()
    return account


def delete_expired_sessions(now: datetime) -> int:
    """Deletes the sessions that nobody can go on with, signed in or not, a few at a time. Returns how many."""
    old, deleted = Session.objects.filter(expire_date__lt=now), 0
    while keys := list(old.values_list("pk", flat=True)[:SESSIONS_PER_QUERY]):
        deleted += Session.objects.filter(pk__in=keys).delete()[0]
    return deleted


def list_users() -> tuple[UserAccount, ...]:
    """All users, by address."""
    return tuple(_to_account(user) for user in User.objects.prefetch_related("roles").order_by("email"))


def get_user(email: str) -> UserAccount:
    """The person with this address. Raises NotFound."""
    return _to_account(get_user_row(email))


def get_user_row(email: str) -> User:
    """The account with this address, for other modules of this package. Raises NotFound."""
    try:
        return User.objects.get_by_natural_key(email)
    except User.DoesNotExist:
        raise NotFound(
            f"Nobody here has the address {email}.", command_hint="See them all with: newsletter users list"
        ) from None


def _to_account(user: User) -> UserAccount:
    roles = tuple(
        sorted(((r.newsletter_id, RoleName(r.name)) for r in user.roles.all()), key=lambda r: (r[0] or 0, r[1]))
    )
    return UserAccount(user.id, user.email, user.name, user.is_active, roles)


def _roles(user: User, newsletter_id: int | None) -> QuerySet[Role]:
    return (
        user.roles.filter(newsletter=None) if newsletter_id is None else user.roles.filter(newsletter_id=newsletter_id)
    )


def _refuse_last_admin(user: User) -> None:
    """Raises Refused where nobody could change users then. Administrators who go at once wait for each other."""
    admins = Role.objects.filter(name=RoleName.ADMIN, newsletter=None)
    list(admins.select_for_update())
    is_admin = user.is_active and admins.filter(user=user).exists()
    if is_admin and not admins.filter(user__is_active=True).exclude(user=user).exists():
        raise Refused(f"{user.email} is the only administrator. Make somebody else one first.")


def _change_password(user: User, password: str, by: Actor, now: datetime, *, field: str = "password") -> UserAccount:
    _set_password(user, password, field=field)
    with transaction.atomic():
        user.save(update_fields=["password"])
        by.record(ActionRecord("changed password", user.email, now, after=_revoke_tokens(user)))
    return _to_account(user)


def _revoke_tokens(user: User) -> dict[str, object]:
    """Ends all tokens of a user and the link of their calendar; how many, for the audit log."""
    count, _ = user.tokens.all().delete()
    links, _ = CalendarLink.objects.filter(user=user).delete()
    revoked: dict[str, object] = {"tokens revoked": count, "calendar links revoked": links}
    return {what: number for what, number in revoked.items() if number}


def _check_address(email: str) -> str:
    address = normalise_email(email)
    try:
        validate_email(address)
    except ValidationError:
        raise BadInput(f"“{email}” is not an e-mail address.", "email") from None
    return address


def _to_label(role: str | None) -> str:
    """A role as people read it; one that only a later version knows by its stored name."""
    if not role or role == NO_ROLE:
        return "None"
    return RoleName(role).label if role in frozenset(RoleName) else role


def parse_role(text: str) -> RoleName:
    """The role with this stored name or label. Raises BadInput."""
    for role in RoleName:
        if text == role or text.casefold() == role.label.casefold():
            return role
    raise BadInput(f"There is no role “{text}”. The roles are {ROLE_NAMES}.", "role")


def _set_password(user: User, password: str, *, field: str = "password") -> None:
    """Sets the password on the row, not saved. Raises BadInput for one that is easily guessed."""
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise BadInput(f"This password cannot be used: {' '.join(error.messages)}", field) from None
    user.set_password(password)
