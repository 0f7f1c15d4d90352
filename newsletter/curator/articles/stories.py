"""Assigns each article to the story it covers, as articles come in."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models.functions import Substr

from newsletter.curator.articles import grouping, models, near_duplicates

WITHIN = timedelta(days=5)  # since an article was first seen: later ones are about another event
MOST_ARTICLES = 4000  # articles, the latest: some five seconds


def group_new(now: datetime) -> int:
    """Gives a story to every article of the last days that has none, and lets the others' change with what it shows.

    Returns how many got one. Any number of processes may do it at once: the next one settles what they disagree on.
    """
    recent = models.Article.objects.filter(added_at__gte=now - WITHIN)
    if not recent.filter(story=None).exists():
        return 0
    rows = list(
        recent.annotate(top=Substr("text", 1, grouping.LONGEST_TEXT))
        .order_by("-added_at", "-id")
        .values_list("id", "story_id", "title", "dek", "top", "published_at")[:MOST_ARTICLES]
    )
    articles = [
        {
            "title": title,
            "text": f"{dek}\n{top}" if dek and not top.startswith(dek[:40]) else top or dek,
            "published_at": at,
        }
        for _, _, title, dek, top, at in rows
    ]
    known: list[int | None] = [story_id for _, story_id, *_ in rows]
    found = grouping.regroup(articles, known) if any(known) else grouping.group(articles)
    kept = grouping.match_groups(known, found)
    with transaction.atomic():
        made: dict[int, int] = {}
        of_story: dict[int, list[int]] = {}
        for (article_id, story_id, *_), number, old in zip(rows, found, kept, strict=True):
            if old is None and number not in made:
                made[number] = models.Story.objects.create(created_at=now).pk
            new = made[number] if old is None else int(str(old))
            if new != story_id:
                of_story.setdefault(new, []).append(article_id)
        for story_id, ids in of_story.items():
            models.Article.objects.filter(id__in=ids).update(story_id=story_id)
        _record_copies([(row[0], str(each["text"])) for row, each in zip(rows, articles, strict=True)], found)
    return known.count(None)


def _record_copies(texts: list[tuple[int, str]], groups: list[int]) -> None:
    """Notes which articles of a story print another's text; the one that came first is the original."""
    by_group: dict[int, list[tuple[int, str]]] = {}
    for each, group in zip(reversed(texts), reversed(groups), strict=True):  # the rows are the latest first
        by_group.setdefault(group, []).append(each)
    for some in (some for some in by_group.values() if len(some) > 1):
        for (article_id, _), original in zip(
            some, near_duplicates.find_originals([text for _, text in some]), strict=True
        ):
            if original is not None:
                models.Article.objects.filter(id=article_id, copy_of=None).update(copy_of_id=some[original][0])
