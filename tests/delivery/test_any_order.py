"""Whatever happens, in whatever order: nobody twice, everybody accounted for, states only along their tables."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from newsletter.delivery import installation, models
from newsletter.delivery.events import applying, inbox
from newsletter.delivery.ledger import states
from newsletter.delivery.ledger.states import BatchState, MailingState
from newsletter.delivery.reports import ledger_sums, recipients, summary
from newsletter.delivery.reports.summary import Mailing
from newsletter.delivery.sending import freeze, hand_over, ledger_stand, mailings, repair
from newsletter.kernel.errors import Refused
from subscribers import people
from tests.actors import SYSTEM
from tests.conftest import Newsroom
from tests.fakes import provider
from tests.fakes.provider import Killed, ScriptedProvider
from tests.fakes.sendgrid_events import Signer, event, post

READERS = 60  # two batches
SITUATIONS = {
    "accepts": provider.accepts,
    "refuses for now": provider.refuses_for_now,
    "refuses for good": provider.refuses_for_good,
    "names the first": provider.names(0),
    "wants another key": provider.wants_another_key,
    "loses the answer": provider.loses_the_answer,
    "loses the request": provider.loses_the_request,
    "breaks off": provider.breaks_off,
    "dies before": provider.dies_before,
    "dies after": provider.dies_after,
}
happenings = st.lists(
    st.sampled_from(
        [
            *SITUATIONS,
            *SITUATIONS,
            "a minute passes",
            "ten minutes pass",
            "pause",
            "resume",
            "cancel",
            "finish",
            "leave",
            "repair",
            "an event comes",
        ]
    ),
    min_size=4,
    max_size=14,
)


class World:
    """A mailing, its provider, and the time."""

    def __init__(self, mailing: Mailing, readers: list[int], list_id: int, now: datetime) -> None:
        installation.forget_standing()  # the rows of the world before were taken back, and what was noted of them goes
        shutil.rmtree(installation.get_state_folder().root, ignore_errors=True)
        models.Installation.objects.all().delete()  # it begins anew, as its folder does
        self.mailing_id, self.readers, self.list_id, self.now = mailing.id, readers, list_id, now
        self.provider = ScriptedProvider()
        self.left: set[int] = set()

    def happens(self, what: str) -> None:
        if what in SITUATIONS:
            self.provider.script = [SITUATIONS[what]]
            self.hand_over()
        elif what == "leave":
            person = self.readers[len(self.left) * 7 % READERS]
            self.left.add(person)
            people.unsubscribe(person, self.list_id, by=SYSTEM, now=self.now)
        elif what == "finish":
            mailings.finish_settled(self.now)
        elif what == "repair":
            self.repair()
        elif what == "an event comes":
            self.hear()
        elif what.endswith(("passes", "pass")):
            self.now += timedelta(minutes=10 if "ten" in what else 1)
        else:
            self.decide(getattr(mailings, what))

    def repair(self) -> None:
        with suppress(Refused):
            repair.repair_mailing(self.mailing_id, by=SYSTEM, now=self.now)

    def hear(self) -> None:
        """The provider reports one delivery of each request that it truly accepted."""
        signer, events = Signer(), []
        for request in self.provider.accepted:
            ids = {
                "nl_batch": request.batch,
                "nl_attempt": request.attempt,
                "nl_delivery": request.recipients[0].delivery,
            }
            events.append(event("delivered", ids, request.recipients[0].address, int(self.now.timestamp())))
        raw, at = post(*events), str(int(self.now.timestamp()))
        inbox.receive(raw, signature=signer.sign(raw, at), timestamp=at, keys=[signer.public_key], now=self.now)
        while applying.apply_next(self.now, owner="test"):
            pass

    def decide(self, verb: Callable[..., None]) -> None:
        try:
            verb(self.mailing_id, by=SYSTEM, now=self.now)
        except Refused:
            return
        freeze.freeze_next(self.now)  # what was resumed passes through the reconciliation again

    def hand_over(self) -> bool:
        try:
            return hand_over.hand_over_next(self.now, owner="worker", provider=self.provider, clock=lambda: self.now)
        except Killed:
            return True

    def rest(self) -> None:
        """Everything is mended and time passes until nothing is left to do."""
        self.provider.script = []
        for _ in range(12):
            self.now += hand_over.LEASE + timedelta(seconds=1)
            self.decide(partial(mailings.resume, late=True))
            while self.hand_over():
                pass
            mailings.finish_settled(self.now)
            mailings.pause_lost_probes(self.now)

    def batches(self) -> dict[int, str]:
        return dict(models.Batch.objects.values_list("id", "state"))


def _reachable(state: str) -> set[str]:
    found, edge = {state}, [state]
    while edge:
        new = states.BATCH_TRANSITIONS[edge.pop()] - found
        found |= new
        edge += new
    return found


@pytest.mark.django_db
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(events=happenings)
@example(events=["accepts", "ten minutes pass", "ten minutes pass", "ten minutes pass"])
@example(events=["breaks off", "refuses for good", "resume", "dies after", "an event comes", "accepts"])
@example(events=["breaks off", "refuses for good", "resume", "dies after", "an event comes", "names the first"])
def test_whatever_happens_nobody_is_mailed_twice_and_everybody_is_accounted_for(
    shared: Callable[[], World], events: list[str]
) -> None:
    with transaction.atomic():
        _live_through(shared(), events)
        transaction.set_rollback(True)


@pytest.mark.django_db
@pytest.mark.parametrize("trouble", SITUATIONS)
def test_after_any_one_trouble_the_mailing_finishes(shared: Callable[[], World], trouble: str) -> None:
    _live_through(shared(), [trouble])


def _live_through(world: World, events: list[str]) -> None:
    ledger_stand.forget_all()  # examples are rolled back: the same versions of other books come again
    for what in events:
        before = world.batches()
        world.happens(what)
        assert max(world.provider.mailed.values(), default=0) <= 1
        for batch, state in world.batches().items():
            was = before.get(batch, BatchState.PLANNED)  # a repair adds batches
            assert state in _reachable(was), f"{was} to {state} by “{what}”"
        assert summary.get_mailing(world.mailing_id).adds_up
        _check_the_sums(world)
    world.rest()
    _check_the_sums(world)
    _check_the_books(world)


def _check_the_sums(world: World) -> None:
    """What is kept of the ledger is what it adds up to, also where it was kept before something happened."""
    shown = ledger_sums.read_sums([world.mailing_id])
    assert ledger_sums.recount_ledgers() == ()
    assert ledger_sums.read_sums([world.mailing_id]) == shown


def _check_the_books(world: World) -> None:
    mailing = summary.get_mailing(world.mailing_id)
    ended = {MailingState.FINISHED, MailingState.CANCELLED}
    assert mailing.state in (ended | {MailingState.SENDING} if "unknown" in mailing.counts else ended)
    assert "planned" not in mailing.counts
    assert max(world.provider.mailed.values(), default=0) <= 1
    for who in recipients.list_recipients(world.mailing_id, limit=READERS, by=SYSTEM):
        mailed = world.provider.mailed[who.address]
        if who.state != "unknown":
            assert mailed == (1 if who.state in ("accepted", "delivered") else 0), f"{who} was mailed {mailed} times"


@pytest.fixture
def shared(frozen: Callable[..., Mailing], join: Callable[..., list[int]], newsroom: Newsroom, now: datetime) -> Any:
    """A fresh world over the same frozen mailing; each example is rolled back."""
    readers = join(READERS)
    mailing = frozen()
    return lambda: World(mailing, readers, newsroom.list.id, now)
