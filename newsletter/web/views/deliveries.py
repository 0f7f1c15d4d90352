"""Deliveries: who got a mailing, who did not, and whether the numbers add up."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from functools import partial
from hashlib import sha256
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import formats
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from newsletter.accounts import audit_access
from newsletter.accounts.audit_log import AuditFilter, RecordedEntry
from newsletter.catalog import newsletters
from newsletter.catalog.values import Newsletter
from newsletter.curator.editions import edition_lookup, variants, visibility
from newsletter.delivery.ledger.states import ACTIVE_MAILING_STATES, ExclusionReason, MailingState, Outcome
from newsletter.delivery.reports import edition_status, summary
from newsletter.delivery.sending import late_mailings, mailings, recall, repair, send_again, unsettled
from newsletter.jobs import wiring
from newsletter.kernel import clock
from newsletter.kernel.actors import Actor, Verb, may_see_list, require_right
from newsletter.kernel.errors import NotAllowed
from newsletter.web.access import (
    desk_view,
    get_actor,
    list_accessible_newsletters,
    require_permission,
)
from newsletter.web.context import get_newsroom_zone
from newsletter.web.fields import read_act
from newsletter.web.forms.base import ButtonForm, DeskForm, keep_sent
from newsletter.web.forms.deliveries import CloseForm, SendAgainForm
from newsletter.web.forms.filters import IN_TROUBLE, PAGE, FilterForm, list_month_choices, list_state_choices
from newsletter.web.views import mailing_buttons, mailing_recipients

REASONS_SHOWN = 12
LOG_SHOWN = 8
_ENGAGEMENT = {
    "opened": _("Opened"),
    "opened_by_machine": _("Opened by machines"),
    "clicked": _("Clicked"),
    "clicked_by_machine": _("Clicked by machines"),
}
_CHANGING_STATES = (*ACTIVE_MAILING_STATES, MailingState.RECALLING)
_POLL_EVERY, _POLL_EVERY_AT_REST, _POLL_EVERY_LATER = 2, 10, 60  # seconds
_EVENTS_COME_FOR = timedelta(hours=1)  # after its time: most of them
_CHANGES_FOR = timedelta(days=3)  # after its time: late bounces, and what somebody else decides
Given = Mapping[str, Any]  # what was sent of a form
STOP_POLLING = 286  # htmx takes it as: do not ask again


@desk_view(Verb.VIEW)
def show_deliveries(request: HttpRequest) -> HttpResponse:
    """The mailings, newest first, as far as a filter asks for them."""
    names = {each.id: each for each in list_accessible_newsletters(request)}
    filters = FilterForm(
        request.GET,
        searched=gettext("Any part of the subject"),
        newsletter=[(each.slug, each.name) for each in names.values()],
        state=[(IN_TROUBLE, gettext("Something is wrong")), *list_state_choices(MailingState)],
        month=list_month_choices(summary.find_mailing_span(names.keys()), get_newsroom_zone()),
    )
    wanted = _read_filter(filters, names.values())
    page = filters.cut_page(summary.list_mailings(wanted, limit=PAGE + 1, after=filters.after))
    subjects = edition_lookup.get_subjects(each.edition_id for each in page.rows)
    rows = [(each, names[each.newsletter_id], subjects[each.edition_id]) for each in page.rows]
    context = {"filters": filters, "page": page, "mailings": rows}
    return render(request, "pages/deliveries.html", context, status=filters.status)


def _read_filter(filters: FilterForm, accessible: Iterable[Newsletter]) -> summary.MailingFilter:
    chosen = filters.chosen
    state = chosen.get("state")
    return summary.MailingFilter(
        [each.id for each in accessible if chosen.get("newsletter") in (None, each.slug)],
        [MailingState(state)] if state and state != IN_TROUBLE else (),
        filters.month and filters.month.to_instants(get_newsroom_zone()),
        filters.text,
        in_trouble_since=clock.now() - summary.TROUBLE_SHOWN_FOR if state == IN_TROUBLE else None,
    )


@desk_view(Verb.VIEW)
def show_mailing(request: HttpRequest, mailing_id: int) -> HttpResponse:
    """One mailing: summary, proof, totals, and who did not get it."""
    return _render_mailing(request, _get_mailing(request, Verb.VIEW, mailing_id))


def _render_mailing(request: HttpRequest, found: summary.Mailing, sent: DeskForm | None = None) -> HttpResponse:
    by, context = get_actor(request), _build_context(found, get_actor(request)) | _describe_results(found)
    context["refused_box"] = mailing_buttons.find_box(context["boxes"], sent.data.get("do", "") if sent else "")
    context["status"] = edition_status.find_statuses((context["edition"],))[found.edition_id]
    context["may_see_subscribers"] = may_see_list(by, Verb.SUBSCRIBERS, found.list_id)
    if context["may_see_subscribers"]:
        query = mailing_recipients.read_query(request.GET)
        context |= mailing_recipients.build_recipients_context(found, query, by)
    context |= {"form": sent, "close_form": keep_sent(sent, CloseForm)}
    return render(request, "pages/mailing.html", context, status=sent.status if sent else 200)


def _list_buttons(found: summary.Mailing, shown: Mapping[str, Any]) -> mailing_buttons.Boxes:
    """The buttons, by what the page says of the mailing."""
    return mailing_buttons.list_buttons(
        found,
        mailing_buttons.Circumstances(
            late=shown["late"],
            other_account=shown["other_account"],
            recallable=bool(shown["recallable"]),
            closable=shown["closable"],
            repairable=bool(shown["repairable"]),
            over_ceiling=bool(shown["over_ceiling"]),
        ),
    )


@desk_view(Verb.SEND)
def show_bounces(request: HttpRequest, mailing_id: int) -> HttpResponse:
    """Why members bounced, for whoever may choose among the reasons: of millions it takes a while, so it is asked for.

    It is a page of its own for that; the one of the mailing is opened and loaded again all the time.
    """
    found = _get_mailing(request, Verb.SEND, mailing_id)
    require_right(get_actor(request), Verb.SUBSCRIBERS, [found.list_id])
    return _render_bounces(request, found)


def _render_bounces(request: HttpRequest, found: summary.Mailing, sent: SendAgainForm | None = None) -> HttpResponse:
    reasons = send_again.list_bounce_reasons(found.id) if _has_bounces(found) else ()
    chosen = sent["reason"].value() if sent else None
    context = {
        "mailing": found,
        "newsletter": newsletters.get_newsletter(found.newsletter_id),
        "edition": edition_lookup.get_edition_row(found.edition_id),
        "reasons": [(each, each.ours if chosen is None else each.text in chosen) for each in reasons if each.text][
            :REASONS_SHOWN
        ],
        "form": sent,
    }
    return render(request, "pages/bounces.html", context, status=sent.status if sent else 200)


def _may_send_again(found: summary.Mailing, by: Actor) -> bool:
    may_send = by.may(Verb.SEND, newsletter_id=found.newsletter_id)
    return may_send and by.may(Verb.SUBSCRIBERS, [found.list_id])


def _has_bounces(found: summary.Mailing) -> bool:
    """Whether members were turned away, and some of them may be sent it again."""
    at_rest = found.state in (MailingState.FINISHED, MailingState.PAUSED, MailingState.CANCELLED)
    return at_rest and any(found.counts.get(outcome.key) for outcome in (Outcome.BOUNCED, Outcome.BLOCKED))


@desk_view(Verb.VIEW, background=True)
def show_progress(request: HttpRequest, mailing_id: int) -> HttpResponse:
    """The parts of the page that change while a mailing is sent; the decisions only when these changed (`mark`)."""
    found, by = _get_mailing(request, Verb.VIEW, mailing_id), get_actor(request)
    context = _build_context(found, by)
    context["may_see_subscribers"] = may_see_list(by, Verb.SUBSCRIBERS, found.list_id)
    if context["may_see_subscribers"]:
        context |= mailing_recipients.refresh_recipients(found, request, by)
    context["decisions_changed"] = request.GET.get("mark") != context["mark"]
    context["close_form"] = CloseForm()
    status = 200 if context["poll_every"] else STOP_POLLING
    return render(request, "fragments/progress.html", context, status=status)


@desk_view(Verb.SEND, methods=("GET", "POST"))
def change_mailing(request: HttpRequest, mailing_id: int) -> HttpResponse:
    """Pauses, resumes, cancels, recalls, repairs or closes a mailing, or settles unknown outcomes.

    A refusal is shown at this address: whoever asks for it again gets the page.
    """
    found = _get_mailing(request, Verb.SEND, mailing_id)
    if request.method != "POST":
        return redirect("desk:mailing", mailing_id)
    form_class, act, done = read_act(request.POST, _ACTS)
    form = form_class(request.POST)
    if form.is_valid():
        with form.show_refusals():
            number = act(mailing_id, form.cleaned_data, get_actor(request), clock.now())
            messages.success(request, done % {"n": formats.number_format(number or 0, force_grouping=True)})
            return redirect("desk:mailing", mailing_id)
    if isinstance(form, SendAgainForm):
        require_right(get_actor(request), Verb.SUBSCRIBERS, [found.list_id])
        return _render_bounces(request, found, form)
    return _render_mailing(request, summary.get_mailing(mailing_id), form)


def _pause(mailing_id: int, given: Given, by: Actor, now: datetime) -> None:
    mailings.pause(mailing_id, by=by, now=now)


def _cancel(mailing_id: int, given: Given, by: Actor, now: datetime) -> None:
    mailings.cancel(mailing_id, by=by, now=now)


def _close(mailing_id: int, given: Given, by: Actor, now: datetime) -> None:
    mailings.close(mailing_id, reason=given["reason"], by=by, now=now)


def _resume(
    mailing_id: int, given: Given, by: Actor, now: datetime, *, accept_account: bool = False, late: bool = False
) -> None:
    provider = wiring.get_provider()
    recall.resume_mailing(mailing_id, by=by, now=now, provider=provider, accept_account=accept_account, late=late)


def _recall(mailing_id: int, given: Given, by: Actor, now: datetime, *, accept_account: bool = False) -> int:
    provider = wiring.get_provider()
    spared = recall.recall_mailing(mailing_id, by=by, now=now, provider=provider, accept_account=accept_account)
    return spared.caught + spared.withdrawn + spared.in_flight


def _repair(
    mailing_id: int, given: Given, by: Actor, now: datetime, *, unknown: bool = False, over_ceiling: bool = False
) -> int:
    return repair.repair_mailing(mailing_id, unknown=unknown, over_ceiling=over_ceiling, by=by, now=now)


def _settle(mailing_id: int, given: Given, by: Actor, now: datetime) -> int:
    return repair.settle_unknown(mailing_id, by=by, now=now)


def _send_again(mailing_id: int, given: Given, by: Actor, now: datetime) -> int:
    return send_again.send_again(mailing_id, reasons=given["reason"], by=by, now=now)


_PLANNED_AGAIN = _("Subscribers planned again: %(n)s.")
_ACTS: Mapping[str, tuple[type[DeskForm], Callable[[int, Given, Actor, datetime], int | None], Any]] = {
    "pause": (ButtonForm, _pause, _("Paused.")),
    "resume": (ButtonForm, _resume, _("Resumed.")),
    "accept_account": (
        ButtonForm,
        partial(_resume, accept_account=True),
        _("Resumed. The rest leaves by the current provider account."),
    ),
    "resume_late": (ButtonForm, partial(_resume, late=True), _("Resumed. The rest is sent late.")),
    "accept_account_late": (
        ButtonForm,
        partial(_resume, accept_account=True, late=True),
        _("Resumed. The rest is sent late, by the current provider account."),
    ),
    "cancel": (ButtonForm, _cancel, _("Cancelled.")),
    "recall": (
        ButtonForm,
        _recall,
        _("Recalled. Subscribers who do not get it: %(n)s. The edition is a draft again."),
    ),
    "recall_accept_account": (
        ButtonForm,
        partial(_recall, accept_account=True),
        _(
            "Recalled by the current provider account. Subscribers who do not get it: %(n)s. "
            "The edition is a draft again."
        ),
    ),
    "repair": (ButtonForm, _repair, _PLANNED_AGAIN),
    "resend": (ButtonForm, partial(_repair, unknown=True), _PLANNED_AGAIN),
    "ceiling": (ButtonForm, partial(_repair, over_ceiling=True), _("Subscribers planned: %(n)s.")),
    "again": (
        SendAgainForm,
        _send_again,
        _("Subscribers to be sent it again: %(n)s, once the provider and our own lists have forgotten their bounce."),
    ),
    "close": (CloseForm, _close, _("Closed: it counts as sent.")),
    "settle": (ButtonForm, _settle, _("Subscribers counted as accepted: %(n)s.")),
}


def _is_for_another_account(found: summary.Mailing) -> bool:
    """Whether a mailing may not leave by the account this process has with its provider."""
    same_provider = wiring.get_config().provider == found.provider
    return same_provider and bool(found.account) and wiring.find_account() not in ("", found.account)


def _get_mailing(request: HttpRequest, verb: Verb, mailing_id: int) -> summary.Mailing:
    found = summary.get_mailing(mailing_id)
    require_permission(request, verb, found.newsletter_id)
    return found


def _list_variants(found: summary.Mailing) -> list[tuple[str, str, summary.VariantCounts]]:
    """Each variant: for whom, its subject, its counts."""
    snapshot_id, names = found.snapshot_id, visibility.get_segment_names()
    words = {
        each.code: variants.describe_variant(each, names) for each in edition_lookup.list_frozen_variants(snapshot_id)
    }
    return [
        (words.get(code, code), edition_lookup.get_frozen_mail(snapshot_id, code).subject, counts)
        for code, counts in found.variants.items()
    ]


def _build_context(found: summary.Mailing, by: Actor) -> dict[str, Any]:
    """What the page and its polls show, but for the subscribers."""
    context = _describe_mailing(found, clock.now())
    context["boxes"] = _list_buttons(found, context) if by.may(Verb.SEND, newsletter_id=found.newsletter_id) else {}
    context["bounced"] = _may_send_again(found, by) and _has_bounces(found)
    context["waiting"] = send_again.count_waiting(found.id)
    context["log"] = _list_log(found, by)
    context["shows_log"] = bool(context["log"]) or by.may(Verb.EDIT, newsletter_id=found.newsletter_id)
    context["mark"] = _mark_decisions(found, context)
    return context


def _list_log(found: summary.Mailing, by: Actor) -> list[RecordedEntry]:
    """What was done about a mailing last, as far as the audit log shows it to `by`."""
    of_mailing = AuditFilter(exact_targets=(f"mailing {found.id}",), newsletter_ids=(found.newsletter_id,))
    try:
        return [each.entry for each in audit_access.list_visible_entries(of_mailing, by=by, limit=LOG_SHOWN)]
    except NotAllowed:
        return []


_DECIDED_ON = ("boxes", "bounced", "waiting", "closable", "undecided", "over_ceiling", "repairable", "recallable")


def _mark_decisions(found: summary.Mailing, context: Mapping[str, Any]) -> str:
    """Stands for what the decisions of the page say: they are replaced when it has changed, and only then."""
    said = [context[name] for name in _DECIDED_ON]
    said += [found.alarms, found.state, found.recalling_by, found.waits_for, found.counts.get(Outcome.UNKNOWN.key)]
    return sha256(repr(said).encode()).hexdigest()[:12]


def _describe_mailing(found: summary.Mailing, now: datetime) -> dict[str, Any]:
    excluded = found.excluded_total
    return {
        "mailing": found,
        "newsletter": newsletters.get_newsletter(found.newsletter_id),
        "excluded": excluded,
        "late": found.state == MailingState.PAUSED and late_mailings.is_paused_late(found.id, now),
        "other_account": _is_for_another_account(found),
        "poll_every": _find_polling(found, now),
        "reports_deliveries": found.provider == "sendgrid" or bool(found.delivered_total),
        "recall_left": _format_left(found, now),
        "too_late_since": found.recallable_until
        if found.recallable_until and found.recallable_until < now < found.due_at
        else None,
        "batch_states": summary.count_batches(found.id),
        "missing": found.candidates - found.planned - excluded,
        "recallable": found.recallable_until
        and now <= found.recallable_until
        and found.state not in (MailingState.SCHEDULED, MailingState.RECALLING),
        "over_ceiling": found.state in (MailingState.SENDING, MailingState.FINISHED)
        and found.excluded.get(ExclusionReason.OVER_CEILING, 0),
        "closable": unsettled.ALARM in [alarm.message for alarm in found.alarms]
        and found.state == MailingState.SENDING,
        "undecided": found.excluded.get(ExclusionReason.UNDECIDED, 0),
        "repairable": repair.count_repairable(found.id) if _may_be_repairable(found) else 0,
    }


def _describe_results(found: summary.Mailing) -> dict[str, Any]:
    """What the page shows besides, and no poll brings."""
    return {
        "edition": edition_lookup.get_edition_row(found.edition_id),
        "clicks": [story for story in edition_lookup.list_story_clicks(found.edition_id) if story.as_of],
        "variants": _list_variants(found) if len(found.variants) > 1 else [],
        "engagement": [(_ENGAGEMENT[name], n) for name, n in found.engagement.items()],
    }


def _may_be_repairable(found: summary.Mailing) -> bool:
    """Whether it is worth reading the ledger for those whom a repair would reach."""
    missing = (Outcome.REFUSED.key, Outcome.DROPPED.key)
    return found.state in repair.REPAIRABLE_STATES and any(found.counts.get(each) for each in missing)


def _find_polling(found: summary.Mailing, now: datetime) -> int:
    """How often the page asks again, in seconds; 0: not at all. What is at rest may be moved on by somebody else."""
    if found.state in _CHANGING_STATES:
        return _POLL_EVERY
    if found.state in (MailingState.PAUSED, MailingState.HELD):
        return _POLL_EVERY_AT_REST
    awaited = found.recallable_until or (found.provider == "sendgrid" and found.accepted_total > found.delivered_total)
    if awaited and found.state == MailingState.FINISHED and now < found.due_at + _EVENTS_COME_FOR:
        return _POLL_EVERY_AT_REST
    return _POLL_EVERY_LATER if now < found.due_at + _CHANGES_FOR else 0


def _format_left(found: summary.Mailing, now: datetime) -> str:
    """How long it can still be recalled: “9:48” minutes; "" when it cannot."""
    if found.recallable_until is None or found.recallable_until < now or found.state == MailingState.SCHEDULED:
        return ""
    minutes, seconds = divmod(int((found.recallable_until - now).total_seconds()), 60)
    return f"{minutes}:{seconds:02d}"
