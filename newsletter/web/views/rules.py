"""The suggestion rules of a newsletter, and its track record."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from newsletter.accounts.permissions import can
from newsletter.catalog import newsletters
from newsletter.catalog.values import Newsletter
from newsletter.curator.editions import rules
from newsletter.kernel import clock
from newsletter.kernel.actors import Verb
from newsletter.web.access import desk_view, get_actor, require_permission
from newsletter.web.fields import read_act
from newsletter.web.forms.base import DeskForm, keep_sent
from newsletter.web.forms.rules import EFFECTS, RemoveRuleForm, RuleForm

ROWS_SHOWN = 15


@desk_view(Verb.VIEW, methods=("GET", "POST"))
def show_rules(request: HttpRequest, slug: str) -> HttpResponse:
    """The rules of a newsletter and its track record; POST adds a rule or removes one."""
    newsletter = newsletters.get_newsletter_by_slug(slug)
    require_permission(request, Verb.EDIT if request.method == "POST" else Verb.VIEW, newsletter.id)
    if request.method != "POST":
        return _render_rules(request, newsletter)
    act = read_act(request.POST, {"add": _add_rule, "remove": _remove_rule}, "add")
    form = act(request, newsletter)
    return redirect("desk:rules", slug) if form.is_valid() else _render_rules(request, newsletter, form)


def _add_rule(request: HttpRequest, newsletter: Newsletter) -> DeskForm:
    form = RuleForm(newsletter, request.POST)
    if form.is_valid():
        given = form.cleaned_data
        with form.show_refusals():
            rules.set_rule(
                newsletter.id,
                given["effect"],
                source_id=given["source"],
                phrase=given["phrase"],
                section=given["section"],
                seen=given["seen_rules"],
                by=get_actor(request),
                now=clock.now(),
            )
    return form


def _remove_rule(request: HttpRequest, newsletter: Newsletter) -> DeskForm:
    form = RemoveRuleForm(request.POST)
    if form.is_valid():
        with form.show_refusals():
            rules.remove_rule(newsletter_id=newsletter.id, by=get_actor(request), now=clock.now(), **form.cleaned_data)
    return form


def _render_rules(request: HttpRequest, newsletter: Newsletter, sent: DeskForm | None = None) -> HttpResponse:
    track_record = rules.build_track_record(newsletter.id)
    words = list(track_record.words.values())
    found = rules.list_rules(newsletter.id)
    context = {
        "newsletter": newsletter,
        "may": can(request.user, Verb.EDIT, newsletter.id),
        "rules": found,
        "seen": {"rules": " ".join(rule.content_hash for rule in found)},
        "titles": {section.key: section.title for section in newsletter.sections},
        "effects": EFFECTS,
        "papers": sorted(track_record.publishers.values(), key=lambda preference: -preference.score)[: 2 * ROWS_SHOWN],
        "words": sorted(words[:ROWS_SHOWN], key=lambda preference: -preference.score),
        "learned_from": rules.EDITIONS_LEARNED_FROM,
        "rule_form": keep_sent(sent, RuleForm, newsletter=newsletter),
        "remove_form": keep_sent(sent, RemoveRuleForm),
    }
    return render(request, "pages/rules.html", context, status=sent.status if sent else 200)
