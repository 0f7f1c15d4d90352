"""Checks the pages of picked stories until their edition is sent. What is found is reported, never acted on.

picks of coming editions ─▶ due checks ─fetch, one at a time per host─▶ compared ─▶ a finding on the edition
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from newsletter.confinement import run_confined
from newsletter.curator.articles import fetch_queue
from newsletter.curator.articles.resources import PAGE_TYPES, Fetcher
from newsletter.curator.editions import edition_lookup, models, page_comparison
from newsletter.curator.editions.editions import get_newsletter_id
from newsletter.curator.editions.picks import edit_pick
from newsletter.curator.editions.states import EditionState, PageCheckState
from newsletter.curator.editions.values import Edition, PageCheck
from newsletter.fetching import FetchError, FetchResponse
from newsletter.kernel.actors import ActionRecord, Actor, Verb, require_right
from newsletter.kernel.errors import BadInput, Conflict, Difference, NewsletterError, NotFound
from newsletter.kernel.sentences import mark, phrase

log = logging.getLogger(__name__)

CHECK_EVERY = timedelta(minutes=20)
AT_A_TIME = 60  # pages
LEAST_SAME = 60  # characters of a correction, by which it is found in a text
UNREACHABLE_AFTER = 3  # tries in a row: a server may hiccup
CHECKED_STATES = (
    EditionState.DRAFT,
    EditionState.LOCKED,
    EditionState.IN_REVIEW,
    EditionState.APPROVED,
    EditionState.HELD,
)
CHECKED_FOR = timedelta(days=2)  # after an edition's date: one that was never sent is forgotten


def check_due_pages(now: datetime, *, fetch: Fetcher, edition_id: int | None = None) -> int:
    """Checks the pages that are due, or (with `edition_id`) all of an edition. Returns how many differ."""
    _create_missing_checks(now)
    checks = models.PageCheck.objects.filter(pick__edition__state__in=CHECKED_STATES, pick__url__startswith="http")
    checks = (
        checks.filter(pick__edition_id=edition_id)
        if edition_id
        else checks.filter(next_at__lte=now, pick__edition__date__gte=(now - CHECKED_FOR).date())
    )
    due = {row.pk: row for row in checks.select_related("pick__article").order_by("next_at", "id")[:AT_A_TIME]}
    asked = [fetch_queue.FetchRequest(row.pk, row.pick.url, row.etag, row.last_modified) for row in due.values()]
    differ = 0
    for check_id, answer in fetch_queue.fetch_all(asked, fetch, accept=PAGE_TYPES):
        try:
            differ += _store_answer(due[check_id], answer, now)
        except Exception:  # a page we cannot read must not stop the others
            log.exception("Checking %s again failed", due[check_id].pick.url)
            models.PageCheck.objects.filter(id=check_id).update(next_at=now + CHECK_EVERY)
    return differ


def _create_missing_checks(now: datetime) -> None:
    """Creates the checks that picks of coming editions lack. Their baseline is the headline as the page was added."""
    missing = models.Pick.objects.filter(
        page_check=None,
        edition__state__in=CHECKED_STATES,
        url__startswith="http",
        edition__date__gte=(now - CHECKED_FOR).date(),
    ).select_related("article")
    models.PageCheck.objects.bulk_create(
        [models.PageCheck(pick=pick, next_at=now, **_build_baseline(pick.article)) for pick in missing],
        ignore_conflicts=True,
    )


def _build_baseline(article: Any) -> dict[str, Any]:
    """What is known of a page since its story was taken from it; nothing of one that came by a feed."""
    if article.origin != "page":
        return {}
    sketch = page_comparison.sketch_text(article.text)
    return {"page_title": article.title, "page_sketch": sketch, "page_paywalled": article.paywalled}


def _store_answer(row: models.PageCheck, answer: FetchResponse | Exception, now: datetime) -> bool:
    """Notes what an answer shows. Returns whether the page is not as it was."""
    fields: dict[str, object] = {"looked_at": now, "next_at": now + CHECK_EVERY, "failures": 0}
    page = page_comparison.PageFacts()
    if isinstance(answer, FetchResponse) and not answer.not_modified:
        try:
            page = run_confined(page_comparison.read_page, answer.body, answer.url, what=answer.url)
        except NewsletterError as error:
            answer = error
    if isinstance(answer, Exception):
        verdict = _judge_error(row, answer, fields)
    elif answer.not_modified:
        verdict = page_comparison.PageVerdict(
            PageCheckState(row.state if row.looked_at else PageCheckState.SAME), row.detail
        )
    else:
        before = (
            page_comparison.PageFacts(row.page_title, "", row.page_address, row.page_sketch, row.page_paywalled)
            if row.page_title or row.page_address
            else None
        )
        if page.correction and page.correction[:LEAST_SAME] in row.pick.article.text:
            page = replace(page, correction="")  # it was there when the story was taken
        verdict = page_comparison.compare(row.pick.url, before, page)
        fields |= {"etag": answer.etag, "last_modified": answer.last_modified}
        if not row.page_address:  # the first check: later ones are compared with it
            fields |= {
                "page_title": row.page_title or page.title,
                "page_address": page.address[:2000],
                "page_sketch": row.page_sketch or page.sketch,
                "page_paywalled": page.paywalled if row.page_paywalled is None else row.page_paywalled,
            }
    if verdict.state != row.state or verdict.detail != row.detail:
        fields["overridden_by"] = ""  # what was overridden was something else
    fields |= {"state": verdict.state, "detail": verdict.detail[:500]}
    models.PageCheck.objects.filter(id=row.pk).update(**fields)
    return verdict.state not in (PageCheckState.SAME, PageCheckState.WAITING)


def _judge_error(row: models.PageCheck, error: Exception, fields: dict[str, object]) -> page_comparison.PageVerdict:
    if isinstance(error, FetchError) and error.status in page_comparison.GONE_STATUSES:
        return page_comparison.PageVerdict(PageCheckState.GONE, f"answered {error.status}")
    failures = row.failures + 1
    fields["failures"] = failures
    detail = str(error) if isinstance(error, NewsletterError) else type(error).__name__
    if failures < UNREACHABLE_AFTER:
        return page_comparison.PageVerdict(PageCheckState(row.state), row.detail)
    return page_comparison.PageVerdict(PageCheckState.UNREACHABLE, detail)


def list_page_checks(edition_id: int) -> dict[str, PageCheck]:
    """What was found at the page of each story of an edition, by the story's key."""
    rows = models.PageCheck.objects.filter(pick__edition_id=edition_id).select_related("pick")
    return {
        row.pick.key: PageCheck(PageCheckState(row.state), row.detail, row.looked_at, row.overridden_by) for row in rows
    }


