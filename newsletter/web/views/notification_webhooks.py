"""Where notifications are posted to: adding, trying out, removing webhooks."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_post_parameters

from newsletter.catalog.newsletters import get_newsletter_by_slug, list_newsletters
from newsletter.jobs.notifications import testing, webhooks
from newsletter.kernel import clock
from newsletter.kernel.actors import Verb
from newsletter.kernel.errors import NewsletterError, NotAllowed
from newsletter.web.access import desk_view, get_actor
from newsletter.web.forms.notifications import AddWebhookForm


@sensitive_post_parameters("url")
@desk_view(Verb.CONFIGURE, methods=("GET", "POST"), newsroom_wide=True)
def show_webhooks(request: HttpRequest) -> HttpResponse:
    """Lists the webhooks; POST adds one, or with `do` tries out or removes one."""
    do = request.POST.get("do", "")
    if request.method != "POST":
        return _render_page(request, _build_form(request))
    if do in ("test", "remove"):
        return _act(request, do)
    form = _build_form(request)
    if not form.is_valid():
        return _render_page(request, form, status=422)
    given = form.cleaned_data
    try:
        made, secret = webhooks.add_webhook(
            given["name"],
            given["url"],
            form=given["form"],
            newsletter_id=get_newsletter_by_slug(given["newsletter"]).id if given["newsletter"] else None,
            kinds=given["kind"],
            by=get_actor(request),
            now=clock.now(),
        )
    except NotAllowed:
        raise
    except NewsletterError as problem:
        form.show_problem(problem)
        return _render_page(request, form, status=422)
    return _render_page(request, _build_form(), made=made, secret=secret)


def _act(request: HttpRequest, do: str) -> HttpResponse:
    name, by, now = request.POST.get("name", ""), get_actor(request), clock.now()
    try:
        if do == "remove":
            webhooks.remove_webhook(name, by=by, now=now)
            messages.success(request, f"{name} is removed.")
        else:
            for each in testing.send_test_notification(f"{name}", by=by, now=now).messages:
                (messages.success if each.arrived else messages.error)(
                    request, f"The test to {name}: {each.state.label.lower()}. {each.error}"
                )
    except NotAllowed:
        raise
    except NewsletterError as problem:
        messages.error(request, str(problem))
    return redirect("desk:notification-webhooks")


def _build_form(request: HttpRequest | None = None) -> AddWebhookForm:
    data = request.POST if request is not None and request.method == "POST" else None
    return AddWebhookForm([(each.slug, each.name) for each in list_newsletters()], data)


def _render_page(
    request: HttpRequest,
    form: AddWebhookForm,
    *,
    made: webhooks.Webhook | None = None,
    secret: str = "",
    status: int = 200,
) -> HttpResponse:
    names = {each.id: each.name for each in list_newsletters()}
    found = [(each, names.get(each.newsletter_id or 0, "everything")) for each in webhooks.list_webhooks()]
    context = {"webhooks": found, "form": form, "made": made, "secret": secret}
    return render(request, "pages/notification_webhooks.html", context, status=status)
