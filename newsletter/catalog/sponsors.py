"""Sponsors: the paid box of a newsletter, one at a time, with its days and its label."""

from __future__ import annotations

from datetime import date

from django.db import transaction

from newsletter.catalog import models
from newsletter.catalog.values import Sponsor
from newsletter.kernel.errors import BadInput, NotFound, Refused

_LONGEST = {"label": 60, "headline": 120, "text": 400, "url": 2000}


def add_sponsor(
    newsletter_id: int, *, label: str, headline: str, text: str, url: str, first: date, last: date
) -> Sponsor:
    """Reserves the box for these days. Raises BadInput for what cannot be, Refused when some of them are taken."""
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
        return _to_sponsor(models.Sponsor.objects.create(newsletter_id=newsletter_id, first=first, last=last, **flat))


def remove_sponsor(sponsor_id: int, newsletter_id: int) -> None:
    """Takes a sponsor away. Raises NotFound."""
    if not models.Sponsor.objects.filter(id=sponsor_id, newsletter_id=newsletter_id).delete()[0]:
        raise NotFound("This sponsor is gone already.")


def list_sponsors(newsletter_id: int) -> tuple[Sponsor, ...]:
    """The sponsors of a newsletter, the earliest first."""
    return tuple(_to_sponsor(row) for row in models.Sponsor.objects.filter(newsletter_id=newsletter_id))


def find_sponsor(newsletter_id: int, day: date) -> Sponsor | None:
    """The sponsor of the box on a day, if there is one."""
    row = models.Sponsor.objects.filter(newsletter_id=newsletter_id, first__lte=day, last__gte=day).first()
    return _to_sponsor(row) if row else None


def _to_sponsor(row: models.Sponsor) -> Sponsor:
    return Sponsor(row.pk, row.newsletter_id, row.label, row.headline, row.text, row.url, row.first, row.last)
