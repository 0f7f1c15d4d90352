"""How many a mailing of an edition would go to, were it frozen now: asked of what a freeze asks, page by page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from newsletter.catalog.values import Newsletter
from newsletter.delivery import models
from newsletter.delivery.ledger.states import ExclusionReason, MailingKind
from newsletter.delivery.sending import freeze, send_times
from newsletter.delivery.sending.mailed_before import EarlierBatches
from subscribers import audience


@dataclass(frozen=True, slots=True)
class AudienceSize:
    """So many would get it; of all candidates, so many would not, by reason."""

    planned: int
    excluded: Mapping[str, int]

    @property
    def candidates(self) -> int:
        """Everybody on the list, in whatever state."""
        return self.planned + sum(self.excluded.values())


def count_audience(newsletter: Newsletter, edition_id: int, *, at: datetime, now: datetime) -> AudienceSize:
    """The audience of an edition that is due `at`; a million candidates take some seconds.

    Raises NotFound and BadInput for a segment that cannot be asked.
    """
    row = models.Mailing(kind=MailingKind.EDITION, newsletter_id=newsletter.id, list_id=newsletter.list_id, due_at=at)
    day, upto = freeze.find_edition_day(row, newsletter), audience.get_audience_bounds(row.list_id).last_id
    earlier, after = EarlierBatches(edition_id, mailing_id=0, after=0), 0
    counts: Counter[str] = Counter()
    while page := audience.list_audience_page(row.list_id, after=after, upto=upto, limit=freeze.PAGE_SIZE, on=day):
        after = page[-1].subscriber_id
        before = earlier.read_page(after)
        for each in freeze.exclude_outside_segment(row, newsletter, page, now):
            counts[each.exclusion or freeze.find_earlier_exclusion(each.subscriber_id, before)] += 1
    planned = counts.pop("", 0)
    left = send_times.count_left_today(newsletter, at)
    if left is not None and planned > max(left, 0):
        counts[ExclusionReason.OVER_CEILING] = planned - max(left, 0)
        planned = max(left, 0)
    return AudienceSize(planned, dict(sorted(counts.items())))
