"""Authenticators and spare codes work whether their secrets are sealed or not, before and after the switch."""

from __future__ import annotations

from typing import Any

import pytest
from django_otp.oath import totp
from django_otp.plugins.otp_static.models import StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from newsletter.accounts import otp_devices, second_factor
from newsletter.accounts.models import User
from newsletter.accounts.otp_devices import SealedTOTPDevice
from tests.actors import SYSTEM
from tests.conftest import NOW, PASSWORD

EDITOR = "editor@example.com"


@pytest.fixture(params=[False, True], ids=["plain", "sealed"])
def is_sealed(request: Any, settings: Any) -> bool:
    settings.SEAL_SECOND_FACTOR = request.param
    return bool(request.param)


@pytest.fixture
def user(people: dict[str, Any]) -> User:
    return people["editor"]  # type: ignore[no-any-return]


def enrol() -> tuple[str, ...]:
    second_factor.begin_enrolment(EDITOR, PASSWORD, by=SYSTEM, now=NOW)
    return second_factor.confirm_enrolment(EDITOR, show_code(), by=SYSTEM, now=NOW)


def show_code() -> str:
    """What the authenticator shows; used codes are let be."""
    TOTPDevice.objects.update(last_t=-1, throttling_failure_count=0)
    return f"{totp(SealedTOTPDevice.objects.get().bin_key):06}"


def read_stored() -> tuple[str, list[str]]:
    return TOTPDevice.objects.get().key, list(StaticToken.objects.order_by("id").values_list("token", flat=True))


def test_codes_of_both_kinds_are_right_once(user: User, is_sealed: bool) -> None:
    spare = enrol()
    assert second_factor.verify_code(user, show_code()) == "code"
    assert second_factor.verify_code(user, spare[0]) == "spare code"
    assert second_factor.verify_code(user, spare[0]) is None
    assert StaticToken.objects.count() == len(spare) - 1


def test_what_is_stored_is_readable_until_the_switch_alone(user: User, is_sealed: bool) -> None:
    second_factor.begin_enrolment(EDITOR, PASSWORD, by=SYSTEM, now=NOW)
    secret = SealedTOTPDevice.objects.get().bin_key.hex()
    codes = second_factor.confirm_enrolment(EDITOR, show_code(), by=SYSTEM, now=NOW)
    key, stored = read_stored()
    assert (key == secret) is not is_sealed
    assert (stored == list(codes)) is not is_sealed
    if is_sealed:
        assert secret not in key
        assert not any(code in each for code in codes for each in stored)


def test_what_was_stored_before_the_switch_still_works_and_is_sealed_when_used(user: User, settings: Any) -> None:
    spare = enrol()
    plain, _ = read_stored()
    settings.SEAL_SECOND_FACTOR = True
    assert second_factor.verify_code(user, spare[0]) == "spare code"
    assert second_factor.verify_code(user, show_code()) == "code"
    assert read_stored()[0] != plain
    assert second_factor.verify_code(user, show_code()) == "code"


def test_what_was_sealed_still_works_when_the_switch_is_turned_back(user: User, settings: Any) -> None:
    settings.SEAL_SECOND_FACTOR = True
    spare = enrol()
    settings.SEAL_SECOND_FACTOR = False
    assert second_factor.verify_code(user, show_code()) == "code"
    assert second_factor.verify_code(user, spare[0]) == "spare code"


def test_all_is_sealed_at_once_after_the_switch(user: User, settings: Any) -> None:
    spare = enrol()
    before = read_stored()
    otp_devices.seal_stored()
    assert read_stored() == before, "not before it"
    settings.SEAL_SECOND_FACTOR = True
    otp_devices.seal_stored()
    key, stored = read_stored()
    assert key != before[0]
    assert not set(stored) & set(spare)
    otp_devices.seal_stored()
    assert read_stored() == (key, stored)
    assert second_factor.verify_code(user, spare[3]) == "spare code"


def test_a_digest_read_in_the_database_is_no_code(user: User, settings: Any) -> None:
    settings.SEAL_SECOND_FACTOR = True
    enrol()
    _, (stored, *_) = read_stored()
    StaticToken.objects.filter(token=stored).update(token="$abcdefghijklmno")
    assert second_factor.verify_code(user, "$abcdefghijklmno") is None


def test_a_key_copied_to_another_user_makes_no_codes_there(user: User, people: dict[str, Any], settings: Any) -> None:
    settings.SEAL_SECOND_FACTOR = True
    enrol()
    code = show_code()
    TOTPDevice.objects.update(user=people["admin"])
    assert second_factor.verify_code(people["admin"], code) is None


def test_a_replaced_secret_key_locks_nobody_in_for_ever(user: User, settings: Any) -> None:
    settings.SEAL_SECOND_FACTOR = True
    enrol()
    code, former = show_code(), settings.SECRET_KEY
    settings.SECRET_KEY = "another"
    assert second_factor.verify_code(user, code) is None
    settings.SECRET_KEY_FALLBACKS = [former]
    assert second_factor.verify_code(user, show_code()) == "code"
    settings.SECRET_KEY_FALLBACKS = []
    assert second_factor.verify_code(user, show_code()) == "code", "sealed anew with the present key"
    settings.SECRET_KEY = "a third"
    otp_devices.seal_stored()
    second_factor.reset(EDITOR, by=SYSTEM, now=NOW)
    assert not second_factor.is_on(user)


def test_an_enrolment_begun_before_the_secret_key_was_replaced_is_begun_anew(user: User, settings: Any) -> None:
    settings.SEAL_SECOND_FACTOR = True
    second_factor.begin_enrolment(EDITOR, PASSWORD, by=SYSTEM, now=NOW)
    settings.SECRET_KEY = "another"
    assert second_factor.find_pending_enrolment(user) is None
    second_factor.begin_enrolment(EDITOR, PASSWORD, by=SYSTEM, now=NOW)
    assert second_factor.find_pending_enrolment(user) is not None
