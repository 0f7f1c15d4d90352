"""Where notifications are posted to: adding, trying out, removing webhooks."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters

from newsletter.catalog.newsletters import get_newsletter_by_slug, list_newsletters
from newsletter.jobs.notifications import testing, webhooks
from newsletter.kernel import clock
from newsletter.kernel.actors import Verb
from newsletter.web.access import desk_view, get_actor
from newsletter.web.fields import read_act
from newsletter.web.forms.base import DeskForm, keep_sent
from newsletter.web.forms.notifications import AddWebhookForm, NamedWebhookForm


@sensitive_post_parameters("url")
@desk_view(Verb.CONFIGURE, methods=("GET", "POST"), newsroom_wide=True)
def show_webhooks(request: HttpRequest) -> HttpResponse:
    """Lists the webhooks; POST adds one, or with `do` tries out or removes one."""
    if request.method != "POST":
        return _render_page(request)
    act = read_act(request.POST, {"add": _add, "test": _test, "remove": _remove}, "add")
    return act(request)


def _add(request: HttpRequest) -> HttpResponse:
    form = AddWebhookForm(_list_newsletters(), request.POST)
    if form.is_valid():
        with form.show_refusals():
            given = form.cleaned_data
            made, secret = webhooks.add_webhook(
                given["name"],
                given["url"],
                form=given["form"],
                newsletter_id=get_newsletter_by_slug(given["newsletter"]).id if given["newsletter"] else None,
                kinds=given["kind"],
                by=get_actor(request),
                now=clock.now(),
            )
            return _render_page(request, made=made, secret=secret)
    return _render_page(request, form)


def _test(request: HttpRequest) -> HttpResponse:
    form = NamedWebhookForm(request.POST)
    if form.is_valid():
        with form.show_refusals():
            name = form.cleaned_data["name"]
            for each in testing.send_test_notification(name, by=get_actor(request), now=clock.now()).messages:
                message = _("The test to %(address)s: %(state)s. %(error)s")
                values = {"address": name, "state": _(each.state.label).lower(), "error": each.error}
                (messages.success if each.arrived else messages.error)(request, message % values)
            return redirect("desk:notification-webhooks")
    return _render_page(request, form)


def _remove(request: HttpRequest) -> HttpResponse:
    form = NamedWebhookForm(request.POST)
    if form.is_valid():
        with form.show_refusals():
            webhooks.remove_webhook(form.cleaned_data["name"], by=get_actor(request), now=clock.now())
            messages.success(request, _("%(name)s is removed.") % {"name": form.cleaned_data["name"]})
            return redirect("desk:notification-webhooks")
    return _render_page(request, form)


def _list_newsletters() -> list[tuple[str, str]]:
    return [(each.slug, each.name) for each in list_newsletters()]


def _render_page(
    request: HttpRequest, sent: DeskForm | None = None, *, made: webhooks.Webhook | None = None, secret: str = ""
) -> HttpResponse:
    names = {each.id: each.name for each in list_newsletters()}
    found = [(each, names.get(each.newsletter_id or 0, _("Everything"))) for each in webhooks.list_webhooks()]
    context = {
        "webhooks": found,
        "form": sent if isinstance(sent, AddWebhookForm) else AddWebhookForm(_list_newsletters()),
        "named_form": keep_sent(sent, NamedWebhookForm),
        "made": made,
        "secret": secret,
    }
    return render(request, "pages/notification_webhooks.html", context, status=sent.status if sent else 200)
