"""Signing in with a code as well: time-based codes (RFC 6238) from an authenticator, and codes for when it is lost.

Devices, codes and the waiting after wrong ones are django-otp's; this module is the only one that knows it.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass

from django.db import transaction
from django_otp import devices_for_user, verify_token
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice

from newsletter.accounts.models import User
from newsletter.accounts.users import get_user_row
from newsletter.kernel import ids
from newsletter.kernel.errors import Refused
from newsletter.kernel.numbers import is_whole_number

SPARE_CODES = 10
_ISSUER = "Newsletter desk"


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What an authenticator needs: the key for typing, and the address (otpauth:) that its picture holds."""

    key: str
    address: str


def is_on(user: User) -> bool:
    """Whether this person signs in with a code as well."""
    return any(True for _ in devices_for_user(user, confirmed=True))


def find_pending_user(user_id: int) -> User | None:
    """The person who has given the right password but not yet the code; None when the account is gone."""
    return User.objects.filter(id=user_id, is_active=True).first()


def begin_enrolment(user: User) -> Enrolment:
    """Creates a key, which counts once one of its codes was typed. Raises Refused when the second step is on."""
    if is_on(user):
        raise Refused("Signing in with a code is on already. Turn it off first.")
    with transaction.atomic():
        TOTPDevice.objects.filter(user=user).delete()
        return _to_enrolment(TOTPDevice.objects.create(user=user, name=_ISSUER, confirmed=False), user)


def find_pending_enrolment(user: User) -> Enrolment | None:
    """The key that waits for its first code, if there is one."""
    device = TOTPDevice.objects.filter(user=user, confirmed=False).first()
    return _to_enrolment(device, user) if device else None


def confirm_enrolment(user: User, code: str) -> tuple[str, ...]:
    """Turns the second step on with a first code; the spare codes, shown this once. Raises Refused for a wrong one."""
    with transaction.atomic():
        device = TOTPDevice.objects.filter(user=user, confirmed=False).first()
        if device is None or not device.verify_token(_normalise_code(code)):
            raise Refused(
                "This code does not fit. Type the one that the app shows now; the clock of the phone must be right."
            )
        TOTPDevice.objects.filter(id=device.id).update(confirmed=True)
        StaticDevice.objects.filter(user=user).delete()
        spare = StaticDevice.objects.create(user=user, name="spare codes")
        codes = tuple(ids.generate_id(10) for _ in range(SPARE_CODES))
        for each in codes:
            spare.token_set.create(token=each)
    return codes


def verify_code(user: User, code: str) -> bool:
    """Whether a code is right, and not used before; after wrong ones the next must wait (1, 2, 4 … seconds)."""
    flat = _normalise_code(code)
    kind = TOTPDevice if is_whole_number(flat) else StaticDevice  # spare codes have letters in them, nearly for certain
    return any(
        verify_token(user, device.persistent_id, flat) for device in kind.objects.filter(user=user, confirmed=True)
    )


def turn_off(user: User) -> None:
    """Back to the password alone."""
    with transaction.atomic():
        TOTPDevice.objects.filter(user=user).delete()
        StaticDevice.objects.filter(user=user).delete()


def reset(email: str) -> str:
    """Turns it off for somebody who lost phone and spare codes; their address. Raises NotFound."""
    user = get_user_row(email)
    turn_off(user)
    return user.email


def _to_enrolment(device: TOTPDevice, user: User) -> Enrolment:
    key = base64.b32encode(device.bin_key).decode("ascii").rstrip("=")
    return Enrolment(key, device.config_url)


def _normalise_code(code: str) -> str:
    return "".join(code.split()).replace("-", "").lower()[:20]
