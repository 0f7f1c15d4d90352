"""Articles, for the newsroom's own system: pushing them into the pool as they are published, and looking them up."""

from __future__ import annotations

import json
from dataclasses import fields
from datetime import date, datetime
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse

from newsletter.accounts.token_scopes import TokenScope
from newsletter.api.access import api_view, get_actor
from newsletter.curator.articles import article_lookup, intake
from newsletter.curator.articles.extraction.extracted_article import ExtractedArticle
from newsletter.curator.articles.values import Article, ArticleLabels
from newsletter.jobs import wiring
from newsletter.kernel import clock
from newsletter.kernel.actors import Verb
from newsletter.kernel.errors import BadInput
from newsletter.kernel.numbers import parse_whole_number
from newsletter.kernel.text import remove_unstorable

TEXT_FIELDS = ("title", "dek", "text", "byline", "language", "publisher", "section", "biography", "canonical_url")
PICTURE_FIELDS = ("url", "alt", "caption", "credit")
FIELDS = (
    "url",
    *TEXT_FIELDS,
    "html",
    "published_at",
    "paywalled",
    "image",
    "tags",
    "eligible_from",
    "eligible_until",
    "note",
)
MOST_LISTED = 200


@api_view(Verb.EDIT, scopes={"GET": TokenScope.ARTICLES_READ, "POST": TokenScope.ARTICLES_WRITE})
def list_or_push_articles(request: HttpRequest) -> HttpResponse:
    """POST adds an article (201) or updates a known one (200); GET lists, ?query= searches, ?limit= bounds."""
    return _push_article(request) if request.method == "POST" else _list_articles(request)


@api_view(Verb.EDIT, scopes={"GET": TokenScope.ARTICLES_READ})
def show_article(request: HttpRequest, article_id: int) -> HttpResponse:
    """One article."""
    return JsonResponse(_to_document(article_lookup.get_article(article_id)))


def _list_articles(request: HttpRequest) -> HttpResponse:
    limit = parse_whole_number(request.GET.get("limit", "50"))
    if limit is None or not 1 <= limit <= MOST_LISTED:
        raise BadInput(f"The limit is a number from 1 to {MOST_LISTED}.", "limit")
    found = article_lookup.list_articles(query=request.GET.get("query", "")[:200], limit=limit)
    return JsonResponse({"articles": [_to_document(each) | {"text": ""} for each in found]})


def _push_article(request: HttpRequest) -> HttpResponse:
    pushed = _parse_body(request)
    by, now = get_actor(request), clock.now()
    url = _read_text(pushed, "url").strip()
    labels = ArticleLabels(
        tags=_read_tags(pushed),
        eligible_from=_read_day(pushed, "eligible_from"),
        eligible_until=_read_day(pushed, "eligible_until"),
        note=_read_text(pushed, "note"),
    )
    if set(pushed) & {"text", "html"}:
        added = intake.add_article_from_fields(
            _to_extracted_article(pushed),
            url=url,
            html=_read_text(pushed, "html"),
            labels=labels,
            fetch=wiring.build_fetcher(),
            by=by,
            now=now,
        )
    elif url:
        added = intake.add_article_from_page(url, labels=labels, fetch=wiring.build_fetcher(), by=by, now=now)
    else:
        raise BadInput("Give the text or html of the article, or the url of its page.", "text")
    answer = _to_document(article_lookup.get_article(added.article.id)) | {
        "created": added.created,
        "warnings": list(added.warnings),
    }
    return JsonResponse(answer, status=201 if added.created else 200)


def _parse_body(request: HttpRequest) -> dict[str, Any]:
    try:
        document = json.loads(request.body)
    except (ValueError, RecursionError):
        raise BadInput("The body is not JSON.") from None
    if not isinstance(document, dict):
        raise BadInput("The body must be a JSON object.")
    unknown = sorted(set(document) - set(FIELDS))
    if unknown:
        raise BadInput(f"There is no field “{unknown[0][:60]}”. There are {', '.join(FIELDS)}.", unknown[0][:60])
    return document


def _to_extracted_article(pushed: dict[str, Any]) -> ExtractedArticle:
    image = pushed.get("image") or {}
    if not isinstance(image, dict) or set(image) - set(PICTURE_FIELDS):
        raise BadInput(f"The image is an object with {', '.join(PICTURE_FIELDS)}.", "image")
    paywalled = pushed.get("paywalled", False)
    if not isinstance(paywalled, bool):
        raise BadInput("The field paywalled is true or false.", "paywalled")
    texts: dict[str, Any] = {name: _read_text(pushed, name) for name in TEXT_FIELDS}
    return ExtractedArticle(
        **texts,
        published_at=_read_moment(pushed),
        paywalled=paywalled,
        image_url=_read_text(image, "url", "image.url"),
        image_alt=_read_text(image, "alt", "image.alt"),
        image_caption=_read_text(image, "caption", "image.caption"),
        image_credit=_read_text(image, "credit", "image.credit"),
    )


def _read_text(holder: dict[str, Any], name: str, label: str = "") -> str:
    value = holder.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise BadInput(f"The field {label or name} must be a text.", label or name)
    return remove_unstorable(value)


def _read_moment(pushed: dict[str, Any]) -> datetime | None:
    text = _read_text(pushed, "published_at")
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise BadInput(
            f"“{text[:60]}” is not a date and time. Write it like 2026-11-24T07:00:00+00:00.", "published_at"
        ) from None
    if moment.tzinfo is None:
        raise BadInput(f"“{text[:60]}” has no zone. Write it like 2026-11-24T07:00:00+00:00.", "published_at")
    return clock.check_moment(moment, "published_at")


def _read_day(pushed: dict[str, Any], name: str) -> date | None:
    text = _read_text(pushed, name)
    return clock.parse_day(text, name) if text else None


def _read_tags(pushed: dict[str, Any]) -> tuple[str, ...] | None:
    tags = pushed.get("tags")
    if tags is not None and (not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags)):
        raise BadInput("The tags are a list of texts.", "tags")
    return None if tags is None else tuple(map(remove_unstorable, tags))


def _to_document(article: Article) -> dict[str, Any]:
    return {each.name: getattr(article, each.name) for each in fields(article)}
