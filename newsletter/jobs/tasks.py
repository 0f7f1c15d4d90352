"""What background processes and buttons do: each a plain function that composes the packages.

    scheduler:  materialise → draft editions → claim due → (feeds, on their own clock) → sweep
    worker:     freeze → send → finish → transactional mail → events

A step takes `now`, decides by the rows alone and may be run by any number of processes at once:
whatever is claimed is claimed by one conditional UPDATE. Losing every timer loses no mail.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial

from django.db import transaction

from newsletter.accounts import audit_log, permissions, sign_in_limits, sign_in_log, users
from newsletter.catalog import newsletter_settings, newsletters
from newsletter.catalog.states import ApprovalPolicy, LatePolicy, NewsletterState
from newsletter.checks import preflight
from newsletter.curator.articles import page_reading, polling, stories
from newsletter.curator.editions import (
    approval,
    corrections,
    decisions,
    edition_lookup,
    link_checks,
    page_checks,
    suggestions,
    unsaved_texts,
)
from newsletter.curator.editions.states import EditionState
from newsletter.curator.editions.values import Edition, Snapshot
from newsletter.curator.editions.variants import PLAIN, Variant
from newsletter.delivery import installation, isolation
from newsletter.delivery.events import engagement, inbox, suppression_sync, unsubscribed_after_send
from newsletter.delivery.ledger.states import MailingKind
from newsletter.delivery.reports import ledger_sums, summary
from newsletter.delivery.sending import (
    mailings,
    one_off,
    recall_slots,
    reconsider,
    repair,
    stored_waits,
    witnessed_requests,
)
from newsletter.jobs import erasure, heartbeats, hints, put_aside, setup_probe, wiring
from newsletter.jobs.actors import SCHEDULER
from newsletter.kernel import clock
from newsletter.kernel.actors import ActionRecord, Actor, Verb, require_right
from newsletter.kernel.errors import BadInput, Conflict, NewsletterError, Refused
from newsletter.kernel.iteration import do_each
from newsletter.kernel.sentences import phrase
from newsletter.scheduling import lateness, occurrences
from newsletter.scheduling.states import OccurrenceState
from newsletter.scheduling.values import Occurrence
from subscribers import rate_limits, retention, search_index, subscription_counts, transactional
from subscribers.hygiene import MONTH

log = logging.getLogger(__name__)
CLOCK_TOLERANCE = timedelta(minutes=2)  # between the caller's clock and ours
ON_OTHER_DAY = "on_other_day"  # the field that confirms a day of sending other than the edition's


@dataclass(frozen=True, slots=True)
class TickResult:
    """What one tick did, by step; `failed` names the steps that could not finish, with the reason."""

    done: dict[str, int]
    failed: dict[str, str]


def tick(now: datetime, *, with_editions: bool = True) -> TickResult:
    """One tick of the schedule. A step that fails never stops the others; the next tick tries again.

    Without `with_editions`, editions are created elsewhere: suggesting fetches pictures, which may take long.
    """
    steps: tuple[tuple[str, Callable[[datetime], int | None]], ...] = (
        ("planned", occurrences.materialise),
        *((("opened", create_due_editions),) if with_editions else ()),
        ("closed", close_due_editions),
        ("claimed", claim_due),
        ("repaired", _unless_held(repair.repair_silent)),
        ("reconsidered", _unless_held(reconsider.plan_settled)),
        ("left_too_late", unsubscribed_after_send.mark_members),
        ("forgotten", erasure.propagate_erasures),
        ("heartbeats", heartbeats.delete_stale),
        ("hits", rate_limits.delete_old_hits),
        ("seen_events", inbox.delete_expired),
        ("witnessed_requests", witnessed_requests.delete_old_requests),
        ("added_up", lambda now: subscription_counts.compact()),
        ("summed_up", ledger_sums.refresh),
        ("indexed", lambda now: search_index.index_next()),
    )
    done: dict[str, int] = {}
    failed: dict[str, str] = {}
    for name, step in steps:
        try:
            count = step(now)
            if count is not None:
                done[name] = int(count)
        except Exception as error:
            log.exception("The scheduler's step “%s” failed; the next tick tries again", name)
            failed[name] = str(error)
    return TickResult(done, failed)


def _unless_held(step: Callable[[datetime], int | None]) -> Callable[[datetime], int | None]:
    return lambda now: 0 if installation.get_standing(now).held else step(now)


def create_due_editions(now: datetime) -> int:
    """Makes and prefills the edition of every occurrence whose opening time has come.

    Of those that are past, for nothing ran, only the last one of each newsletter gets one: the others are not sent.
    """
    due = occurrences.list_to_open(now)
    last_past = {each.newsletter_id: each.id for each in due if each.instant <= now}
    passed = [each.id for each in due if each.instant <= now and each.id != last_past[each.newsletter_id]]
    left = [each for each in due if each.id not in passed]
    return _run_for_each(
        isolation.OPEN_OCCURRENCE, left, lambda occurrence: _create_edition(occurrence, passed, now), now
    )


def _create_edition(occurrence: Occurrence, passed: Sequence[int], now: datetime) -> bool:
    if occurrences.has_earlier_to_open(occurrence, besides=passed):
        return False  # the editions of a day are made in the order of the day
    there = edition_lookup.list_ids_of_day(occurrence.newsletter_id, occurrence.date)
    edition_id = _find_free_edition(occurrence, there)
    if edition_id is None:
        edition_id = suggestions.create_suggested_edition(
            occurrence.newsletter_id,
            occurrence.date,
            number=len(there) + 1,
            fetch=wiring.build_fetcher(),
            by=SCHEDULER,
            now=now,
        ).id
    return occurrences.record_draft(occurrence.id, edition_id, now)


def _find_free_edition(occurrence: Occurrence, there: Sequence[int]) -> int | None:
    """The edition made by hand for an occurrence: one of its day that is no other occurrence's.

    Where it is the only one of its day, also one that was sent by hand; else that was an extra one.
    """
    of_others = occurrences.list_linked_editions(occurrence)
    free = [edition_lookup.get_edition(edition_id) for edition_id in there if edition_id not in of_others]
    only = not occurrences.has_others_that_day(occurrence)
    return next((edition.id for edition in free if only or not edition.is_out), None)


def request_approval(edition_id: int, *, of: str, note: str, by: Actor, now: datetime) -> Edition:
    """Asks a colleague, by address, or anybody ("") for approval. Raises BadInput for one who may not approve it,
    and for oneself.
    """
    edition = edition_lookup.get_edition(edition_id)
    require_right(by, Verb.EDIT, newsletter_id=edition.newsletter_id)
    asked = of.strip()
    if asked:
        approvers = permissions.list_addresses_with(Verb.APPROVE, edition.newsletter_id)
        found = next((each for each in approvers if each.casefold() == asked.casefold()), None)
        if found is None:
            raise BadInput(f"“{asked[:80]}” may not approve it. These may: {', '.join(approvers) or 'nobody'}.", "of")
        if found.casefold() == by.name.casefold():
            raise BadInput(phrase("You ask yourself. Approve it, or ask a colleague."), "of")
        asked = found
    return approval.request_review(edition_id, asked=asked, note=note, by=by, now=now)


def close_due_editions(now: datetime) -> int:
    """Closes the drafts whose cut-off has come for late stories, which go to the next edition."""
    before = newsletters.list_cut_offs()
    if not before:
        return 0
    due = [
        each
        for each in occurrences.list_due(now, timedelta(minutes=max(before.values())))
        if each.edition_id
        and each.newsletter_id in before
        and now >= each.instant - timedelta(minutes=before[each.newsletter_id])
    ]
    return _run_for_each("Closing occurrence", due, lambda occurrence: _close_edition(occurrence, now), now)


def _close_edition(occurrence: Occurrence, now: datetime) -> bool:
    edition = edition_lookup.get_edition(occurrence.edition_id or 0)
    if edition.state != EditionState.DRAFT or occurrence.instant <= now:
        return False
    approval.lock(edition.id, by=SCHEDULER, now=now)
    return True


def claim_due(now: datetime) -> int:
    """Turns every occurrence that is due, or to be submitted early, into a mailing, or holds it with the reason."""
    due = occurrences.list_due(now, timedelta(minutes=newsletters.find_longest_recall()))
    if due and installation.is_held(now):
        return 0
    return _run_for_each("Sending occurrence", due, lambda occurrence: _settle_occurrence(occurrence, now), now)


def _run_for_each(
    what: str, occurrences: Sequence[Occurrence], step: Callable[[Occurrence], bool], now: datetime
) -> int:
    """Takes the step for every occurrence, so that one newsletter's failure never stops another's."""
    by_id = {each.id: each for each in occurrences}
    return isolation.run_each(what, by_id, lambda id: step(by_id[id]), now)


def _do_all(*acts: Callable[[], int | None]) -> int:
    return do_each(acts, lambda act: act())


def _settle_occurrence(occurrence: Occurrence, now: datetime) -> bool:
    newsletter = newsletters.get_newsletter(occurrence.newsletter_id)
    edition_id = occurrence.edition_id
    if edition_id and summary.find_mailing_of_edition(edition_id):
        return occurrences.claim(occurrence.id, now)  # somebody sent it by hand before its time
    if edition_id and summary.was_cancelled(edition_id):
        why = "Its mailing was cancelled. If it is wanted after all, send it by hand."
        return _stop_occurrence(occurrence, OccurrenceState.HELD, why, now)
    if edition_id and occurrence.instant <= now and (skipped := _find_skip_reason(edition_id)):
        return occurrences.leave_out(occurrence.id, skipped, now)
    snapshot = edition_lookup.find_standing_snapshot(edition_id) if edition_id else None
    decide = partial(
        lateness.decide,
        occurrence.instant,
        now,
        late_after_minutes=newsletter.late_after_minutes,
        edition_exists=edition_id is not None,
        early_minutes=newsletter.recall_minutes,
        skip_when_late=newsletter.when_late == LatePolicy.SKIP,
    )
    blocked = ""
    publishes_itself = newsletter.approvals == ApprovalPolicy.SELF and snapshot is None
    if edition_id and publishes_itself and isinstance(decide(approved=True), lateness.SendDecision):
        snapshot, blocked = _publish_by_itself(edition_id, now)
    decision = decide(approved=snapshot is not None)
    if isinstance(decision, lateness.SkipDecision):
        return _stop_occurrence(occurrence, OccurrenceState.SKIPPED, decision.reason, now)
    if isinstance(decision, lateness.MissDecision):
        return _stop_occurrence(occurrence, OccurrenceState.MISSED, decision.reason, now)
    if isinstance(decision, lateness.HoldDecision):
        reason = f"It could not publish itself: {blocked}" if blocked else decision.reason
        return _stop_occurrence(occurrence, OccurrenceState.HELD, reason, now)
    if isinstance(decision, lateness.WaitDecision) or snapshot is None:
        return False
    try:
        with transaction.atomic():  # claimed and planned together, or neither
            if not occurrences.claim(occurrence.id, now):
                return False
            _create_mailing(snapshot, due_at=occurrence.instant, by=SCHEDULER, now=now, occurrence_id=occurrence.id)
    except NewsletterError as error:
        return _stop_occurrence(occurrence, OccurrenceState.HELD, str(error), now)
    return True


def _stop_occurrence(occurrence: Occurrence, state: OccurrenceState, reason: str, now: datetime) -> bool:
    """Holds, skips or misses an occurrence and its edition, which then says so as well."""
    stop_occurrence, stop_edition = {
        OccurrenceState.HELD: (occurrences.hold, approval.hold),
        OccurrenceState.SKIPPED: (occurrences.leave_out, approval.mark_skipped),
        OccurrenceState.MISSED: (occurrences.miss, approval.mark_missed),
    }[state]
    with transaction.atomic():
        if not stop_occurrence(occurrence.id, reason, now):
            return False
        edition = edition_lookup.get_edition(occurrence.edition_id) if occurrence.edition_id else None
        if edition is not None and not edition.is_out and edition.state != EditionState.SKIPPED:
            stop_edition(edition.id, reason=reason, now=now)
    name = newsletters.get_newsletter(occurrence.newsletter_id).name
    log.warning("%s of %s is %s: %s", name, occurrence.date, state.label.lower(), reason)
    return True


def _find_skip_reason(edition_id: int) -> str:
    """Why an edition was skipped; "" where it was not."""
    edition = edition_lookup.get_edition(edition_id)
    return edition.reason or "Its edition was skipped." if edition.state == EditionState.SKIPPED else ""


def _publish_by_itself(edition_id: int, now: datetime) -> tuple[Snapshot | None, str]:
    """Approves an edition that nothing blocks, in nobody's name; else why not."""
    try:
        return preflight.approve_edition(edition_id, content_hash=None, by=SCHEDULER, now=now), ""
    except NewsletterError as refused:
        return None, str(refused)


