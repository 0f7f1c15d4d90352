"""Acts of this package: see `tests.acts`."""

from __future__ import annotations

from django_otp.oath import totp
from django_otp.plugins.otp_totp.models import TOTPDevice

from newsletter.accounts import api_tokens, calendar_links, second_factor, sign_in_limits, users
from tests.actors import SYSTEM
from tests.acts import Act, Prepare, World
from tests.conftest import PASSWORD

PAT = "pat@example.com"


def _add_pat(world: World) -> None:
    users.create_user(PAT, PASSWORD, role="author", by=SYSTEM, now=world.now)


def _create_user(world: World) -> Act:
    return lambda by: users.create_user(
        PAT, PASSWORD, role="author", newsletter_id=world.evening.id, by=by, now=world.now
    )


def _set_role(world: World) -> Act:
    _add_pat(world)
    return lambda by: users.set_role(PAT, "editor", newsletter_id=world.evening.id, seen=None, by=by, now=world.now)


def _set_password(world: World) -> Act:
    _add_pat(world)
    return lambda by: users.set_password(PAT, f"{PASSWORD} indeed", by=by, now=world.now)


def _change_own_password(world: World) -> Act:
    _add_pat(world)
    return lambda by: users.change_own_password(PAT, PASSWORD, f"{PASSWORD} indeed", by=by, now=world.now)


def _set_own_language(world: World) -> Act:
    _add_pat(world)
    return lambda by: users.set_own_language(PAT, "de", by=by, now=world.now)


def _disable(world: World) -> Act:
    _add_pat(world)
    return lambda by: users.disable_user(PAT, by=by, now=world.now)


def _enable(world: World) -> Act:
    _add_pat(world)
    users.disable_user(PAT, by=SYSTEM, now=world.now)
    return lambda by: users.enable_user(PAT, by=by, now=world.now)


def _remove(world: World) -> Act:
    _add_pat(world)
    return lambda by: users.remove_user(PAT, by=by, now=world.now)


def _create_token(world: World) -> Act:
    _add_pat(world)
    return lambda by: api_tokens.create_token(
        PAT, "Our site", scopes=["articles:read"], password=PASSWORD, by=by, now=world.now
    )


def _revoke_token(world: World) -> Act:
    _add_pat(world)
    token, _ = api_tokens.create_token(
        PAT, "Our site", scopes=["articles:read"], password=None, by=SYSTEM, now=world.now
    )
    return lambda by: api_tokens.revoke_token(token.id, by=by, now=world.now)


def _create_link(world: World) -> Act:
    _add_pat(world)
    return lambda by: calendar_links.create_link(PAT, by=by, now=world.now)


def _revoke_link(world: World) -> Act:
    _create_link(world)(SYSTEM)
    return lambda by: calendar_links.revoke_link(PAT, by=by, now=world.now)


def _begin_enrolment(world: World) -> Act:
    _add_pat(world)
    return lambda by: second_factor.begin_enrolment(PAT, PASSWORD, by=by, now=world.now)


def _confirm_enrolment(world: World) -> Act:
    _begin_enrolment(world)(SYSTEM)
    device = TOTPDevice.objects.get(user__email=PAT)
    return lambda by: second_factor.confirm_enrolment(PAT, f"{totp(device.bin_key):06}", by=by, now=world.now)


def _turn_off(world: World) -> Act:
    _confirm_enrolment(world)(SYSTEM)
    return lambda by: second_factor.turn_off(PAT, PASSWORD, by=by, now=world.now)


def _reset(world: World) -> Act:
    _confirm_enrolment(world)(SYSTEM)
    return lambda by: second_factor.reset(PAT, by=by, now=world.now)


def _unlock(world: World) -> Act:
    _add_pat(world)
    return lambda by: sign_in_limits.unlock_user(PAT, by=by, now=world.now)


ACTS: dict[str, Prepare] = {
    "newsletter.accounts.users.create_user": _create_user,
    "newsletter.accounts.users.set_role": _set_role,
    "newsletter.accounts.users.set_password": _set_password,
    "newsletter.accounts.users.change_own_password": _change_own_password,
    "newsletter.accounts.users.set_own_language": _set_own_language,
    "newsletter.accounts.users.disable_user": _disable,
    "newsletter.accounts.users.enable_user": _enable,
    "newsletter.accounts.users.remove_user": _remove,
    "newsletter.accounts.api_tokens.create_token": _create_token,
    "newsletter.accounts.api_tokens.revoke_token": _revoke_token,
    "newsletter.accounts.calendar_links.create_link": _create_link,
    "newsletter.accounts.calendar_links.revoke_link": _revoke_link,
    "newsletter.accounts.second_factor.begin_enrolment": _begin_enrolment,
    "newsletter.accounts.second_factor.confirm_enrolment": _confirm_enrolment,
    "newsletter.accounts.second_factor.turn_off": _turn_off,
    "newsletter.accounts.second_factor.reset": _reset,
    "newsletter.accounts.sign_in_limits.unlock_user": _unlock,
}
