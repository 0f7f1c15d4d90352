from __future__ import annotations

from newsletter.kernel import ids


def test_ids_do_not_repeat() -> None:
    assert len({ids.generate_id() for _ in range(2000)}) == 2000
