"""Every service function that changes something on somebody's behalf, prepared to be called.

One module a package, each with `ACTS`: the dotted name of the function → what prepares it. That sets the scene in a
`World` and returns the act itself, which is called with whoever acts. `tests/flows/test_acts.py` holds them against the
rules: the act is recorded, strangers are refused and change nothing, and no function is missing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from newsletter.kernel.actors import Actor

Act = Callable[[Actor], object]


@dataclass(frozen=True)
class World:
    """A newsroom with two newsletters, each with a list of its own; nobody subscribes yet."""

    morning: Any  # the newsletter that acts are about
    evening: Any  # the other one, to which strangers have the right
    now: datetime


Prepare = Callable[[World], Act]
