"""Approving editions, and the ways an edition goes from one state to another."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from django.db import transaction

from newsletter.accounts.user_names import get_user_name
from newsletter.catalog import newsletters
from newsletter.catalog.states import ApprovalPolicy
from newsletter.catalog.values import Newsletter, Sponsor
from newsletter.curator.editions import (
    corrections,
    decisions,
    edition_changes,
    edition_lookup,
    models,
    states,
    transitions,
    unsaved_texts,
    variants,
)
from newsletter.curator.editions.briefing import to_snapshot_fields
from newsletter.curator.editions.content_hash import compute_mail_hash
from newsletter.curator.editions.editions import void_approval
from newsletter.curator.editions.rendering import compose_edition, render_composed, render_edition, render_variants
from newsletter.curator.editions.states import EditionState
from newsletter.curator.editions.values import Edition, Snapshot
from newsletter.curator.editions.variants import Variant
from newsletter.kernel.actors import ActionRecord, Actor, Verb, require_right
from newsletter.kernel.errors import BadInput, Conflict, Refused
from newsletter.kernel.sentences import phrase
from newsletter.templater.briefing import ProblemLevel, Rendered

Check = Callable[[Edition, Mapping[Variant, Rendered]], object]
FIRST_OF_TWO = "first of two approvals"  # why an edition is in review then


def preview(edition_id: int, *, variant: Variant = variants.PLAIN) -> Rendered:
    """The mail as those of a variant get it: the frozen bytes of an approved edition, else a fresh rendering.

    Never raises for content.
    """
    return preview_edition(edition_lookup.get_edition(edition_id), variant)


def preview_edition(
    edition: Edition, variant: Variant = variants.PLAIN, newsletter: Newsletter | None = None
) -> Rendered:
    """The same of an edition that was read, perhaps with its newsletter."""
    if edition.snapshot_id is not None:
        return edition_lookup.get_frozen_mail(edition.snapshot_id, variant.code)
    return render_edition(edition, variant, newsletter)


def preview_variants(edition: Edition, newsletter: Newsletter, sponsor: Sponsor | None) -> dict[Variant, Rendered]:
    """The same in all its variants, the plain one first."""
    if edition.snapshot_id is not None:
        wanted = variants.list_variants(edition)
        frozen = edition_lookup.map_frozen_mails(edition.snapshot_id, [each.code for each in wanted])
        return {each: frozen[each.code] for each in wanted}
    return render_variants(edition, newsletter, sponsor)


def approve(edition_id: int, *, content_hash: str | None, check: Check, by: Actor, now: datetime) -> Snapshot | None:
    """Freezes the rendering. `content_hash` is that of the edition as the approver saw it; `check` gets the very state
    that is frozen, with its renderings, and raises for what must not be sent.

    Where two people must approve, the first of them freezes nothing: None, and the edition is in review.
    Raises Refused with every blocking problem, and Conflict with the differences for an edition that is not as it was
    seen, or that changed while it was checked; the draft stays as it was.
    """
    edition = edition_lookup.get_edition(edition_id)
    require_right(by, Verb.APPROVE, newsletter_id=edition.newsletter_id)
    if edition.snapshot_id is not None:
        raise Refused(
            phrase(
                "Edition {edition} is approved already, by {who}.",
                edition=str(edition_id),
                who=get_user_name(edition.approved_by),
            )
        )
    if not states.can_transition(edition.state, EditionState.APPROVED):
        raise Refused(
            phrase(
                "Edition {edition} is {state}, so it cannot be approved.", edition=str(edition_id), state=edition.state
            )
        )
    unsaved_texts.require_all_saved(edition)
    composed = compose_edition(edition)
    mails = render_composed(composed)
    sha256 = compute_mail_hash(mails)
    decisions.check_content_hash(edition, content_hash, mail_sha256=sha256)
    check(edition, mails)
    blocking = dict.fromkeys(
        p for rendered in mails.values() for p in rendered.problems if p.level == ProblemLevel.BLOCK
    )
    if blocking:
        raise Refused(
            phrase(
                "The mail cannot be approved:\n{problems}",
                problems="\n".join(f"  {p.where}: {p.message}" for p in blocking),
            )
        )
    two = newsletters.get_newsletter(edition.newsletter_id).approvals == ApprovalPolicy.TWO
    first = _find_first_approval(edition_id, sha256) if two else ""
    try:
        with transaction.atomic():
            if two and not _is_somebody_else(first, by):
                _record_first_approval(edition, sha256, by, now)
                return None
            fresh = models.Edition.objects.filter(id=edition_id, version=edition.version, state=edition.state)
            if not fresh.update(state=EditionState.APPROVED, reason="", changed_at=now):
                raise _Overtaken
            if two and _find_first_approval(edition_id, sha256) != first:
                raise _Overtaken  # between our look and this it was taken back
            models.FirstApproval.objects.filter(edition_id=edition_id).delete()
            why = f"approved by {first} as well" if first else ""
            transitions.record_transition(
                edition_id, edition.state, EditionState.APPROVED, who=by.name, why=why, now=now
            )
            # Settings, sponsors and corrections may have changed as well: what is frozen is what was checked.
            if compose_edition(edition) != composed:
                raise _Overtaken
            corrections.carry_corrections(edition)
            row = _store_snapshot(edition_id, mails, sha256, by, now)
            after = edition_lookup.get_edition(edition_id)
            by.record(edition_changes.build_record("approved", edition, after, at=now, detail=sha256[:12]))
    except _Overtaken:
        raise decisions.build_conflict(edition_id, decisions.find_content_hash(edition, mail_sha256=sha256)) from None
    return edition_lookup.to_snapshot(row)


def find_first_approver(edition_id: int) -> str:
    """Whose approval waits for that of a second person; "" for nobody's."""
    return map_first_approvers((edition_id,)).get(edition_id, "")


