"""What an unapproved edition waits for, as the person who looks at it is told."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from newsletter.catalog.states import ApprovalPolicy
from newsletter.catalog.values import Newsletter
from newsletter.curator.editions import approval, transitions
from newsletter.curator.editions.states import EditionState
from newsletter.curator.editions.values import Edition
from newsletter.kernel.actors import Actor, Verb

UNAPPROVED = (EditionState.DRAFT, EditionState.LOCKED, EditionState.IN_REVIEW)


class WaitsFor(StrEnum):
    """Whose turn it is."""

    YOU = "you"  # whoever looks at it was asked by name
    ANYBODY = "anybody"  # everybody was asked who may approve it, and whoever looks at it is one of them
    OTHERS = "others"  # somebody else was asked, or only others may approve it
    EDITORS = "editors"  # nobody was asked for an approval yet
    NOBODY = "nobody"  # it publishes itself unless something blocks


@dataclass(frozen=True, slots=True)
class Wait:
    """Whose turn it is with an edition; `asked` is the address of a colleague who was asked by name, or ""."""

    turn: WaitsFor
    asked: str = ""

    @property
    def colour(self) -> str:
        """How it is marked: as something to do for whoever looks at it, or as something to know."""
        return "go" if self.turn in (WaitsFor.YOU, WaitsFor.ANYBODY) else "mute"


def find_waits(drafts: Iterable[tuple[Edition, Newsletter]], by: Actor) -> dict[int, Wait]:
    """What unapproved editions wait for, by id, for somebody who may do something about it: the others have no line."""
    mine = [
        (edition, newsletter)
        for edition, newsletter in drafts
        if edition.state in UNAPPROVED
        and (by.may(Verb.EDIT, newsletter_id=newsletter.id) or by.may(Verb.APPROVE, newsletter_id=newsletter.id))
    ]
    in_review = [edition.id for edition, _ in mine if edition.state == EditionState.IN_REVIEW]
    requests = transitions.list_requests(in_review) if in_review else {}
    firsts = approval.map_first_approvers(in_review) if in_review else {}
    found = {}
    for edition, newsletter in mine:
        if edition.state == EditionState.IN_REVIEW:
            asked = requests[edition.id].asked if edition.id in requests else ""
            found[edition.id] = _judge(asked, firsts.get(edition.id, ""), newsletter, by)
        else:
            is_free = newsletter.approvals == ApprovalPolicy.SELF
            found[edition.id] = Wait(WaitsFor.NOBODY if is_free else WaitsFor.EDITORS)
    return found


def _judge(asked: str, first: str, newsletter: Newsletter, by: Actor) -> Wait:
    """Of one in review: whose approval is asked for, once somebody (`first`) has given theirs that of anybody else."""
    mine = by.name.casefold()
    wanted = "" if first and first.casefold() == asked.casefold() else asked
    if first.casefold() == mine or not by.may(Verb.APPROVE, newsletter_id=newsletter.id):
        return Wait(WaitsFor.OTHERS, wanted)
    if not wanted:
        return Wait(WaitsFor.ANYBODY)
    return Wait(WaitsFor.YOU) if wanted.casefold() == mine else Wait(WaitsFor.OTHERS, wanted)
