"""Sponsors: the paid box of a newsletter, one at a time, with its days and its label."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction

from newsletter.catalog import models, newsletters
from newsletter.catalog.values import Sponsor
from newsletter.kernel.actors import ActionRecord, Actor, Verb, require_right
from newsletter.kernel.errors import BadInput, NotFound, Refused

_LONGEST = {"label": 60, "headline": 120, "text": 400, "url": 2000}


def add_sponsor(
    newsletter_id: int,
    *,
    label: str,
    headline: str,
    text: str,
    url: str,
    first: date,
    last: date,
    by: Actor,
    now: datetime,
) -> Sponsor:
    """Reserves the box for these days. Raises NotFound, NotAllowed.

    Raises BadInput for what cannot be, Refused when some of the days are taken.
    """
    newsletter = newsletters.get_newsletter(newsletter_id)
    require_right(by, Verb.CONFIGURE, newsletter_id=newsletter_id)
    given = {"label": label, "headline": headline, "text": text, "url": url}
    flat = {name: " ".join(value.split()) for name, value in given.items()}
    for name, value in flat.items():
        if len(value) > _LONGEST[name]:
            raise BadInput(f"The {name} has {len(value)} characters; {_LONGEST[name]} are the most.", name)
        if not value and name != "text":
            raise BadInput(
                "A paid box must say so: give its label." if name == "label" else f"The {name} is empty.", name
            )
    if not flat["url"].startswith(("http://", "https://")):
        raise BadInput(f"“{flat['url'][:80]}” is not a web address: it must begin with https://.", "url")
    if last < first:
        raise BadInput(f"It would never show: the last day, {last}, is before the first, {first}.", "last")
    with transaction.atomic():
        taken = (
            models.Sponsor.objects.select_for_update()
            .filter(newsletter_id=newsletter_id, first__lte=last, last__gte=first)
            .first()
        )
        if taken is not None:
            raise Refused(f"From {taken.first} to {taken.last} the box is reserved for “{taken.headline}”.")
        row = models.Sponsor.objects.create(newsletter_id=newsletter_id, first=first, last=last, **flat)
        after = flat | {"first": str(first), "last": str(last)}
        by.record(ActionRecord("added sponsor", newsletter.slug, now, newsletter_id, flat["headline"], after=after))
    return _to_sponsor(row)


def remove_sponsor(sponsor_id: int, newsletter_id: int, *, by: Actor, now: datetime) -> None:
    """Takes a sponsor away. Raises NotFound, NotAllowed."""
    newsletter = newsletters.get_newsletter(newsletter_id)
    require_right(by, Verb.CONFIGURE, newsletter_id=newsletter_id)
    with transaction.atomic():
        row = models.Sponsor.objects.filter(id=sponsor_id, newsletter_id=newsletter_id).first()
        if row is None:
            raise NotFound("This sponsor is gone already.")
        before = {name: getattr(row, name) for name in (*_LONGEST, "first", "last")}
        row.delete()
        by.record(ActionRecord("removed sponsor", newsletter.slug, now, newsletter_id, str(sponsor_id), before=before))


def list_sponsors(newsletter_id: int) -> tuple[Sponsor, ...]:
    """The sponsors of a newsletter, the earliest first."""
    return tuple(_to_sponsor(row) for row in models.Sponsor.objects.filter(newsletter_id=newsletter_id))


def find_sponsor(newsletter_id: int, day: date) -> Sponsor | None:
    """The sponsor of the box on a day, if there is one."""
    row = models.Sponsor.objects.filter(newsletter_id=newsletter_id, first__lte=day, last__gte=day).first()
    return _to_sponsor(row) if row else None


def _to_sponsor(row: models.Sponsor) -> Sponsor:
    return Sponsor(row.pk, row.newsletter_id, row.label, row.headline, row.text, row.url, row.first, row.last)
