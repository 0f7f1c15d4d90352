"""How much a request may bring, decided by its head alone: before anything of its body is read.

The web server keeps a body on the disk before any view sees it, so a view comes too late to refuse 300 MB of somebody
nobody knows. What may bring a file is a form of the desk, to somebody whom the desk gave a permit: a signed cookie,
which can be checked without a database.

    head of a request ─▶ how much it may bring ─▶ 413, or its body ─▶ 408 when that comes too slowly
"""

from __future__ import annotations

import time
from collections.abc import Callable
from http.cookies import CookieError, SimpleCookie
from typing import Any

from django.conf import settings
from django.core.signing import BadSignature, TimestampSigner
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from waitress.parser import HTTPRequestParser
from waitress.utilities import Error, RequestEntityTooLarge

from newsletter.accounts.permissions import is_signed_in

LARGEST_POST = 3 * 2**20  # bytes: what Django takes of a form without a file, and the lines around it
LARGEST_UPLOAD = 66 * 2**20  # 64 MB, and the lines around it
UPLOAD_PATHS = ("/readers/import/", "/readers/suppressions/", "/sources/feeds.opml", "/editions/pictures/")
UPLOAD_PAGES = ("/readers/import/", "/readers/suppressions/", "/sources/")  # their forms
UPLOAD_DIALOG = "pick-picture"  # the name of a view that has one for each story
COOKIE = "upload"
SECONDS = 30.0  # for a head, and for a body with what follows
LEAST_RATE = 4_000  # bytes a second of a body, beyond that
_signer = TimestampSigner(salt="newsletter.web.uploads")


class UploadPermits:
    """Gives a browser a permit to upload with each page that has a form for it, for who may see the page."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self._get_response(request)
        match = request.resolver_match
        has_form = request.path in UPLOAD_PAGES or (match is not None and match.url_name == UPLOAD_DIALOG)
        if has_form and response.status_code == 200 and is_signed_in(request.user):
            response.set_cookie(
                COOKIE,
                _signer.sign("upload"),
                max_age=settings.CONFIG.session_hours * 3600,
                secure=settings.CONFIG.https,
                httponly=True,
                samesite="Strict",
            )
        return response


def find_limit(path: str, cookies: str) -> int:
    """The most bytes that a request to `path` with this Cookie header may bring."""
    if path not in UPLOAD_PATHS:
        return LARGEST_POST
    try:
        permit = SimpleCookie(cookies)[COOKIE].value
        _signer.unsign(permit, max_age=settings.CONFIG.session_hours * 3600)
    except (CookieError, KeyError, BadSignature):
        return LARGEST_POST
    return LARGEST_UPLOAD


class RequestTimeout(Error):
    """What waitress lacks."""

    code, reason = 408, "Request Timeout"


class BoundedParser(HTTPRequestParser):
    """Reads a request as waitress does, as much of it as it may bring, and no longer than it should take."""

    LARGEST = LARGEST_UPLOAD + 1  # what waitress refuses whatever its head says
    error: Error | None

    def __init__(self, adj: Any) -> None:
        super().__init__(adj)
        self._begun = time.monotonic()
        self._most = LARGEST_POST

    def parse_header(self, header_plus: bytes) -> None:
        """Called by waitress once the head is there."""
        super().parse_header(header_plus)
        self._most = find_limit(self.path, self.headers.get("COOKIE", ""))

    def received(self, data: bytes) -> int:
        """Called by waitress with what has come."""
        consumed: int = super().received(data)
        if self.error is None and max(self.content_length, self.body_bytes_received) > self._most:
            self.error = RequestEntityTooLarge(f"This is larger than {self._most // 2**20} MB.")
            self.completed = True
        elif not self.completed and time.monotonic() - self._begun > SECONDS + self.body_bytes_received / LEAST_RATE:
            if not self.headers_finished:
                super().parse_header(b"GET / HTTP/1.0\r\n")
            self.error = RequestTimeout("It came too slowly.")
            self.completed = True
        if self.error is not None:
            self.expect_continue = False  # waitress would invite the body it refuses, and read it
        return consumed