def send_edition(
    edition_id: int,
    *,
    at: datetime | None,
    content_hash: str | None,
    by: Actor,
    now: datetime,
    on_other_day: bool = False,
) -> summary.Mailing:
    """Plans the mailing of the approved edition with this content hash for `at` (None: now).

    An occurrence that was held or missed with this edition is settled by it. Raises Refused when it is not approved,
    Conflict when it is not as it was seen, BadInput for a time that is past (a slip of the pen must not send at once),
    and for a day, in the newsletter's zone, other than the edition's, unless `on_other_day` says that this is meant.
    """
    newsletter_id = edition_lookup.get_edition(edition_id).newsletter_id
    require_right(by, Verb.SEND, newsletter_id=newsletter_id)
    if at is not None and at < now - CLOCK_TOLERANCE:
        zone = newsletters.get_newsletter(newsletter_id).zone
        raise BadInput(f"{clock.format_in_zone(at, zone)} is past. Give a time to come, or send it now.", "at")
    with transaction.atomic():
        edition = edition_lookup.get_edition(edition_id)
        if edition.snapshot_id is None:
            raise Refused(
                f"Edition {edition_id} is not approved, so it is not sent. Approve it first.",
                command_hint=f"Use: newsletter editions approve {edition_id}",
            )
        decisions.check_content_hash(edition, content_hash)
        if not on_other_day and (otherwise := _describe_other_day(edition, at or now)):
            raise BadInput(f"{otherwise} Confirm that this is meant.", ON_OTHER_DAY)
        unsaved_texts.require_all_saved(edition)
        held = occurrences.find_held_for_edition(edition_id)
        if held is not None and not occurrences.claim(held.id, now):
            raise Conflict("Somebody else is sending this edition at the same moment.")
        made = _create_mailing(
            edition_lookup.get_snapshot(edition.snapshot_id),
            due_at=max(at or now, now),
            by=by,
            now=now,
            occurrence_id=held.id if held else None,
        )
        by.record(ActionRecord("sent", f"edition {edition_id}", now, edition.newsletter_id, f"mailing {made}"))
    return summary.get_mailing(made)


