"""Two texts for one field: both are kept until somebody decides, and until then the edition is not approved or sent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from newsletter.accounts.user_names import get_user_name
from newsletter.curator.editions import edition_changes, edition_lookup, models
from newsletter.curator.editions.edition_changes import BOX, STORY
from newsletter.curator.editions.values import Edition
from newsletter.kernel.actors import ActionRecord, Actor, Verb, require_right
from newsletter.kernel.errors import Difference, NotFound, Refused
from newsletter.kernel.sentences import phrase


@dataclass(frozen=True, slots=True)
class FieldConflict:
    """What `by` wrote into a field while somebody else changed it. `part` is “story:KEY”, “box:ID” or ""."""

    id: int
    part: str
    field: str
    label: str  # the field as people read it: “Headline of “Ferry returns””
    by: str
    yours: str
    at: datetime


def keep_conflict(edition_id: int, part: str, difference: Difference, *, by: Actor, now: datetime) -> None:
    """Keeps what somebody wrote into a field that a colleague changed; a later text of theirs replaces it.

    Raises NotAllowed, NotFound.
    """
    edition = edition_lookup.get_edition(edition_id)
    require_right(by, Verb.EDIT, newsletter_id=edition.newsletter_id)
    name = f"{part} {difference.name}".strip()
    with transaction.atomic():
        models.FieldConflict.objects.update_or_create(
            edition_id=edition_id,
            part=part[:40],
            field=difference.name[:40],
            by=by.name[:254],
            defaults={"seen": difference.seen, "yours": difference.yours, "at": now},
        )
        by.record(
            ActionRecord(
                "kept both texts",
                f"edition {edition_id}",
                now,
                edition.newsletter_id,
                edition_changes.label_change(name, edition),
                before={name: difference.present},
                after={name: difference.yours},
            )
        )


def list_conflicts(edition: Edition) -> tuple[FieldConflict, ...]:
    """What is undecided in an edition, the oldest first; of stories and boxes that are gone, nothing."""
    parts = {"", *(f"{STORY}{each.key}" for each in edition.picks), *(f"{BOX}{each.id}" for each in edition.boxes)}
    return tuple(
        FieldConflict(
            row.id,
            row.part,
            row.field,
            edition_changes.label_change(f"{row.part} {row.field}".strip(), edition),
            row.by,
            row.yours,
            row.at,
        )
        for row in models.FieldConflict.objects.filter(edition_id=edition.id).order_by("id")
        if row.part in parts
    )


def require_none(edition: Edition) -> None:
    """Raises Refused while two texts of a field wait for a decision."""
    found = list_conflicts(edition)
    if found:
        fields = "; ".join(f"{each.label} (text of {get_user_name(each.by)})" for each in found)
        raise Refused(
            phrase(
                "Two editors changed the same field, and nobody has chosen yet: {fields}. Choose on the board.",
                fields=fields,
            )
        )


def settle_conflict(edition_id: int, part: str, field: str, *, by: Actor, now: datetime) -> bool:
    """Forgets what somebody wrote into a field, for they chose. Returns whether there was anything."""
    row = models.FieldConflict.objects.filter(edition_id=edition_id, part=part, field=field, by=by.name[:254]).first()
    if row is None:
        return False
    edition = edition_lookup.get_edition(edition_id)
    require_right(by, Verb.EDIT, newsletter_id=edition.newsletter_id)
    return _delete(row, edition, by, now)


def discard_text(edition_id: int, conflict_id: int, *, by: Actor, now: datetime) -> Edition:
    """Discards what a colleague wrote into a field; the audit log keeps it. Raises NotAllowed, NotFound."""
    edition = edition_lookup.get_edition(edition_id)
    require_right(by, Verb.EDIT, newsletter_id=edition.newsletter_id)
    if not _delete(
        models.FieldConflict.objects.filter(edition_id=edition_id, id=conflict_id).first(), edition, by, now
    ):
        raise NotFound(phrase("This was decided already. Look at the board again."))
    return edition


def _delete(row: models.FieldConflict | None, edition: Edition, by: Actor, now: datetime) -> bool:
    if row is None:
        return False
    name = f"{row.part} {row.field}".strip()
    with transaction.atomic():
        row.delete()
        by.record(
            ActionRecord(
                "decided between texts",
                f"edition {edition.id}",
                now,
                edition.newsletter_id,
                edition_changes.label_change(name, edition),
                before={name: row.yours},
            )
        )
    return True
