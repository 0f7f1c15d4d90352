"""Looking again at the pages of picked stories until their edition is sent. What is found is told, never acted on.

picks of editions to come ─▶ due looks ─fetch, a server's one after another─▶ compared ─▶ a finding on the edition
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta

from newsletter.curator.articles import fetch_queue
from newsletter.curator.articles.resources import PAGE_TYPES, Fetcher
from newsletter.curator.editions import models, page_comparison
from newsletter.curator.editions.picks import edit_pick
from newsletter.curator.editions.states import EditionState, PageCheckState
from newsletter.curator.editions.values import Edition, PageCheck
from newsletter.fetching import FetchError, FetchResponse
from newsletter.kernel.errors import BadInput, NewsletterError, NotFound

log = logging.getLogger(__name__)

CHECK_EVERY = timedelta(minutes=20)
AT_A_TIME = 60  # pages
UNREACHABLE_AFTER = 3  # tries in a row: a server may hiccup
CHECKED_STATES = (
    EditionState.DRAFT,
    EditionState.LOCKED,
    EditionState.IN_REVIEW,
    EditionState.APPROVED,
    EditionState.HELD,
)
CHECKED_FOR = timedelta(days=2)  # after an edition's date: one that never went out is nobody's any more


def check_due_pages(now: datetime, *, fetch: Fetcher, edition_id: int | None = None) -> int:
    """Looks at the pages whose time has come, or (with `edition_id`) at all of an edition's. Returns how many differ."""
    _create_missing_checks(now)
    looks = models.PageCheck.objects.filter(pick__edition__state__in=CHECKED_STATES, pick__url__startswith="http")
    looks = (
        looks.filter(pick__edition_id=edition_id)
        if edition_id
        else looks.filter(next_at__lte=now, pick__edition__date__gte=(now - CHECKED_FOR).date())
    )
    due = {row.pk: row for row in looks.select_related("pick__article").order_by("next_at", "id")[:AT_A_TIME]}
    asked = [fetch_queue.FetchRequest(row.pk, row.pick.url, row.etag, row.last_modified) for row in due.values()]
    differ = 0
    for look_id, answer in fetch_queue.fetch_all(asked, fetch, accept=PAGE_TYPES):
        try:
            differ += _store_answer(due[look_id], answer, now)
        except Exception:  # a page we cannot read must not stop the others
            log.exception("Looking again at %s failed", due[look_id].pick.url)
            models.PageCheck.objects.filter(id=look_id).update(next_at=now + CHECK_EVERY)
    return differ


def _create_missing_checks(now: datetime) -> None:
    """Gives every pick of an edition to come its look. Its first baseline is the page's headline as it was taken in."""
    missing = models.Pick.objects.filter(
        page_check=None,
        edition__state__in=CHECKED_STATES,
        url__startswith="http",
        edition__date__gte=(now - CHECKED_FOR).date(),
    ).select_related("article")
    models.PageCheck.objects.bulk_create(
        [
            models.PageCheck(
                pick=pick, next_at=now, page_title=pick.article.title if pick.article.origin == "page" else ""
            )
            for pick in missing
        ],
        ignore_conflicts=True,
    )


def _store_answer(row: models.PageCheck, answer: FetchResponse | Exception, now: datetime) -> bool:
    """Notes what an answer shows. Returns whether the page is not as it was."""
    fields: dict[str, object] = {"looked_at": now, "next_at": now + CHECK_EVERY, "failures": 0}
    if isinstance(answer, Exception):
        verdict = _judge_error(row, answer, fields)
    elif answer.not_modified:
        verdict = page_comparison.PageVerdict(
            PageCheckState(row.state if row.looked_at else PageCheckState.SAME), row.detail
        )
    else:
        page = page_comparison.read_page(answer.body, answer.url)
        before = (
            page_comparison.PageFacts(row.page_title, "", row.page_address)
            if row.page_title or row.page_address
            else None
        )
        verdict = page_comparison.compare(row.pick.url, before, page)
        fields |= {"etag": answer.etag, "last_modified": answer.last_modified}
        if not row.page_address:  # the first look: what it shows is what later ones are held against
            fields |= {"page_title": row.page_title or page.title, "page_address": page.address[:2000]}
    if verdict.state != row.state or verdict.detail != row.detail:
        fields["overridden_by"] = ""  # what somebody let stand was something else
    fields |= {"state": verdict.state, "detail": verdict.detail[:500]}
    models.PageCheck.objects.filter(id=row.pk).update(**fields)
    return verdict.state not in (PageCheckState.SAME, PageCheckState.WAITING)


