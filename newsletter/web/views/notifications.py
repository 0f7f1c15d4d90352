"""What a user is notified of, chosen per newsletter; and a test of whether it arrives."""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from newsletter.catalog.newsletters import list_newsletters
from newsletter.jobs import wiring
from newsletter.jobs.notifications import choices, testing
from newsletter.kernel import clock
from newsletter.kernel.actors import Verb
from newsletter.web.access import desk_view, get_actor, get_actor_email
from newsletter.web.fields import read_act
from newsletter.web.forms.base import DeskForm, keep_sent
from newsletter.web.forms.notifications import SHOWN, NotificationForm, NotificationTestForm


@desk_view(None, methods=("GET", "POST"))
def show_notifications(request: HttpRequest) -> HttpResponse:
    """Shows what the user is notified of; POST saves it, or with `do=test` sends a test."""
    if request.method != "POST":
        return _render_page(request)
    act = read_act(request.POST, {"test": _send_test, "save": _save}, "save")
    return act(request)


def _save(request: HttpRequest) -> HttpResponse:
    form = NotificationForm(*_list_choices(request), request.POST)
    if not form.is_valid():
        return _render_page(request, form)
    choices.choose(get_actor_email(request), form.read_wanted(), by=get_actor(request), now=clock.now())
    messages.success(request, _("Saved: from now on you are notified of what is ticked."))
    return redirect("desk:notifications")


def _send_test(request: HttpRequest) -> HttpResponse:
    form = NotificationTestForm(request.POST)
    with form.show_refusals():
        told = testing.send_test_notification(get_actor_email(request), by=get_actor(request), now=clock.now())
        for each in told.messages:
            if each.arrived:
                messages.success(request, _("A test is on its way to %(address)s.") % {"address": each.recipient})
            else:
                message = _("The test to %(address)s: %(state)s. %(error)s")
                values = {"address": each.recipient, "state": _(each.state.label).lower(), "error": each.error}
                messages.error(request, message % values)
        return redirect("desk:notifications")
    return _render_page(request, form)


def _list_choices(request: HttpRequest) -> tuple[Iterable[choices.Choice], dict[int, str]]:
    return choices.list_choices(get_actor_email(request)), {each.id: each.name for each in list_newsletters()}


def _render_page(request: HttpRequest, sent: DeskForm | None = None) -> HttpResponse:
    context = {
        "form": sent if isinstance(sent, NotificationForm) else NotificationForm(*_list_choices(request)),
        "test_form": keep_sent(sent, NotificationTestForm),
        "shown": SHOWN,
        "is_mailed": bool(wiring.get_config().notify_smtp_url),
        "may_configure": get_actor(request).may(Verb.CONFIGURE),
    }
    return render(request, "pages/notifications.html", context, status=sent.status if sent else 200)
