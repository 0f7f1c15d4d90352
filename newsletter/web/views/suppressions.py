"""The suppression list, and which domains may not sign up."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from newsletter.kernel import clock
from newsletter.kernel.actors import Verb
from newsletter.web.access import desk_view, get_actor
from newsletter.web.downloads import stream_file
from newsletter.web.fields import read_act
from newsletter.web.forms.base import DeskForm, keep_sent
from newsletter.web.forms.filters import PAGE, FilterForm
from newsletter.web.forms.suppressions import (
    DomainRuleForm,
    LiftComplaintForm,
    LiftForm,
    RemoveDomainRuleForm,
    SuppressForm,
    SuppressionFileForm,
)
from newsletter.web.templatetags.desk import thousands
from subscribers import suppressions
from subscribers.consent import domain_rules, signup_attempts

BAD_SHOWN = 20


@desk_view(Verb.SUBSCRIBERS, methods=("GET", "POST"), newsroom_wide=True)
def show_suppressions(request: HttpRequest) -> HttpResponse:
    """Search by part of an address; POST adds, removes, imports a file, or sets the rule for a domain."""
    if request.method != "POST":
        return _render_page(request)
    form_class, act = read_act(request.POST, _ACTS)
    form = form_class(request.POST, request.FILES)
    if form.is_valid():
        with form.show_refusals():
            shown = act(request, form.cleaned_data)
            return _render_page(request, **shown) if shown else redirect("desk:suppressions")
    return _render_page(request, form)


def _suppress(request: HttpRequest, given: Mapping[str, Any]) -> dict[str, Any]:
    address, ends = given["address"], given["until"]
    suppressions.suppress(
        address, reason=given["reason"] or "asked", by=get_actor(request), now=clock.now(), expires_at=ends
    )
    if ends:
        message = _("%(address)s is not mailed before %(day)s, 00:00 UTC.")
        messages.success(request, message % {"address": address, "day": f"{ends:%Y-%m-%d}"})
    else:
        messages.success(request, _("%(address)s is not mailed any more.") % {"address": address})
    return {}


def _lift_suppression(request: HttpRequest, given: Mapping[str, Any]) -> dict[str, Any]:
    suppressions.lift_suppression(given["address"], complaints=False, by=get_actor(request), now=clock.now())
    message = _("%(address)s may be mailed again, if its owner signs up.")
    messages.success(request, message % {"address": given["address"]})
    return {}


def _lift_complaint(request: HttpRequest, given: Mapping[str, Any]) -> dict[str, Any]:
    suppressions.lift_suppression(given["address"], complaints=True, by=get_actor(request), now=clock.now())
    message = _("%(address)s may be mailed again, if its owner signs up.")
    messages.success(request, message % {"address": given["address"]})
    return {}


def _import_file(request: HttpRequest, given: Mapping[str, Any]) -> dict[str, Any]:
    file = given["file"]
    new, bad = suppressions.import_suppressions(file, source=file.name[:200], by=get_actor(request), now=clock.now())
    messages.success(request, _("%(number)s added to the suppression list.") % {"number": thousands(new)})
    return {"bad": bad[:BAD_SHOWN], "bad_count": len(bad)} if bad else {}


def _set_domain_rule(request: HttpRequest, given: Mapping[str, Any]) -> dict[str, Any]:
    domain_rules.set_domain_rule(given["domain"], given["verdict"], by=get_actor(request), now=clock.now())
    messages.success(request, _("Saved."))
    return {}


def _remove_domain_rule(request: HttpRequest, given: Mapping[str, Any]) -> dict[str, Any]:
    domain_rules.remove_domain_rule(given["domain"], by=get_actor(request), now=clock.now())
    messages.success(request, _("The rule for %(domain)s is removed.") % {"domain": given["domain"]})
    return {}


# Each gives what is shown this once, if there is anything.
_ACTS: Mapping[str, tuple[type[DeskForm], Callable[[HttpRequest, Mapping[str, Any]], dict[str, Any]]]] = {
    "add": (SuppressForm, _suppress),
    "lift": (LiftForm, _lift_suppression),
    "lift-complaint": (LiftComplaintForm, _lift_complaint),
    "take": (SuppressionFileForm, _import_file),
    "rule": (DomainRuleForm, _set_domain_rule),
    "remove-rule": (RemoveDomainRuleForm, _remove_domain_rule),
}


def _render_page(request: HttpRequest, sent: DeskForm | None = None, **shown_once: Any) -> HttpResponse:
    filters = FilterForm(request.GET, searched=_("Any part of an address or domain"))
    found = suppressions.list_suppressions(after=filters.after, query=filters.text, limit=PAGE + 1)
    context = {
        "filters": filters,
        "page": filters.cut_page(found),
        "rules": domain_rules.list_domain_rules(),
        "attempts": [
            (_(signup_attempts.get_verdict_label(verdict)), count)
            for verdict, count in signup_attempts.count_attempts(clock.now() - timedelta(days=1)).by_verdict.items()
        ],
        "suppress_form": keep_sent(sent, SuppressForm),
        "lift_form": sent if isinstance(sent, LiftForm) else LiftForm(),
        "file_form": keep_sent(sent, SuppressionFileForm),
        "rule_form": keep_sent(sent, DomainRuleForm),
        "remove_rule_form": keep_sent(sent, RemoveDomainRuleForm),
        **shown_once,
    }
    return render(request, "pages/suppressions.html", context, status=sent.status if sent else filters.status)


@desk_view(Verb.SUBSCRIBERS, newsroom_wide=True)
def download_suppressions(request: HttpRequest) -> StreamingHttpResponse:
    """The list as CSV, with the hashes of erased people."""
    lines = suppressions.stream_suppressions(by=get_actor(request), now=clock.now())
    return stream_file(lines, "suppressions.csv")
