"""A mailing with a recall window, a provider, and a clock that a test puts forward."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta

import pytest

from newsletter.accounts import audit_log
from newsletter.accounts.actors import SystemActor
from newsletter.accounts.audit_log import AuditFilter
from newsletter.delivery import models
from newsletter.delivery.providers.base import ProviderError
from newsletter.delivery.providers.sendgrid import SendGrid
from newsletter.delivery.reports import summary
from newsletter.delivery.reports.summary import Mailing
from newsletter.delivery.sending import freeze, mailings, recall, recall_slots
from tests.actors import SYSTEM
from tests.delivery.conftest import hand_over_all
from tests.fakes.provider import Killed, dies
from tests.fakes.sendgrid import KEY, Fault, SendGridServer

LEAD = 60


class Stage:
    """A mailing with a window of an hour, the provider, and a clock that both go by."""

    def __init__(self, server: SendGridServer, plan: Callable[..., Mailing], now: datetime) -> None:
        self.server, self.provider, self.due = server, SendGrid(KEY, server.url), now + timedelta(hours=3)
        self._plan, self.now = plan, now
        server.clock = lambda: self.now.timestamp()

    def at(self, minutes_left: float) -> datetime:
        """Lets the time come when so many minutes are left."""
        self.now = self.due - timedelta(minutes=minutes_left)
        self.server.pass_time()
        return self.now

    def plan(self) -> Mailing:
        self.mailing_id = self._plan(provider="sendgrid", due_at=self.due, recall_minutes=LEAD, now=self.now).id
        return self.mailing

    def work(self) -> None:
        """What a worker does at this time."""
        for _ in range(100):
            if not (
                hand_over_all(self.provider, self.now)
                or recall_slots.open_next_window(self.now, self.provider)
                or freeze.freeze_next(self.now)
            ):
                break
        else:
            pytest.fail("it never rests")
        mailings.finish_settled(self.now)

    def recall(self) -> recall.RecallResult:
        return recall.recall_mailing(self.mailing_id, by=SystemActor("editor"), now=self.now, provider=self.provider)

    def complete(self) -> int:
        """What workers do about recalls of which nobody knows. Returns how often they asked the provider."""
        asked = 0
        while recall.complete_next_recall(self.now, self.provider, by=SYSTEM):
            asked += 1
            assert asked < 100, "it never rests"
        return asked

    def resume(self) -> None:
        recall.resume_mailing(self.mailing_id, by=SystemActor("editor"), now=self.now, provider=self.provider)

    @property
    def mailing(self) -> Mailing:
        return summary.get_mailing(self.mailing_id)

    @property
    def last_act(self) -> tuple[str, str, Mapping[str, object], Mapping[str, object]]:
        """What was last recorded of the mailing: the act, its detail, and what changed."""
        entry = audit_log.list_entries(AuditFilter(target=f"mailing {self.mailing_id}"))[0]
        assert entry.newsletter_id == models.Mailing.objects.get(id=self.mailing_id).newsletter_id
        return entry.action, entry.detail, entry.before, entry.after

    @property
    def alarms(self) -> str:
        return " ".join(alarm.message for alarm in self.mailing.alarms)


LOST = (Fault(drop=True, accept_first=True), Fault(drop=True))  # a call's answer, and that of looking after it


def begin_call(call: str, stage: Stage) -> Callable[[], object]:
    """Brings a mailing to the point where a call is due, and returns what makes it."""
    stage.at(40)
    stage.plan()
    if call == "new_cancel_id":
        return lambda: recall_slots.open_next_window(stage.now, stage.provider)
    stage.work()
    if call == "cancel":
        return stage.recall
    stage.recall()
    stage.at(-60 * 5)
    return lambda: recall_slots.free_slots(stage.now, stage.provider)


FAILURES: dict[str, tuple[Fault, ...]] = {
    "killed before": (),
    "killed after": (),
    "answer lost": LOST,
    "refused": (Fault(status=403), Fault(status=403)),
    "down": (Fault(status=503), Fault(status=503)),
}


DONE_AT_PROVIDER = {"killed after", "answer lost"}


def fail_call(stage: Stage, call: str, failure: str, make: Callable[[], object]) -> object:
    """Makes a call that goes wrong. What it returned; None where it ended with an error."""
    looks_first = {"new_cancel_id": 1, "release": 1}.get(call, 0)  # at the list of ids, which is not what fails
    faults = [*[None] * (looks_first if failure != "down" else 0), *FAILURES[failure]]
    if failure.startswith("killed"):
        dies(stage.provider, call, after=failure == "killed after")
    else:
        stage.server.weather = lambda: faults.pop(0) if faults else None
    made = None
    with suppress(Killed, ProviderError):
        made = make()
    faults.clear()
    return made


def other_host(stage: Stage) -> SendGrid:
    """A provider whose server knows nothing of what the stage's has: it would say yes to cancelling any id."""
    return SendGrid(KEY, stage.server.url.replace("127.0.0.1", "localhost"))
