"""How often subscribers clicked the stories of an edition, as counted by delivery."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from newsletter.curator.editions import models


def record_clicks(clicks: Mapping[str, tuple[int, int]], *, as_of: datetime) -> None:
    """Notes clicks by people and by machines, by the keys of picks; keys that are none of ours are passed over."""
    picks = list(models.Pick.objects.filter(key__in=list(clicks)))
    for pick in picks:
        pick.clicks, pick.machine_clicks = clicks[pick.key]
        pick.clicks_as_of = as_of
    models.Pick.objects.bulk_update(picks, ["clicks", "machine_clicks", "clicks_as_of"])
