"""Editions: the list, the review with its preview, and the decisions: approve, test, send, skip."""

from __future__ import annotations

import re

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.clickjacking import xframe_options_sameorigin

from newsletter.accounts.permissions import can
from newsletter.catalog import newsletters
from newsletter.catalog.values import Newsletter
from newsletter.checks import preflight
from newsletter.curator.editions import (
    approval,
    corrections,
    day_names,
    edition_lookup,
    editions,
    suggestions,
    variants,
    visibility,
)
from newsletter.curator.editions.values import Edition
from newsletter.curator.editions.variants import Variant
from newsletter.delivery.reports import summary
from newsletter.delivery.sending import one_off
from newsletter.jobs import tasks, wiring
from newsletter.kernel import clock
from newsletter.kernel.actors import Verb
from newsletter.kernel.errors import BadInput, NewsletterError, Refused
from newsletter.templater.merge_fields import MergeRecipient, personalise_mail
from newsletter.web.access import (
    desk_view,
    get_actor,
    get_actor_email,
    list_accessible_newsletters,
    record_audit,
    require_permission,
)
from subscribers import lists, subscriber_lookup
from subscribers.states import SubscriptionState

VIEWS = ("wide", "phone", "dark", "pictures off", "text", "source")
SAMPLE_ADDRESS = "reader@example.com"
SANDBOX_POLICY = "sandbox; default-src 'none'; img-src 'self' data:; style-src 'unsafe-inline'; frame-ancestors 'self'"


@desk_view(Verb.VIEW, methods=("GET", "POST"))
def show_editions(request: HttpRequest) -> HttpResponse:
    """The list of editions; POST makes the edition of a day."""
    newsletters = list_accessible_newsletters(request)
    if request.method == "POST":
        return _create_edition(request)
    found = edition_lookup.list_editions(newsletter_ids=[each.id for each in newsletters], limit=60)
    names = {each.id: each for each in newsletters}
    return render(
        request,
        "pages/editions.html",
        {
            "editions": [(each, names[each.newsletter_id]) for each in found],
            "newsletters": list_accessible_newsletters(request, Verb.EDIT),
        },
    )


def _create_edition(request: HttpRequest) -> HttpResponse:
    newsletter = newsletters.get_newsletter_by_slug(request.POST.get("newsletter", ""))
    require_permission(request, Verb.EDIT, newsletter.id)
    text = request.POST.get("date", "")
    try:
        day = clock.parse_day(text) if text else None
        edition = editions.create_edition(newsletter.id, day, now=clock.now(), by=get_actor_email(request))
        if request.POST.get("suggest"):
            edition = suggestions.suggest_picks(edition.id, now=clock.now(), fetch=wiring.build_fetcher())
    except NewsletterError as error:
        messages.error(request, str(error))
        return redirect("editions")
    record_audit(request, "made edition", f"{newsletter.slug} {edition.date}", newsletter_id=newsletter.id)
    return redirect("board", edition.id)


@desk_view(Verb.VIEW)
def show_review(request: HttpRequest, edition_id: int) -> HttpResponse:
    """Checks, the frozen or present rendering, and the decision beside it."""
    edition = _get_edition(request, Verb.VIEW, edition_id)
    newsletter = newsletters.get_newsletter(edition.newsletter_id)
    view = request.GET.get("view", "wide")
    recipient, variant, problem = _choose_recipient(request, edition, newsletter)
    rendered = approval.preview(edition_id, now=clock.now(), variant=variant)
    findings = preflight.check_edition(edition_id, now=clock.now())
    mail = personalise_mail(rendered, recipient)
    context = {
        "edition": edition,
        "newsletter": newsletter,
        "view": view if view in VIEWS else "wide",
        "views": VIEWS,
        "findings": findings,
        "blocked": any(f.blocks for f in findings),
        "readers": lists.count_subscribers_by_state(newsletter.list_id).get(SubscriptionState.ACTIVE, 0),
        "size": round(len(rendered.html.encode()) / 1000),
        "text": mail.text,
        "source": mail.html,
        "shown_subject": mail.subject,
        "variants": [
            (each.code, variants.describe_variant(each, visibility.get_segment_names()))
            for each in _list_variants(edition)
        ],
        "variant": variant.code,
        "reader": recipient.email if recipient.email != SAMPLE_ADDRESS else "",
        "no_reader": problem,
        "may_see_readers": can(request.user, Verb.SUBSCRIBERS, newsletter.id),
        "mailing": summary.find_mailing_of_edition(edition_id),
        "me": get_actor_email(request),
        "corrections": corrections.list_corrections(edition_id),
    }
    return render(request, "pages/review.html", context)


