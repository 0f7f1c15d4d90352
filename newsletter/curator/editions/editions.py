"""Editions: making, filling, editing. Every edit bumps the version and voids a standing approval."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction

from newsletter.catalog import newsletters
from newsletter.curator import models
from newsletter.curator.articles import blurbs, stories
from newsletter.curator.articles.intake import copy_picture
from newsletter.curator.articles.resources import Fetcher
from newsletter.curator.editions import edition_lookup, pool, ranking, rules, states, visibility
from newsletter.curator.editions.values import Edition, SuggestedArticle
from newsletter.kernel import clock, ids
from newsletter.kernel.errors import BadInput, Conflict, NotFound, Refused

WORDS_A_MINUTE = 230
MOST_CANDIDATES = 400
NEW_FEED = timedelta(hours=1)  # what it brings within this is its archive
_EDITION_TEXTS = {"subject": 300, "second_subject": 300, "preheader": 300, "intro": 20_000, "signed": 120}
_PICK_TEXTS = {
    "headline": 500, "blurb": 5000, "label": 60, "url": 2000, "publisher": 200, "byline": 300,
    "image_alt": 2000, "image_caption": 2000, "image_credit": 300,
}  # fmt: skip


def create_edition(
    newsletter_id: int,
    on: date | None,
    *,
    now: datetime,
    by: str,
    suggest: bool = False,
    wanted: int | None = None,
    fetch: Fetcher | None = None,
) -> Edition:
    """Makes the edition of a day (None: today in the newsletter's zone). Raises Refused when there is one already."""
    newsletter = newsletters.get_newsletter(newsletter_id)
    day = on or now.astimezone(clock.get_zone(newsletter.zone)).date()
    existing = edition_lookup.find_edition(newsletter_id, day)
    if existing:
        raise Refused(
            f"{newsletter.name} has an edition on {day} already: {existing.id}. See it with: newsletter editions show {existing.id}"
        )
    try:
        with transaction.atomic():
            row = models.Edition.objects.create(
                newsletter_id=newsletter_id,
                date=day,
                signed=newsletter.signed,
                created_at=now,
                changed_at=now,
            )
    except IntegrityError:
        raise Conflict(
            f"Somebody else made the edition of {day} at the same moment. See it with: newsletter editions list {newsletter.slug}"
        ) from None
    return suggest_picks(row.id, now=now, wanted=wanted, fetch=fetch) if suggest else edition_lookup.get_edition(row.id)


def suggest_picks(
    edition_id: int, *, now: datetime, wanted: int | None = None, fetch: Fetcher | None = None
) -> Edition:
    """Fills the free places with fresh, varied stories that did not run, the best ones first; words where there are none.

    A picture comes along only when its credit is known: one without would block approval.
    """
    edition = edition_lookup.get_edition(edition_id)
    for each in list_suggestions(edition_id, now=now, wanted=wanted):
        add_pick(edition.id, each.article.id, section=each.section, now=now, fetch=fetch, because=each.reason)
    return _suggest_subject(edition_id, now)


def list_suggestions(edition_id: int, *, now: datetime, wanted: int | None = None) -> tuple[SuggestedArticle, ...]:
    """What would be suggested for the free places of an edition, in the order of its sections, each with the reason."""
    edition = edition_lookup.get_edition(edition_id)
    newsletter = newsletters.get_newsletter(edition.newsletter_id)
    places = max(0, (wanted or newsletter.stories_wanted) - len(edition.picks))
    if not places:
        return ()
    stories.group_new(now)
    rows = {row.id: row for row in pool.list_candidates(edition, now, most=MOST_CANDIDATES)}
    free = {
        section.key: max(0, section.quota - sum(pick.section == section.key for pick in edition.picks))
        for section in newsletter.sections
    }
    ran = pool.find_earlier_runs(rows.values(), on=edition.date, besides=edition.id)
    picked = {pick.article_id for pick in edition.picks}
    told = models.Article.objects.filter(id__in=picked).values_list("story_id", flat=True)
    found = ranking.suggest(
        [_to_candidate(row) for row in rows.values()],
        wanted=places,
        now=now,
        already_ran=picked | ran.keys(),
        groups_taken={story_id for story_id in told if story_id},
        rules=rules.list_ranking_rules(newsletter.id),
        taste=rules.build_track_record(newsletter.id),
        quotas=free,
        publishers_taken=[pick.publisher for pick in edition.picks],
        titles_taken=[pick.headline for pick in edition.picks],
    )
    return tuple(
        SuggestedArticle(edition_lookup.to_article(rows[each.id]), section, each.score, each.reason)
        for each, section in _assign_sections(found, free, list(free))
    )


def _assign_sections(
    found: Sequence[ranking.Suggestion], free: dict[str, int], keys: Sequence[str]
) -> list[tuple[ranking.Suggestion, str]]:
    """Each suggestion with its section: that of its rule, else the first with room, else the last; in the order of sections."""
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
        shortlisted=row.standing == models.Article.Standing.SHORTLISTED,
        paywalled=row.paywalled,
        is_copy=row.copy_of_id is not None,
        came_with_feed=row.source is not None and row.added_at - row.source.added_at < NEW_FEED,
    )


