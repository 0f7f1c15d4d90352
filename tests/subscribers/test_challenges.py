"""Proof of work: solved once, in time, and only ours."""

from __future__ import annotations

import base64
import json
from datetime import datetime, timedelta

import pytest

from subscribers import challenges

pytestmark = pytest.mark.django_db


def test_a_solution_counts_once(now: datetime) -> None:
    asked = challenges.create_challenge(now)
    solution = challenges.solve(asked)
    assert challenges.accept_solution(solution, now)
    assert not challenges.accept_solution(solution, now)
    assert not challenges.accept_solution(challenges.solve(asked), now + timedelta(minutes=1))


def test_a_solution_that_comes_late_does_not_count(now: datetime) -> None:
    solution = challenges.solve(challenges.create_challenge(now))
    assert not challenges.accept_solution(solution, now + challenges.LIFETIME + timedelta(seconds=1))


def test_a_challenge_of_somebody_elses_does_not_count(now: datetime) -> None:
    document = json.loads(base64.b64decode(challenges.solve(challenges.create_challenge(now))))
    for name, value in (("signature", "0" * 64), ("number", document["number"] + 1), ("salt", "a?expires=9999999999&")):
        forged = base64.b64encode(json.dumps(document | {name: value}).encode()).decode()
        assert not challenges.accept_solution(forged, now)


@pytest.mark.parametrize(
    "rubbish", ["", "x", "bm8=", base64.b64encode(b"[]").decode(), base64.b64encode(b"{}").decode(), "A" * 100_000]
)
def test_rubbish_is_no_solution(rubbish: str, now: datetime) -> None:
    assert not challenges.accept_solution(rubbish, now)


@pytest.mark.parametrize("number", [None, [], {}, "1", 10**400])
def test_a_number_that_is_none_is_no_solution(number: object, now: datetime) -> None:
    document = json.loads(base64.b64decode(challenges.solve(challenges.create_challenge(now))))
    forged = base64.b64encode(json.dumps(document | {"number": number, "salt": number}).encode()).decode()
    assert not challenges.accept_solution(forged, now)
