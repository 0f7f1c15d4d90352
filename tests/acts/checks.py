"""Acts of this package: see `tests.acts`."""

from __future__ import annotations

from newsletter.checks import preflight
from newsletter.curator.editions import editions, picks
from tests.actors import SYSTEM
from tests.acts import Act, Prepare, World
from tests.acts.editions import make_edition


def _make_clean_edition(world: World) -> int:
    """A draft that nothing blocks."""
    made = make_edition(world)
    second = made.picks[1]
    picks.edit_pick(
        made.id, second.key, seen=None, by=SYSTEM, now=world.now, headline="Another story", blurb="Of other things."
    )
    return made.id


def _approve_edition(world: World) -> Act:
    edition_id = _make_clean_edition(world)
    return lambda by: preflight.approve_edition(edition_id, content_hash=None, by=by, now=world.now)


def _override(world: World) -> Act:
    made = make_edition(world)
    editions.edit_edition(made.id, seen=None, by=SYSTEM, now=world.now, intro="TK writes this.")
    return lambda by: preflight.override(
        made.id, "placeholder", "intro", reason="TK is a poet.", content_hash=None, by=by, now=world.now
    )


ACTS: dict[str, Prepare] = {
    "newsletter.checks.preflight.approve_edition": _approve_edition,
    "newsletter.checks.preflight.override": _override,
}
