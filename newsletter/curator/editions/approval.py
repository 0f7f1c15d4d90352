"""Approving editions, and the ways an edition goes from one state to another."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256

from django.db import transaction

from newsletter.curator.editions import corrections, edition_lookup, models, states, variants
from newsletter.curator.editions.briefing import to_snapshot_fields
from newsletter.curator.editions.editions import apply_edit, void_approval
from newsletter.curator.editions.rendering import render_edition
from newsletter.curator.editions.states import EditionState
from newsletter.curator.editions.values import Edition, Snapshot
from newsletter.curator.editions.variants import Variant
from newsletter.kernel.errors import BadInput, Conflict, Refused
from newsletter.templater.briefing import Rendered


def preview(edition_id: int, *, now: datetime, variant: Variant = variants.PLAIN) -> Rendered:
    """The mail as those of a variant get it: the frozen bytes of an approved edition, else a fresh rendering.

    Never raises for content.
    """
    standing = edition_lookup.find_standing_snapshot(edition_id)
    return (
        edition_lookup.get_frozen_mail(standing.id, variant.code)
        if standing
        else render_edition(edition_lookup.get_edition(edition_id), variant)
    )


def approve(edition_id: int, *, by: str, now: datetime) -> Snapshot:
    """Freezes the rendering. Raises Refused with every blocking problem; the draft stays as it was."""
    edition = edition_lookup.get_edition(edition_id)
    standing = edition_lookup.find_standing_snapshot(edition_id)
    if standing:
        raise Refused(f"Edition {edition_id} is approved already, by {standing.approved_by}.")
    if not states.can_transition(edition.state, EditionState.APPROVED):
        raise Refused(f"Edition {edition_id} is {edition.state.label.lower()}, so it cannot be approved.")
    mails = {variant: render_edition(edition, variant) for variant in (*variants.list_variants(edition), variants.PAGE)}
    blocking = dict.fromkeys(p for rendered in mails.values() for p in rendered.problems if p.level == "block")
    if blocking:
        raise Refused("The mail cannot be approved:\n" + "\n".join(f"  {p.where}: {p.message}" for p in blocking))
    with transaction.atomic():
        fresh = models.Edition.objects.filter(id=edition_id, version=edition.version, state=edition.state)
        if not fresh.update(state=EditionState.APPROVED, reason="", changed_at=now):
            raise Conflict("Somebody edited the edition at the same moment. Look at it again, then approve.")
        corrections.carry_corrections(edition)
        row = models.Snapshot.objects.create(
            edition_id=edition_id,
            sha256=_compute_hash(mails),
            approved_at=now,
            approved_by=by,
            **to_snapshot_fields(mails.pop(variants.PLAIN)),
        )
        models.SnapshotVariant.objects.bulk_create(
            models.SnapshotVariant(
                snapshot=row,
                code=variant.code,
                audiences=sorted(variant.audiences),
                second_subject=variant.second_subject,
                sha256=rendered.sha256,
                **to_snapshot_fields(rendered),
            )
            for variant, rendered in mails.items()
        )
    return edition_lookup.to_snapshot(row)


def _compute_hash(mails: Mapping[Variant, Rendered]) -> str:
    """The hash of all that may be sent: that of the mail, or of its variants, with who gets them, where it has any."""
    parts = [  # the same words for others are another mail
        (sorted(variant.audiences), variant.second_subject, rendered.sha256)
        for variant, rendered in mails.items()
        if not variant.web
    ]
    return parts[0][-1] if len(parts) == 1 else sha256(json.dumps(parts).encode()).hexdigest()


def record_override(edition_id: int, code: str, where: str, *, reason: str, by: str, now: datetime) -> str:
    """Records why a finding is overridden and by whom, and returns both in words; replaces an earlier reason."""
    why = " ".join(reason.split())[:300]
    models.Override.objects.update_or_create(
        edition_id=edition_id, code=code, where=where, defaults={"reason": why, "by": by[:254], "at": now}
    )
    return f"{why} ({by})"


def withdraw_approval(edition_id: int, *, by: str, now: datetime) -> Edition:
    """Withdraws the approval; the edition is a draft again. Raises Refused when there is none or it is sending."""
    if not edition_lookup.find_standing_snapshot(edition_id):
        raise Refused(f"Edition {edition_id} is not approved, so there is nothing to withdraw.")
    return apply_edit(edition_id, None, now, lambda row: None, why=f"approval withdrawn by {by}")


def lock(edition_id: int, *, now: datetime) -> Edition:
    """Closes the edition for late stories; a standing approval is void."""
    return _change_state(edition_id, EditionState.LOCKED, "", now)


def reopen(edition_id: int, *, now: datetime) -> Edition:
    """Makes a locked, held or skipped edition a draft; an approval is void. Raises Refused while it is sending."""
    if edition_lookup.get_edition(edition_id).state == EditionState.SENDING:
        raise Refused(f"Edition {edition_id} is sending. If there is time left, recall its mailing first.")
    return _change_state(edition_id, EditionState.DRAFT, "", now)


def request_review(edition_id: int, *, now: datetime) -> Edition:
    """Asks for somebody's approval; a standing one is void."""
    return _change_state(edition_id, EditionState.IN_REVIEW, "", now)


def skip(edition_id: int, *, reason: str, by: str, now: datetime) -> Edition:
    """Skips the edition, for a reason that stays visible; an approval is void. Raises BadInput without a reason."""
    if not reason.strip():
        raise BadInput("Say why it is skipped.", "reason")
    return _change_state(edition_id, EditionState.SKIPPED, f"{reason.strip()} ({by})", now)


def hold(edition_id: int, *, reason: str, now: datetime) -> Edition:
    """Holds the edition back; the approval stands, so that it can still be sent by hand."""
    return _change_state(edition_id, EditionState.HELD, reason, now)


def mark_missed(edition_id: int, *, reason: str, now: datetime) -> Edition:
    """Records that its time passed."""
    return _change_state(edition_id, EditionState.MISSED, reason, now)


def mark_sending(edition_id: int, *, now: datetime) -> Edition:
    """Records that the provider has been given its first messages: nothing can be edited from here."""
    return _change_state(edition_id, EditionState.SENDING, "", now)


def mark_recalled(edition_id: int, *, now: datetime) -> Edition:
    """Records that its mailing was stopped before it was sent: it can be edited, approved and sent again."""
    return _change_state(edition_id, EditionState.DRAFT, "recalled before it was sent", now)


def mark_sent(edition_id: int, *, now: datetime) -> Edition:
    """Records that every message was submitted to the provider."""
    return _change_state(edition_id, EditionState.SENT, "", now)


def _change_state(edition_id: int, to: EditionState, reason: str, now: datetime) -> Edition:
    edition = edition_lookup.get_edition(edition_id)
    if edition.state == to:
        return edition
    if not states.can_transition(edition.state, to):
        raise Refused(f"Edition {edition_id} cannot go from {edition.state.label.lower()} to {to.label.lower()}.")
    with transaction.atomic():
        fresh = models.Edition.objects.filter(id=edition_id, state=edition.state)
        if not fresh.update(state=to, reason=reason[:300], changed_at=now):
            raise Conflict(f"Edition {edition_id} changed at the same moment. Reload it.")
        if to not in states.APPROVED_STATES:
            void_approval(edition_id, reason or f"edition {to.label.lower()} again", now)
    return edition_lookup.get_edition(edition_id)
