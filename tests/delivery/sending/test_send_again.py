"""Those who bounced for a reason that was ours: sent it again, they and nobody else, as if they had not bounced."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable, Collection, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from newsletter.accounts.actors import SystemActor
from newsletter.curator.editions.models import Edition
from newsletter.curator.editions.states import EditionState
from newsletter.delivery import models
from newsletter.delivery.ledger.states import MailingState
from newsletter.delivery.providers.sendgrid import SendGrid
from newsletter.delivery.reports import summary
from newsletter.delivery.sending import freeze, mailings, send_again
from newsletter.kernel.actors import Verb
from newsletter.kernel.errors import NotAllowed, Refused
from subscribers import lists, people
from subscribers.consent import erasure
from subscribers.models import Subscriber, Suppression
from tests.actors import SYSTEM
from tests.conftest import Newsroom
from tests.delivery.chaos import serving
from tests.delivery.conftest import Sent, hand_over_all, keep_bounced
from tests.fakes.provider import Killed, ScriptedProvider, dies
from tests.fakes.sendgrid import KEY, Fault, SendGridServer
from tests.interleaving import failing, just_before

BLOCKED = "550 5.7.1 [192.0.2.7] reader{}@example.com: our block list has your network, see id 7f3a9c21e4"
GONE = "550 5.1.1 reader{}@example.com: no such user"
MINUTE = timedelta(minutes=1)


@pytest.fixture
def server() -> Iterator[SendGridServer]:
    with serving(delay=0) as made:
        yield made


@pytest.fixture
def sent_by_sendgrid(
    frozen: Callable[..., Any], join: Callable[..., list[int]], server: SendGridServer, now: datetime
) -> Callable[..., Sent]:
    """A mailing to some readers that SendGrid's double accepted."""

    def send(count: int) -> Sent:
        ids = join(count)
        made = frozen(provider="sendgrid")
        hand_over_all(SendGrid(KEY, server.url), now)
        mailings.finish_settled(now)
        return Sent(made.id, ids, now)

    return send


def bounce(mailing: Sent, place: int, reason: str, **more: Any) -> dict[str, Any]:
    return mailing.event("bounce", place, reason=reason.format(place), **more)


def go_on(now: datetime, provider: Any = None) -> ScriptedProvider:
    """What a worker does until nothing is left to do."""
    provider = provider or ScriptedProvider()
    for _ in range(5):
        send_again.advance(now, provider)
    hand_over_all(provider, now)
    mailings.finish_settled(now)
    return provider


def states(newsroom: Newsroom) -> dict[str, int]:
    return lists.count_subscribers_by_state(newsroom.list.id)


def test_whoever_bounced_because_we_were_blocked_gets_it_again_and_nobody_else(
    sent: Callable[..., Sent], take: Callable[..., None], newsroom: Newsroom, now: datetime
) -> None:
    mailing = sent(5)
    take(mailing.event("delivered", 0), bounce(mailing, 1, BLOCKED), bounce(mailing, 2, GONE))
    take(mailing.event("bounce", 3, type="blocked", reason=BLOCKED.format(3)), mailing.event("spamreport", 4))
    assert states(newsroom) == {"active": 2, "bounced": 2, "complained": 1}
    reasons = send_again.list_bounce_reasons(mailing.id)
    assert [(each.state, each.subscribers, each.chosen) for each in reasons] == [
        ("bounced", 1, 1), ("bounced", 1, 0), ("blocked", 1, 1)
    ]  # fmt: skip
    later = now + MINUTE
    assert send_again.send_again(mailing.id, by=SYSTEM, now=later) == 2
    assert dict(go_on(later).mailed) == {"reader1@example.com": 1, "reader3@example.com": 1}
    assert mailing.mailing.state == MailingState.FINISHED
    assert mailing.mailing.counts == {"delivered": 1, "accepted": 2, "bounced": 1, "complained": 1}
    assert mailing.mailing.adds_up
    assert states(newsroom) == {"active": 3, "bounced": 1, "complained": 1}
    suppressed = Suppression.objects.values_list("address_key", flat=True)
    assert set(suppressed) == {"reader2@example.com", "reader4@example.com"}
    assert not models.SendAgain.objects.exists()


