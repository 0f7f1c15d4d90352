"""When the session of a user ends: after a while without use, and at the latest after a longer while."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from newsletter.accounts import sign_in_log
from newsletter.accounts.permissions import is_signed_in
from newsletter.kernel import clock
from newsletter.web.access import get_actor, is_background

# Seconds since 1970, as the session keeps them. A session of the version before has neither.
BEGAN_KEY, USED_KEY = "began_at", "used_at"
USED_EVERY = 60  # seconds at most between the last use and its being written: not with every request


def begin_session(request: HttpRequest, now: datetime) -> None:
    """Notes that a session begins, for whoever has just signed in."""
    request.session[BEGAN_KEY] = request.session[USED_KEY] = now.timestamp()


class SessionLimits:
    """Ends sessions that are over, before the view is called; what a page asks for by itself is no use of it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self._get_response(request)

    def process_view(self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Any) -> None:
        """Called by Django once it knows the view."""
        if settings.SESSION_COOKIE_NAME not in request.COOKIES or not is_signed_in(request.user):
            return
        now = clock.now()
        if reason := _find_end(request, now):
            sign_in_log.record_session_end(request.user.get_username(), reason, by=get_actor(request), now=now)
            logout(request)
            return
        session = request.session
        if BEGAN_KEY not in session:
            begin_session(request, now)
        elif not is_background(view) and now.timestamp() - session[USED_KEY] >= min(
            USED_EVERY, settings.CONFIG.session_idle_minutes * 6
        ):
            session[USED_KEY] = now.timestamp()


def _find_end(request: HttpRequest, now: datetime) -> str:
    """Why the session is over; "" while it is not."""
    user: Any = request.user
    began, used = request.session.get(BEGAN_KEY), request.session.get(USED_KEY)
    if user.sessions_end_before and (began is None or began < user.sessions_end_before.timestamp()):
        return "ended for this user"
    if began is None or used is None:
        return ""
    if now.timestamp() - began >= settings.CONFIG.session_hours * 3600:
        return f"{settings.CONFIG.session_hours} hours old"
    if now.timestamp() - used >= settings.CONFIG.session_idle_minutes * 60:
        return f"not used for {settings.CONFIG.session_idle_minutes} minutes"
    return ""
