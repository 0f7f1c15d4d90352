"""Editions: the list, the review with its preview, and the decisions: approve, test, send, skip."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from urllib.parse import quote

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from newsletter.accounts.actors import UserActor
from newsletter.accounts.permissions import can, list_addresses_with
from newsletter.catalog import newsletters
from newsletter.checks import preflight
from newsletter.curator.editions import (
    approval,
    correction_lookup,
    corrections,
    edition_lookup,
    editions,
    suggestions,
    transitions,
    variants,
    visibility,
)
from newsletter.curator.editions.values import Edition
from newsletter.delivery.providers.base import AnswerKind
from newsletter.delivery.reports import edition_status, summary
from newsletter.delivery.sending import one_off
from newsletter.jobs import tasks, wiring
from newsletter.kernel import clock
from newsletter.kernel.actors import Verb
from newsletter.kernel.errors import BadInput, NewsletterError, NotAllowed
from newsletter.templater.merge_fields import personalise_mail
from newsletter.web.access import (
    desk_view,
    get_actor,
    list_accessible_newsletters,
    require_permission,
)
from newsletter.web.fields import require_content_hash
from newsletter.web.forms.sending import SendForm
from newsletter.web.views import preview
from subscribers import lists
from subscribers.states import SubscriptionState

VIEWS = ("wide", "phone", "dark", "pictures off", "text", "source")


@desk_view(Verb.VIEW, methods=("GET", "POST"))
def show_editions(request: HttpRequest) -> HttpResponse:
    """The list of editions; POST makes the edition of a day."""
    newsletters = list_accessible_newsletters(request)
    if request.method == "POST":
        return _create_edition(request)
    found = edition_lookup.list_editions(newsletter_ids=[each.id for each in newsletters], limit=60)
    names, statuses = {each.id: each for each in newsletters}, edition_status.find_statuses(found)
    return render(
        request,
        "pages/editions.html",
        {
            "editions": [(each, names[each.newsletter_id], statuses[each.id]) for each in found],
            "newsletters": list_accessible_newsletters(request, Verb.EDIT),
        },
    )


def _create_edition(request: HttpRequest) -> HttpResponse:
    newsletter = newsletters.get_newsletter_by_slug(request.POST.get("newsletter", ""))
    text, by, now = request.POST.get("date", ""), get_actor(request), clock.now()
    try:
        day = clock.parse_day(text) if text else None
        if request.POST.get("suggest"):
            edition = suggestions.create_suggested_edition(
                newsletter.id, day, fetch=wiring.build_fetcher(), by=by, now=now
            )
        else:
            edition = editions.create_edition(newsletter.id, day, by=by, now=now)
    except NotAllowed:
        raise
    except NewsletterError as error:
        messages.error(request, str(error))
        return redirect("desk:editions")
    return redirect("desk:board", edition.id)


@desk_view(Verb.VIEW)
def show_review(request: HttpRequest, edition_id: int) -> HttpResponse:
    """Checks, the frozen or present rendering, and the decision beside it."""
    return _render_review(request, edition_id)


def _render_review(
    request: HttpRequest, edition_id: int, *, refused: str = "", refusal: NewsletterError | None = None
) -> HttpResponse:
    """The review; with `refusal` beside the form `refused`, whose fields keep what was typed.

    Its forms carry the hash of the edition as it was read before anything else is shown of it.
    """
    _get_edition(request, Verb.VIEW, edition_id)
    checked = preflight.inspect_edition(edition_id, now=clock.now())
    edition, newsletter = checked.edition, newsletters.get_newsletter(checked.edition.newsletter_id)
    view = request.GET.get("view", "wide")
    recipient, variant, problem = preview.choose_recipient(request, edition, newsletter)
    rendered = checked.mails.get(variant) or approval.preview_edition(edition, variant)
    mail = personalise_mail(rendered, recipient)
    reader = recipient.email if recipient.email != preview.SAMPLE_ADDRESS else ""
    may_see_subscribers = can(request.user, Verb.SUBSCRIBERS, newsletter.id)
    by = get_actor(request)
    may_edit = by.may(Verb.EDIT, newsletter_id=newsletter.id)
    context = {
        "edition": edition,
        "status": edition_status.get_edition_status(edition),
        "newsletter": newsletter,
        "content_hash": checked.content_hash,
        "view": view if view in VIEWS else "wide",
        "views": VIEWS,
        "findings": checked.findings,
        "blocked": checked.blocked,
        "readers": lists.count_subscribers_by_state(newsletter.list_id).get(SubscriptionState.ACTIVE, 0),
        "size": round(len(rendered.html.encode()) / 1000),
        "text": mail.text,
        "source": mail.html,
        "shown_subject": mail.subject,
        "variants": [
            (each.code, variants.describe_variant(each, visibility.get_segment_names()))
            for each in preview.list_variants(edition)
        ],
        "variant": variant.code,
        "reader": reader,
        "shown_as": "".join(
            f"&{name}={quote(value)}" for name, value in (("as", reader), ("variant", variant.code)) if value
        ),
        "no_reader": problem,
        "may_see_readers": may_see_subscribers,
        "may_edit": may_edit,
        "may_approve": by.may(Verb.APPROVE, newsletter_id=newsletter.id),
        "may_send": by.may(Verb.SEND, newsletter_id=newsletter.id),
        "mailing": summary.find_mailing_of_edition(edition_id),
        # Where tests went are people's addresses, though not subscribers'.
        "test_addresses": (may_see_subscribers and newsletter.test_addresses) or by.name,
        "corrections": correction_lookup.list_corrections(edition_id),
        "send_form": SendForm(request.POST if refused == "mailing" else None, auto_id="%s"),
        "refused": refused,
        "refusal": refusal,
        "typed": request.POST,
        "approvers": may_edit and list_addresses_with(Verb.APPROVE, newsletter.id),
        "transitions": transitions.list_transitions(edition_id),
    }
    return render(request, "pages/review.html", context, status=refusal.http_status if refusal else 200)


@desk_view(Verb.VIEW)
def download_message(request: HttpRequest, edition_id: int) -> HttpResponse:
    """The mail as an eml file, as the chosen subscriber would get it."""
    edition = _get_edition(request, Verb.VIEW, edition_id)
    newsletter = newsletters.get_newsletter(edition.newsletter_id)
    now = clock.now()
    recipient, variant, _ = preview.choose_recipient(request, edition, newsletter)
    mail = one_off.compose_eml(
        rendered=approval.preview_edition(edition, variant),
        newsletter=newsletter,
        address=recipient.email,
        first_name=recipient.first_name,
        date=recipient.date,
        now=now,
    )
    response = HttpResponse(mail.eml, content_type="message/rfc822")
    response["Content-Disposition"] = f'attachment; filename="{newsletter.slug}-{edition.name_of_day}.eml"'
    return response


@desk_view(Verb.EDIT, methods=("POST",))
def check_pages(request: HttpRequest, edition_id: int) -> HttpResponse:
    """Checks the pages of an edition's stories and its links now."""
    differ = tasks.check_pages_and_links_of_edition(edition_id, by=get_actor(request), now=clock.now())
    messages.success(
        request,
        f"Looked at pages and links: {differ} to see to." if differ else "Looked at pages and links: all as they were.",
    )
    return redirect("desk:review", edition_id)


