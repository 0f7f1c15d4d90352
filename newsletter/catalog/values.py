"""What the catalog hands out: frozen values, never rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from newsletter.catalog.states import ApprovalPolicy, LatePolicy, NewsletterState, TrackingMode


class FocalPoint(NamedTuple):
    """What of a picture every cut keeps in view, in percent from the left and from the top."""

    x: int = 50
    y: int = 50


class CutSize(NamedTuple):
    """The size of a cut, in pixels."""

    width: int
    height: int


@dataclass(frozen=True, slots=True)
class PictureCut:
    """A cut of a picture, made for a size and a focal point. Its file is smaller where the picture is."""

    made_for: CutSize
    focus: FocalPoint
    url: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture in our own store; `url` is absolute."""

    id: int
    name: str
    url: str
    width: int
    height: int
    size: int
    content_type: str
    cuts: tuple[PictureCut, ...] = ()

    @property
    def is_animated(self) -> bool:
        """Whether it moves; then it is shown whole. A still is never kept as GIF."""
        return self.content_type == "image/gif"

    def find_cut(self, size: CutSize, focus: FocalPoint) -> PictureCut | None:
        """The cut that was made for a size and focal point, if there is one."""
        return next((each for each in self.cuts if (each.made_for, each.focus) == (size, focus)), None)


@dataclass(frozen=True, slots=True)
class WantedCuts:
    """A picture in our own store, and in which sizes around which point it is to be cut."""

    picture: Picture
    sizes: tuple[CutSize, ...]
    focus: FocalPoint


@dataclass(frozen=True, slots=True)
class Section:
    """A part of every edition and the number of stories it wants."""

    key: str
    title: str
    position: int
    quota: int


@dataclass(frozen=True, slots=True)
class Newsletter:
    """A product with everything its editions need."""

    id: int
    slug: str
    name: str
    strap: str
    description: str
    state: NewsletterState
    publication: str
    publication_url: str
    from_email: str
    from_name: str
    reply_to: str
    postal_address: str
    signed: str
    list_id: int
    language: str
    zone: str
    template: str
    theme: Mapping[str, Any]
    logo_light: Picture | None
    logo_dark: Picture | None
    stories_wanted: int
    stories_least: int
    late_after_minutes: int
    click_tracking: bool
    open_tracking: bool
    recall_minutes: int
    per_minute: int
    repair_after_minutes: int
    bounce_limit: int
    warm_up_from: date | None
    warm_up_first: int
    created_at: datetime
    sections: tuple[Section, ...]
    link_parameters: str = (
        ""  # put into the links of stories, such as utm_source=…; {date} and {newsletter} are filled in
    )
    test_addresses: str = ""  # where tests went last, with commas
    segment: str = ""  # slug of the segment of its list that gets it; "": all
    tracking: TrackingMode = TrackingMode.ON
    unsubscribe_email: str = ""  # beside the link to leave, for mail programs that leave by mail
    privacy_url: str = ""
    imprint_url: str = ""
    collects_from: datetime | None = None  # the end of its schedule's last pause
    collects_until: datetime | None = None  # its beginning: stories of the time between are not offered
    when_late: LatePolicy = LatePolicy.HOLD
    approvals: ApprovalPolicy = ApprovalPolicy.ONE
    cut_off_minutes: int = 0  # before its time that it closes for late stories; 0: it does not
    remind_minutes: int = 30  # before its time that its approvers hear that it is not approved; 0: they do not


@dataclass(frozen=True, slots=True)
class Newsroom:
    """Who publishes some newsletters, as the readers' pages say it."""

    name: str
    url: str
    logo_light: Picture | None
    logo_dark: Picture | None
    privacy_url: str
    imprint_url: str


@dataclass(frozen=True, slots=True)
class Sponsor:
    """A paid box in the editions from `first` to `last`, both included."""

    id: int
    newsletter_id: int
    label: str
    headline: str
    text: str
    url: str
    first: date
    last: date
