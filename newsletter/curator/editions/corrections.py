"""Corrections of sent editions: recorded, carried in the next edition, shown in the archive, mailed on request.

sent edition ─correct─▶ Correction ─▶ archive at once · box of the next edition, frozen with it · a mail of its own
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.conf import settings
from django.db.models import Q

from newsletter import templater
from newsletter.catalog import newsletters
from newsletter.catalog.values import Newsletter
from newsletter.curator.editions import briefing, day_names, edition_lookup, models
from newsletter.curator.editions.states import EditionState, SnapshotPurpose
from newsletter.curator.editions.values import Correction, Edition, Snapshot
from newsletter.kernel.errors import BadInput, NotFound, Refused
from newsletter.templater import languages
from newsletter.templater.briefing import Rendered
from newsletter.templater.corrections import build_correction
from subscribers import lists

LONGEST_CORRECTION, MOST_CORRECTIONS = 1000, 20


def add_correction(edition_id: int, text: str, *, key: str = "", by: str, now: datetime) -> Correction:
    """Records what an edition that was sent got wrong (`key`: in which story), in words for its readers.

    Raises BadInput for words that are none or too many, Refused for an edition that was not sent, NotFound for a story.
    """
    edition = edition_lookup.get_edition(edition_id)
    if not edition.is_out:
        raise Refused(f"Edition {edition_id} was not sent, so there is nothing to correct: edit it.")
    flat = " ".join(text.replace("\0", "").split())
    if not flat:
        raise BadInput("Say what was wrong, and what is right.", "text")
    if len(flat) > LONGEST_CORRECTION:
        raise BadInput(f"The correction has {len(flat)} characters; {LONGEST_CORRECTION} are the most.", "text")
    if models.Correction.objects.filter(edition_id=edition_id).count() >= MOST_CORRECTIONS:
        raise Refused(f"This edition has {MOST_CORRECTIONS} corrections, which is the most.")
    pick = models.Pick.objects.filter(edition_id=edition_id, key=key).first() if key else None
    if key and pick is None:
        raise NotFound(f"Edition {edition_id} has no story with the key {key}.")
    row = models.Correction.objects.create(edition_id=edition_id, pick=pick, text=flat, by=by[:254], at=now)
    return _to_correction(row)


def list_corrections(edition_id: int) -> tuple[Correction, ...]:
    """The corrections of an edition, oldest first."""
    rows = models.Correction.objects.filter(edition_id=edition_id).select_related("pick", "carried_in")
    return tuple(_to_correction(row) for row in rows.order_by("at", "id"))


def list_pending_corrections(edition: Edition) -> list[models.Correction]:
    """The corrections that an edition is to carry: of earlier editions, and not carried by another one."""
    rows = models.Correction.objects.filter(
        edition__newsletter_id=edition.newsletter_id, edition__date__lt=edition.date
    )
    free = Q(carried_in=None) | Q(carried_in_id=edition.id) | Q(carried_in__state=EditionState.SKIPPED)
    return list(rows.filter(free).select_related("edition").order_by("edition__date", "at", "id"))


def carry_corrections(edition: Edition) -> None:
    """Records which corrections an edition carries: called with its approval, when its text is frozen."""
    models.Correction.objects.filter(id__in=[row.pk for row in list_pending_corrections(edition)]).update(
        carried_in_id=edition.id
    )


def format_lines(rows: Iterable[models.Correction], language: str) -> tuple[str, ...]:
    """Corrections as a later edition shows them: with the day of the edition that was wrong."""
    return tuple(f"{day_names.format_day(row.edition.date, language)}: {row.text}" for row in rows)


def freeze_correction(edition_id: int, *, by: str, now: datetime) -> Snapshot:
    """Freezes the mail with the corrections of an edition, for its recipients. Raises Refused when there are none."""
    edition = edition_lookup.get_edition(edition_id)
    rows = list(models.Correction.objects.filter(edition_id=edition_id).select_related("edition").order_by("at", "id"))
    if not rows or not edition.is_out:
        raise Refused(
            f"Edition {edition_id} has no correction to mail. Write one: newsletter editions correct {edition_id} TEXT"
        )
    rendered = _render_correction(
        edition, newsletters.get_newsletter(edition.newsletter_id), [row.text for row in rows]
    )
    blocking = [problem.message for problem in rendered.problems if problem.level == "block"]
    if blocking:
        raise Refused("The correction cannot be mailed:\n  " + "\n  ".join(blocking))
    row, _ = models.Snapshot.objects.get_or_create(
        edition_id=edition_id,
        purpose=SnapshotPurpose.CORRECTION,
        sha256=rendered.sha256,  # asked for twice it is the same mail, which is sent once
        defaults={
            **briefing.to_snapshot_fields(rendered),
            "approved_at": now,
            "approved_by": by,
        },
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


def _to_correction(row: models.Correction) -> Correction:
    return Correction(
        id=row.pk,
        edition_id=row.edition_id,
        headline=row.pick.headline if row.pick else "",
        text=row.text,
        by=row.by,
        at=row.at,
        carried_on=row.carried_in.date if row.carried_in and row.carried_in.state != EditionState.SKIPPED else None,
    )
