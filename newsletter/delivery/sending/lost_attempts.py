"""What this machine noted of attempts that the database does not know: a restored ledger learns of them.

    a batch of the ledger      those who were in the attempt become accepted or unknown, as it was noted
    a batch that is not there  it is put into a cancelled mailing of its edition: who is in it is not mailed again,
                               and the provider's events still find it by its key

Whoever sends the edition again reaches those who are in neither.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.conf import settings
from django.db import transaction
from django.db.models import F

from newsletter.catalog import newsletters
from newsletter.curator.editions import edition_lookup
from newsletter.delivery import installation, models
from newsletter.delivery.ledger import states
from newsletter.delivery.ledger.format import Outcomes, unpack_members
from newsletter.delivery.ledger.states import BatchState, MailingState, Outcome
from newsletter.delivery.providers.base import AnswerKind
from newsletter.delivery.sending import ledger_rows, mailings
from newsletter.delivery.state_folder import AttemptNote
from newsletter.kernel import ids
from newsletter.kernel.errors import NotFound

log = logging.getLogger(__name__)

ENTRIES_PER_ROW = 1_000
REASON = "It was sent after the backup that was restored, as this machine noted. Nobody in it is mailed it again."
FREEZING_REASON = "The backup was made while its audience was frozen. Send the edition again: who has it is left out."


@dataclass(frozen=True, slots=True)
class Recovered:
    """What was learned: batches of the ledger that were settled, those added in cancelled mailings, and whose edition
    or approval the database does not have (by newsletter and day, how many subscribers).
    """

    settled: int
    added: int
    unplaced: dict[str, int]


def recover(now: datetime) -> Recovered:
    """Lets the ledger learn of every attempt that was noted here and that it does not know. Safe to repeat."""
    identity = installation.get_standing(now).identity
    notes = installation.get_state_folder().list_attempts(identity, now)
    lost = installation.find_unlearned(notes)
    by_batch: dict[str, list[AttemptNote]] = defaultdict(list)
    for note in lost:
        by_batch[note.batch].append(note)
    _cancel_freezing({note.mailing for note in lost}, now)
    settled, missing = _settle_answered(notes), list[list[AttemptNote]]()
    for key, attempts in by_batch.items():
        row = models.Batch.objects.filter(key=key).first()
        if row is None:
            missing.append(attempts)
        elif _settle(row, attempts):
            settled += 1
    added, unplaced = _add_missing(missing, now)
    if settled or added:
        log.warning("%s batches were sent after the backup, and %s more that it lacks", settled, added)
    return Recovered(settled, added, unplaced)


def _settle_answered(notes: Iterable[AttemptNote]) -> int:
    """Settles what was in flight when the backup was made, where the answer was noted. How many batches."""
    accepted = {note.attempt: note for note in notes if note.answer == AnswerKind.ACCEPTED}
    in_flight = models.Batch.objects.filter(state__in=(BatchState.SENDING, BatchState.UNKNOWN))
    return sum(_settle(row, [accepted[row.attempt_key]]) for row in in_flight if row.attempt_key in accepted)


def _cancel_freezing(keys: Iterable[str], now: datetime) -> None:
    """Cancels mailings whose audience the backup has in part: it was frozen on, with other batches."""
    for row in models.Mailing.objects.filter(key__in=list(keys), state=MailingState.FREEZING):
        with transaction.atomic():
            mine = models.Mailing.objects.filter(id=row.id, state=MailingState.FREEZING)
            if mine.update(state=MailingState.CANCELLED, reason=FREEZING_REASON[:300]):
                mailings.withdraw_planned(row.id)
                for batch in row.batches.all():  # the keys are those of the batches that did leave
                    models.Batch.objects.filter(id=batch.id).update(key=ids.generate_id())


def _settle(row: models.Batch, attempts: Sequence[AttemptNote]) -> bool:
    """Writes into a batch what was noted of it. False when it changed meanwhile: the next look does it."""
    outcomes = Outcomes(row.outcomes, row.format)
    members = unpack_members(row.members, row.format)
    _mark(outcomes, members, attempts)
    mine = models.Batch.objects.filter(id=row.id, version=row.version, state=row.state)
    return bool(
        mine.update(
            state=states.derive_batch_state(outcomes.count_outcomes()),
            outcomes=outcomes.pack(),
            begun=max(note.begun for note in attempts),
            attempt_key=attempts[-1].attempt,
            submitted_at=datetime.fromisoformat(attempts[-1].at),
            error=REASON,
            lease_owner="",
            lease_until=None,
            version=F("version") + 1,
        )
    )


def _mark(outcomes: Outcomes, members: Sequence[int], attempts: Sequence[AttemptNote]) -> None:
    """Gives everybody who was in an attempt what it came to. Who was planned and left out of it was taken out."""
    places = {person: place for place, person in enumerate(members)}
    for note in attempts:
        people = unpack_members(note.members, note.format)
        wanted = people if note.places is None else [people[place] for place in note.places]
        outcome = Outcome.ACCEPTED if note.answer == AnswerKind.ACCEPTED else Outcome.UNKNOWN
        found = [places[person] for person in wanted if person in places]
        outcomes.mark(found, outcome)
    outcomes.mark(outcomes.list_places(Outcome.PLANNED), Outcome.WITHDRAWN)


def _add_missing(batches: Sequence[Sequence[AttemptNote]], now: datetime) -> tuple[int, dict[str, int]]:
    """Adds batches that the ledger lacks, mailing by mailing. How many, and those that have no place."""
    by_mailing: dict[str, list[Sequence[AttemptNote]]] = defaultdict(list)
    for attempts in batches:
        by_mailing[attempts[0].mailing].append(attempts)
    added, unplaced = 0, dict[str, int]()
    for key, mine in by_mailing.items():
        first = mine[0][0]
        snapshot_id = _find_snapshot(first)
        if snapshot_id is None:
            about = f"{_find_name(first.newsletter_id)} of {first.edition_date}"
            count = sum(len(unpack_members(each[0].members, each[0].format)) for each in mine)
            unplaced[about] = unplaced.get(about, 0) + count
            continue
        with transaction.atomic():
            _add_mailing(key, snapshot_id, mine, now)
        added += len(mine)
    return added, unplaced


def _find_name(newsletter_id: int) -> str:
    try:
        return newsletters.get_newsletter(newsletter_id).name
    except NotFound:
        return f"Newsletter {newsletter_id}"


def _find_snapshot(note: AttemptNote) -> int | None:
    """The snapshot that a lost mailing sent, or else one of the same edition; None where the database has neither."""
    try:
        edition = edition_lookup.get_edition(note.edition_id)
    except NotFound:
        return None
    if edition.newsletter_id != note.newsletter_id or edition.date != date.fromisoformat(note.edition_date):
        return None  # ids are given again after a restore: this is another edition
    try:
        if edition_lookup.get_snapshot(note.snapshot_id).edition_id == edition.id:
            return note.snapshot_id
    except NotFound:
        pass
    standing = edition_lookup.find_standing_snapshot(edition.id)
    return standing.id if standing else None


def _add_mailing(key: str, snapshot_id: int, batches: Sequence[Sequence[AttemptNote]], now: datetime) -> None:
    first = batches[0][0]
    original = models.Mailing.objects.filter(key=key).first()
    began = min(datetime.fromisoformat(each[0].at) for each in batches)
    members = {each[0].batch: unpack_members(each[0].members, each[0].format) for each in batches}
    everybody = sum(map(len, members.values()))
    row = models.Mailing.objects.create(
        key=ids.generate_id() if original else key,
        kind=first.kind,
        newsletter_id=first.newsletter_id,
        edition_id=first.edition_id,
        snapshot_id=snapshot_id,
        list_id=original.list_id if original else newsletters.get_newsletter(first.newsletter_id).list_id,
        provider=original.provider if original else settings.CONFIG.provider,
        account=original.account if original else "",
        state=MailingState.CANCELLED,
        reason=REASON[:300],
        due_at=began,
        created_at=now,
        created_by="state folder",
        frozen_at=began,
        started_at=began,
        frozen_upto=max(people[-1] for people in members.values()),
        frozen_through=max(people[-1] for people in members.values()),
        candidates=everybody,
        planned=everybody,
    )
    models.Batch.objects.bulk_create(_build_batch(row, each, members[each[0].batch]) for each in batches)
    strata = {person: each[0].stratum for each in batches for person in members[each[0].batch]}
    entries = sorted(strata.items())
    models.AudienceIndex.objects.bulk_create(
        ledger_rows.build_audience_index(row.id, entries[start : start + ENTRIES_PER_ROW])
        for start in range(0, len(entries), ENTRIES_PER_ROW)
    )


def _build_batch(row: models.Mailing, attempts: Sequence[AttemptNote], members: Sequence[int]) -> models.Batch:
    first, last = attempts[0], attempts[-1]
    made = ledger_rows.build_batch(
        row,
        first.number,
        members,
        datetime.fromisoformat(first.at),
        first.stratum,
        variant=first.variant,
        language=first.language,
        tracking=first.tracking,
    )
    outcomes = Outcomes(made.outcomes, made.format)
    _mark(outcomes, members, attempts)
    made.key, made.outcomes = first.batch, outcomes.pack()
    made.state = states.derive_batch_state(outcomes.count_outcomes())
    made.begun, made.attempt, made.attempt_key = max(note.begun for note in attempts), last.begun, last.attempt
    made.submitted_at = datetime.fromisoformat(last.at)
    made.error = REASON
    return made
