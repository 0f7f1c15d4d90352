"""How many failed attempts to sign in there may be: of a name from a network, of a name, and from a network.

django-axes counts; this says when it is too much. A limit holds until a quarter of an hour after the last attempt that
it let through, and attempts that it refuses do not prolong it. A browser in which the user has signed in before is
judged by its own failures alone: neither strangers who try the name from many networks nor a neighbour in the same
network can keep the user out. `unlock_user` lets somebody in who comes with a new browser meanwhile.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from axes.attempts import get_cool_off_threshold
from axes.handlers.database import AxesDatabaseHandler
from axes.helpers import get_client_username
from axes.models import AccessAttempt
from django.conf import settings
from django.db import transaction
from django.db.models import Count, Q, Sum
from django.http import HttpRequest

from newsletter.accounts import known_devices
from newsletter.accounts.sign_in_log import find_logged_name
from newsletter.accounts.users import get_user_row
from newsletter.kernel.actors import ActionRecord, Actor, Verb, require_right

FAILURES_OF_A_NAME_FROM_A_NETWORK = 5
FAILURES_OF_A_NAME = 50
FAILURES_FROM_A_NETWORK = 30
NAMES_FROM_A_NETWORK = 10
ATTEMPTS_KEPT, ATTEMPTS_PER_QUERY = timedelta(days=1), 500  # a limit holds for a quarter of an hour


class SignInLimits(AxesDatabaseHandler):
    """The handler of django-axes (AXES_HANDLER) with more limits than one.

    `request.sign_in_limit` says which was reached, `request.sign_in_refused` whether an attempt was refused unseen.
    """

    def user_login_failed(
        self, sender: object, credentials: dict[str, object], request: HttpRequest | None = None, **kwargs: object
    ) -> None:
        """Counts a failure; called by django-axes for every one."""
        if request is not None:
            request.sign_in_refused = request.axes_locked_out  # type: ignore[attr-defined]
        super().user_login_failed(sender, credentials, request, **kwargs)

    def get_failures(self, request: HttpRequest, credentials: dict[str, object] | None = None) -> int:
        """The failures of this name from this network; the limit itself where another limit is reached."""
        failures: int = super().get_failures(request, credentials)
        reason = _find_limit(request, credentials, failures)
        request.sign_in_limit = reason  # type: ignore[attr-defined]
        return max(failures, settings.AXES_FAILURE_LIMIT) if reason else failures


def _find_limit(request: HttpRequest, credentials: dict[str, object] | None, failures: int) -> str:
    """Which limit is reached, in words; "" for none."""
    if failures >= FAILURES_OF_A_NAME_FROM_A_NETWORK:
        return f"{failures} failures of this name from this network"
    name, network = get_client_username(request, credentials), request.axes_ip_address  # type: ignore[attr-defined]
    recent = AccessAttempt.objects.filter(attempt_time__gte=get_cool_off_threshold(request))
    of_name = recent.filter(username=name).aggregate(failures=Sum("failures_since_start", default=0))
    if of_name["failures"] >= FAILURES_OF_A_NAME:
        return f"{of_name['failures']} failures of this name from all networks"
    if not network or _find_device(request, credentials):
        return ""
    of_network = recent.filter(ip_address=network).aggregate(
        failures=Sum("failures_since_start", default=0), names=Count("username", distinct=True)
    )
    if of_network["failures"] >= FAILURES_FROM_A_NETWORK:
        return f"{of_network['failures']} failures from this network"
    if of_network["names"] >= NAMES_FROM_A_NETWORK:
        return f"{of_network['names']} names tried from this network"
    return ""


def find_counted_name(request: HttpRequest, credentials: Mapping[str, object] | None = None) -> str:
    """The name with which django-axes counts an attempt (AXES_USERNAME_CALLABLE).

    A user's browser counts by itself, apart from everybody else who tries the user's name.
    """
    return _find_device(request, credentials) or find_logged_name(_get_email(request, credentials))


def unlock_user(email: str, *, by: Actor, now: datetime) -> int:
    """Forgets the failures counted for a user, who may try again at once. Returns how many there were."""
    require_right(by, Verb.USERS)
    user = get_user_row(email)
    with transaction.atomic():
        counted = AccessAttempt.objects.filter(
            Q(username=user.email) | Q(username__endswith=f" {known_devices.name_browsers_of(user.id)}")
        )
        failures: int = sum(counted.values_list("failures_since_start", flat=True))
        counted.delete()
        by.record(ActionRecord("unlocked user", user.email, now, detail=f"{failures} failures"))
    return failures


def forget_old_failures(now: datetime) -> int:
    """Deletes failures that count for nothing any more: they name who tried, and from which network."""
    old, deleted = AccessAttempt.objects.filter(attempt_time__lt=now - ATTEMPTS_KEPT), 0
    while ids := list(old.values_list("pk", flat=True)[:ATTEMPTS_PER_QUERY]):
        deleted += AccessAttempt.objects.filter(pk__in=ids).delete()[0]
    return deleted


def _find_device(request: HttpRequest, credentials: Mapping[str, object] | None) -> str:
    return known_devices.find_device(request.COOKIES.get(known_devices.COOKIE, ""), _get_email(request, credentials))


def _get_email(request: HttpRequest, credentials: Mapping[str, object] | None) -> str:
    return str((credentials or request.POST).get("email") or "")
