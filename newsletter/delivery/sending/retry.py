"""What follows an answer: settled, tried again, or the mailing stops and people are asked. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from newsletter.delivery.ledger.states import Outcome
from newsletter.delivery.providers.base import Answer

FIRST_WAIT = timedelta(seconds=5)
FIRST_WAIT_WHEN_ASKED = timedelta(seconds=1)
LONGEST_WAIT = timedelta(minutes=10)
MAX_ATTEMPTS = 10  # half an hour of trying at least; then people are asked
MAX_LOST_ANSWERS = 5  # answers lost in a row: a provider that fails would make everybody unknown


@dataclass(frozen=True, slots=True)
class NextStep:
    """What the members that an answer did not name come to.

    Their `outcome`, if the answer settles them; otherwise they are tried `compute_retry_time`. `pause_reason` is the
    reason to pause the whole mailing.
    """

    outcome: Outcome = Outcome.PLANNED
    retry_at: datetime | None = None
    pause_reason: str = ""


def decide_next_step(
    answer: Answer,
    *,
    attempt: int,
    now: datetime,
    jitter: float,
    some_named: bool,
    message_proven: bool,
    may_have_reached: bool,
    lost_answers: int,
    most_lost: int = MAX_LOST_ANSWERS,
) -> NextStep:
    """What follows the answer to attempt number `attempt` (from 1).

    `some_named`: the answer settled some members by name. `message_proven`: a batch of this mailing went through
    before. Until one did, a refusal is taken to mean the message itself, and the mailing stops: fixing and
    resuming must reach everybody; so is one that names a few members each time, and that time after time.
    `may_have_reached`: somebody has it, or may have it, without a batch having gone through as a whole.
    `lost_answers`: how many answers were lost right before this one; with
    `most_lost` in a row the mailing stops.
    """
    if answer.accepted:
        return NextStep(Outcome.ACCEPTED)
    if answer.unknown:
        in_a_row = lost_answers + 1
        return NextStep(
            Outcome.UNKNOWN, pause_reason=_format_lost_answers(in_a_row, answer) if in_a_row >= most_lost else ""
        )
    if answer.stop:
        return NextStep(retry_at=now, pause_reason=answer.message)
    if answer.permanent and some_named and (message_proven or attempt < MAX_ATTEMPTS):
        return NextStep(retry_at=now)  # at once, without those
    if answer.permanent and message_proven:
        return NextStep(Outcome.REFUSED)
    if answer.permanent:
        known = "Some may have it already." if may_have_reached else "Nobody was mailed yet."
        return NextStep(retry_at=now, pause_reason=f"{answer.message} {known} Fix it, then resume.")
    again = compute_retry_time(now, attempt, asked=answer.retry_at, jitter=jitter)
    if again is None:
        return NextStep(retry_at=now, pause_reason=f"Tried {attempt} times in vain: {answer.message}")
    return NextStep(retry_at=again)


def _format_lost_answers(in_a_row: int, answer: Answer) -> str:
    lost = f"{in_a_row} answers in a row were lost, the last one" if in_a_row > 1 else "The answer was lost"
    return f"{lost}: {answer.message} Look at the provider, then resume."


def compute_retry_time(now: datetime, attempt: int, *, asked: datetime | None, jitter: float) -> datetime | None:
    """When attempt number `attempt` (from 1), refused for now, is followed by the next; None to stop and ask.

    Waits double up to ten minutes. What the provider `asked` for (X-RateLimit-Reset, SendGrid fact 25)
    is honoured, and then we begin with shorter waits of our own: it knows when it is ready. `jitter` (0 to 1)
    spreads the batches that were refused together.
    """
    if attempt >= MAX_ATTEMPTS:
        return None
    first = FIRST_WAIT if asked is None else FIRST_WAIT_WHEN_ASKED
    doubled: int = 2 ** (attempt - 1)
    own = now + min(first * doubled, LONGEST_WAIT) * (1 + 0.5 * jitter)
    if asked is None:
        return own
    return max(own, min(asked, now + timedelta(hours=1)) + timedelta(seconds=2 * jitter))
