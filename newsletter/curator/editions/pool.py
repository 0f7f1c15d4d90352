"""The pool: what is on offer for an edition, and what speaks against it. Reads only.

articles ─▶ searched, filtered ─▶ with other publishers · earlier runs · state · notes
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple

from django.db.models import (
    BooleanField,
    Count,
    DateTimeField,
    Exists,
    ExpressionWrapper,
    F,
    OuterRef,
    Q,
    QuerySet,
    TextField,
    Value,
)

from newsletter.catalog import newsletters
from newsletter.catalog.pictures import to_picture
from newsletter.catalog.values import Newsletter
from newsletter.curator.articles import article_lookup, search
from newsletter.curator.articles.models import Article
from newsletter.curator.articles.states import ArticleStanding
from newsletter.curator.articles.values import ArticleNote
from newsletter.curator.editions import edition_lookup, models, transitions
from newsletter.curator.editions.states import OUT_STATES, EditionState, PoolState
from newsletter.curator.editions.values import Edition, PoolArticle, PoolCounts, StoryArticle
from newsletter.kernel.errors import BadInput
from newsletter.kernel.sentences import mark, phrase

RAN_WITHIN = timedelta(days=14)
NEW_WITHIN = timedelta(days=4)  # at least; since we first saw it: a feed's own date is the wrong test for “new”
LATEST_FIRST = (F("published_at").desc(nulls_last=True), "-id")  # databases differ on where no date belongs
PAGE_SIZE = 60
COUNTED_BACK = timedelta(days=30)  # what is left out before that is not counted: an archive has years


@dataclass(frozen=True, slots=True)
class PoolFilter:
    """What an editor looks for; "" and None are anything."""

    query: str = ""
    state: str = PoolState.OFFERED  # any other word is refused
    source_id: int | None = None
    tag: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class PoolScope:
    """What is on offer for an edition without a search: what came within these times, and not during a pause."""

    edition: Edition
    newsletter: Newsletter
    since: datetime
    until: datetime | None  # the cut-off: what came after it is the next edition's
    runs: Sequence[Run]  # in the editions around it


def find_scope(
    edition: Edition, newsletter: Newsletter, runs: Sequence[Run] | None = None, *, now: datetime
) -> PoolScope:
    """What is on offer for an edition: found out once for the pool and what is counted of it.

    `runs` is what `list_runs` gives for its day, where that was read.
    """
    cut_off, own_cut_off = transitions.select_cut_off(OuterRef("pk")), transitions.select_cut_off(edition.id)
    last = edition_lookup.find_last_out(newsletter.id, besides=edition.id, cut_off=cut_off, own_cut_off=own_cut_off)
    since = _collect_since(newsletter, (last["cut_off"] or last["out_since"]) if last else None, now)
    until = last["own_cut_off"] if last else transitions.find_cut_off(edition.id)
    return PoolScope(edition, newsletter, since, until, list_runs(edition.date) if runs is None else runs)


def list_pool(
    scope: PoolScope, filters: PoolFilter = PoolFilter(), *, limit: int = PAGE_SIZE
) -> tuple[PoolArticle, ...]:
    """Articles on offer for an edition, newest first: without a search those first seen in the last days.

    Raises BadInput for a state that is none.
    """
    shown = scope.edition
    rows = list(
        _filter_articles(filters, scope)
        .defer("text", "biography")
        .annotate(has_text=ExpressionWrapper(~Q(text=""), output_field=BooleanField()))
        .select_related("copy_of", "picture")[:limit]
    )
    tags, notes = _list_tags_and_notes([row.id for row in rows])
    told = _list_by_story({row.story_id for row in rows if row.story_id})
    ran = _describe_runs(rows, scope.runs, on=shown.date, besides=shown.id)
    used = {pick.article_id: pick.number for pick in shown.picks}
    return tuple(
        PoolArticle(
            article=article_lookup.to_article(row),
            articles_in_story=len(told.get(row.story_id or 0, ())) or 1,
            pick_number=used.get(row.id, 0),
            ran=ran.get(row.id, ""),
            other_publishers=_other_publishers(row, told.get(row.story_id or 0, {}).values()),
            others=tuple(each for id_, each in told.get(row.story_id or 0, {}).items() if id_ != row.id),
            state=_state(row),
            tags=tuple(sorted(tags[row.id])),
            notes=tuple(sorted(notes[row.id], key=lambda note: note.at)),
            copy_of=(row.copy_of.publisher or "another paper") if row.copy_of else "",
            obstacle=find_obstacle(row, shown, ran.get(row.id, "")),
            picture_name=to_picture(row.picture).name if row.picture else "",
            has_text=row.has_text,
        )
        for row in rows
    )


def count_pool(scope: PoolScope, filters: PoolFilter = PoolFilter()) -> PoolCounts:
    """How many articles a filter finds in each state, and how many the pool leaves out without a search, by reason."""
    found = _search_articles(filters, scope).aggregate(
        **{state.value: Count("pk", filter=condition) for state, condition in _CONDITIONS.items()}
    )
    since, cut_off = scope.since, scope.until
    counted = Article.objects.filter(added_at__gte=since - COUNTED_BACK)
    others = [each for each in ArticleStanding if each != ArticleStanding.SHORTLISTED]
    left_out = counted.filter(standing__in=others).aggregate(  # so that an index has all of it
        too_old=Count("pk", filter=Q(added_at__lt=since)),
        too_late=Count("pk", filter=Q(added_at__gte=cut_off) if cut_off else Q(pk__in=())),
        ignored=Count("pk", filter=Q(standing=ArticleStanding.IGNORED, added_at__gte=since)),
    )
    return PoolCounts(by_state={state: found[state.value] for state in _CONDITIONS}, since=since, **left_out)


def list_candidates(edition: Edition, now: datetime, *, most: int) -> list[Article]:
    """The articles that may be suggested for an edition: recent, not ignored, and eligible on its date."""
    scope = find_scope(edition, newsletters.get_newsletter(edition.newsletter_id), now=now)
    rows = _filter_articles(PoolFilter(), scope).filter(
        Q(eligible_from=None) | Q(eligible_from__lte=edition.date),
        Q(eligible_until=None) | Q(eligible_until__gte=edition.date),
    )
    return list(rows.select_related("source").prefetch_related("tags")[:most])


def _collect_since(newsletter: Newsletter, last: datetime | None, now: datetime) -> datetime:
    """From when stories are on offer: those that came since the last edition was closed (`last`), and of the last days.

    So what came while dates were skipped is still there. An edition is closed by its cut-off, or its approval.
    """
    resumed = newsletter.collects_from if newsletter.collects_until is None else None
    if resumed is not None and (last is None or resumed > last):
        return resumed  # after a pause that an earlier version began, which did not keep when
    return min(now - NEW_WITHIN, last) if last else now - NEW_WITHIN


def _during_pause(newsletter: Newsletter) -> Q:
    """What came while the newsletter's schedule was paused: a pause collects nothing."""
    begun, ended = newsletter.collects_until, newsletter.collects_from
    if begun is None or ended is None:
        return Q(pk__in=())
    return Q(added_at__gte=begun, added_at__lt=ended)


