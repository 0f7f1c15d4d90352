"""Sources and articles as frozen values, never rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from newsletter.curator.articles.states import ArticleOrigin, ArticleStanding, FetchState, SourceState


@dataclass(frozen=True, slots=True)
class Source:
    """A feed we read and how it is doing."""

    id: int
    url: str
    title: str
    homepage: str
    active: bool
    added_at: datetime
    fetched_at: datetime | None
    fresh_at: datetime | None
    next_at: datetime | None
    failures: int
    error: str

    @property
    def state(self) -> SourceState:
        """How it does: late once a fetch failed, fresh once one succeeded."""
        return SourceState.LATE if self.error else SourceState.FRESH if self.fresh_at else SourceState.NEVER

    @property
    def is_file(self) -> bool:
        """Files are read by the command line alone, never when due."""
        return self.url.startswith("file:")


@dataclass(frozen=True, slots=True)
class SourceHealth:
    """What a feed brought recently: new articles in the last seven days, and when the last one came."""

    new_in_week: int = 0
    newest_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class SourceFilter:
    """Which feeds a list shows. `text`: a part of their title or address."""

    state: SourceState | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class SourceReport:
    """What reading one feed gave: `seen` counts its entries, `added` the new articles."""

    source_id: int
    url: str
    title: str
    state: FetchState
    added: int = 0
    seen: int = 0
    error: str = ""


@dataclass(frozen=True, slots=True)
class Article:
    """One story taken from a source."""

    id: int
    source_id: int | None
    origin: ArticleOrigin
    url: str
    canonical_url: str
    title: str
    dek: str
    text: str
    byline: str
    published_at: datetime | None
    language: str
    publisher: str
    biography: str
    image_url: str
    image_alt: str
    image_caption: str
    image_credit: str
    picture_id: int | None
    added_at: datetime
    section: str = ""
    paywalled: bool = False
    standing: ArticleStanding = ArticleStanding.NEW
    eligible_from: date | None = None
    eligible_until: date | None = None
    version: int = 1


@dataclass(frozen=True, slots=True)
class ArticleFilter:
    """Which articles a list shows. `text`: each of its words begins a word of theirs."""

    source_id: int | None = None
    standing: ArticleStanding | None = None
    added_between: tuple[datetime, datetime] | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class ArticleRow:
    """An article as a list shows it: without its text."""

    id: int
    url: str
    title: str
    publisher: str
    source: str
    byline: str
    published_at: datetime | None
    added_at: datetime
    standing: ArticleStanding
    picture_id: int | None


@dataclass(frozen=True, slots=True)
class ArticleNote:
    """A note of an editor."""

    text: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ArticleLabels:
    """What the desk says about an article; None: as it is."""

    tags: tuple[str, ...] | None = None
    eligible_from: date | None = None
    eligible_until: date | None = None
    note: str = ""

    @property
    def has_dates(self) -> bool:
        """Whether it says when the article may run, for all newsletters."""
        return self.eligible_from is not None or self.eligible_until is not None

    @property
    def acts_on_pool(self) -> bool:
        """Whether it changes what every newsletter sees of the article; a note is only added."""
        return self.tags is not None or self.has_dates


@dataclass(frozen=True, slots=True)
class AddedArticle:
    """An article that was added, or was known already; what went wrong on the side is in `warnings`."""

    article: Article
    created: bool
    warnings: tuple[str, ...] = ()
