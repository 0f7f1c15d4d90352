"""No sequence of what newsrooms, files, strangers, other tools and providers do makes somebody mailable who said no.

Only the reader's own act does: the press in the mail that went to their address, or taking back their own leaving.
"""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from newsletter.kernel.errors import NewsletterError
from subscribers import (
    addresses,
    audience,
    hygiene,
    models,
    people,
    retention,
    self_service,
    subscriber_lookup,
    suppressions,
    tiers,
)
from subscribers.attributes import change_profile
from subscribers.consent import erasure
from subscribers.imports import export, import_lookup, restore, run, undo
from subscribers.states import SubscriptionState
from subscribers.tokens import FOOTER, Claims
from subscribers.values import List, Subscriber
from tests.actors import SYSTEM
from tests.conftest import reported

NAMES = ("ann", "ben")
OUTS = ("one-click", "leaves by the page", "hard", "complained", "the provider's leave", "the desk's leave")
ACTS = (
    "imported as active",
    "imported as pending",
    "imported as left",
    "imported as cleaned",
    "the last import is undone",
    "added by the desk",
    "a stranger signs up",
    "moved by the desk",
    "the other is moved to their address",
    "how often is changed",
    "tagged",
    "restored from a backup",
    "asked after silence",
    "weeks pass",
    "suppressed for a day",
    "unconfirmed are forgotten",
    "details are changed",
    "a tier is given",
    "erased",
    "who left is forgotten",
)
STEPS = st.lists(st.tuples(st.sampled_from([*ACTS, *ACTS, *OUTS]), st.sampled_from(NAMES)), min_size=2, max_size=10)


