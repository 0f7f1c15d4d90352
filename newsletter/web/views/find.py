"""Find: editions, articles, newsletters and subscribers by any part of their name, as far as somebody may see them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import formats
from django.utils.translation import gettext as _

from newsletter.accounts.permissions import list_visible_newsletters
from newsletter.catalog.values import Newsletter
from newsletter.curator.articles import article_lookup
from newsletter.curator.articles.values import ArticleFilter
from newsletter.curator.editions import edition_lookup
from newsletter.curator.editions.values import EditionFilter
from newsletter.delivery.reports import edition_status
from newsletter.kernel.actors import Verb
from newsletter.kernel.text import has_all_words
from newsletter.web.access import desk_view, get_actor, list_accessible_newsletters
from newsletter.web.context import get_newsroom_zone
from newsletter.web.forms.filters import FilterForm
from newsletter.web.fragments import is_fragment_request
from newsletter.web.templatetags import desk
from subscribers import subscriber_lookup
from subscribers.lists import map_list_names

MOST = 3  # of each kind
COUNTED = 50  # of each kind: of more it is said that there are more, for a common word would be counted for long


@dataclass(frozen=True, slots=True)
class Hit:
    """Something that was found; `state` is what its badge says, "" where it has none."""

    key: str
    href: str
    title: str
    detail: str
    state: str = ""


@dataclass(frozen=True, slots=True)
class HitGroup:
    """What was found of one kind: the first, and how many, at most one more than are counted. `rest` leads to all of
    it, "" where it is all here.
    """

    name: str
    title: str
    icon: str
    hits: list[Hit]
    count: int
    rest: str

    @property
    def count_shown(self) -> str:
        """“14”, or “more than 50”."""
        return str(self.count) if self.count <= COUNTED else _("more than %(number)s") % {"number": COUNTED}


@desk_view(Verb.VIEW)
def find_anything(request: HttpRequest) -> HttpResponse:
    """A page, or for the dialog of every page the part with what was found."""
    form = FilterForm(request.GET, searched=_("Editions, articles, newsletters, subscribers"))
    text = form.text
    groups = [group for group in _search(request, text) if group.hits] if text else []
    context = {"filters": form, "text": text, "groups": groups}
    return render(
        request,
        "fragments/found.html" if is_fragment_request(request) else "pages/find.html",
        context,
        status=form.status,
    )


def _search(request: HttpRequest, text: str) -> Iterator[HitGroup]:
    newsletters = {each.id: each for each in list_accessible_newsletters(request)}
    yield _find_editions(newsletters, text)
    if list_visible_newsletters(request.user, Verb.EDIT) != frozenset():
        yield _find_articles(text)
    yield _find_newsletters(newsletters, text)
    if list_visible_newsletters(request.user, Verb.SUBSCRIBERS) != frozenset():
        yield _find_subscribers(request, text)


def _build_group(name: str, title: str, icon: str, hits: list[Hit], count: int, rest: str) -> HitGroup:
    return HitGroup(name, title, icon, hits, count, rest if count > MOST else "")


def _find_editions(newsletters: dict[int, Newsletter], text: str) -> HitGroup:
    found = edition_lookup.list_edition_rows(EditionFilter(newsletters.keys(), text=text), limit=COUNTED + 1)
    rows = found[:MOST]
    statuses = edition_status.find_statuses(rows)
    hits = [
        Hit(
            f"edition-{row.id}",
            reverse("desk:review" if row.is_out else "desk:board", args=[row.id]),
            row.subject,
            f"{newsletters[row.newsletter_id].name} · {formats.date_format(row.date, _('D j M Y'))}",
            statuses[row.id].state,
        )
        for row in rows
    ]
    return _build_group("editions", _("Editions"), "mail", hits, len(found), _link("desk:editions", text))


def _find_articles(text: str) -> HitGroup:
    zone = get_newsroom_zone()
    found = article_lookup.list_article_rows(ArticleFilter(text=text), limit=COUNTED + 1)
    hits = [
        Hit(
            f"article-{row.id}",
            _link("desk:all-articles", row.title[:200]),
            row.title,
            " · ".join(filter(None, (row.publisher or row.source, desk.at(row.published_at or row.added_at, zone)))),
        )
        for row in found[:MOST]
    ]
    return _build_group("articles", _("Articles"), "news", hits, len(found), _link("desk:all-articles", text))


def _find_newsletters(newsletters: dict[int, Newsletter], text: str) -> HitGroup:
    found = [each for each in newsletters.values() if has_all_words(f"{each.name} {each.slug}", text)]
    hits = [
        Hit(f"newsletter-{each.id}", reverse("desk:newsletter", args=[each.slug]), each.name, each.strap, each.state)
        for each in found[:MOST]
    ]
    return _build_group("newsletters", _("Newsletters"), "stack", hits, len(found), reverse("desk:newsletters"))


def _find_subscribers(request: HttpRequest, text: str) -> HitGroup:
    names = map_list_names()
    hits = []
    found = subscriber_lookup.find_subscribers(text, by=get_actor(request), limit=COUNTED + 1)
    for each in found[:MOST]:
        was = _("was %(address)s") % {"address": each.matched} if each.matched else ""
        held = ", ".join(names[subscription.list_id] for subscription in each.subscriptions)
        state = each.subscriptions[0].state if each.subscriptions else ""
        detail = " · ".join(filter(None, (each.name, was, held)))
        hits.append(Hit(f"subscriber-{each.id}", reverse("desk:reader", args=[each.id]), each.address, detail, state))
    rest = f"{_link('desk:readers', text)}&list="
    return _build_group("subscribers", _("Subscribers"), "user", hits, len(found), rest)


def _link(view: str, text: str) -> str:
    return f"{reverse(view)}?{urlencode({'q': text})}"
