"""How far a ledger is, so that what was read of it is read again only when it has changed since.

Batches count every change of theirs, and none is deleted. What a process keeps in this way only spares work.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

from django.db.models import Count, QuerySet, Sum

from newsletter.delivery import models

T = TypeVar("T")
MOST_KEPT = 10_000
_lock = threading.Lock()
_kept: dict[tuple[Any, ...], tuple[object, Any]] = {}  # by what was read: at which stand, and what was found


class Stand(NamedTuple):
    """How many batches there are, and how often they were changed: one of the two rises with everything settled."""

    batches: int
    changes: int


def read_stand(batches: QuerySet[models.Batch]) -> Stand:
    """How far these batches are."""
    found = batches.aggregate(n=Count("id"), changes=Sum("version"))
    return Stand(found["n"], found["changes"] or 0)


def read_once(about: tuple[Any, ...], stand: object, read: Callable[[], T]) -> T:
    """What `read` finds; what it found before, where it was at the same stand."""
    known = _kept.get(about)
    if known is not None and known[0] == stand:
        found: T = known[1]
        return found
    found = read()
    keep(about, stand, found)
    return found


def is_known(about: tuple[Any, ...], stand: object) -> bool:
    """Whether this was read at this stand."""
    known = _kept.get(about)
    return known is not None and known[0] == stand


def keep(about: tuple[Any, ...], stand: object, found: object = None) -> None:
    """Keeps what was found; of the oldest nothing any more, where it is too much."""
    with _lock:
        _kept.pop(about, None)
        _kept[about] = (stand, found)
        while len(_kept) > MOST_KEPT:
            del _kept[next(iter(_kept))]


def forget_all() -> None:
    """Forgets what was kept."""
    _kept.clear()