def test_asking_twice_sends_it_once(sent: Callable[..., Sent], take: Callable[..., None], now: datetime) -> None:
    mailing = sent(2)
    take(bounce(mailing, 0, BLOCKED))
    assert send_again.send_again(mailing.id, by=SYSTEM, now=now) == 1
    assert send_again.send_again(mailing.id, by=SYSTEM, now=now) == 0
    assert dict(go_on(now).mailed) == {"reader0@example.com": 1}
    assert send_again.send_again(mailing.id, by=SYSTEM, now=now) == 0
    assert not go_on(now).mailed


def test_a_reason_is_chosen_by_part_of_its_words(
    sent: Callable[..., Sent], take: Callable[..., None], now: datetime
) -> None:
    mailing = sent(3)
    take(bounce(mailing, 0, BLOCKED), bounce(mailing, 1, GONE), bounce(mailing, 2, "450 4.4.2 Timeout"))
    assert send_again.send_again(mailing.id, reasons=["timeout"], by=SYSTEM, now=now) == 1
    assert dict(go_on(now).mailed) == {"reader2@example.com": 1}


def test_reasons_are_counted_without_what_differs_from_one_to_the_next(
    sent: Callable[..., Sent], take: Callable[..., None]
) -> None:
    mailing = sent(3)
    words = (
        "550-5.7.1 [192.0.2.{0}] 550 5.7.1 <reader{0}@example.com>: mail {0} of {0} to r{0}.example, id 7f3{0}. 421:"
    )
    take(*(bounce(mailing, place, words) for place in range(3)))
    (reason,) = send_again.list_bounce_reasons(mailing.id, ["5.7.1", "MAIL 2 of"])
    assert (reason.subscribers, reason.chosen) == (3, 3)
    assert reason.text == "550-5.7.1 […] 550 5.7.1 …: mail … of … to …, id … 421:"


@pytest.mark.parametrize(
    ("reason", "ours"),
    [
        ("5.7.1 550 5.7.1 message rejected due to local policy", True),
        ("421 4.7.0 try again later, your reputation is low", True),
        ("554 blocked using zen.spamhaus.org", True),
        ("550 DKIM signature did not verify", True),
        ("5.1.1 550 5.1.1 no such user; see our block list for details", False),
        ("552 5.2.2 mailbox full", False),
        ("550 user unknown", False),
        ("", False),
    ],
)
def test_a_reason_of_the_senders_is_told_by_its_code_and_else_by_its_words(reason: str, ours: bool) -> None:
    assert send_again.is_ours(reason) is ours


def test_a_late_bounce_of_the_first_attempt_settles_nothing(
    sent: Callable[..., Sent], take: Callable[..., None], newsroom: Newsroom, now: datetime
) -> None:
    mailing = sent(2)
    take(bounce(mailing, 0, BLOCKED))
    late = [bounce(mailing, 0, BLOCKED), mailing.event("dropped", 0, reason="Bounced Address")]
    late += [mailing.event("processed", 0), mailing.event("bounce", 0, type="blocked", reason="later")]
    nameless = {name: value for name, value in bounce(mailing, 0, GONE).items() if not name.startswith("nl_")}
    later = now + 2 * MINUTE
    send_again.send_again(mailing.id, by=SYSTEM, now=later)
    go_on(later)
    take(*late, nameless)
    assert states(newsroom) == {"active": 2}
    assert mailing.mailing.counts == {"accepted": 2}
    assert not mailing.mailing.alarms
    assert not mailing.mailing.twice
    assert not Suppression.objects.exists()


def test_whoever_had_the_first_after_all_or_complains_of_it_is_heeded(
    sent: Callable[..., Sent], take: Callable[..., None], newsroom: Newsroom, now: datetime
) -> None:
    mailing = sent(2)
    take(*(bounce(mailing, place, BLOCKED) for place in range(2)))
    late = [mailing.event("delivered", 0), mailing.event("spamreport", 1)]
    send_again.send_again(mailing.id, by=SYSTEM, now=now)
    go_on(now)
    take(*late)
    assert mailing.mailing.twice == 2
    assert states(newsroom) == {"active": 1, "complained": 1}