def _judge_error(row: models.PageCheck, error: Exception, fields: dict[str, object]) -> page_comparison.PageVerdict:
    if isinstance(error, FetchError) and error.status in page_comparison.GONE_STATUSES:
        return page_comparison.PageVerdict(PageCheckState.GONE, f"answered {error.status}")
    failures = row.failures + 1
    fields["failures"] = failures
    said = str(error) if isinstance(error, NewsletterError) else type(error).__name__
    if failures < UNREACHABLE_AFTER:
        return page_comparison.PageVerdict(PageCheckState(row.state), row.detail)
    return page_comparison.PageVerdict(PageCheckState.UNREACHABLE, said)


def list_page_checks(edition_id: int) -> dict[str, PageCheck]:
    """What was found at the page of each story of an edition, by the story's key."""
    rows = models.PageCheck.objects.filter(pick__edition_id=edition_id).select_related("pick")
    return {
        row.pick.key: PageCheck(PageCheckState(row.state), row.detail, row.looked_at, row.overridden_by) for row in rows
    }


def override_page_check(edition_id: int, key: str, *, by: str) -> None:
    """Notes that somebody looked at what was found and lets the story stand. Raises NotFound."""
    mine = models.PageCheck.objects.filter(pick__edition_id=edition_id, pick__key=key)
    if not mine.update(overridden_by=by[:300]):
        raise NotFound("This story has not been looked at.")


def adopt_headline(edition_id: int, key: str, *, by: str, now: datetime) -> Edition:
    """Gives a story the headline that its page has now. Raises BadInput when it did not change."""
    look = list_page_checks(edition_id).get(key)
    if look is None or look.state != PageCheckState.CHANGED:
        raise BadInput("Its page has no other headline.", "headline")
    edition = edit_pick(edition_id, key, now=now, headline=look.detail)
    models.PageCheck.objects.filter(pick__edition_id=edition_id, pick__key=key).update(
        state=PageCheckState.SAME, detail="", page_title=look.detail, overridden_by=by[:300]
    )
    return edition


def list_page_findings(edition: Edition) -> Iterable[tuple[str, str, str]]:
    """What was found at its pages and nobody let stand: the story's key, the state, and in words what is wrong."""
    headlines = {pick.key: pick.headline for pick in edition.picks}
    for key, look in list_page_checks(edition.id).items():
        said = _MESSAGES.get(look.state)
        if said and not look.overridden_by and key in headlines and look.looked_at:
            yield (
                key,
                look.state,
                said.format(headline=headlines[key], detail=look.detail, at=f"{look.looked_at:%d %b, %H:%M} UTC"),
            )


_MESSAGES = {
    PageCheckState.GONE: "“{headline}” is gone from its site ({detail}; looked at {at}). Drop it, or link another report.",
    PageCheckState.MOVED: "“{headline}” now leads to {detail} (looked at {at}). Link that, if it is the same story.",
    PageCheckState.CHANGED: "Its site now calls “{headline}”: “{detail}” (looked at {at}). Take that, or let yours stand.",
    PageCheckState.CORRECTED: "Its site has corrected “{headline}”: “{detail}” (looked at {at}). See whether your words still hold.",
    PageCheckState.UNREACHABLE: "“{headline}” could not be looked at again: {detail} (last tried {at}).",
}