def _describe_other_day(edition: Edition, sent_at: datetime) -> str:
    """What is odd about sending an edition at an instant that lies on another day than its own; "" where it is its day.

    Days are those of the newsletter's zone.
    """
    day = sent_at.astimezone(clock.get_zone(newsletters.get_newsletter(edition.newsletter_id).zone)).date()
    if day == edition.date:
        return ""
    return f"This is the edition of {_format_day(edition.date)}, and it would go out on {_format_day(day)}."


def _format_day(day: date) -> str:
    return f"{day:%a} {day.day} {day:%b %Y}"


def _create_mailing(
    snapshot: Snapshot,
    *,
    due_at: datetime,
    by: Actor,
    now: datetime,
    occurrence_id: int | None = None,
    kind: MailingKind = MailingKind.EDITION,
) -> int:
    hints.hint_mailings()
    edition = edition_lookup.get_edition(snapshot.edition_id)
    newsletter = newsletters.get_newsletter(edition.newsletter_id)
    if newsletter.state != NewsletterState.LIVE:
        raise Refused(f"{newsletter.name} is {newsletter.state}, so nothing is sent. Set it live first.")
    return mailings.create_mailing(
        snapshot_id=snapshot.id,
        edition_id=edition.id,
        newsletter_id=newsletter.id,
        list_id=newsletter.list_id,
        kind=kind,
        due_at=due_at,
        provider=wiring.get_provider_name(),
        by=by,
        now=now,
        occurrence_id=occurrence_id,
        recall_minutes=newsletter.recall_minutes if kind is MailingKind.EDITION else 0,
    )


