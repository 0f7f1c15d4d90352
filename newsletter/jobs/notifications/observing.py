"""Looking at the rows of all packages for what is to be told: things that happened, and conditions that stand.

transitions, occurrences, mailings, audit log ─▶ candidates ─(those not told yet)▶ facts
batches, feeds, heartbeats, disks, sign-ups   ─▶ sightings
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any, TypeVar

from newsletter.accounts import audit_log
from newsletter.accounts.audit_log import AuditFilter
from newsletter.catalog import newsletters
from newsletter.catalog.states import ApprovalPolicy, NewsletterState
from newsletter.catalog.values import Newsletter
from newsletter.curator.articles import article_lookup
from newsletter.curator.editions import approval, decisions, edition_lookup, transitions
from newsletter.curator.editions.states import OUT_STATES, EditionState
from newsletter.curator.editions.values import Edition, EditionTransition
from newsletter.delivery import isolation
from newsletter.delivery.events import inbox
from newsletter.delivery.ledger.states import MailingKind, MailingState, Outcome
from newsletter.delivery.reports import summary
from newsletter.delivery.sending import bounce_rate
from newsletter.jobs import heartbeats, readiness, wiring
from newsletter.jobs.notification_kinds import NotificationKind
from newsletter.jobs.notifications.facts import Fact, Sighting, Values, hide_addresses, is_reminder_due
from newsletter.scheduling import lateness, occurrences
from newsletter.scheduling.states import OccurrenceState
from newsletter.scheduling.values import Occurrence
from subscribers.consent import signup_attempts
from subscribers.states import SignupVerdict

log = logging.getLogger(__name__)

T = TypeVar("T")

LOOK_BACK = timedelta(days=1)  # what happened earlier is told no more, should nobody have looked for so long
OPENED_BEFORE = timedelta(minutes=2)  # its time a draft is there, if the scheduler makes one at all
NUMBERS_AFTER = timedelta(hours=1)  # the end of a mailing
UNREPORTED_AFTER = timedelta(minutes=30)
FEED_DEAD_AFTER = timedelta(days=3)  # without a reading that succeeded
LEAST_FREE_BYTES = 500 * 2**20
REFUSED_WITHIN = timedelta(hours=1)
ATTACK_WITHIN = timedelta(minutes=15)
ATTACK_ATTEMPTS = 10  # above a limit, within that time: a few may be people behind one network
_ABOVE_LIMIT = (SignupVerdict.CHALLENGED, SignupVerdict.WAITING, SignupVerdict.TOO_OFTEN)
_SETTLED = frozenset({EditionState.APPROVED, EditionState.SKIPPED, *OUT_STATES})  # nobody need approve these
_TOLD_OTHERWISE = frozenset({"disk", "scheduler", "worker", "stopped"})  # by conditions of their own


@dataclass(frozen=True, slots=True)
class Candidate:
    """Something that may have to be told; `build` gives the fact, or None where it is to be told no more."""

    kind: NotificationKind
    subject: str
    build: Callable[[], Fact | None]


@dataclass(frozen=True, slots=True)
class Look:
    """One look at conditions: what stands, and which conditions (by how their keys begin) it would have seen."""

    sightings: tuple[Sighting, ...]
    judged: str


def look_at_what_happened(now: datetime) -> Iterator[Candidate]:
    """What happened within a day, told already or not. A look that fails stops no other."""
    since = now - LOOK_BACK
    looks: Mapping[str, Callable[[], Iterator[Candidate]]] = {
        "changes of editions": partial(_list_transitions, since),
        "planned dates": partial(_list_occurrences, since, now),
        "missing approvals": partial(_list_reminders, now),
        "skipped dates": partial(_list_skipped_dates, since),
        "pauses": partial(_list_pauses, since),
        "finished mailings": partial(_list_finished, now),
        "mailings without events": partial(_list_unreported, now),
    }
    for name, look in looks.items():
        yield from _look(name, look) or ()


def look_at_conditions(now: datetime) -> Iterator[Look]:
    """What stands now, one look after the other; a look that fails judges nothing, and stops no other."""
    host = heartbeats.get_host_name()
    looks: Mapping[str, Callable[[], Iterator[Sighting]]] = {
        "mailing-stopped:": partial(_see_stopped_mailings, now),
        "unknown:": partial(_see_unknown, now),
        "bounces:": partial(_see_bounces, now),
        "gone:": partial(_see_gone_processes, now),
        f"disk:{host}:": partial(_see_full_disks, host),
        "not-leaving:": partial(_see_overdue, now),
        "posts-refused": partial(_see_refused_posts, now),
        "feed:": partial(_see_dead_feeds, now),
        "signups": partial(_see_attack, now),
    }
    for judged, look in looks.items():
        sightings = _look(judged, look)
        if sightings is not None:
            yield Look(sightings, judged)


def _look(name: str, look: Callable[[], Iterator[T]]) -> tuple[T, ...] | None:
    """All of one look; None, and a line in the log, where it fails."""
    try:
        return tuple(look())
    except Exception:
        log.exception("Whether there is something to tell of “%s” cannot be seen; it is looked at again", name)
        return None


# What happened


def _list_transitions(since: datetime) -> Iterator[Candidate]:
    kinds = {
        EditionState.IN_REVIEW: (NotificationKind.APPROVAL_REQUESTED, _build_request),
        EditionState.APPROVED: (NotificationKind.APPROVED, _build_approved),
        EditionState.SKIPPED: (NotificationKind.SKIPPED, _build_skipped),
    }
    recent = transitions.list_recent_transitions(since, kinds)
    # What was decided again meanwhile is told once, as it is now: by the last that says the same of it.
    latest = {(each.edition_id, each.after, each.asked): each for each in recent}
    for each in latest.values():
        kind, build = kinds[each.after]
        yield Candidate(kind, f"transition {each.id}", partial(build, each))


def _build_request(transition: EditionTransition) -> Fact | None:
    edition = edition_lookup.get_edition(transition.edition_id)
    if edition.state != EditionState.IN_REVIEW:
        return None
    second = transition.by if transition.why == approval.FIRST_OF_TWO else ""
    return Fact(
        NotificationKind.APPROVAL_REQUESTED,
        f"transition {transition.id}",
        edition.newsletter_id,
        transition.at,
        {
            **_describe_edition(edition),
            "who": transition.by,
            "why": "" if second else transition.why,
            "first_approval_of": second,
            "content_hash": decisions.find_content_hash(edition),
            "due_at": _find_due_time(edition, transition.at),
        },
        only_user=transition.asked,
        actor=transition.by,
    )


def _build_approved(transition: EditionTransition) -> Fact | None:
    edition = edition_lookup.get_edition(transition.edition_id)
    if edition.snapshot_id is None:
        return None  # withdrawn, or void by an edit
    values = {
        **_describe_edition(edition),
        "who": transition.by,
        "why": transition.why,
        "due_at": _find_due_time(edition, transition.at),
    }
    subject = f"transition {transition.id}"
    return Fact(NotificationKind.APPROVED, subject, edition.newsletter_id, transition.at, values, actor=transition.by)


def _build_skipped(transition: EditionTransition) -> Fact | None:
    edition = edition_lookup.get_edition(transition.edition_id)
    if edition.state != EditionState.SKIPPED or not transition.by:
        return None  # what the programs skip is told by its date
    values = {**_describe_edition(edition), "reason": transition.why}
    subject = f"transition {transition.id}"
    return Fact(NotificationKind.SKIPPED, subject, edition.newsletter_id, transition.at, values, actor=transition.by)


def _list_occurrences(since: datetime, now: datetime) -> Iterator[Candidate]:
    """Of a newsletter's dates that were decided at one instant, for nothing ran meanwhile, the last is told for all."""
    kinds = {
        OccurrenceState.DRAFT: NotificationKind.DRAFT_READY,
        OccurrenceState.HELD: NotificationKind.HELD,
        OccurrenceState.MISSED: NotificationKind.MISSED,
        OccurrenceState.SKIPPED: NotificationKind.SKIPPED,
    }
    together: dict[Any, list[Occurrence]] = {}
    for each in occurrences.list_changed(since, now):  # in order
        kind = kinds[each.state]
        if kind is NotificationKind.DRAFT_READY:
            if each.instant > now:
                yield Candidate(kind, _name_draft(each), partial(_build_occurrence, kind, each, 0, now))
        elif kind is not NotificationKind.SKIPPED or not _list_skips(f"schedule {each.schedule_id}", each.date):
            together.setdefault((each.newsletter_id, kind, each.changed_at), []).append(each)
    for (_newsletter_id, kind, _at), (*earlier, last) in together.items():
        yield Candidate(kind, f"occurrence {last.id}", partial(_build_occurrence, kind, last, len(earlier), now))


