"""What every request goes through: text is made storable; a refusal becomes a page or a fragment, with the remedy.

And what every answer goes through: what is public is compressed.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from django.middleware.http import ConditionalGetMiddleware
from django.shortcuts import render
from django.utils import translation
from django.utils.translation import gettext

from newsletter.kernel.errors import Conflict, Difference, NewsletterError
from newsletter.kernel.text import remove_unstorable
from newsletter.web.fragments import is_partial_request, refuse_partial, replace_error_page
from newsletter.web.translated import describe_error

log = logging.getLogger(__name__)


class MonitoredHosts:
    """Lets monitors ask under any name, an IP address for instance: what they get says nothing of where it is.

    Everywhere else a host that is not ours stays refused.
    """

    PATHS = frozenset({"/livez", "/readyz", "/healthz"})

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path in self.PATHS:
            request.META["HTTP_HOST"] = settings.CONFIG.host
        return self._get_response(request)


class PublicResponses:
    """Gives what anybody may keep (`Cache-Control: public`) a tag to ask again by, and compresses its text.

    Never anything else: compression beside a secret would give the secret away (BREACH).
    """

    TEXTS = ("text/", "application/atom+xml", "application/javascript", "image/svg+xml")

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response
        self._tags = ConditionalGetMiddleware(get_response)
        self._compression = GZipMiddleware(get_response)

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response: HttpResponseBase = self._get_response(request)
        if response.status_code != 200 or "public" not in response.headers.get("Cache-Control", ""):
            return response
        response = self._tags.process_response(request, response)
        if response.headers.get("Content-Type", "").startswith(self.TEXTS):
            response = self._compression.process_response(request, response)
        return response


class PublicCaching:
    """Lets caches between us and the visitor keep only what is the same for everybody, and is there.

    A page that may be kept for all says so itself. What somebody gets who is signed in, what sets a cookie, and errors
    may show who asked.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self._get_response(request)
        control = response.headers.get("Cache-Control", "")
        if not control and response.status_code >= 400:  # caches keep a 404 that says nothing (RFC 9111, section 4.2.2)
            response.headers["Cache-Control"] = "private, no-store"
        if "public" not in control:
            return response
        if response.status_code not in (200, 304) or response.cookies:
            response.headers["Cache-Control"] = "private, no-store"
        elif settings.SESSION_COOKIE_NAME in request.COOKIES:
            response.headers["Cache-Control"] = control.replace("public", "private")
        return response


class StorableText:
    """Removes from queries and forms what no database takes, before any view or search sees it.

    Forms only where the check against forged ones has read them. What needs no such check (one-click unsubscribing,
    the provider's webhook) has to work whatever its body holds.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self._get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> None:
        """Called by Django once it knows the view."""
        request.GET = _make_storable(request.GET)  # type: ignore[assignment]
        exempt = getattr(view, "csrf_exempt", False)
        if request.method == "POST" and request.content_type in _FORMS and not exempt:
            request.POST = _make_storable(request.POST)  # type: ignore[assignment]


_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


def _make_storable(values: QueryDict) -> QueryDict:
    """The same values, or a copy without what cannot be stored."""
    if all(remove_unstorable(text) == text for name, texts in values.lists() for text in (name, *map(str, texts))):
        return values
    kept = QueryDict(mutable=True)
    for name, texts in values.lists():
        kept.setlist(remove_unstorable(name), [remove_unstorable(str(text)) for text in texts])
    kept._mutable = False
    return kept


class DeskLanguage:
    """Shows the desk in the language that the user chose, or else in the one that their browser asks for.

    Readers' pages see to themselves: what caches keep for everybody is in the language of its newsletter.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with translation.override(settings.LANGUAGE_CODE):
            return self._get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> None:
        """Called by Django once it knows the view."""
        if request.resolver_match is not None and "desk" in request.resolver_match.namespaces:
            chosen: str = getattr(request.user, "language", "")  # nobody who is signed in has none
            translation.activate(chosen or translation.get_language_from_request(request))


class ErrorPages:
    """Turns NewsletterError and database errors into a page. Anything else is a defect and stays one.

    A page that is open gets a sentence instead, whatever refused it, and never another page.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return replace_error_page(request, self._get_response(request))

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Called by Django for what a view raised."""
        if isinstance(error, NewsletterError):
            differences = error.differences if isinstance(error, Conflict) else ()
            return render_error_page(request, describe_error(error), error.http_status, differences)
        if isinstance(error, DatabaseError):
            log.exception("The database failed in %s", request.path)
            return render_error_page(
                request,
                gettext("The database did not answer as it should. Nothing was changed; try again in a moment."),
                503,
            )
        return None


def render_error_page(
    request: HttpRequest, message: str, status: int, differences: Iterable[Difference] = ()
) -> HttpResponse:
    """The error page; for a page that stays open the message alone."""
    if is_partial_request(request):
        return refuse_partial(request, message, status, differences)
    if isinstance(request.user, AnonymousUser):
        return render(request, "readers/error.html", {"message": message}, status=status)
    context = {"message": message, "status": status, "differences": differences}
    return render(request, "pages/error.html", context, status=status)