def test_a_bounce_of_the_second_attempt_counts(
    sent: Callable[..., Sent], take: Callable[..., None], newsroom: Newsroom, now: datetime
) -> None:
    mailing = sent(2)
    take(bounce(mailing, 0, BLOCKED))
    later = now + MINUTE
    send_again.send_again(mailing.id, by=SYSTEM, now=later)
    go_on(later)
    batch = models.Batch.objects.get(mailing_id=mailing.id, number=2)
    ids = {"nl_batch": batch.key, "nl_attempt": batch.attempt_key, "nl_delivery": f"{batch.key}.0"}
    take(mailing.event("bounce", 0, reason=GONE.format(0), seconds=60) | ids)
    assert states(newsroom) == {"active": 1, "bounced": 1}
    assert mailing.mailing.counts == {"accepted": 1, "bounced": 1}


@pytest.mark.parametrize("change", ["leaves", "is erased", "bounced before", "is suppressed", "has another address"])
def test_only_what_the_bounce_itself_did_is_undone(
    sent: Callable[..., Sent], take: Callable[..., None], newsroom: Newsroom, change: str, now: datetime
) -> None:
    mailing = sent(2)
    person = Subscriber.objects.get(id=mailing.readers[0])
    if change == "bounced before":  # by another mailing; this one bounced later, with other words
        nameless = {name: value for name, value in bounce(mailing, 0, GONE).items() if not name.startswith("nl_")}
        take(nameless)
    take(bounce(mailing, 0, BLOCKED))
    if change == "leaves":
        people.unsubscribe(person.id, newsroom.list.id, by=SYSTEM, now=now)
    if change == "is erased":
        erasure.erase_subscriber(person.id, by=SYSTEM, now=now)
    if change == "is suppressed":
        Suppression.objects.update(reason="asked")
    if change == "has another address":
        person.address = person.address_key = "other@example.com"
        person.save()
    before = states(newsroom)
    send_again.send_again(mailing.id, by=SYSTEM, now=now)
    assert not go_on(now).mailed
    assert mailing.mailing.counts["bounced"] == 1
    assert not models.SendAgain.objects.exists()
    if change != "is suppressed":
        assert states(newsroom) == before


@pytest.mark.parametrize("state", ["sending", "recalling"])
def test_it_is_refused_while_the_mailing_is_not_at_rest(sent: Callable[..., Sent], state: str, now: datetime) -> None:
    mailing = sent(2)
    models.Mailing.objects.update(state=state)
    with pytest.raises(Refused, match=state):
        send_again.send_again(mailing.id, by=SYSTEM, now=now)


def test_a_paused_mailing_stays_paused_and_sends_it_again_when_it_is_resumed(
    sent: Callable[..., Sent], take: Callable[..., None], now: datetime
) -> None:
    mailing = sent(2)
    take(bounce(mailing, 0, BLOCKED))
    models.Mailing.objects.update(state=MailingState.PAUSED)
    send_again.send_again(mailing.id, by=SYSTEM, now=now)
    assert not go_on(now).mailed
    assert mailing.mailing.state == MailingState.PAUSED
    mailings.resume(mailing.id, by=SYSTEM, now=now)
    freeze.freeze_next(now)
    assert dict(go_on(now).mailed) == {"reader0@example.com": 1}


def test_the_provider_forgets_the_bounce_before_it_is_sent_again(
    sent_by_sendgrid: Callable[..., Sent], take: Callable[..., None], server: SendGridServer, now: datetime
) -> None:
    mailing = sent_by_sendgrid(3)
    take(bounce(mailing, 0, BLOCKED), bounce(mailing, 1, GONE))
    server.suppressions["bounces"] = [{"email": f"reader{place}@example.com", "created": 0} for place in range(2)]
    send_again.send_again(mailing.id, by=SYSTEM, now=now)
    go_on(now, SendGrid(KEY, server.url))
    assert [each["email"] for each in server.suppressions["bounces"]] == ["reader1@example.com"]
    assert server.accepted["reader0@example.com"] == 2
    assert server.accepted.total() == 4