@xframe_options_sameorigin
@desk_view(Verb.VIEW, background=True)
def show_rendering(request: HttpRequest, edition_id: int) -> HttpResponse:
    """The true mail, for a sandboxed frame; `dark` applies the dark rules as a client in dark mode does."""
    edition = _get_edition(request, Verb.VIEW, edition_id)
    recipient, variant, _ = _choose_recipient(request, edition, newsletters.get_newsletter(edition.newsletter_id))
    rendered = approval.preview(edition_id, now=clock.now(), variant=variant)
    html = personalise_mail(rendered, recipient).html or "<p>The mail cannot be rendered; the findings say why.</p>"
    policy = SANDBOX_POLICY
    if request.GET.get("view") == "pictures off":
        policy = SANDBOX_POLICY.replace("img-src 'self' data:", "img-src 'none'")
    if request.GET.get("view") == "dark":
        html = html.replace("@media (prefers-color-scheme:dark)", "@media screen")
    else:
        html = re.sub(r"@media \(prefers-color-scheme: ?dark\)", "@media not all", html).replace("light dark", "light")
    response = HttpResponse(html)
    response["Content-Security-Policy"] = policy
    return response


@desk_view(Verb.VIEW)
def download_message(request: HttpRequest, edition_id: int) -> HttpResponse:
    """The mail as an eml file, as the chosen subscriber would get it."""
    edition = _get_edition(request, Verb.VIEW, edition_id)
    newsletter = newsletters.get_newsletter(edition.newsletter_id)
    now = clock.now()
    recipient, variant, _ = _choose_recipient(request, edition, newsletter)
    mail = one_off.compose_eml(
        rendered=approval.preview(edition_id, now=now, variant=variant),
        newsletter=newsletter,
        address=recipient.email,
        first_name=recipient.first_name,
        date=recipient.date,
        now=now,
    )
    response = HttpResponse(mail.eml, content_type="message/rfc822")
    response["Content-Disposition"] = f'attachment; filename="{newsletter.slug}-{edition.date}.eml"'
    return response


def _list_variants(edition: Edition) -> tuple[Variant, ...]:
    """What can be shown: every variant of the mail, and the page."""
    mails = (
        edition_lookup.list_frozen_variants(edition.snapshot_id)
        if edition.snapshot_id
        else variants.list_variants(edition)
    )
    return (*mails, variants.PAGE)


def _find_variant(edition: Edition, code: str) -> Variant:
    return next((each for each in _list_variants(edition) if each.code == code), variants.PLAIN)


