"""Signing in with a code as well: time-based codes (RFC 6238) from an authenticator, and codes for when it is lost.

Devices, codes and the waiting after wrong ones are django-otp's; only this module and `otp_devices` know it.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.db import transaction
from django.utils.crypto import constant_time_compare
from django_otp import devices_for_user, verify_token

from newsletter.accounts.models import User
from newsletter.accounts.otp_devices import SealedStaticDevice, SealedTOTPDevice
from newsletter.accounts.own_account import confirm_password, refuse_own, require_own
from newsletter.accounts.sealing import UnreadableSecretError
from newsletter.accounts.users import get_user_row
from newsletter.kernel import ids
from newsletter.kernel.actors import ActionRecord, Actor, Verb, require_right
from newsletter.kernel.errors import BadInput, Refused
from newsletter.kernel.numbers import is_whole_number

SPARE_CODES = 10
_ISSUER = "Newsletter desk"


class MustWait(Refused):
    """Too soon after wrong codes: what was typed is not looked at."""

    http_status = 429


class CodeKind(StrEnum):
    """Where a code comes from."""

    APP = "code"
    SPARE = "spare code"


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What an authenticator needs: the key for typing, and the address (otpauth:) that its picture holds."""

    key: str
    address: str


def is_on(user: User) -> bool:
    """Whether this person signs in with a code as well."""
    return any(True for _ in devices_for_user(user, confirmed=True))


def find_pending_user(user_id: int, *, since: datetime, password_mark: str) -> User | None:
    """The person who gave the right password at an instant but not yet the code.

    None when the account is gone or disabled, its sessions were ended meanwhile, or this is not the mark of its
    password any more (`User.get_session_auth_hash`).
    """
    user = User.objects.filter(id=user_id, is_active=True).first()
    if user is None or not constant_time_compare(password_mark, user.get_session_auth_hash()):
        return None
    return None if user.sessions_end_before and since < user.sessions_end_before else user


def begin_enrolment(email: str, password: str, *, by: Actor, now: datetime) -> Enrolment:
    """Creates a key, which counts once one of its codes was typed, for whoever knows the password.

    Otherwise somebody who finds a session open could lock its user out. Raises BadInput for a wrong password, Refused
    when the second step is on.
    """
    require_own(by, email)
    user = get_user_row(email)
    if is_on(user):
        raise Refused("Signing in with a code is on already. Turn it off first.")
    confirm_password(user, password, by=by, now=now)
    with transaction.atomic():
        SealedTOTPDevice.objects.filter(user=user).delete()
        device = SealedTOTPDevice.objects.create(user=user, name=_ISSUER, confirmed=False)
        device.seal()
        by.record(ActionRecord("began to set up sign-in with a code", user.email, now))
    return _to_enrolment(device, user)


def find_pending_enrolment(user: User) -> Enrolment | None:
    """The key that waits for its first code, if there is one."""
    device = SealedTOTPDevice.objects.filter(user=user, confirmed=False).first()
    try:
        return _to_enrolment(device, user) if device else None
    except UnreadableSecretError:  # begun before the secret key was replaced
        return None


def confirm_enrolment(email: str, code: str, *, by: Actor, now: datetime) -> tuple[str, ...]:
    """Turns the second step on with a first code; the spare codes, shown this once. Raises BadInput for a wrong one."""
    require_own(by, email)
    user = get_user_row(email)
    device = SealedTOTPDevice.objects.filter(user=user, confirmed=False).first()
    if device is None or not device.verify_token(_normalise_code(code)):  # outside: the count of wrong ones stays
        raise BadInput(
            "This code does not fit. Type the one that the app shows now; the clock of the phone must be right.", "code"
        )
    with transaction.atomic():
        SealedTOTPDevice.objects.filter(id=device.id).update(confirmed=True)
        SealedStaticDevice.objects.filter(user=user).delete()
        spare = SealedStaticDevice.objects.create(user=user, name="spare codes")
        codes = tuple(ids.generate_id(10) for _ in range(SPARE_CODES))
        spare.add_codes(codes)
        by.record(ActionRecord("turned on sign-in with a code", user.email, now))
    return codes


def verify_code(user: User, code: str) -> CodeKind | None:
    """What a code is, when it is right and was not used before. After wrong ones the next waits (1, 2, 4 … seconds).

    Raises MustWait for one that comes before.
    """
    flat = _normalise_code(code)
    is_spare = not is_whole_number(flat)  # spare codes have letters in them, nearly for certain
    devices = [*(SealedStaticDevice if is_spare else SealedTOTPDevice).objects.filter(user=user, confirmed=True)]
    if devices and not any(device.verify_is_allowed()[0] for device in devices):
        raise MustWait("That was too soon after a wrong code. Wait a little, then try again.")
    if not any(verify_token(user, device.persistent_id, flat) for device in devices):
        return None
    return CodeKind.SPARE if is_spare else CodeKind.APP


def turn_off(email: str, password: str, *, by: Actor, now: datetime) -> None:
    """Back to the password alone, for whoever knows it. Raises BadInput for a wrong one."""
    require_own(by, email)
    user = get_user_row(email)
    confirm_password(user, password, by=by, now=now)
    _delete_devices(user, by, now)


def reset(email: str, *, by: Actor, now: datetime) -> str:
    """Turns it off for somebody else who lost phone and spare codes; their address. Raises NotFound, Refused."""
    require_right(by, Verb.USERS)
    refuse_own(by, email)
    user = get_user_row(email)
    _delete_devices(user, by, now)
    return user.email


def _delete_devices(user: User, by: Actor, now: datetime) -> None:
    with transaction.atomic():
        was_on = is_on(user)
        SealedTOTPDevice.objects.filter(user=user).delete()
        SealedStaticDevice.objects.filter(user=user).delete()
        if was_on:
            by.record(ActionRecord("turned off sign-in with a code", user.email, now))


def _to_enrolment(device: SealedTOTPDevice, user: User) -> Enrolment:
    key = base64.b32encode(device.bin_key).decode("ascii").rstrip("=")
    return Enrolment(key, device.config_url)


def _normalise_code(code: str) -> str:
    return "".join(code.split()).replace("-", "").lower()[:20]