_CONDITIONS = {  # of articles annotated with is_picked and has_run
    PoolState.OFFERED: ~Q(standing=ArticleStanding.IGNORED),
    PoolState.NEW: Q(standing=ArticleStanding.NEW, is_picked=False),
    PoolState.SHORTLISTED: Q(standing=ArticleStanding.SHORTLISTED, is_picked=False),
    PoolState.PICKED: Q(is_picked=True, has_run=False),
    PoolState.RUN: Q(has_run=True),
    PoolState.IGNORED: Q(standing=ArticleStanding.IGNORED),
    PoolState.ALL: Q(),
}


def _filter_articles(filters: PoolFilter, scope: PoolScope) -> QuerySet[Article]:
    try:
        state = PoolState(filters.state)
    except ValueError:
        raise BadInput(
            phrase("There is no state “{state}”. There are {names}.", state=filters.state, names=", ".join(PoolState)),
            "state",
        ) from None
    return _search_articles(filters, scope).filter(_CONDITIONS[state]).order_by(*LATEST_FIRST)


def _search_articles(filters: PoolFilter, scope: PoolScope) -> QuerySet[Article]:
    """What a filter finds, in whatever state."""
    rows = search.find_articles(filters.query)
    if not filters.query.strip():
        recent = Q(added_at__gte=scope.since) & ~_during_pause(scope.newsletter)
        rows = rows.filter(recent | Q(standing=ArticleStanding.SHORTLISTED))
        if scope.until is not None:
            rows = rows.filter(added_at__lt=scope.until)
    picks = models.Pick.objects.filter(article=OuterRef("pk")).exclude(edition__state=EditionState.SKIPPED)
    out = picks.filter(edition__state__in=OUT_STATES)
    rows = rows.annotate(is_picked=Exists(picks), has_run=Exists(out))
    if filters.source_id is not None:
        rows = rows.filter(source_id=filters.source_id)
    if filters.tag:
        rows = rows.filter(tags__name=filters.tag.strip().casefold())
    if filters.language:
        rows = rows.filter(language__istartswith=filters.language)
    return rows


def _state(row: Article) -> PoolState:
    if row.has_run:  # type: ignore[attr-defined]  # annotated above
        return PoolState.RUN
    return PoolState.PICKED if row.is_picked else PoolState(row.standing)  # type: ignore[attr-defined]


