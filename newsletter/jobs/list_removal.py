"""Removing a list: asks everything that may use it, newsletters and mailings as well as segments and imports."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from newsletter.catalog import newsletters
from newsletter.delivery.sending import mailings
from newsletter.kernel.actors import Actor
from newsletter.kernel.errors import Refused
from newsletter.kernel.sentences import phrase
from subscribers import lists, removed_lists
from subscribers.values import List


def remove_list(slug: str, *, by: Actor, now: datetime) -> List:
    """Takes a list out of use; who was on it, and what they were sent, stays as proof.

    Raises NotAllowed, NotFound, and Refused while a newsletter, a segment, a mailing or an import needs it.
    """
    with transaction.atomic():
        found = lists.get_list_by_slug(slug)
        removed = removed_lists.mark_list_removed(found.id, by=by, now=now)
        using = [each.name for each in newsletters.list_newsletters() if each.list_id == found.id]
        if using:
            names = ", ".join(using)
            raise Refused(
                phrase("{list} is the list of {names}. Give them another list first.", list=found.name, names=names)
            )
        mailing_id = mailings.find_unfinished_of_list(found.id)
        if mailing_id is not None:
            raise Refused(
                phrase(
                    "Mailing {number} to {list} is not finished. Wait for it, or cancel it first.",
                    number=str(mailing_id),
                    list=found.name,
                )
            )
    return removed