def map_first_approvers(edition_ids: Iterable[int]) -> dict[int, str]:
    """The same of several, by edition; those that have none are not in it."""
    return dict(models.FirstApproval.objects.filter(edition_id__in=list(edition_ids)).values_list("edition_id", "by"))


def _find_first_approval(edition_id: int, sha256: str) -> str:
    """Who approved this very mail already; "" for nobody."""
    row = models.FirstApproval.objects.filter(edition_id=edition_id, sha256=sha256).first()
    return row.by if row else ""


def _is_somebody_else(first: str, by: Actor) -> bool:
    return bool(first) and first.casefold() != by.name[:254].casefold()


def _record_first_approval(edition: Edition, sha256: str, by: Actor, now: datetime) -> None:
    reason = f"approved by {by.name}; a second person must approve it as well"
    fresh = models.Edition.objects.filter(id=edition.id, version=edition.version, state=edition.state)
    if not fresh.update(state=EditionState.IN_REVIEW, reason=reason[:300], changed_at=now):
        raise _Overtaken
    if (first := _find_first_approval(edition.id, sha256)) and _is_somebody_else(first, by):
        raise _Overtaken  # between our look and this they were the first
    if first:
        raise Refused(phrase("You have approved it already. A second person must approve it as well."))
    models.FirstApproval.objects.update_or_create(
        edition_id=edition.id, defaults={"sha256": sha256, "by": by.name[:254], "at": now}
    )
    transitions.record_transition(
        edition.id, edition.state, EditionState.IN_REVIEW, who=by.name, why=FIRST_OF_TWO, now=now
    )
    after = edition_lookup.get_edition(edition.id)
    by.record(edition_changes.build_record("approved first", edition, after, at=now, detail=sha256[:12]))


class _Overtaken(Exception):
    """Somebody changed the edition, or what its mail is made of, while it was rendered and checked."""


def _store_snapshot(
    edition_id: int, mails: Mapping[Variant, Rendered], sha256: str, by: Actor, now: datetime
) -> models.Snapshot:
    row = models.Snapshot.objects.create(
        edition_id=edition_id,
        sha256=sha256,
        approved_at=now,
        approved_by=by.name[:254],
        **to_snapshot_fields(mails[variants.PLAIN]),
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
        if variant != variants.PLAIN
    )
    return row


def record_override(edition: Edition, code: str, where: str, *, reason: str, by: Actor, now: datetime) -> str:
    """Records why a finding of an edition that was read is overridden and by whom, and returns both in words.

    Replaces an earlier reason. Raises Conflict when the edition was edited since it was read.
    """
    require_right(by, Verb.APPROVE, newsletter_id=edition.newsletter_id)
    why = " ".join(reason.split())[:300]
    try:
        _store_override(edition, code, where, why, by, now)
    except _Overtaken:
        raise decisions.build_conflict(edition.id, decisions.find_content_hash(edition)) from None
    return f"{why} ({by.name})"


