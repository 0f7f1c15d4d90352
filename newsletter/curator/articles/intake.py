"""Taking articles in: from feed entries, pages, HTML files and pasted text."""

from __future__ import annotations

import re
from dataclasses import fields, replace
from datetime import datetime
from html import unescape
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from django.db import transaction

from newsletter.catalog import pictures
from newsletter.confinement import run_confined
from newsletter.curator.articles import article_lookup, canonical_urls, models, resources, rights, triage
from newsletter.curator.articles.extraction import page, pasted, phrases
from newsletter.curator.articles.extraction.extracted_article import ExtractedArticle
from newsletter.curator.articles.feeds import Entry
from newsletter.curator.articles.resources import Fetcher
from newsletter.curator.articles.states import ArticleOrigin
from newsletter.curator.articles.values import AddedArticle, ArticleLabels
from newsletter.kernel.actors import ActionRecord, Actor, Verb, require_right_somewhere
from newsletter.kernel.errors import NewsletterError, Refused
from newsletter.kernel.text import remove_controls, remove_unstorable

LONGEST_TEXT = 200_000  # characters
_PARAGRAPH_END = re.compile(r"</(?:p|div|li|h[1-6]|blockquote|figure)>|<br\s*/?>", re.I)
_ExtractedOrEntry = TypeVar("_ExtractedOrEntry", ExtractedArticle, Entry)
_TAG = re.compile(r"<[^<>]{0,5000}>")


NO_LABELS = ArticleLabels()
# What a row has before anything is known of it, and what says where it came from: no change worth recording.
_NOT_RECORDED = frozenset({"origin", "canonical_key", "title_key"})


def add_article_from_page(
    url: str, *, labels: ArticleLabels = NO_LABELS, fetch: Fetcher, by: Actor, now: datetime
) -> AddedArticle:
    """Fetches a page and adds its article. Raises Refused when it has none, FetchError when it cannot be fetched.

    Here and below, a known article takes over what is new. Days among the `labels` are for a new article: to
    change those of a known one needs the right for all newsletters.
    """
    require_right_somewhere(by, Verb.EDIT)
    answer = fetch(url, accept=resources.PAGE_TYPES)
    if not answer.body.strip():
        raise Refused(f"{url} answered with an empty page, so there is no story in it.")
    if (
        answer.content_type
        and "html" not in answer.content_type
        and "xml" not in answer.content_type
        and answer.content_type != "text/plain"
    ):
        raise Refused(f"{url} is {answer.content_type}, not a page. Give the address of the story itself.")
    found = run_confined(page.extract, answer.body, answer.url, what=answer.url)
    return _add_article(
        found, origin=ArticleOrigin.PAGE, url=answer.url, labels=labels, by=by, now=now, fetch=fetch, folder=None
    )


def add_article_from_html(
    html: bytes, *, url: str, base_file: Path | None, fetch: Fetcher, by: Actor, now: datetime
) -> AddedArticle:
    """Adds the article of an HTML file; a picture in the same folder is copied. `url` is the story's address if known.

    Raises BadInput for an address that is none, Refused when there is no story.
    """
    require_right_somewhere(by, Verb.EDIT)
    address = resources.check_web_address(url) if url else ""
    if not html.strip():
        raise Refused(f"{base_file or 'The file'} is empty, so there is no story in it.")
    found = run_confined(
        page.extract, html, address, what=str(base_file or "The file")
    )  # without an address, pictures keep their file names
    folder = base_file.parent if base_file else None
    return _add_article(
        found, origin=ArticleOrigin.FILE, url=address, labels=NO_LABELS, by=by, now=now, fetch=fetch, folder=folder
    )


