"""The suggestion rules of a newsletter, and its track record."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from newsletter.accounts.permissions import can
from newsletter.catalog import newsletters
from newsletter.curator.articles import article_lookup
from newsletter.curator.editions import rules
from newsletter.curator.editions.states import RuleEffect
from newsletter.kernel import clock
from newsletter.kernel.actors import Verb
from newsletter.kernel.errors import BadInput, NewsletterError
from newsletter.web.access import desk_view, get_actor_email, record_audit, require_permission
from newsletter.web.fields import read_number

EFFECTS = {RuleEffect.BOOST: "More of", RuleEffect.MUTE: "Never", RuleEffect.MUST: "Always"}
ROWS_SHOWN = 15


@desk_view(Verb.VIEW, methods=("GET", "POST"))
def show_rules(request: HttpRequest, slug: str) -> HttpResponse:
    """The rules of a newsletter and its track record; POST adds a rule or removes one."""
    newsletter = newsletters.get_newsletter_by_slug(slug)
    require_permission(request, Verb.EDIT if request.method == "POST" else Verb.VIEW, newsletter.id)
    if request.method == "POST":
        try:
            _act(request, newsletter.id)
        except NewsletterError as error:
            messages.error(request, str(error))
        return redirect("rules", slug)
    track_record = rules.build_track_record(newsletter.id)
    words = list(track_record.words.values())
    context = {
        "newsletter": newsletter,
        "may": can(request.user, Verb.EDIT, newsletter.id),
        "rules": rules.list_rules(newsletter.id),
        "titles": {section.key: section.title for section in newsletter.sections},
        "sources": article_lookup.list_sources(),
        "effects": EFFECTS,
        "papers": sorted(track_record.publishers.values(), key=lambda preference: -preference.score)[: 2 * ROWS_SHOWN],
        "words": sorted(words[:ROWS_SHOWN], key=lambda preference: -preference.score),
        "learned_from": rules.EDITIONS_LEARNED_FROM,
    }
    return render(request, "pages/rules.html", context)


def _act(request: HttpRequest, newsletter_id: int) -> None:
    if request.POST.get("do") == "remove":
        rule_id = read_number(request.POST, "rule")
        if rule_id is None:
            raise BadInput("Say which rule.", "rule")
        rules.remove_rule(rule_id, newsletter_id)
        record_audit(request, "removed rule", f"rule {rule_id}", newsletter_id=newsletter_id)
        return
    rule = rules.set_rule(
        newsletter_id,
        request.POST.get("effect", ""),
        source_id=read_number(request.POST, "source"),
        phrase=request.POST.get("phrase", ""),
        section=request.POST.get("section", ""),
        by=get_actor_email(request),
        now=clock.now(),
    )
    record_audit(request, f"made rule {rule.effect}", (rule.source or rule.phrase)[:200], newsletter_id=newsletter_id)
