from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.delivery.ledger.states import Outcome
from newsletter.delivery.providers.base import Answer, AnswerKind
from newsletter.delivery.sending import retry
from newsletter.delivery.sending.retry import MAX_ATTEMPTS, NextStep

NOW = datetime(2026, 11, 24, 7, 0, tzinfo=UTC)
jitters = st.floats(0, 1)


def after(
    answer: Answer, *, attempt: int = 1, some_named: bool = False, message_proven: bool = True, lost_answers: int = 0
) -> NextStep:
    return retry.decide_next_step(
        answer,
        attempt=attempt,
        now=NOW,
        jitter=0.5,
        some_named=some_named,
        message_proven=message_proven,
        may_have_reached=False,
        lost_answers=lost_answers,
    )


@given(st.integers(1, MAX_ATTEMPTS - 2), jitters)
def test_waits_grow(attempt: int, jitter: float) -> None:
    first = retry.compute_retry_time(NOW, attempt, asked=None, jitter=jitter)
    second = retry.compute_retry_time(NOW, attempt + 1, asked=None, jitter=jitter)
    assert first is not None
    assert second is not None
    assert NOW < first <= second <= NOW + 1.5 * retry.LONGEST_WAIT


@given(st.integers(1, MAX_ATTEMPTS - 1), st.integers(-60, 3_600), jitters)
def test_never_sooner_than_the_provider_asks(attempt: int, seconds: int, jitter: float) -> None:
    asked = NOW + timedelta(seconds=seconds)
    again = retry.compute_retry_time(NOW, attempt, asked=asked, jitter=jitter)
    assert again is not None
    assert again >= max(asked, NOW)


def test_a_provider_that_asks_for_a_week_waits_an_hour() -> None:
    again = retry.compute_retry_time(NOW, 1, asked=NOW + timedelta(days=7), jitter=0)
    assert again == NOW + timedelta(hours=1)


def test_it_is_tried_for_half_an_hour_at_least() -> None:
    waits = [retry.compute_retry_time(NOW, attempt, asked=None, jitter=0) for attempt in range(1, MAX_ATTEMPTS)]
    assert sum((wait - NOW for wait in waits if wait), timedelta()) >= timedelta(minutes=30)
    assert retry.compute_retry_time(NOW, MAX_ATTEMPTS, asked=None, jitter=0) is None


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [(Answer(AnswerKind.ACCEPTED), Outcome.ACCEPTED), (Answer(AnswerKind.UNKNOWN), Outcome.UNKNOWN)],
)
def test_accepted_and_unknown_settle_everybody(answer: Answer, outcome: Outcome) -> None:
    assert after(answer) == NextStep(outcome)


def test_unknown_is_never_tried_again() -> None:
    assert all(after(Answer(AnswerKind.UNKNOWN), attempt=n).retry_at is None for n in range(1, MAX_ATTEMPTS + 1))


def test_answers_lost_in_a_row_stop_the_mailing() -> None:
    lost = Answer(AnswerKind.UNKNOWN, "503.")
    assert after(lost, lost_answers=retry.MAX_LOST_ANSWERS - 2).pause_reason == ""
    following = after(lost, lost_answers=retry.MAX_LOST_ANSWERS - 1)
    assert following.outcome == Outcome.UNKNOWN, "what may have left stays unknown"
    assert following.pause_reason.startswith(f"{retry.MAX_LOST_ANSWERS} answers in a row were lost, the last one: 503.")


def test_a_refusal_that_names_subscribers_is_tried_at_once_without_them() -> None:
    assert after(Answer(AnswerKind.REFUSED, permanent=True, refused_places={3: "x"}), some_named=True) == NextStep(
        retry_at=NOW
    )


def test_a_refusal_for_good_settles_the_batch_when_others_went_through() -> None:
    assert after(Answer(AnswerKind.REFUSED, permanent=True)) == NextStep(Outcome.REFUSED)


def test_a_refusal_for_good_stops_a_mailing_that_reached_nobody_yet() -> None:
    following = after(Answer(AnswerKind.REFUSED, "Too large.", permanent=True), message_proven=False)
    assert following.outcome == Outcome.PLANNED
    assert following.retry_at == NOW
    assert "Too large." in following.pause_reason


def test_a_wrong_key_stops_the_mailing_whatever_went_before() -> None:
    assert after(Answer(AnswerKind.REFUSED, "Fix the key.", permanent=True, stop=True)).pause_reason == "Fix the key."


def test_after_the_last_attempt_people_are_asked() -> None:
    following = after(Answer(AnswerKind.REFUSED, "Down."), attempt=MAX_ATTEMPTS)
    assert following.pause_reason == f"Tried {MAX_ATTEMPTS} times in vain: Down."
    assert following.outcome == Outcome.PLANNED
