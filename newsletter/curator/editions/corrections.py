"""Corrections of sent editions: recorded, carried in the next edition, shown in the archive, mailed on request.

sent edition ─correct─▶ Correction ─▶ archive at once · box of the next edition, frozen with it · a mail of its own
"""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import F

from newsletter import templater
from newsletter.catalog import newsletters
from newsletter.catalog.values import Newsletter
from newsletter.curator.editions import (
    briefing,
    correction_lookup,
    day_names,
    decisions,
    edition_changes,
    edition_lookup,
    models,
)
from newsletter.curator.editions.edition_changes import CORRECTION
from newsletter.curator.editions.editions import get_newsletter_id
from newsletter.curator.editions.states import SnapshotPurpose
from newsletter.curator.editions.values import Correction, Edition, Snapshot
from newsletter.kernel.actors import ActionRecord, Actor, Verb, require_right
from newsletter.kernel.errors import BadInput, NotFound, Refused
from newsletter.kernel.sentences import phrase
from newsletter.templater import languages
from newsletter.templater.briefing import ProblemLevel, Rendered
from newsletter.templater.corrections import build_correction
from subscribers import lists

LONGEST_CORRECTION, MOST_CORRECTIONS = 1000, 20


def add_correction(
    edition_id: int, text: str, *, key: str = "", content_hash: str | None, by: Actor, now: datetime
) -> Correction:
    """Records what an edition that was sent got wrong (`key`: in which story), in words for its readers.

    Raises BadInput for words that are none or too many, Refused for an edition that was not sent, NotFound for a story,
    and Conflict when somebody corrected it since it had this content hash.
    """
    require_right(by, Verb.APPROVE, newsletter_id=get_newsletter_id(edition_id))
    flat = " ".join(text.replace("\0", "").split())
    if not flat:
        raise BadInput(phrase("Say what was wrong, and what is right."), "text")
    if len(flat) > LONGEST_CORRECTION:
        raise BadInput(
            phrase(
                "The correction has {count} characters; {most} are the most.", count=len(flat), most=LONGEST_CORRECTION
            ),
            "text",
        )
    with transaction.atomic():
        # Corrections of one edition take turns.
        models.Edition.objects.filter(id=edition_id).update(version=F("version"))
        edition = edition_lookup.get_edition(edition_id)
        if not edition.is_out:
            raise Refused(
                phrase(
                    "Edition {edition} was not sent, so there is nothing to correct: edit it.", edition=str(edition_id)
                )
            )
        decisions.check_content_hash(edition, content_hash)
        known = correction_lookup.list_corrections(edition_id)
        if len(known) >= MOST_CORRECTIONS:
            raise Refused(phrase("This edition has {most} corrections, which is the most.", most=MOST_CORRECTIONS))
        pick = models.Pick.objects.filter(edition_id=edition_id, key=key).first() if key else None
        if key and pick is None:
            raise NotFound(
                phrase("Edition {edition} has no story with the key {key}.", edition=str(edition_id), key=key)
            )
        row = models.Correction.objects.create(edition_id=edition_id, pick=pick, text=flat, by=by.name[:254], at=now)
        made = correction_lookup.to_correction(row)
        after = {f"{CORRECTION}{row.pk}": flat} | edition_changes.describe_content(edition, [*known, made])
        by.record(
            ActionRecord("corrected", f"edition {edition_id}", now, edition.newsletter_id, flat[:200], after=after)
        )
    return made


def carry_corrections(edition: Edition) -> None:
    """Records which corrections an edition carries: called with its approval, when its text is frozen."""
    models.Correction.objects.filter(
        id__in=[row.pk for row in correction_lookup.list_pending_corrections(edition)]
    ).update(carried_in_id=edition.id)


def freeze_correction(edition_id: int, *, by: Actor, now: datetime) -> Snapshot:
    """Freezes the mail with the corrections of an edition, for its recipients. Raises Refused when there are none."""
    edition = edition_lookup.get_edition(edition_id)
    require_right(by, Verb.SEND, newsletter_id=edition.newsletter_id)
    rows = list(models.Correction.objects.filter(edition_id=edition_id).select_related("edition").order_by("at", "id"))
    if not rows or not edition.is_out:
        raise Refused(
            phrase(
                "Edition {edition} has no correction to mail. Write one first.",
                edition=str(edition_id),
            ),
            command_hint=f"Use: newsletter editions correct {edition_id} TEXT",
        )
    rendered = _render_correction(
        edition, newsletters.get_newsletter(edition.newsletter_id), [row.text for row in rows]
    )
    blocking = [problem.message for problem in rendered.problems if problem.level == ProblemLevel.BLOCK]
    if blocking:
        raise Refused("The correction cannot be mailed:\n  " + "\n  ".join(blocking))
    with transaction.atomic():
        row, created = models.Snapshot.objects.get_or_create(
            edition_id=edition_id,
            purpose=SnapshotPurpose.CORRECTION,
            sha256=rendered.sha256,  # asked for twice it is the same mail, which is sent once
            defaults={
                **briefing.to_snapshot_fields(rendered),
                "approved_at": now,
                "approved_by": by.name[:254],
            },
        )
        if created:
            by.record(
                ActionRecord(
                    "froze correction", f"edition {edition_id}", now, edition.newsletter_id, rendered.sha256[:12]
                )
            )
    return edition_lookup.to_snapshot(row)


def _render_correction(edition: Edition, newsletter: Newsletter, texts: list[str]) -> Rendered:
    words = languages.get_mail_texts(newsletter.language)
    day = day_names.format_day(edition.date, newsletter.language)
    to = lists.get_list(newsletter.list_id)
    composed = briefing.build_briefing(
        edition,
        newsletter,
        {},
        base_url=settings.CONFIG.base_url,
        list_slug=to.slug,
        list_name=to.name,
        archived=to.public,
        date_long=day,
    )
    return templater.render(
        build_correction(
            composed,
            subject=words.correction_subject.format(subject=edition.subject),
            preheader=texts[0][:140],
            intro=words.correction_intro.format(newsletter=newsletter.name, day=day),
            corrections=tuple(texts),
        )
    )
