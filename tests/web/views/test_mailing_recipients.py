"""Who did not get a mailing, on its page: filtered, searched, and exported as shown."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import lxml.html
import pytest
from django.db.models import F
from django.test import Client

from newsletter.delivery.ledger.format import FORMAT, pack_members, unpack_members
from newsletter.delivery.ledger.states import Outcome
from newsletter.delivery.models import Batch, DeliveryException, Exclusion, Mailing


def test_those_who_did_not_get_it_are_filtered_counted_and_exported_as_shown(
    admin: Client, sent: Any, now: datetime
) -> None:
    Batch.objects.update(
        state="accepted",
        outcomes=bytes([Outcome.BOUNCED, 0, Outcome.UNKNOWN, 0, Outcome.ACCEPTED, 0]),
        version=F("version") + 1,
    )
    (batch,) = Batch.objects.all()
    first = unpack_members(batch.members)[0]
    DeliveryException.objects.create(
        mailing_id=sent.id, batch=batch, subscriber_id=first, kind="bounced", reason="550 no such user", at=now
    )
    page = lxml.html.fromstring(admin.get(f"/deliveries/{sent.id}/?who=READER0").content.decode())
    (row,) = page.cssselect("#rows tr")
    assert "reader0@example.com" in row.text_content()
    assert "550 no such user" in row.text_content()
    assert [" ".join(each.text_content().split()) for each in page.cssselect("#who nav a")] == [
        "Not delivered 2",
        "Unknown 1",
        "Bounced 1",
        "Everybody 3",
    ]
    shown = f"/deliveries/{sent.id}/proof.csv?of=page&reason=550+no+such+user"
    lines = b"".join(admin.get(shown)).decode().splitlines()
    assert [line.split(",")[1] for line in lines[1:]] == ["reader0@example.com"]
    assert admin.get(f"/deliveries/{sent.id}/?state=lost").status_code == 422


def exclude(mailing_id: int, reason: str, people: list[int]) -> None:
    """So many more candidates of a mailing, to whom it was never sent."""
    Exclusion.objects.create(
        mailing_id=mailing_id,
        reason=reason,
        members=pack_members(people),
        size=len(people),
        format=FORMAT,
        first_id=people[0],
        last_id=people[-1],
    )
    Mailing.objects.filter(id=mailing_id).update(candidates=F("candidates") + len(people))


def read_filters(admin: Client, address: str) -> list[str]:
    page = lxml.html.fromstring(admin.get(address).content.decode())
    return [" ".join(each.text_content().split()) for each in page.cssselect("#who nav a, #who h2 + span")]


def read_rows(admin: Client, address: str) -> list[str]:
    page = lxml.html.fromstring(admin.get(address).content.decode())
    return [each.text_content() for each in page.cssselect("#rows .st")]


def test_whoever_was_excluded_for_an_earlier_bounce_did_not_bounce_now(
    admin: Client, sent: Any, readers: Any, now: datetime
) -> None:
    Batch.objects.update(
        outcomes=bytes([Outcome.BOUNCED, 0, Outcome.ACCEPTED, 0, Outcome.ACCEPTED, 0]), version=F("version") + 1
    )
    fourth, fifth, sixth = readers(3, prefix="earlier")
    exclude(sent.id, "bounced", [fourth, fifth])
    exclude(sent.id, "complained", [sixth])
    page = f"/deliveries/{sent.id}/"
    assert read_filters(admin, page) == ["1 of 6", "Not delivered 1", "Bounced 1", "Excluded 3", "Everybody 6"]
    assert read_rows(admin, page) == ["Bounced"]
    assert read_rows(admin, f"{page}?state=bounced") == ["Bounced"]
    assert read_rows(admin, f"{page}?state=excluded_bounced") == ["Excluded: bounced earlier"] * 2
    assert read_rows(admin, f"{page}?state=excluded")[2] == "Excluded: complained earlier"
    for asked in ("bounced", "excluded_bounced", "excluded_complained", "excluded", "everybody", ""):
        address = f"{page}?state={asked}"
        (head, *_filters) = read_filters(admin, address)
        assert head == f"{len(read_rows(admin, address))} of 6", "the count is that of the rows"
    sums = lxml.html.fromstring(admin.get(page).content.decode()).cssselect("#sums .sub a")
    shown = {each.text_content(): len(read_rows(admin, page + each.get("href").partition("#")[0])) for each in sums}
    assert shown == {"Accepted": 2, "Bounced": 1, "Bounced earlier": 2, "Complained earlier": 1}


@pytest.mark.parametrize("state", ["paused", "cancelled"])
def test_those_planned_did_not_get_a_mailing_that_does_not_go_on(admin: Client, sent: Any, state: str) -> None:
    page = f"/deliveries/{sent.id}/"
    Batch.objects.update(state="planned", outcomes=bytes(6), version=F("version") + 1)
    Mailing.objects.update(state="sending", finished_at=None)
    assert read_filters(admin, page)[0] == "0 of 3 · still to come: 3"
    Mailing.objects.update(state=state)
    assert read_filters(admin, page) == ["3 of 3", "Not delivered 3", "Planned 3", "Everybody 3"]
    assert read_rows(admin, page) == ["Planned"] * 3


def test_of_an_audience_that_is_not_counted_yet_nobody_is_said_to_have_it(admin: Client, sent: Any) -> None:
    Batch.objects.all().delete()
    Mailing.objects.update(state="paused", finished_at=None, frozen_at=None, candidates=0, planned=0)
    assert "The audience is not counted yet." in admin.get(f"/deliveries/{sent.id}/").content.decode()


def poll(admin: Client, mailing_id: int, page: lxml.html.HtmlElement, query: str = "") -> Any:
    """What htmx asks for on an open page."""
    (progress,) = page.cssselect("#progress")
    sent = {each.get("name"): each.get("value") for each in page.cssselect("#who-mark, #more input")}
    address = f"http://testserver/deliveries/{mailing_id}/{query}"
    answer = admin.get(f"{progress.get('hx-get')}&{urlencode(sent)}", headers={"HX-Current-URL": address})
    return lxml.html.fromstring(f"<div>{answer.content.decode()}</div>")


def test_a_poll_brings_those_who_did_not_get_it_when_there_are_others(
    admin: Client, sent: Any, django_assert_max_num_queries: Any
) -> None:
    Mailing.objects.update(state="sending", finished_at=None)
    for query, shown in (("", "2 of 3"), ("?state=unknown", "1 of 3"), ("?state=everybody", "3 of 3")):
        Batch.objects.update(outcomes=bytes([Outcome.ACCEPTED, 0] * 3), version=F("version") + 1)
        page = lxml.html.fromstring(admin.get(f"/deliveries/{sent.id}/{query}").content.decode())
        (before,) = page.cssselect("#who [id^=who-shown]")
        quiet = poll(admin, sent.id, page, query)
        assert not quiet.cssselect("#rows"), "what somebody reads is left alone"
        outcomes = bytes([Outcome.BOUNCED, 0, Outcome.UNKNOWN, 0, Outcome.ACCEPTED, 0])
        Batch.objects.update(outcomes=outcomes, version=F("version") + 1)
        with django_assert_max_num_queries(30):
            answer = poll(admin, sent.id, page, query)
        (after,) = answer.cssselect("[id^=who-shown][hx-swap-oob]")
        assert after.get("id") == before.get("id")
        (count,) = answer.cssselect("[id^=who-count]")
        assert " ".join(count.text_content().split()).startswith(shown)
        assert len(after.cssselect("#rows .st")) == int(shown[0])
        (export,) = answer.cssselect("[id^=who-export]")
        assert f"Export {shown[0]} (CSV)" in export.text_content()


def test_a_poll_never_replaces_the_answer_to_another_question_nor_rows_that_were_added(
    admin: Client, sent: Any
) -> None:
    Mailing.objects.update(state="sending", finished_at=None)
    page = lxml.html.fromstring(admin.get(f"/deliveries/{sent.id}/?after=1").content.decode())
    Batch.objects.update(outcomes=bytes([Outcome.BOUNCED, 0] * 3), version=F("version") + 1)
    answer = poll(admin, sent.id, page)
    assert answer.cssselect("[id^=who-count]")
    assert not answer.cssselect("#rows")
    names = {
        query: poll(admin, sent.id, page, query).cssselect("[id^=who-count]")[0].get("id")
        for query in ("", "?state=bounced", "?who=reader0", "?reason=full")
    }
    assert len(set(names.values())) == 4


def test_who_may_not_see_subscribers_is_told_nothing_of_them_by_a_poll(signed_in: Any, sent: Any) -> None:
    Mailing.objects.update(state="sending", finished_at=None)
    assert 'id="who' in signed_in("editor").get(f"/deliveries/{sent.id}/progress/").content.decode()
    assert 'id="who' not in signed_in("viewer").get(f"/deliveries/{sent.id}/progress/").content.decode()


def test_reasons_that_differ_by_the_address_alone_are_one_filter(admin: Client, sent: Any, now: datetime) -> None:
    Batch.objects.update(outcomes=bytes([Outcome.BOUNCED, 0] * 3), version=F("version") + 1)
    (batch,) = Batch.objects.all()
    for number, (person, why) in enumerate(
        zip(unpack_members(batch.members), ["user unknown", "user unknown", "mailbox gone"], strict=True)
    ):
        DeliveryException.objects.create(
            mailing_id=sent.id,
            batch=batch,
            subscriber_id=person,
            kind="bounced",
            reason=f"550 5.1.1 <reader{number}@example.com>: {why}",
            at=now,
        )
    page = lxml.html.fromstring(admin.get(f"/deliveries/{sent.id}/").content.decode())
    options = {
        each.text_content().split("(")[1].strip(" )\n"): each.get("value") for each in page.cssselect("option")[1:]
    }
    assert set(options) == {"2", "1"}
    shown = {
        number: len(read_rows(admin, f"/deliveries/{sent.id}/?{urlencode({'reason': reason})}"))
        for number, reason in options.items()
    }
    assert shown == {"2": 2, "1": 1}
    lines = (
        b"".join(admin.get(f"/deliveries/{sent.id}/proof.csv?of=page&{urlencode({'reason': options['2']})}"))
        .decode()
        .splitlines()
    )
    assert len(lines) == 3
