"""The suggestion rules of a newsletter, and its track record."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from newsletter.accounts.permissions import can
from newsletter.catalog import newsletters
from newsletter.curator.articles import article_lookup
from newsletter.curator.editions import rules
from newsletter.curator.editions.states import RuleEffect
from newsletter.kernel import clock
from newsletter.kernel.actors import Verb
from newsletter.kernel.errors import BadInput, NewsletterError, NotAllowed
from newsletter.web.access import desk_view, get_actor, require_permission
from newsletter.web.fields import read_number, require_content_hash, require_seen

EFFECTS = {RuleEffect.BOOST: "More of", RuleEffect.MUTE: "Never", RuleEffect.MUST: "Always"}
ROWS_SHOWN = 15


@desk_view(Verb.VIEW, methods=("GET", "POST"))
def show_rules(request: HttpRequest, slug: str) -> HttpResponse:
    """The rules of a newsletter and its track record; POST adds a rule or removes one."""
    newsletter = newsletters.get_newsletter_by_slug(slug)
    require_permission(request, Verb.EDIT if request.method == "POST" else Verb.VIEW, newsletter.id)
    refusal: NewsletterError | None = None
    if request.method == "POST":
        try:
            _act(request, newsletter.id)
            return redirect("desk:rules", slug)
        except NotAllowed:
            raise
        except NewsletterError as error:
            refusal = error
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
        "refusal": refusal,
        "typed": request.POST,
    }
    return render(request, "pages/rules.html", context, status=refusal.http_status if refusal else 200)


def _act(request: HttpRequest, newsletter_id: int) -> None:
    if request.POST.get("do") == "remove":
        rule_id = read_number(request.POST, "rule")
        if rule_id is None:
            raise BadInput("Say which rule.", "rule")
        content_hash = require_content_hash(request.POST)
        rules.remove_rule(rule_id, newsletter_id, content_hash=content_hash, by=get_actor(request), now=clock.now())
        return
    rules.set_rule(
        newsletter_id,
        request.POST.get("effect", ""),
        source_id=read_number(request.POST, "source"),
        phrase=request.POST.get("phrase", ""),
        section=request.POST.get("section", ""),
        seen=require_seen(request.POST, "rules").split(),
        by=get_actor(request),
        now=clock.now(),
    )
