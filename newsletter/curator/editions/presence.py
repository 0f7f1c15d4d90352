"""Who has the board of an edition open, and which story they edit: shown to colleagues, kept for seconds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from newsletter.curator.editions import models

STAYS = timedelta(seconds=20)  # without a word, then somebody is gone; boards speak up every 8 seconds
FORGOTTEN = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Presence:
    """Somebody at the board; `part` is “story:KEY” while they edit one."""

    who: str
    name: str
    part: str


def note_presence(edition_id: int, part: str, *, who: str, name: str, now: datetime) -> None:
    """Notes that somebody is at the board, and which story they edit. No act: nothing of the edition changes."""
    models.EditionPresence.objects.update_or_create(
        edition_id=edition_id, who=who[:254], defaults={"name": name[:254], "part": part[:40], "at": now}
    )
    models.EditionPresence.objects.filter(at__lt=now - FORGOTTEN).delete()


def end_presence(edition_id: int, *, who: str) -> None:
    """Somebody has left the board."""
    models.EditionPresence.objects.filter(edition_id=edition_id, who=who[:254]).delete()


def list_present(edition_id: int, *, besides: str, now: datetime) -> tuple[Presence, ...]:
    """Who else is at the board, by name."""
    rows = models.EditionPresence.objects.filter(edition_id=edition_id, at__gte=now - STAYS)
    return tuple(Presence(row.who, row.name, row.part) for row in rows.exclude(who=besides[:254]).order_by("name"))
