"""Acts of this package: see `tests.acts`."""

from __future__ import annotations

from tests.acts import Prepare

ACTS: dict[str, Prepare] = {}
