"""Lists: their growth, inactive subscribers, settings, and the sign-up form for the newsroom's own sites."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from newsletter.accounts.permissions import can
from newsletter.jobs import list_removal
from newsletter.kernel import clock
from newsletter.kernel.actors import Verb, require_right
from newsletter.kernel.errors import Refused
from newsletter.kernel.numbers import parse_whole_number
from newsletter.web.access import desk_view, get_actor
from newsletter.web.fields import read_act
from newsletter.web.forms.base import DeskForm, keep_sent
from newsletter.web.forms.lists import MONTHS, USUAL_MONTHS, AskInactiveForm, ListForm, NewListForm, RemoveListForm
from newsletter.web.templatetags.desk import thousands
from newsletter.web.views.subscribers import get_visible_list, list_visible_lists
from subscribers import hygiene, lists
from subscribers.values import List


@desk_view(Verb.SUBSCRIBERS, methods=("GET", "POST"))
def show_lists(request: HttpRequest) -> HttpResponse:
    """The lists; POST creates one, for users with the role for all newsletters."""
    if request.method == "POST":
        require_right(get_actor(request), Verb.CONFIGURE)
    form = NewListForm(request.POST) if request.method == "POST" else NewListForm()
    if form.is_valid():
        with form.show_refusals():
            new_list = lists.create_list(**form.cleaned_data, by=get_actor(request), now=clock.now())
            message = _("%(list)s is created. Its sign-up page is %(page)s.")
            messages.success(
                request, message % {"list": new_list.name, "page": reverse("readers:join-list", args=[new_list.slug])}
            )
            return redirect("desk:list", new_list.slug)
    counts = lists.count_subscribers_of_lists()
    context = {
        "may_create": can(request.user, Verb.CONFIGURE),
        "form": form,
        "lists": [(each, counts.get(each.id, {})) for each in list_visible_lists(request).values()],
    }
    return render(request, "pages/lists.html", context, status=form.status)


@desk_view(Verb.SUBSCRIBERS, methods=("GET", "POST"))
def show_list(request: HttpRequest, slug: str) -> HttpResponse:
    """Growth, inactive subscribers, settings and form of a list. POST changes or removes it, or asks the inactive."""
    target = get_visible_list(request, slug)
    if request.method != "POST":
        return _render_list(request, target)
    act = read_act(request.POST, {"ask": _ask_inactive, "change": _change_settings, "remove": _remove}, "change")
    form = act(request, target)
    if form.status != 200:
        return _render_list(request, target, form)
    return redirect("desk:lists") if act is _remove else redirect("desk:list", slug)


def _ask_inactive(request: HttpRequest, target: List) -> DeskForm:
    form = AskInactiveForm(request.POST)
    if form.is_valid():
        with form.show_refusals():
            asked = hygiene.ask_inactive(
                target.id,
                form.cleaned_data["months"],
                expected=form.cleaned_data["number"],
                by=get_actor(request),
                now=clock.now(),
            )
            message = _("%(number)s subscribers are asked. Those who do not answer within 30 days are unsubscribed.")
            messages.success(request, message % {"number": thousands(asked)})
    return form


def _change_settings(request: HttpRequest, target: List) -> DeskForm:
    require_right(get_actor(request), Verb.CONFIGURE, [target.id])
    form = ListForm(request.POST, present=lists.describe_settings(target))
    if form.is_valid():
        with form.show_refusals():
            lists.change_list(
                target.slug, seen=form.read_seen(), by=get_actor(request), now=clock.now(), **form.read_changes()
            )
            messages.success(request, _("Saved."))
    return form


def _remove(request: HttpRequest, target: List) -> DeskForm:
    require_right(get_actor(request), Verb.CONFIGURE)
    form = RemoveListForm(request.POST)
    if form.is_valid():
        with form.show_refusals():
            list_removal.remove_list(target.slug, by=get_actor(request), now=clock.now())
            messages.success(request, _("%(list)s is removed. Its records are kept.") % {"list": target.name})
    return form


def _render_list(request: HttpRequest, target: List, sent: DeskForm | None = None) -> HttpResponse:
    now, present = clock.now(), lists.describe_settings(target)
    asking = keep_sent(sent, AskInactiveForm)
    wanted = parse_whole_number((asking.data if asking.is_bound else request.GET).get("months", ""))
    months = wanted if wanted in MONTHS else USUAL_MONTHS
    silent, why_not = None, ""
    try:
        silent = hygiene.count_inactive(target.id, months, now=now)
        asking.show_number(thousands(silent.to_ask))
    except Refused as refused:
        why_not = str(refused)
    form = keep_sent(sent, ListForm, present=present)
    context = {
        "list": target,
        "counts": lists.count_subscribers_by_state(target.id),
        "growth": hygiene.compute_growth(target.id, now=now),
        "months": months,
        "all_months": MONTHS,
        "silent": silent,
        "why_not": why_not,
        "asking": asking,
        "may_change": get_actor(request).may(Verb.CONFIGURE, [target.id]),
        "may_remove": get_actor(request).may(Verb.CONFIGURE),
        "remove_form": keep_sent(sent, RemoveListForm),
        "form": form,
        "seen": form.keep_seen(present),
        "base_url": settings.CONFIG.base_url,
        "framed": bool(settings.CONFIG.embed_origins),
    }
    return render(request, "pages/list.html", context, status=sent.status if sent else 200)
