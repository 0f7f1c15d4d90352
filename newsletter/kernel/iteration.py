"""Going through many things a few at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

T = TypeVar("T")


def batched(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """`size` of the items at a time, in order, the last ones fewer: itertools.batched, which comes with Python 3.12."""
    rest = iter(items)
    while batch := list(islice(rest, size)):
        yield batch