def _list_tags_and_notes(article_ids: Collection[int]) -> tuple[dict[int, list[str]], dict[int, list[ArticleNote]]]:
    """What the desk wrote about articles, by their ids, with one query."""
    nobody, never = Value("", TextField()), Value(None, DateTimeField())
    mine = Article.objects.filter(id__in=article_ids).order_by()
    tags = mine.exclude(tags=None).values_list("id", "tags__name", nobody, never)
    notes = mine.exclude(notes=None).values_list("id", "notes__text", "notes__by", "notes__at")
    tags_of: dict[int, list[str]] = defaultdict(list)
    notes_of: dict[int, list[ArticleNote]] = defaultdict(list)
    for article_id, text, by, at in tags.union(notes, all=True):
        if at is None:
            tags_of[article_id].append(text)
        else:
            notes_of[article_id].append(ArticleNote(text, by, at))
    return tags_of, notes_of


def _list_by_story(story_ids: set[int]) -> Mapping[int, Mapping[int, StoryArticle]]:
    """The articles of each story, by their ids."""
    told: dict[int, dict[int, StoryArticle]] = defaultdict(dict)
    rows = Article.objects.filter(story_id__in=story_ids).order_by(*LATEST_FIRST)
    for row in rows.only("story_id", "title", "publisher", "url", "published_at"):
        told[row.story_id or 0][row.id] = StoryArticle(row.title, row.publisher, row.url, row.published_at)
    return told


def _other_publishers(row: Article, told: Iterable[StoryArticle]) -> tuple[str, ...]:
    """The other publishers of the same story, each once."""
    return tuple(dict.fromkeys(each.publisher for each in told if each.publisher and each.publisher != row.publisher))


def find_obstacle(row: Article, edition: Edition, ran: str) -> str:
    """Why an article should not be picked for an edition, in words; "" for no reason."""
    if ran:
        return ran
    if row.eligible_from and edition.date < row.eligible_from:
        return phrase("held until {day}", day=row.eligible_from)
    if row.eligible_until and edition.date > row.eligible_until:
        return phrase("stale since {day}", day=row.eligible_until)
    return ""


class Run(NamedTuple):
    """An article in an edition. It has the names of an article's row."""

    id: int
    canonical_key: str
    title_key: str
    story_id: int | None
    edition_id: int
    state: str
    day: date
    newsletter: str


def find_earlier_runs(rows: Iterable[Article], *, on: date, besides: int | None) -> dict[int, str]:
    """For each article that ran in any newsletter within two weeks, or is to: where, in words.

    The same address or headline is the same article; failing that, another one of the same story counts as well.
    """
    return _describe_runs(rows, list_runs(on), on=on, besides=besides)


def find_runs_and_stories_of_picks(edition: Edition, runs: Iterable[Run]) -> tuple[dict[int, str], dict[int, int]]:
    """By the articles of an edition: where each ran besides, in words, and its story, where that is known.

    `runs` is what `list_runs` gives for its day.
    """
    own = [each for each in runs if each.edition_id == edition.id]
    stories = {each.id: each.story_id for each in own if each.story_id}
    return _describe_runs(own, runs, on=edition.date, besides=edition.id), stories


def list_runs(on: date) -> list[Run]:
    """What is in the editions of two weeks before and after a day, the earliest first."""
    picks = models.Pick.objects.filter(edition__date__gte=on - RAN_WITHIN, edition__date__lte=on + RAN_WITHIN)
    rows = picks.order_by("edition__date").values_list(
        "article_id",
        "article__canonical_key",
        "article__title_key",
        "article__story_id",
        "edition_id",
        "edition__state",
        "edition__date",
        "edition__newsletter__name",
    )
    return [Run(*row) for row in rows]


def _describe_runs(
    rows: Iterable[Article | Run], runs: Iterable[Run], *, on: date, besides: int | None
) -> dict[int, str]:
    by_key: dict[str, Run] = {}
    by_story: dict[int, Run] = {}
    for run in runs:
        if run.edition_id != besides and run.state != EditionState.SKIPPED:
            by_key[run.canonical_key] = by_key[f"title:{run.title_key}"] = run
            if run.story_id:
                by_story[run.story_id] = run
    found: dict[int, str] = {}
    for row in rows:
        itself = by_key.get(row.canonical_key) or by_key.get(f"title:{row.title_key}")
        ran = itself or by_story.get(row.story_id or 0)
        if ran:
            words = mark("reserved for {newsletter}, {day}") if ran.day > on else mark("ran {day} in {newsletter}")
            where = phrase(words, newsletter=ran.newsletter, day=ran.day)
            found[row.id] = where if itself else phrase("same story {where}", where=where)
    return found


def _format_day(day: date) -> str:
    return f"{day:%a} {day.day} {day:%b}"
