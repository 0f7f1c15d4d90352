"""The preview: the true mail for a frame, its row in an inbox, and the subscriber for whom both are shown."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.views.decorators.clickjacking import xframe_options_sameorigin

from newsletter.catalog import newsletters
from newsletter.catalog.values import Newsletter
from newsletter.curator.editions import approval, day_names, edition_lookup, variants, visibility
from newsletter.curator.editions.values import Edition
from newsletter.curator.editions.variants import Variant
from newsletter.kernel import clock
from newsletter.kernel.actors import Verb
from newsletter.kernel.errors import NotFound
from newsletter.templater.briefing import Rendered
from newsletter.templater.merge_fields import MergeRecipient, personalise_mail
from newsletter.web.access import desk_view, get_actor, require_permission
from newsletter.web.fields import read_number
from newsletter.web.views.board_parts import get_edition, get_version
from subscribers import subscriber_lookup

SAMPLE_ADDRESS = "reader@example.com"
SANDBOX_POLICY = "sandbox; default-src 'none'; img-src 'self' data:; style-src 'unsafe-inline'; frame-ancestors 'self'"
# With `allow-same-origin` and without `allow-scripts` the board can keep the place to which somebody scrolled, and
# nothing in the frame can do anything.
PREVIEW_POLICY = SANDBOX_POLICY.replace("sandbox;", "sandbox allow-same-origin;")
MOST_MATCHES = 6


@xframe_options_sameorigin
@desk_view(Verb.VIEW, background=True)
def show_rendering(request: HttpRequest, edition_id: int) -> HttpResponse:
    """The true mail, for a sandboxed frame; `dark` applies the dark rules as a client in dark mode does."""
    view = request.GET.get("view", "wide")
    edition = get_edition(request, Verb.VIEW, edition_id)
    mail = _render_as_asked(request, edition)
    html: str
    if view == "text" or not mail.html:
        html = render_to_string("fragments/mail_text.html", {"text": mail.text})
    elif view == "dark":
        html = mail.html.replace("@media (prefers-color-scheme:dark)", "@media screen")
    else:
        html = re.sub(r"@media \(prefers-color-scheme: ?dark\)", "@media not all", mail.html)
        html = html.replace("light dark", "light")
    # By which the board knows it from an error, and of which version of the edition it is.
    response = HttpResponse(html.replace("<html", f'<html data-mail="{get_version(edition)}"', 1))
    images = "img-src 'none'" if view == "pictures off" else "img-src 'self' data:"
    response["Content-Security-Policy"] = PREVIEW_POLICY.replace("img-src 'self' data:", images)
    return response


@desk_view(Verb.VIEW, background=True)
def show_inbox(request: HttpRequest, edition_id: int) -> HttpResponse:
    """The row of the mail in an inbox, as the chosen subscriber gets it."""
    edition = get_edition(request, Verb.VIEW, edition_id)
    context = {
        "newsletter": newsletters.get_newsletter(edition.newsletter_id),
        "edition": _render_as_asked(request, edition),
    }
    return render(request, "partials/inbox_row.html", context)


@desk_view(Verb.SUBSCRIBERS, background=True)
def find_recipients(request: HttpRequest, edition_id: int) -> HttpResponse:
    """Subscribers of the newsletter by part of their name or address, to see the mail as one of them."""
    edition = edition_lookup.get_edition(edition_id)
    require_permission(request, Verb.SUBSCRIBERS, edition.newsletter_id)
    newsletter, wanted = newsletters.get_newsletter(edition.newsletter_id), request.GET.get("q", "").strip()[:254]
    found = wanted and subscriber_lookup.find_subscribers(
        wanted, by=get_actor(request), list_id=newsletter.list_id, limit=MOST_MATCHES
    )
    context = {"wanted": wanted, "found": [each for each in found or () if each.address]}
    return render(request, "fragments/recipients.html", context)


def _render_as_asked(request: HttpRequest, edition: Edition) -> Rendered:
    """The mail with the values of the recipient that was asked for."""
    newsletter = newsletters.get_newsletter(edition.newsletter_id)
    recipient, variant, _ = choose_recipient(request, edition, newsletter)
    return personalise_mail(approval.preview_edition(edition, variant, newsletter), recipient)


def list_variants(edition: Edition) -> tuple[Variant, ...]:
    """What can be shown: every variant of the mail, and the page."""
    mails = (
        edition_lookup.list_frozen_variants(edition.snapshot_id)
        if edition.snapshot_id
        else variants.list_variants(edition)
    )
    return (*mails, variants.PAGE)


def find_variant(shown: Iterable[Variant], code: str) -> Variant:
    """The variant with a code, of those that can be shown; the plain mail where there is none."""
    return next((each for each in shown if each.code == code), variants.PLAIN)


def choose_recipient(
    request: HttpRequest, edition: Edition, newsletter: Newsletter, shown: Sequence[Variant] | None = None
) -> tuple[MergeRecipient, Variant, str]:
    """The recipient the mail is rendered for, the variant, and why the one asked for is not shown.

    Somebody of the list for users who may see subscribers, by number (`subscriber`) or by what is typed (`as`); else a
    recipient without a name. `shown` are the variants that can be shown, where they were read.
    """
    number, wanted = read_number(request.GET, "subscriber"), request.GET.get("as", "").strip()[:254]
    variant = find_variant(shown or list_variants(edition), request.GET.get("variant", ""))
    if number is None and not wanted:
        return MergeRecipient(SAMPLE_ADDRESS, "", "preview"), variant, ""
    require_permission(request, Verb.SUBSCRIBERS, newsletter.id)
    problem = ""
    if number is None:
        number, problem = _find_by_text(request, wanted, newsletter.list_id)
    if number is None:
        return MergeRecipient(SAMPLE_ADDRESS, "", "preview"), variant, problem
    person, now = subscriber_lookup.show_subscriber(number, by=get_actor(request)).subscriber, clock.now()
    if all(each.list_id != newsletter.list_id for each in person.subscriptions):
        raise NotFound("There is no such subscriber on the list of this newsletter.")
    date = day_names.format_long_day(clock.to_day_in_zone(now, person.zone, newsletter.zone), newsletter.language)
    recipient = MergeRecipient(person.address, person.first_name, "preview", date)
    return recipient, visibility.get_variant(edition, number, now=now), ""


def _find_by_text(request: HttpRequest, wanted: str, list_id: int) -> tuple[int | None, str]:
    """The one subscriber that a text means, or why there is none."""
    matches = subscriber_lookup.find_subscribers(wanted, by=get_actor(request), list_id=list_id, limit=5)
    found = [each for each in matches if each.address]
    exact = next((each for each in found if each.address.casefold() == wanted.casefold()), None)
    if exact or len(found) == 1:
        return (exact or found[0]).id, ""
    if found:
        return None, (
            f"{len(found)} subscribers of this list have “{wanted}” in their name or address; give the whole address."
        )
    return None, f"Nobody on this list has “{wanted}” in their name or address."
