"""Texts that a field did not take: kept until somebody decides, and until then the edition is not approved or sent.

A colleague changed the field meanwhile, and both texts are kept; or the text was refused as its author left the field.
Of a story or box that is gone the text is kept as well, to be copied, and stops nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import OuterRef

from newsletter.accounts.user_names import select_user_name
from newsletter.curator.editions import edition_changes, edition_lookup, models
from newsletter.curator.editions.edition_changes import BOX, STORY
from newsletter.curator.editions.values import Edition
from newsletter.kernel.actors import ActionRecord, Actor, Verb, require_right
from newsletter.kernel.errors import Conflict, NewsletterError, NotFound, Refused
from newsletter.kernel.sentences import phrase

LONGEST = 20_000  # characters of a text; no field takes as many


@dataclass(frozen=True, slots=True)
class UnsavedText:
    """What `by` wrote into a field. `part` is “story:KEY”, “box:ID” or ""."""

    id: int
    part: str
    field: str
    label: str  # the field as people read it: “Headline of “Ferry returns””
    by: str
    who: str  # the name of `by`, or the address where they have none
    yours: str
    refusal: str  # why it was refused; "": somebody else changed the field meanwhile
    at: datetime
    is_orphan: bool  # its story or box is gone

    @property
    def blocks(self) -> bool:
        """Whether the edition is not approved or sent before somebody decides."""
        return not self.is_orphan


def keep_unsaved_text(
    edition_id: int, part: str, field: str, text: str, problem: NewsletterError, *, by: Actor, now: datetime
) -> bool:
    """Keeps what somebody wrote into a field that did not take it; a later text of theirs replaces it.

    Returns whether it is kept: not for an edition that is approved or out, which would be stopped by it.
    Raises NotAllowed, NotFound.
    """
    edition = edition_lookup.get_edition(edition_id)
    require_right(by, Verb.EDIT, newsletter_id=edition.newsletter_id)
    if edition.snapshot_id is not None or edition.is_out:
        return False
    name = f"{part} {field}".strip()
    difference = next(iter(problem.differences), None) if isinstance(problem, Conflict) else None
    with transaction.atomic():
        models.UnsavedText.objects.update_or_create(
            edition_id=edition_id,
            part=part[:40],
            field=field[:40],
            by=by.name[:254],
            defaults={
                "seen": difference.seen if difference else "",
                "yours": text[:LONGEST],
                "refusal": "" if difference else str(problem),
                "at": now,
            },
        )
        by.record(
            ActionRecord(
                "kept both texts" if difference else "kept unsaved text",
                f"edition {edition_id}",
                now,
                edition.newsletter_id,
                edition_changes.label_change(name, edition),
                before={name: difference.present} if difference else {},
                after={name: text[:LONGEST]},
            )
        )
    return True


def list_unsaved_texts(edition: Edition) -> tuple[UnsavedText, ...]:
    """What nobody has decided about in an edition, the oldest first. Nothing is asked where it counts none."""
    if not edition.undecided:
        return ()
    parts = {"", *(f"{STORY}{each.key}" for each in edition.picks), *(f"{BOX}{each.id}" for each in edition.boxes)}
    return tuple(
        UnsavedText(
            row.id,
            row.part,
            row.field,
            edition_changes.label_change(f"{row.part} {row.field}".strip(), edition),
            row.by,
            row.who or row.by,
            row.yours,
            row.refusal,
            row.at,
            row.part not in parts,
        )
        for row in models.UnsavedText.objects.filter(edition_id=edition.id)
        .annotate(who=select_user_name(OuterRef("by")))
        .order_by("id")
    )


def list_blocking(edition: Edition) -> tuple[UnsavedText, ...]:
    """Those before whose decision the edition is not approved or sent."""
    return tuple(each for each in list_unsaved_texts(edition) if each.blocks)


def require_all_saved(edition: Edition) -> None:
    """Raises Refused while a text waits for a decision."""
    found = list_blocking(edition)
    if found:
        fields = "; ".join(f"{each.label} (text of {each.who})" for each in found)
        raise Refused(
            phrase(
                "Some texts were not saved, and nobody has decided yet: {fields}. Decide on the board.", fields=fields
            )
        )


def settle_text(edition_id: int, part: str, field: str, *, by: Actor, now: datetime) -> bool:
    """Forgets what somebody wrote into a field, for they chose, or saved another text. Returns whether anything was."""
    row = models.UnsavedText.objects.filter(edition_id=edition_id, part=part, field=field, by=by.name[:254]).first()
    if row is None:
        return False
    edition = edition_lookup.get_edition(edition_id)
    require_right(by, Verb.EDIT, newsletter_id=edition.newsletter_id)
    return _delete(row, edition, by, now)


def discard_text(edition_id: int, text_id: int, *, by: Actor, now: datetime) -> Edition:
    """Discards what somebody wrote into a field; the audit log keeps it. Raises NotAllowed, NotFound."""
    edition = edition_lookup.get_edition(edition_id)
    require_right(by, Verb.EDIT, newsletter_id=edition.newsletter_id)
    if not _delete(models.UnsavedText.objects.filter(edition_id=edition_id, id=text_id).first(), edition, by, now):
        raise NotFound(phrase("This was decided already. Look at the board again."))
    return edition


def _delete(row: models.UnsavedText | None, edition: Edition, by: Actor, now: datetime) -> bool:
    if row is None:
        return False
    name = f"{row.part} {row.field}".strip()
    with transaction.atomic():
        row.delete()
        by.record(
            ActionRecord(
                "discarded unsaved text" if row.refusal else "decided between texts",
                f"edition {edition.id}",
                now,
                edition.newsletter_id,
                edition_changes.label_change(name, edition),
                before={name: row.yours},
            )
        )
    return True
