"""What a user is notified of, chosen per newsletter; and a test of whether it arrives."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render

from newsletter.catalog.newsletters import list_newsletters
from newsletter.jobs import wiring
from newsletter.jobs.notifications import choices, testing
from newsletter.kernel import clock
from newsletter.kernel.actors import Verb
from newsletter.kernel.errors import NewsletterError
from newsletter.web.access import desk_view, get_actor
from newsletter.web.forms.notifications import SHOWN, NotificationForm


@desk_view(None, methods=("GET", "POST"))
def show_notifications(request: HttpRequest) -> HttpResponse:
    """Shows what the user is notified of; POST saves it, or with `do=test` sends a test."""
    if request.method != "POST":
        return _render_page(request, _build_form(request))
    if request.POST.get("do") == "test":
        return _send_test(request)
    form = _build_form(request, request.POST)
    if not form.is_valid():
        return _render_page(request, form, status=422)
    choices.choose(_get_email(request), form.read_wanted(), by=get_actor(request), now=clock.now())
    messages.success(request, "Saved: from now on you are notified of what is ticked.")
    return redirect("desk:notifications")


def _send_test(request: HttpRequest) -> HttpResponse:
    try:
        told = testing.send_test_notification(_get_email(request), by=get_actor(request), now=clock.now())
    except NewsletterError as error:
        return _render_page(request, _build_form(request), error=str(error), status=error.http_status)
    for each in told.messages:
        if each.arrived:
            messages.success(request, f"A test is on its way to {each.recipient}.")
        else:
            messages.error(request, f"The test to {each.recipient} is {each.state.label.lower()}: {each.error}")
    return redirect("desk:notifications")


def _build_form(request: HttpRequest, data: QueryDict | None = None) -> NotificationForm:
    names = {each.id: each.name for each in list_newsletters()}
    return NotificationForm(choices.list_choices(_get_email(request)), names, data)


def _get_email(request: HttpRequest) -> str:
    user: Any = request.user  # signed in: `desk_view` has seen to it
    return str(user.email)


def _render_page(request: HttpRequest, form: NotificationForm, *, error: str = "", status: int = 200) -> HttpResponse:
    context = {"form": form, "shown": SHOWN, "error": error, "is_mailed": bool(wiring.get_config().notify_smtp_url)}
    context["may_configure"] = get_actor(request).may(Verb.CONFIGURE)
    return render(request, "pages/notifications.html", context, status=status)
