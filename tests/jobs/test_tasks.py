"""The heartbeat's steps: each decides by the rows alone, and may be run twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.contrib.sessions.models import Session

from newsletter.accounts import audit_log, users
from newsletter.accounts.actors import SystemActor
from newsletter.accounts.audit_log import AuditFilter
from newsletter.accounts.models import AuditPersonalValues
from newsletter.catalog import newsletter_settings, newsletters
from newsletter.catalog.models import Newsletter
from newsletter.checks import preflight
from newsletter.curator.articles import intake
from newsletter.curator.editions import approval, edition_lookup, editions, transitions
from newsletter.delivery import isolation
from newsletter.delivery.events import suppression_sync
from newsletter.delivery.reports import summary
from newsletter.delivery.sending import freeze, mailings
from newsletter.jobs import tasks, wiring
from newsletter.kernel.actors import ActionRecord
from newsletter.kernel.errors import BadInput, Conflict, NotAllowed, Refused
from newsletter.scheduling import occurrences, schedules
from subscribers import suppressions
from tests.actors import SYSTEM, act_as
from tests.delivery.chaos import serving
from tests.fakes.sendgrid import KEY, SendGridServer
from tests.interleaving import just_before
from tests.pools import read_pool


@pytest.fixture
def scheduled(newsroom: Any, articles: Callable[..., list[int]], now: datetime) -> Any:
    """A daily 07:00 schedule of the morning briefing (London, so 07:00 UTC in November), and enough stories."""
    articles(6)
    return schedules.create_schedule(
        newsroom.briefing.id, weekdays="daily", time="07:00", zone="Europe/London", by=SYSTEM, now=now
    )


def occurrence(now: datetime, day: int = 0) -> Any:
    """The occurrence of today or a later day."""
    found = occurrences.list_occurrences(now - timedelta(days=3), now + timedelta(days=9))
    return next(each for each in found if each.date == now.date() + timedelta(days=day))


def test_a_tick_plans_opens_and_prefills_the_edition(scheduled: Any, now: datetime) -> None:
    ticked = tasks.tick(now)
    assert ticked.failed == {}
    assert ticked.done["opened"] == 1, "today's, whose opening time was 04:00"
    edition = edition_lookup.get_edition(occurrence(now).edition_id)
    assert edition.picks
    assert edition.subject


def test_a_second_tick_changes_nothing(scheduled: Any, now: datetime) -> None:
    tasks.tick(now)
    assert tasks.tick(now).done == {
        "planned": 0,
        "opened": 0,
        "closed": 0,
        "claimed": 0,
        "repaired": 0,
        "reconsidered": 0,
        "left_too_late": 0,
        "forgotten": 0,
    }


def test_a_newsletter_that_goes_out_twice_a_day_has_an_edition_each_time(
    scheduled: Any, readers: Callable[..., list[int]], now: datetime
) -> None:
    readers(3)
    schedules.change_schedule(scheduled.id, seen=None, by=SYSTEM, now=now, time="07:00, 12:00")
    sent = []
    late = "Herring return to the harbour\n\nThree boats went out before dawn and were back with full nets by noon."
    for at, stories in ((now, ()), (now.replace(hour=10), (late,))):
        for text in stories:
            intake.add_article_from_paste(text, url="https://coast.example.org/herring", now=at, by=SYSTEM)
        tasks.tick(at)
        occurrence = occurrences.list_due(at, timedelta(hours=3))[0]
        edition = edition_lookup.get_edition(occurrence.edition_id or 0)
        preflight.approve_edition(edition.id, by=SYSTEM, now=at, content_hash=None)
        tasks.tick(occurrence.instant)
        assert summary.find_mailing_of_edition(edition.id) is not None
        sent.append(edition.name_of_day)
    assert sent == [f"{now.date()}", f"{now.date()}-2"]


def test_an_approved_edition_is_sent_at_its_time_and_once(
    scheduled: Any, readers: Callable[..., list[int]], now: datetime
) -> None:
    readers(3)
    tasks.tick(now)
    edition_id = occurrence(now).edition_id
    preflight.approve_edition(edition_id, by=SYSTEM, now=now, content_hash=None)
    at_seven = occurrence(now).instant
    assert tasks.tick(at_seven - timedelta(seconds=1)).done["claimed"] == 0
    assert tasks.tick(at_seven + timedelta(seconds=2)).done["claimed"] == 1
    assert tasks.tick(at_seven + timedelta(seconds=4)).done["claimed"] == 0
    mailing = summary.find_mailing_of_edition(edition_id)
    assert mailing is not None
    assert mailing.state == "scheduled"
    assert occurrence(now).state == "claimed"
    entries = audit_log.list_entries(AuditFilter(actor="scheduler", target=f"mailing {mailing.id}"))
    assert [(each.action, each.newsletter_id, each.detail) for each in entries] == [
        ("planned", mailing.newsletter_id, f"edition {edition_id}")
    ]


def test_an_edition_not_approved_in_time_is_held_with_the_reason(scheduled: Any, now: datetime) -> None:
    tasks.tick(now)
    tasks.tick(occurrence(now).instant)
    held = occurrence(now)
    assert held.state == "held"
    assert "not approved" in held.reason
    assert summary.list_mailings() == ()


def test_an_edition_whose_date_is_held_says_so_and_keeps_its_approval(scheduled: Any, now: datetime) -> None:
    tasks.tick(now)
    edition_id = occurrence(now).edition_id
    preflight.approve_edition(edition_id, by=SYSTEM, now=now, content_hash=None)
    tasks.tick(occurrence(now).instant + timedelta(minutes=31))
    edition = edition_lookup.get_edition(edition_id)
    assert (edition.state, edition.reason) == ("held", occurrence(now).reason)
    assert edition.snapshot_id is not None
    last = transitions.list_transitions(edition_id)[-1]
    assert (last.before, last.after, last.why) == ("approved", "held", edition.reason)


def test_what_is_too_late_and_to_be_skipped_skips_its_edition_as_well(
    scheduled: Any, newsroom: Any, now: datetime
) -> None:
    newsletter_settings.change_newsletter(newsroom.briefing.id, when_late="skip", seen=None, by=SYSTEM, now=now)
    tasks.tick(now)
    tasks.tick(occurrence(now).instant + timedelta(minutes=31))
    edition = edition_lookup.get_edition(occurrence(now).edition_id)
    assert (edition.state, occurrence(now).state) == ("skipped", "skipped")
    assert edition.reason == occurrence(now).reason


def test_the_date_of_an_edition_that_was_skipped_is_skipped_for_that_reason(scheduled: Any, now: datetime) -> None:
    tasks.tick(now)
    edition_id = occurrence(now).edition_id
    approval.skip(edition_id, reason="A strike", content_hash=None, by=SYSTEM, now=now)
    tasks.tick(now + timedelta(minutes=1))
    assert occurrence(now).state == "opened", "it may be reopened until then"
    tasks.tick(occurrence(now).instant)
    assert (occurrence(now).state, occurrence(now).reason) == ("skipped", "A strike (tests)")


def test_dates_that_passed_while_nothing_ran_and_have_no_edition_are_missed(scheduled: Any, now: datetime) -> None:
    tasks.tick(now)
    back = now + timedelta(days=3, hours=2)
    tasks.tick(back)
    states = {day: occurrence(now, day).state for day in range(4)}
    assert states == {0: "held", 1: "missed", 2: "missed", 3: "held"}
    assert occurrence(now, 1).reason == "Nothing ran when its time came, so no edition was made for it."


def test_what_would_be_too_late_is_held_and_can_be_sent_by_hand(scheduled: Any, now: datetime) -> None:
    tasks.tick(now)
    edition_id = occurrence(now).edition_id
    preflight.approve_edition(edition_id, by=SYSTEM, now=now, content_hash=None)
    late = occurrence(now).instant + timedelta(minutes=31)
    tasks.tick(late)
    assert occurrence(now).state == "held"
    assert "31 minutes late" in occurrence(now).reason
    mailing = tasks.send_edition(edition_id, at=None, by=SYSTEM, now=late, content_hash=None)
    assert mailing.state == "scheduled"
    assert occurrence(now).state == "claimed", "sending by hand settles what was held"
    freeze.freeze_next(late)
    assert edition_lookup.get_edition(edition_id).state == "handed_over"


def test_sending_by_hand_before_its_time_settles_the_occurrence(scheduled: Any, now: datetime) -> None:
    tasks.tick(now)
    edition_id = occurrence(now).edition_id
    preflight.approve_edition(edition_id, by=SYSTEM, now=now, content_hash=None)
    tasks.send_edition(edition_id, at=None, by=SYSTEM, now=now, content_hash=None)
    tasks.tick(occurrence(now).instant)
    assert occurrence(now).state == "claimed"
    assert len(summary.list_mailings()) == 1


def test_a_draft_is_not_sent(edition: Any, now: datetime) -> None:
    with pytest.raises(Refused, match="not approved"):
        tasks.send_edition(edition.id, at=None, by=SYSTEM, now=now, content_hash=None)


def test_a_paused_newsletter_is_not_sent(edition: Any, now: datetime) -> None:
    from newsletter.catalog import newsletter_settings

    preflight.approve_edition(edition.id, by=SYSTEM, now=now, content_hash=None)
    newsletter_settings.change_newsletter(edition.newsletter_id, now=now, state="paused", seen=None, by=SYSTEM)
    with pytest.raises(Refused, match="paused"):
        tasks.send_edition(edition.id, at=None, by=SYSTEM, now=now, content_hash=None)


def test_an_edit_between_approval_and_time_holds_the_mailing(
    edition: Any, readers: Callable[..., list[int]], now: datetime
) -> None:
    readers(2)
    preflight.approve_edition(edition.id, by=SYSTEM, now=now, content_hash=None)
    mailing = tasks.send_edition(edition.id, at=now + timedelta(minutes=5), by=SYSTEM, now=now, content_hash=None)
    editions.edit_edition(edition.id, now=now, subject="Another subject altogether", seen=None, by=SYSTEM)
    freeze.freeze_next(now + timedelta(minutes=5))
    held = summary.get_mailing(mailing.id)
    assert held.state == "held"
    assert "edited after its approval" in held.reason
    preflight.approve_edition(edition.id, by=SYSTEM, now=now, content_hash=None)
    again = tasks.send_edition(edition.id, at=None, by=SYSTEM, now=now + timedelta(minutes=6), content_hash=None)
    assert (again.id, again.state) == (mailing.id, "scheduled")


def test_a_test_message_says_so_and_leaves_the_ledger_alone(edition: Any, now: datetime) -> None:
    sent = tasks.send_test(edition.id, ["editor@example.com"], by=SYSTEM, now=now, content_hash=None)
    assert [each.answer for each in sent] == ["accepted"]
    message = next(wiring.get_config().outbox_dir.rglob("*.eml")).read_text()
    assert "Subject: [TEST] The railway reaches the mill" in message
    assert summary.list_mailings() == ()


class Failing(SystemActor):
    """Somebody whose process dies before what they do is recorded."""

    def record(self, entry: ActionRecord) -> None:
        raise RuntimeError("The process dies.")


def test_no_test_leaves_before_it_is_recorded(edition: Any, now: datetime) -> None:
    with pytest.raises(RuntimeError):
        tasks.send_test(edition.id, ["editor@example.com"], by=Failing("ann"), now=now, content_hash=None)
    assert not [*wiring.get_config().outbox_dir.rglob("*.eml")]
    assert newsletters.get_newsletter(edition.newsletter_id).test_addresses == ""


def test_what_is_refused_is_neither_offered_again_nor_recorded(edition: Any, now: datetime) -> None:
    tasks.send_test(edition.id, ["editor@example.com"], by=SYSTEM, now=now, content_hash=None)
    suppressions.suppress("ann@example.com", reason="asked", by=SYSTEM, now=now)
    with pytest.raises(Refused, match="never to be mailed"):
        tasks.send_test(edition.id, ["ann@example.com"], by=SYSTEM, now=now, content_hash=None)
    assert newsletters.get_newsletter(edition.newsletter_id).test_addresses == "editor@example.com"
    assert len(audit_log.list_entries(AuditFilter(action="sent test"))) == 1


def test_one_failing_step_never_stops_the_others(
    scheduled: Any, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.db import DatabaseError

    def broken(now: datetime) -> int:
        raise DatabaseError("disk full")

    monkeypatch.setattr(occurrences, "materialise", broken)
    ticked = tasks.tick(now)
    assert ticked.failed == {"planned": "disk full"}
    assert set(ticked.done) == {"opened", "closed", "claimed", "repaired", "reconsidered", "left_too_late", "forgotten"}


def test_what_was_cancelled_by_hand_is_not_sent_by_the_schedule(
    scheduled: Any, readers: Callable[..., list[int]], now: datetime
) -> None:
    readers(3)
    tasks.tick(now)
    edition_id = occurrence(now).edition_id
    preflight.approve_edition(edition_id, by=SYSTEM, now=now, content_hash=None)
    sent = tasks.send_edition(edition_id, at=None, by=SYSTEM, now=now, content_hash=None)
    mailings.cancel(sent.id, by=SystemActor("editor"), now=now)
    tasks.tick(occurrence(now).instant)
    assert summary.find_mailing_of_edition(edition_id) is None
    assert occurrence(now).state == "held"
    assert "cancelled" in occurrence(now).reason
    assert tasks.send_edition(edition_id, at=None, by=SYSTEM, now=now, content_hash=None).id != sent.id


def test_one_newsletter_in_trouble_never_stops_the_next(scheduled: Any, newsroom: Any, now: datetime) -> None:
    occurrences.materialise(now)
    found = occurrences.list_occurrences(now, now + timedelta(days=3))[:2]
    taken: list[int] = []

    def step(each: Any) -> bool:
        taken.append(each.id)
        if each.id == found[0].id:
            raise RuntimeError("the first")
        return True

    assert tasks._run_for_each("Testing", found, step, now) == 1
    assert taken == [each.id for each in found]
    assert [each.what for each in isolation.list_failures()] == [f"Testing {found[0].id}"]


@pytest.mark.parametrize("ago", [timedelta(hours=3), timedelta(minutes=2, seconds=1)])
def test_a_time_to_send_at_that_is_past_is_refused(edition: Any, now: datetime, ago: timedelta) -> None:
    preflight.approve_edition(edition.id, by=SYSTEM, now=now, content_hash=None)
    with pytest.raises(BadInput, match="is past. Give a time to come, or send it now") as caught:
        tasks.send_edition(edition.id, at=now - ago, by=SYSTEM, now=now, content_hash=None)
    assert caught.value.field == "at"
    assert summary.list_mailings() == ()


def test_a_time_to_send_at_that_is_past_by_the_difference_of_two_clocks_is_now(edition: Any, now: datetime) -> None:
    preflight.approve_edition(edition.id, by=SYSTEM, now=now, content_hash=None)
    made = tasks.send_edition(edition.id, at=now - timedelta(minutes=2), by=SYSTEM, now=now, content_hash=None)
    assert made.due_at == now


# The newsletter is in London, and its edition is of Tuesday 24 November.
@pytest.mark.parametrize(
    ("at", "day"),
    [
        (datetime(2026, 11, 25, 0, 0, tzinfo=UTC), "Wed 25 Nov 2026"),
        (datetime(2026, 11, 25, 7, 0, tzinfo=UTC), "Wed 25 Nov 2026"),
        (datetime(2027, 11, 24, 7, 0, tzinfo=UTC), "Wed 24 Nov 2027"),
    ],
)
def test_an_edition_is_sent_on_a_day_other_than_its_own_only_if_that_is_said(
    edition: Any, now: datetime, at: datetime, day: str
) -> None:
    preflight.approve_edition(edition.id, by=SYSTEM, now=now, content_hash=None)
    send = partial(tasks.send_edition, edition.id, by=SYSTEM, now=now, content_hash=None)
    with pytest.raises(BadInput) as caught:
        send(at=at)
    expected = f"This is the edition of Tue 24 Nov 2026, and it would go out on {day}. Confirm that this is meant."
    assert (str(caught.value), caught.value.field) == (expected, tasks.ON_OTHER_DAY)
    assert summary.list_mailings() == ()
    assert send(at=at, on_other_day=True).due_at == at


def test_the_day_of_sending_is_that_of_the_newsletters_zone(edition: Any, now: datetime) -> None:
    preflight.approve_edition(edition.id, by=SYSTEM, now=now, content_hash=None)
    Newsletter.objects.filter(id=edition.newsletter_id).update(zone="Pacific/Auckland")
    evening = datetime(2026, 11, 24, 11, 30, tzinfo=UTC)  # half past midnight there
    with pytest.raises(BadInput, match="would go out on Wed 25 Nov 2026"):
        tasks.send_edition(edition.id, at=evening, by=SYSTEM, now=now, content_hash=None)
    at = evening - timedelta(hours=1)
    assert tasks.send_edition(edition.id, at=at, by=SYSTEM, now=now, content_hash=None).due_at == at


def test_what_was_held_yesterday_is_not_sent_today_without_a_question(
    scheduled: Any, readers: Callable[..., list[int]], now: datetime
) -> None:
    readers(1)
    tasks.tick(now)
    edition_id = occurrence(now).edition_id
    tasks.tick(occurrence(now).instant)
    preflight.approve_edition(edition_id, by=SYSTEM, now=now, content_hash=None)
    send = partial(tasks.send_edition, edition_id, at=None, by=SYSTEM, now=now + timedelta(days=1), content_hash=None)
    with pytest.raises(BadInput, match="would go out on Wed 25 Nov 2026"):
        send()
    assert occurrence(now).state == "held", "until somebody answers"
    send(on_other_day=True)
    assert occurrence(now).state == "claimed"


def test_of_two_beats_at_once_one_sends(scheduled: Any, readers: Callable[..., list[int]], now: datetime) -> None:
    readers(3)
    tasks.tick(now)
    edition_id = occurrence(now).edition_id
    preflight.approve_edition(edition_id, by=SYSTEM, now=now, content_hash=None)
    at_seven = occurrence(now).instant
    theirs: list[int] = []
    with just_before("UPDATE scheduler_occurrence", lambda: theirs.append(tasks.claim_due(at_seven))):
        assert tasks.claim_due(at_seven) == 0
    assert theirs == [1]
    assert [each.state for each in summary.list_mailings()] == ["scheduled"]
    assert occurrence(now).state == "claimed"


def test_of_two_who_send_a_held_edition_at_once_one_gets_a_conflict(scheduled: Any, now: datetime) -> None:
    tasks.tick(now)
    edition_id = occurrence(now).edition_id
    tasks.tick(occurrence(now).instant)
    assert occurrence(now).state == "held"
    preflight.approve_edition(edition_id, by=SYSTEM, now=now, content_hash=None)
    with (
        just_before("UPDATE scheduler_occurrence", lambda: occurrences.claim(occurrence(now).id, now)),
        pytest.raises(Conflict, match="at the same moment"),
    ):
        tasks.send_edition(edition_id, at=None, by=SYSTEM, now=now, content_hash=None)
    assert summary.list_mailings() == ()


@pytest.fixture
def sendgrid(settings: Any) -> Iterator[SendGridServer]:
    """SendGrid as the provider of this process, on loopback."""
    with serving(delay=0) as server:
        settings.CONFIG = replace(settings.CONFIG, provider="sendgrid", sendgrid_host=server.url, sendgrid_api_key=KEY)
        yield server


def test_who_takes_the_providers_suppressions_over_is_asked_and_recorded(
    newsroom: Any, people: dict[str, Any], sendgrid: SendGridServer, now: datetime
) -> None:
    sendgrid.suppressions = {"bounces": []}
    for stranger in ("editor", "viewer"):  # of one newsletter
        with pytest.raises(NotAllowed):
            tasks.sync_suppressions_now(by=act_as(f"{stranger}@example.com"), now=now)
    assert suppression_sync.find_status("sendgrid") is None
    tasks.sync_suppressions_now(by=SYSTEM, now=now)
    (entry,) = audit_log.list_entries(AuditFilter(action="synced suppressions"))
    assert (entry.actor, entry.target, entry.at) == (SYSTEM.name, "sendgrid", now)


def test_a_provider_without_lists_of_suppressions_is_named(db: None, now: datetime) -> None:
    with pytest.raises(Refused, match="outbox keeps no lists"):
        tasks.sync_suppressions_now(by=SYSTEM, now=now)


def test_personal_values_of_the_audit_log_go_after_a_while(db: None, now: datetime) -> None:
    for at in (now - audit_log.PERSONAL_RETENTION - timedelta(hours=1), now - timedelta(days=1)):
        SYSTEM.record(ActionRecord("changed reader", "reader 7", at, subscriber_id=7, personal_after={"name": "Ada"}))
    tasks.roll_up_engagement(now)
    kept = [each.personal_after for each in audit_log.list_entries(AuditFilter(target="reader 7"))]
    assert kept == [{"name": "Ada"}, {}]


def test_expired_sessions_are_swept_every_hour(db: None, now: datetime) -> None:
    ages = {"over": timedelta(seconds=-1), "open": timedelta(seconds=1)}
    for key, left in ages.items():
        Session.objects.create(session_key=key, session_data="", expire_date=now + left)
    tasks.roll_up_engagement(now)
    assert [each.session_key for each in Session.objects.all()] == ["open"]


def change(newsroom: Any, now: datetime, **settings: Any) -> None:
    newsletter_settings.change_newsletter(newsroom.briefing.id, seen=None, by=SYSTEM, now=now, **settings)


def test_where_nobody_need_approve_an_edition_publishes_itself_at_its_time(
    scheduled: Any, newsroom: Any, readers: Callable[..., list[int]], now: datetime
) -> None:
    readers(3)
    change(newsroom, now, approvals="self")
    tasks.tick(now)
    due = occurrence(now)
    tasks.tick(due.instant - timedelta(seconds=1))
    assert edition_lookup.find_standing_snapshot(due.edition_id) is None
    tasks.tick(due.instant)
    assert occurrence(now).state == "claimed"
    assert edition_lookup.get_edition(due.edition_id).approved_by == "scheduler"


def test_what_blocks_keeps_an_edition_from_publishing_itself_and_is_said(
    scheduled: Any, newsroom: Any, now: datetime
) -> None:
    change(newsroom, now, approvals="self")
    tasks.tick(now)
    due = occurrence(now)
    editions.edit_edition(due.edition_id, intro="TK TK TK", seen=None, by=SYSTEM, now=now)
    tasks.tick(due.instant)
    held = occurrence(now)
    assert held.state == "held"
    assert held.reason.startswith("It could not publish itself")
    assert "TK" in held.reason


def test_what_is_too_late_does_not_publish_itself(scheduled: Any, newsroom: Any, now: datetime) -> None:
    change(newsroom, now, approvals="self")
    tasks.tick(now)
    tasks.tick(occurrence(now).instant + timedelta(minutes=31))
    assert occurrence(now).state == "held"
    assert edition_lookup.find_standing_snapshot(occurrence(now).edition_id) is None


def test_what_is_too_late_is_skipped_where_the_newsletter_says_so(scheduled: Any, newsroom: Any, now: datetime) -> None:
    change(newsroom, now, when_late="skip")
    tasks.tick(now)
    late = occurrence(now).instant + timedelta(minutes=40)
    tasks.tick(late)
    assert (occurrence(now).state, "40 minutes late" in occurrence(now).reason) == ("skipped", True)
    tasks.tick(late + timedelta(seconds=5))
    assert occurrence(now).state == "skipped"


def test_after_days_without_a_scheduler_each_date_has_one_decision_with_its_reason(
    scheduled: Any, newsroom: Any, now: datetime
) -> None:
    change(newsroom, now, when_late="skip")
    back = now + timedelta(days=3, hours=1, minutes=20)
    for seconds in range(3):
        tasks.tick(back + timedelta(seconds=seconds))
    past = occurrences.list_occurrences(now, back)
    assert [each.edition_id is not None for each in past] == [False, False, False, True], "no flood of drafts"
    assert [(each.state, bool(each.reason)) for each in past] == [("skipped", True)] * 3 + [("held", True)]


def test_at_its_cut_off_an_edition_closes_for_late_stories(scheduled: Any, newsroom: Any, now: datetime) -> None:
    change(newsroom, now, cut_off_minutes=45)
    tasks.tick(now)
    due = occurrence(now)
    tasks.tick(due.instant - timedelta(minutes=45, seconds=1))
    assert edition_lookup.get_edition(due.edition_id).state == "open"
    closing = due.instant - timedelta(minutes=45)
    assert tasks.tick(closing).done["closed"] == 1
    assert edition_lookup.get_edition(due.edition_id).state == "locked"
    assert tasks.tick(closing + timedelta(seconds=5)).done["closed"] == 0
    text = "Herring return to the harbour\n\nThree boats went out before dawn and were back by noon."
    late = intake.add_article_from_paste(
        text, url="https://coast.example.org/herring", now=closing + timedelta(minutes=1), by=SYSTEM
    ).article
    offered = read_pool(due.edition_id, now=closing + timedelta(minutes=2))
    assert late.id not in {each.article.id for each in offered}
    tomorrow = editions.create_edition(
        newsroom.briefing.id, due.date + timedelta(days=1), by=SYSTEM, now=closing + timedelta(minutes=2)
    )
    offered = read_pool(tomorrow.id, now=closing + timedelta(minutes=2))
    assert late.id in {each.article.id for each in offered}


def test_approval_is_asked_of_somebody_who_may_give_it(scheduled: Any, newsroom: Any, now: datetime) -> None:
    tasks.tick(now)
    edition_id = occurrence(now).edition_id
    with pytest.raises(BadInput, match=r"“nobody@example\.com” may not approve it") as refused:
        tasks.request_approval(edition_id, of="nobody@example.com", note="", by=SYSTEM, now=now)
    assert refused.value.field == "of"
    users.create_user("ben@example.com", "a long and quiet passphrase", by=SYSTEM, now=now)
    asked = tasks.request_approval(edition_id, of="BEN@example.com", note="The lead", by=SYSTEM, now=now)
    assert (asked.state, "asks ben@example.com: The lead" in asked.reason) == ("in_review", True)
    assert tasks.request_approval(edition_id, of="", note="", by=SYSTEM, now=now).state == "in_review"


def test_the_audit_log_and_failures_to_sign_in_are_kept_for_as_long_as_the_settings_say(
    db: None, settings: Any, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.CONFIG = replace(settings.CONFIG, sign_in_days=10, audit_months=2)
    monkeypatch.setattr(audit_log, "ENTRIES_PER_QUERY", 1)
    for action, days in (("signed in", 11), ("signed in", 9), ("edited", 60), ("edited", 62), ("edited", 63)):
        at = now - timedelta(days=days)
        SYSTEM.record(ActionRecord(action, f"{days}", at, list_ids=(1,), personal_after={"name": "Ada"}))
    for name, days in (("old", 2), ("new", 0)):
        attempt = AccessAttempt.objects.create(username=name, failures_since_start=1)
        AccessAttempt.objects.filter(pk=attempt.pk).update(attempt_time=now - timedelta(days=days))
    tasks.roll_up_engagement(now)
    assert [each.target for each in audit_log.list_entries(AuditFilter())] == ["60", "9"]
    assert AuditPersonalValues.objects.count() == 2
    assert [each.username for each in AccessAttempt.objects.all()] == ["new"]
    settings.CONFIG = replace(settings.CONFIG, audit_months=0)
    tasks.roll_up_engagement(now + timedelta(days=5000))
    assert [each.target for each in audit_log.list_entries(AuditFilter())] == ["60"]