def _suggest_subject(edition_id: int, now: datetime) -> Edition:
    edition = edition_lookup.get_edition(edition_id)
    if not edition.picks:
        return edition
    in_order = sorted(edition.picks, key=lambda each: each.number)
    fields: dict[str, Any] = {}
    if not edition.subject:
        fields["subject"] = _shorten(in_order[0].headline, 78)
    if not edition.preheader and len(in_order) > 1:
        fields["preheader"] = _shorten("Plus: " + "; ".join(each.headline for each in in_order[1:3]), 140)
    return edit_edition(edition_id, now=now, **fields) if fields else edition


def add_pick(
    edition_id: int,
    article_id: int,
    *,
    now: datetime,
    section: str | None = None,
    position: int | None = None,
    fetch: Fetcher | None = None,
    version: int | None = None,
    because: str = "",
    reason: str = "",
    by: str = "",
) -> Edition:
    """Places an article in an edition, its words and picture copied. The first story becomes the lead.

    `because` says why it was suggested; then a picture without a credit stays away. Raises Refused for what ran in the house
    of late, or may not run that day, unless there is a `reason`, which is kept with who gave it.
    """
    suggested = bool(because)
    article = models.Article.objects.filter(id=article_id).first()
    if article is None:
        raise NotFound(f"There is no article {article_id}. Search them with: newsletter articles list --query TEXT")
    again = _explain_repeat(article, edition_id, reason, by)
    if (
        article.picture_id is None
        and article.image_url
        and fetch is not None
        and (article.image_credit or not suggested)
    ):
        # Before the transaction: another server's pace must not lock us.
        copy_picture(article, article.image_url, now=now, fetch=fetch)
        article.save(update_fields=["picture"])

    def place(row: models.Edition) -> None:
        if row.picks.filter(article_id=article_id).exists():
            raise Refused(f"“{article.title}” is in this edition already.")
        key = _choose_section(row, section)
        first = not row.picks.exists()
        made = models.Pick.objects.create(
            edition=row,
            article=article,
            key=ids.generate_id(8),
            section=key,
            position=_next_position(row, key),
            size="l" if first else "m",
            because=because[:300],
            again_reason=again,
            **_copy_fields(article, with_picture=bool(article.image_credit) or not suggested),
        )
        if position is not None:
            _place(row, made, key, position)

    return apply_edit(edition_id, version, now, place)


def _explain_repeat(article: models.Article, edition_id: int, reason: str, by: str) -> str:
    """Why an article is picked although something stands in the way, and who says so; "" when nothing does. Raises Refused."""
    edition = edition_lookup.get_edition(edition_id)
    ran = pool.find_earlier_runs([article], on=edition.date, besides=edition_id).get(article.id, "")
    hurdle = pool.find_obstacle(article, edition, ran)
    if not hurdle:
        return ""
    why = " ".join(reason.split())
    if not why:
        raise Refused(f"“{article.title}”: {hurdle}. To run it all the same, give a reason.")
    return f"{hurdle}: {why} ({by})"[:300] if by else f"{hurdle}: {why}"[:300]


