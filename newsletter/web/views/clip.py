"""Clipping a page from the browser: a bookmark opens this page with the address, and a press adds the story."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from newsletter.curator.articles import intake
from newsletter.curator.articles.values import AddedArticle
from newsletter.jobs import wiring
from newsletter.kernel import clock
from newsletter.kernel.actors import Verb
from newsletter.web.access import desk_view, get_actor
from newsletter.web.forms.sources import ClipForm

LONGEST_SELECTION = 20_000  # characters


@desk_view(Verb.EDIT, methods=("GET", "POST"))
def clip_page(request: HttpRequest) -> HttpResponse:
    """GET shows what would be added and changes nothing; POST adds the page, or the text that was selected in it."""
    if request.method != "POST":
        asked = request.GET
        url, title, text = (asked.get(name, "") for name in ("url", "title", "text"))
        initial = {"url": url.strip()[:2000], "title": title[:300], "text": text[:LONGEST_SELECTION]}
        return _render_clip(request, ClipForm(initial=initial))
    form, by, now = ClipForm(request.POST), get_actor(request), clock.now()
    if form.is_valid():
        sent = form.cleaned_data
        with form.show_refusals():
            if sent["do"] == ClipForm.TEXT:
                added = intake.add_article_from_paste(sent["text"], url=sent["url"], by=by, now=now)
            else:
                added = intake.add_article_from_page(sent["url"], fetch=wiring.build_fetcher(), by=by, now=now)
            return _render_clip(request, form, added)
    return _render_clip(request, form)


def _render_clip(request: HttpRequest, form: ClipForm, added: AddedArticle | None = None) -> HttpResponse:
    context = {"form": form, "added": added, "bookmark": build_bookmarklet()}
    return render(request, "pages/clip.html", context, status=form.status)


def build_bookmarklet() -> str:
    """The bookmark: opens the desk in a small window with the address, title and selection of the page one is on."""
    return (
        "javascript:(function(){var d=document,s=String(getSelection()).slice(0,4000)"
        r".replace(/[\ud800-\udbff]$/,'');"  # half an emoji, which cannot be in an address
        "window.open("
        f"'{settings.CONFIG.base_url}{reverse('desk:clip')}?url='+encodeURIComponent(d.location.href)"
        "+'&title='+encodeURIComponent(d.title)+'&text='+encodeURIComponent(s),'clip','width=640,height=560')})()"
    )