def add_article_from_paste(text: str, *, url: str = "", html: str = "", by: Actor, now: datetime) -> AddedArticle:
    """Takes in the story of pasted text. `url` is the story's address, `html` the markup copied with it, if known.

    Raises BadInput for an address that is none, Refused when there is no story.
    """
    require_right_somewhere(by, Verb.EDIT)
    address = resources.check_web_address(url) if url else ""
    if not text.strip():
        raise Refused("Nothing was pasted, so there is no story in it.")
    found = run_confined(pasted.clean_copied, text, html, address, what="What was pasted")
    return _add_article(
        found, origin=ArticleOrigin.PASTED, url=address, labels=NO_LABELS, by=by, now=now, fetch=None, folder=None
    )


def add_article_from_fields(
    given: ExtractedArticle,
    *,
    url: str,
    html: str = "",
    labels: ArticleLabels = NO_LABELS,
    fetch: Fetcher,
    by: Actor,
    now: datetime,
) -> AddedArticle:
    """Takes in a story that another system of the newsroom gives, field by field; its text as it is, or from `html`.

    Raises BadInput for an address that is none, Refused when headline or text is missing.
    """
    require_right_somewhere(by, Verb.EDIT)
    address = resources.check_web_address(url) if url else ""
    found = replace(given, title=" ".join(given.title.split()), text=given.text.strip() or html_to_text(html))
    if not found.publisher and address:
        found = replace(found, publisher=canonical_urls.get_host(address))
    return _add_article(
        found, origin=ArticleOrigin.PUSHED, url=address, labels=labels, by=by, now=now, fetch=fetch, folder=None
    )


def _add_article(
    found: ExtractedArticle,
    *,
    origin: ArticleOrigin,
    url: str,
    labels: ArticleLabels,
    by: Actor,
    now: datetime,
    fetch: Fetcher | None,
    folder: Path | None,
) -> AddedArticle:
    found = _strip_unstorable(found)
    where = url or "this text"
    if not found.title:
        raise Refused(
            f"No headline was found in {where}. Paste the text of the story instead, its headline first.",
            command_hint="Use: newsletter articles add -",
        )
    if not found.text:
        raise Refused(
            f"No story was found in {where}. Paste its text instead.", command_hint="Use: newsletter articles add -"
        )
    tags, note = _check_labels(labels)
    known = _build_fields(found, origin, url)
    warnings: list[str] = []
    row = models.Article.objects.filter(canonical_key=known["canonical_key"]).order_by("id").first()
    created = row is None
    before: dict[str, Any] = {}
    if row is None:
        row = models.Article(added_at=now, changed_by=by.name[:254] if labels.acts_on_pool else "", **known)
    else:
        if labels.has_dates:
            rights.require_right_for_all(by)
        if labels.acts_on_pool:
            row.version, row.changed_by = row.version + 1, by.name[:254]
        before = {name: getattr(row, name) for name in known} | _read_labels(row, labels)
        # A page speaks for itself, but for no other site's, whatever address it calls its own; other words for what
        # all newsletters see need the right for all of them.
        is_own_page = origin == ArticleOrigin.PAGE and canonical_urls.is_same_site(url, row.canonical_url or row.url)
        may_change_for_all = rights.may_change_for_all(by)
        if tags is not None and not may_change_for_all:  # the tags of others stay
            tags = triage.check_tags([*tags, *row.tags.values_list("name", flat=True)])
        if not _fill_in(row, known, overwrite=is_own_page or may_change_for_all):
            warnings.append(
                "It is known already, and you may not change what all newsletters see: only gaps were filled."
            )
    if row.picture_id is None and found.image_url:
        warning = copy_picture(row, found.image_url, now=now, fetch=fetch, folder=folder)
        warnings += [warning] if warning else []
    with transaction.atomic():
        if labels.has_dates:
            row.eligible_from, row.eligible_until = labels.eligible_from, labels.eligible_until
        row.save()
        if tags is not None:
            triage.write_tags(row, tags)
        if note:
            models.ArticleNote.objects.create(article=row, text=note, by=by.name[:254], at=now)
        after = _read_labels(row, labels) | ({"note": note} if note else {})
        _record(row, before, after, origin=origin, created=created, by=by, now=now)
    return AddedArticle(article_lookup.to_article(row), created, tuple(warnings))