def _copy_fields(article: models.Article, *, with_picture: bool) -> dict[str, Any]:
    words = len(article.text.split())
    return {
        "headline": article.title,
        "blurb": blurbs.write_blurb(article.title, article.dek, article.text, article.language),
        "url": article.url,
        "publisher": article.publisher,
        "byline": article.byline,
        "minutes": max(1, round(words / WORDS_A_MINUTE)) if words > 80 else 0,
        "picture_id": article.picture_id if with_picture else None,
        "image_alt": article.image_alt,
        "image_caption": article.image_caption,
        "image_credit": article.image_credit,
    }


def drop_pick(edition_id: int, key: str, *, now: datetime, version: int | None = None) -> Edition:
    """Takes a story out of an edition."""

    def act(row: models.Edition) -> None:
        dropped = _get_pick_row(row, key)
        dropped.delete()
        _renumber(row, dropped.section)
        if dropped.size == "l":
            _promote_lead(row)

    return apply_edit(edition_id, version, now, act)


def _promote_lead(row: models.Edition) -> None:
    """A mail whose lead was taken out opens with the story that now comes first."""
    order = [section.key for section in newsletters.get_newsletter(row.newsletter_id).sections]
    rest = sorted(
        row.picks.all(),
        key=lambda each: (order.index(each.section) if each.section in order else len(order), each.position),
    )
    if rest:
        models.Pick.objects.filter(id=rest[0].id).update(size="l")


def move_pick(
    edition_id: int,
    key: str,
    *,
    position: int,
    now: datetime,
    section: str | None = None,
    version: int | None = None,
) -> Edition:
    """Moves a story to a place (from 1) in its section or another."""

    def act(row: models.Edition) -> None:
        moved = _get_pick_row(row, key)
        left = moved.section
        _place(row, moved, _choose_section(row, section) if section else left, position)
        _renumber(row, left)

    return apply_edit(edition_id, version, now, act)


def edit_pick(
    edition_id: int,
    key: str,
    *,
    now: datetime,
    version: int | None = None,
    no_picture: bool = False,
    plain_link: bool | None = None,
    shown_to: str | None = None,
    **fields: Any,
) -> Edition:
    """Edits the words of one story; `size` is l, m, s or a (a line of the list at the end); `no_picture` takes its picture out;
    `plain_link` keeps the newsletter's parameters off its link; `shown_to` says for whom it is (`curator.variants`).

    Raises BadInput, NotFound, Conflict, Refused.
    """
    checked = _check_texts(
        fields, _PICK_TEXTS | {"size": 1}, empty_allowed=lambda name: name not in ("headline", "size")
    )
    if checked.get("size") not in (None, *models.Pick.Size.values):
        raise BadInput(f"“{checked['size']}” is no size. It can be l, m, s or a.", "size")
    if checked.get("url") and not str(checked["url"]).startswith(("http://", "https://")):
        raise BadInput(f"“{checked['url']}” is no web address: it must begin with https://.", "url")
    if no_picture:
        checked |= {"picture_id": None}
    if plain_link is not None:
        checked |= {"plain_link": plain_link}
    if shown_to is not None:
        checked |= {"shown_to": visibility.check_visibility(shown_to)}

    def act(row: models.Edition) -> None:
        edited = _get_pick_row(row, key)
        if checked.get("size") == "l":
            row.picks.filter(size="l").update(size="m")  # one lead only
        models.Pick.objects.filter(id=edited.id).update(**checked)
        visibility.check_group_limit(row)

    return apply_edit(edition_id, version, now, act)


def edit_edition(edition_id: int, *, now: datetime, version: int | None = None, **fields: Any) -> Edition:
    """Edits subject, the second subject that half of the readers get, preheader, intro (Markdown) or signature."""
    checked = _check_texts(fields, _EDITION_TEXTS, empty_allowed=lambda name: True)
    return apply_edit(edition_id, version, now, lambda row: models.Edition.objects.filter(id=row.id).update(**checked))