def _choose_recipient(
    request: HttpRequest, edition: Edition, newsletter: Newsletter
) -> tuple[MergeRecipient, Variant, str]:
    """The recipient the mail is rendered for, the variant, and why the one asked for is not shown.

    Somebody of the list for users who may see subscribers, else a recipient without a name.
    """
    nobody = MergeRecipient(SAMPLE_ADDRESS, "", "preview")
    variant = _find_variant(edition, request.GET.get("variant", ""))
    wanted = request.GET.get("as", "").strip()[:254]
    if not wanted:
        return nobody, variant, ""
    require_permission(request, Verb.SUBSCRIBERS, newsletter.id)
    by = get_actor(request)
    found = [
        each
        for each in subscriber_lookup.find_subscribers(wanted, by=by, list_id=newsletter.list_id, limit=5)
        if each.address
    ]
    exact = next(
        (each for each in found if each.address.casefold() == wanted.casefold()), found[0] if len(found) == 1 else None
    )
    if exact is None:
        return (
            nobody,
            variant,
            f"{len(found)} subscribers of this list have “{wanted}” in their name or address; give the whole address."
            if found
            else f"Nobody on this list has “{wanted}” in their name or address.",
        )
    person, now = subscriber_lookup.show_subscriber(exact.id, by=by).subscriber, clock.now()
    date = day_names.format_long_day(clock.to_day_in_zone(now, person.zone, newsletter.zone), newsletter.language)
    return (
        MergeRecipient(exact.address, person.first_name, "preview", date),
        visibility.get_variant(edition, exact.id, now=now),
        "",
    )


@desk_view(Verb.EDIT, methods=("POST",))
def check_pages(request: HttpRequest, edition_id: int) -> HttpResponse:
    """Checks the pages of an edition's stories and its links now."""
    edition = _get_edition(request, Verb.EDIT, edition_id)
    differ = tasks.check_pages_and_links_of_edition(edition_id, clock.now())
    record_audit(request, "looked again", f"edition {edition_id}", newsletter_id=edition.newsletter_id)
    messages.success(
        request,
        f"Looked at pages and links: {differ} to see to." if differ else "Looked at pages and links: all as they were.",
    )
    return redirect("review", edition_id)


@desk_view(Verb.APPROVE, methods=("POST",))
def change_approval(request: HttpRequest, edition_id: int) -> HttpResponse:
    """Approves, or with `withdraw` takes the approval back."""
    edition = _get_edition(request, Verb.APPROVE, edition_id)
    now = clock.now()
    try:
        if request.POST.get("withdraw"):
            approval.withdraw_approval(edition_id, by=get_actor_email(request), now=now)
            record_audit(request, "withdrew approval", f"edition {edition_id}", newsletter_id=edition.newsletter_id)
            messages.success(request, "The approval is withdrawn; the edition is a draft again.")
        else:
            snapshot = preflight.approve_edition(edition_id, by=get_actor_email(request), now=now)
            record_audit(
                request,
                "approved",
                f"edition {edition_id}",
                newsletter_id=edition.newsletter_id,
                detail=snapshot.sha256[:12],
            )
            messages.success(request, f"Approved, frozen as {snapshot.sha256[:12]}.")
    except NewsletterError as error:
        messages.error(request, str(error))
    return redirect("review", edition_id)


@desk_view(Verb.EDIT, methods=("POST",))
def send_tests(request: HttpRequest, edition_id: int) -> HttpResponse:
    """Sends a test to a few addresses."""
    edition = _get_edition(request, Verb.EDIT, edition_id)
    addresses = re.split(r"[\s,;]+", request.POST.get("addresses", "").strip())
    try:
        variant = _find_variant(edition, request.POST.get("variant", ""))
        sent = tasks.send_test(
            edition_id, [a for a in addresses if a], variant=variant, by=get_actor_email(request), now=clock.now()
        )
    except NewsletterError as error:
        messages.error(request, str(error))
        return redirect("review", edition_id)
    record_audit(
        request,
        "sent test",
        f"edition {edition_id}",
        newsletter_id=edition.newsletter_id,
        detail=f"{len(sent)} addresses",
    )
    for each in sent:
        (messages.success if each.answer == "accepted" else messages.error)(
            request, f"Test to {each.address}: {each.answer}. {each.message}"
        )
    return redirect("review", edition_id)


