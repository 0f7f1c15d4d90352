"""Newsletters: the list, and the settings of one."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from newsletter.accounts.permissions import can
from newsletter.catalog import newsletter_settings, newsletters, sponsors
from newsletter.catalog.states import NewsletterState
from newsletter.catalog.values import Newsletter
from newsletter.kernel import clock
from newsletter.kernel.actors import Verb
from newsletter.kernel.errors import BadInput, NewsletterError
from newsletter.kernel.resources import list_mail_templates
from newsletter.web.access import desk_view, list_accessible_newsletters, record_audit, require_permission
from newsletter.web.fields import read_number
from subscribers import lists

# name → (label, hint)
SETTINGS = {
    "name": ("Name", ""),
    "strap": ("Line under the name", ""),
    "state": ("State", "Only a live newsletter is sent"),
    "template": ("Template", "Layout of its mails"),
    "publication": ("Publication", "The paper's name, at the head of the mail"),
    "publication_url": ("Web site", ""),
    "from_name": ("Sender's name", ""),
    "from_email": ("Sender's address", "Its domain must be authenticated with the provider"),
    "reply_to": ("Reply-to", "Empty: the sender"),
    "postal_address": ("Postal address", "Required by law in every mail"),
    "signed": ("Signed by", ""),
    "language": ("Language", "Like en or de"),
    "zone": ("Time zone", "Like Europe/London"),
    "stories_wanted": ("Stories per edition", ""),
    "stories_least": ("Minimum stories for approval", ""),
    "late_after_minutes": ("Held when later than", "Minutes"),
    "recall_minutes": (
        "Submit early for recall",
        "20 to 1440 minutes before its time, so that it can be recalled; 0: off. SendGrid only",
    ),
    "segment": ("Only for segment", "Its short name, such as who-pays; empty: everybody on the list"),
    "link_parameters": (
        "Added to story links",
        "Like utm_source=morning&utm_medium=email&utm_campaign={date}; empty: nothing",
    ),
    "per_minute": ("Messages per minute", "0: no limit"),
    "warm_up_from": ("Warm-up from", "First day of a new sender's domain, like 2026-11-24; empty: none"),
    "warm_up_first": ("Messages on that day", "Doubled every day after; subscribers beyond it are excluded that day"),
    "repair_after_minutes": (
        "Repair unknown outcomes after",
        "Minutes without an answer; some may get it twice. 0: never",
    ),
}


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
    typed = {name: request.POST.get(name, "") for name in ("label", "headline", "text", "url")}
    try:
        sponsor_id = read_number(request.POST, "remove")
        if sponsor_id is not None:
            sponsors.remove_sponsor(sponsor_id, newsletter.id)
            record_audit(request, "removed sponsor", slug, newsletter_id=newsletter.id, detail=str(sponsor_id))
        else:
            first, last = request.POST.get("first", ""), request.POST.get("last", "")
            begins = clock.parse_day(first)
            sponsors.add_sponsor(newsletter.id, first=begins, last=clock.parse_day(last) if last else begins, **typed)
            record_audit(request, "added sponsor", slug, newsletter_id=newsletter.id, detail=typed["headline"])
    except NewsletterError as error:
        messages.error(request, str(error))
    return redirect("newsletter", slug)


@desk_view(Verb.VIEW, methods=("GET", "POST"))
def show_settings(request: HttpRequest, slug: str) -> HttpResponse:
    """The settings of one newsletter."""
    newsletter = newsletters.get_newsletter_by_slug(slug)
    require_permission(request, Verb.CONFIGURE if request.method == "POST" else Verb.VIEW, newsletter.id)
    typed: dict[str, str] = {}
    error, field, status = "", "", 200
    if request.method == "POST":
        typed = {name: request.POST[name] for name in SETTINGS if name in request.POST}
        try:
            changed = {name: value for name, value in typed.items() if _format_value(newsletter, name) != value}
            if changed:
                newsletter_settings.change_newsletter(newsletter.id, now=clock.now(), **changed)
                record_audit(
                    request,
                    "changed newsletter",
                    slug,
                    newsletter_id=newsletter.id,
                    detail=", ".join(changed),
                )
            messages.success(request, "Saved.")
            return redirect("newsletter", slug)
        except NewsletterError as refused:
            error, field, status = str(refused), refused.field if isinstance(refused, BadInput) else "", 422
    rows = [
        (name, label, hint, typed.get(name, _format_value(newsletter, name)), _list_choices(name))
        for name, (label, hint) in SETTINGS.items()
    ]
    context = {
        "newsletter": newsletter,
        "rows": rows,
        "error": error,
        "field": field,
        "sponsors": sponsors.list_sponsors(newsletter.id),
        "may": can(request.user, Verb.CONFIGURE, newsletter.id),
    }
    return render(request, "pages/newsletter.html", context, status=status)


def _list_choices(name: str) -> tuple[str, ...]:
    return (
        tuple(NewsletterState)
        if name == "state"
        else list_mail_templates(settings.CONFIG.templates_dir)
        if name == "template"
        else ()
    )


def _format_value(newsletter: Newsletter, name: str) -> str:
    value = getattr(newsletter, name)
    return "" if value is None else str(value)
