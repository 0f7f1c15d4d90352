"""States of editions, of the checks of pages and links, and of articles on offer. Pure.

draft ⇄ locked ⇄ in review ─▶ approved ─▶ sending ─▶ sent
  ▲                                         │ recalled before it was sent
  └─────────────────────────────────────────┘
  └─────────┴────────┴──────────┴─▶ skipped · held · missed   (always with a reason)
"""

from __future__ import annotations

from newsletter.kernel.enums import LabelledEnum


class EditionState(LabelledEnum):
    """Where an edition is between its first pick and its mailing. Two stored values are older than their names."""

    DRAFT = "open"
    LOCKED = "locked"
    IN_REVIEW = "in_review"
    APPROVED = "approved"
    SENDING = "handed_over"
    SENT = "sent"
    SKIPPED = "skipped"
    HELD = "held"
    MISSED = "missed"


class PageCheckState(LabelledEnum):
    """What the page of a picked story is, compared with what it was."""

    WAITING = "waiting"  # not checked yet
    SAME = "same"
    GONE = "gone"
    MOVED = "moved"
    CHANGED = "changed"  # its headline
    CORRECTED = "corrected"
    WITHDRAWN = "withdrawn"  # emptied, or another page under its address
    REWRITTEN = "rewritten"
    PAYWALLED = "paywalled"  # since it was taken
    UNREACHABLE = "unreachable"


class LinkCheckState(LabelledEnum):
    """What was found where a link leads that an editor wrote."""

    WAITING = "waiting"  # not checked yet
    FINE = "fine"
    GONE = "gone"
    FORBIDDEN = "forbidden"  # an address that is not public
    UNREACHABLE = "unreachable"


class RuleEffect(LabelledEnum):
    """What a rule of a newsletter does to the stories it is about, when an edition is suggested."""

    BOOST = "boost"
    MUTE = "mute"
    MUST = "must"


class PickSize(LabelledEnum):
    """How much room a story gets."""

    LARGE = "l"  # the lead
    MEDIUM = "m"
    SMALL = "s"
    ALSO = "a"  # a line of the list at the end


class BoxPlace(LabelledEnum):
    """Where a box of the newsroom stands."""

    TOP = "top"  # below the intro
    END = "end"  # below the stories


class SnapshotPurpose(LabelledEnum):
    """What a frozen mail is for."""

    EDITION = "edition"
    CORRECTION = "correction"  # to those who were sent the edition, of what it got wrong


class PoolState(LabelledEnum):
    """Which articles of the pool to list; an article itself is new, shortlisted, picked, run or ignored."""

    OFFERED = "offered"  # all but the ignored ones
    NEW = "new"
    SHORTLISTED = "shortlisted"
    PICKED = "picked"
    RUN = "run"
    IGNORED = "ignored"
    ALL = "all"


_OFF_THE_SCHEDULE = {EditionState.SKIPPED, EditionState.HELD, EditionState.MISSED}
TRANSITIONS: dict[EditionState, frozenset[EditionState]] = {
    EditionState.DRAFT: frozenset(
        {EditionState.LOCKED, EditionState.IN_REVIEW, EditionState.APPROVED, *_OFF_THE_SCHEDULE}
    ),
    EditionState.LOCKED: frozenset(
        {EditionState.DRAFT, EditionState.IN_REVIEW, EditionState.APPROVED, *_OFF_THE_SCHEDULE}
    ),
    EditionState.IN_REVIEW: frozenset(
        {EditionState.DRAFT, EditionState.LOCKED, EditionState.APPROVED, *_OFF_THE_SCHEDULE}
    ),
    EditionState.APPROVED: frozenset({EditionState.DRAFT, EditionState.SENDING, *_OFF_THE_SCHEDULE}),
    EditionState.HELD: frozenset(
        {
            EditionState.DRAFT,
            EditionState.LOCKED,
            EditionState.IN_REVIEW,
            EditionState.APPROVED,
            EditionState.SENDING,
            EditionState.SKIPPED,
            EditionState.MISSED,
        }
    ),
    EditionState.MISSED: frozenset(
        {EditionState.DRAFT, EditionState.APPROVED, EditionState.SENDING, EditionState.SKIPPED}
    ),
    EditionState.SKIPPED: frozenset({EditionState.DRAFT}),
    EditionState.SENDING: frozenset({EditionState.SENT, EditionState.DRAFT}),  # draft: recalled before it was sent
    EditionState.SENT: frozenset(),
}
OUT_STATES = frozenset({EditionState.SENDING, EditionState.SENT})
EDITABLE_STATES = frozenset(EditionState) - OUT_STATES - {EditionState.SKIPPED}
APPROVED_STATES = OUT_STATES | {
    EditionState.APPROVED,
    EditionState.HELD,
    EditionState.MISSED,
}  # an approval stays valid
STATES_WITH_REASON = frozenset(_OFF_THE_SCHEDULE)


def can_transition(state: EditionState, to: EditionState) -> bool:
    """Whether an edition may go from one state to another."""
    return to in TRANSITIONS[state]
