"""Messages as rows: claimed by one, settled by whoever sent them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from newsletter.jobs import models
from newsletter.jobs.notification_kinds import MessageState, Route
from newsletter.jobs.notifications import messages, recording
from newsletter.jobs.notifications.messages import Message
from tests.interleaving import just_before
from tests.jobs.notifications.conftest import Routes, build_fact

MINUTE = timedelta(minutes=1)


def claim(now: datetime) -> list[Message]:
    """What is claimed at an instant."""
    return [message for message, _ in messages.claim_messages(lambda: now)]


def test_a_message_is_claimed_by_one(newsroom: Any, people: Any, routes: Routes, now: datetime) -> None:
    recording.record_fact(build_fact(newsroom, now), now)
    with just_before("UPDATE jobs_notificationmessage SET state", lambda: claim(now)):
        mine = claim(now)
    assert mine == []
    assert set(models.NotificationMessage.objects.values_list("attempts", flat=True)) == {1}


def test_a_lease_of_a_clock_that_was_put_back_is_cut(newsroom: Any, people: Any, routes: Routes, now: datetime) -> None:
    recording.record_fact(build_fact(newsroom, now), now)
    claim(now)
    models.NotificationMessage.objects.update(lease_until=now + timedelta(days=1))
    claim(now)
    assert len(claim(now + 6 * MINUTE)) == 1, "the webhook's; mails are unknown"
    mails = models.NotificationMessage.objects.filter(route=Route.MAIL)
    assert set(mails.values_list("state", flat=True)) == {MessageState.UNKNOWN}


def test_an_answer_that_comes_late_still_settles_it(newsroom: Any, people: Any, routes: Routes, now: datetime) -> None:
    recording.record_fact(build_fact(newsroom, now), now)
    mail = next(each for each in claim(now) if each.route is Route.MAIL)
    claim(now + 6 * MINUTE)
    messages.mark_message_sent(mail, now + 7 * MINUTE)
    assert models.NotificationMessage.objects.get(id=mail.id).state == MessageState.SENT


def test_whoever_sends_slowly_leaves_the_rest_to_the_next_turn(
    newsroom: Any, people: Any, routes: Routes, now: datetime
) -> None:
    recording.record_fact(build_fact(newsroom, now), now)
    clock = iter(now + seconds * timedelta(seconds=20) for seconds in range(99))
    claimed = [at for _, at in messages.claim_messages(lambda: next(clock))]
    assert claimed == [now + timedelta(seconds=20)], "the lease begins when it is claimed"
    assert len(claim(now + MINUTE)) == 2


def test_mails_that_wait_in_a_restored_database_are_not_sent_and_posts_are(
    newsroom: Any, people: Any, routes: Routes, now: datetime
) -> None:
    recording.record_fact(build_fact(newsroom, now), now)
    assert messages.give_up_mails(now) == 2
    assert [each.route for each in claim(now)] == [Route.WEBHOOK]