def _name_draft(occurrence: Occurrence) -> str:
    """The subject of “draft ready”: of its edition, which outlives the dates of a schedule that is changed."""
    return f"draft {occurrence.edition_id}"


def _list_skips(schedule: str, day: date) -> list[audit_log.RecordedEntry]:
    """When somebody skipped a date of a schedule: that is told at once, and not again when it comes."""
    found = audit_log.iterate_entries(AuditFilter(action="skipped date", target=schedule))
    return [each for each in found if each.detail.startswith(day.isoformat())]


def _list_skipped_dates(since: datetime) -> Iterator[Candidate]:
    """Dates that somebody skipped: of those that lie far ahead the audit log alone has something yet."""
    for entry in audit_log.iterate_entries(AuditFilter(action="skipped date", since=since)):
        yield Candidate(NotificationKind.SKIPPED, f"entry {entry.id}", partial(_build_skipped_date, entry))


def _build_skipped_date(entry: audit_log.RecordedEntry) -> Fact | None:
    undone = AuditFilter(action="took date in again", target=entry.target, since=entry.at)
    day = date.fromisoformat(entry.detail[:10])
    later = [each for each in audit_log.iterate_entries(undone) if each.detail.startswith(entry.detail[:10])]
    if entry.newsletter_id is None or any(each.id > entry.id for each in later):
        return None
    if any(each.id > entry.id and each.detail == entry.detail for each in _list_skips(entry.target, day)):
        return None  # skipped again for another reason, which is told
    around = datetime.combine(day, datetime.min.time(), tzinfo=UTC)
    near = occurrences.list_occurrences(around - timedelta(days=1), around + timedelta(days=2), [entry.newsletter_id])
    skipped = [
        each
        for each in near
        if f"schedule {each.schedule_id}" == entry.target
        and (each.date, each.state) == (day, OccurrenceState.SKIPPED)
        and each.changed_at == entry.at
    ]
    only = skipped[0] if len(skipped) == 1 else None
    edition_id = only.edition_id if only else None
    edition = edition_lookup.get_edition(edition_id) if edition_id else None
    values = {
        **(_describe_edition(edition) if edition else _describe_newsletter(entry.newsletter_id)),
        "day": day.isoformat(),
        "due_at": only.instant.isoformat() if only else "",
        "reason": f"{entry.after.get('reason', '')} ({entry.actor})",
    }
    subject = f"entry {entry.id}"
    return Fact(NotificationKind.SKIPPED, subject, entry.newsletter_id, entry.at, values, actor=entry.actor)