def _check_labels(labels: ArticleLabels) -> tuple[list[str] | None, str]:
    triage.check_eligible_dates(labels.eligible_from, labels.eligible_until)
    tags = None if labels.tags is None else triage.check_tags(labels.tags)
    return tags, triage.check_note(labels.note) if labels.note.strip() else ""


def _read_labels(row: models.Article, labels: ArticleLabels) -> dict[str, Any]:
    """What an article has of that which `labels` say."""
    found: dict[str, Any] = {}
    if labels.tags is not None:
        found["tags"] = ", ".join(sorted(row.tags.values_list("name", flat=True)))
    if labels.has_dates:
        found |= {"eligible_from": row.eligible_from, "eligible_until": row.eligible_until}
    return found


def _record(
    row: models.Article,
    before: dict[str, Any],
    labels: dict[str, Any],
    *,
    origin: ArticleOrigin,
    created: bool,
    by: Actor,
    now: datetime,
) -> None:
    """The entry about an article that is new, or that knows more than before."""
    given = labels if created else {name: value for name, value in labels.items() if before.get(name) != value}
    changed = {name for name in before.keys() - labels if before[name] != getattr(row, name)} - _NOT_RECORDED
    if not (created or changed or given):
        return
    pushed = origin == ArticleOrigin.PUSHED
    by.record(
        ActionRecord(
            "pushed article" if pushed else "added article",
            f"article {row.pk}" if pushed else row.title[:200],
            now,
            detail=row.title[:200] if pushed else f"article {row.pk}",
            before={name: before[name] for name in changed | given.keys() if name in before},
            after={name: getattr(row, name) for name in changed} | given,
        )
    )


def _build_fields(found: ExtractedArticle, origin: ArticleOrigin, url: str) -> dict[str, Any]:
    canonical = found.canonical_url if _names_a_story(found.canonical_url) else url
    return {
        "origin": origin,
        "url": (url or canonical)[:2000],
        "canonical_url": canonical[:2000],
        "canonical_key": canonical_urls.compute_story_key(canonical, found.title),
        "title": found.title[:500],
        "title_key": canonical_urls.normalise_title(found.title),
        "dek": found.dek[:5000],
        "text": found.text[:LONGEST_TEXT],
        "byline": found.byline[:300],
        "published_at": found.published_at,
        "language": found.language[:16],
        "publisher": found.publisher[:200],
        "biography": found.biography[:5000],
        "section": found.section[:120],
        "paywalled": found.paywalled,
        "image_url": _keep_web_address(found.image_url),
        "image_alt": found.image_alt[:2000],
        "image_caption": found.image_caption[:2000],
        "image_credit": found.image_credit[:300],
    }


def _names_a_story(declared: str) -> bool:
    """Whether a page's own idea of its address can be true: some sites name their front page on every page."""
    parts = urlsplit(canonical_urls.canonicalise(declared))
    return bool(parts.path or parts.query)


def _keep_web_address(address: str) -> str:
    """A picture's address worth keeping: where a file lay on this machine is of no use to anyone else."""
    return address[:2000] if address.startswith(("http://", "https://")) else ""


def _fill_in(row: models.Article, known: dict[str, Any], *, overwrite: bool) -> bool:
    """A page knows more than the feed entry we had: what it knows wins, what it does not know stays.

    Without `overwrite` only gaps are filled. Returns whether all it knows was taken.
    """
    taken = True
    for name, value in known.items():
        if not value or name in ("origin", "canonical_key") or value == getattr(row, name):
            continue
        if overwrite or not getattr(row, name):
            setattr(row, name, value)
        else:
            taken = False
    return taken


