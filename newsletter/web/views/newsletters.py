"""Newsletters: the list, and the settings of one."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from newsletter.accounts.permissions import can
from newsletter.catalog import newsletter_settings, newsletters, sponsors
from newsletter.catalog.values import Newsletter
from newsletter.kernel import clock
from newsletter.kernel.actors import Verb, require_right
from newsletter.web.access import desk_view, get_actor, list_accessible_newsletters, require_permission
from newsletter.web.fields import read_act
from newsletter.web.forms.base import DeskForm, keep_sent
from newsletter.web.forms.newsletters import NewNewsletterForm, RemoveSponsorForm, SettingsForm, SponsorForm
from subscribers import lists


@desk_view(Verb.VIEW, methods=("GET", "POST"))
def show_newsletters(request: HttpRequest) -> HttpResponse:
    """The newsletters the user may see, with their subscribers; POST creates one."""
    if request.method != "POST":
        return _render_newsletters(request, NewNewsletterForm())
    require_right(get_actor(request), Verb.CONFIGURE)
    form = NewNewsletterForm(request.POST)
    if form.is_valid():
        with form.show_refusals():
            given = form.cleaned_data
            newsletter = newsletter_settings.create_newsletter(
                slug=given["slug"],
                name=given["name"],
                list_id=lists.get_list_by_slug(given["list"]).id,
                from_email=given["from_email"],
                postal_address=given["postal_address"],
                zone=given["zone"],
                by=get_actor(request),
                now=clock.now(),
            )
            messages.success(request, _("%(newsletter)s is created.") % {"newsletter": newsletter.name})
            return redirect("desk:newsletter", newsletter.slug)
    return _render_newsletters(request, form)


def _render_newsletters(request: HttpRequest, form: NewNewsletterForm) -> HttpResponse:
    counts, of_all = lists.count_subscribers_of_lists(), {each.id: each for each in lists.list_lists()}
    found = [
        (each, counts.get(each.list_id, {}), of_all[each.list_id]) for each in list_accessible_newsletters(request)
    ]
    context = {"newsletters": found, "form": form, "may_create": can(request.user, Verb.CONFIGURE)}
    return render(request, "pages/newsletters.html", context, status=form.status)


@desk_view(Verb.VIEW, methods=("GET", "POST"))
def show_settings(request: HttpRequest, slug: str) -> HttpResponse:
    """The settings of one newsletter; POST changes them."""
    newsletter = newsletters.get_newsletter_by_slug(slug)
    if request.method != "POST":
        require_permission(request, Verb.VIEW, newsletter.id)
        return _render_settings(request, newsletter)
    require_permission(request, Verb.CONFIGURE, newsletter.id)
    form = SettingsForm(newsletter, request.POST)
    if form.is_valid():
        with form.show_refusals():
            newsletter_settings.change_newsletter(
                newsletter.id, seen=form.read_seen(), by=get_actor(request), now=clock.now(), **form.read_changes()
            )
            messages.success(request, _("Saved."))
            return redirect("desk:newsletter", slug)
    return _render_settings(request, newsletter, form)


@desk_view(Verb.CONFIGURE, methods=("POST",))
def change_sponsors(request: HttpRequest, slug: str) -> HttpResponse:
    """Reserves the sponsor's box for some days, or removes a sponsor."""
    newsletter = newsletters.get_newsletter_by_slug(slug)
    require_permission(request, Verb.CONFIGURE, newsletter.id)
    form_class, act = read_act(request.POST, _SPONSOR_ACTS, "reserve")
    form = form_class(request.POST)
    if form.is_valid():
        with form.show_refusals():
            act(newsletter_id=newsletter.id, by=get_actor(request), now=clock.now(), **form.cleaned_data)
            return redirect("desk:newsletter", slug)
    return _render_settings(request, newsletter, form)


_SPONSOR_ACTS: Mapping[str, tuple[type[DeskForm], Callable[..., object]]] = {
    "reserve": (SponsorForm, sponsors.add_sponsor),
    "remove": (RemoveSponsorForm, sponsors.remove_sponsor),
}


def _render_settings(request: HttpRequest, newsletter: Newsletter, sent: DeskForm | None = None) -> HttpResponse:
    may = can(request.user, Verb.CONFIGURE, newsletter.id)
    form = sent if isinstance(sent, SettingsForm) else SettingsForm(newsletter, disabled=not may)
    context = {
        "newsletter": newsletter,
        "form": form,
        "seen": form.seen,
        "sponsors": sponsors.list_sponsors(newsletter.id),
        "sponsor_form": keep_sent(sent, SponsorForm),
        "remove_form": keep_sent(sent, RemoveSponsorForm),
        "may": may,
    }
    return render(request, "pages/newsletter.html", context, status=sent.status if sent else 200)