def _store_override(edition: Edition, code: str, where: str, why: str, by: Actor, now: datetime) -> None:
    with transaction.atomic():
        if not models.Edition.objects.filter(id=edition.id, version=edition.version).update(version=edition.version):
            raise _Overtaken
        before = models.Override.objects.filter(edition_id=edition.id, code=code, where=where).first()
        models.Override.objects.update_or_create(
            edition_id=edition.id, code=code, where=where, defaults={"reason": why, "by": by.name[:254], "at": now}
        )
        name = f"{edition_changes.OVERRIDE}{code} {where}"
        by.record(
            ActionRecord(
                "overrode",
                f"edition {edition.id}",
                now,
                edition.newsletter_id,
                f"{code} {where}: {why}"[:200],
                before={name: before.reason} if before else {},
                after={name: why} | edition_changes.describe_content(edition),
            )
        )


def withdraw_approval(edition_id: int, *, content_hash: str | None, by: Actor, now: datetime) -> Edition:
    """Withdraws the approval of the edition with this content hash; it is a draft again.

    Raises Refused when there is none or it is sending, Conflict when it is not as it was seen.
    """
    edition = edition_lookup.get_edition(edition_id)
    require_right(by, Verb.APPROVE, newsletter_id=edition.newsletter_id)
    if edition.snapshot_id is None:
        raise Refused(
            phrase("Edition {edition} is not approved, so there is nothing to withdraw.", edition=str(edition_id))
        )
    if edition.state not in states.EDITABLE_STATES:
        raise Refused(
            phrase(
                "Edition {edition} is {state}, so it can no longer be edited.",
                edition=str(edition_id),
                state=edition.state,
            )
        )
    decisions.check_content_hash(edition, content_hash)
    reason = f"approval withdrawn by {by.name}"
    return _decide_state(edition, EditionState.DRAFT, reason, action="withdrew approval", by=by, now=now)


def withdraw_to_edit(edition_id: int, *, content_hash: str | None, by: Actor, now: datetime) -> Edition:
    """Makes an approved edition a draft for an editor who wants to change it: no right to approve is needed, for an
    edit voids an approval as well.

    Raises Refused when there is none or it is sending, Conflict when it is not as it was seen.
    """
    edition = _get_for_editor(edition_id, by)
    if edition.snapshot_id is None:
        raise Refused(phrase("Edition {edition} is not approved: it can be edited as it is.", edition=str(edition_id)))
    if edition.state not in states.EDITABLE_STATES:
        raise Refused(
            phrase(
                "Edition {edition} is {state}, so it can no longer be edited.",
                edition=str(edition_id),
                state=edition.state,
            )
        )
    decisions.check_content_hash(edition, content_hash)
    reason = f"approval withdrawn by {by.name} to edit"
    return _decide_state(edition, EditionState.DRAFT, reason, action="withdrew approval", by=by, now=now)


def lock(edition_id: int, *, by: Actor, now: datetime) -> Edition:
    """Closes the edition for late stories; a standing approval is void."""
    edition = _get_for_editor(edition_id, by)
    return _decide_state(edition, EditionState.LOCKED, "", action="locked", by=by, now=now)


def reopen(edition_id: int, *, content_hash: str | None, by: Actor, now: datetime) -> Edition:
    """Makes a locked, held or skipped edition a draft; an approval is void. Raises Refused while it is sending,
    Conflict when it is not as it was seen.
    """
    edition = _get_for_editor(edition_id, by)
    if edition.state == EditionState.SENDING:
        raise Refused(
            phrase(
                "Edition {edition} is sending. If there is time left, recall its mailing first.",
                edition=str(edition_id),
            )
        )
    decisions.check_content_hash(edition, content_hash)
    return _decide_state(edition, EditionState.DRAFT, "", action="opened again", by=by, now=now)


def request_review(edition_id: int, *, asked: str = "", note: str = "", by: Actor, now: datetime) -> Edition:
    """Asks for somebody's approval, of one colleague (`asked`, their address) or of anybody; a standing one is void."""
    edition = _get_for_editor(edition_id, by)
    why = " ".join(note.split())
    reason = f"{by.name} asks {asked or 'for approval'}" + (f": {why}" if why else "")
    return _decide_state(
        edition, EditionState.IN_REVIEW, reason, action="asked for review", detail=why, asked=asked, by=by, now=now
    )


