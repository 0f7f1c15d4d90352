"""What editors decide about an article: its standing, its tags, the dates it may run, and notes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime

from django.db import transaction

from newsletter.curator.articles import article_lookup, models
from newsletter.curator.articles.states import ArticleStanding
from newsletter.curator.articles.values import Article
from newsletter.kernel.errors import BadInput, Conflict, NotFound

LONGEST_TAG, MOST_TAGS = 40, 20
LONGEST_NOTE, MOST_NOTES = 1000, 100


def set_standing(article_id: int, standing: str, *, by: str, version: int | None = None) -> Article:
    """Sets an article new, shortlisted or ignored. Raises BadInput, NotFound, Conflict."""
    if standing not in frozenset(ArticleStanding):
        raise BadInput(f"An article can be {', '.join(ArticleStanding)}, not “{standing}”.", "state")
    return _change_article(article_id, version, by, lambda row: setattr(row, "standing", standing))


def set_tags(article_id: int, names: Iterable[str], *, by: str, version: int | None = None) -> Article:
    """Gives an article these tags and no others. Tags are in lower case. Raises BadInput, NotFound, Conflict."""
    wanted = sorted({" ".join(name.split()).casefold() for name in names} - {""})
    if len(wanted) > MOST_TAGS:
        raise BadInput(f"An article can have {MOST_TAGS} tags; these are {len(wanted)}.", "tags")
    for name in wanted:
        if len(name) > LONGEST_TAG or "," in name:
            raise BadInput(f"“{name[:60]}” is not a tag: {LONGEST_TAG} characters are the most, and no comma.", "tags")

    def act(row: models.Article) -> None:
        row.tags.exclude(name__in=wanted).delete()
        known = set(row.tags.values_list("name", flat=True))
        models.ArticleTag.objects.bulk_create(
            models.ArticleTag(article=row, name=name) for name in wanted if name not in known
        )

    return _change_article(article_id, version, by, act)


def set_eligible_dates(
    article_id: int, *, first: date | None, last: date | None, by: str, version: int | None = None
) -> Article:
    """Sets the first and last edition date an article may run; None: no limit. Raises BadInput, NotFound, Conflict."""
    if first and last and last < first:
        raise BadInput(f"It could never run: the last day, {last}, is before the first, {first}.", "until")

    def act(row: models.Article) -> None:
        row.eligible_from, row.eligible_until = first, last

    return _change_article(article_id, version, by, act)


def add_note(article_id: int, text: str, *, by: str, now: datetime) -> None:
    """Adds a note. Raises BadInput for an empty or a long one, or when there are too many; NotFound."""
    flat = " ".join(text.replace("\0", "").split())
    if not flat:
        raise BadInput("The note is empty.", "note")
    if len(flat) > LONGEST_NOTE:
        raise BadInput(f"The note has {len(flat)} characters; {LONGEST_NOTE} are the most.", "note")
    row = models.Article.objects.filter(id=article_id).first()
    if row is None:
        raise _not_found(article_id)
    if row.notes.count() >= MOST_NOTES:
        raise BadInput(f"This article has {MOST_NOTES} notes, which is the most.", "note")
    models.ArticleNote.objects.create(article=row, text=flat, by=by, at=now)


def _change_article(article_id: int, version: int | None, by: str, act: Callable[[models.Article], object]) -> Article:
    """One change: refused when `version` is not the present one."""
    with transaction.atomic():
        row = models.Article.objects.select_for_update().filter(id=article_id).first()
        if row is None:
            raise _not_found(article_id)
        mine = models.Article.objects.filter(id=article_id, version=row.version)
        if (version is not None and version != row.version) or not mine.update(
            version=row.version + 1, changed_by=by[:254]
        ):
            raise Conflict(
                f"{row.changed_by or 'Somebody'} changed this article since you looked. Look again; what you entered "
                f"was not saved."
            )
        act(row)
        row.save(update_fields=["standing", "eligible_from", "eligible_until"])
    return article_lookup.get_article(article_id)


def _not_found(article_id: int) -> NotFound:
    return NotFound(f"There is no article {article_id}. Search them with: newsletter articles list --query TEXT")
