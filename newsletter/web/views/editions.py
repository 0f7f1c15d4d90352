"""Editions: the list, the review with its preview, and the decisions: approve, test, send, skip."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, TypedDict
from urllib.parse import quote

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from newsletter.accounts.actors import UserActor
from newsletter.accounts.permissions import can, list_addresses_with
from newsletter.accounts.user_names import map_user_names
from newsletter.catalog import newsletters
from newsletter.catalog.values import Newsletter
from newsletter.checks import preflight
from newsletter.checks.findings import Finding
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
from newsletter.curator.editions.states import EditionState
from newsletter.curator.editions.values import Edition, EditionFilter
from newsletter.delivery.ledger.states import MailingState
from newsletter.delivery.providers.base import AnswerKind
from newsletter.delivery.reports import edition_status, summary
from newsletter.delivery.sending import audience_size, one_off
from newsletter.delivery.sending.audience_size import AudienceSize
from newsletter.jobs import tasks, wiring
from newsletter.kernel import clock
from newsletter.kernel.actors import Verb
from newsletter.kernel.errors import Conflict
from newsletter.kernel.sentences import phrase
from newsletter.scheduling import occurrences
from newsletter.templater.merge_fields import personalise_mail
from newsletter.web.access import (
    desk_view,
    get_actor,
    list_accessible_newsletters,
    require_permission,
)
from newsletter.web.fields import read_act
from newsletter.web.forms.base import DecisionForm, keep_sent
from newsletter.web.forms.filters import PAGE, FilterForm, list_month_choices, list_state_choices
from newsletter.web.forms.review import (
    ApprovalForm,
    ApprovalRequestForm,
    CorrectionForm,
    MailCorrectionForm,
    NewEditionForm,
    OverrideForm,
    SendBackForm,
    SendTestForm,
    SkipForm,
)
from newsletter.web.forms.sending import SendForm
from newsletter.web.templatetags import desk
from newsletter.web.views import board_parts, preview, waiting

COUNTED_AT_ONCE = 20_000  # active subscribers: with more of them the page does not wait for the count
COUNTED_FOR_TODAY = 300_000  # with more of them Today keeps the size of the list: that took half a second each time
BLOCKERS_SHOWN = 3  # of an edition, on Today
VIEWS = {
    "wide": gettext_lazy("Wide"),
    "phone": gettext_lazy("Phone"),
    "dark": gettext_lazy("Dark"),
    "pictures off": gettext_lazy("Images off"),
    "text": gettext_lazy("Text"),
    "source": gettext_lazy("Source code"),
}


class Decision(TypedDict):
    """What every decision names: what was seen, who decides, when."""

    content_hash: str
    by: UserActor
    now: datetime


@desk_view(Verb.VIEW, methods=("GET", "POST"))
def show_editions(request: HttpRequest) -> HttpResponse:
    """The list of editions; POST makes the edition of a day."""
    editable = list_accessible_newsletters(request, Verb.EDIT)
    if request.method != "POST":
        return _render_editions(request, NewEditionForm(newsletters=editable))
    form = NewEditionForm(request.POST, newsletters=editable)
    if form.is_valid():
        with form.show_refusals():
            return redirect("desk:board", _create_edition(request, form).id)
    return _render_editions(request, form)


def _render_editions(request: HttpRequest, form: NewEditionForm) -> HttpResponse:
    names = {each.id: each for each in list_accessible_newsletters(request)}
    filters = FilterForm(
        request.GET,
        searched=_("Any part of the subject"),
        newsletter=[(each.slug, each.name) for each in names.values()],
        state=list_state_choices(EditionState),
        month=list_month_choices(edition_lookup.find_edition_span(names.keys())),
    )
    page = filters.cut_page(
        edition_lookup.list_edition_rows(_read_filter(filters, names.values()), limit=PAGE + 1, after=filters.after)
    )
    statuses = edition_status.find_statuses(page.rows)
    context = {
        "filters": filters,
        "page": page,
        "editions": [(each, names[each.newsletter_id], statuses[each.id]) for each in page.rows],
        "form": form,
        "may_create": bool(list_accessible_newsletters(request, Verb.EDIT)),
    }
    return render(request, "pages/editions.html", context, status=max(form.status, filters.status))


def _read_filter(filters: FilterForm, newsletters: Iterable[Newsletter]) -> EditionFilter:
    chosen = filters.chosen
    return EditionFilter(
        [each.id for each in newsletters if chosen.get("newsletter") in (None, each.slug)],
        [EditionState(chosen["state"])] if "state" in chosen else (),
        filters.month,
        filters.text,
    )


def _create_edition(request: HttpRequest, form: NewEditionForm) -> Edition:
    given, by, now = form.cleaned_data, get_actor(request), clock.now()
    newsletter = newsletters.get_newsletter_by_slug(given["newsletter"])
    if not given["suggest"]:
        return editions.create_edition(newsletter.id, given["date"], by=by, now=now)
    fetch = wiring.build_fetcher()
    return suggestions.create_suggested_edition(newsletter.id, given["date"], fetch=fetch, by=by, now=now)


@desk_view(Verb.VIEW)
def show_review(request: HttpRequest, edition_id: int) -> HttpResponse:
    """Checks, the frozen or present rendering, and the decision beside it."""
    return _render_review(request, edition_id)


def _render_review(request: HttpRequest, edition_id: int, sent: DecisionForm | None = None) -> HttpResponse:
    """The review; with the form that was refused, which keeps what was typed.

    Its forms carry the hash of the edition as it was read before anything else is shown of it.
    """
    require_permission(request, Verb.VIEW, editions.get_newsletter_id(edition_id))
    checked = preflight.inspect_edition(edition_id, now=clock.now())
    edition, newsletter, segments = checked.edition, checked.newsletter, visibility.get_segment_names()
    view = request.GET.get("view", "wide")
    shown_variants = preview.list_variants(edition)
    recipient, variant, problem = preview.choose_recipient(request, edition, newsletter, shown_variants)
    rendered = checked.mails.get(variant) or approval.preview_edition(edition, variant)
    mail = personalise_mail(rendered, recipient)
    reader = recipient.email if recipient.email != preview.SAMPLE_ADDRESS else ""
    may_see_subscribers = can(request.user, Verb.SUBSCRIBERS, newsletter.id)
    by = get_actor(request)
    may_edit = by.may(Verb.EDIT, newsletter_id=newsletter.id)
    approvers = _name_approvers(edition) if may_edit and edition.snapshot_id is None else {}
    may_send = by.may(Verb.SEND, newsletter_id=newsletter.id)
    mailing = summary.find_outline_of_edition(edition_id)
    is_unplanned = mailing is None or mailing.state == MailingState.HELD
    offers_sending = may_send and is_unplanned and edition.snapshot_id is not None and not edition.is_out
    planned_at = _find_planned_at(edition) if offers_sending else None
    status = edition_status.get_edition_status(edition)
    context = {
        "edition": edition,
        "status": status,
        "mark": board_parts.compute_mark(edition, status),
        "newsletter": newsletter,
        "content_hash": checked.content_hash,
        "view": view if view in VIEWS else "wide",
        "views": VIEWS,
        "findings": _pair_with_forms(checked.findings, sent),
        "blocked": checked.blocked,
        "size": round(len(rendered.html.encode()) / 1000),
        "text": mail.text,
        "source": mail.html,
        "shown_subject": mail.subject,
        "variants": [(each.code, variants.describe_variant(each, segments)) for each in shown_variants],
        "variant": variant.code,
        "reader": reader,
        "shown_as": "".join(
            f"&{name}={quote(value)}" for name, value in (("as", reader), ("variant", variant.code)) if value
        ),
        "no_reader": problem,
        "may_see_readers": may_see_subscribers,
        "may_edit": may_edit,
        "may_approve": by.may(Verb.APPROVE, newsletter_id=newsletter.id),
        "may_send": may_send,
        "mailing": mailing,
        "corrections": correction_lookup.list_corrections(edition_id),
        "approval_form": keep_sent(sent, ApprovalForm),
        "override_form": keep_sent(sent, OverrideForm),
        "request_form": keep_sent(
            sent, ApprovalRequestForm, approvers={each: name for each, name in approvers.items() if each != by.name}
        ),
        "send_back_form": keep_sent(sent, SendBackForm),
        # Where tests went are people's addresses, though not subscribers'.
        "test_form": keep_sent(
            sent,
            SendTestForm,
            initial={"addresses": (may_see_subscribers and newsletter.test_addresses) or by.name},
        ),
        "send_form": keep_sent(sent, SendForm, subscribers=0, zone=newsletter.zone, planned_at=planned_at),
        "offers_sending": offers_sending,
        "sends_itself_at": planned_at if offers_sending and not summary.was_cancelled(edition_id) else None,
        "audience": _count_audience(edition, newsletter)
        if offers_sending and checked.subscribers <= COUNTED_AT_ONCE
        else None,
        "skip_form": keep_sent(sent, SkipForm),
        "correction_form": keep_sent(sent, CorrectionForm, picks=edition.picks),
        "mail_form": keep_sent(sent, MailCorrectionForm),
        "decisions": [sent] if sent is not None and not isinstance(sent, SendTestForm | OverrideForm) else [],
        "transitions": transitions.list_transitions(edition_id),
    }
    return render(request, "pages/review.html", context, status=sent.status if sent else 200)


def _pair_with_forms(findings: Iterable[Finding], sent: DecisionForm | None) -> list[tuple[Finding, OverrideForm]]:
    """Each finding with the form that overrides it: the one that was sent, where it is about this finding."""
    about = (sent["code"].value(), sent["where"].value()) if isinstance(sent, OverrideForm) else None
    return [
        (each, keep_sent(sent if (each.code, each.where) == about else None, OverrideForm, auto_id=f"override-{n}-%s"))
        for n, each in enumerate(findings)
    ]


def _name_approvers(edition: Edition) -> dict[str, str]:
    """Who may approve, by address, as people call them; with the address where two have the same name."""
    names = map_user_names()
    found = {each: names.get(each, each) for each in list_addresses_with(Verb.APPROVE, edition.newsletter_id)}
    often = Counter(found.values())
    return {each: f"{name} ({each})" if often[name] > 1 else name for each, name in found.items()}


def _find_planned_at(edition: Edition) -> datetime | None:
    """When its schedule would send it, as long as that is to come."""
    instant = occurrences.find_planned_instant(edition)
    return instant if instant and instant > clock.now() else None


def _count_audience(edition: Edition, newsletter: Newsletter, due_at: datetime | None = None) -> AudienceSize:
    """How many would get it at its time, or now; `due_at` is that of its mailing, where there is one."""
    now = clock.now()
    at = max(due_at, now) if due_at else _find_planned_at(edition) or now
    return audience_size.count_audience(newsletter, edition.id, at=at, now=now)


@desk_view(Verb.SEND, background=True)
def show_audience(request: HttpRequest, edition_id: int) -> HttpResponse:
    """How many would get the edition, for the review of a list so long that counting takes a while."""
    edition = _get_edition(request, Verb.SEND, edition_id)
    newsletter = newsletters.get_newsletter(edition.newsletter_id)
    return render(request, "fragments/audience.html", {"audience": _count_audience(edition, newsletter)})


@desk_view(Verb.VIEW, background=True)
def show_outlook(request: HttpRequest, edition_id: int) -> HttpResponse:
    """What Today asks for about an edition on its way: what blocks its approval, and how many would get it.

    Rendering and counting would hold Today up, which is opened all day, beside hand-overs.
    """
    require_permission(request, Verb.VIEW, editions.get_newsletter_id(edition_id))
    checked = preflight.inspect_edition(edition_id, now=clock.now())
    mailing = summary.find_outline_of_edition(edition_id)
    context = {
        "edition": checked.edition,
        "newsletter": checked.newsletter,
        "blocking": [each for each in checked.findings if each.blocks][:BLOCKERS_SHOWN],
        "wait": waiting.find_waits(((checked.edition, checked.newsletter),), get_actor(request)).get(edition_id),
        "on_list": checked.subscribers,
        "audience": _count_audience(checked.edition, checked.newsletter, mailing.due_at if mailing else None)
        if checked.subscribers <= COUNTED_FOR_TODAY
        else None,
    }
    return render(request, "fragments/outlook.html", context)


@desk_view(Verb.SEND, background=True)
def show_departure(request: HttpRequest, edition_id: int) -> HttpResponse:
    """The button that schedules the edition for the time that somebody is typing: it says that time."""
    newsletter = newsletters.get_newsletter(_get_edition(request, Verb.SEND, edition_id).newsletter_id)
    form = SendForm(request.GET, subscribers=0, zone=newsletter.zone)
    return render(request, "fragments/departure.html", {"send_form": form, "newsletter": newsletter})


@desk_view(Verb.VIEW)
def download_message(request: HttpRequest, edition_id: int) -> HttpResponse:
    """The mail as an eml file, as the chosen subscriber would get it."""
    edition = _get_edition(request, Verb.VIEW, edition_id)
    newsletter = newsletters.get_newsletter(edition.newsletter_id)
    now = clock.now()
    recipient, variant, _problem = preview.choose_recipient(request, edition, newsletter)
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
    found = ngettext("Checked pages and links: %(n)s finding.", "Checked pages and links: %(n)s findings.", differ)
    unchanged = _("Checked pages and links: nothing has changed.")
    messages.success(request, found % {"n": differ} if differ else unchanged)
    return redirect("desk:review", edition_id)


def _decide(
    request: HttpRequest, edition_id: int, form: DecisionForm, act: Callable[[Mapping[str, Any], Decision], str]
) -> HttpResponse:
    """A decision about the edition that the form's hash names. `act` returns where to go on.

    What is refused is shown at the form, on a page with the present hash: whoever reads it may decide again.
    """
    if form.is_valid():
        with form.show_refusals():
            given = form.cleaned_data
            decision = Decision(content_hash=given["content_hash"], by=get_actor(request), now=clock.now())
            return redirect(act(given, decision))
    return _render_review(request, edition_id, form)


@desk_view(Verb.APPROVE, methods=("POST",))
def change_approval(request: HttpRequest, edition_id: int) -> HttpResponse:
    """Approves, or with `withdraw` takes the approval back."""
    _get_edition(request, Verb.APPROVE, edition_id)

    def act(given: Mapping[str, Any], decision: Decision) -> str:
        if given["withdraw"]:
            approval.withdraw_approval(edition_id, **decision)
            messages.success(request, _("The approval is withdrawn. The edition is a draft again."))
        elif snapshot := preflight.approve_edition(edition_id, **decision):
            messages.success(request, _("Approved, frozen as %(hash)s.") % {"hash": snapshot.sha256[:12]})
        else:
            messages.success(request, _("Approved by you. A second person must approve it as well."))
        return reverse("desk:review", args=[edition_id])

    return _decide(request, edition_id, ApprovalForm(request.POST), act)


@desk_view(Verb.EDIT, methods=("POST",))
def request_approval(request: HttpRequest, edition_id: int) -> HttpResponse:
    """Asks a colleague for approval."""
    edition = _get_edition(request, Verb.EDIT, edition_id)

    def act(given: Mapping[str, Any], decision: Decision) -> str:
        by, now = decision["by"], decision["now"]
        tasks.request_approval(edition_id, of=given["of"], note=given["note"], by=by, now=now)
        messages.success(request, _("The edition is in review."))
        return reverse("desk:review", args=[edition_id])

    form = ApprovalRequestForm(request.POST, approvers=_name_approvers(edition))
    return _decide(request, edition_id, form, act)


@desk_view(Verb.APPROVE, methods=("POST",))
def send_back(request: HttpRequest, edition_id: int) -> HttpResponse:
    """Sends an edition in review back with a note."""
    _get_edition(request, Verb.APPROVE, edition_id)

    def act(given: Mapping[str, Any], decision: Decision) -> str:
        approval.send_back(edition_id, note=given["note"], **decision)
        messages.success(request, _("The edition is a draft again."))
        return reverse("desk:board", args=[edition_id])

    return _decide(request, edition_id, SendBackForm(request.POST), act)


@desk_view(Verb.EDIT, methods=("POST",))
def send_tests(request: HttpRequest, edition_id: int) -> HttpResponse:
    """Sends a test to a few addresses."""
    edition = _get_edition(request, Verb.EDIT, edition_id)
    form = SendTestForm(request.POST)

    def act(given: Mapping[str, Any], decision: Decision) -> str:
        variant = preview.find_variant(preview.list_variants(edition), given["variant"])
        for each in tasks.send_test(edition_id, form.list_addresses(), variant=variant, **decision):
            show = messages.success if each.answer is AnswerKind.ACCEPTED else messages.error
            sent = {"address": each.address, "answer": each.answer, "message": each.message}
            show(request, _("Test to %(address)s: %(answer)s. %(message)s") % sent)
        return reverse("desk:review", args=[edition_id])

    return _decide(request, edition_id, form, act)


@desk_view(Verb.SEND, methods=("POST",))
def send_mailing(request: HttpRequest, edition_id: int) -> HttpResponse:
    """Sends an approved edition now, or schedules it; the number of subscribers must be typed."""
    edition = _get_edition(request, Verb.SEND, edition_id)
    newsletter = newsletters.get_newsletter(edition.newsletter_id)

    def act(given: Mapping[str, Any], decision: Decision) -> str:
        at, on_other_day = given["at"], given["on_other_day"]
        mailing = tasks.send_edition(edition_id, at=at, on_other_day=on_other_day, **decision)
        return reverse("desk:mailing", args=[mailing.id])

    if _find_standing_mailing(edition_id):
        late = DecisionForm(request.POST)
        late.show_problem(_describe_as_sent(edition, newsletter))
        return _render_review(request, edition_id, late)
    form = SendForm(request.POST, subscribers=_count_audience(edition, newsletter).planned, zone=newsletter.zone)
    return _decide(request, edition_id, form, act)


def _find_standing_mailing(edition_id: int) -> summary.MailingOutline | None:
    """The mailing of an edition, unless it is held: then it may be sent by hand."""
    mailing = summary.find_outline_of_edition(edition_id)
    return None if mailing is None or mailing.state == MailingState.HELD else mailing


def _describe_as_sent(edition: Edition, newsletter: Newsletter) -> Conflict:
    """What somebody is told who sends what a colleague has sent since their page was loaded."""
    status = edition_status.get_edition_status(edition, newsletter)
    return Conflict(
        phrase(
            "{who} was faster: this edition has its mailing, due {when}. Nothing more was sent or scheduled.",
            who=map_user_names().get(status.sent_by, status.sent_by),
            when=desk.at(status.due_at, newsletter.zone) if status.due_at else "",
        )
    )


@desk_view(Verb.EDIT, methods=("POST",))
def skip_edition(request: HttpRequest, edition_id: int) -> HttpResponse:
    """Skips an edition, or makes it a draft again."""
    _get_edition(request, Verb.EDIT, edition_id)

    def act(given: Mapping[str, Any], decision: Decision) -> str:
        if given["open"]:
            approval.reopen(edition_id, **decision)
        else:
            approval.skip(edition_id, reason=given["reason"], **decision)
        return reverse("desk:review", args=[edition_id])

    return _decide(request, edition_id, SkipForm(request.POST), act)


@desk_view(Verb.APPROVE, methods=("POST",))
def override_finding(request: HttpRequest, edition_id: int) -> HttpResponse:
    """Overrides a finding, with a reason."""
    _get_edition(request, Verb.APPROVE, edition_id)

    def act(given: Mapping[str, Any], decision: Decision) -> str:
        preflight.override(edition_id, given["code"], given["where"], reason=given["reason"], **decision)
        return reverse("desk:review", args=[edition_id])

    return _decide(request, edition_id, OverrideForm(request.POST), act)


@desk_view(Verb.APPROVE, methods=("POST",))
def correct_edition(request: HttpRequest, edition_id: int) -> HttpResponse:
    """Corrects an edition that was sent; mailing the corrections asks for the word and for the right to send."""
    edition = _get_edition(request, Verb.APPROVE, edition_id)

    def correct(given: Mapping[str, Any], decision: Decision) -> str:
        corrections.add_correction(edition_id, given["text"], key=given["story"], **decision)
        messages.success(request, _("Corrected: in the archive now, and in the next edition."))
        return reverse("desk:review", args=[edition_id])

    def mail(given: Mapping[str, Any], decision: Decision) -> str:
        return reverse("desk:mailing", args=[tasks.send_correction(edition_id, **decision).id])

    if read_act(request.POST, {"": False, "mail": True}):
        return _decide(request, edition_id, MailCorrectionForm(request.POST), mail)
    return _decide(request, edition_id, CorrectionForm(request.POST, picks=edition.picks), correct)


def _get_edition(request: HttpRequest, verb: Verb, edition_id: int) -> Edition:
    edition = edition_lookup.get_edition(edition_id)
    require_permission(request, verb, edition.newsletter_id)
    return edition
