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
from newsletter.accounts.roles import RoleName
from newsletter.kernel.errors import BadInput, NotFound, Refused

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


def create_user(
    email: str,
    password: str,
    *,
    name: str = "",
    role: str = RoleName.ADMIN,
    newsletter_id: int | None = None,
    now: datetime,
) -> UserAccount:
    """Creates a user with one role. Raises BadInput for a wrong address, password or role; Refused if known."""
    address = _check_address(email)
    role_name = parse_role(role)
    if User.objects.filter(email=address).exists():
        raise Refused(
            f"There is somebody with the address {address} already. Change the rights with: newsletter users role"
        )
    user = User(email=address, name=name.strip(), created_at=now)
    _set_password(user, password)
    with transaction.atomic():
        user.save()
        Role.objects.create(user=user, newsletter_id=newsletter_id, name=role_name)
    return _to_account(user)


def set_role(email: str, role: str, *, newsletter_id: int | None = None) -> UserAccount:
    """Gives `email` this role for one newsletter or all, in place of the one it had there; NO_ROLE takes it away."""
    user = get_user_row(email)
    with transaction.atomic():
        if role == NO_ROLE:
            _refuse_last_admin(user, newsletter_id)
            _roles(user, newsletter_id).delete()
            return _to_account(user)
        role_name = parse_role(role)
        if role_name is not RoleName.ADMIN:
            _refuse_last_admin(user, newsletter_id)
        if not _roles(user, newsletter_id).update(name=role_name):
            Role.objects.create(user=user, newsletter_id=newsletter_id, name=role_name)
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
    roles = tuple(
        sorted(((r.newsletter_id, RoleName(r.name)) for r in user.roles.all()), key=lambda r: (r[0] or 0, r[1]))
    )
    return UserAccount(user.id, user.email, user.name, user.is_active, roles)


def _roles(user: User, newsletter_id: int | None) -> QuerySet[Role]:
    return (
        user.roles.filter(newsletter=None) if newsletter_id is None else user.roles.filter(newsletter_id=newsletter_id)
    )


def _refuse_last_admin(user: User, newsletter_id: int | None) -> None:
    others = Role.objects.filter(name=RoleName.ADMIN, newsletter=None, user__is_active=True).exclude(user=user)
    is_admin = user.roles.filter(name=RoleName.ADMIN, newsletter=None).exists()
    if newsletter_id is None and is_admin and not others.exists():
        raise Refused(f"{user.email} is the only administrator. Make somebody else one first.")


def _check_address(email: str) -> str:
    address = email.strip().casefold()
    try:
        validate_email(address)
    except ValidationError:
        raise BadInput(f"“{email}” is not an e-mail address.", "email") from None
    return address


def parse_role(text: str) -> RoleName:
    """The role with this stored name or label. Raises BadInput."""
    for role in RoleName:
        if text == role or text.casefold() == role.label.casefold():
            return role
    raise BadInput(f"There is no role “{text}”. The roles are {ROLE_NAMES}.", "role")


def _set_password(user: User, password: str) -> None:
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise BadInput(f"This password cannot be used: {' '.join(error.messages)}", "password") from None
    user.set_password(password)
