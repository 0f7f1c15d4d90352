"""How many a mailing of an edition would go to, were it frozen now: asked of what a freeze asks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from newsletter.catalog.values import Newsletter
from newsletter.delivery import models
from newsletter.delivery.ledger.states import ExclusionReason, MailingKind
from newsletter.delivery.sending import freeze, send_times
from newsletter.delivery.sending.mailed_before import EarlierBatches
from subscribers import audience
from subscribers.sql_fragments import SqlFragment


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
    """The audience of an edition that is due `at`: of a million candidates in some tenths of a second.

    Who has the edition already is read of the ledger page by page, which takes ten times as long.
    Raises NotFound and BadInput for a segment that cannot be asked.
    """
    row = models.Mailing(kind=MailingKind.EDITION, newsletter_id=newsletter.id, list_id=newsletter.list_id, due_at=at)
    day, segment = freeze.find_edition_day(row, newsletter), freeze.find_segment(row, newsletter, now)
    earlier = EarlierBatches(edition_id, mailing_id=0, after=0)
    if earlier.is_empty:
        counts = audience.count_candidates(row.list_id, on=day, segment=segment)
    else:
        counts = _count_by_pages(row.list_id, earlier, day, segment)
    planned = counts.pop("", 0)
    left = send_times.count_left_today(newsletter, at)
    if left is not None and planned > max(left, 0):
        counts[ExclusionReason.OVER_CEILING] = planned - max(left, 0)
        planned = max(left, 0)
    return AudienceSize(planned, {reason: n for reason, n in sorted(counts.items()) if n})


def _count_by_pages(
    list_id: int, earlier: EarlierBatches, day: date | None, segment: SqlFragment | None
) -> Counter[str]:
    """The same with those who have the edition, or may have it, by its earlier mailings."""
    counts: Counter[str] = Counter()
    upto, after, limit = audience.get_audience_bounds(list_id).last_id, 0, freeze.PAGE_SIZE
    while page := audience.list_audience_page(list_id, after=after, upto=upto, limit=limit, on=day, segment=segment):
        after = page[-1].subscriber_id
        before = earlier.read_page(after)
        counts.update(each.exclusion or freeze.find_earlier_exclusion(each.subscriber_id, before) for each in page)
    return counts
