"""Adds, drops, moves and edits the picks of an edition."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any, TypedDict, Unpack

from newsletter.catalog import newsletters
from newsletter.catalog.pictures import find_picture_by_name
from newsletter.curator.articles import blurbs
from newsletter.curator.articles.intake import copy_picture
from newsletter.curator.articles.models import Article
from newsletter.curator.articles.resources import Fetcher
from newsletter.curator.editions import edition_history, edition_lookup, models, pick_order, picture_places, pool
from newsletter.curator.editions.edition_changes import STORY, label_field
from newsletter.curator.editions.editions import apply_edit, check_texts, get_newsletter_id, select_field_changes
from newsletter.curator.editions.states import PickSize
from newsletter.curator.editions.values import Edition, Pick, parse_focus
from newsletter.curator.editions.visibility import check_group_limit, check_visibility
from newsletter.kernel import ids
from newsletter.kernel.actors import Actor, Verb, require_right
from newsletter.kernel.changes import find_differences
from newsletter.kernel.errors import BadInput, Conflict, NotFound, Refused
from newsletter.kernel.sentences import phrase
from newsletter.templater.richtext import quote_text

WORDS_A_MINUTE = 230
_DECIDE_CUTS = ("picture", "focus", "size")
_SPECIAL = ("visibility", "plain_link", "no_picture", "picture", "focus")
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


class PickFields(TypedDict, total=False):
    """What an editor may change of a story.

    `size` is l, m, s or a (a line of the list at the end); `picture` is the public name of one in our store, `focus`
    its focal point (“60 44”: percent from the left and the top); `no_picture` removes it; `plain_link` keeps the
    newsletter's parameters off its link; `visibility` says for whom it is (`variants`).
    """

    headline: str
    blurb: str
    label: str
    url: str
    publisher: str
    byline: str
    image_alt: str
    image_caption: str
    image_credit: str
    size: str
    visibility: str
    plain_link: bool
    no_picture: bool
    picture: str
    focus: str


def add_pick(
    edition_id: int,
    article_id: int,
    *,
    section: str | None = None,
    position: int | None = None,
    after: str | None = None,
    reason: str = "",
    fetch: Fetcher | None = None,
    by: Actor,
    now: datetime,
    keep_approval: bool = False,
) -> Edition:
    """Places an article in an edition, its words and picture copied: at the end of `section`, at a `position` in it, or
    right behind the story with the key `after`. The first story becomes the lead.

    Raises Conflict when the story `after` is gone; Refused for what ran recently or may not run that day, unless there
    is a `reason`, which is kept with who gave it; and for what is in the edition already.
    """
    require_right(by, Verb.EDIT, newsletter_id=get_newsletter_id(edition_id))
    article = Article.objects.filter(id=article_id).first()
    if article is None:
        raise NotFound(
            phrase(
                "There is no article {article_id}.",
                article_id=str(article_id),
            ),
            command_hint="Search them with: newsletter articles list --query TEXT",
        )
    obstacle = find_pick_obstacle(article, edition_id)
    why = " ".join(reason.split())
    if obstacle and not why:
        raise Refused(
            phrase("“{title}”: {obstacle}. To run it anyway, give a reason.", title=article.title, obstacle=obstacle)
        )
    fetch_picture(article, fetch, now)

    def place(row: models.Edition, before: Edition) -> None:
        if row.picks.filter(article_id=article_id).exists():
            raise Refused(phrase("“{title}” is in this edition already.", title=article.title))
        made = place_article(
            row, article, section, again_reason=f"{obstacle}: {why} ({by.name})"[:300] if obstacle else ""
        )
        if after is not None:
            pick_order.place_pick_after(row, made, _get_anchor(row, before, after))
        elif position is not None:
            pick_order.place_pick(row, made, made.section, position)

    detail = why[:200] or f"article {article_id}"
    changed = apply_edit(edition_id, place, action="picked", detail=detail, by=by, now=now, keep_approval=keep_approval)
    _cut_picture(changed, next(each.key for each in changed.picks if each.article_id == article_id))
    return changed


def place_article(
    row: models.Edition, article: Article, section: str | None, *, because: str = "", again_reason: str = ""
) -> models.Pick:
    """Puts an article at the end of a section. `because` says why it was suggested; then its picture stays behind
    unless its credit is known.
    """
    key = pick_order.choose_section(row, section)
    return models.Pick.objects.create(
        edition=row,
        article=article,
        key=ids.generate_id(8),
        section=key,
        position=pick_order.next_position(row, key),
        size=PickSize.MEDIUM if row.picks.exists() else PickSize.LARGE,
        because=because[:300],
        again_reason=again_reason,
        **_copy_fields(article, with_picture=bool(article.image_credit) or not because),
    )


def fetch_picture(article: Article, fetch: Fetcher | None, now: datetime) -> None:
    """Copies an article's picture, where it has one that is not here yet. Never in a transaction: another server's
    pace must not lock us.
    """
    if article.picture_id is None and article.image_url and fetch is not None:
        copy_picture(article, article.image_url, now=now, fetch=fetch)
        article.save(update_fields=["picture"])


def find_pick_obstacle(article: Article, edition_id: int) -> str:
    """Why an article should not be picked for an edition, in words; "" for no reason."""
    edition = edition_lookup.get_edition(edition_id)
    ran = pool.find_earlier_runs([article], on=edition.date, besides=edition_id).get(article.id, "")
    return pool.find_obstacle(article, edition, ran)


def _copy_fields(article: Article, *, with_picture: bool) -> dict[str, Any]:
    words = len(article.text.split())
    return {
        "headline": article.title,
        "blurb": quote_text(blurbs.write_blurb(article.title, article.dek, article.text, article.language)),
        "url": article.url,
        "publisher": article.publisher,
        "byline": article.byline,
        "minutes": max(1, round(words / WORDS_A_MINUTE)) if words > 80 else 0,
        "picture_id": article.picture_id if with_picture else None,
        "image_alt": article.image_alt,
        "image_caption": article.image_caption,
        "image_credit": article.image_credit,
    }


def drop_pick(
    edition_id: int,
    key: str,
    *,
    content_hash: str | None,
    seen: PickFields | None = None,
    by: Actor,
    now: datetime,
    keep_approval: bool = False,
) -> Edition:
    """Takes a story out of an edition; `content_hash` is that of the story as the editor saw it.

    Whoever has its form open gives the fields as they are `seen` there instead: saving one of them changes the hash.
    Raises NotFound, Refused, and Conflict with what changed since.
    """

    def act(row: models.Edition, before: Edition) -> None:
        dropped = _get_pick_row(row, key)
        _require_seen(before, _get_pick(before, key), content_hash, seen)
        dropped.delete()
        pick_order.renumber(row, dropped.section)
        if dropped.size == PickSize.LARGE:
            promote_lead(row)

    return apply_edit(edition_id, act, action="dropped", detail=key, by=by, now=now, keep_approval=keep_approval)


def _require_seen(edition: Edition, pick: Pick, content_hash: str | None, seen: PickFields | None) -> None:
    """Raises Conflict when the story is not as somebody saw it."""
    if seen:
        differences = find_differences({name: _read_field(pick, name) for name in seen}, seen)
        if differences:
            labelled = [replace(each, label=label_field(each.name)) for each in differences]
            raise edition_history.name_authors(
                edition.id, Conflict(_explain_stay(pick), labelled), f"{STORY}{pick.key} "
            )
    elif content_hash is not None and content_hash != pick.content_hash:
        raise Conflict(_explain_stay(pick), edition_history.explain_pick(edition, pick, content_hash))


def _explain_stay(pick: Pick) -> str:
    return phrase(
        "Somebody else changed “{headline}” since you looked at it, so it stays. Look at it again.",
        headline=pick.headline,
    )


def promote_lead(row: models.Edition) -> None:
    """A mail whose lead was taken out opens with the story that now comes first."""
    order = [section.key for section in newsletters.list_sections(row.newsletter_id)]
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
    after: str | None,
    section: str | None = None,
    by: Actor,
    now: datetime,
    keep_approval: bool = False,
) -> Edition:
    """Moves a story right behind the story with the key `after`, wherever that is now; None: to the top of `section`,
    by default of its own.

    Raises NotFound when it is gone, Conflict when `after` is, BadInput, Refused.
    """

    def act(row: models.Edition, before: Edition) -> None:
        moved = _get_pick_row(row, key)
        left = moved.section
        if after is None:
            pick_order.place_pick(row, moved, pick_order.choose_section(row, section) if section else left, 1)
        elif after != key:
            pick_order.place_pick_after(row, moved, _get_anchor(row, before, after))
        pick_order.renumber(row, left)

    return apply_edit(edition_id, act, action="moved", detail=key, by=by, now=now, keep_approval=keep_approval)


def _get_anchor(row: models.Edition, before: Edition, key: str) -> models.Pick:
    """The story that another is to follow. Raises Conflict when it is gone."""
    anchor = row.picks.filter(key=key).first()
    if anchor is None:
        raise Conflict(
            phrase("The story that this one was to follow is no longer in the edition. Look at the order again."),
            edition_history.explain_removal(before, key),
        )
    return anchor


def find_key_before(edition: Edition, key: str, *, position: int, section: str | None = None) -> str | None:
    """The key of the story behind which one comes that is moved to a place (from 1) in its section or another."""
    mine = next((each.section for each in edition.picks if each.key == key), "")
    others = [each.key for each in edition.picks if each.section == (section or mine) and each.key != key]
    return others[min(position - 1, len(others)) - 1] if position > 1 and others else None


def edit_pick(
    edition_id: int,
    key: str,
    *,
    seen: PickFields | None,
    by: Actor,
    now: datetime,
    keep_approval: bool = False,
    **fields: Unpack[PickFields],
) -> Edition:
    """Edits one pick; `seen` holds the fields as the editor saw them.

    Raises BadInput, NotFound, Refused, and Conflict with the differences. Nobody is in the way of those who edit other
    fields or other stories.
    """
    checked = _check_fields(fields)

    def act(row: models.Edition, before: Edition) -> Edition | None:
        pick = _get_pick(before, key)
        present = {name: _read_field(pick, name) for name in checked}
        changes: dict[str, Any] = select_field_changes(edition_id, present, checked, seen, prefix=f"{STORY}{key} ")
        if changes.pop("no_picture", False):
            changes["picture"] = ""
        if "picture" in changes:
            changes["picture_id"] = _choose_picture(before, pick, str(changes.pop("picture")))
            changes.setdefault("focus", "")  # it was that of another picture
        if changes.get("focus") and changes.get("picture_id", pick.picture_id) is None:
            raise BadInput(phrase("This story has no picture to set a focal point in. Choose one first."), "focus")
        if changes.get("size") == PickSize.LARGE:
            row.picks.filter(size=PickSize.LARGE).update(size=PickSize.MEDIUM)  # one lead only
        if changes:
            row.picks.filter(key=key).update(**changes)
        if not changes.keys() <= _PICK_TEXTS.keys():
            check_group_limit(row)
            return None
        changed = replace(pick, **changes)
        return replace(before, picks=tuple(changed if each is pick else each for each in before.picks))

    changed = apply_edit(edition_id, act, action="edited", detail=key, by=by, now=now, keep_approval=keep_approval)
    if not checked.keys().isdisjoint(_DECIDE_CUTS):
        _cut_picture(changed, key)
    return changed


def _cut_picture(edition: Edition, key: str) -> None:
    """Cuts a story's picture for its places while somebody waits anyway, rather than with the next look at the mail.

    Never in the transaction: it takes a process of its own.
    """
    story = _get_pick(edition, key)
    if story.picture_id:
        shapes = picture_places.find_shapes(newsletters.get_newsletter(edition.newsletter_id))
        picture_places.cut_pictures([story], shapes)


def _check_fields(fields: PickFields) -> dict[str, object]:
    """The fields as they are stored. Raises BadInput."""
    given: dict[str, object] = dict(fields)
    special = {name: given.pop(name) for name in _SPECIAL if name in given}
    checked: dict[str, object] = dict(
        check_texts(given, _PICK_TEXTS | {"size": 1}, empty_allowed=lambda name: name not in ("headline", "size"))
    )
    if checked.get("size") not in (None, *PickSize):
        raise BadInput(phrase("“{given}” is not a size. Give l, m, s or a.", given=checked["size"]), "size")
    if checked.get("url") and not str(checked["url"]).startswith(("http://", "https://")):
        raise BadInput(
            phrase("“{given}” is not a web address: it must begin with https://.", given=checked["url"]), "url"
        )
    if "visibility" in special:
        checked["visibility"] = check_visibility(str(special.pop("visibility")))
    if special.get("focus") and parse_focus(str(special["focus"])) is None:
        raise BadInput(phrase("A focal point is two numbers from 0 to 100, such as “60 44”."), "focus")
    if not special.get("no_picture", True):
        del special["no_picture"]  # a picture is taken away here, never given back
    return checked | special


def _read_field(pick: Pick, name: str) -> object:
    if name == "no_picture":
        return pick.picture_id is None
    return pick.picture_name if name == "picture" else getattr(pick, name)


def _choose_picture(edition: Edition, pick: Pick, name: str) -> int | None:
    """The picture of our store with this name. Raises BadInput when there is none, or it is too small for the story."""
    if not name:
        return None
    found = find_picture_by_name(name)
    if found is None:
        raise BadInput(phrase("There is no picture “{name}”. Upload it again.", name=name[:40]), "picture")
    shapes = picture_places.find_shapes(newsletters.get_newsletter(edition.newsletter_id))
    problem = picture_places.explain_too_small(found, shapes.get(pick.size, ()))
    if problem:
        raise BadInput(problem, "picture")
    return found.id


def _get_pick(edition: Edition, key: str) -> Pick:
    found = next((each for each in edition.picks if each.key == key), None)
    if found is None:
        raise _build_not_found(edition.id, key)
    return found


def _get_pick_row(row: models.Edition, key: str) -> models.Pick:
    found = row.picks.filter(key=key).first()
    if found is None:
        raise _build_not_found(row.id, key)
    return found


def _build_not_found(edition_id: int, key: str) -> NotFound:
    return NotFound(
        phrase(
            "This story is no longer in the edition (key {key}).",
            key=key,
        )
    )
