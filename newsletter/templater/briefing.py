"""The values that go into a rendering and come out of it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class BriefingCut:
    """A picture cut for where a template shows it `place` pixels wide; `sharp_src` is for sharp screens, if any.

    `width` and `height` are those at which it is shown: less than its place where the picture is too small.
    """

    place: int
    src: str
    width: int
    height: int
    sharp_src: str = ""


@dataclass(frozen=True, slots=True)
class BriefingPicture:
    """A picture on our own server. `width` and `height` are those of the file, in pixels."""

    src: str
    width: int
    height: int
    alt: str = ""
    caption: str = ""
    credit: str = ""
    cuts: tuple[BriefingCut, ...] = ()  # without one for its place it is shown whole


@dataclass(frozen=True, slots=True)
class BriefingStory:
    """One story of the mail. Sizes: l full measure with button, m with blurb, s in two lines.

    `key` travels in the link, so that a click can be counted for the story.
    """

    key: str
    headline: str
    url: str
    blurb: str = ""
    label: str = ""
    source: str = ""
    byline: str = ""
    minutes: int = 0
    size: Literal["l", "m", "s"] = "m"
    picture: BriefingPicture | None = None
    button: str = ""
    plain_link: bool = False  # without the newsletter's own parameters


@dataclass(frozen=True, slots=True)
class BriefingSection:
    """A titled part of the mail."""

    title: str
    stories: tuple[BriefingStory, ...]


@dataclass(frozen=True, slots=True)
class AlsoItem:
    """A line of the list at the end: headline and source. `key` and `plain_link` as in a story."""

    headline: str
    url: str
    source: str = ""
    key: str = ""
    plain_link: bool = False


@dataclass(frozen=True, slots=True)
class BriefingBox:
    """A part of the mail that is not a story, such as a notice. `text` is Markdown; `label` says for whom it is."""

    title: str
    text: str
    label: str = ""
    place: Literal["top", "end"] = "end"


@dataclass(frozen=True, slots=True)
class BriefingSponsor:
    """A paid box, always labelled."""

    label: str
    headline: str
    text: str
    url: str


@dataclass(frozen=True, slots=True)
class Publication:
    """Who publishes: name, web site, postal address, and the address that answers go to."""

    name: str
    url: str
    postal: str
    email: str
    logo_light: BriefingPicture | None = None
    logo_dark: BriefingPicture | None = None


@dataclass(frozen=True, slots=True)
class Briefing:
    """Everything a newsletter mail shows. `intro` is Markdown; `base_url` has no trailing slash."""

    newsletter: str
    publication: Publication
    subject: str
    date_long: str
    base_url: str
    web_url: str
    signup_url: str
    preheader: str = ""
    strap: str = ""
    intro: str = ""
    signed: str = ""
    language: str = "en"
    lead: BriefingStory | None = None
    sections: tuple[BriefingSection, ...] = ()
    also: tuple[AlsoItem, ...] = ()
    corrections: tuple[str, ...] = ()
    sponsor: BriefingSponsor | None = None
    why: str = ""
    forward_url: str = ""
    theme: Mapping[str, Any] = field(default_factory=dict)
    template: str = "briefing"
    link_parameters: str = ""  # of the query of stories' links, such as utm_source=…
    boxes: tuple[BriefingBox, ...] = ()
    list_name: str = ""  # of the list it goes to: the merge field {{ list }}
    web: bool = False  # the page of the archive: it was sent to nobody, so it has no merge fields


@dataclass(frozen=True, slots=True)
class TransactionalContent:
    """A short mail about the subscription itself, with one button."""

    subject: str
    heading: str
    paragraphs: tuple[str, ...]
    button_text: str
    button_url: str
    publication: Publication
    small: tuple[str, ...] = ()
    language: str = "en"
    theme: Mapping[str, Any] = field(default_factory=dict)


class ProblemLevel(StrEnum):
    """What a problem of a rendering does: it must be fixed before there is a mail, or deserves attention."""

    BLOCK = "block"
    WARN = "warn"


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a rendering. `where` names the field, story or template line."""

    level: ProblemLevel
    where: str
    message: str


@dataclass(frozen=True, slots=True)
class MergeField:
    """A token in the mail that stands for a value of the recipient.

    `html` says that the value must be escaped for HTML, which substitution at the provider does not do
    (SendGrid fact 12). `fallback` stands in for an empty value.
    """

    token: str
    field: Literal["email", "first_name", "token", "date", "list"]
    fallback: str = ""
    html: bool = False


@dataclass(frozen=True, slots=True)
class Rendered:
    """A finished mail with its merge tokens. With blocking problems `html` and `text` may be empty."""

    subject: str
    preheader: str
    html: str
    text: str
    problems: tuple[Problem, ...] = ()
    merge: tuple[MergeField, ...] = ()

    @property
    def sha256(self) -> str:
        """The hash of subject, html and text; no two different mails share it."""
        parts = (self.subject.encode(), self.html.encode(), self.text.encode())
        return hashlib.sha256(b"".join(len(part).to_bytes(8, "big") + part for part in parts)).hexdigest()

    @property
    def blocked(self) -> bool:
        """Whether something must be fixed before this may be sent."""
        return any(problem.level == ProblemLevel.BLOCK for problem in self.problems)