def send_back(edition_id: int, *, note: str, content_hash: str | None, by: Actor, now: datetime) -> Edition:
    """Sends an edition in review back to its editors, with a note. Raises BadInput without one, Refused where it is
    not in review, Conflict when it is not as it was seen.
    """
    edition = edition_lookup.get_edition(edition_id)
    require_right(by, Verb.APPROVE, newsletter_id=edition.newsletter_id)
    why = " ".join(note.split())
    if not why:
        raise BadInput(phrase("Say what is to be changed."), "note")
    if edition.state != EditionState.IN_REVIEW:
        raise Refused(
            phrase(
                "Edition {edition} is {state}: only one in review is sent back.",
                edition=str(edition_id),
                state=edition.state,
            )
        )
    decisions.check_content_hash(edition, content_hash)
    reason = f"sent back by {by.name}: {why}"
    return _decide_state(edition, EditionState.DRAFT, reason, action="sent back", detail=why, by=by, now=now)


def skip(edition_id: int, *, reason: str, content_hash: str | None, by: Actor, now: datetime) -> Edition:
    """Skips the edition, for a reason that stays visible; an approval is void. Raises BadInput without a reason,
    Conflict when it is not as it was seen.
    """
    edition = _get_for_editor(edition_id, by)
    why = reason.strip()
    if not why:
        raise BadInput(phrase("Say why it is skipped."), "reason")
    decisions.check_content_hash(edition, content_hash)
    return _decide_state(
        edition, EditionState.SKIPPED, f"{why} ({by.name})", action="skipped", detail=why, by=by, now=now
    )


def hold(edition_id: int, *, reason: str, now: datetime) -> Edition:
    """Holds the edition back; the approval stands, so that it can still be sent by hand."""
    return _change_state(edition_id, EditionState.HELD, reason, now)


def mark_skipped(edition_id: int, *, reason: str, now: datetime) -> Edition:
    """Records that it is not sent, by the newsletter's rules; an approval is void."""
    return _change_state(edition_id, EditionState.SKIPPED, reason, now)


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


def _get_for_editor(edition_id: int, by: Actor) -> Edition:
    edition = edition_lookup.get_edition(edition_id)
    require_right(by, Verb.EDIT, newsletter_id=edition.newsletter_id)
    return edition


def _decide_state(
    edition: Edition,
    to: EditionState,
    reason: str,
    *,
    action: str,
    detail: str = "",
    asked: str = "",
    by: Actor,
    now: datetime,
) -> Edition:
    """Somebody's decision about an edition as they saw it, recorded."""
    if edition.state == to and not asked:
        return edition
    if edition.state != to:
        _check_transition(edition, to)
    try:
        with transaction.atomic():
            after = _write_state(edition, to, reason, now, version=edition.version, by=by.name, asked=asked)
            by.record(edition_changes.build_record(action, edition, after, at=now, detail=detail))
    except _Overtaken:
        raise decisions.build_conflict(edition.id, decisions.find_content_hash(edition)) from None
    return after


def _change_state(edition_id: int, to: EditionState, reason: str, now: datetime) -> Edition:
    """A step that the programs take themselves."""
    edition = edition_lookup.get_edition(edition_id)
    if edition.state == to:
        return edition
    _check_transition(edition, to)
    try:
        with transaction.atomic():
            return _write_state(edition, to, reason, now)
    except _Overtaken:
        raise Conflict(
            phrase("Edition {edition} changed at the same moment. Reload it.", edition=str(edition_id))
        ) from None


def _check_transition(edition: Edition, to: EditionState) -> None:
    if not states.can_transition(edition.state, to):
        raise Refused(
            phrase(
                "Edition {edition} cannot go from {state} to {to}.", edition=str(edition.id), state=edition.state, to=to
            )
        )


def _write_state(
    edition: Edition,
    to: EditionState,
    reason: str,
    now: datetime,
    *,
    version: int | None = None,
    by: str = "",
    asked: str = "",
) -> Edition:
    fresh = models.Edition.objects.filter(id=edition.id, state=edition.state)
    values: dict[str, object] = {"state": to, "reason": reason[:300], "changed_at": now}
    if version is not None:
        fresh = fresh.filter(version=version)
        values["version"] = version + 1
    if not fresh.update(**values):
        raise _Overtaken
    transitions.record_transition(edition.id, edition.state, to, who=by, why=reason, asked=asked, now=now)
    if to not in {*states.APPROVED_STATES, EditionState.IN_REVIEW}:
        models.FirstApproval.objects.filter(edition_id=edition.id).delete()
    if to not in states.APPROVED_STATES:
        void_approval(edition.id, reason or f"edition {to.label.lower()} again", now)
    return edition_lookup.get_edition(edition.id)
