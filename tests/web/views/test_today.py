"""Today: what is to come, and what went wrong."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import lxml.html
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from newsletter.catalog import newsletter_settings
from newsletter.curator.editions import editions, picks
from newsletter.curator.editions.models import Edition
from newsletter.delivery import alarms, models
from newsletter.delivery.ledger.states import ExclusionReason, MailingKind, MailingState
from newsletter.kernel import clock
from newsletter.scheduling import occurrences, schedules
from newsletter.web.views import schedule, today
from subscribers import tiers
from subscribers.segments.service import create_segment
from tests.actors import SYSTEM
from tests.conftest import reported
from tests.copies import copy_row
from tests.web.seen import flatten


def test_an_edition_sent_by_hand_is_not_shown_as_still_to_come(sent: Any, newsroom: Any, now: datetime) -> None:
    schedules.create_schedule(newsroom.briefing.id, weekdays="daily", time="23:59", zone="UTC", by=SYSTEM, now=now)
    occurrences.materialise(now)
    occurrence = occurrences.list_occurrences(now, now + timedelta(days=1))[0]
    ((_, _, state, _, edition_id),) = schedule.describe_occurrences(
        (occurrence,), {newsroom.briefing.id: newsroom.briefing}
    )
    assert (state, edition_id) == ("sent", sent.edition_id)
    (line,) = [each for each in today.list_due_items((newsroom.briefing,), now, clock.get_zone("UTC")) if each.edition]
    assert (line.state, line.when) == ("sent", now)


def test_the_filled_button_opens_the_first_board_there_is_to_work_at(
    editor: Client, newsroom: Any, now: datetime
) -> None:
    day = clock.now().date()
    made = [editions.create_edition(newsroom.briefing.id, day + timedelta(days=n), now=now, by=SYSTEM) for n in (0, 1)]
    schedules.create_schedule(
        newsroom.briefing.id, weekdays="daily", time="23:59", zone="UTC", by=SYSTEM, now=clock.now()
    )
    occurrences.materialise(clock.now())
    page = editor.get("/").content.decode()
    filled = re.findall(r'class="btn btn--go"\s+href="/editions/(\d+)/"', page)
    assert filled in ([str(made[0].id)], [str(made[1].id)])


def test_what_goes_out_is_grouped_by_day_with_its_date_also_what_no_schedule_planned(
    editor: Client, newsroom: Any
) -> None:
    now = clock.now()
    today_ = now.astimezone(clock.get_zone("Europe/London")).date()
    for days in (1, 5):
        editions.create_edition(newsroom.briefing.id, today_ + timedelta(days=days), now=now, by=SYSTEM)
    page = lxml.html.fromstring(editor.get("/").content.decode())
    titles = [each.text_content() for each in page.cssselect("main h2[id^=h-day]")]
    assert [each.partition(",")[0] for each in titles[:2]] == ["Today", "Tomorrow"]
    last = today_ + timedelta(days=5)
    assert titles[2] == f"{last:%A} {last.day} {last:%B}"
    assert "Nothing goes out today." in page.cssselect("main .sec")[0].text_content()


def test_days_begin_with_today_and_end_with_those_that_are_past() -> None:
    day = date(2026, 11, 24)
    lines = [
        SimpleNamespace(day=day + timedelta(days=n), when=None)  # all that is asked of a line here
        for n in (1, -2, 0, -1, 3)
    ]
    found = today.group_by_day(lines, day)  # type: ignore[arg-type]
    assert [each.title for each in found] == [
        "Today, Tuesday 24 November",
        "Tomorrow, Wednesday 25 November",
        "Friday 27 November",
        "Yesterday, Monday 23 November",
        "Sunday 22 November",
    ]


def test_an_edition_on_its_way_has_a_clock_and_one_that_was_sent_has_none(
    sent: Any, newsroom: Any, now: datetime
) -> None:
    changed = newsletter_settings.change_newsletter(
        newsroom.briefing.id, cut_off_minutes="45", seen=None, by=SYSTEM, now=now
    )
    schedules.create_schedule(newsroom.briefing.id, time="23:59", zone="UTC", by=SYSTEM, now=now)
    editions.create_edition(newsroom.briefing.id, now.date() + timedelta(days=1), now=now, by=SYSTEM)
    first, second = [each for each in today.list_due_items((changed,), now, clock.get_zone("UTC")) if each.edition]
    assert (first.clock, second.day) == ((), now.date() + timedelta(days=1))
    assert [(each.moment.label, each.standing) for each in second.clock] == [
        ("Opened", "done"),
        ("Cut-off", "next"),
        ("In inboxes", "later"),
    ]


def test_before_an_audience_is_frozen_the_size_of_the_list_is_called_that_and_the_audience_asked_for(
    editor: Client, newsroom: Any, readers: Any, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, paying, gone = readers(3)
    create_segment("payers", "Payers", {"about": "tier", "op": "is", "value": "paying"}, by=SYSTEM, now=now)
    newsletter_settings.change_newsletter(newsroom.briefing.id, segment="payers", seen=None, by=SYSTEM, now=now)
    for each in (paying, gone):
        tiers.set_tier(each, "paying", ends_at=None, how="command", by=SYSTEM, now=now)
    reported(gone, newsroom.list.id, "hard", now=now)
    made = editions.create_edition(newsroom.briefing.id, clock.now().date(), now=clock.now(), by=SYSTEM)
    outlook = f"/editions/{made.id}/outlook/"
    page = editor.get("/").content.decode()
    assert "segment payers of 2 on the list" in flatten(page)
    assert f'hx-get="{outlook}"' in page
    assert "<span>1 subscriber</span>" in flatten(editor.get(outlook).content.decode())
    monkeypatch.setattr("newsletter.web.views.editions.COUNTED_FOR_TODAY", 1)
    assert "segment payers of 2 on the list" in flatten(editor.get(outlook).content.decode()), "too long to count"


def test_what_blocks_a_draft_is_asked_for_by_its_line(editor: Client, newsroom: Any, readers: Any) -> None:
    readers(1)
    made = editions.create_edition(newsroom.briefing.id, clock.now().date(), now=clock.now(), by=SYSTEM)
    page = flatten(editor.get("/").content.decode())
    assert f'<li id="needs-{made.id}">' in page
    assert "Morning Briefing is not approved yet" in page
    outlook = flatten(editor.get(f"/editions/{made.id}/outlook/").content.decode())
    assert f'<li id="needs-{made.id}" hx-swap-oob="true">' in outlook
    assert "Blocks approval." in outlook


def test_eight_drafts_of_a_day_cost_no_more_queries_than_two(
    admin: Client, newsroom: Any, readers: Any, articles: Any
) -> None:
    readers(2)
    asked = {}
    for number in range(1, 9):
        made = editions.create_edition(
            newsroom.briefing.id, clock.now().date(), number=number, now=clock.now(), by=SYSTEM
        )
        picks.add_pick(made.id, articles(number)[-1], by=SYSTEM, now=clock.now())
        with CaptureQueriesContext(connection) as counted:
            assert admin.get("/").content.decode().count("/outlook/") == number
        asked[number] = len(counted)
    assert asked[8] == asked[2] <= 30


def test_what_is_wrong_stays_on_today_however_many_mailings_come_after_it(
    admin: Client, sent: Any, now: datetime
) -> None:
    there = clock.now()
    for n in range(60):
        copy = models.Mailing.objects.get(id=sent.id)
        copy.pk, copy.key, copy.kind, copy.due_at = None, f"copy{n}", MailingKind.CORRECTION, there
        if n in (3, 4):
            copy.state, copy.reason, copy.due_at = MailingState.PAUSED, f"stopped {n}", there - timedelta(days=90 + n)
        if n in (5, 6, 7):
            copy.due_at = there - timedelta(days=n)
        copy.save()
        if n in (6, 7):
            alarms.raise_alarm(copy.id, f"alarm {n}", there)
        if n == 5:
            models.Exclusion.objects.create(
                mailing=copy, reason=ExclusionReason.UNDECIDED, format=1, members=b"", size=4, first_id=1, last_id=9
            )
    page = flatten(admin.get("/").content.decode())
    assert all(each in page for each in ("stopped 3", "stopped 4", "alarm 6", "alarm 7", "4 subscribers: undecided"))
    listed = flatten(admin.get("/deliveries/?state=wrong").content.decode())
    assert listed.count('data-l="Proof"') == 5


def test_of_much_that_is_wrong_today_says_how_much_more_there_is(admin: Client, sent: Any) -> None:
    for n in range(today.TROUBLES_SHOWN + 3):
        copy = models.Mailing.objects.get(id=sent.id)
        copy.pk, copy.key, copy.kind, copy.state = None, f"copy{n}", MailingKind.CORRECTION, MailingState.PAUSED
        copy.save()
    with CaptureQueriesContext(connection) as counted:
        page = flatten(admin.get("/").content.decode())
    assert page.count("the mailing is paused") == today.TROUBLES_SHOWN
    assert "and 3 more" in page
    assert "/deliveries/?state=wrong" in page
    assert len(counted) <= 30, "\n".join(each["sql"][:160] for each in counted)


def test_eight_mailings_of_a_day_cost_no_more_queries_than_two(admin: Client, newsroom: Any, sent: Any) -> None:
    mailing, asked, now = models.Mailing.objects.get(id=sent.id), {}, clock.now()
    for number in range(1, 9):
        made = editions.create_edition(newsroom.briefing.id, now.date(), number=number, now=now, by=SYSTEM)
        Edition.objects.filter(id=made.id).update(state="handed_over")
        copy_row(mailing, edition_id=made.id, key=f"copy-{number}", state="sending", due_at=now)
        with CaptureQueriesContext(connection) as counted:
            page = admin.get("/").content.decode()
        assert page.count(f"/editions/{made.id}/") > 0
        asked[number] = len(counted)
    assert asked[8] <= asked[2] <= 30


def test_the_lines_of_a_day_are_in_the_order_of_their_times_and_those_without_one_come_last(now: datetime) -> None:
    lines = [
        SimpleNamespace(day=now.date(), when=None if hours is None else now + timedelta(hours=hours))
        for hours in (9, None, 1, 5)
    ]
    (group,) = today.group_by_day(lines, now.date())  # type: ignore[arg-type]
    assert group.lines == (lines[2], lines[3], lines[0], lines[1])
