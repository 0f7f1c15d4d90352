"""Removing a list, as far as subscribers know of it: its row, its people and their consents stay as proof.

What else uses a list is asked by `newsletter.jobs.list_removal`, which is what the desk and the commands call.
"""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q

from newsletter.kernel.actors import ActionRecord, Actor, Verb, require_right
from newsletter.kernel.errors import Refused
from subscribers import lists, models
from subscribers.segments import service
from subscribers.states import ImportState
from subscribers.values import List

_AT_REST = Q(state__in=(ImportState.DONE, ImportState.UNDONE)) | Q(state=ImportState.FAILED, file_kept=False)


def mark_list_removed(list_id: int, *, by: Actor, now: datetime) -> List:
    """Takes a list out of use, within a transaction: nobody joins it, no page offers it, its short name stays taken.

    Raises NotAllowed, NotFound, and Refused while a segment asks for it or an import into it is not done with.
    """
    require_right(by, Verb.CONFIGURE)
    models.List.objects.select_for_update().filter(id=list_id).first()
    found = lists.get_present_list(list_id)
    segments = service.list_segments_of_list(found.slug)
    if segments:
        names = ", ".join(each.name for each in segments)
        raise Refused(f"{found.name} is asked for by segments: {names}. Change them first.")
    waiting = models.ImportRun.objects.filter(list_id=list_id).exclude(_AT_REST).order_by("id").first()
    if waiting is not None:
        raise Refused(f"The import {waiting.name} into {found.name} is not done with. Finish or discard it first.")
    models.List.objects.filter(id=list_id).update(removed_at=now, public=False)
    counts = {str(state): n for state, n in lists.count_subscribers_by_state(list_id).items()}
    before = {**lists.describe_settings(found), "subscribers": counts}
    by.record(ActionRecord("removed list", found.slug, now, before=before, list_ids=[list_id]))
    return lists.get_list(list_id)
