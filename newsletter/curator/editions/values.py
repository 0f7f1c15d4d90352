"""Editions and what belongs to them as frozen values, never rows."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from hashlib import sha256
from typing import ClassVar

from newsletter.catalog.values import FocalPoint
from newsletter.curator.articles.values import Article, ArticleNote
from newsletter.curator.editions.states import (
    OUT_STATES,
    BoxPlace,
    EditionState,
    PageCheckState,
    PickSize,
    PoolState,
    RuleEffect,
)
from newsletter.kernel.months import Month
from newsletter.kernel.numbers import parse_whole_number
from newsletter.templater.briefing import MergeField, Rendered


def _hash(content: object) -> str:
    return sha256(json.dumps(content).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class SuggestionRule:
    """What editors want of a source (`source` is its name) or of a phrase; `section` is where such stories go."""

    id: int
    effect: RuleEffect
    source_id: int | None
    source: str
    phrase: str
    section: str
    by: str
    at: datetime

    @property
    def content_hash(self) -> str:
        """Changes with what it says, so that nobody replaces or removes a rule they did not see."""
        return _hash((self.effect, self.source_id, self.phrase, self.section))


@dataclass(frozen=True, slots=True)
class Pick:
    """An article placed in an edition. `position` counts from 1 in its section, `number` through the whole mail."""

    FORMER_NAMES: ClassVar = {"shown_to": "visibility"}

    key: str
    number: int
    article_id: int
    section: str
    position: int
    size: PickSize
    headline: str
    blurb: str
    label: str
    url: str
    publisher: str
    byline: str
    minutes: int
    picture_id: int | None
    picture_url: str
    image_alt: str
    image_caption: str
    image_credit: str
    plain_link: bool = False  # without the newsletter's own parameters
    because: str = ""  # why it was suggested
    again_reason: str = ""  # why although it ran
    visibility: str = ""  # see variants
    focus: str = ""  # of its picture: “60 44”, percent from the left and the top; "": the centre
    picture_bytes: int = 0

    @property
    def picture_name(self) -> str:
        """The public name of its picture, "" without one."""
        return self.picture_url.rpartition("/")[2]

    @property
    def focal_point(self) -> FocalPoint:
        """What of its picture every cut keeps in view."""
        return parse_focus(self.focus) or FocalPoint()

    @property
    def content(self) -> dict[str, object]:
        """What an editor decides about it, apart from its place."""
        return {each.name: getattr(self, each.name) for each in fields(self) if each.name not in _KEY_AND_PLACE_OF_PICK}

    @property
    def content_hash(self) -> str:
        """Changes with its content, so that nobody drops a story that a colleague changed."""
        return compute_pick_hash(self.content)


# The picture's address and size follow from the picture.
_KEY_AND_PLACE_OF_PICK = frozenset(
    {"key", "number", "article_id", "section", "position", "picture_url", "picture_bytes"}
)


def compute_pick_hash(content: Mapping[str, object]) -> str:
    """The hash of a story with this content."""
    return _hash(sorted(select_hashed(content).items()))


def select_hashed(content: Mapping[str, object]) -> dict[str, object]:
    """What of a story's content counts in a hash: the same for a story from before there were focal points."""
    return {name: value for name, value in content.items() if name != "focus" or value}


def parse_focus(text: str) -> FocalPoint | None:
    """The focal point that is written as “60 44”; None for anything else."""
    parts = [parse_whole_number(each) for each in text.split(" ")]
    if len(parts) != 2 or any(each is None or each > 100 for each in parts):
        return None
    return FocalPoint(*(each or 0 for each in parts))


