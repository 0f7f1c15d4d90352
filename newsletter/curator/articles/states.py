"""States of articles and of reading a feed. Pure."""

from __future__ import annotations

from newsletter.kernel.enums import LabelledEnum


class ArticleStanding(LabelledEnum):
    """What an editor decided about an article; whether it is picked or ran, its picks know."""

    NEW = "new"
    SHORTLISTED = "shortlisted"
    IGNORED = "ignored"


class ArticleOrigin(LabelledEnum):
    """How an article came in."""

    FEED = "feed"
    PAGE = "page"
    FILE = "file"
    PASTED = "pasted"
    PUSHED = "pushed"  # by the newsroom's own system


class SourceState(LabelledEnum):
    """How a source does, over its fetches."""

    FRESH = "fresh"
    LATE = "late"  # its last fetch failed
    NEVER = "never"

    @classmethod
    def special_labels(cls) -> dict[str, str]:
        return {cls.NEVER: "Not fetched yet"}


class FetchState(LabelledEnum):
    """What reading a feed gave."""

    FRESH = "fresh"
    UNCHANGED = "unchanged"
    FAILED = "failed"