def fill_gaps(row: models.Article, found: ExtractedArticle) -> bool:
    """Adds what a page says to an article of a feed that does not say it; a longer text counts, and a picture goes with
    its credit. Returns whether anything was added."""
    known = _build_fields(_strip_unstorable(found), ArticleOrigin.FEED, row.url)
    names = [name for name in _OF_A_PAGE if known[name] and not getattr(row, name)]
    if known["publisher"] and row.publisher == canonical_urls.get_host(row.url):  # the feed named a part of the paper
        names.append("publisher")
    if len(known["text"]) > MOST_GROWN * len(row.text) and "text" not in names:
        names.append("text")
    if known["image_credit"] and known["image_url"] and not row.image_credit and row.picture_id is None:
        names += [name for name in _OF_A_PICTURE if name not in names]
    changed = {name: known[name] for name in names if known[name] != getattr(row, name)}
    if changed:
        models.Article.objects.filter(id=row.pk).update(**changed)
    return bool(changed)


_OF_A_PICTURE = ("image_url", "image_alt", "image_caption", "image_credit")
_OF_A_PAGE = (
    *("dek", "text", "byline", "published_at", "language", "publisher", "biography", "section", "paywalled"),
    *_OF_A_PICTURE[:1],
)
MOST_GROWN = 1.5  # times the feed's text; a page's text that is longer is the whole of it


def save_entry(source: models.Source, entry: Entry, language: str, folder: Path | None, now: datetime) -> bool:
    """Stores one entry of a feed as an article; False when the story is here already from anywhere."""
    entry = _strip_unstorable(entry)
    key = canonical_urls.compute_story_key(entry.url, entry.title)
    if models.Article.objects.filter(canonical_key=key).exists():
        return False
    text = html_to_text(entry.content_html)
    row = models.Article(
        source=source,
        entry_key=entry.key,
        origin=ArticleOrigin.FEED,
        url=entry.url[:2000],
        canonical_url=entry.url[:2000],
        canonical_key=key,
        title=entry.title[:500],
        title_key=canonical_urls.normalise_title(entry.title),
        dek=entry.dek,
        text=text[:LONGEST_TEXT],
        byline=entry.author,
        published_at=entry.published_at,
        language=(entry.language or language)[:16],
        publisher=(entry.publisher or phrases.parse_publisher(source.title, source.homepage or entry.url))[:200],
        section=next(iter(entry.categories), "")[:120],
        image_url=_keep_web_address(entry.image_url),
        image_alt=entry.image_alt[:2000],
        image_caption=entry.image_caption[:2000],
        image_credit=entry.image_credit[:300],
        added_at=now,
    )
    if entry.image_url.startswith("file:"):
        copy_picture(row, entry.image_url, now=now, fetch=None, folder=folder)
    row.save()
    return True


def copy_picture(
    row: models.Article, address: str, *, now: datetime, fetch: Fetcher | None, folder: Path | None = None
) -> str:
    """Copies an article's picture into our store. Returns what went wrong, in words: an article can do without.

    Web addresses are read by `fetch`, others from the folder of the article's file; None: not at all.
    """
    data, problem = resources.read_picture(address, fetch, folder)
    if data is None:
        return problem
    try:
        row.picture_id = pictures.store_picture(data, source_url=_keep_web_address(address), now=now).id
    except NewsletterError as error:
        return f"The picture was not taken: {error}"
    return ""


def _strip_unstorable(found: _ExtractedOrEntry) -> _ExtractedOrEntry:
    """The same without characters that no database keeps, or that turn the order of letters round."""
    texts = {field.name: getattr(found, field.name) for field in fields(found)}
    kept: dict[str, Any] = {
        name: remove_controls(remove_unstorable(text)) for name, text in texts.items() if isinstance(text, str)
    }
    return replace(found, **kept)


def html_to_text(html: str) -> str:
    """The paragraphs of an HTML fragment, parted by empty lines."""
    text = unescape(_TAG.sub("", _PARAGRAPH_END.sub("\n", html.replace("\n", " "))))
    return "\n\n".join(line for line in (" ".join(part.split()) for part in text.split("\n")) if line)