def send_correction(edition_id: int, *, content_hash: str | None, by: Actor, now: datetime) -> summary.Mailing:
    """Mails the corrections of the edition with this content hash, at once, to those who were sent it.

    Raises Refused when there is nothing to correct, or this was mailed already, and Conflict when it is not as it was
    seen.
    """
    edition = edition_lookup.get_edition(edition_id)
    require_right(by, Verb.SEND, newsletter_id=edition.newsletter_id)
    with transaction.atomic():
        decisions.require_content_hash(edition_id, content_hash)
        snapshot = corrections.freeze_correction(edition_id, by=by, now=now)
        made = _create_mailing(snapshot, due_at=now, by=by, now=now, kind=MailingKind.CORRECTION)
        by.record(
            ActionRecord("mailed correction", f"edition {edition_id}", now, edition.newsletter_id, f"mailing {made}")
        )
    return summary.get_mailing(made)


def send_test(
    edition_id: int,
    addresses: Sequence[str],
    *,
    variant: Variant = PLAIN,
    content_hash: str | None,
    by: Actor,
    now: datetime,
) -> tuple[one_off.TestResult, ...]:
    """Sends the edition with this content hash, or one variant of it, with [TEST] in the subject, to these addresses.

    Raises Conflict when it is not as it was seen.
    """
    edition = edition_lookup.get_edition(edition_id)
    require_right(by, Verb.EDIT, newsletter_id=edition.newsletter_id)
    decisions.check_content_hash(edition, content_hash)
    rendered = approval.preview_edition(edition, variant)

    def record() -> None:
        newsletter_settings.remember_test_addresses(edition.newsletter_id, addresses)
        detail = f"{len(addresses)} addresses"
        by.record(ActionRecord("sent test", f"edition {edition_id}", now, edition.newsletter_id, detail))

    sent = one_off.send_test_mails(
        rendered=rendered,
        newsletter=newsletters.get_newsletter(edition.newsletter_id),
        addresses=tuple(addresses),
        provider=wiring.get_provider(),
        sender=by.name,
        record=record,
        now=now,
    )
    # Where this is missing behind “sent test”, the process ended meanwhile, and nobody knows who got it.
    detail = ", ".join(f"{n} {answer}" for answer, n in sorted(Counter(each.answer for each in sent).items()))
    by.record(ActionRecord("test answered", f"edition {edition_id}", now, edition.newsletter_id, detail))
    return sent