def _decide(
    request: HttpRequest, verb: Verb, edition_id: int, form: str, act: Callable[[str, UserActor, datetime], str]
) -> HttpResponse:
    """A decision about the edition that the form's hash names. `act` returns where to go on.

    What is refused is shown beside the form, on a page with the present hash: whoever reads it may decide again.
    """
    _get_edition(request, verb, edition_id)
    try:
        return redirect(act(require_content_hash(request.POST), get_actor(request), clock.now()))
    except NotAllowed:
        raise
    except NewsletterError as refusal:
        return _render_review(request, edition_id, refused=form, refusal=refusal)


@desk_view(Verb.APPROVE, methods=("POST",))
def change_approval(request: HttpRequest, edition_id: int) -> HttpResponse:
    """Approves, or with `withdraw` takes the approval back."""

    def act(content_hash: str, by: UserActor, now: datetime) -> str:
        if request.POST.get("withdraw"):
            approval.withdraw_approval(edition_id, content_hash=content_hash, by=by, now=now)
            messages.success(request, "The approval is withdrawn; the edition is a draft again.")
        else:
            snapshot = preflight.approve_edition(edition_id, content_hash=content_hash, by=by, now=now)
            done = "Approved by you. A second person must approve it as well."
            messages.success(request, f"Approved, frozen as {snapshot.sha256[:12]}." if snapshot else done)
        return reverse("desk:review", args=[edition_id])

    return _decide(request, Verb.APPROVE, edition_id, "approval", act)


@desk_view(Verb.EDIT, methods=("POST",))
def request_approval(request: HttpRequest, edition_id: int) -> HttpResponse:
    """Asks a colleague for approval."""

    def act(content_hash: str, by: UserActor, now: datetime) -> str:
        sent = request.POST
        tasks.request_approval(edition_id, of=sent.get("of", ""), note=sent.get("note", ""), by=by, now=now)
        messages.success(request, "The edition is in review.")
        return reverse("desk:review", args=[edition_id])

    return _decide(request, Verb.EDIT, edition_id, "request", act)


