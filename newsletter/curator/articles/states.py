"""States of articles and of reading a feed. Pure."""

from __future__ import annotations

from enum import StrEnum


class ArticleStanding(StrEnum):
    """What an editor decided about an article; whether it is picked or ran, its picks know."""

    NEW = "new"
    SHORTLISTED = "shortlisted"
    IGNORED = "ignored"


class ArticleOrigin(StrEnum):
    """How an article came in."""

    FEED = "feed"
    PAGE = "page"
    FILE = "file"
    PASTED = "pasted"
    PUSHED = "pushed"  # by the newsroom's own system


class FetchState(StrEnum):
    """What reading a feed gave."""

    FRESH = "fresh"
    UNCHANGED = "unchanged"
    FAILED = "failed"
