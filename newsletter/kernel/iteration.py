"""Going through many things a few at a time, or so that one that fails stops no other."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import TypeVar

log = logging.getLogger(__name__)

T = TypeVar("T")


def batched(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """`size` of the items at a time, in order, the last ones fewer: itertools.batched, which comes with Python 3.12."""
    rest = iter(items)
    while batch := list(islice(rest, size)):
        yield batch


def do_each(items: Iterable[T], act: Callable[[T], int | None]) -> int:
    """Does something for every item, also behind one that fails; then raises the first failure.

    Returns the sum of what is returned. Where failures can be stored, `delivery.isolation` counts them.
    """
    done, errors = 0, list[Exception]()
    for item in items:
        try:
            done += act(item) or 0
        except Exception as error:
            log.exception("One of several failed; the others go on")
            errors.append(error)
    if errors:
        raise errors[0]
    return done
