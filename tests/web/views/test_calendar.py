"""The calendar on the desk."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

import lxml.html
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from newsletter.catalog import newsletter_settings
from newsletter.curator.editions.models import Edition
from newsletter.kernel import clock
from newsletter.scheduling import coming, schedules
from tests.actors import SYSTEM
from tests.web.seen import flatten


def plan(newsroom: Any, time: str = "07:00", **changes: Any) -> Any:
    return schedules.create_schedule(newsroom.briefing.id, time=time, by=SYSTEM, now=clock.now(), **changes)


def find_far(newsroom: Any) -> Any:
    """A date of the rule about six weeks ahead, not written down yet."""
    now = clock.now()
    begin = now + timedelta(days=42)
    return coming.list_coming({newsroom.briefing.id}, since=begin, until=begin + timedelta(days=1), now=now)[0]


def build_form(date: Any, **fields: str) -> dict[str, str]:
    return {"date": str(date.day), "instant": date.instant.isoformat(), **fields}


def read(answer: Any) -> Any:
    return lxml.html.fromstring(answer.content.decode())


def test_a_month_and_a_week_show_every_newsletter_somebody_may_see(
    signed_in: Callable[[str], Client], newsroom: Any
) -> None:
    plan(newsroom)
    schedules.create_schedule(newsroom.other.id, weekdays="wed", time="17:00", by=SYSTEM, now=clock.now())
    admin = signed_in("admin")
    begin = clock.now() + timedelta(days=42)
    month = read(admin.get(f"/calendar/?month={begin:%Y-%m}"))
    words = [each.text_content() for each in month.cssselect(".cal .occ b")]
    assert words.count("Morning Briefing") >= 28
    assert words.count("Evening Letter") in (4, 5)
    week = read(admin.get(f"/calendar/?week={begin:%G-W%V}"))
    assert len(week.cssselect(".cal .occ")) == 8
    assert "Evening Letter" not in signed_in("editor").get("/calendar/").content.decode()


@pytest.mark.parametrize("query", ["?month=soon", "?week=2026-W99"])
def test_a_month_or_week_that_is_none_is_refused_with_an_example(editor: Client, newsroom: Any, query: str) -> None:
    answer = editor.get(f"/calendar/{query}")
    assert answer.status_code == 422
    assert "Write it like" in answer.content.decode()


def test_a_date_weeks_ahead_is_skipped_with_a_reason_and_unskipped(editor: Client, newsroom: Any) -> None:
    made = plan(newsroom)
    far = find_far(newsroom)
    address = f"/calendar/{made.id}/skips/?month={far.instant:%Y-%m}"
    answer = editor.post(address, build_form(far, reason="A strike"))
    assert answer["Location"] == f"/calendar/?month={far.instant:%Y-%m}"
    page = editor.get(answer["Location"]).content.decode()
    assert "is skipped." in page
    (row,) = read(editor.get(answer["Location"])).cssselect("[aria-labelledby=h-exceptions] tbody tr")
    assert "A strike (" in row.text_content()
    assert "@" not in row.text_content(), "people are named"
    editor.post(address, build_form(far, undo="1"))
    assert "Everything is as planned." in editor.get(answer["Location"]).content.decode()


def test_skipping_without_a_reason_is_refused_at_the_form_of_its_date(editor: Client, newsroom: Any) -> None:
    made = plan(newsroom, "07:00, 17:30")
    far = find_far(newsroom)
    address = f"/calendar/{made.id}/skips/?month={far.instant:%Y-%m}"
    answer = editor.post(address, build_form(far))
    assert answer.status_code == 422
    (form,) = read(answer).cssselect("#skip-form")
    assert "Say why it is skipped." in form.text_content()
    assert f"{far.instant:%H:%M}" in form.text_content(), "the one of the day that was meant"
    answer = editor.post(address, build_form(far, reason="x" * 201))
    assert "x" * 201 in read(answer).cssselect("#skip-form [name=reason]")[0].get("value"), "what was typed is kept"
    past = build_form(far, reason="x" * 201) | {"instant": "2026-01-05T07:00:00+00:00"}
    assert "Reason: " in read(editor.post(address, past)).cssselect(".errors")[0].text_content(), "above all"


def test_a_date_leads_to_its_form_and_the_form_back_to_the_same_calendar(admin: Client, newsroom: Any) -> None:
    made = plan(newsroom)
    far = find_far(newsroom)
    shown = f"?month={far.instant:%Y-%m}&newsletter=morning"
    page = read(admin.get(f"/calendar/{shown}"))
    links = [each.get("href") for each in page.cssselect(".cal a.occ")]
    (link,) = [each for each in links if quote(far.instant.isoformat()) in each]
    form = read(admin.get(link)).cssselect("#skip-form form")[0]
    assert form.get("action") == f"/calendar/{made.id}/skips/{shown}"
    answer = admin.post(form.get("action"), {**dict(form.fields), "reason": "A strike"})
    assert answer["Location"] == f"/calendar/{shown}"
    assert "Unskip" in admin.get(link).content.decode()
    gone = link.replace(quote(far.instant.isoformat()), "2026-01-05T07:00")
    assert admin.get(gone).status_code == 404
    assert admin.get(gone.replace("2026-01-05T07:00", "soon")).status_code == 404


def test_one_newsletter_is_chosen_and_kept_on_the_way(admin: Client, newsroom: Any) -> None:
    plan(newsroom)
    schedules.create_schedule(newsroom.other.id, weekdays="wed", time="17:00", by=SYSTEM, now=clock.now())
    page = read(admin.get("/calendar/?newsletter=evening"))
    words = {each.text_content() for each in page.cssselect(".cal .occ b")}
    assert words <= {"Evening Letter"}
    assert "All newsletters" not in page.cssselect(".head")[0].text_content()
    rules = page.cssselect("[aria-labelledby=h-schedules] li > b")
    assert [each.text_content() for each in rules] == ["Evening Letter"]
    ways = [each.get("href") for each in page.cssselect(".head nav a")]
    assert all(each.endswith("&newsletter=evening") for each in ways)
    assert admin.get("/calendar/?newsletter=none").status_code == 422


def test_twenty_daily_newsletters_are_a_light_page_of_few_queries(admin: Client, newsroom: Any, now: datetime) -> None:
    for number in range(18):
        made = newsletter_settings.create_newsletter(
            slug=f"daily-{number}",
            name=f"Daily {number}",
            from_email="desk@example.com",
            list_id=newsroom.list.id,
            postal_address="1 High Street",
            zone="Europe/London",
            by=SYSTEM,
            now=now,
        )
        schedules.create_schedule(made.id, time="07:00", by=SYSTEM, now=clock.now())
    for each in (newsroom.briefing, newsroom.other):
        schedules.create_schedule(each.id, time="17:00", by=SYSTEM, now=clock.now())
    begin = clock.now() + timedelta(days=42)
    with CaptureQueriesContext(connection) as asked:
        answer = admin.get(f"/calendar/?month={begin:%Y-%m}")
    assert len(read(answer).cssselect(".cal a.occ")) >= 20 * 28
    assert len(asked) <= 30
    assert len(gzip.compress(answer.content)) < 40_000
    assert answer.content.count(b"csrfmiddlewaretoken") < 5


def test_holidays_are_named_and_what_they_skip_is_not_unskipped(editor: Client, newsroom: Any) -> None:
    plan(newsroom, region="GB-ENG")
    year = clock.now().year + 1
    page = read(editor.get(f"/calendar/?month={year}-12"))
    assert "Christmas Day (England)" in page.cssselect(".cal")[0].text_content()
    rows = [each.text_content() for each in page.cssselect("[aria-labelledby=h-exceptions] tbody tr")]
    assert any("Christmas Day (bank holidays in England)" in row for row in rows)
    assert not any("Unskip" in row for row in rows)


def test_a_zone_is_said_once_where_it_is_everybodys_and_else_at_each_time(
    admin: Client, newsroom: Any, now: datetime
) -> None:
    plan(newsroom)
    winter = f"/calendar/?month={clock.now().year + 1}-12"
    page = read(admin.get(winter))
    assert "Times are in Europe/London (GMT)." in page.cssselect(".head")[0].text_content()
    assert "GMT" not in page.cssselect(".cal .occ")[0].text_content()
    newsletter_settings.change_newsletter(newsroom.other.id, zone="America/New_York", seen=None, by=SYSTEM, now=now)
    schedules.create_schedule(newsroom.other.id, time="17:00", by=SYSTEM, now=clock.now())
    page = read(admin.get(winter))
    assert "Each time says its zone." in page.cssselect(".head")[0].text_content()
    assert "GMT" in page.cssselect(".cal .occ")[0].text_content()


@pytest.mark.parametrize(("name", "offered"), [("editor", True), ("viewer", False)])
def test_only_who_may_edit_is_offered_to_skip(
    signed_in: Callable[[str], Client], newsroom: Any, name: str, offered: bool
) -> None:
    made = plan(newsroom)
    page = signed_in(name).get(f"/calendar/?month={find_far(newsroom).instant:%Y-%m}").content.decode()
    assert (f'href="/calendar/{made.id}/skips/' in page) is offered


def test_schedules_are_said_in_words_with_their_next_ten_dates(editor: Client, newsroom: Any) -> None:
    plan(newsroom, weekdays="weekdays", region="England")
    (only,) = read(editor.get("/calendar/")).cssselect("[aria-labelledby=h-schedules] li:has(b)")
    assert "Weekdays at 07:00, Europe/London; not on bank holidays in England." in only.text_content()
    assert len(only.cssselect("ol li")) >= 10


def test_who_skips_in_an_open_dialog_what_a_colleague_skipped_reads_who_and_why(
    admin: Client, editor: Client, newsroom: Any
) -> None:
    made = schedules.create_schedule(
        newsroom.briefing.id, weekdays="daily", time="07:00", zone="UTC", by=SYSTEM, now=clock.now()
    )
    day = (clock.now() + timedelta(days=3)).date()
    form = {"date": day.isoformat(), "instant": f"{day}T07:00:00+00:00"}
    address = f"/calendar/{made.id}/skips/"
    assert editor.post(address, form | {"reason": "A strike"}).status_code == 302
    late = admin.post(address, form | {"reason": "A storm"})
    assert late.status_code == 409
    assert "skipped already: A strike (Editor)" in flatten(late.content.decode())


def test_what_was_sent_on_another_day_stands_on_that_day_and_is_not_as_planned(
    admin: Client, sent: Any, newsroom: Any, now: datetime
) -> None:
    home = now.date() + timedelta(days=12)
    Edition.objects.filter(id=sent.edition_id).update(date=home)
    for month in (now, now + timedelta(days=12)):
        page = lxml.html.fromstring(admin.get(f"/calendar/?month={month:%Y-%m}").content.decode())
        rows = page.cssselect("section[aria-labelledby=h-exceptions] tbody tr")
        assert len(rows) == 1
        assert "Sent Tue 24 Nov" in flatten(rows[0].text_content())
    page = lxml.html.fromstring(admin.get(f"/calendar/?month={now:%Y-%m}").content.decode())
    (cell,) = [each for each in page.cssselect("td") if each.cssselect(".occ")]
    assert cell.cssselect(".d__n")[0].text == str(now.day)
    assert f"edition of {home:%a} {home.day} {home:%b}" in flatten(cell.text_content())
