"""What arrives at the provider under a limit, counted there: in no minute more than a tenth above it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from newsletter.catalog import newsletter_settings
from newsletter.curator.editions import approval
from newsletter.delivery import models
from newsletter.delivery.ledger.states import BatchState, RecallState
from newsletter.delivery.providers.sendgrid import SendGrid
from newsletter.delivery.reports import summary
from newsletter.delivery.reports.summary import Mailing
from newsletter.delivery.sending import allowance, backlog, claims, freeze, hand_over, mailings, one_off
from newsletter.jobs import transactional_mail
from newsletter.kernel.errors import Refused
from subscribers import transactional
from subscribers.models import TransactionalMail
from subscribers.states import TransactionalState
from tests.actors import SYSTEM
from tests.conftest import Newsroom
from tests.fakes.sendgrid import KEY, Fault, SendGridServer

pytestmark = pytest.mark.django_db
LIMIT = 200
READERS = 3 * LIMIT
Plan = Callable[..., Mailing]
Join = Callable[..., list[int]]


class Play:
    """Some workers that hand over to a server, on a clock of their own."""

    def __init__(self, server: SendGridServer, now: datetime) -> None:
        self.server, self.now, self.start = server, now, now
        self.server.clock = lambda: self.now.timestamp()
        self.provider = SendGrid(KEY, server.url)
        self.workers = 2

    def run(self, *, seconds: float, step: float = 1.0) -> None:
        """Lets the workers work for so long: each does what it finds, then looks again a step later."""
        until = self.now + timedelta(seconds=seconds)
        while self.now < until:
            for worker in range(self.workers):
                while self.work(f"worker/{worker}"):
                    pass
            self.now += timedelta(seconds=step)

    def work(self, owner: str) -> bool:
        return hand_over.hand_over_next(self.now, owner=owner, provider=self.provider, clock=lambda: self.now)

    def finish(self) -> None:
        """Runs until nothing is planned any more."""
        while models.Batch.objects.filter(state=BatchState.PLANNED).exists():
            assert self.now - self.start < timedelta(hours=3), "it never ends"
            self.run(seconds=60)

    def check(self, limit: int = LIMIT, readers: int = READERS) -> None:
        assert sum(self.server.accepted.values()) == readers
        assert set(self.server.accepted.values()) == {1}
        assert self.server.busiest_minute() <= 1.1 * limit
        assert self.server.busiest_minute() >= 0.9 * limit, "the limit is used"


@pytest.fixture
def server() -> Iterator[SendGridServer]:
    made = SendGridServer()
    threading.Thread(target=made.serve_forever, args=(0.02,), daemon=True).start()
    yield made
    made.shutdown()
    made.server_close()


@pytest.fixture
def play(server: SendGridServer, newsroom: Newsroom, plan: Plan, join: Join, now: datetime) -> Play:
    """A mailing to 600 with a limit of 200 a minute, frozen and due now."""
    newsletter_settings.change_newsletter(newsroom.briefing.id, now=now, per_minute=LIMIT, seen=None, by=SYSTEM)
    join(READERS)
    plan(provider="sendgrid")
    freeze.freeze_next(now)
    return Play(server, now)


def pause_and_resume(play: Play, pause: timedelta) -> None:
    (mailing,) = summary.list_mailings()
    mailings.pause(mailing.id, by=SYSTEM, now=play.now)
    play.now += pause
    mailings.resume(mailing.id, by=SYSTEM, now=play.now)
    freeze.freeze_next(play.now)


def test_a_minute_holds_no_more_than_the_limit(play: Play) -> None:
    play.finish()
    play.check()


def test_nothing_is_caught_up_after_a_pause(play: Play) -> None:
    play.run(seconds=45)
    pause_and_resume(play, timedelta(minutes=10))
    play.finish()
    play.check()


def test_a_short_pause_makes_no_burst_either(play: Play) -> None:
    play.run(seconds=45)
    pause_and_resume(play, timedelta(seconds=1))
    play.finish()
    play.check()


def test_nothing_is_caught_up_when_all_workers_were_away(play: Play) -> None:
    play.run(seconds=45)
    play.now += timedelta(seconds=75)
    play.finish()
    play.check()


def test_nothing_is_caught_up_after_an_outage(play: Play) -> None:
    play.run(seconds=45)
    play.server.weather = lambda: Fault(status=429)
    play.run(seconds=120)
    play.server.weather = lambda: None
    play.finish()
    play.check()


def test_nothing_is_caught_up_after_being_asked_to_wait(play: Play) -> None:
    play.run(seconds=45)
    reset = str(int(play.now.timestamp()) + 130)
    play.server.fail_next(Fault(status=429, headers={"X-RateLimit-Reset": reset}))
    requests = play.server.requests
    play.run(seconds=120)
    assert play.server.requests == requests + 1, "nobody asks while the provider wants to be left alone"
    play.finish()
    play.check()


def test_a_worker_that_slept_with_a_batch_in_its_hands_gives_it_back(play: Play) -> None:
    play.run(seconds=30)
    sent = play.server.requests
    play.now += timedelta(seconds=3)
    awake = play.now + timedelta(seconds=75)
    assert hand_over.hand_over_next(play.now, owner="worker/9", provider=play.provider, clock=lambda: awake)
    assert play.server.requests == sent
    play.now = awake
    play.finish()
    play.check()


def test_two_mailings_of_a_newsletter_share_its_limit(play: Play, plan: Plan) -> None:
    second = plan(kind="test", provider="sendgrid", due_at=play.now)
    freeze.freeze_next(play.now)
    models.Batch.objects.filter(mailing_id=second.id).update(due_at=play.now)  # as after a pause
    play.finish()
    assert set(play.server.accepted.values()) == {2}
    assert play.server.busiest_minute() <= 1.1 * LIMIT


@pytest.mark.parametrize("account", [LIMIT // 2, 2 * LIMIT])
def test_of_two_limits_the_smaller_one_wins(play: Play, settings: Any, account: int) -> None:
    settings.CONFIG = replace(settings.CONFIG, per_minute=account)
    play.finish()
    play.check(limit=min(LIMIT, account))


def test_a_limit_of_the_account_alone_holds(
    server: SendGridServer, plan: Plan, join: Join, now: datetime, settings: Any
) -> None:
    settings.CONFIG = replace(settings.CONFIG, per_minute=LIMIT)
    join(READERS)
    plan(provider="sendgrid")
    freeze.freeze_next(now)
    play = Play(server, now)
    play.run(seconds=20)
    pause_and_resume(play, timedelta(minutes=3))
    play.finish()
    play.check()


class BothKinds(Play):
    """The same, with a worker that sends mail to single people beside them."""

    def pause(self, seconds: float) -> None:
        until = self.now + timedelta(seconds=seconds)
        while self.now < until:
            self.run(seconds=min(0.25, (until - self.now).total_seconds()), step=0.25)
        self.now = until

    def run_both(self, *, seconds: float) -> None:
        until = self.now + timedelta(seconds=seconds)
        while self.now < until:
            if not transactional_mail.send_due(self.now, self.pause):
                self.run(seconds=0.5, step=0.5)


@pytest.fixture
def both(server: SendGridServer, plan: Plan, join: Join, now: datetime, settings: Any) -> BothKinds:
    """A mailing to 600 with a limit of the account of 200 a minute, after its first half minute."""
    settings.CONFIG = replace(
        settings.CONFIG, per_minute=LIMIT, provider="sendgrid", sendgrid_api_key=KEY, sendgrid_host=server.url
    )
    join(READERS)
    plan(provider="sendgrid")
    freeze.freeze_next(now)
    made = BothKinds(server, now)
    made.run_both(seconds=30)
    return made


def count_left() -> int:
    return TransactionalMail.objects.exclude(state=TransactionalState.SENT).count()


def test_one_mail_to_a_person_is_next_behind_the_batch_that_left_last(both: BothKinds) -> None:
    for _ in range(20):
        asked = both.now
        transactional.queue_address_reminder("reader007@example.com", now=both.now)
        while count_left():
            both.run_both(seconds=0.5)
        assert both.now - asked <= timedelta(seconds=5)
        both.run_both(seconds=1.5)
    assert both.server.busiest_minute() <= 1.1 * LIMIT


def test_many_mails_to_people_share_the_limit_with_a_mailing_and_take_half_of_it_at_most(both: BothKinds) -> None:
    before = len(both.server.accepted)
    for person in range(150):
        transactional.queue_address_reminder(f"reader{person:03}@example.com", now=both.now)
    both.run_both(seconds=60)
    assert 150 - count_left() == pytest.approx(LIMIT / 2, rel=0.15)
    assert sum(both.server.accepted.values()) - before >= 0.9 * LIMIT
    while count_left() or models.Batch.objects.filter(state=BatchState.PLANNED).exists():
        both.run_both(seconds=30)
        assert both.now - both.start < timedelta(minutes=30)
    assert sum(both.server.accepted.values()) == READERS + 150
    assert both.server.busiest_minute() <= 1.1 * LIMIT


def test_tests_take_of_the_limit_as_well(both: BothKinds, newsroom: Newsroom, edition: Any, settings: Any) -> None:
    def send(count: int) -> Any:
        return one_off.send_test_mails(
            rendered=approval.preview(edition.id),
            newsletter=newsroom.briefing,
            addresses=tuple(f"tester{n}@example.com" for n in range(count)),
            provider=both.provider,
            sender="ada",
            record=lambda: None,
            now=both.now,
            pause=both.pause,
        )

    for _ in range(4):
        asked = both.now
        assert {each.answer for each in send(20)} == {"accepted"}
        assert both.now - asked <= one_off.LONGEST_TEST
    both.run_both(seconds=60)
    assert both.server.busiest_minute() <= 1.1 * LIMIT
    settings.CONFIG = replace(settings.CONFIG, per_minute=10)
    with pytest.raises(Refused, match="NEWSLETTER_PER_MINUTE"):
        send(20)
    assert allowance.reserve("sendgrid", 1, both.now, longest=one_off.LONGEST_TEST) is not None, "it took nothing"


def test_what_is_late_in_a_recall_window_waits_for_what_the_provider_sends_by_itself(
    server: SendGridServer, newsroom: Newsroom, plan: Plan, join: Join, now: datetime
) -> None:
    newsletter_settings.change_newsletter(newsroom.briefing.id, now=now, per_minute=LIMIT, seen=None, by=SYSTEM)
    join(READERS)
    made = plan(provider="sendgrid", due_at=now + timedelta(minutes=30), recall_minutes=30)
    server.batches.add("an id")
    models.Mailing.objects.filter(id=made.id).update(recall=RecallState.OPEN, cancel_id="an id")
    freeze.freeze_next(now)
    play = Play(server, now)
    play.now += timedelta(minutes=31)  # all workers were away; a minute's worth is late, the rest is still to come
    play.finish()
    play.now += timedelta(minutes=10)
    server.pass_time()
    assert set(server.accepted.values()) == {1}
    assert len(server.accepted) == READERS
    assert {body.get("send_at", 0) > 0 for body in server.bodies} == {True, False}, "some were late, some in time"
    server.arrivals += [(body["send_at"], len(body["personalizations"])) for body in server.bodies if "send_at" in body]
    assert server.busiest_minute() <= 1.1 * LIMIT


def test_a_mailing_that_waits_for_its_limit_stands_in_no_others_way(play: Play, plan: Plan) -> None:
    models.Batch.objects.update(due_at=play.now - timedelta(minutes=1))
    play.work("worker/1")
    other = plan(kind="test", provider="sendgrid", due_at=play.now)
    freeze.freeze_next(play.now)
    models.Mailing.objects.filter(id=other.id).update(per_minute=0, proven_at=play.now)
    models.Batch.objects.filter(mailing_id=other.id).update(due_at=play.now)
    found = claims.claim_batch(play.now, until=play.now + timedelta(minutes=1), owner="worker/1", provider="sendgrid")
    assert found
    assert found.mailing_id == other.id


def test_a_clock_that_was_put_back_an_hour_stops_no_mailing_for_an_hour(play: Play) -> None:
    row = models.Mailing.objects.get()
    limits = {"newsletter": 1_000}
    models.RateLimit.objects.create(name="newsletter", next_at=play.now + timedelta(hours=1))
    assert allowance.is_free(row, limits, play.now)
    allowance.take(limits, 50, play.now)
    assert models.RateLimit.objects.get(name="newsletter").next_at < play.now + timedelta(seconds=10)
    assert not allowance.is_free(row, limits, play.now)


def test_a_wait_that_was_asked_for_by_a_clock_put_back_since_ends(play: Play) -> None:
    ahead = play.now + timedelta(hours=5)
    allowance.close_until("sendgrid", ahead + timedelta(minutes=1), ahead)
    assert not backlog.list_overdue_mailings(play.now, timedelta(minutes=2))
    assert backlog.list_overdue_mailings(play.now + timedelta(minutes=3), timedelta(minutes=2))
    assert play.work("worker/0")
    allowance.close_until("sendgrid", play.now + timedelta(minutes=1), play.now)
    assert not play.work("worker/0")


def test_a_batch_that_was_tried_before_there_was_a_limit_is_cut_to_it_as_well(
    server: SendGridServer, newsroom: Newsroom, plan: Plan, join: Join, now: datetime
) -> None:
    join(READERS)
    made = plan(provider="sendgrid")
    freeze.freeze_next(now)
    play = Play(server, now)
    server.fail_next(Fault(status=403))
    play.run(seconds=1)
    assert summary.get_mailing(made.id).state == "paused"
    newsletter_settings.change_newsletter(newsroom.briefing.id, now=now, per_minute=LIMIT, seen=None, by=SYSTEM)
    mailings.resume(made.id, by=SYSTEM, now=play.now)
    freeze.freeze_next(play.now)
    play.finish()
    play.check()
    mailings.finish_settled(play.now)
    shown = summary.get_mailing(made.id)
    assert (shown.state, shown.counts, shown.adds_up) == ("finished", {"accepted": READERS}, True)