def override_page_check(edition_id: int, key: str, *, content_hash: str | None, by: Actor, now: datetime) -> None:
    """Records that somebody overrides what was found at a story's page; `content_hash` is of the check as they saw it.

    Raises NotFound, and Conflict when something else was found since.
    """
    require_right(by, Verb.EDIT, newsletter_id=get_newsletter_id(edition_id))
    with transaction.atomic():
        check = _require_check(edition_id, key, content_hash)
        mine = _checks(edition_id).filter(pick__key=key, state=check.state, detail=check.detail)
        if not mine.update(overridden_by=by.name[:300]):
            raise _build_conflict(check, list_page_checks(edition_id).get(key))
        _record(edition_id, key, check, action="let stand", by=by, now=now)


def adopt_headline(
    edition_id: int,
    key: str,
    *,
    content_hash: str | None,
    seen: str | None,
    by: Actor,
    now: datetime,
    keep_approval: bool = False,
) -> Edition:
    """Gives a story the headline that its page has now; `content_hash` is of the check, `seen` the story's headline, as
    the editor saw them.

    Raises NotFound, BadInput when it did not change, and Conflict when something else was found, or when somebody
    edited the headline.
    """
    require_right(by, Verb.EDIT, newsletter_id=get_newsletter_id(edition_id))
    with transaction.atomic():
        check = _require_check(edition_id, key, content_hash)
        if check.state != PageCheckState.CHANGED:
            raise BadInput(phrase("Its page has no other headline."), "headline")
        edit_pick(
            edition_id,
            key,
            seen=None if seen is None else {"headline": seen},
            by=by,
            now=now,
            keep_approval=keep_approval,
            headline=check.detail,
        )
        _checks(edition_id).filter(pick__key=key).update(
            state=PageCheckState.SAME, detail="", page_title=check.detail, overridden_by=by.name[:300]
        )
        _record(edition_id, key, check, action="took headline", by=by, now=now)
    return edition_lookup.get_edition(edition_id)


