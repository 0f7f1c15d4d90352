"""The schedule in calendar programs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import icalendar
from django.test import Client

from newsletter.accounts import calendar_links
from newsletter.curator.editions.models import Edition
from newsletter.kernel import clock
from newsletter.scheduling import schedules
from newsletter.scheduling.models import Occurrence
from tests.actors import SYSTEM, act_as


def read(client: Client, address: str) -> Any:
    answer = client.get(address)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert "private" in answer.headers["Cache-Control"]
    return icalendar.Calendar.from_ical(answer.content)


def test_the_link_of_the_account_shows_the_schedule_with_what_is_skipped_and_why(
    signed_in: Callable[[str], Client], newsroom: Any
) -> None:
    now, viewer = clock.now(), signed_in("viewer")
    made = schedules.create_schedule(newsroom.briefing.id, time="07:00", zone="UTC", by=SYSTEM, now=now)
    skipped = (now + timedelta(days=40)).date()
    schedules.skip_date(made.id, skipped, reason="A strike;\nno trains", by=SYSTEM, now=now)
    page = viewer.post("/account/", {"do": "calendar"}).content.decode()
    address = page.split("<pre", 1)[1].split(">", 1)[1].split("<", 1)[0]
    calendar = read(Client(), address.removeprefix("http://testserver"))
    events = list(calendar.walk("VEVENT"))
    assert 88 <= len(events) <= 91
    assert len({str(event["uid"]) for event in events}) == len(events)
    (strike,) = [event for event in events if event["status"] == "CANCELLED"]
    assert strike["dtstart"].dt.date() == skipped
    assert str(strike["summary"]) == f"{newsroom.briefing.name} (skipped)"
    assert "A strike;\nno trains" in str(strike["description"])
    viewer.post("/account/", {"do": "end-calendar"})
    assert Client().get(address.removeprefix("http://testserver")).status_code == 404


def test_a_link_shows_only_what_its_owner_may_see(people: dict[str, Any], newsroom: Any) -> None:
    now = clock.now()
    schedules.create_schedule(newsroom.briefing.id, time="07:00", zone="UTC", by=SYSTEM, now=now)
    stranger = people["viewer"]
    stranger.roles.all().delete()
    token = calendar_links.create_link(stranger.email, by=act_as(stranger.email), now=now)
    assert not read(Client(), f"/calendar/{token}.ics").walk("VEVENT")


def test_a_wrong_link_shows_nothing(db: None) -> None:
    assert Client().get("/calendar/none.ics").status_code == 404


def test_what_was_sent_is_no_longer_sending(people: dict[str, Any], newsroom: Any, edition: Any) -> None:
    now = clock.now()
    schedules.create_schedule(newsroom.briefing.id, time="07:00", zone="UTC", by=SYSTEM, now=now)
    row = Occurrence.objects.order_by("instant").first()
    assert row
    Occurrence.objects.filter(id=row.id).update(state="claimed", edition_id=edition.id)
    token = calendar_links.create_link(people["viewer"].email, by=act_as(people["viewer"].email), now=now)
    for state, told, status in (("handed_over", "Sending", "CONFIRMED"), ("sent", "Sent", "CONFIRMED")):
        Edition.objects.filter(id=edition.id).update(state=state)
        first = read(Client(), f"/calendar/{token}.ics").walk("VEVENT")[0]
        assert str(first["description"]).splitlines()[1] == told
        assert first["status"] == status
