"""Proof of work, where more sign up than should: the browser computes for a second, and no third party is asked.

The protocol is that of ALTCHA, so programs can solve it with the libraries there are.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from datetime import UTC, datetime, timedelta

from altcha import v1
from django.conf import settings

from newsletter.kernel.errors import Refused
from subscribers import rate_limits

EFFORT = 50_000  # numbers to try at most; a phone tries some 30,000 in a second
LIFETIME = timedelta(minutes=30)  # less than the window in which a solution counts once
_LONGEST = 2_000  # characters of an answer


class ChallengeNeeded(Refused):
    """Above a limit: only with a challenge solved, or later."""

    http_status = 429


def create_challenge(now: datetime) -> str:
    """A new challenge, as JSON."""
    made = v1.create_challenge(v1.ChallengeOptions(hmac_key=_get_key(), max_number=EFFORT, expires=now + LIFETIME))
    return json.dumps(made.to_dict())


def accept_solution(answer: str, now: datetime) -> bool:
    """Whether a challenge of ours was solved in time; each counts once."""
    try:
        solved = v1.Payload.from_base64(answer[:_LONGEST])
        is_right = v1.verify_solution(solved, _get_key(), check_expires=False)[0]
        expires = solved.parse_salt()[1]
    except (binascii.Error, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return False
    if not is_right or expires is None or datetime.fromtimestamp(expires, UTC) < now:
        return False
    return rate_limits.try_hit("solved", solved.challenge, now)


def solve(challenge: str) -> str:
    """The answer to a challenge, as a browser finds it."""
    asked = json.loads(challenge)
    for number in range(asked["maxNumber"] + 1):
        if hashlib.sha256(f"{asked['salt']}{number}".encode()).hexdigest() == asked["challenge"]:
            found = {name: asked[name] for name in ("algorithm", "challenge", "salt", "signature")} | {"number": number}
            return base64.b64encode(json.dumps(found).encode()).decode()
    raise ValueError("There is no solution.")


def _get_key() -> str:
    return hashlib.sha256(b"challenge" + settings.SECRET_KEY.encode()).hexdigest()