def _build_occurrence(kind: NotificationKind, occurrence: Occurrence, earlier: int, now: datetime) -> Fact | None:
    edition = edition_lookup.get_edition(occurrence.edition_id) if occurrence.edition_id else None
    by_lateness = kind is NotificationKind.SKIPPED and lateness.is_skip_by_lateness(occurrence.reason)
    if edition is not None and edition.state == EditionState.SKIPPED and not by_lateness:
        return None  # somebody skipped it, and that was told
    values = {
        **(_describe_edition(edition) if edition else _describe_newsletter(occurrence.newsletter_id)),
        "day": occurrence.date.isoformat(),
        "due_at": occurrence.instant.isoformat(),
        "reason": occurrence.reason,
        "earlier": earlier,
        "stories": len(edition.picks) if edition else 0,
    }
    subject = _name_draft(occurrence) if kind is NotificationKind.DRAFT_READY else f"occurrence {occurrence.id}"
    # Nobody decided it: that it was not sent is told as what is held is.
    like = NotificationKind.HELD if by_lateness else None
    return Fact(kind, subject, occurrence.newsletter_id, occurrence.changed_at or now, values, like=like)


def _list_reminders(now: datetime) -> Iterator[Candidate]:
    by_id = {each.id: each for each in newsletters.list_newsletters()}
    longest = max((each.remind_minutes for each in by_id.values()), default=0)
    failing = isolation.list_failing(isolation.OPEN_OCCURRENCE)
    for each in occurrences.list_due(now, timedelta(minutes=longest)) if longest else ():
        if each.id not in failing and _is_being_opened(each, now):
            continue
        newsletter = by_id[each.newsletter_id]
        publishes_itself = newsletter.approvals == ApprovalPolicy.SELF or newsletter.state != NewsletterState.LIVE
        if is_reminder_due(each.instant, now, minutes=newsletter.remind_minutes, is_ready=publishes_itself):
            build = partial(_build_reminder, each, now)
            yield Candidate(NotificationKind.NOT_APPROVED, _name_reminder(each), build)