@dataclass(frozen=True, slots=True)
class Box:
    """A part of an edition that is not a story, such as a notice. `text` is Markdown."""

    FORMER_NAMES: ClassVar = {"shown_to": "visibility"}

    id: int
    title: str
    text: str
    visibility: str
    place: BoxPlace

    @property
    def content_hash(self) -> str:
        """Changes with its content, so that an editor never overwrites a change they did not see."""
        return sha256(repr((self.title, self.text, self.visibility, self.place.value)).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class StoryClicks:
    """How often the links of one story of an edition were clicked, by people and by machines; None: not counted yet."""

    headline: str
    people: int
    machines: int
    as_of: datetime | None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The frozen rendering of an approved edition."""

    id: int
    edition_id: int
    sha256: str
    subject: str
    preheader: str
    html: str
    text: str
    merge: Sequence[MergeField]
    approved_at: datetime
    approved_by: str
    voided_at: datetime | None

    def to_rendered(self) -> Rendered:
        """The snapshot as the rendering it froze, byte for byte."""
        return Rendered(self.subject, self.preheader, self.html, self.text, (), tuple(self.merge))


@dataclass(frozen=True, slots=True)
class Edition:
    """One dated issue with its stories in order. `snapshot_id` is that of the standing approval, if any."""

    id: int
    newsletter_id: int
    date: date
    state: EditionState
    reason: str
    subject: str
    preheader: str
    intro: str
    signed: str
    version: int
    created_at: datetime
    changed_at: datetime
    picks: tuple[Pick, ...]
    snapshot_id: int | None
    approved_by: str
    approved_at: datetime | None
    second_subject: str = ""  # half of the subscribers get it; "": none
    boxes: tuple[Box, ...] = ()
    number: int = 1  # of those of its day
    undecided: int = 0  # texts of fields that two people changed, kept until somebody chooses
    undecided_at: datetime | None = None  # when the last of them was kept
    lost_approval: bool = False  # it was approved once, and that approval was voided

    @property
    def name_of_day(self) -> str:
        """2026-11-24, and for the second edition of that day 2026-11-24-2: what addresses and files are called."""
        return build_name_of_day(self.date, self.number)

    @property
    def is_out(self) -> bool:
        """Whether its mailing has begun: from then on nothing can be edited."""
        return self.state in OUT_STATES


@dataclass(frozen=True, slots=True)
class EditionOutline:
    """An edition without its parts: what an open board asks about every other second."""

    id: int
    newsletter_id: int
    state: EditionState
    reason: str
    version: int
    snapshot_id: int | None
    undecided: int
    undecided_at: datetime | None
    publishes_itself: bool  # nobody's approval is needed
    lost_approval: bool
    planned_at: datetime | None  # by a schedule


@dataclass(frozen=True, slots=True)
class EditionOfDay:
    """An edition as a calendar shows it. `number` is that of its day."""

    id: int
    newsletter_id: int
    date: date
    number: int
    state: EditionState
    reason: str

    @property
    def is_out(self) -> bool:
        """Whether its mailing has begun."""
        return self.state in OUT_STATES


@dataclass(frozen=True, slots=True)
class EditionRow:
    """An edition as a list shows it: without its parts, with the number of its stories."""

    id: int
    newsletter_id: int
    date: date
    number: int
    state: EditionState
    reason: str
    subject: str
    snapshot_id: int | None
    lost_approval: bool
    stories: int

    @property
    def name_of_day(self) -> str:
        """2026-11-24, and for the second edition of that day 2026-11-24-2."""
        return build_name_of_day(self.date, self.number)

    @property
    def is_out(self) -> bool:
        """Whether its mailing has begun."""
        return self.state in OUT_STATES


def build_name_of_day(day: date, number: int) -> str:
    """2026-11-24, and for the second edition of that day 2026-11-24-2: what addresses and files are called."""
    return f"{day.isoformat()}-{number}" if number > 1 else day.isoformat()


@dataclass(frozen=True, slots=True)
class EditionFilter:
    """Which editions a list shows. `text`: a part of their subject; nothing given: all of these newsletters."""

    newsletter_ids: Collection[int]
    states: Collection[EditionState] = ()
    month: Month | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class EarlierEdition:
    """An edition that went out, as far as the next ones are compared with it."""

    id: int
    date: date
    subject: str
    stories: int
    bytes: int  # of its mail; 0 where nothing is frozen


@dataclass(frozen=True, slots=True)
class EditionTransition:
    """A change of an edition's state. `by` is "" where the programs took the step in their course."""

    before: EditionState
    after: EditionState
    at: datetime
    by: str
    why: str
    asked: str  # whose approval is asked for
    id: int = 0
    edition_id: int = 0


@dataclass(frozen=True, slots=True)
class StoryArticle:
    """Another article of a story, as the pool shows it under the one on offer."""

    title: str
    publisher: str
    url: str
    published_at: datetime | None


@dataclass(frozen=True, slots=True)
class PoolCounts:
    """How many articles the pool has in each state, and how many it leaves out, by reason."""

    by_state: Mapping[PoolState, int]
    since: datetime  # what came earlier is left out
    too_old: int  # of the month before
    too_late: int  # came after the cut-off
    ignored: int


@dataclass(frozen=True, slots=True)
class PoolArticle:
    """An article on offer for an edition."""

    article: Article
    articles_in_story: int  # how many articles its story has
    pick_number: int  # its number in this edition, 0 when it is not picked
    ran: str  # “ran Mon in Morning Briefing”, or ""
    other_publishers: tuple[str, ...] = ()  # of other articles of its story
    state: PoolState = PoolState.NEW
    tags: tuple[str, ...] = ()
    notes: tuple[ArticleNote, ...] = ()
    copy_of: str = ""  # the paper whose text it prints, if it does
    obstacle: str = ""  # why it should not be picked, in words
    picture_name: str = ""  # its public name
    has_text: bool = True
    others: tuple[StoryArticle, ...] = ()  # the other articles of its story


@dataclass(frozen=True, slots=True)
class Correction:
    """What a sent edition got wrong; `headline` is of the story, `carried_on` the date of the edition carrying it."""

    id: int
    edition_id: int
    headline: str
    text: str
    by: str
    at: datetime
    carried_on: date | None


@dataclass(frozen=True, slots=True)
class PageCheck:
    """What was found when the page of a picked story was checked again; `overridden_by` is who overrode it."""

    state: PageCheckState
    detail: str
    looked_at: datetime | None
    overridden_by: str = ""

    @property
    def content_hash(self) -> str:
        """Changes with what was found, so that nobody overrides what they did not read."""
        return _hash((self.state, self.detail))


@dataclass(frozen=True, slots=True)
class SuggestedArticle:
    """An article suggested for an edition, with the reason; `section` is its key."""

    article: Article
    section: str
    score: float
    reason: str
