"""Section and position of the picks of an edition: positions count from 1 in each section, without gaps."""

from __future__ import annotations

from newsletter.catalog import newsletters
from newsletter.curator.editions import models
from newsletter.kernel.errors import BadInput
from newsletter.kernel.sentences import phrase


def choose_section(row: models.Edition, wanted: str | None) -> str:
    """The section asked for, or the first that is not full, or the last."""
    sections = newsletters.list_sections(row.newsletter_id)
    keys = [section.key for section in sections]
    if wanted is not None:
        if wanted not in keys:
            raise BadInput(
                phrase("There is no section “{given}”. There are {names}.", given=wanted, names=", ".join(keys)),
                "section",
            )
        return wanted
    used = list(row.picks.values_list("section", flat=True))
    return next((section.key for section in sections if used.count(section.key) < section.quota), keys[-1])


def next_position(row: models.Edition, section: str) -> int:
    return row.picks.filter(section=section).count() + 1


def place_pick(row: models.Edition, moved: models.Pick, section: str, position: int) -> None:
    """Puts a story at a place (from 1) of a section and numbers the others around it."""
    others = list(row.picks.filter(section=section).exclude(id=moved.id).order_by("position", "id"))
    others.insert(max(0, min(position - 1, len(others))), moved)
    for number, each in enumerate(others, 1):
        models.Pick.objects.filter(id=each.id).update(position=number, section=section)


def place_pick_after(row: models.Edition, moved: models.Pick, anchor: models.Pick) -> None:
    """Puts a story right behind another one, in its section."""
    others = row.picks.filter(section=anchor.section).exclude(id=moved.id).order_by("position", "id")
    place_pick(row, moved, anchor.section, [each.id for each in others].index(anchor.id) + 2)


def adopt_orphans(row: models.Edition) -> None:
    """Stories of a section that the newsletter no longer has join the end of the last one."""
    keys = [section.key for section in newsletters.list_sections(row.newsletter_id)]
    for orphan in row.picks.exclude(section__in=keys).order_by("position", "id"):
        place_pick(row, orphan, keys[-1], next_position(row, keys[-1]))


def renumber(row: models.Edition, section: str) -> None:
    """Closes the gap that a story left: places count 1, 2, 3 … in every section."""
    for number, each in enumerate(row.picks.filter(section=section).order_by("position", "id"), 1):
        if each.position != number:
            models.Pick.objects.filter(id=each.id).update(position=number)
