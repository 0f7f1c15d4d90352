"""Clipping a page from the browser: a bookmark opens this page with the address, and a press adds the story."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from newsletter.curator.articles import intake
from newsletter.jobs import wiring
from newsletter.kernel import clock
from newsletter.kernel.actors import Verb
from newsletter.kernel.errors import BadInput, NewsletterError
from newsletter.web.access import desk_view, get_actor

LONGEST_SELECTION = 20_000  # characters


@desk_view(Verb.EDIT, methods=("GET", "POST"))
def clip_page(request: HttpRequest) -> HttpResponse:
    """GET shows what would be added and changes nothing; POST adds the page, or the text that was selected in it."""
    asked = request.POST if request.method == "POST" else request.GET
    url, text = asked.get("url", "").strip()[:2000], asked.get("text", "")[:LONGEST_SELECTION]
    context: dict[str, Any] = {
        "url": url,
        "text": text,
        "title": asked.get("title", "")[:300],
        "added": None,
        "bookmark": build_bookmarklet(),
    }
    if request.method == "POST":
        try:
            if not url.startswith(("http://", "https://")):
                raise BadInput("Give an address that begins with https://.", "url")
            by, now = get_actor(request), clock.now()
            if request.POST.get("do") == "text":
                added = intake.add_article_from_paste(text, url=url, by=by, now=now)
            else:
                added = intake.add_article_from_page(url, fetch=wiring.build_fetcher(), by=by, now=now)
        except NewsletterError as error:
            messages.error(request, str(error))
            return render(request, "pages/clip.html", context, status=error.http_status)
        context["added"] = added
    return render(request, "pages/clip.html", context)


def build_bookmarklet() -> str:
    """The bookmark: opens the desk in a small window with the address, title and selection of the page one is on."""
    return (
        "javascript:(function(){var d=document,s=String(getSelection()).slice(0,4000)"
        r".replace(/[\ud800-\udbff]$/,'');"  # half an emoji, which cannot be in an address
        "window.open("
        f"'{settings.CONFIG.base_url}{reverse('desk:clip')}?url='+encodeURIComponent(d.location.href)"
        "+'&title='+encodeURIComponent(d.title)+'&text='+encodeURIComponent(s),'clip','width=640,height=560')})()"
    )
