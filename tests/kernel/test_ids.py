from __future__ import annotations

from newsletter.kernel import ids


def test_ids_do_not_repeat() -> None:
    assert len({ids.generate_id() for _ in range(2000)}) == 2000


def test_a_derived_id_depends_on_the_secret_and_on_every_part() -> None:
    made = ids.derive_id("secret", "batch", 1, b"x")
    assert len(made) == 12
    assert made == ids.derive_id("secret", "batch", 1, b"x")
    others = {ids.derive_id("other", "batch", 1, b"x"), ids.derive_id("secret", "batch", 2, b"x")}
    assert len({made, *others}) == 3
