"""Adds, drops, moves and edits the picks of an edition."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from newsletter.catalog import newsletters
from newsletter.curator.articles import blurbs
from newsletter.curator.articles.intake import copy_picture
from newsletter.curator.articles.models import Article
from newsletter.curator.articles.resources import Fetcher
from newsletter.curator.editions import edition_lookup, models, pick_order, pool
from newsletter.curator.editions.editions import apply_edit, check_texts
from newsletter.curator.editions.states import PickSize
from newsletter.curator.editions.values import Edition
from newsletter.curator.editions.visibility import check_group_limit, check_visibility
from newsletter.kernel import ids
from newsletter.kernel.errors import BadInput, NotFound, Refused

WORDS_A_MINUTE = 230
_PICK_TEXTS = {
    "headline": 500,
    "blurb": 5000,
    "label": 60,
    "url": 2000,
    "publisher": 200,
    "byline": 300,
    "image_alt": 2000,
    "image_caption": 2000,
    "image_credit": 300,
}


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

    `because` says why it was suggested; then a picture without a credit is dropped. Raises Refused for what ran
    recently or may not run that day, unless there is a `reason`, which is kept with who gave it.
    """
    suggested = bool(because)
    article = Article.objects.filter(id=article_id).first()
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
        key = pick_order.choose_section(row, section)
        first = not row.picks.exists()
        made = models.Pick.objects.create(
            edition=row,
            article=article,
            key=ids.generate_id(8),
            section=key,
            position=pick_order.next_position(row, key),
            size=PickSize.LARGE if first else PickSize.MEDIUM,
            because=because[:300],
            again_reason=again,
            **_copy_fields(article, with_picture=bool(article.image_credit) or not suggested),
        )
        if position is not None:
            pick_order.place_pick(row, made, key, position)

    return apply_edit(edition_id, version, now, place)


def _explain_repeat(article: Article, edition_id: int, reason: str, by: str) -> str:
    """Why an article is picked despite an obstacle, and who decided so; "" without an obstacle. Raises Refused."""
    edition = edition_lookup.get_edition(edition_id)
    ran = pool.find_earlier_runs([article], on=edition.date, besides=edition_id).get(article.id, "")
    obstacle = pool.find_obstacle(article, edition, ran)
    if not obstacle:
        return ""
    why = " ".join(reason.split())
    if not why:
        raise Refused(f"“{article.title}”: {obstacle}. To run it anyway, give a reason.")
    return f"{obstacle}: {why} ({by})"[:300] if by else f"{obstacle}: {why}"[:300]


def _copy_fields(article: Article, *, with_picture: bool) -> dict[str, Any]:
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
        pick_order.renumber(row, dropped.section)
        if dropped.size == PickSize.LARGE:
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
        models.Pick.objects.filter(id=rest[0].id).update(size=PickSize.LARGE)


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
        pick_order.place_pick(row, moved, pick_order.choose_section(row, section) if section else left, position)
        pick_order.renumber(row, left)

    return apply_edit(edition_id, version, now, act)


def edit_pick(
    edition_id: int,
    key: str,
    *,
    now: datetime,
    version: int | None = None,
    no_picture: bool = False,
    plain_link: bool | None = None,
    visibility: str | None = None,
    **fields: Any,
) -> Edition:
    """Edits one pick; `size` is l, m, s or a (a line of the list at the end); `no_picture` removes its picture;
    `plain_link` keeps the newsletter's parameters off its link; `visibility` says for whom it is (`variants`).

    Raises BadInput, NotFound, Conflict, Refused.
    """
    checked = check_texts(
        fields, _PICK_TEXTS | {"size": 1}, empty_allowed=lambda name: name not in ("headline", "size")
    )
    if checked.get("size") not in (None, *PickSize):
        raise BadInput(f"“{checked['size']}” is not a size. Give l, m, s or a.", "size")
    if checked.get("url") and not str(checked["url"]).startswith(("http://", "https://")):
        raise BadInput(f"“{checked['url']}” is not a web address: it must begin with https://.", "url")
    if no_picture:
        checked |= {"picture_id": None}
    if plain_link is not None:
        checked |= {"plain_link": plain_link}
    if visibility is not None:
        checked |= {"visibility": check_visibility(visibility)}

    def act(row: models.Edition) -> None:
        edited = _get_pick_row(row, key)
        if checked.get("size") == PickSize.LARGE:
            row.picks.filter(size=PickSize.LARGE).update(size=PickSize.MEDIUM)  # one lead only
        models.Pick.objects.filter(id=edited.id).update(**checked)
        check_group_limit(row)

    return apply_edit(edition_id, version, now, act)


def _get_pick_row(row: models.Edition, key: str) -> models.Pick:
    found = row.picks.filter(key=key).first()
    if found is None:
        raise NotFound(
            f"Edition {row.id} has no story with the key {key}. See them with: newsletter editions show {row.id}"
        )
    return found
