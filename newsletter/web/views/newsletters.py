"""Newsletters: the list, and the settings of one."""

from __future__ import annotations

from typing import cast

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from newsletter.accounts.permissions import can
from newsletter.catalog import newsletter_settings, newsletters, sponsors
from newsletter.catalog.settings_fields import FORM_SETTINGS, NewsletterFields, NewsletterSetting, SettingKind
from newsletter.kernel import clock
from newsletter.kernel.actors import Verb
from newsletter.kernel.errors import BadInput, Conflict, NewsletterError, NotFound
from newsletter.kernel.resources import list_mail_templates
from newsletter.web.access import desk_view, get_actor, list_accessible_newsletters, require_permission
from newsletter.web.fields import read_number, read_seen
from subscribers import lists


@desk_view(Verb.VIEW)
def show_newsletters(request: HttpRequest) -> HttpResponse:
    """The newsletters the user may see, with their subscribers."""
    found = [
        (each, lists.count_subscribers_by_state(each.list_id), lists.get_list(each.list_id))
        for each in list_accessible_newsletters(request)
    ]
    return render(request, "pages/newsletters.html", {"newsletters": found})


@desk_view(Verb.CONFIGURE, methods=("POST",))
def change_sponsors(request: HttpRequest, slug: str) -> HttpResponse:
    """Reserves the sponsor's box for some days, or removes a sponsor."""
    newsletter = newsletters.get_newsletter_by_slug(slug)
    require_permission(request, Verb.CONFIGURE, newsletter.id)
    by, now, form = get_actor(request), clock.now(), request.POST
    try:
        sponsor_id = read_number(form, "remove")
        if sponsor_id is not None:
            sponsors.remove_sponsor(sponsor_id, newsletter.id, by=by, now=now)
        else:
            first, last = clock.parse_day(form.get("first", "")), form.get("last", "")
            sponsors.add_sponsor(
                newsletter.id,
                label=form.get("label", ""),
                headline=form.get("headline", ""),
                text=form.get("text", ""),
                url=form.get("url", ""),
                first=first,
                last=clock.parse_day(last) if last else first,
                by=by,
                now=now,
            )
    except NewsletterError as error:
        messages.error(request, str(error))
    return redirect("desk:newsletter", slug)


@desk_view(Verb.VIEW, methods=("GET", "POST"))
def show_settings(request: HttpRequest, slug: str) -> HttpResponse:
    """The settings of one newsletter; POST changes them."""
    newsletter = newsletters.get_newsletter_by_slug(slug)
    require_permission(request, Verb.CONFIGURE if request.method == "POST" else Verb.VIEW, newsletter.id)
    typed: dict[str, str] = {}
    problem: BadInput | Conflict | NotFound | None = None
    if request.method == "POST":
        typed = {each.name: request.POST[each.name] for each in FORM_SETTINGS if each.name in request.POST}
        try:
            newsletter_settings.change_newsletter(
                newsletter.id,
                seen=read_seen(request.POST),
                by=get_actor(request),
                now=clock.now(),
                **cast(NewsletterFields, typed),
            )
            messages.success(request, "Saved.")
            return redirect("desk:newsletter", slug)
        except (BadInput, Conflict, NotFound) as refused:
            problem = refused
    present = newsletter_settings.read_settings(newsletter, [each.name for each in FORM_SETTINGS])
    rows = [
        (each.name, each.label, each.hint, typed.get(each.name, present[each.name]), _list_choices(each))
        for each in FORM_SETTINGS
    ]
    context = {
        "newsletter": newsletter,
        "rows": rows,
        "seen": present,
        "error": str(problem or ""),
        "differences": getattr(problem, "differences", ()),
        "field": getattr(problem, "field", ""),
        "sponsors": sponsors.list_sponsors(newsletter.id),
        "may": can(request.user, Verb.CONFIGURE, newsletter.id),
    }
    status = 200 if problem is None else 409 if isinstance(problem, Conflict) else 422
    return render(request, "pages/newsletter.html", context, status=status)


def _list_choices(setting: NewsletterSetting) -> tuple[str, ...]:
    if setting.choices is not None:
        return tuple(setting.choices)
    return list_mail_templates(settings.CONFIG.templates_dir) if setting.kind is SettingKind.TEMPLATE else ()
