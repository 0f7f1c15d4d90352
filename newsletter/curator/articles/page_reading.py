"""Reads the pages of recent feed articles once, so that what is suggested has text, authors, picture and section.

recent articles, newest first ─▶ allowed by robots.txt ─fetch, one at a time per host─▶ read apart ─▶ gaps filled
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta
from urllib.parse import urlsplit
from urllib.robotparser import RobotFileParser

from newsletter.confinement import run_confined
from newsletter.curator.articles import canonical_urls, fetch_queue, models
from newsletter.curator.articles.extraction import page
from newsletter.curator.articles.extraction.extracted_article import ExtractedArticle
from newsletter.curator.articles.intake import fill_gaps
from newsletter.curator.articles.resources import PAGE_TYPES, Fetcher
from newsletter.curator.articles.states import ArticleOrigin, ArticleStanding
from newsletter.fetching import USER_AGENT, FetchError, FetchResponse
from newsletter.kernel.errors import NewsletterError

log = logging.getLogger(__name__)

READ_FOR = timedelta(days=2)  # after an article came; older ones are hardly suggested
AT_A_TIME = 40  # pages
LARGEST_RULES = 200_000  # bytes of a robots.txt
LEAST_ALIKE = 0.4  # of the headline's words on the page; below, it is a page of consent, or another story


def read_new_pages(now: datetime, *, fetch: Fetcher) -> int:
    """Reads pages that nobody read yet, at most `AT_A_TIME`. Returns how many articles know more than before.

    Each is tried once: what a page does not show, its feed's entry has to tell.
    """
    rows = models.Article.objects.filter(
        origin=ArticleOrigin.FEED, page_read_at=None, added_at__gte=now - READ_FOR, url__startswith="http"
    ).exclude(standing=ArticleStanding.IGNORED)
    rows = rows.exclude(source__url__startswith="file:")  # samples: what they name is not on the web
    due = {row.pk: row for row in rows.order_by("-added_at", "-id")[:AT_A_TIME]}
    rules = _read_rules({_get_site(row.url) for row in due.values()} - {""}, fetch)
    asked = [
        fetch_queue.FetchRequest(row.pk, row.url)
        for row in due.values()
        if (site := rules.get(_get_site(row.url))) and site.can_fetch(USER_AGENT, row.url)
    ]
    learned = 0
    for article_id, answer in fetch_queue.fetch_all(asked, fetch, accept=PAGE_TYPES):
        try:
            learned += _take_page(due[article_id], answer)
        except Exception:  # a page we cannot read must not stop the others
            log.exception("Reading the page %s failed", due[article_id].url)
    models.Article.objects.filter(id__in=due).update(page_read_at=now)
    return learned


def _take_page(row: models.Article, answer: FetchResponse | Exception) -> bool:
    """Fills an article's gaps from its page. Returns whether it knows more now."""
    if isinstance(answer, Exception) or not canonical_urls.is_same_site(answer.url, row.url):
        return False
    try:
        found = run_confined(page.extract, answer.body, answer.url, what=answer.url)
    except NewsletterError as error:
        log.info("The page %s was not read: %s", answer.url, error)
        return False
    return _is_same_story(row.title, found) and fill_gaps(row, found)


def _is_same_story(title: str, found: ExtractedArticle) -> bool:
    known, shown = (set(canonical_urls.normalise_title(text).split()) for text in (title, found.title))
    return bool(known) and len(known & shown) >= LEAST_ALIKE * len(known)


def _get_site(url: str) -> str:
    """Its scheme and server; "" for what is no address."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return f"{parts.scheme}://{parts.netloc}"


def _read_rules(sites: Iterable[str], fetch: Fetcher) -> dict[str, RobotFileParser]:
    """What each site lets programs read, by its robots.txt; one that does not answer is missing: not now."""
    found: dict[str, RobotFileParser] = {}
    numbered = dict(enumerate(sorted(sites)))
    asked = [fetch_queue.FetchRequest(number, f"{site}/robots.txt") for number, site in numbered.items()]
    for number, answer in fetch_queue.fetch_all(asked, fetch, accept="text/plain"):
        if isinstance(answer, FetchResponse):
            lines = answer.body[:LARGEST_RULES].decode("utf-8", "replace").splitlines()
        elif isinstance(answer, FetchError) and 400 <= answer.status < 500:
            lines = []  # no rules: all may be read
        else:
            continue
        found[numbered[number]] = RobotFileParser()
        found[numbered[number]].parse(lines)
    return found