def try_again_now(now: datetime) -> int:
    """Lets be tried again now what waits for its next try, for the clock was put back. Returns how much that is."""
    return stored_waits.end_waits(now) + transactional.hasten_tried(now)


def sync_provider(now: datetime) -> int:
    """Takes over what the provider suppressed, once a day, and gives back what a recall took of it.

    Returns the number of subscribers affected.
    """
    provider = wiring.get_provider()

    def free_slots() -> None:
        recall_slots.free_slots(now, provider)

    def sync() -> int:
        pulled = suppression_sync.sync_suppressions(now, provider)
        return pulled.ours if pulled else 0

    return _do_all(lambda: setup_probe.probe_setup(now) and 0, free_slots, sync)


def roll_up_engagement(now: datetime) -> int:
    """Passes opens and clicks on to subscribers and curator, once an hour. Returns subscribers with news.

    With it, what subscribers do to stay clean: old files, tries and unconfirmed people go, suppressions end. And
    what the audit log has kept for long enough goes, as do expired sessions, old failures to sign in, and databases put
    aside.
    """
    kept = wiring.get_config()
    owner = heartbeats.get_process_name(heartbeats.ProcessKind.SCHEDULER)
    return _do_all(
        lambda: retention.apply_retention(now),
        lambda: users.delete_expired_sessions(now),
        lambda: put_aside.delete_old(now) and 0,
        lambda: sign_in_limits.forget_old_failures(now),
        lambda: sign_in_log.delete_old_entries(now - timedelta(days=kept.sign_in_days)),
        lambda: audit_log.delete_before(now - kept.audit_months * MONTH) if kept.audit_months else 0,
        lambda: audit_log.redact_before(now - audit_log.PERSONAL_RETENTION, now=now),
        lambda: engagement.roll_up(now, owner=owner),
    )


