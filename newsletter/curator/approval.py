"""Approving editions, and the ways an edition goes from one state to another."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils import formats, translation

from newsletter import templater
from newsletter.catalog import reads as catalog
from newsletter.catalog import sponsors
from newsletter.curator import briefing, corrections, models, reads, states
from newsletter.curator.editions import changed, void_approval
from newsletter.curator.values import Edition, Snapshot
from newsletter.kernel.errors import BadInput, Conflict, Refused
from subscribers import reads as subscribers


def preview(edition_id: int, *, now: datetime) -> templater.Rendered:
    """The mail: the frozen bytes of an approved edition, else a fresh rendering. Never raises for content."""
    standing = reads.standing_snapshot(edition_id)
    return standing.rendered() if standing else _render(reads.edition(edition_id))


def _render(edition: Edition) -> templater.Rendered:
    newsletter = catalog.newsletter(edition.newsletter_id)
    with translation.override(newsletter.language):
        date_long = formats.date_format(edition.date, "l j F Y" if newsletter.language[:2] == "en" else "l, j. F Y")
    return with_its_template(
        briefing.compose(
            edition,
            newsletter,
            catalog.pictures_by_id([each.picture_id for each in edition.picks if each.picture_id]),
            base_url=settings.CONFIG.base_url,
            list_slug=subscribers.list(newsletter.list_id).slug,
            date_long=date_long,
            sponsor=sponsors.on(newsletter.id, edition.date),
            corrections=corrections.lines(corrections.owed(edition), newsletter.language),
        )
    )


def with_its_template(composed: templater.Briefing) -> templater.Rendered:
    """The mail, with one of our templates here, with one of the newsroom's own in a process of its own."""
    own = settings.CONFIG.templates_dir
    if own is not None and (own / composed.template / f"{composed.template}.mjml.j2").is_file():
        return templater.render_apart(composed, own)
    return templater.render(composed)


def approve(edition_id: int, *, by: str, now: datetime) -> Snapshot:
    """Freezes the rendering. Raises Refused with every blocking problem; the draft stays as it was."""
    edition = reads.edition(edition_id)
    standing = reads.standing_snapshot(edition_id)
    if standing:
        raise Refused(f"Edition {edition_id} is approved already, by {standing.approved_by}.")
    if not states.may(edition.state, states.APPROVED):
        raise Refused(f"Edition {edition_id} is {edition.state.replace('_', ' ')}, so it cannot be approved.")
    rendered = _render(edition)
    blocking = [problem for problem in rendered.problems if problem.level == "block"]
    if blocking:
        raise Refused("The mail cannot be approved:\n" + "\n".join(f"  {p.where}: {p.message}" for p in blocking))
    with transaction.atomic():
        fresh = models.Edition.objects.filter(id=edition_id, version=edition.version, state=edition.state)
        if not fresh.update(state=states.APPROVED, reason="", changed_at=now):
            raise Conflict("Somebody edited the edition at the same moment. Look at it again, then approve.")
        corrections.carry(edition)
        row = models.Snapshot.objects.create(
            edition_id=edition_id,
            sha256=rendered.sha256,
            subject=rendered.subject,
            preheader=rendered.preheader,
            html=rendered.html,
            text=rendered.text,
            merge=[asdict(field) for field in rendered.merge],
            approved_at=now,
            approved_by=by,
        )
    return reads.to_snapshot(row)


def override(edition_id: int, code: str, where: str, *, reason: str, by: str, now: datetime) -> str:
    """Keeps why a finding may stand, and who says so; returns both in words. A later reason takes the place of an earlier one."""
    why = " ".join(reason.split())[:300]
    models.Override.objects.update_or_create(
        edition_id=edition_id, code=code, where=where, defaults={"reason": why, "by": by[:254], "at": now}
    )
    return f"{why} ({by})"


def withdraw_approval(edition_id: int, *, by: str, now: datetime) -> Edition:
    """Takes the approval back; the edition is open again. Raises Refused when there is none or it is handed over."""
    if not reads.standing_snapshot(edition_id):
        raise Refused(f"Edition {edition_id} is not approved, so there is nothing to withdraw.")
    return changed(edition_id, None, now, lambda row: None, why=f"approval withdrawn by {by}")


def lock(edition_id: int, *, now: datetime) -> Edition:
    """Closes the edition for late stories; a standing approval is void."""
    return _go(edition_id, states.LOCKED, "", now)


def open_again(edition_id: int, *, now: datetime) -> Edition:
    """Opens a locked, held or skipped edition; a standing approval is void. Raises Refused for what may be under way."""
    if reads.edition(edition_id).state == states.HANDED_OVER:
        raise Refused(f"Edition {edition_id} is handed over. If there is time left, recall its mailing first.")
    return _go(edition_id, states.OPEN, "", now)


def request_review(edition_id: int, *, now: datetime) -> Edition:
    """Asks for somebody's approval; a standing one is void."""
    return _go(edition_id, states.IN_REVIEW, "", now)


def skip(edition_id: int, *, reason: str, by: str, now: datetime) -> Edition:
    """Leaves the edition out, for a reason that stays visible; a standing approval is void. Raises BadInput without one."""
    if not reason.strip():
        raise BadInput("Say why it is left out.", "reason")
    return _go(edition_id, states.SKIPPED, f"{reason.strip()} ({by})", now)


def hold(edition_id: int, *, reason: str, now: datetime) -> Edition:
    """Holds the edition back; the approval stands, so that it can still be sent by hand."""
    return _go(edition_id, states.HELD, reason, now)


def mark_missed(edition_id: int, *, reason: str, now: datetime) -> Edition:
    """Records that its time passed."""
    return _go(edition_id, states.MISSED, reason, now)


def mark_handed_over(edition_id: int, *, now: datetime) -> Edition:
    """Records that the provider has been given its first messages: nothing can be edited from here."""
    return _go(edition_id, states.HANDED_OVER, "", now)


def mark_recalled(edition_id: int, *, now: datetime) -> Edition:
    """Records that its mailing was stopped before anybody got it: it can be edited, approved and sent anew."""
    return _go(edition_id, states.OPEN, "recalled before it was sent", now)


def mark_sent(edition_id: int, *, now: datetime) -> Edition:
    """Records that every message has been handed over."""
    return _go(edition_id, states.SENT, "", now)


def _go(edition_id: int, to: str, reason: str, now: datetime) -> Edition:
    edition = reads.edition(edition_id)
    if edition.state == to:
        return edition
    if not states.may(edition.state, to):
        raise Refused(
            f"Edition {edition_id} is {edition.state.replace('_', ' ')}; from there it cannot become {to.replace('_', ' ')}."
        )
    with transaction.atomic():
        fresh = models.Edition.objects.filter(id=edition_id, state=edition.state)
        if not fresh.update(state=to, reason=reason[:300], changed_at=now):
            raise Conflict(f"Edition {edition_id} changed at the same moment. Look at it again.")
        if to not in states.KEEPS_APPROVAL:
            void_approval(edition_id, reason or f"edition {to.replace('_', ' ')} again", now)
    return reads.edition(edition_id)
