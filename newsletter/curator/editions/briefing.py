"""From an edition to the briefing that the templater renders. Pure over values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any
from urllib.parse import quote

from newsletter.catalog.values import CutSize, Newsletter, Sponsor
from newsletter.catalog.values import Picture as StoredPicture
from newsletter.curator.editions import variants
from newsletter.curator.editions.states import BoxPlace, PickSize
from newsletter.curator.editions.values import Box, Edition, Pick
from newsletter.templater import languages
from newsletter.templater.briefing import (
    AlsoItem,
    Briefing,
    BriefingBox,
    BriefingCut,
    BriefingPicture,
    BriefingSection,
    BriefingSponsor,
    BriefingStory,
    Publication,
    Rendered,
)
from newsletter.templater.picture_shapes import PictureShape

Shapes = Mapping[str, Sequence[PictureShape]]  # by the size of a story
NO_SHAPES: Shapes = {}


def build_briefing(
    edition: Edition,
    newsletter: Newsletter,
    pictures: Mapping[int, StoredPicture],
    *,
    base_url: str,
    list_slug: str,
    list_name: str,
    date_long: str,
    archived: bool = True,
    web: bool = False,
    corrections: tuple[str, ...] = (),
    sponsor: Sponsor | None = None,
    shapes: Shapes = NO_SHAPES,
) -> Briefing:
    """The briefing of an edition; its lead is the first story of size l. `archived`: it has a public page.

    Pictures are shown in the cuts that they have for the `shapes` of the template.
    """
    lead = find_lead(edition.picks)
    stories = {each.key: _story(each, pictures, shapes) for each in edition.picks}
    page = f"{base_url}/archive/{newsletter.slug}/{edition.name_of_day}/" if archived else ""
    return Briefing(
        newsletter=newsletter.name,
        publication=build_publication(newsletter),
        subject=edition.subject,
        preheader=edition.preheader,
        strap=newsletter.strap,
        intro=edition.intro,
        signed=edition.signed or newsletter.signed,
        date_long=date_long,
        language=newsletter.language,
        lead=stories[lead.key] if lead else None,
        sections=_sections(edition, newsletter, lead, stories),
        also=tuple(
            AlsoItem(each.headline, each.url, each.publisher, each.key, each.plain_link)
            for each in edition.picks
            if each.size == PickSize.ALSO
        ),
        boxes=tuple(_box(each, newsletter.language) for each in edition.boxes),
        corrections=corrections,
        sponsor=BriefingSponsor(sponsor.label, sponsor.headline, sponsor.text, sponsor.url) if sponsor else None,
        why=_reason_text(newsletter),
        base_url=base_url,
        web_url=page,
        signup_url=f"{base_url}/join/{list_slug}/",
        forward_url=_forward_url(newsletter.name, page),
        list_name=list_name,
        web=web,
        theme=newsletter.theme,
        template=newsletter.template,
        link_parameters=newsletter.link_parameters.replace("{date}", edition.date.isoformat()).replace(
            "{newsletter}", newsletter.slug
        ),
    )


def find_lead(picks: Iterable[Pick]) -> Pick | None:
    """The story that opens the mail at full width."""
    return next((pick for pick in picks if pick.size == PickSize.LARGE), None)


def _forward_url(name: str, page: str) -> str:
    """A mailto link that sends a friend to the page: forwarding the mail itself would share the unsubscribe link."""
    return f"mailto:?subject={quote(name)}&body={quote(page)}" if page else ""


def _box(box: Box, language: str) -> BriefingBox:
    label = languages.get_mail_texts(language).members if box.visibility == variants.MEMBERS else ""
    return BriefingBox(box.title, box.text, label, "top" if box.place == BoxPlace.TOP else "end")


def _sections(
    edition: Edition, newsletter: Newsletter, lead: Pick | None, stories: Mapping[str, BriefingStory]
) -> tuple[BriefingSection, ...]:
    return tuple(
        BriefingSection(
            section.title,
            tuple(
                stories[pick.key]
                for pick in edition.picks
                if pick.section == section.key and pick is not lead and pick.size != PickSize.ALSO
            ),
        )
        for section in newsletter.sections
    )


def list_cut_sizes(shapes: Sequence[PictureShape]) -> list[CutSize]:
    """The sizes in which a picture is cut for some places: for usual and for sharp screens."""
    return [CutSize(*size) for each in shapes for size in ((each.width, each.height), each.sharp_size)]


def _story(pick: Pick, pictures: Mapping[int, StoredPicture], shapes: Shapes) -> BriefingStory:
    stored = pictures.get(pick.picture_id) if pick.picture_id else None
    return BriefingStory(
        key=pick.key,
        headline=pick.headline,
        url=pick.url,
        blurb=pick.blurb,
        label=pick.label,
        source=pick.publisher,
        byline=pick.byline,
        minutes=pick.minutes,
        size="l" if pick.size == PickSize.LARGE else "s" if pick.size == PickSize.SMALL else "m",
        picture=_picture(stored, pick, shapes.get(pick.size, ())) if stored else None,
        plain_link=pick.plain_link,
    )


def _picture(stored: StoredPicture, pick: Pick, shapes: Sequence[PictureShape]) -> BriefingPicture:
    cuts = (_cut(stored, pick, each) for each in shapes)
    return BriefingPicture(
        stored.url,
        stored.width,
        stored.height,
        pick.image_alt,
        pick.image_caption,
        pick.image_credit,
        tuple(each for each in cuts if each),
    )


def _cut(stored: StoredPicture, pick: Pick, shape: PictureShape) -> BriefingCut | None:
    usual, sharp = (stored.find_cut(size, pick.focal_point) for size in list_cut_sizes([shape]))
    if usual is None or sharp is None:
        return None
    return BriefingCut(
        shape.width, usual.url, usual.width, usual.height, sharp.url if sharp.width > usual.width else ""
    )


def build_publication(newsletter: Newsletter) -> Publication:
    light, dark = newsletter.logo_light, newsletter.logo_dark
    return Publication(
        name=newsletter.publication,
        url=newsletter.publication_url,
        postal=newsletter.postal_address,
        email=newsletter.reply_to or newsletter.from_email,
        logo_light=BriefingPicture(light.url, light.width, light.height) if light else None,
        logo_dark=BriefingPicture(dark.url, dark.width, dark.height) if dark else None,
    )


def _reason_text(newsletter: Newsletter) -> str:
    if newsletter.language[:2] == "de":
        return f"Sie haben {newsletter.name} bestellt."
    return f"You asked for {newsletter.name}."


def to_snapshot_fields(rendered: Rendered) -> dict[str, Any]:
    """What of a rendering a row keeps."""
    return {
        "subject": rendered.subject,
        "preheader": rendered.preheader,
        "html": rendered.html,
        "text": rendered.text,
        "merge": [asdict(field) for field in rendered.merge],
    }
