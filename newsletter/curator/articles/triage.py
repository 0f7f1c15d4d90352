"""What editors decide about an article: its standing, its tags, the dates it may run, and notes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime

from django.db import transaction
from django.db.models import F

from newsletter.accounts.user_names import get_user_name
from newsletter.curator.articles import article_lookup, models, rights
from newsletter.curator.articles.states import ArticleStanding
from newsletter.curator.articles.values import Article
from newsletter.kernel.actors import ActionRecord, Actor, Verb, require_right_somewhere
from newsletter.kernel.changes import select_changes
from newsletter.kernel.errors import BadInput, Conflict, NotFound
from newsletter.kernel.sentences import phrase

LONGEST_TAG, MOST_TAGS = 40, 20
LONGEST_NOTE, MOST_NOTES = 1000, 100
LABELS = {"standing": "State", "eligible_from": "May run from", "eligible_until": "May run until"}


def set_standing(article_id: int, standing: str, *, seen: str | None, by: Actor, now: datetime) -> Article:
    """Sets an article new, shortlisted or ignored; `seen` is what it was.

    Raises NotAllowed, also where it is ignored, or was, for newsletters that `by` may not edit; BadInput, NotFound,
    Conflict.
    """
    if standing not in frozenset(ArticleStanding):
        raise BadInput(f"An article can be {', '.join(ArticleStanding)}, not “{standing}”.", "state")
    require_right_somewhere(by, Verb.EDIT)

    def act(row: models.Article, changes: Mapping[str, str]) -> None:
        rights.require_right_to_mark(by, standing, row.standing)
        row.standing = standing

    given, was = {"standing": standing}, None if seen is None else {"standing": seen}
    return _change_article(article_id, given, was, act, action=f"marked {standing}", by=by, now=now)


def set_tags(article_id: int, names: Iterable[str], *, seen: Iterable[str] | None, by: Actor, now: datetime) -> Article:
    """Gives an article these tags and no others; `seen` are those it had. Tags are in lower case.

    Raises BadInput, NotFound, Conflict.
    """
    wanted = check_tags(names)
    require_right_somewhere(by, Verb.EDIT)
    given = {"tags": ", ".join(wanted)}
    was = None if seen is None else {"tags": ", ".join(_to_tags(seen))}
    return _change_article(
        article_id, given, was, lambda row, changes: write_tags(row, wanted), action="tagged", by=by, now=now
    )


def set_eligible_dates(
    article_id: int,
    *,
    first: date | None,
    last: date | None,
    seen: tuple[date | None, date | None] | None,
    by: Actor,
    now: datetime,
) -> Article:
    """Sets the first and last edition date an article may run; None: no limit. `seen` are those it had.

    Raises NotAllowed without the right for all newsletters, BadInput, NotFound, Conflict.
    """
    check_eligible_dates(first, last)
    rights.require_right_for_all(by)

    def act(row: models.Article, changes: Mapping[str, str]) -> None:
        row.eligible_from = first if "eligible_from" in changes else row.eligible_from
        row.eligible_until = last if "eligible_until" in changes else row.eligible_until
        check_eligible_dates(row.eligible_from, row.eligible_until)

    given = _describe_dates(first, last)
    was = None if seen is None else _describe_dates(*seen)
    return _change_article(article_id, given, was, act, action="set days of", by=by, now=now)


def add_note(article_id: int, text: str, *, by: Actor, now: datetime) -> None:
    """Adds a note. Raises BadInput for an empty or a long one, or when there are too many; NotFound."""
    require_right_somewhere(by, Verb.EDIT)
    flat = check_note(text)
    with transaction.atomic():
        row = _get_row(article_id)
        if row.notes.count() >= MOST_NOTES:
            raise BadInput(f"This article has {MOST_NOTES} notes, which is the most.", "note")
        models.ArticleNote.objects.create(article=row, text=flat, by=by.name[:254], at=now)
        by.record(ActionRecord("noted", f"article {article_id}", now, after={"note": flat}))


def check_tags(names: Iterable[str]) -> list[str]:
    """The tags as they are stored. Raises BadInput for too many, and for what is none."""
    wanted = _to_tags(names)
    if len(wanted) > MOST_TAGS:
        raise BadInput(f"An article can have {MOST_TAGS} tags; these are {len(wanted)}.", "tags")
    for name in wanted:
        if len(name) > LONGEST_TAG or "," in name:
            raise BadInput(f"“{name[:60]}” is not a tag: {LONGEST_TAG} characters are the most, and no comma.", "tags")
    return wanted


def check_eligible_dates(first: date | None, last: date | None) -> None:
    """Raises BadInput for days on which an article could never run."""
    if first and last and last < first:
        raise BadInput(f"It could never run: the last day, {last}, is before the first, {first}.", "until")


def check_note(text: str) -> str:
    """The note as it is stored. Raises BadInput."""
    flat = " ".join(text.replace("\0", "").split())
    if not flat:
        raise BadInput("The note is empty.", "note")
    if len(flat) > LONGEST_NOTE:
        raise BadInput(f"The note has {len(flat)} characters; {LONGEST_NOTE} are the most.", "note")
    return flat


def write_tags(row: models.Article, wanted: Iterable[str]) -> None:
    """Stores tags that were checked, and takes away all others."""
    names = list(wanted)
    row.tags.exclude(name__in=names).delete()
    known = set(row.tags.values_list("name", flat=True))
    models.ArticleTag.objects.bulk_create(
        models.ArticleTag(article=row, name=name) for name in names if name not in known
    )


def _to_tags(names: Iterable[str]) -> list[str]:
    return sorted({" ".join(name.split()).casefold() for name in names} - {""})


def _change_article(
    article_id: int,
    given: Mapping[str, str],
    seen: Mapping[str, str] | None,
    act: Callable[[models.Article, Mapping[str, str]], object],
    *,
    action: str,
    by: Actor,
    now: datetime,
) -> Article:
    """One change of some fields, refused when somebody else changed these meanwhile."""
    with transaction.atomic():
        # Changes of one article take turns.
        if not models.Article.objects.filter(id=article_id).update(version=F("version")):
            raise _not_found(article_id)
        row = _get_row(article_id)
        before = _describe(row)
        try:
            changes = select_changes(before, given, seen, labels=LABELS)
        except Conflict as conflict:
            raise Conflict(
                phrase(
                    "{name} changed this article since you looked. Look again; what you entered was not saved.",
                    name=get_user_name(row.changed_by) or phrase("Somebody"),
                ),
                [replace(each, by=row.changed_by) for each in conflict.differences],
            ) from None
        if changes:
            act(row, changes)
            row.version, row.changed_by = row.version + 1, by.name[:254]
            row.save(update_fields=["standing", "eligible_from", "eligible_until", "version", "changed_by"])
            was = {name: before[name] for name in changes}
            by.record(ActionRecord(action, f"article {article_id}", now, before=was, after=changes))
    return article_lookup.get_article(article_id)


def _describe(row: models.Article) -> dict[str, str]:
    tags = ", ".join(sorted(row.tags.values_list("name", flat=True)))
    return {"standing": row.standing, "tags": tags} | _describe_dates(row.eligible_from, row.eligible_until)


def _describe_dates(first: date | None, last: date | None) -> dict[str, str]:
    return {
        "eligible_from": first.isoformat() if first else "",
        "eligible_until": last.isoformat() if last else "",
    }


def _get_row(article_id: int) -> models.Article:
    row = models.Article.objects.filter(id=article_id).first()
    if row is None:
        raise _not_found(article_id)
    return row


def _not_found(article_id: int) -> NotFound:
    return NotFound(
        f"There is no article {article_id}.", command_hint="Search them with: newsletter articles list --query TEXT"
    )
