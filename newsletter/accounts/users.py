"""Creating users and giving them roles."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import QuerySet

from newsletter.accounts.models import Role, User
from newsletter.accounts.permissions import ROLES
from newsletter.kernel.errors import BadInput, NotFound, Refused


@dataclass(frozen=True, slots=True)
class UserAccount:
    """A user of the desk. `roles` pairs the id of a newsletter (None: all of them) with a role's name."""

    id: int
    email: str
    name: str
    active: bool
    roles: tuple[tuple[int | None, str], ...]


def create_user(
    email: str,
    password: str,
    *,
    name: str = "",
    role: str = "admin",
    newsletter_id: int | None = None,
    now: datetime,
) -> UserAccount:
    """Creates a user with one role. Raises BadInput for a wrong address, password or role; Refused if known."""
    address = _check_address(email)
    _check_role(role)
    if User.objects.filter(email=address).exists():
        raise Refused(
            f"There is somebody with the address {address} already. Change the rights with: newsletter users role"
        )
    user = User(email=address, name=name.strip(), created_at=now)
    _set_password(user, password)
    with transaction.atomic():
        user.save()
        Role.objects.create(user=user, newsletter_id=newsletter_id, name=role)
    return _to_account(user)


def set_role(email: str, role: str, *, newsletter_id: int | None = None) -> UserAccount:
    """Gives `email` this role for one newsletter or for all, in place of the one it had there; "none" takes it away."""
    user = get_user_row(email)
    with transaction.atomic():
        if role == "none":
            _refuse_last_admin(user, newsletter_id)
            _roles(user, newsletter_id).delete()
            return _to_account(user)
        _check_role(role)
        if role != "admin":
            _refuse_last_admin(user, newsletter_id)
        if not _roles(user, newsletter_id).update(name=role):
            Role.objects.create(user=user, newsletter_id=newsletter_id, name=role)
    return _to_account(user)


def set_password(email: str, password: str) -> UserAccount:
    """Gives `email` a new password; every session of theirs ends."""
    user = get_user_row(email)
    _set_password(user, password)
    user.save(update_fields=["password"])
    return _to_account(user)


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
        raise NotFound(f"Nobody here has the address {email}. See them all with: newsletter users list") from None


def _to_account(user: User) -> UserAccount:
    roles = tuple(sorted(((r.newsletter_id, r.name) for r in user.roles.all()), key=lambda r: (r[0] or 0, r[1])))
    return UserAccount(user.id, user.email, user.name, user.is_active, roles)


def _roles(user: User, newsletter_id: int | None) -> QuerySet[Role]:
    return (
        user.roles.filter(newsletter=None) if newsletter_id is None else user.roles.filter(newsletter_id=newsletter_id)
    )


def _refuse_last_admin(user: User, newsletter_id: int | None) -> None:
    others = Role.objects.filter(name="admin", newsletter=None, user__is_active=True).exclude(user=user)
    is_admin = user.roles.filter(name="admin", newsletter=None).exists()
    if newsletter_id is None and is_admin and not others.exists():
        raise Refused(f"{user.email} is the only administrator. Make somebody else one first.")


def _check_address(email: str) -> str:
    address = email.strip().casefold()
    try:
        validate_email(address)
    except ValidationError:
        raise BadInput(f"“{email}” is not an e-mail address.", "email") from None
    return address


def _check_role(role: str) -> None:
    if role not in ROLES:
        raise BadInput(f"There is no role “{role}”. The roles are {', '.join(ROLES)}.", "role")


def _set_password(user: User, password: str) -> None:
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise BadInput(f"This password cannot be used: {' '.join(error.messages)}", "password") from None
    user.set_password(password)