@desk_view(Verb.SEND, methods=("POST",))
def send_mailing(request: HttpRequest, edition_id: int) -> HttpResponse:
    """Sends an approved edition; the number of subscribers must be typed, without separators."""
    edition = _get_edition(request, Verb.SEND, edition_id)
    newsletter = newsletters.get_newsletter(edition.newsletter_id)
    readers = lists.count_subscribers_by_state(newsletter.list_id).get(SubscriptionState.ACTIVE, 0)
    now = clock.now()
    try:
        if request.POST.get("readers", "").strip() != str(readers):
            raise BadInput(f"To send, type the number of subscribers: {readers}.", "readers")
        at = clock.parse_local_moment(request.POST["at"], newsletter.zone, "at") if request.POST.get("at") else None
        mailing = tasks.send_edition(edition_id, at=at, by=get_actor_email(request), now=now)
    except NewsletterError as error:
        messages.error(request, str(error))
        return redirect("review", edition_id)
    record_audit(request, "sent", f"edition {edition_id}", newsletter_id=newsletter.id, detail=f"mailing {mailing.id}")
    return redirect("mailing", mailing.id)


@desk_view(Verb.EDIT, methods=("POST",))
def skip_edition(request: HttpRequest, edition_id: int) -> HttpResponse:
    """Skips an edition, or makes it a draft again."""
    edition = _get_edition(request, Verb.EDIT, edition_id)
    try:
        if request.POST.get("open"):
            approval.reopen(edition_id, now=clock.now())
        else:
            approval.skip(
                edition_id, reason=request.POST.get("reason", ""), by=get_actor_email(request), now=clock.now()
            )
        record_audit(
            request,
            "opened again" if request.POST.get("open") else "skipped",
            f"edition {edition_id}",
            newsletter_id=edition.newsletter_id,
        )
    except NewsletterError as error:
        messages.error(request, str(error))
    return redirect("review", edition_id)


@desk_view(Verb.APPROVE, methods=("POST",))
def override_finding(request: HttpRequest, edition_id: int) -> HttpResponse:
    """Overrides a finding, with a reason."""
    edition = _get_edition(request, Verb.APPROVE, edition_id)
    code, where, reason = (request.POST.get(name, "") for name in ("code", "where", "reason"))
    try:
        preflight.override(edition_id, code, where, reason=reason, by=get_actor_email(request), now=clock.now())
        record_audit(
            request,
            "overrode",
            f"edition {edition_id}",
            newsletter_id=edition.newsletter_id,
            detail=f"{code} {where}: {reason}"[:200],
        )
    except NewsletterError as error:
        messages.error(request, str(error))
    return redirect("review", edition_id)


@desk_view(Verb.APPROVE, methods=("POST",))
def correct_edition(request: HttpRequest, edition_id: int) -> HttpResponse:
    """Corrects an edition that was sent; mailing the corrections asks for the word and for the right to send."""
    edition = _get_edition(request, Verb.APPROVE, edition_id)
    now = clock.now()
    try:
        if request.POST.get("do") == "mail":
            require_permission(request, Verb.SEND, edition.newsletter_id)
            if request.POST.get("sure", "").strip().casefold() != "correct":
                raise BadInput("To mail the corrections, type the word: correct.", "sure")
            mailing = tasks.send_correction(edition_id, by=get_actor_email(request), now=now)
            record_audit(
                request,
                "mailed correction",
                f"edition {edition_id}",
                newsletter_id=edition.newsletter_id,
                detail=f"mailing {mailing.id}",
            )
            return redirect("mailing", mailing.id)
        text = request.POST.get("text", "")
        corrections.add_correction(
            edition_id, text, key=request.POST.get("story", ""), by=get_actor_email(request), now=now
        )
        record_audit(
            request, "corrected", f"edition {edition_id}", newsletter_id=edition.newsletter_id, detail=text[:200]
        )
        messages.success(request, "Corrected: in the archive now, and in the next edition.")
    except (BadInput, Refused) as error:
        messages.error(request, str(error))
    return redirect("review", edition_id)


def _get_edition(request: HttpRequest, verb: Verb, edition_id: int) -> Edition:
    edition = edition_lookup.get_edition(edition_id)
    require_permission(request, verb, edition.newsletter_id)
    return edition
