"""Taking an import back: as if it had not been, but for what anybody did since."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from newsletter.accounts import users
from newsletter.kernel.errors import NotFound, Refused
from subscribers import models, people, self_service, subscriber_lookup, suppressions
from subscribers.imports import import_lookup, run
from subscribers.imports.undo import UndoReport, undo_import
from subscribers.tokens import FOOTER, Claims
from subscribers.values import ImportReport, List
from tests.actors import SYSTEM, act_as
from tests.conftest import PASSWORD, Newsroom, reported

TakeIn = Callable[..., ImportReport]
Look = Callable[..., str | None]


@pytest.fixture
def undo(db: None, now: datetime) -> Callable[..., UndoReport]:
    return lambda import_id, **more: undo_import(import_id, by=SYSTEM, now=now + timedelta(hours=1), **more)


def test_whoever_came_by_it_alone_is_gone(take_in: TakeIn, undo: Callable[..., UndoReport], state: Look) -> None:
    report = take_in("email,tags\nann@example.com,VIP\nben@example.com,\n")
    assert undo(report.id) == UndoReport(removed=2, put_back=0, people_removed=2, left_alone=0)
    assert subscriber_lookup.find_subscribers("example", by=SYSTEM) == ()
    assert import_lookup.get_import(report.id).state == "undone"


def test_those_it_brought_can_be_kept_for_the_proof_on_no_list(
    take_in: TakeIn, undo: Callable[..., UndoReport]
) -> None:
    report = take_in("email\nann@example.com\n")
    assert undo(report.id, keep_people=True).people_removed == 0
    person = subscriber_lookup.find_subscriber_by_address("ann@example.com")
    assert person is not None
    assert (person.subscriptions, [c.how for c in person.consents]) == ((), ["import undone", "import"])


def test_whom_it_took_off_is_back(
    take_in: TakeIn, active: Callable[..., int], undo: Callable[..., UndoReport], state: Look
) -> None:
    active("ann@example.com")
    report = take_in("email,status\nann@example.com,unsubscribed\n")
    assert undo(report.id) == UndoReport(0, 1, 0, 0)
    assert state("ann@example.com") == "active"


@pytest.mark.parametrize("act", ["one-click", "hard", "complained", "desk", "another import"])
def test_who_was_put_out_by_somebody_else_as_well_stays_out(
    act: str,
    take_in: TakeIn,
    active: Callable[..., int],
    undo: Callable[..., UndoReport],
    state: Look,
    morning: List,
    now: datetime,
) -> None:
    person = active("ann@example.com")
    report = take_in("email,status\nann@example.com,unsubscribed\n")
    if act == "one-click":
        self_service.unsubscribe_by_link(Claims(FOOTER, morning.id, person), how="one-click", network="", now=now)
    elif act == "desk":
        people.unsubscribe(person, morning.id, by=SYSTEM, now=now)
    elif act == "another import":
        take_in("email,status\nann@example.com,unsubscribed\n")
    else:
        reported(person, morning.id, act, reason="", now=now)
    assert undo(report.id).left_alone == 1
    assert state("ann@example.com") in ("unsubscribed", "complained")


def test_who_acted_since_stays_as_they_are(
    take_in: TakeIn, undo: Callable[..., UndoReport], state: Look, morning: List, now: datetime
) -> None:
    report = take_in("email,status\nann@example.com,pending\n")
    person = subscriber_lookup.find_subscriber_by_address("ann@example.com")
    assert person is not None
    self_service.confirm_subscription(Claims(b"c", morning.id, person.id), network="", now=now)
    assert undo(report.id) == UndoReport(0, 0, 0, 1)
    assert state("ann@example.com") == "active"


def test_what_it_filled_in_goes_and_what_the_desk_changed_since_stays(
    take_in: TakeIn, active: Callable[..., int], undo: Callable[..., UndoReport]
) -> None:
    ann, ben = active("ann@example.com"), active("ben@example.com")
    report = take_in("email,first_name,town,status\nann@example.com,Ann,Leeds,active\nben@example.com,Ben,,active\n")
    models.Subscriber.objects.filter(id=ben).update(first_name="Benjamin")
    undo(report.id)
    assert (subscriber_lookup.get_subscriber(ann).first_name, subscriber_lookup.get_subscriber(ann).attributes) == (
        "",
        {},
    )
    assert subscriber_lookup.get_subscriber(ben).first_name == "Benjamin"


@pytest.mark.parametrize(
    ("status", "reason"), [("cleaned", "bounced"), ("spam", "complained"), ("blocklisted", "imported")]
)
def test_an_address_it_suppressed_may_be_mailed_again_unless_somebody_else_says_so_too(
    status: str, reason: str, take_in: TakeIn, undo: Callable[..., UndoReport], morning: List, now: datetime
) -> None:
    report = take_in(f"email,status\nann@example.com,{status}\nben@example.com,{status}\n")
    person = subscriber_lookup.find_subscriber_by_address("ann@example.com")
    assert person is not None
    assert person.suppressed == reason
    suppressions.suppress("ben@example.com", reason="asked", by=SYSTEM, now=now)
    undo(report.id)
    assert [row.address_key for row in models.Suppression.objects.all()] == ["ben@example.com"]


def test_an_import_is_undone_once_and_only_if_there_is_one(take_in: TakeIn, undo: Callable[..., UndoReport]) -> None:
    report = take_in("email\nann@example.com\n")
    undo(report.id)
    with pytest.raises(Refused, match="undone"):
        undo(report.id)
    with pytest.raises(NotFound, match="There is no import"):
        undo(report.id + 1)


@pytest.mark.parametrize("known_by", ["an import before", "an address before"])
def test_whom_something_else_knows_is_taken_off_the_list_and_not_forgotten(
    known_by: str, take_in: TakeIn, undo: Callable[..., UndoReport], now: datetime
) -> None:
    if known_by == "an import before":
        undo(take_in("email\nann@example.com\n").id, keep_people=True)
    report = take_in("email\nann@example.com\n")
    ann = subscriber_lookup.find_subscriber_by_address("ann@example.com")
    assert ann is not None
    if known_by == "an address before":
        people.change_address(ann.id, "ann@example.org", by=SYSTEM, seen=None, now=now)
    assert undo(report.id) == UndoReport(removed=1, put_back=0, people_removed=0, left_alone=0)
    assert subscriber_lookup.get_subscriber(ann.id).subscriptions == ()


def test_undoing_changes_people_of_other_lists_only_for_those_with_the_right(newsroom: Newsroom, now: datetime) -> None:
    users.create_user(
        "ed@example.com", PASSWORD, role="readers", newsletter_id=newsroom.briefing.id, by=SYSTEM, now=now
    )
    ann, ben = (
        people.add_subscriber(f"{name}@example.com", newsroom.list.id, reason="at the fair", by=SYSTEM, now=now).id
        for name in ("ann", "ben")
    )
    people.add_subscriber("ann@example.com", newsroom.other_list.id, reason="at the fair", by=SYSTEM, now=now)
    file = io.BytesIO(
        b"email,first_name,tags,status\nann@example.com,Ann,VIP,active\nben@example.com,Ben,VIP,active\n"
        b"cleo@example.com,Cleo,,bounced\ndan@example.com,Dan,VIP,active\n"
    )
    report = run.import_csv(file, newsroom.list.id, dry_run=False, by=SYSTEM, now=now, name="readers.csv")
    undo_import(report.id, by=act_as("ed@example.com"), now=now + timedelta(hours=1))
    assert [(each.first_name, each.tags) for each in map(subscriber_lookup.get_subscriber, (ann, ben))] == [
        ("Ann", ("VIP",)),
        ("", ()),
    ]
    assert subscriber_lookup.find_subscriber_by_address("dan@example.com") is None
    assert not models.Suppression.objects.exists()


def test_a_worker_of_a_version_before_keeps_everybody_an_import_brought(take_in: TakeIn, now: datetime) -> None:
    report = take_in("email\nann@example.com\n")
    run.request_undo(report.id, by=SYSTEM, now=now)
    assert models.ImportRun.objects.get(id=report.id).options["undo"] == {"by": SYSTEM.name, "keep_people": True}
    assert run.process_next_import(now, owner="worker", clock=lambda: now)
    assert subscriber_lookup.find_subscriber_by_address("ann@example.com") is None


def test_what_a_command_of_a_version_before_began_to_undo_is_finished(take_in: TakeIn, now: datetime) -> None:
    report = take_in("email\nann@example.com\n")
    models.ImportRun.objects.filter(id=report.id).update(state="undoing")  # and noted nothing else
    assert run.process_next_import(now, owner="worker", clock=lambda: now)
    assert subscriber_lookup.find_subscriber_by_address("ann@example.com") is None
