"""The pictures that a story can have: uploaded, from its article's page, or used in this newsletter before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from newsletter.catalog import pictures
from newsletter.catalog.values import Picture
from newsletter.confinement import run_confined
from newsletter.curator.articles import resources
from newsletter.curator.articles.extraction import page_pictures
from newsletter.curator.articles.resources import Fetcher
from newsletter.curator.editions import edition_lookup, models
from newsletter.curator.editions.editions import get_newsletter_id
from newsletter.curator.editions.values import Pick
from newsletter.kernel.actors import ActionRecord, Actor, Verb, require_right
from newsletter.kernel.errors import NewsletterError, NotFound, Refused, SurroundingsError
from newsletter.kernel.sentences import phrase

MOST_USED = 24


@dataclass(frozen=True, slots=True)
class FoundPicture:
    """A picture of our store that a story can have, with the words that came with it."""

    picture: Picture
    alt: str = ""
    caption: str = ""
    credit: str = ""
    focus: str = ""


def upload_picture(edition_id: int, data: bytes, name: str, *, by: Actor, now: datetime) -> FoundPicture:
    """Keeps a picture that somebody sent. Raises Refused for what is none, or is too large."""
    newsletter_id = get_newsletter_id(edition_id)
    require_right(by, Verb.EDIT, newsletter_id=newsletter_id)
    stored = pictures.store_picture(data, source_url=name[:80], now=now)
    by.record(ActionRecord("uploaded picture", f"edition {edition_id}", now, newsletter_id, stored.name))
    return FoundPicture(stored)


def list_used_pictures(edition_id: int, *, by: Actor) -> tuple[FoundPicture, ...]:
    """The pictures that this newsletter used, the latest first, with the words they had then."""
    newsletter_id = get_newsletter_id(edition_id)
    require_right(by, Verb.EDIT, newsletter_id=newsletter_id)
    rows = models.Pick.objects.filter(edition__newsletter_id=newsletter_id, picture__isnull=False)
    found: dict[int, FoundPicture] = {}
    for row in rows.select_related("picture").order_by("-id")[: 4 * MOST_USED]:
        if row.picture and row.picture.id not in found:
            words = (row.image_alt, row.image_caption, row.image_credit)
            found[row.picture.id] = FoundPicture(pictures.to_picture(row.picture), *words, row.focus)
    return tuple(found.values())[:MOST_USED]


def copy_page_pictures(
    edition_id: int, key: str, *, fetch: Fetcher, by: Actor, now: datetime
) -> tuple[FoundPicture, ...]:
    """Copies the pictures of the page that a story links to; those that cannot be read are left out.

    Raises NotFound, Refused when the page shows none or cannot be read.
    """
    edition = edition_lookup.get_edition(edition_id)
    require_right(by, Verb.EDIT, newsletter_id=edition.newsletter_id)
    story = get_story(edition.picks, key)
    try:
        page = fetch(resources.check_web_address(story.url), accept=resources.PAGE_TYPES)
    except SurroundingsError as error:  # somebody else's server failed, not ours
        raise Refused(phrase("The page of this story cannot be read: {error}", error=error)) from error
    shown = run_confined(page_pictures.list_pictures, page.body, page.url, what=page.url)
    found: list[FoundPicture] = []
    for each in shown:
        try:
            answer = fetch(each.url, accept=resources.PICTURE_TYPES)
            stored = pictures.store_picture(answer.body, source_url=each.url, now=now)
        except NewsletterError:
            continue
        found.append(FoundPicture(stored, each.alt, each.caption, each.credit))
    if not found:
        raise Refused(phrase("No picture was found on the page of this story."))
    names = ", ".join(each.picture.name for each in found)
    by.record(ActionRecord("copied pictures", f"edition {edition_id}", now, edition.newsletter_id, names[:300]))
    return tuple(found)


def get_story(picks: tuple[Pick, ...], key: str) -> Pick:
    """The story with this key. Raises NotFound."""
    story = next((each for each in picks if each.key == key), None)
    if story is None:
        raise NotFound(phrase("This story is no longer in the edition."))
    return story
