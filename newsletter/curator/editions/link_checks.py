"""Checks the links that editors write themselves until their edition is sent. The stories' own pages: `page_checks`.

intro, blurbs, boxes ─▶ URLs ─▶ due checks ─fetch, one at a time per host─▶ fine, gone, forbidden, unreachable

A URL is checked once for all the places that use it, and not again for hours.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from hashlib import sha256

from django.conf import settings
from django.db import transaction

from newsletter.catalog import sponsors
from newsletter.catalog.values import Sponsor
from newsletter.curator.articles import fetch_queue
from newsletter.curator.articles.resources import Fetcher
from newsletter.curator.editions import edition_lookup, models, page_comparison
from newsletter.curator.editions.page_checks import CHECKED_FOR, CHECKED_STATES, UNREACHABLE_AFTER
from newsletter.curator.editions.states import LinkCheckState
from newsletter.curator.editions.values import Edition
from newsletter.fetching import FetchError, FetchRefused, FetchResponse, ResponseTooLarge
from newsletter.kernel.errors import NewsletterError
from newsletter.kernel.sentences import mark, phrase
from newsletter.kernel.text import remove_unstorable
from newsletter.templater.richtext import list_links

log = logging.getLogger(__name__)

CHECK_EVERY, RECHECK_AFTER = timedelta(hours=6), timedelta(minutes=20)  # what is fine is not checked again soon
AT_A_TIME = 60  # addresses
MOST_BYTES = 256 * 1024  # that it answers is enough
ANY_TYPE = "text/html, */*;q=0.5"


def list_written_links(edition: Edition, sponsor: Sponsor | None) -> dict[str, str]:
    """The web addresses that editors wrote into an edition, each with the place where it stands first."""
    texts = [
        ("intro", list_links(edition.intro)),
        *((f"story:{each.key}", list_links(each.blurb)) for each in edition.picks),
        ("boxes", [url for each in edition.boxes for url in list_links(each.text)]),
        ("sponsor", [sponsor.url] if sponsor and sponsor.url else []),
    ]
    own = f"{settings.CONFIG.base_url}/"  # our own pages may have a private address where we are
    found: dict[str, str] = {}
    for where, urls in texts:
        for url in urls:
            if url.startswith(("http://", "https://")) and not url.startswith(own) and len(url) <= 2000:
                found.setdefault(url, where)
    return found


def check_due_links(now: datetime, *, fetch: Fetcher, edition_id: int | None = None) -> int:
    """Checks the URLs that are due, or (with `edition_id`) all of an edition. Returns how many are broken.

    A server that does not answer is unreachable after several tries; after one where an editor asked for the check.
    """
    patience = UNREACHABLE_AFTER if edition_id is None else 1
    wanted = _create_missing_checks(now, edition_id)
    models.LinkCheck.objects.filter(wanted_until__lt=(now - CHECKED_FOR).date()).delete()
    rows = models.LinkCheck.objects.filter(key__in=wanted)
    if edition_id is None:
        rows = rows.filter(next_at__lte=now)
    due = {row.pk: row for row in rows.order_by("next_at", "id")[:AT_A_TIME]}
    asked = [fetch_queue.FetchRequest(row.pk, row.url) for row in due.values()]
    for check_id, answer in fetch_queue.fetch_all(asked, _limit_bytes(fetch), accept=ANY_TYPE):
        try:
            with transaction.atomic():
                _store_answer(due[check_id], answer, patience, now)
        except Exception:  # an answer we cannot store must not stop the others
            log.exception("Checking the link %s failed", due[check_id].url)
            models.LinkCheck.objects.filter(pk=check_id).update(next_at=now + CHECK_EVERY)
    return (
        models.LinkCheck.objects.filter(key__in=wanted)
        .exclude(state__in=(LinkCheckState.WAITING, LinkCheckState.FINE))
        .count()
    )


def _limit_bytes(fetch: Fetcher) -> Fetcher:
    def fetch_limited(url: str, **terms: str) -> FetchResponse:
        return fetch(url, most_bytes=MOST_BYTES, **terms)

    return fetch_limited


def _create_missing_checks(now: datetime, edition_id: int | None) -> set[str]:
    """Creates the checks that the coming editions lack. Returns the keys of all their URLs."""
    if edition_id is not None:
        editions: Iterable[Edition] = [edition_lookup.get_edition(edition_id)]
    else:
        since = (now - CHECKED_FOR).date()
        editions = [
            each for each in edition_lookup.list_editions(states=CHECKED_STATES, limit=AT_A_TIME) if each.date >= since
        ]
    wanted: dict[str, tuple[str, date]] = {}
    for edition in sorted(editions, key=lambda each: each.date):  # the last one with a URL decides how long
        sponsor = sponsors.find_sponsor(edition.newsletter_id, edition.date)
        wanted |= {_key(url): (url, edition.date) for url in list_written_links(edition, sponsor)}
    known = dict(models.LinkCheck.objects.filter(key__in=wanted).values_list("key", "wanted_until"))
    models.LinkCheck.objects.bulk_create(
        [
            models.LinkCheck(key=key, url=url, next_at=now, wanted_until=until)
            for key, (url, until) in wanted.items()
            if key not in known
        ],
        ignore_conflicts=True,
    )
    for key, until in known.items():
        if until < wanted[key][1]:
            models.LinkCheck.objects.filter(key=key).update(wanted_until=wanted[key][1])
    return set(wanted)


def _store_answer(row: models.LinkCheck, answer: FetchResponse | Exception, patience: int, now: datetime) -> None:
    """Records an answer. Only “not found” or “gone” is a broken link: many servers turn programs away."""
    state, detail, failures = LinkCheckState.FINE, "", 0
    if isinstance(answer, FetchError) and answer.status in page_comparison.GONE_STATUSES:
        state, detail = LinkCheckState.GONE, f"it answered {answer.status}"
    elif isinstance(answer, FetchRefused) and not isinstance(answer, ResponseTooLarge):
        state, detail = LinkCheckState.FORBIDDEN, str(answer)
    elif (
        isinstance(answer, Exception) and not isinstance(answer, ResponseTooLarge) and not getattr(answer, "status", 0)
    ):
        failures = row.failures + 1
        error = str(answer) if isinstance(answer, NewsletterError) else type(answer).__name__
        state, detail = (
            (LinkCheckState.UNREACHABLE, error) if failures >= patience else (LinkCheckState(row.state), row.detail)
        )
    models.LinkCheck.objects.filter(pk=row.pk).update(
        state=state,
        detail=remove_unstorable(detail)[:300],
        failures=failures,
        looked_at=now,
        next_at=now + (CHECK_EVERY if state == LinkCheckState.FINE else RECHECK_AFTER),
    )


def list_link_findings(edition: Edition, sponsor: Sponsor | None) -> Iterator[tuple[str, LinkCheckState, str]]:
    """Which addresses of an edition lead nowhere: the place, the state, and in words what is wrong."""
    places = {_key(url): where for url, where in list_written_links(edition, sponsor).items()}
    for row in models.LinkCheck.objects.filter(key__in=places, state__in=_MESSAGES).order_by("id"):
        assert row.looked_at is not None  # or it would be waiting
        at = f"{row.looked_at:%d %b, %H:%M} UTC"
        state = LinkCheckState(row.state)
        yield (
            places[row.key],
            state,
            phrase(_MESSAGES[state], url=row.url[:100], detail=row.detail, at=at),
        )


_MESSAGES: Mapping[LinkCheckState, str] = {
    LinkCheckState.GONE: mark("“{url}” is a broken link ({detail}; checked {at}). Fix it."),
    LinkCheckState.FORBIDDEN: mark("“{url}” was not checked: {detail} Make sure that it is public."),
    LinkCheckState.UNREACHABLE: mark("“{url}” could not be reached: {detail} (last tried {at})."),
}


def _key(url: str) -> str:
    return sha256(url.encode("utf-8", "surrogatepass")).hexdigest()