class _World:
    """One list, two people, and the time."""

    def __init__(self, target: List, now: datetime) -> None:
        self.target, self.now = target, now
        self.tag = f"x{time.perf_counter_ns()}"
        self.backup = ""
        self.no: set[str] = set()
        self.erased: set[str] = set()

    def address(self, name: str) -> str:
        return f"{name}.{self.tag}@example.com"

    def person(self, name: str) -> Subscriber | None:
        return subscriber_lookup.find_subscriber_by_address(self.address(name))

    def mailable(self, name: str) -> bool:
        person = self.person(name)
        page = audience.list_audience_page(
            self.target.id, after=(person.id - 1) if person else 0, upto=person.id if person else 0, limit=1
        )
        return any(each.exclusion == "" for each in page)

    def take_in(self, name: str, status: str) -> None:
        data = f"email,status\n{self.address(name).upper()},{status}\n".encode()
        run.import_csv(io.BytesIO(data), self.target.id, dry_run=False, by=SYSTEM, now=self.now, name="f.csv")

    def happens(self, act: str, name: str) -> None:
        self.now += timedelta(minutes=7)
        person, now, target = self.person(name), self.now, self.target.id
        words: dict[str, Callable[[], Any]] = {
            "imported as active": lambda: self.take_in(name, "active"),
            "imported as pending": lambda: self.take_in(name, "pending"),
            "imported as left": lambda: self.take_in(name, "unsubscribed"),
            "imported as cleaned": lambda: self.take_in(name, "cleaned"),
            "the last import is undone": lambda: undo.undo_import(
                import_lookup.list_imports()[0].id, by=SYSTEM, now=now
            ),
            "added by the desk": lambda: people.add_subscriber(
                self.address(name), target, by=SYSTEM, now=now, reason="asked in person"
            ),
            "a stranger signs up": lambda: self_service.sign_up(
                self.address(name), [target], origin="", network="", now=now
            ),
            "the other is moved to their address": lambda: self.move_other_to(name),
            "restored from a backup": self.restore,
            "who left is forgotten": self.forget_departed,
            "weeks pass": self.weeks_pass,
            "unconfirmed are forgotten": lambda: retention.apply_retention(now),
            "suppressed for a day": lambda: suppressions.suppress(
                self.address(name), reason="asked", by=SYSTEM, now=now, expires_at=now + timedelta(days=1)
            ),
        }
        if act in words:
            with suppress(NewsletterError, IndexError, StopIteration):
                words[act]()
        elif person is not None:
            self.happens_to(act, name, person)

    def happens_to(self, act: str, name: str, person: Subscriber) -> None:
        now, target, claims = self.now, self.target.id, Claims(FOOTER, self.target.id, person.id)
        on_it = any(s.list_id == target for s in person.subscriptions)
        if act in ("one-click", "leaves by the page"):
            self_service.unsubscribe_by_link(
                claims, how="one-click" if act == "one-click" else "page", network="", now=now
            )
        elif act in ("hard", "complained"):
            reported(person.id, target, act, reason="", now=now)
        elif act == "the provider's leave":
            reported(person.id, target, "left", reason="", now=now)
        elif act == "the desk's leave":
            people.unsubscribe(person.id, target, by=SYSTEM, now=now)
        elif act == "moved by the desk":
            with suppress(NewsletterError):
                people.change_address(person.id, f"moved.{self.address(name)}", by=SYSTEM, seen=None, now=now)
        elif act == "how often is changed":
            self_service.set_frequency(claims, target, frequency="weekly", paused_until=None, network="", now=now)
        elif act == "tagged":
            change_profile(person.id, add_tags=["VIP"], seen=None, by=SYSTEM, now=now)
        elif act == "details are changed":
            self_service.change_details(claims, language="de", zone="", tracked=True, network="", now=now)
        elif act == "a tier is given":
            tiers.set_tier(person.id, "paid", ends_at=now + timedelta(days=9), how="api", by=SYSTEM, now=now)
        elif act == "erased":
            erasure.erase_subscriber(person.id, by=SYSTEM, now=now)
            self.erased.add(name)
        elif act == "asked after silence":
            models.Subscription.objects.filter(subscriber_id=person.id).update(asked_at=now)
        if act in OUTS and (on_it or act == "complained"):
            self.no.add(name)

    def move_other_to(self, name: str) -> None:
        other = next(person for each in NAMES if each != name and (person := self.person(each)))
        people.change_address(other.id, self.address(name), by=SYSTEM, seen=None, now=self.now)

    def was_moved(self, name: str) -> bool:
        key = addresses.to_key(self.address(name))
        return models.FormerAddress.objects.filter(address_key=key).exists()

    def restore(self) -> None:
        if self.backup:
            restore.restore_export(io.BytesIO(self.backup.encode()), by=SYSTEM, name="readers.jsonl", now=self.now)
        parts: list[str] = []
        export.write_export(self.target.id, parts.append, export_format="jsonl", by=SYSTEM, now=self.now)
        self.backup = self.backup or "".join(parts)

    def forget_departed(self) -> None:
        here = {name for name in NAMES if self.person(name)}
        erasure.erase_departed(self.now, before=self.now)
        self.erased |= {name for name in here if not self.person(name)}

    def weeks_pass(self) -> None:
        self.now += timedelta(days=40)
        hygiene.unsubscribe_inactive(self.now)
        suppressions.lift_expired(self.now)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(steps=STEPS)
@example([(act, "ann") for act in ("imported as active", "hard", "erased", "imported as active")])
@example([(act, "ann") for act in ("imported as active", "one-click", "who left is forgotten", "added by the desk")])
@example(
    [
        ("imported as active", "ann"),
        ("imported as active", "ben"),
        ("one-click", "ann"),
        ("moved by the desk", "ann"),
        ("the other is moved to their address", "ann"),
    ]
)
def test_who_said_no_is_never_mailed_again_by_anybody_elses_act(
    morning: List, now: datetime, steps: list[tuple[str, str]]
) -> None:
    world = _World(morning, now)
    for act, name in steps:
        world.happens(act, name)
        for each in world.no:
            person = world.person(each)
            # Who never confirmed is forgotten whole; then a file may bring them anew, for nobody knows of a no.
            # Who was erased must not come back: the hash of their address says so.
            if person is None and each not in world.erased and not world.was_moved(each):
                world.no = world.no - {each}
                break
            if person is None:
                continue
            assert not world.mailable(each), (act, each)
            state = next((s.state for s in person.subscriptions if s.list_id == morning.id), None)
            assert state != SubscriptionState.ACTIVE, (act, each)