def sync_suppressions_now(*, by: Actor, now: datetime) -> suppression_sync.SyncResult:
    """The same at once, by hand. Raises NotAllowed, Refused where the provider has no such lists, ProviderError."""
    require_right(by, Verb.SUBSCRIBERS)
    pulled = suppression_sync.sync_suppressions(now, wiring.get_provider(), at_once=True)
    if pulled is None:
        raise Refused(
            f"{wiring.get_provider_name()} keeps no lists of suppressed addresses, or they are being read now."
        )
    detail = f"{pulled.entries} entries, {pulled.ours} subscribers"
    by.record(ActionRecord("synced suppressions", wiring.get_provider_name(), now, detail=detail))
    return pulled


def check_pages_and_links(now: datetime) -> int:
    """Checks again the pages of picked stories whose edition is not sent yet, and where the editors' own links lead.

    Returns how many are not as they were, or lead nowhere.
    """
    fetch = wiring.build_fetcher()
    return _do_all(
        lambda: page_checks.check_due_pages(now, fetch=fetch), lambda: link_checks.check_due_links(now, fetch=fetch)
    )


def check_pages_and_links_of_edition(edition_id: int, *, by: Actor, now: datetime) -> int:
    """The same at once, for all of one edition. Raises NotFound."""
    fetch = wiring.build_fetcher()
    edition = edition_lookup.get_edition(edition_id)
    require_right(by, Verb.EDIT, newsletter_id=edition.newsletter_id)
    differ = page_checks.check_due_pages(now, fetch=fetch, edition_id=edition_id)
    differ += link_checks.check_due_links(now, fetch=fetch, edition_id=edition_id)
    by.record(ActionRecord("looked again", f"edition {edition_id}", now, edition.newsletter_id))
    return differ


def group_stories(now: datetime) -> int:
    """Gives articles that came one by one (pasted, clipped, pushed) their story. Returns how many got one."""
    return stories.group_new(now)


def read_story_pages(now: datetime) -> int:
    """Reads the pages of articles that came by feeds, once each. Returns how many articles know more."""
    return page_reading.read_new_pages(now, fetch=wiring.build_fetcher())


def fetch_due_feeds(now: datetime) -> int:
    """Reads the feeds whose time has come; a broken one never stops the others. Returns the new articles."""
    return sum(report.added for report in polling.fetch_sources(now=now, fetch=wiring.build_fetcher()))
