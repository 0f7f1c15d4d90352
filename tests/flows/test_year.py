"""A year of schedules through the real tick: outages, skips, holidays, both changes of clocks, two schedulers.

Whatever is planned is sent, skipped, held or missed in the end, each once and with its reason.
"""

from __future__ import annotations

import random
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from newsletter.catalog import newsletter_settings
from newsletter.curator.editions.models import Edition, Snapshot
from newsletter.curator.editions.states import EditionState
from newsletter.delivery.models import Mailing
from newsletter.jobs import tasks
from newsletter.kernel import clock
from newsletter.kernel.errors import BadInput, Refused
from newsletter.scheduling import calendar, models, schedules
from newsletter.scheduling.states import OccurrenceState
from tests.actors import SYSTEM

START, END = datetime(2026, 3, 1, tzinfo=UTC), datetime(2027, 3, 1, tzinfo=UTC)
# One newsletter a rule: zone, rule. The hourly ones run for some days around the changes of clocks.
RULES: dict[str, list[tuple[str, dict[str, Any]]]] = {
    "daily": [
        ("Europe/London", {"weekdays": "weekdays", "time": "07:00", "region": "GB-ENG"}),
        ("America/New_York", {"weekdays": "weekends", "time": "02:30"}),
        ("Asia/Kolkata", {"monthly": "last", "time": "23:30"}),
    ],
    "weekly": [
        ("Europe/Berlin", {"weekdays": "sun", "time": "02:30", "region": "DE-BY", "on_holiday": "earlier"}),
        ("Australia/Lord_Howe", {"weekdays": "fri", "every_weeks": 2, "time": "07:00, 17:30"}),
        ("Pacific/Auckland", {"monthly": "first monday", "time": "06:00", "region": "NZ", "on_holiday": "later"}),
        ("Africa/Casablanca", {"recurrence": "FREQ=YEARLY;BYMONTH=3,10;BYMONTHDAY=21,22", "time": "00:15"}),
    ],
    "hourly": [
        ("Europe/Paris", {"recurrence": "FREQ=HOURLY", "starts_on": "2026-03-28", "ends_on": "2026-03-30"}),
        ("America/Havana", {"recurrence": "FREQ=HOURLY", "starts_on": "2026-10-31", "ends_on": "2026-11-02"}),
        ("Pacific/Apia", {"recurrence": "FREQ=HOURLY;INTERVAL=3", "starts_on": "2026-12-24", "ends_on": "2026-12-26"}),
    ],
}


@pytest.fixture
def planned(newsroom: Any) -> list[int]:
    """Three newsletters with ten schedules in ten zones. What is late is held by one of them, skipped by the others."""
    made = []
    for slug, rules in RULES.items():
        newsletter = newsletter_settings.create_newsletter(
            slug=slug,
            name=slug.title(),
            from_email="news@example.com",
            postal_address="4 Tarn Street, Upper Fellside",
            list_id=newsroom.briefing.list_id,
            zone=rules[0][0],
            when_late="hold" if slug == "daily" else "skip",
            cut_off_minutes=60 if slug == "weekly" else 0,
            now=START,
            by=SYSTEM,
        )
        for zone, rule in rules:
            found = schedules.create_schedule(
                newsletter.id, zone=zone, open_before_minutes=30, by=SYSTEM, now=START, **rule
            )
            made.append(found.id)
    return made


def approve_some(chosen: random.Random, now: datetime) -> None:
    """The editors: they approve most drafts. What an approval checks and renders is tested elsewhere."""
    drafts = Edition.objects.filter(state__in=(EditionState.DRAFT, EditionState.LOCKED), signed="")
    for row in drafts:
        row.signed = "looked at"
        if chosen.random() < 0.85:
            Snapshot.objects.create(
                edition_id=row.id, approved_at=now, approved_by="Ada", sha256=f"{row.id:064d}", merge=[], html="x"
            )
            row.state = EditionState.APPROVED
        row.save()


def find_next_moment(now: datetime) -> datetime:
    """When something may happen next: an opening, a cut-off or an instant; or the next half a day."""
    waiting = models.Occurrence.objects.filter(state__in=(OccurrenceState.PLANNED, OccurrenceState.DRAFT))
    moments = [now + timedelta(hours=12)]
    for field in ("opens_at", "instant"):
        first = waiting.filter(**{f"{field}__gt": now}).order_by(field).values_list(field, flat=True).first()
        moments += [first] if first else []
    return min(moments)


def skip_some(chosen: random.Random, planned: list[int], now: datetime) -> None:
    if chosen.random() < 0.02:
        try:
            day = (now + timedelta(days=chosen.randint(0, 6))).date()
            schedules.skip_date(chosen.choice(planned), day, reason="A strike", by=SYSTEM, now=now)
        except (BadInput, Refused):
            pass  # nothing goes out that day, or it is being sent


def test_in_a_year_every_date_is_sent_skipped_held_or_missed_once(planned: list[int]) -> None:
    chosen, now = random.Random(19), START
    while now < END:
        assert tasks.tick(now).failed == {}
        if chosen.random() < 0.2:  # another scheduler, whose clock is a minute behind
            assert tasks.tick(now - timedelta(minutes=1)).failed == {}
        approve_some(chosen, now)
        skip_some(chosen, planned, now)
        now = find_next_moment(now)
        if chosen.random() < 0.01:
            now += timedelta(hours=chosen.choice([1, 7, 30, 80, 300]))  # nothing ran
    tasks.tick(now)
    check_the_year(planned)


def check_the_year(planned: list[int]) -> None:
    counts: Counter[str] = Counter()
    for schedule_id in planned:
        rows = models.Occurrence.objects.filter(schedule_id=schedule_id, instant__gt=START, instant__lte=END)
        by_rule = calendar.list_dates(schedules.get_schedule(schedule_id).rule, START, END)
        assert {row.instant for row in rows} == {each.instant for each in by_rule}
        assert len(rows) == len(by_rule) > 0, "each once"
        zone = clock.get_zone(schedules.get_schedule(schedule_id).zone)
        for row in rows:
            counts[row.state] += 1
            assert row.date == row.instant.astimezone(zone).date()
            assert row.state in {"claimed", "skipped", "held", "missed"}
            assert bool(row.reason) == (row.state != "claimed"), (row.state, row.reason)
    mailings = Mailing.objects.values_list("edition_id", flat=True)
    assert len(mailings) == len(set(mailings)) == counts["claimed"], "none twice"
    assert set(counts) >= {"claimed", "skipped", "held"}
    assert counts["claimed"] > 300
    assert date(2026, 12, 25) in set(models.Occurrence.objects.filter(state="skipped").values_list("date", flat=True))