def _is_being_opened(occurrence: Occurrence, now: datetime) -> bool:
    """Whether the scheduler is about to open an edition for it: to say that there is none would be untrue at once."""
    left, known_for = occurrence.instant - now, now - (occurrence.changed_at or occurrence.opens_at)
    too_long = left <= OPENED_BEFORE and known_for > OPENED_BEFORE
    return occurrence.state == OccurrenceState.PLANNED and occurrence.opens_at <= now and not too_long


def _name_reminder(occurrence: Occurrence) -> str:
    """Who was told that there is no edition is told once more when there is one to approve."""
    return f"occurrence {occurrence.id}" + ("" if occurrence.edition_id else " without edition")


def _build_reminder(occurrence: Occurrence, now: datetime) -> Fact | None:
    edition = edition_lookup.get_edition(occurrence.edition_id) if occurrence.edition_id else None
    if edition is not None and (edition.state in _SETTLED or edition.snapshot_id is not None):
        return None
    values = {
        **(_describe_edition(edition) if edition else _describe_newsletter(occurrence.newsletter_id)),
        "day": occurrence.date.isoformat(),
        "due_at": occurrence.instant.isoformat(),
        "minutes_left": max(1, round((occurrence.instant - now).total_seconds() / 60)),
        "content_hash": decisions.find_content_hash(edition) if edition else "",
    }
    subject = _name_reminder(occurrence)
    return Fact(NotificationKind.NOT_APPROVED, subject, occurrence.newsletter_id, now, values)


def _list_pauses(since: datetime) -> Iterator[Candidate]:
    """Schedules and newsletters that somebody paused: who did is in the audit log alone."""
    for action in ("paused schedule", "changed newsletter"):
        for entry in audit_log.list_entries(AuditFilter(action=action, since=since)):
            if action == "paused schedule" or entry.after.get("state") == NewsletterState.PAUSED:
                yield Candidate(NotificationKind.PAUSED, f"entry {entry.id}", partial(_build_pause, entry))


def _build_pause(entry: audit_log.RecordedEntry) -> Fact | None:
    if entry.newsletter_id is None:
        return None
    what = "schedule" if entry.action == "paused schedule" else "newsletter"
    values = {**_describe_newsletter(entry.newsletter_id), "what": what, "who": entry.actor}
    subject = f"entry {entry.id}"
    return Fact(NotificationKind.PAUSED, subject, entry.newsletter_id, entry.at, values, actor=entry.actor)


