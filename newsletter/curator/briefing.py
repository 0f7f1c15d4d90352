"""From an edition to the briefing that the templater renders. Pure over values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from newsletter import templater
from newsletter.catalog.values import Newsletter, Sponsor
from newsletter.catalog.values import Picture as StoredPicture
from newsletter.curator.values import Edition, Pick


def compose(
    edition: Edition,
    newsletter: Newsletter,
    pictures: Mapping[int, StoredPicture],
    *,
    base_url: str,
    list_slug: str,
    date_long: str,
    corrections: tuple[str, ...] = (),
    sponsor: Sponsor | None = None,
) -> templater.Briefing:
    """The briefing of an edition; its lead is the first story of size l."""
    lead = lead_of(edition.picks)
    return templater.Briefing(
        newsletter=newsletter.name,
        publication=publication(newsletter),
        subject=edition.subject,
        preheader=edition.preheader,
        strap=newsletter.strap,
        intro=edition.intro,
        signed=edition.signed or newsletter.signed,
        date_long=date_long,
        language=newsletter.language,
        lead=_story(lead, pictures) if lead else None,
        sections=_sections(edition, newsletter, lead, pictures),
        corrections=corrections,
        sponsor=templater.Sponsor(sponsor.label, sponsor.headline, sponsor.text, sponsor.url) if sponsor else None,
        why=_why(newsletter),
        base_url=base_url,
        web_url=f"{base_url}/archive/{newsletter.slug}/{edition.date.isoformat()}/",
        signup_url=f"{base_url}/join/{list_slug}/",
        theme=newsletter.theme,
        template=newsletter.template,
        link_parameters=newsletter.link_parameters.replace("{date}", edition.date.isoformat()).replace(
            "{newsletter}", newsletter.slug
        ),
    )


def lead_of(picks: Iterable[Pick]) -> Pick | None:
    """The story that opens the mail at full width."""
    return next((pick for pick in picks if pick.size == "l"), None)


def _sections(
    edition: Edition, newsletter: Newsletter, lead: Pick | None, pictures: Mapping[int, StoredPicture]
) -> tuple[templater.Section, ...]:
    return tuple(
        templater.Section(
            section.title,
            tuple(_story(pick, pictures) for pick in edition.picks if pick.section == section.key and pick is not lead),
        )
        for section in newsletter.sections
    )


def _story(pick: Pick, pictures: Mapping[int, StoredPicture]) -> templater.Story:
    stored = pictures.get(pick.picture_id) if pick.picture_id else None
    return templater.Story(
        key=pick.key,
        headline=pick.headline,
        url=pick.url,
        blurb=pick.blurb,
        label=pick.label,
        source=pick.publisher,
        byline=pick.byline,
        minutes=pick.minutes,
        size="l" if pick.size == "l" else "s" if pick.size == "s" else "m",
        picture=_picture(stored, pick) if stored else None,
        plain_link=pick.plain_link,
    )


def _picture(stored: StoredPicture, pick: Pick) -> templater.Picture:
    return templater.Picture(
        stored.url, stored.width, stored.height, pick.image_alt, pick.image_caption, pick.image_credit
    )


def publication(newsletter: Newsletter) -> templater.Publication:
    light, dark = newsletter.logo_light, newsletter.logo_dark
    return templater.Publication(
        name=newsletter.publication,
        url=newsletter.publication_url,
        postal=newsletter.postal_address,
        email=newsletter.reply_to or newsletter.from_email,
        logo_light=templater.Picture(light.url, light.width, light.height) if light else None,
        logo_dark=templater.Picture(dark.url, dark.width, dark.height) if dark else None,
    )


def _why(newsletter: Newsletter) -> str:
    if newsletter.language[:2] == "de":
        return f"Sie haben {newsletter.name} bestellt."
    return f"You asked for {newsletter.name}."
