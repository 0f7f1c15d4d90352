"""What a page asks for without being left: a fragment (htmx) or a value (our own modules); and refusals for both."""

from __future__ import annotations

from collections.abc import Iterable

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext, gettext_noop

from newsletter.kernel.errors import Difference

REFUSAL = "X-Refusal"  # a response with this header holds a sentence for the place where somebody pressed, no fragment
_SENTENCES = {
    400: gettext_noop("The desk could not read this, so nothing was changed. Load the page again, then repeat it."),
    403: gettext_noop(
        "This was not done: the page was open for too long, or you have no right to it. Load the page again."
    ),
    404: gettext_noop("This is no longer there, so nothing was changed. Load the page again."),
    405: gettext_noop("The desk does not know this action, so nothing was changed. Load the page again."),
    413: gettext_noop("This is too large, so nothing was changed. Make it shorter."),
    429: gettext_noop("Too many requests at once, so this was not done. Wait a moment, then try again."),
    503: gettext_noop("The desk is busy, so this was not done. Try again in a moment."),
}
_FAULT = gettext_noop("The desk had a fault, so this was not done. Try again; if it stays, tell whoever runs the desk.")


def is_fragment_request(request: HttpRequest) -> bool:
    """Whether htmx asks for a part of a page."""
    return bool(request.headers.get("HX-Request"))


def is_value_request(request: HttpRequest) -> bool:
    """Whether one of our modules asks, which takes JSON alone."""
    return request.headers.get("Accept", "") == "application/json"


def is_partial_request(request: HttpRequest) -> bool:
    """Whether the page that asks stays open: it must never be given another page."""
    return is_fragment_request(request) or is_value_request(request)


def refuse_partial(
    request: HttpRequest, message: str, status: int, differences: Iterable[Difference] = ()
) -> HttpResponse:
    """A refusal for a page that stays open: what it shows beside the control, with what somebody else changed."""
    response: HttpResponse
    if is_value_request(request):
        response = JsonResponse({"error": message}, status=status)
    else:
        response = render(
            request, "fragments/error.html", {"message": message, "differences": differences}, status=status
        )
    response[REFUSAL] = "1"
    return response


def replace_error_page(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """The same response, or a refusal in its place where a page that stays open would get a whole error page."""
    if response.status_code < 400 or REFUSAL in response or not is_partial_request(request):
        return response
    if request.headers.get("HX-Boosted") and response.status_code in (409, 422):
        # The page again, with what was typed in the form that was refused; the address of a form is no page to load.
        response["HX-Push-Url"] = "false"
        return response
    is_page = response.content.lstrip()[:9].lower() == b"<!doctype"
    is_value = response.headers.get("Content-Type", "").startswith("application/json")
    if is_value or not (is_page or is_value_request(request) or not response.content):
        return response
    return refuse_partial(request, gettext(_SENTENCES.get(response.status_code, _FAULT)), response.status_code)
