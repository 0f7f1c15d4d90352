"""Error pages: a refusal becomes a page, or a fragment, with the reason and the remedy."""

from __future__ import annotations

import logging
from collections.abc import Callable

from django.contrib.auth.models import AnonymousUser
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from newsletter.kernel.errors import NewsletterError

log = logging.getLogger(__name__)


class ErrorPages:
    """Turns NewsletterError and database errors into a page. Anything else is a defect and stays one."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self._get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Called by Django for what a view raised."""
        if isinstance(error, NewsletterError):
            return render_error_page(request, str(error), error.http_status)
        if isinstance(error, DatabaseError):
            log.exception("The database failed in %s", request.path)
            return render_error_page(
                request,
                "The database did not answer as it should. Nothing was changed; try again in a moment.",
                503,
            )
        return None


def render_error_page(request: HttpRequest, message: str, status: int) -> HttpResponse:
    """The error page, or for a request of htmx the message alone."""
    if request.headers.get("HX-Request"):
        response = render(request, "fragments/trouble.html", {"message": message}, status=status)
        response["HX-Retarget"], response["HX-Reswap"] = "#trouble", "innerHTML"
        return response
    if isinstance(request.user, AnonymousUser):
        return render(request, "readers/trouble.html", {"message": message}, status=status)
    return render(request, "pages/trouble.html", {"message": message, "status": status}, status=status)
