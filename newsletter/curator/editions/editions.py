"""Creates and edits editions. Every edit bumps the version and voids a standing approval."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any, TypedDict, Unpack

from django.db import IntegrityError, transaction
from django.db.models import F

from newsletter.accounts.user_names import get_user_name
from newsletter.catalog import newsletters
from newsletter.curator.editions import (
    edition_changes,
    edition_history,
    edition_lookup,
    models,
    pick_order,
    revision_log,
    states,
    transitions,
)
from newsletter.curator.editions.states import EditionState, SnapshotPurpose
from newsletter.curator.editions.values import Edition
from newsletter.kernel import clock
from newsletter.kernel.actors import ActionRecord, Actor, Verb, require_right
from newsletter.kernel.changes import select_changes
from newsletter.kernel.errors import BadInput, Conflict, NotFound, Refused
from newsletter.kernel.sentences import label, phrase
from newsletter.kernel.text import clean_name, remove_controls, remove_unstorable

_EDITION_TEXTS = {"subject": 300, "second_subject": 300, "preheader": 300, "intro": 20_000, "signed": 120}


class EditionTexts(TypedDict, total=False):
    """The texts of an edition; the intro is Markdown, the second subject is for half of the subscribers."""

    subject: str
    second_subject: str
    preheader: str
    intro: str
    signed: str


Act = Callable[[models.Edition, Edition], Edition | None]


class _NothingChanged(Exception):
    """The edit leaves the edition as it is: nothing is written, and an approval stands."""


def create_edition(newsletter_id: int, on: date | None, *, number: int = 1, by: Actor, now: datetime) -> Edition:
    """Makes the edition of a day (None: today in the newsletter's zone), or with a number another one of that day.

    Raises Refused when there is one already.
    """
    require_right(by, Verb.EDIT, newsletter_id=newsletter_id)
    newsletter = newsletters.get_newsletter(newsletter_id)
    day = on or now.astimezone(clock.get_zone(newsletter.zone)).date()
    existing = edition_lookup.list_ids_of_day(newsletter_id, day)
    if len(existing) >= number:
        raise Refused(
            phrase(
                "{newsletter} has an edition on {day} already: {existing}.",
                newsletter=newsletter.name,
                day=str(day),
                existing=str(existing[number - 1]),
            ),
            command_hint=f"See it with: newsletter editions show {existing[number - 1]}",
        )
    try:
        with transaction.atomic():
            row = models.Edition.objects.create(
                newsletter_id=newsletter_id,
                date=day,
                number=number,
                signed=newsletter.signed,
                created_at=now,
                changed_at=now,
            )
            made = edition_lookup.get_edition(row.id)
            after = edition_changes.describe_content(made)
            by.record(
                ActionRecord("made edition", f"{newsletter.slug} {made.name_of_day}", now, newsletter_id, after=after)
            )
    except IntegrityError:
        raise Conflict(
            phrase(
                "Somebody else made the edition of {day} at the same moment.",
                day=str(day),
            ),
            command_hint=f"See it with: newsletter editions list {newsletter.slug}",
        ) from None
    return made


def edit_edition(
    edition_id: int,
    *,
    seen: EditionTexts | None,
    by: Actor,
    now: datetime,
    keep_approval: bool = False,
    **texts: Unpack[EditionTexts],
) -> Edition:
    """Edits texts; `seen` holds them as the editor saw them. Raises BadInput, Refused, Conflict with the differences.

    Nobody is in the way of those who edit other texts, or stories. `keep_approval`: see `apply_edit`.
    """
    checked = check_texts(texts, _EDITION_TEXTS, empty_allowed=lambda name: True)

    def act(row: models.Edition, before: Edition) -> Edition:
        present = {name: getattr(before, name) for name in checked}
        changes: dict[str, Any] = select_field_changes(edition_id, present, checked, seen)
        if changes:
            models.Edition.objects.filter(id=edition_id).update(**changes)
        return replace(before, **changes)

    detail = ", ".join(checked)
    return apply_edit(edition_id, act, action="edited", detail=detail, by=by, now=now, keep_approval=keep_approval)


def write_texts(edition_id: int, texts: EditionTexts) -> None:
    """Sets texts that no editor wrote, in the transaction of an edit. Raises BadInput."""
    checked = check_texts(texts, _EDITION_TEXTS, empty_allowed=lambda name: True)
    models.Edition.objects.filter(id=edition_id).update(**checked)


def apply_edit(
    edition_id: int,
    act: Act,
    *,
    action: str,
    detail: str = "",
    by: Actor,
    now: datetime,
    keep_approval: bool = False,
    why: str = "edited after approval",
) -> Edition:
    """One edit, recorded as `action`: refused once sending. Edits of one edition take turns.

    `act` gets the edition as the edit before left it: a row without values, by which its parts are found, and what was
    read of it. It returns what the edition is then; with None that is read again. An approval is void after it; with
    `keep_approval` an approved edition is not edited: Conflict, whoever approved it and however short a time ago.
    """
    try:
        with transaction.atomic():
            editable = models.Edition.objects.filter(id=edition_id, state__in=states.EDITABLE_STATES)
            if not editable.update(version=F("version") + 1, changed_at=now):
                raise _refuse_edit(edition_id, by)
            # Only now, for nobody else edits or approves it before we are done.
            before, has_orphans = edition_lookup.get_edition_to_edit(edition_id)
            require_right(by, Verb.EDIT, newsletter_id=before.newsletter_id)
            if keep_approval and before.snapshot_id is not None:
                raise Conflict(
                    phrase(
                        "{who} approved this edition, so it is not changed. To change it, press “Edit (withdraws "
                        "approval)” on the board.",
                        who=get_user_name(before.approved_by),
                    )
                )
            row = models.Edition(id=edition_id, newsletter_id=before.newsletter_id)
            if has_orphans:
                pick_order.adopt_orphans(row)
            after = act(row, before) or edition_lookup.get_edition(edition_id)
            if edition_changes.describe_changes(before, after) == ({}, {}):
                raise _NothingChanged
            voided = why if before.snapshot_id is not None and void_approval(edition_id, why, now) else ""
            if before.state == EditionState.IN_REVIEW and _void_first_approval(edition_id):
                voided = "edited after the first of two approvals"
            if voided:
                models.Edition.objects.filter(id=edition_id).update(state=EditionState.DRAFT, reason=voided[:300])
                transitions.record_transition(
                    edition_id, before.state, EditionState.DRAFT, who=by.name, why=voided, now=now
                )
                after = edition_lookup.get_edition(edition_id)
            numbers = revision_log.record_revisions(before, after, action=action, who=by.name, now=now)
            by.record(edition_changes.build_record(action, before, after, at=now, detail=detail, revisions=numbers))
    except _NothingChanged:
        return edition_lookup.get_edition(edition_id)  # as it was: its version grew, and was rolled back
    return after


def get_newsletter_id(edition_id: int) -> int:
    """The newsletter of an edition. Raises NotFound."""
    found = models.Edition.objects.filter(id=edition_id).values_list("newsletter_id", flat=True).first()
    if found is None:
        raise NotFound(
            phrase("There is no edition {edition}.", edition=str(edition_id)),
            command_hint="See them all with: newsletter editions list",
        )
    return found


def void_approval(edition_id: int, why: str, now: datetime) -> bool:
    """Takes a standing approval away. Returns whether there was one."""
    standing = models.Snapshot.objects.filter(edition_id=edition_id, voided_at=None, purpose=SnapshotPurpose.EDITION)
    return bool(standing.update(voided_at=now, void_reason=why[:300]))


def _void_first_approval(edition_id: int) -> bool:
    return bool(models.FirstApproval.objects.filter(edition_id=edition_id).delete()[0])


def select_field_changes(
    edition_id: int,
    present: Mapping[str, object],
    given: Mapping[str, object],
    seen: Mapping[str, object] | None,
    *,
    prefix: str = "",
) -> dict[str, object]:
    """What of the given fields is to be saved (`select_changes`). Raises Conflict with who changed each meanwhile.

    `prefix` names the story or box that they are fields of, as the audit log does.
    """
    labels = {name: edition_changes.label_field(name) for name in given}
    try:
        return select_changes(present, given, seen, labels=labels)
    except Conflict as conflict:
        raise edition_history.name_authors(edition_id, conflict, prefix) from None


def check_texts(
    fields: Mapping[str, object], longest: Mapping[str, int], empty_allowed: Callable[[str], bool]
) -> dict[str, str]:
    """The texts as they are stored. Raises BadInput for one that is too long, or may not be empty."""
    checked: dict[str, str] = {}
    for name, value in fields.items():
        if name not in longest:
            raise BadInput(
                phrase("There is no field “{name}” to edit. There are {names}.", name=name, names=", ".join(longest)),
                name,
            )
        text = remove_controls(str(value)).strip() if name == "intro" else clean_name(str(value))
        text = remove_unstorable(text)
        if len(text) > longest[name]:
            raise BadInput(
                phrase(
                    "“{field}” has {count} characters; {most} are the most.",
                    field=label(edition_changes.label_field(name)),
                    count=len(text),
                    most=longest[name],
                ),
                name,
            )
        if not text and not empty_allowed(name):
            raise BadInput(phrase("“{field}” may not be empty.", field=label(edition_changes.label_field(name))), name)
        checked[name] = text
    return checked


def _refuse_edit(edition_id: int, by: Actor) -> Refused:
    edition = edition_lookup.get_edition(edition_id)
    require_right(by, Verb.EDIT, newsletter_id=edition.newsletter_id)
    return Refused(
        phrase(
            "Edition {edition} is {state}, so it can no longer be edited.", edition=str(edition_id), state=edition.state
        )
    )