def apply_edit(
    edition_id: int,
    version: int | None,
    now: datetime,
    act: Callable[[models.Edition], object],
    why: str = "edited after approval",
) -> Edition:
    """One edit: refused once handed over or when `version` is not the present one; voids a standing approval."""
    with transaction.atomic():
        row = models.Edition.objects.filter(id=edition_id).first()
        if row is None:
            raise NotFound(f"There is no edition {edition_id}. See them all with: newsletter editions list")
        if row.state not in states.EDITABLE:
            raise Refused(f"Edition {edition_id} is {row.state.replace('_', ' ')}, so it can no longer be edited.")
        if version is not None and version != row.version:
            raise Conflict(
                "Somebody else edited this edition since you opened it. Load it again to see their words; yours were not saved."
            )
        # With its state: between our look and this it may have been handed over.
        mine = models.Edition.objects.filter(id=row.id, version=row.version, state=row.state)
        if not mine.update(version=row.version + 1, changed_at=now):
            raise Conflict("Somebody else edited this edition at the same moment. Try again.")
        _adopt_orphans(row)
        act(row)
        if void_approval(row.id, why, now):
            models.Edition.objects.filter(id=row.id).update(state=states.DRAFT, reason=why[:300])
    return edition_lookup.get_edition(edition_id)


def void_approval(edition_id: int, why: str, now: datetime) -> bool:
    """Takes a standing approval away. Returns whether there was one."""
    standing = models.Snapshot.objects.filter(edition_id=edition_id, voided_at=None, purpose="edition")
    return bool(standing.update(voided_at=now, void_reason=why[:300]))


def _check_texts(
    fields: dict[str, Any], longest: dict[str, int], empty_allowed: Callable[[str], bool]
) -> dict[str, Any]:
    checked: dict[str, Any] = {}
    for name, value in fields.items():
        if name not in longest:
            raise BadInput(f"There is no field “{name}” to edit. There are {', '.join(longest)}.", name)
        text = str(value).replace("\x00", "").strip()
        text = text if name == "intro" else " ".join(text.split())
        if len(text) > longest[name]:
            raise BadInput(
                f"The {name.replace('_', ' ')} has {len(text)} characters; {longest[name]} are the most.",
                name,
            )
        if not text and not empty_allowed(name):
            raise BadInput(f"The {name} may not be empty.", name)
        checked[name] = text
    return checked


def _get_pick_row(row: models.Edition, key: str) -> models.Pick:
    found = row.picks.filter(key=key).first()
    if found is None:
        raise NotFound(
            f"Edition {row.id} has no story with the key {key}. See them with: newsletter editions show {row.id}"
        )
    return found


def _choose_section(row: models.Edition, wanted: str | None) -> str:
    """The section asked for, or the first with room, or the last."""
    sections = newsletters.get_newsletter(row.newsletter_id).sections
    keys = [section.key for section in sections]
    if wanted is not None:
        if wanted not in keys:
            raise BadInput(f"There is no section “{wanted}”. There are {', '.join(keys)}.", "section")
        return wanted
    used = list(row.picks.values_list("section", flat=True))
    return next((section.key for section in sections if used.count(section.key) < section.quota), keys[-1])


def _next_position(row: models.Edition, section: str) -> int:
    return row.picks.filter(section=section).count() + 1


def _place(row: models.Edition, moved: models.Pick, section: str, position: int) -> None:
    """Puts a story at a place (from 1) of a section and numbers the others around it."""
    others = list(row.picks.filter(section=section).exclude(id=moved.id).order_by("position", "id"))
    others.insert(max(0, min(position - 1, len(others))), moved)
    for number, each in enumerate(others, 1):
        models.Pick.objects.filter(id=each.id).update(position=number, section=section)


def _adopt_orphans(row: models.Edition) -> None:
    """Stories of a section that the newsletter no longer has join the end of the last one."""
    keys = [section.key for section in newsletters.get_newsletter(row.newsletter_id).sections]
    for orphan in row.picks.exclude(section__in=keys).order_by("position", "id"):
        _place(row, orphan, keys[-1], _next_position(row, keys[-1]))


def _renumber(row: models.Edition, section: str) -> None:
    """Closes the gap that a story left: places count 1, 2, 3 … in every section."""
    for number, each in enumerate(row.picks.filter(section=section).order_by("position", "id"), 1):
        if each.position != number:
            models.Pick.objects.filter(id=each.id).update(position=number)


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
