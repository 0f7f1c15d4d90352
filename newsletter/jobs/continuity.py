"""What people decide when the database may have gone back in time, or is a copy."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction

from newsletter.catalog import newsletters
from newsletter.delivery import installation
from newsletter.delivery.events import inbox
from newsletter.delivery.ledger.states import MailingState
from newsletter.delivery.providers.base import Counting
from newsletter.delivery.reports import summary
from newsletter.delivery.sending import lost_attempts, mailings, witnessed_requests
from newsletter.delivery.sending.lost_attempts import Recovered
from newsletter.delivery.sending.witnessed_requests import WitnessedRequests
from newsletter.jobs import erasure, wiring
from newsletter.kernel.actors import ActionRecord, Actor, Verb, require_right
from newsletter.kernel.errors import BadInput, NewsletterError
from newsletter.scheduling import occurrences
from subscribers import transactional

HELD_REASON = "The database went back in time. See what the provider has of it, then send it, or leave it."
COPY_REASON = "This is a copy of another installation."
FAR = timedelta(days=3650)
WITNESSED = timedelta(days=2)  # how far back the provider is asked for its figures


@dataclass(frozen=True, slots=True)
class Waiting:
    """Something that would leave by itself: a mailing or a planned date, and when it is due."""

    what: str
    state: str
    due_at: datetime


@dataclass(frozen=True, slots=True)
class WitnessedDay:
    """How many messages the provider says it was given on a day (UTC), and how many our ledger says left then."""

    day: date
    provider: int
    ledger: int


@dataclass(frozen=True, slots=True)
class Situation:
    """What is known, for a person who decides. `witnessed` is what events report of requests that the ledger lacks;
    `days` are of the provider's figures, where it offers any.
    """

    status: installation.Status
    due: tuple[Waiting, ...]
    payloads_waiting: int
    oldest_payload_at: datetime | None
    witnessed: WitnessedRequests | None
    days: tuple[WitnessedDay, ...]
    days_problem: str


@dataclass(frozen=True, slots=True)
class Stopped:
    """What was stopped by a decision: mailings and planned dates by id, and mails to single people."""

    mailings: tuple[int, ...]
    occurrences: int
    mails: int
    recovered: Recovered | None = None


def describe_situation(now: datetime) -> Situation:
    """What is known of the installation, and what would be sent now."""
    waiting, status = inbox.get_status(), installation.read_status(now)
    days, problem = _ask_provider(now) if status.held_since else ((), "")
    witnessed = witnessed_requests.find_witnessed()
    return Situation(status, _list_due(now), waiting.waiting, waiting.oldest_at, witnessed, days, problem)


def _ask_provider(now: datetime) -> tuple[tuple[WitnessedDay, ...], str]:
    """The provider's figures of the last days beside ours, and why there are none."""
    try:
        provider = wiring.get_provider()
        if not isinstance(provider, Counting):
            return (), ""
        found = provider.count_by_day((now - WITNESSED).date(), now.date())
    except NewsletterError as error:
        return (), str(error)
    return tuple(WitnessedDay(each.day, each.requests, summary.count_submitted(each.day)) for each in found), ""


def _list_due(now: datetime) -> tuple[Waiting, ...]:
    names = {each.id: each.name for each in newsletters.list_newsletters()}
    due = [
        Waiting(f"mailing {each.id} of {names.get(each.newsletter_id, '')}", MailingState(each.state), each.due_at)
        for each in mailings.list_started(now)
    ]
    due += [
        Waiting(f"{names.get(each.newsletter_id, '')} of {each.date}", each.state, each.instant)
        for each in occurrences.list_due(now)
    ]
    return tuple(due)


def keep_watch(now: datetime) -> None:
    """Lets the state folder remember how far the database is; while sending is held, lets the ledger learn of what was
    noted here. Raises SurroundingsError where the folder cannot be used.
    """
    installation.raise_mark(now)
    installation.delete_old_notes(now)
    if installation.get_standing(now).held:
        lost_attempts.recover(now)


def resume_sending(*, reason: str, by: Actor, now: datetime) -> Stopped:
    """Ends the hold. What was due or under way stays stopped, one by one, until somebody decides about it.

    Mailings that were begun are paused, others held; who is known to have been sent theirs is not mailed it again, and
    who was erased since is erased again. Mails to single people that were owed are unknown: they may have left. Raises
    NotAllowed, BadInput, Refused.
    """
    require_right(by, Verb.SEND)
    if not reason.strip():
        raise BadInput("Say why mail may leave again.", "reason")
    recovered = lost_attempts.recover(now)
    erasure.erase_again(now)
    held_since = installation.read_status(now).held_since or now
    with transaction.atomic():
        installation.release(now)
        stopped = mailings.stop_started(HELD_REASON, now, created_before=held_since)
        ahead = newsletters.find_longest_recall()
        due = occurrences.list_due(now, timedelta(minutes=ahead))
        held = sum(occurrences.hold(each.id, HELD_REASON, now) for each in due)
        mails = transactional.give_up_queued(HELD_REASON, now, created_before=held_since)
        detail = f"{reason.strip()}; stopped: {len(stopped)} mailings, {held} planned dates, {mails} mails"
        by.record(ActionRecord("resumed sending", "installation", now, detail=detail))
    return Stopped(tuple(stopped), held, mails, recovered)


def make_copy(*, by: Actor, now: datetime) -> Stopped:
    """Makes this another installation than the one it was copied from: nothing planned is sent, and mail goes to the
    outbox alone until somebody chooses the provider again. Raises NotAllowed.
    """
    require_right(by, Verb.CONFIGURE)
    with transaction.atomic():
        identity = installation.become_copy(now)
        stopped = mailings.cancel_all(COPY_REASON)
        held = sum(occurrences.hold(each.id, COPY_REASON, now) for each in occurrences.list_due(now, FAR))
        mails = transactional.give_up_queued(COPY_REASON, now, created_before=now)
        by.record(ActionRecord("made a copy", f"installation {identity}", now))
    return Stopped(tuple(stopped), held, mails)


def allow_provider(*, by: Actor, now: datetime) -> bool:
    """Lets mail leave by the provider again, from what was made a copy. Returns whether it did not before."""
    require_right(by, Verb.CONFIGURE)
    with transaction.atomic():
        changed = installation.clear_outbox_only()
        if changed:
            by.record(ActionRecord("allowed provider", "installation", now))
    return changed