def _list_finished(now: datetime) -> Iterator[Candidate]:
    for mailing_id in summary.list_finished(now - LOOK_BACK - NUMBERS_AFTER, now - NUMBERS_AFTER):
        yield Candidate(NotificationKind.SENT, f"mailing {mailing_id}", partial(_build_numbers, mailing_id))


def _list_unreported(now: datetime) -> Iterator[Candidate]:
    for mailing_id in summary.list_unreported(now, after=UNREPORTED_AFTER):
        build = partial(_build_unreported, mailing_id, now)
        yield Candidate(NotificationKind.NO_EVENTS, f"mailing {mailing_id}", build)


def _build_numbers(mailing_id: int) -> Fact | None:
    mailing = summary.get_mailing(mailing_id)
    if mailing.kind is MailingKind.TEST or mailing.finished_at is None:
        return None
    numbers = {
        "planned": mailing.planned,
        "accepted": mailing.accepted_total,
        "delivered": mailing.counts.get(Outcome.DELIVERED.key, 0),
        "bounced": sum(mailing.counts.get(each.key, 0) for each in (Outcome.BOUNCED, Outcome.BLOCKED)),
        "refused": mailing.counts.get(Outcome.REFUSED.key, 0),
        "unknown": mailing.counts.get(Outcome.UNKNOWN.key, 0),
        "excluded": mailing.excluded_total,
        "opened": mailing.engagement.get("opened", 0),
        "clicked": mailing.engagement.get("clicked", 0),
    }
    values = {
        **_describe_mailing(mailing.id, mailing.edition_id),
        "correction": mailing.kind is MailingKind.CORRECTION,
        "began_at": (mailing.started_at or mailing.due_at).isoformat(),
        "ended_at": mailing.finished_at.isoformat(),
        "numbers": numbers,
    }
    return Fact(NotificationKind.SENT, f"mailing {mailing.id}", mailing.newsletter_id, mailing.finished_at, values)


