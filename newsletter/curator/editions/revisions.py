"""The history of an edition: what changed and who did it, undoing one's own change, restoring what was.

Undoing and restoring are changes as well, with revisions of their own; approvals and sends are in the history and are
not undone here.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, cast

from django.db.models import Subquery

from newsletter.accounts.user_names import get_user_name
from newsletter.catalog.pictures import find_pictures
from newsletter.curator.articles.models import Article
from newsletter.curator.editions import edition_lookup, models, pick_order, transitions
from newsletter.curator.editions.edition_changes import BOX, STORY, to_text
from newsletter.curator.editions.editions import apply_edit, get_newsletter_id
from newsletter.curator.editions.picks import promote_lead
from newsletter.curator.editions.revision_changes import ORDER, Address, is_whole_same, list_values
from newsletter.curator.editions.states import PickSize
from newsletter.curator.editions.values import Edition, EditionTransition
from newsletter.curator.editions.visibility import check_group_limit
from newsletter.kernel.actors import Actor, Verb, require_right
from newsletter.kernel.errors import Conflict, Difference, NotFound, Refused
from newsletter.kernel.sentences import phrase

UNDID, RESTORED = "undid", "restored"


@dataclass(frozen=True, slots=True)
class Revision:
    """One recorded change. `before` and `after` are texts, or what `revision_changes` says."""

    sequence: int
    part: str
    field: str
    label: str
    before: Any
    after: Any
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class HistoryItem:
    """An act with its revisions, or a milestone: a change of state. `sequence` is the last number before or in it."""

    sequence: int
    at: datetime
    by: str
    action: str
    act: int = 0
    revisions: tuple[Revision, ...] = ()
    undone: bool = False
    milestone: EditionTransition | None = None


def list_history(edition_id: int, *, limit: int = 500) -> tuple[HistoryItem, ...]:
    """The latest acts and milestones of an edition, newest first."""
    rows = list(models.Revision.objects.filter(edition_id=edition_id).order_by("-sequence")[:limit])
    acts: dict[int, list[models.Revision]] = {}
    for row in reversed(rows):
        acts.setdefault(row.act, []).append(row)
    found = [
        HistoryItem(of[-1].sequence, of[-1].at, of[0].by, of[0].action, act, tuple(map(_to_revision, of)), of[0].undone)
        for act, of in acts.items()
    ]
    for step in transitions.list_transitions(edition_id):
        before = max((each.sequence for each in found if each.act and each.at <= step.at), default=0)
        found.append(HistoryItem(before, step.at, step.by, step.after.value, milestone=step))
    found.sort(key=lambda each: (each.at, each.sequence, each.milestone is not None))
    return tuple(reversed(found[-limit:]))


def find_last_own_act(edition_id: int, who: str) -> HistoryItem | None:
    """What somebody would undo next: their latest act that is not undone, and undoes nothing itself."""
    rows = models.Revision.objects.filter(edition_id=edition_id, by=who[:254], undone=False).exclude(action=UNDID)
    last = Subquery(rows.order_by("-sequence").values("act")[:1])
    of = list(models.Revision.objects.filter(edition_id=edition_id, act=last).order_by("sequence"))
    if not of:
        return None
    return HistoryItem(of[-1].sequence, of[-1].at, of[0].by, of[0].action, of[0].act, tuple(map(_to_revision, of)))


def was_saved(edition_id: int, part: str, difference: Difference, who: str) -> bool:
    """Whether somebody's latest change of a field was this very one, from what they saw to what they wrote.

    Then its answer alone was lost. Whoever writes their former text again, over a colleague's, saw another one.
    """
    rows = models.Revision.objects.filter(edition_id=edition_id, part=part, field=difference.name, by=who[:254])
    row = rows.order_by("-sequence").first()
    return row is not None and (str(row.before).strip(), str(row.after).strip()) == (
        difference.seen.strip(),
        difference.yours.strip(),
    )


def undo(edition_id: int, act: int, *, by: Actor, now: datetime, keep_approval: bool = False) -> Edition:
    """Takes back one's own act, where everything it changed still is as it left it.

    Raises NotFound, Refused for somebody else's act or one that is undone, Conflict with what changed since.
    """
    require_right(by, Verb.EDIT, newsletter_id=get_newsletter_id(edition_id))
    rows = list(models.Revision.objects.filter(edition_id=edition_id, act=act).order_by("sequence"))
    if not rows:
        raise NotFound(phrase("There is no such change in the history of this edition."))
    if rows[0].by != by.name[:254]:
        raise Refused(
            phrase(
                "{who} made this change, so you cannot undo it. Restore what was on the page History.",
                who=get_user_name(rows[0].by),
            )
        )
    if rows[0].undone:
        raise Refused(phrase("This change is undone already."))

    def take_back(row: models.Edition, before: Edition) -> None:
        models.Revision.objects.filter(edition_id=edition_id, act=act).update(undone=True)
        _write(row, before, [_to_revision(each) for each in rows])

    return apply_edit(
        edition_id, take_back, action=UNDID, detail=rows[0].label, by=by, now=now, keep_approval=keep_approval
    )


def compare_revisions(edition_id: int, since: int, upto: int | None = None) -> tuple[Revision, ...]:
    """What changed after one sequence number, up to another one (None: until now), one revision per field or part.

    What was changed back is left out.
    """
    rows = models.Revision.objects.filter(edition_id=edition_id, sequence__gt=since).order_by("sequence")
    merged: dict[Address, Revision] = {}
    for row in rows if upto is None else rows.filter(sequence__lte=upto):
        each = _to_revision(row)
        first = merged.pop((each.part, each.field), None)
        before = first.before if first else each.before
        merged[each.part, each.field] = Revision(
            each.sequence, each.part, each.field, each.label, before, each.after, each.by, each.at
        )
    if upto is not None:
        return tuple(each for each in merged.values() if each.before != each.after)
    present = list_values(edition_lookup.get_edition(edition_id))
    return tuple(
        replace(each, after=present[each.part, each.field]) if (each.part, each.field) in present else each
        for each in merged.values()
        if _differs_now(each, present)
    )


def _differs_now(revision: Revision, present: Mapping[Address, object]) -> bool:
    """Whether what there was before a revision is not what there is now."""
    address = revision.part, revision.field
    if not revision.field:
        return (revision.before is None) == (address in present)  # what is back is told by its fields
    if address == ("", ORDER):
        return not _is_order_same(revision.before, present[address])
    return bool(present.get(address, revision.after) != revision.before)


def _is_order_same(one: Any, other: Any) -> bool:
    """Whether the stories that are in both orders are in the same places."""
    both = {key for key, _ in one} & {key for key, _ in other}
    return [each for each in one if each[0] in both] == [each for each in other if each[0] in both]


def restore_values(
    edition_id: int,
    since: int,
    *,
    wanted: Collection[Address] | None,
    upto: int,
    by: Actor,
    now: datetime,
    keep_approval: bool = False,
) -> Edition:
    """Gives fields and parts the values they had after the sequence number `since`; `wanted` None: all of them.

    `upto` is the last number that the person saw. Raises NotFound, Conflict when somebody changed one of them later.
    """
    require_right(by, Verb.EDIT, newsletter_id=get_newsletter_id(edition_id))
    found = [
        each for each in compare_revisions(edition_id, since) if wanted is None or (each.part, each.field) in wanted
    ]
    if not found:
        raise NotFound(phrase("Nothing of this changed since, so there is nothing to restore."))
    later = [each for each in found if each.sequence > upto]
    if later:
        raise Conflict(
            phrase("Somebody changed this since you opened the history. Look at it again, then restore."),
            [_to_difference(each, to_text(each.after), each.by) for each in later],
        )
    return apply_edit(
        edition_id,
        lambda row, before: _write(row, before, found),
        action=RESTORED,
        detail=", ".join(each.label for each in found)[:200],
        by=by,
        now=now,
        keep_approval=keep_approval,
    )


def _to_revision(row: models.Revision) -> Revision:
    return Revision(row.sequence, row.part, row.field, row.label, row.before, row.after, row.by, row.at)


def _to_difference(revision: Revision, present: str, by: str) -> Difference:
    return Difference(
        f"{revision.part} {revision.field}".strip(), to_text(revision.after), present, label=revision.label, by=by
    )


def _show(value: object) -> str:
    """A value as a text; of a whole part or an order nothing."""
    return "" if isinstance(value, list | dict) else to_text(value)


def _find_last_author(edition_id: int, revision: Revision) -> str:
    """Who changed what a revision changed, last."""
    rows = models.Revision.objects.filter(edition_id=edition_id, part=revision.part, field=revision.field)
    return rows.order_by("-sequence").values_list("by", flat=True).first() or revision.by


def _write(row: models.Edition, before: Edition, revisions: Collection[Revision]) -> None:
    """Puts the values before revisions back: whole parts first, then their fields, then the order.

    Raises Conflict for whatever does not hold what the revision left.
    """
    present = list_values(before)
    changed = [each for each in revisions if not _holds(each, present)]
    if changed:
        values = [(each, present.get((each.part, each.field))) for each in changed]
        raise Conflict(
            phrase(
                "This changed again since: {names}. It stays as it is.", names=", ".join(each.label for each in changed)
            ),
            [
                _to_difference(
                    each, "" if isinstance(value, list | dict) else to_text(value), _find_last_author(row.id, each)
                )
                for each, value in values
            ],
        )
    order = [each.before for each in revisions if (each.part, each.field) == ("", ORDER)]
    for places in order:  # before and after stories come back: each may know places that the other does not
        _write_order(row, places)
    for each in sorted(revisions, key=lambda each: (bool(each.field), each.field == ORDER)):
        if not each.field:
            _write_whole(row, each.part, each.before)
        elif (each.part, each.field) == ("", ORDER):
            _write_order(row, each.before)
        elif not each.part:
            models.Edition.objects.filter(id=row.id).update(**{each.field: each.before})
        else:
            _write_field(row, each.part, each.field, each.before)
    check_group_limit(row)


def _holds(revision: Revision, present: Mapping[Address, object]) -> bool:
    """Whether a field or part still is as a revision left it; the fields of what is gone are with the whole."""
    value = present.get((revision.part, revision.field))
    if not revision.field:
        return is_whole_same(revision.after, cast("Mapping[str, object] | None", value))
    if revision.field == ORDER and not revision.part:
        return _is_order_same(revision.after, value)
    return value == revision.after or (bool(revision.part) and (revision.part, "") not in present)


def _write_field(row: models.Edition, part: str, field: str, value: Any) -> None:
    if part.startswith(BOX):
        row.boxes.filter(id=part.removeprefix(BOX)).update(**{field: value})
        return
    if field == "picture_id" and value is not None and not find_pictures([value]):
        raise Refused(phrase("The picture is not kept any more, so it cannot come back."))
    if field == "size" and value == PickSize.LARGE:
        row.picks.filter(size=PickSize.LARGE).update(size=PickSize.MEDIUM)  # one lead only
    row.picks.filter(key=part.removeprefix(STORY)).update(**{field: value})


def _write_whole(row: models.Edition, part: str, value: Any) -> None:
    if part.startswith(BOX):
        row.boxes.filter(id=part.removeprefix(BOX)).delete()
        if value is not None:
            row.boxes.create(id=int(part.removeprefix(BOX)), **value)
        return
    key = part.removeprefix(STORY)
    dropped = row.picks.filter(key=key).first()
    if dropped is not None:
        dropped.delete()
        pick_order.renumber(row, dropped.section)
        if dropped.size == PickSize.LARGE:
            promote_lead(row)
    if value is None:
        return
    content = dict(value)
    if not Article.objects.filter(id=content["article_id"]).exists():
        raise Refused(phrase("The article of this story is not kept any more, so the story cannot come back."))
    if row.picks.filter(article_id=content["article_id"]).exists():
        raise Refused(phrase("The article of this story is in the edition again, so the story cannot come back."))
    if content["picture_id"] is not None and not find_pictures([content["picture_id"]]):
        content["picture_id"] = None
    if content["size"] == PickSize.LARGE:
        row.picks.filter(size=PickSize.LARGE).update(size=PickSize.MEDIUM)
    made = row.picks.create(key=key, **content)
    pick_order.place_pick(row, made, made.section, content["position"])


def _write_order(row: models.Edition, places: Any) -> None:
    """Puts stories back into an order; those that it does not know keep their place in their section."""
    known = dict(places)
    picks = list(row.picks.order_by("position", "id"))
    present = {each.key: each for each in picks}
    sections = {each.section for each in picks} | set(known.values())
    for section in sections:
        ordered = [present[key] for key, where in places if where == section and key in present]
        for place, each in enumerate(each for each in picks if each.section == section):
            if each.key not in known:
                ordered.insert(place, each)
        for position, each in enumerate(ordered, 1):
            models.Pick.objects.filter(id=each.id).update(section=section, position=position)