@desk_view(Verb.APPROVE, methods=("POST",))
def send_back(request: HttpRequest, edition_id: int) -> HttpResponse:
    """Sends an edition in review back with a note."""

    def act(content_hash: str, by: UserActor, now: datetime) -> str:
        approval.send_back(edition_id, note=request.POST.get("note", ""), content_hash=content_hash, by=by, now=now)
        messages.success(request, "The edition is a draft again.")
        return reverse("desk:board", args=[edition_id])

    return _decide(request, Verb.APPROVE, edition_id, "send-back", act)


@desk_view(Verb.EDIT, methods=("POST",))
def send_tests(request: HttpRequest, edition_id: int) -> HttpResponse:
    """Sends a test to a few addresses."""
    edition = _get_edition(request, Verb.EDIT, edition_id)
    addresses = [each for each in re.split(r"[\s,;]+", request.POST.get("addresses", "").strip()) if each]
    variant = preview.find_variant(edition, request.POST.get("variant", ""))

    def act(content_hash: str, by: UserActor, now: datetime) -> str:
        sent = tasks.send_test(edition_id, addresses, variant=variant, content_hash=content_hash, by=by, now=now)
        for each in sent:
            (messages.success if each.answer is AnswerKind.ACCEPTED else messages.error)(
                request, f"Test to {each.address}: {each.answer}. {each.message}"
            )
        return reverse("desk:review", args=[edition_id])

    return _decide(request, Verb.EDIT, edition_id, "tests", act)


@desk_view(Verb.SEND, methods=("POST",))
def send_mailing(request: HttpRequest, edition_id: int) -> HttpResponse:
    """Sends an approved edition now, or schedules it; the number of subscribers must be typed."""
    edition = _get_edition(request, Verb.SEND, edition_id)
    newsletter = newsletters.get_newsletter(edition.newsletter_id)
    readers = lists.count_subscribers_by_state(newsletter.list_id).get(SubscriptionState.ACTIVE, 0)

    def act(content_hash: str, by: UserActor, now: datetime) -> str:
        form = SendForm(request.POST)
        form.check_readers(readers)
        mailing = tasks.send_edition(
            edition_id,
            at=form.read_time(newsletter.zone),
            content_hash=content_hash,
            by=by,
            now=now,
            on_other_day=bool(request.POST.get("on_other_day")),
        )
        return reverse("desk:mailing", args=[mailing.id])

    return _decide(request, Verb.SEND, edition_id, "mailing", act)


@desk_view(Verb.EDIT, methods=("POST",))
def skip_edition(request: HttpRequest, edition_id: int) -> HttpResponse:
    """Skips an edition, or makes it a draft again."""

    def act(content_hash: str, by: UserActor, now: datetime) -> str:
        if request.POST.get("open"):
            approval.reopen(edition_id, content_hash=content_hash, by=by, now=now)
        else:
            reason = request.POST.get("reason", "")
            approval.skip(edition_id, reason=reason, content_hash=content_hash, by=by, now=now)
        return reverse("desk:review", args=[edition_id])

    return _decide(request, Verb.EDIT, edition_id, "skip", act)


@desk_view(Verb.APPROVE, methods=("POST",))
def override_finding(request: HttpRequest, edition_id: int) -> HttpResponse:
    """Overrides a finding, with a reason."""
    code, where, reason = (request.POST.get(name, "") for name in ("code", "where", "reason"))

    def act(content_hash: str, by: UserActor, now: datetime) -> str:
        preflight.override(edition_id, code, where, reason=reason, content_hash=content_hash, by=by, now=now)
        return reverse("desk:review", args=[edition_id])

    return _decide(request, Verb.APPROVE, edition_id, "override", act)


@desk_view(Verb.APPROVE, methods=("POST",))
def correct_edition(request: HttpRequest, edition_id: int) -> HttpResponse:
    """Corrects an edition that was sent; mailing the corrections asks for the word and for the right to send."""
    mail = request.POST.get("do") == "mail"

    def act(content_hash: str, by: UserActor, now: datetime) -> str:
        if mail:
            if request.POST.get("sure", "").strip().casefold() != "correct":
                raise BadInput("To mail the corrections, type the word: correct.", "sure")
            mailing = tasks.send_correction(edition_id, content_hash=content_hash, by=by, now=now)
            return reverse("desk:mailing", args=[mailing.id])
        text, key = request.POST.get("text", ""), request.POST.get("story", "")
        corrections.add_correction(edition_id, text, key=key, content_hash=content_hash, by=by, now=now)
        messages.success(request, "Corrected: in the archive now, and in the next edition.")
        return reverse("desk:review", args=[edition_id])

    return _decide(request, Verb.APPROVE, edition_id, "mail" if mail else "correct", act)


def _get_edition(request: HttpRequest, verb: Verb, edition_id: int) -> Edition:
    edition = edition_lookup.get_edition(edition_id)
    require_permission(request, verb, edition.newsletter_id)
    return edition