def _build_unreported(mailing_id: int, now: datetime) -> Fact:
    mailing = summary.get_mailing(mailing_id)
    values = {
        **_describe_mailing(mailing_id, mailing.edition_id),
        "minutes": int(UNREPORTED_AFTER.total_seconds() // 60),
    }
    return Fact(NotificationKind.NO_EVENTS, f"mailing {mailing_id}", None, now, values)


# What stands


def _see_stopped_mailings(now: datetime) -> Iterator[Sighting]:
    for each in summary.list_stopped(since=now - LOOK_BACK):
        if each.state != MailingState.RECALLING:
            values = {
                **_describe_mailing(each.id, each.edition_id),
                "what": "mailing",
                "state": each.state,
                "reason": hide_addresses(each.reason) if not each.by_hand else each.reason,
            }
            yield Sighting(NotificationKind.PAUSED, f"mailing-stopped:{each.id}", each.newsletter_id, values)


def _see_unknown(now: datetime) -> Iterator[Sighting]:
    for each in summary.list_unknown_counts(now - LOOK_BACK):
        values = {**_describe_mailing(each.mailing_id, each.edition_id), "count": each.count}
        key = f"unknown:{each.mailing_id}"
        yield Sighting(NotificationKind.UNKNOWN_OUTCOMES, key, each.newsletter_id, values)


def _see_bounces(now: datetime) -> Iterator[Sighting]:
    for each in bounce_rate.list_spikes(now - LOOK_BACK):
        values = {
            **_describe_mailing(each.mailing_id, each.edition_id),
            "turned_away": each.turned_away,
            "accepted": each.accepted,
        }
        yield Sighting(NotificationKind.BOUNCE_SPIKE, f"bounces:{each.mailing_id}", each.newsletter_id, values)


def _see_gone_processes(now: datetime) -> Iterator[Sighting]:
    """Kinds of processes of which none is alive. Of the web only where there was one: it may be elsewhere."""
    for kind in (*heartbeats.BACKGROUND, heartbeats.ProcessKind.WEB):
        known = heartbeats.list_processes(kind)
        if any(each.is_fresh(now) for each in known) or (kind not in heartbeats.BACKGROUND and not known):
            continue
        last = known[0].last_seen_at.isoformat() if known else ""
        name = kind.name.lower()
        yield _sight(NotificationKind.PROCESS_GONE, f"gone:{name}", process=name, last_seen_at=last)


def _see_full_disks(host: str) -> Iterator[Sighting]:
    """The fuller of the disks that this machine writes to."""
    config = wiring.get_config()
    free, folder = min((readiness.measure_free_bytes(each), each) for each in (config.data_dir, config.state_dir))
    if free < LEAST_FREE_BYTES:
        megabytes = free // 2**20
        yield _sight(NotificationKind.DISK, f"disk:{host}:", host=host, folder=str(folder), free_mb=megabytes)


def _see_overdue(now: datetime) -> Iterator[Sighting]:
    for name, problem in readiness.list_problems(now).items():
        if name not in _TOLD_OTHERWISE:
            yield _sight(NotificationKind.NOT_LEAVING, f"not-leaving:{name}", problem=problem)


def _see_refused_posts(now: datetime) -> Iterator[Sighting]:
    found = inbox.find_refused(now - REFUSED_WITHIN)
    if found is not None:
        last = found.last_at.isoformat()
        kind = NotificationKind.POSTS_REFUSED
        yield _sight(kind, "posts-refused", count=found.count, reason=found.reason, last_at=last)


def _see_dead_feeds(now: datetime) -> Iterator[Sighting]:
    for each in article_lookup.list_sources():
        last = each.fresh_at or each.added_at
        if each.active and each.error and not each.is_file and now - last > FEED_DEAD_AFTER:
            yield _sight(
                NotificationKind.FEED_DEAD,
                f"feed:{each.id}",
                feed=each.title or each.url,
                address=each.url,
                days=(now - last).days,
                error=hide_addresses(each.error)[:300],
            )


def _see_attack(now: datetime) -> Iterator[Sighting]:
    found = signup_attempts.count_attempts(now - ATTACK_WITHIN).by_verdict
    above = sum(found.get(each, 0) for each in _ABOVE_LIMIT)
    if above >= ATTACK_ATTEMPTS:
        minutes = int(ATTACK_WITHIN.total_seconds() // 60)
        yield _sight(NotificationKind.SIGNUP_ATTACK, "signups", attempts=above, minutes=minutes)


# The values that most facts have


def _describe_newsletter(newsletter_id: int) -> Values:
    newsletter: Newsletter = newsletters.get_newsletter(newsletter_id)
    return {"newsletter": newsletter.name, "slug": newsletter.slug, "zone": newsletter.zone}


def _describe_edition(edition: Edition) -> Values:
    return {
        **_describe_newsletter(edition.newsletter_id),
        "edition": edition.id,
        "day": edition.date.isoformat(),
        "number": edition.number,
        "title": edition.subject,
    }


def _describe_mailing(mailing_id: int, edition_id: int) -> Values:
    return {**_describe_edition(edition_lookup.get_edition(edition_id)), "mailing": mailing_id}


def _find_due_time(edition: Edition, now: datetime) -> str:
    """When an edition is to be sent by its schedule, as ISO 8601; "" where no schedule says so."""
    instant = occurrences.find_planned_instant(edition)
    return instant.isoformat() if instant is not None and instant > now else ""


def _sight(kind: NotificationKind, key: str, **values: object) -> Sighting:
    """A condition of the service, whose times are told in the newsroom's zone."""
    return Sighting(kind, key, values={**values, "zone": newsletters.find_oldest_zone() or "UTC"})
