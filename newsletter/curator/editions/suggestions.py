"""Suggests stories for the free places of an edition."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from newsletter.catalog import newsletters
from newsletter.curator.articles import article_lookup, models, stories
from newsletter.curator.articles.resources import Fetcher
from newsletter.curator.articles.states import ArticleStanding
from newsletter.curator.editions import edition_lookup, picks, pool, ranking, rules
from newsletter.curator.editions.editions import (
    EditionTexts,
    apply_edit,
    create_edition,
    get_newsletter_id,
    write_texts,
)
from newsletter.curator.editions.values import Edition, SuggestedArticle
from newsletter.kernel.actors import Actor, Verb, require_right
from newsletter.templater.merge_fields import quote_fields

MOST_CANDIDATES = 400
NEW_FEED = timedelta(hours=1)  # what it brings within this is its archive


def create_suggested_edition(
    newsletter_id: int,
    on: date | None,
    *,
    wanted: int | None = None,
    number: int = 1,
    fetch: Fetcher | None = None,
    by: Actor,
    now: datetime,
) -> Edition:
    """Makes and fills the edition of a day (None: today in the newsletter's zone), or another one of that day.

    Raises Refused when there is one.
    """
    made = create_edition(newsletter_id, on, number=number, by=by, now=now)
    return suggest_picks(made.id, wanted=wanted, fetch=fetch, by=by, now=now)


def suggest_picks(
    edition_id: int,
    *,
    wanted: int | None = None,
    fetch: Fetcher | None = None,
    by: Actor,
    now: datetime,
    keep_approval: bool = False,
) -> Edition:
    """Fills the free places with fresh, varied stories that did not run, best first; adds a subject and preheader.

    A picture comes along only when its credit is known: one without would block approval.
    """
    require_right(by, Verb.EDIT, newsletter_id=get_newsletter_id(edition_id))
    suggested = list_suggestions(edition_id, now=now, wanted=wanted)
    articles = models.Article.objects.in_bulk([each.article.id for each in suggested])
    for article in articles.values():
        if article.image_credit:
            picks.fetch_picture(article, fetch, now)

    def place(row: Any, before: Edition) -> None:
        taken = set(row.picks.values_list("article_id", flat=True))
        for each in suggested:
            article = articles.get(each.article.id)
            # Since they were suggested, somebody may have picked one, here or for another newsletter.
            if article is not None and article.id not in taken and not picks.find_pick_obstacle(article, edition_id):
                picks.place_article(row, article, each.section, because=each.reason)
        write_texts(edition_id, _suggest_texts(edition_lookup.get_edition(edition_id)))

    return apply_edit(edition_id, place, action="suggested stories", by=by, now=now, keep_approval=keep_approval)


def list_suggestions(edition_id: int, *, now: datetime, wanted: int | None = None) -> tuple[SuggestedArticle, ...]:
    """What would be suggested for the free places of an edition, in the order of its sections, each with the reason."""
    edition = edition_lookup.get_edition(edition_id)
    newsletter = newsletters.get_newsletter(edition.newsletter_id)
    places = max(0, (wanted or newsletter.stories_wanted) - len(edition.picks))
    if not places:
        return ()
    stories.group_new(now)
    rows = {row.id: row for row in pool.list_candidates(edition, now, most=MOST_CANDIDATES)}
    if not rows:
        return ()
    free = {
        section.key: max(0, section.quota - sum(pick.section == section.key for pick in edition.picks))
        for section in newsletter.sections
    }
    ran = pool.find_earlier_runs(rows.values(), on=edition.date, besides=edition.id)
    picked = {pick.article_id for pick in edition.picks}
    taken = models.Article.objects.filter(id__in=picked).values_list("story_id", flat=True)
    found = ranking.suggest(
        [_to_candidate(row) for row in rows.values()],
        wanted=places,
        now=now,
        already_ran=picked | ran.keys(),
        groups_taken={story_id for story_id in taken if story_id},
        rules=rules.list_ranking_rules(newsletter.id),
        track_record=rules.build_track_record(newsletter.id),
        quotas=free,
        publishers_taken=[pick.publisher for pick in edition.picks],
        titles_taken=[pick.headline for pick in edition.picks],
    )
    return tuple(
        SuggestedArticle(article_lookup.to_article(rows[each.id]), section, each.score, each.reason)
        for each, section in _assign_sections(found, free, list(free))
    )


def explain_suggestions(edition_id: int, *, now: datetime) -> str:
    """Why nothing more is suggested for an edition: how many articles were looked at, and what became of them."""
    edition = edition_lookup.get_edition(edition_id)
    wanted = newsletters.get_newsletter(edition.newsletter_id).stories_wanted
    if len(edition.picks) >= wanted:
        return f"Nothing is suggested: all {wanted} places are taken."
    rows = pool.list_candidates(edition, now, most=MOST_CANDIDATES)
    picked = {pick.article_id for pick in edition.picks}
    taken = {row.story_id for row in rows if row.id in picked and row.story_id}
    rest = [row for row in rows if row.id not in picked]
    ran = pool.find_earlier_runs(rest, on=edition.date, besides=edition.id)
    free = [row for row in rest if row.id not in ran]
    same = sum(row.story_id in taken for row in free)
    reasons = (
        (len(rows) - len(rest), "in this edition already"),
        (len(ran), "run before, or reserved"),
        (same, "about a story in this edition"),
        (len(free) - same, "muted, too old, or for a section that is full"),
    )
    said = ", ".join(f"{count} {reason}" for count, reason in reasons if count)
    if not rows:
        return "Nothing is suggested: no article has come in that may run on this day."
    return f"Nothing is suggested. Articles looked at: {len(rows)}, of which {said}."


def _assign_sections(
    found: Sequence[ranking.Suggestion], free: dict[str, int], keys: Sequence[str]
) -> list[tuple[ranking.Suggestion, str]]:
    """Each suggestion with its section (of its rule, else the first not full, else the last), in section order."""
    left = dict(free)
    for each in found:
        if each.section:
            left[each.section] -= 1
    placed = []
    for each in found:
        section = each.section or next((key for key in keys if left[key] > 0), keys[-1])
        if not each.section:
            left[section] -= 1
        placed.append((each, section))
    return sorted(placed, key=lambda pair: keys.index(pair[1]))


def _to_candidate(row: models.Article) -> ranking.RankingCandidate:
    return ranking.RankingCandidate(
        id=row.id,
        title=row.title,
        publisher=row.publisher,
        at=row.published_at or row.added_at,
        group=row.story_id or -row.id,
        has_picture=bool(row.picture_id or row.image_url),
        words=len((row.text or row.dek).split()),
        dek=row.dek,
        source_id=row.source_id,
        tags=tuple(tag.name for tag in row.tags.all()),
        shortlisted=row.standing == ArticleStanding.SHORTLISTED,
        paywalled=row.paywalled,
        is_copy=row.copy_of_id is not None,
        came_with_feed=row.source is not None and row.added_at - row.source.added_at < NEW_FEED,
    )


def _suggest_texts(edition: Edition) -> EditionTexts:
    """Subject and preheader where there is none yet, of the stories that come first."""
    in_order = sorted(edition.picks, key=lambda each: each.number)
    texts: EditionTexts = {}
    if in_order and not edition.subject:
        texts["subject"] = quote_fields(_shorten(in_order[0].headline, 78))
    if len(in_order) > 1 and not edition.preheader:
        plus = "Plus: " + "; ".join(each.headline for each in in_order[1:3])
        texts["preheader"] = quote_fields(_shorten(plus, 140))
    return texts


def _shorten(text: str, length: int) -> str:
    """Whole sentences if they fit, else whole words and an ellipsis."""
    flat = " ".join(text.split())
    if len(flat) <= length:
        return flat
    cut = flat[: length - 1]
    sentence = max(cut.rfind(mark) for mark in (". ", "! ", "? "))
    if sentence > length // 2:
        return cut[: sentence + 1]
    return cut[: cut.rfind(" ")].rstrip(" ,;:–—-") + "…" if " " in cut else cut + "…"