@pytest.mark.parametrize("fault", [Fault(500), Fault(401), Fault(drop=True), Fault(500, accept_first=True)])
def test_until_the_provider_has_confirmed_that_nothing_is_sent_and_then_it_is(
    sent_by_sendgrid: Callable[..., Sent],
    take: Callable[..., None],
    server: SendGridServer,
    newsroom: Newsroom,
    fault: Fault,
    now: datetime,
) -> None:
    mailing = sent_by_sendgrid(2)
    take(bounce(mailing, 0, BLOCKED))
    server.suppressions["bounces"] = [{"email": "reader0@example.com", "created": 0}]
    server.list_faults = [fault]
    send_again.send_again(mailing.id, by=SYSTEM, now=now)
    provider = SendGrid(KEY, server.url)
    go_on(now, provider)
    assert server.accepted.total() == 2
    assert states(newsroom) == {"active": 1, "bounced": 1}
    waiting = send_again.count_waiting(mailing.id)
    assert waiting.subscribers == 1
    assert "SendGrid" in waiting.error
    go_on(now + MINUTE, provider)
    assert server.accepted["reader0@example.com"] == 2
    assert not server.suppressions["bounces"]
    assert send_again.count_waiting(mailing.id).subscribers == 0


def test_a_list_that_cannot_be_told_is_no_work_and_is_told_again_in_a_minute(
    sent_by_sendgrid: Callable[..., Sent],
    take: Callable[..., None],
    server: SendGridServer,
    monkeypatch: pytest.MonkeyPatch,
    now: datetime,
) -> None:
    mailing = sent_by_sendgrid(3)
    take(*(bounce(mailing, place, BLOCKED) for place in range(3)))
    monkeypatch.setattr(send_again, "ROWS_PER_STEP", 1)
    server.list_faults = [Fault(503)] * 9
    send_again.send_again(mailing.id, by=SYSTEM, now=now)
    provider = SendGrid(KEY, server.url)
    assert [send_again.advance(now, provider) for _ in range(3)] == [0, 0, 0], "else nothing behind it has its turn"
    assert len(server.list_faults) == 8, "asked once for all of them"
    server.list_faults = []
    assert send_again.advance(now + MINUTE, provider) > 0


