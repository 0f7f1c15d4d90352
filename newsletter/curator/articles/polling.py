"""Reading feeds: which are due, what came, and how long a server that fails is left alone."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from newsletter.confinement import run_confined
from newsletter.curator.articles import feeds, fetch_queue, models, resources, stories
from newsletter.curator.articles.intake import save_entry
from newsletter.curator.articles.resources import Fetcher
from newsletter.curator.articles.states import FetchState
from newsletter.curator.articles.values import SourceReport
from newsletter.fetching import FetchError, FetchResponse
from newsletter.kernel.errors import NewsletterError, NotFound
from newsletter.kernel.text import clean_name, remove_unstorable

log = logging.getLogger(__name__)

FETCH_EVERY = timedelta(minutes=15)


LONGEST_WAIT = timedelta(hours=6)


LONGEST_RETRY_AFTER = timedelta(hours=24)  # however long a server asks to be left alone


def fetch_sources(
    *,
    now: datetime,
    fetch: Fetcher,
    ids: Iterable[int] | None = None,
    progress: Callable[[int], object] | None = None,
) -> tuple[SourceReport, ...]:
    """Reads the feeds with these ids, or (None) those that are due, all at once; one server's one after another.

    A broken feed never stops the others. A body that did not change is not read again.
    """
    rows = models.Source.objects.filter(active=True).order_by("next_at", "id")
    if ids is None:
        # Files are read only where a person named them: the command line passes their ids.
        rows = rows.filter(Q(next_at__lte=now) | Q(next_at=None)).exclude(url__startswith="file:")
    else:
        wanted = list(ids)
        rows = rows.filter(id__in=wanted)
        _refuse_unknown(wanted, {row.id for row in rows})
    reports: dict[int, SourceReport] = {}
    for row, answer in _fetch_rows({row.id: row for row in rows}, fetch):
        reports[row.id] = _process_answer(row, answer, now)
        if progress:
            progress(1)
    stories.group_new(now)
    return tuple(reports[row.id] for row in rows if row.id in reports)


def _fetch_rows(
    rows: dict[int, models.Source], fetch: Fetcher
) -> Iterator[tuple[models.Source, FetchResponse | Exception]]:
    """What each feed answers, as it comes: those on the web all at once, files as they are."""
    asked = []
    for row in rows.values():
        if row.url.startswith("file:"):
            yield row, _read_source_file(row)
        else:
            asked.append(fetch_queue.FetchRequest(row.id, row.url, row.etag, row.last_modified))
    for source_id, answer in fetch_queue.fetch_all(asked, fetch):
        yield rows[source_id], answer


def _read_source_file(row: models.Source) -> FetchResponse | Exception:
    try:
        return FetchResponse(row.url, 200, resources.read_file(resources.url_to_path(row.url)))
    except NewsletterError as error:
        return error


def _refuse_unknown(wanted: list[int], known: set[int]) -> None:
    unknown = [str(source_id) for source_id in wanted if source_id not in known]
    if unknown:
        raise NotFound(
            f"There is no feed {', '.join(unknown)}.", command_hint="See them all with: newsletter feeds list"
        )


def _process_answer(row: models.Source, answer: FetchResponse | Exception, now: datetime) -> SourceReport:
    try:
        if isinstance(answer, Exception):
            raise answer
        report = _read_feed(row, answer, now)
    except NewsletterError as error:
        asked = timedelta(seconds=error.retry_after) if isinstance(error, FetchError) else timedelta(0)
        return _record_failure(row, str(error), now, asked)
    except Exception as error:  # a fault of ours in one feed must not stop the others
        log.exception("Reading the feed %s failed", row.url)
        return _record_failure(
            row,
            f"Reading it failed inside this program ({type(error).__name__}); the log has the details.",
            now,
        )
    models.Source.objects.filter(id=row.id).update(
        fetched_at=now, fresh_at=now, next_at=now + FETCH_EVERY, failures=0, error=""
    )
    return report


def _read_feed(row: models.Source, answer: FetchResponse, now: datetime) -> SourceReport:
    digest = hashlib.sha256(answer.body).hexdigest()
    if answer.not_modified or digest == row.body_digest:
        return SourceReport(row.id, row.url, row.title, FetchState.UNCHANGED)
    folder = resources.url_to_path(row.url).parent if row.url.startswith("file:") else None
    feed = run_confined(feeds.parse, answer.body, answer.url, what=answer.url)
    title = row.title or clean_name(feed.title)
    models.Source.objects.filter(id=row.id).update(title=title[:300], homepage=feed.homepage[:2000])
    row.title = title
    known = set(row.articles.values_list("entry_key", flat=True))
    new = [entry for entry in feed.entries if entry.key not in known]
    added = 0
    for start in range(0, len(new), 50):  # short transactions: the readers' pages write at the same time
        with transaction.atomic():
            added += sum(save_entry(row, entry, feed.language, folder, now) for entry in new[start : start + 50])
    # Only now: had we died above, “unchanged since” would hide the entries from us for good.
    models.Source.objects.filter(id=row.id).update(
        etag=answer.etag, last_modified=answer.last_modified, body_digest=digest
    )
    return SourceReport(row.id, row.url, title, FetchState.FRESH, added, len(feed.entries))


def _record_failure(row: models.Source, error: str, now: datetime, asked: timedelta = timedelta(0)) -> SourceReport:
    """Records a failure; the next fetch waits longer with each one, and at least as long as the server `asked`."""
    failures, error = row.failures + 1, remove_unstorable(error)
    wait = max(min(FETCH_EVERY * 2 ** min(failures - 1, 10), LONGEST_WAIT), min(asked, LONGEST_RETRY_AFTER))
    models.Source.objects.filter(id=row.id).update(fetched_at=now, next_at=now + wait, failures=failures, error=error)
    return SourceReport(row.id, row.url, row.title, FetchState.FAILED, error=error)