def _checks(edition_id: int) -> QuerySet[models.PageCheck]:
    return models.PageCheck.objects.filter(pick__edition_id=edition_id)


def _require_check(edition_id: int, key: str, content_hash: str | None) -> PageCheck:
    check = list_page_checks(edition_id).get(key)
    if check is None:
        raise NotFound(phrase("The page of this story has not been checked."))
    if content_hash is not None and content_hash != check.content_hash:
        raise _build_conflict(None, check)
    return check


def _build_conflict(seen: PageCheck | None, present: PageCheck | None) -> Conflict:
    difference = Difference(
        "page", seen.detail if seen else "", present.detail if present else "", label="What was found at its page"
    )
    return Conflict(phrase("Its page was checked again since you looked. Read what was found now."), [difference])


def _record(edition_id: int, key: str, check: PageCheck, *, action: str, by: Actor, now: datetime) -> None:
    found = {f"page:{key}": f"{check.state}: {check.detail}"}
    newsletter_id = get_newsletter_id(edition_id)
    by.record(ActionRecord(action, f"edition {edition_id}", now, newsletter_id, key, before=found))


def list_page_findings(edition: Edition, checks: Mapping[str, PageCheck]) -> Iterable[tuple[str, str, str]]:
    """What of the checks of its pages was not overridden: the story's key, the state, and in words what is wrong."""
    headlines = {pick.key: pick.headline for pick in edition.picks}
    for key, check in checks.items():
        message = _MESSAGES.get(check.state)
        if message and not check.overridden_by and key in headlines and check.looked_at:
            yield (
                key,
                check.state,
                phrase(message, headline=headlines[key], detail=check.detail, at=f"{check.looked_at:%d %b, %H:%M} UTC"),
            )


_MESSAGES = {
    PageCheckState.GONE: mark(
        "“{headline}” is gone from its site ({detail}; checked {at}). Drop it, or link another report."
    ),
    PageCheckState.MOVED: mark(
        "“{headline}” now leads to {detail} (checked {at}). Link that, if it is the same story."
    ),
    PageCheckState.CHANGED: mark("Its site now calls “{headline}”: “{detail}” (checked {at}). Take that, or override."),
    PageCheckState.CORRECTED: mark(
        "Its site has corrected “{headline}”: “{detail}” (checked {at}). See whether your text still holds."
    ),
    PageCheckState.WITHDRAWN: mark(
        "“{headline}” seems to be withdrawn from its site: {detail} (checked {at}). "
        "Look at the page, and drop the story or override."
    ),
    PageCheckState.REWRITTEN: mark(
        "Its site has rewritten “{headline}”: {detail} (checked {at}). See whether your text still holds."
    ),
    PageCheckState.PAYWALLED: mark(
        "“{headline}” is behind a paywall now: {detail} (checked {at}). Link another report, or override."
    ),
    PageCheckState.UNREACHABLE: mark("“{headline}” could not be checked again: {detail} (last tried {at})."),
}