def test_killed_while_it_is_asked_for_it_is_completed_by_asking_again(sent: Callable[..., Sent], now: datetime) -> None:
    mailing = sent(2)
    keep_bounced(mailing, 1, now)
    portions = []

    def die_in_the_third(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith('INSERT INTO "delivery_sendagain"') or sql.startswith("INSERT OR IGNORE INTO"):
            portions.append(sql)
            if len(portions) == 3:
                raise Killed
        return execute(sql, params, many, context)

    with pytest.raises(Killed), connection.execute_wrapper(die_in_the_third):
        send_again.send_again(mailing.id, by=SYSTEM, now=now)
    stored = send_again.count_waiting(mailing.id).subscribers
    assert 50 < stored < 1_000, "what was stored stays: each portion is a transaction of its own"
    assert send_again.send_again(mailing.id, by=SYSTEM, now=now) == 1_000 - stored
    assert send_again.count_waiting(mailing.id).subscribers == 1_000


@pytest.mark.parametrize("asked", ["before it is cancelled", "after", "after the next one is frozen"])
def test_of_a_cancelled_mailing_the_next_one_of_its_edition_goes_to_them(
    asked: str,
    sent: Callable[..., Sent],
    plan: Callable[..., Any],
    take: Callable[..., None],
    newsroom: Newsroom,
    now: datetime,
) -> None:
    mailing = sent(4)
    take(bounce(mailing, 0, BLOCKED), mailing.event("bounce", 1, type="blocked", reason=BLOCKED.format(1)))
    take(bounce(mailing, 2, GONE), mailing.event("delivered", 3))
    models.Mailing.objects.update(state=MailingState.PAUSED)  # as too many bounces do
    Edition.objects.update(state=EditionState.SENDING)
    if asked == "before it is cancelled":
        send_again.send_again(mailing.id, by=SYSTEM, now=now)
    mailings.cancel(mailing.id, by=SYSTEM, now=now)
    if asked == "after":
        send_again.send_again(mailing.id, by=SYSTEM, now=now)
    if asked != "after the next one is frozen":
        assert not go_on(now).mailed
    following = plan()
    freeze.freeze_next(now)
    if asked == "after the next one is frozen":
        assert not go_on(now).mailed
        send_again.send_again(mailing.id, by=SYSTEM, now=now)
    assert dict(go_on(now).mailed) == {"reader0@example.com": 1, "reader1@example.com": 1}
    assert mailing.mailing.counts == {"bounced": 2, "blocked": 1, "delivered": 1}, "what happened to it stays"
    shown = summary.get_mailing(following.id)
    assert (shown.state, shown.counts, shown.adds_up) == (MailingState.FINISHED, {"accepted": 2}, True)
    assert states(newsroom) == {"active": 3, "bounced": 1}
    assert send_again.send_again(mailing.id, by=SYSTEM, now=now) == 0
    assert not models.SendAgain.objects.exists()


def test_somebody_who_cannot_be_brought_back_stops_nobody_else(
    sent: Callable[..., Sent], take: Callable[..., None], now: datetime
) -> None:
    mailing = sent(3)
    take(*(bounce(mailing, place, BLOCKED) for place in range(3)))
    send_again.send_again(mailing.id, by=SYSTEM, now=now)
    with failing("UPDATE subscribers_subscription", mailing.readers[1]):
        provider = go_on(now)
    assert dict(provider.mailed) == {"reader0@example.com": 1, "reader2@example.com": 1}
    assert send_again.count_waiting(mailing.id).subscribers == 1
    assert dict(go_on(now + MINUTE).mailed) == {"reader1@example.com": 1}


def test_an_event_at_the_same_moment_is_kept_and_it_is_sent_again_after_it(
    sent: Callable[..., Sent], take: Callable[..., None], now: datetime
) -> None:
    mailing = sent(3)
    take(bounce(mailing, 0, BLOCKED))
    send_again.send_again(mailing.id, by=SYSTEM, now=now)
    with just_before("UPDATE delivery_batch SET", lambda: take(mailing.event("delivered", 1))):
        provider = go_on(now)
    assert dict(provider.mailed) == {"reader0@example.com": 1}
    assert mailing.mailing.counts == {"accepted": 2, "delivered": 1}


def test_it_begins_with_one_batch_and_what_bounced_before_counts_against_no_limit(
    sent: Callable[..., Sent], take: Callable[..., None], now: datetime
) -> None:
    mailing = sent(2)
    take(bounce(mailing, 0, BLOCKED))
    send_again.send_again(mailing.id, by=SYSTEM, now=now)
    for _ in range(3):
        send_again.advance(now, ScriptedProvider())
    row = models.Mailing.objects.get()
    assert (row.resumed_at, row.proven_at) == (now, None)


def test_whom_another_mailing_had_put_out_with_the_same_words_stays_out(
    sent: Callable[..., Sent], take: Callable[..., None], plan: Callable[..., Any], newsroom: Newsroom, now: datetime
) -> None:
    mailing = sent(2)
    take(bounce(mailing, 0, BLOCKED))
    first = models.DeliveryException.objects.get()
    models.DeliveryException.objects.create(
        mailing_id=plan(kind="test").id,
        subscriber_id=first.subscriber_id,
        kind=first.kind,
        reason=first.reason,
        at=first.at - MINUTE,
    )
    send_again.send_again(mailing.id, by=SYSTEM, now=now)
    assert not go_on(now).mailed
    assert states(newsroom) == {"active": 1, "bounced": 1}


@pytest.mark.parametrize("lacking", [Verb.SEND, Verb.SUBSCRIBERS])
def test_it_takes_the_right_to_send_and_the_one_to_change_subscribers(
    sent: Callable[..., Sent], lacking: Verb, now: datetime
) -> None:
    class Without(SystemActor):
        def may(self, verb: Verb, list_ids: Collection[int] = (), *, newsletter_id: int | None = None) -> bool:
            return verb != lacking

    mailing = sent(1)
    with pytest.raises(NotAllowed):
        send_again.send_again(mailing.id, by=Without("ada"), now=now)


def test_an_address_that_the_provider_refuses_to_forget_keeps_back_nobody_else(
    sent_by_sendgrid: Callable[..., Sent], take: Callable[..., None], server: SendGridServer, now: datetime
) -> None:
    mailing = sent_by_sendgrid(5)
    take(*(bounce(mailing, place, BLOCKED) for place in range(5)))
    server.unforgettable = {"reader3@example.com"}
    send_again.send_again(mailing.id, by=SYSTEM, now=now)
    go_on(now, SendGrid(KEY, server.url))
    assert {address for address, count in server.accepted.items() if count == 2} == {
        f"reader{place}@example.com" for place in (0, 1, 2, 4)
    }
    assert send_again.count_waiting(mailing.id).subscribers == 1


@pytest.mark.parametrize("after", [False, True])
def test_a_process_that_dies_while_it_asks_the_provider_is_made_good_in_a_minute(
    sent_by_sendgrid: Callable[..., Sent],
    take: Callable[..., None],
    server: SendGridServer,
    newsroom: Newsroom,
    after: bool,
    now: datetime,
) -> None:
    mailing = sent_by_sendgrid(2)
    take(bounce(mailing, 0, BLOCKED))
    server.suppressions["bounces"] = [{"email": "reader0@example.com", "created": 0}]
    send_again.send_again(mailing.id, by=SYSTEM, now=now)
    provider = SendGrid(KEY, server.url)
    dies(provider, "forget_bounces", after=after)
    with pytest.raises(Killed):
        send_again.advance(now, provider)
    assert len(server.suppressions["bounces"]) == (0 if after else 1)
    assert states(newsroom) == {"active": 1, "bounced": 1}
    go_on(now + MINUTE, provider)
    assert not server.suppressions["bounces"]
    assert server.accepted["reader0@example.com"] == 2
    assert server.accepted.total() == 3


def test_what_is_reported_of_a_first_time_in_which_everybody_bounced_is_no_second_copy(
    sent: Callable[..., Sent], take: Callable[..., None], now: datetime
) -> None:
    mailing = sent(2)
    take(*(bounce(mailing, place, BLOCKED) for place in range(2)))
    send_again.send_again(mailing.id, by=SYSTEM, now=now)
    assert go_on(now).mailed.total() == 2
    take(mailing.event("processed", 0), mailing.event("deferred", 1, seconds=1))
    assert not mailing.mailing.alarms
    take(mailing.event("open", 0, seconds=2))
    assert [alarm.count for alarm in mailing.mailing.alarms] == [1]


def test_two_workers_at_once_undo_a_soft_bounce_once(
    sent: Callable[..., Sent], take: Callable[..., None], now: datetime
) -> None:
    mailing = sent(2)
    take(mailing.event("bounce", 0, type="blocked", reason=BLOCKED.format(0)))
    Subscriber.objects.filter(id=mailing.readers[0]).update(soft_bounces=3)
    send_again.send_again(mailing.id, by=SYSTEM, now=now)
    other = ScriptedProvider()
    with just_before("UPDATE delivery_sendagain SET lifted_at", lambda: send_again.advance(now, other)):
        send_again.advance(now, other)
    assert Subscriber.objects.get(id=mailing.readers[0]).soft_bounces == 2


def test_why_they_bounced_is_read_batch_by_batch(sent: Callable[..., Sent], now: datetime) -> None:
    """What is kept in memory does not grow with those who bounced: of a blocked network they may be millions."""
    mailing = sent(2)
    peaks = []
    for batches in (5, 15):
        keep_bounced(mailing, batches, now)
        tracemalloc.start()
        (reason,) = send_again.list_bounce_reasons(mailing.id)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert reason.subscribers == 20_000
    assert peaks[1] < 1.5 * peaks[0], peaks
