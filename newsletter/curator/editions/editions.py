"""Creates and edits editions. Every edit bumps the version and voids a standing approval."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction

from newsletter.catalog import newsletters
from newsletter.curator.editions import edition_lookup, models, pick_order, states
from newsletter.curator.editions.states import EditionState, SnapshotPurpose
from newsletter.curator.editions.values import Edition
from newsletter.kernel import clock
from newsletter.kernel.errors import BadInput, Conflict, NotFound, Refused

_EDITION_TEXTS = {"subject": 300, "second_subject": 300, "preheader": 300, "intro": 20_000, "signed": 120}


def create_edition(newsletter_id: int, on: date | None, *, now: datetime, by: str) -> Edition:
    """Makes the edition of a day (None: today in the newsletter's zone). Raises Refused when there is one already."""
    newsletter = newsletters.get_newsletter(newsletter_id)
    day = on or now.astimezone(clock.get_zone(newsletter.zone)).date()
    existing = edition_lookup.find_edition(newsletter_id, day)
    if existing:
        raise Refused(
            f"{newsletter.name} has an edition on {day} already: {existing.id}. See it with: newsletter editions "
            f"show {existing.id}"
        )
    try:
        with transaction.atomic():
            row = models.Edition.objects.create(
                newsletter_id=newsletter_id,
                date=day,
                signed=newsletter.signed,
                created_at=now,
                changed_at=now,
            )
    except IntegrityError:
        raise Conflict(
            f"Somebody else made the edition of {day} at the same moment. See it with: newsletter editions list "
            f"{newsletter.slug}"
        ) from None
    return edition_lookup.get_edition(row.id)


def edit_edition(edition_id: int, *, now: datetime, version: int | None = None, **fields: Any) -> Edition:
    """Edits subject, the second subject that half of the subscribers get, preheader, intro (Markdown) or signature."""
    checked = check_texts(fields, _EDITION_TEXTS, empty_allowed=lambda name: True)
    return apply_edit(edition_id, version, now, lambda row: models.Edition.objects.filter(id=row.id).update(**checked))


def apply_edit(
    edition_id: int,
    version: int | None,
    now: datetime,
    act: Callable[[models.Edition], object],
    why: str = "edited after approval",
) -> Edition:
    """One edit: refused once sending, or when `version` is not the present one; voids an approval."""
    with transaction.atomic():
        row = models.Edition.objects.filter(id=edition_id).first()
        if row is None:
            raise NotFound(f"There is no edition {edition_id}. See them all with: newsletter editions list")
        if row.state not in states.EDITABLE_STATES:
            raise Refused(
                f"Edition {edition_id} is {EditionState(row.state).label.lower()}, so it can no longer be edited."
            )
        if version is not None and version != row.version:
            raise Conflict(
                "Somebody else edited this edition since you opened it. Load it again to see their words; yours were "
                "not saved."
            )
        # With its state: since we read it, its mailing may have begun.
        mine = models.Edition.objects.filter(id=row.id, version=row.version, state=row.state)
        if not mine.update(version=row.version + 1, changed_at=now):
            raise Conflict("Somebody else edited this edition at the same moment. Try again.")
        pick_order.adopt_orphans(row)
        act(row)
        if void_approval(row.id, why, now):
            models.Edition.objects.filter(id=row.id).update(state=EditionState.DRAFT, reason=why[:300])
    return edition_lookup.get_edition(edition_id)


def void_approval(edition_id: int, why: str, now: datetime) -> bool:
    """Takes a standing approval away. Returns whether there was one."""
    standing = models.Snapshot.objects.filter(edition_id=edition_id, voided_at=None, purpose=SnapshotPurpose.EDITION)
    return bool(standing.update(voided_at=now, void_reason=why[:300]))


def check_texts(
    fields: dict[str, Any], longest: dict[str, int], empty_allowed: Callable[[str], bool]
) -> dict[str, Any]:
    checked: dict[str, Any] = {}
    for name, value in fields.items():
        if name not in longest:
            raise BadInput(f"There is no field “{name}” to edit. There are {', '.join(longest)}.", name)
        text = str(value).replace("\x00", "").strip()
        text = text if name == "intro" else " ".join(text.split())
        if len(text) > longest[name]:
            raise BadInput(
                f"The {name.replace('_', ' ')} has {len(text)} characters; {longest[name]} are the most.",
                name,
            )
        if not text and not empty_allowed(name):
            raise BadInput(f"The {name} may not be empty.", name)
        checked[name] = text
    return checked
