"""Importing a file of readers: what is counted, what is kept, and who is never signed up again."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from newsletter.kernel.errors import BadInput, SurroundingsError
from subscribers import models, people, policy, self_service, subscriber_lookup, suppressions
from subscribers.consent import erasure
from subscribers.imports import merge, run
from subscribers.imports.merge import MergeTarget
from subscribers.imports.rows import STRENGTH
from subscribers.states import READER, SubscriptionState
from subscribers.values import ImportReport, List
from tests.actors import SYSTEM
from tests.conftest import reported
from tests.interleaving import just_before
from tests.subscribers.imports.conftest import adds_up, counted

TakeIn = Callable[..., ImportReport]
Look = Callable[..., str | None]


FILE = (
    "email,first_name,zone\n"
    "Ann@example.com,Ann,Europe/London\n"
    "ben@example.com,Ben,\n"
    "nobody@,,\n"
    '"cleo@example.com","Cleo\nDan",\n'
)


def test_good_rows_come_in_and_bad_ones_are_reported(take_in: TakeIn, state: Look) -> None:
    report = take_in(FILE)
    assert counted(report) == (2, 0, 0, 0, 2)
    assert [(bad.line, bad.field) for bad in report.bad] == [(4, "email"), (5, "first_name")]
    assert (state("ann@example.com"), state("cleo@example.com")) == ("active", None)
    person = subscriber_lookup.find_subscriber_by_address("ann@example.com")
    assert person is not None
    assert (person.address, person.first_name, person.zone, person.source) == (
        "Ann@example.com",
        "Ann",
        "Europe/London",
        "readers.csv",
    )


def test_an_import_invents_no_date_of_consent_but_says_who_did_it(take_in: TakeIn) -> None:
    take_in(FILE)
    person = subscriber_lookup.find_subscriber_by_address("ann@example.com")
    assert person is not None
    assert person.subscriptions[0].confirmed_at is None
    assert [(c.how, c.by, c.origin, c.state) for c in person.consents] == [
        ("import", SYSTEM.name, "readers.csv", "active")
    ]


def test_the_same_file_again_changes_nothing(take_in: TakeIn) -> None:
    take_in(FILE)
    again = take_in(FILE)
    assert counted(again) == (0, 0, 2, 0, 2)
    person = subscriber_lookup.find_subscriber_by_address("ann@example.com")
    assert person is not None
    assert len(person.consents) == 1


def test_a_dry_run_says_the_same_and_keeps_nothing(take_in: TakeIn, state: Look) -> None:
    dry = take_in(FILE, dry_run=True)
    assert state("ann@example.com") is None
    assert replace(dry, states={}, newly_active=0) == replace(take_in(FILE), id=0)
    assert (dry.states, dry.newly_active) == ({"active": 2}, 2)


def test_what_a_file_knows_fills_gaps_and_overwrites_nothing(take_in: TakeIn, active: Callable[..., int]) -> None:
    person_id = active("ann@example.com", first_name="Annie")
    report = take_in("email,first_name,last_name\nann@example.com,Ann,Lee\n")
    assert counted(report) == (0, 1, 0, 0, 0)
    person = subscriber_lookup.get_subscriber(person_id)
    assert (person.first_name, person.last_name) == ("Annie", "Lee")


@pytest.mark.parametrize("act", ["desk-leave", "hard", "complained"])
def test_nobody_who_is_out_is_signed_up_again(
    act: str, take_in: TakeIn, active: Callable[..., int], morning: List, state: Look, now: datetime
) -> None:
    person_id = active("ann@example.com")
    if act == "desk-leave":
        people.unsubscribe(person_id, morning.id, by=SYSTEM, now=now)
    else:
        reported(person_id, morning.id, act, reason="", now=now)
    before = state("ann@example.com")
    assert counted(take_in("email\nANN@example.com\n")) == (0, 0, 0, 1, 0)
    assert state("ann@example.com") == before


def test_an_old_address_of_somebody_who_left_is_not_signed_up_either(
    take_in: TakeIn, active: Callable[..., int], morning: List, state: Look, now: datetime
) -> None:
    person_id = active("ann@example.com")
    people.unsubscribe(person_id, morning.id, by=SYSTEM, now=now)
    people.change_address(person_id, "ann@example.org", by=SYSTEM, seen=None, now=now)
    assert counted(take_in("email\nann@example.com\n")) == (0, 0, 0, 1, 0)
    assert [found.id for found in subscriber_lookup.find_subscribers("ann@", by=SYSTEM)] == [person_id]


def test_a_suppressed_address_stays_out(take_in: TakeIn, state: Look, now: datetime) -> None:
    suppressions.suppress("ann@example.com", reason="asked", by=SYSTEM, now=now)
    assert counted(take_in("email\nann@example.com\n")) == (0, 0, 0, 1, 0)
    assert state("ann@example.com") is None


@pytest.mark.parametrize(
    ("status", "stored"),
    [("unsubscribed", "unsubscribed"), ("cleaned", "bounced"), ("spam", "complained"), ("pending", "pending")],
)
def test_a_newcomer_keeps_the_state_the_file_names(status: str, stored: str, take_in: TakeIn, state: Look) -> None:
    assert counted(take_in(f"email,status\nann@example.com,{status}\n")) == (1, 0, 0, 0, 0)
    assert state("ann@example.com") == stored


@pytest.mark.parametrize(
    ("status", "stored"),
    [("unsubscribed", "unsubscribed"), ("cleaned", "bounced"), ("spam", "complained"), ("pending", "active")],
)
def test_a_file_may_take_a_subscriber_off(
    status: str, stored: str, take_in: TakeIn, active: Callable[..., int], state: Look
) -> None:
    active("ann@example.com")
    take_in(f"email,status\nann@example.com,{status}\n")
    assert state("ann@example.com") == stored


def test_a_file_comes_from_disk_too_and_a_missing_one_is_named(morning: List, now: datetime, tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_text(FILE)
    steps: list[int] = []
    report = run.import_csv(path, morning.id, dry_run=False, by=SYSTEM, now=now, progress=steps.append)
    assert (report.new, sum(steps)) == (2, 4 + 2)  # rows read, and addresses merged
    with pytest.raises(SurroundingsError, match=r"absent\.csv"):
        run.import_csv(tmp_path / "absent.csv", morning.id, dry_run=False, by=SYSTEM, now=now)


_PEOPLE = ["ann", "ben"]
_FILES = st.lists(
    st.tuples(st.sampled_from(_PEOPLE), st.sampled_from(["active", "pending", "unsubscribed", "cleaned", "spam"])),
    max_size=5,
)
_STEPS = st.one_of(
    st.tuples(st.just("import"), _FILES),
    st.tuples(
        st.sampled_from(["add", "stranger signs up", "hard", "complained", "desk-leave", "one-click", "move"]),
        st.sampled_from(_PEOPLE),
    ),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(st.lists(_STEPS, min_size=2, max_size=8))
def test_whatever_the_newsroom_files_strangers_and_the_provider_do_who_is_out_gets_no_edition(
    morning: List, take_in: TakeIn, state: Look, now: datetime, steps: list[tuple[str, object]]
) -> None:
    out: set[str] = set()
    tag = f"x{time.perf_counter_ns()}"  # readers of its own for every example
    for name, value in steps:
        _do(name, value, tag, morning, take_in, now)
        for person in _PEOPLE:
            here = state(f"{person}.{tag}@example.com")
            assert not (person in out and here == SubscriptionState.ACTIVE), (person, name)
            if here in policy.OUT_STATES:
                out.add(person)


def _do(name: str, value: object, tag: str, morning: List, take_in: TakeIn, now: datetime) -> None:
    from newsletter.kernel.errors import Refused
    from subscribers.tokens import FOOTER, Claims

    if isinstance(value, list):
        report = take_in(
            "email,status\n" + "".join(f"{person}.{tag}@example.com,{status}\n" for person, status in value)
        )
        assert adds_up(report)
        return
    address = f"{value}.{tag}@example.com"
    person = subscriber_lookup.find_subscriber_by_address(address)
    try:
        if name == "add":
            people.add_subscriber(address, morning.id, by=SYSTEM, now=now, reason="asked in person")
        elif name == "stranger signs up":
            self_service.sign_up(address, [morning.id], origin="", network="", now=now)
        elif person and name in ("hard", "complained"):
            reported(person.id, morning.id, name, reason="", now=now)
        elif person and name == "desk-leave":
            people.unsubscribe(person.id, morning.id, by=SYSTEM, now=now)
        elif person and name == "one-click":
            self_service.unsubscribe_by_link(
                Claims(FOOTER, morning.id, person.id), how="one-click", network="", now=now
            )
        elif person and name == "move":
            people.change_address(person.id, f"moved.{address}", by=SYSTEM, seen=None, now=now)
    except Refused:
        pass  # a refusal changes nothing, which is what is looked at


def test_the_report_adds_up_to_the_rows(take_in: TakeIn) -> None:
    report = take_in(
        "email,status\na@example.com,active\nA@example.com,active\nb@example.com,unsubscribed\nrubbish,active\n\n"
    )
    assert adds_up(report)
    assert report == replace(report, rows=4, new=2, unchanged=1, refused=1)


@pytest.mark.parametrize("known", [False, True])
def test_who_signs_up_while_a_file_is_being_merged_is_judged_again(
    known: bool, morning: List, evening: List, take_in: TakeIn, state: Look, now: datetime
) -> None:
    """Counted and written as they are by then: one person, who waits for their own confirmation."""
    if known:
        people.add_subscriber("ann@example.com", evening.id, by=SYSTEM, now=now, reason="asked in person")

    def sign_up() -> None:
        self_service.sign_up("ann@example.com", [morning.id], origin="/join/", network="", now=now)

    written = "subscribers_subscription" if known else "subscribers_subscriber"
    with just_before(f"INSERT INTO {written} (", sign_up):
        report = take_in("email\nann@example.com\nben@example.com\n")
    assert (state("ann@example.com"), state("ben@example.com")) == ("pending", "active")
    assert counted(report) == (1, 0, 1, 0, 0)
    person = subscriber_lookup.find_subscriber_by_address("ann@example.com")
    assert person is not None
    assert "import" not in {consent.how for consent in person.consents}


@pytest.mark.parametrize("dry_run", [True, False])
def test_a_file_may_be_as_large_as_the_limit_and_no_larger(
    dry_run: bool, morning: List, now: datetime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "readers.csv"
    file.write_text(FILE)

    def take() -> ImportReport:
        return run.import_csv(file, morning.id, dry_run=dry_run, by=SYSTEM, now=now)

    monkeypatch.setattr(run, "LARGEST_FILE", len(FILE))
    assert take().new == 2
    monkeypatch.setattr(run, "LARGEST_FILE", len(FILE) - 1)
    with pytest.raises(BadInput, match="Split it"):
        take()


# One chunk


@pytest.fixture
def target(morning: List, take_in: TakeIn) -> Callable[..., MergeTarget]:
    """Where a chunk goes: target("first_name") merges rows of key, address, status, repeats and first name."""
    run_id = take_in("email\nearlier@example.com\n").id

    def make(
        *more: str, by: str = "ed@example.com", origin: str = "readers.csv", overwrite: bool = False
    ) -> MergeTarget:
        return MergeTarget(run_id, morning.id, by, origin, overwrite, ("key", "address", "status", "repeats", *more))

    return make


def row(address: str, status: str = "active", *more: str, repeats: int = 0) -> tuple[Any, ...]:
    return (address, address, STRENGTH[status], repeats, *more)


def test_what_is_written_of_a_newcomer_names_the_import_and_the_file(
    target: Callable[..., MergeTarget], now: datetime
) -> None:
    columns = ("joined_at", "confirmed_at", "left_at", "network", "reason", "source")
    times = ("2020-01-02 03:04:05", "2020-01-03 03:04:05", "")
    to = target(*columns, by="b" * 300, origin="o" * 600)
    rows = [
        row("ann@example.com", "active", *times, "192.0.2.7", "", "shop"),
        row("ben@example.com", "unsubscribed", *times[:2], "2021-01-02 03:04:05", "", "too many", ""),
    ]
    assert merge.merge_chunk(rows, to, now).outcomes == dict.fromkeys(merge.OUTCOMES, 0) | {"new": 2}
    joined, confirmed, left = (
        datetime(year, 1, day, 3, 4, 5, tzinfo=UTC) for year, day in ((2020, 2), (2020, 3), (2021, 2))
    )
    ann, ben = models.Subscriber.objects.exclude(address="earlier@example.com").order_by("address")
    assert [(who.created_at, who.source, who.tracked, who.tier) for who in (ann, ben)] == [
        (joined, "shop", True, "free"),
        (joined, "o" * 200, True, "free"),
    ]
    subscriptions = models.Subscription.objects.filter(subscriber__in=(ann, ben)).order_by("subscriber__address")
    assert list(subscriptions.values_list("state", "since", "confirmed_at", "source")) == [
        ("active", now, confirmed, "shop"),
        ("unsubscribed", now, None, "o" * 200),
    ]
    fields = ("state", "before", "at", "how", "by", "origin", "network", "claimed_at", "reason", "run_id")
    consents = models.ConsentEvent.objects.filter(subscriber__in=(ann, ben)).order_by("subscriber__address")
    noted = (now, "import", "b" * 254, "o" * 500)
    assert list(consents.values_list(*fields)) == [
        ("active", "", *noted, "192.0.2.7", confirmed, "", to.run),
        ("unsubscribed", "", *noted, None, left, "too many", to.run),
    ]


def test_a_chunk_says_what_became_of_each_row(
    target: Callable[..., MergeTarget], active: Callable[..., int], morning: List, now: datetime
) -> None:
    active("ann@example.com", first_name="Ann")
    active("ben@example.com", first_name="Ben")
    people.unsubscribe(active("cleo@example.com"), morning.id, by=SYSTEM, now=now)
    people.unsubscribe(active("dan@example.com"), morning.id, by=SYSTEM, now=now)
    later = now + timedelta(days=1)
    rows = [
        row("ann@example.com", "active", "Annie", repeats=2),
        row("ben@example.com", "unsubscribed", "Ben"),
        row("cleo@example.com", "active", "Cleo"),
        row("dan@example.com", "unsubscribed", "Dan"),
        row("eve@example.com", "active", "Eve", repeats=3),
        row("fay@example.com", "bounced", "Fay"),
    ]
    expected = {"new": 2, "updated": 1, "unchanged": 6, "kept_unsubscribed": 2}
    assert merge.judge_chunk(rows, target("first_name"), later).outcomes == expected
    before = models.ConsentEvent.objects.count()
    result = merge.merge_chunk(rows, target("first_name"), later)
    assert (result.outcomes, result.named_by_former_address) == (expected, False)
    since = dict(models.Subscription.objects.values_list("subscriber__address", "since"))
    assert [since[f"{name}@example.com"] for name in ("ann", "ben", "cleo", "dan", "eve")] == [
        now,
        later,
        now,
        now,
        later,
    ]
    names = dict(models.Subscriber.objects.values_list("address", "first_name"))
    assert (names["ann@example.com"], names["cleo@example.com"]) == ("Ann", "")
    assert models.ConsentEvent.objects.count() == before + 4, "of ben, dan (once more), eve and fay"


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_file_fills_gaps_or_overwrites_and_what_was_before_is_noted(
    target: Callable[..., MergeTarget], active: Callable[..., int], now: datetime, overwrite: bool
) -> None:
    person_id = active("ann@example.com", first_name="Annie")
    models.Subscriber.objects.filter(id=person_id).update(attributes={"town": "Ulm"})
    columns = ("first_name", "last_name", "tier", "attributes")
    to = target(*columns, overwrite=overwrite)
    rows = [row("ann@example.com", "active", "Ann", "Lee", "paid", '{"town": "Bonn", "age": 40}')]
    assert merge.merge_chunk(rows, to, now).outcomes["updated"] == 1
    assert merge.merge_chunk(rows, to, now).outcomes["unchanged"] == 1, (
        "what is as the file says is not filled in again"
    )
    person = models.Subscriber.objects.get(id=person_id)
    filled = ("Ann", "Bonn") if overwrite else ("Annie", "Ulm")
    assert (person.first_name, person.last_name, person.tier) == (filled[0], "Lee", "paid")
    assert person.attributes == {"town": filled[1], "age": 40}
    (change,) = models.ImportedChange.objects.all()
    assert (change.run_id, change.subscriber_id) == (to.run, person_id)
    assert change.before["first_name"] == "Annie"
    assert change.before["attributes"] == {"town": "Ulm"}
    assert change.after is not None
    assert (change.after["first_name"], change.after["attributes"]) == (filled[0], person.attributes)


@pytest.mark.parametrize("overwrite", [False, True])
@pytest.mark.parametrize(
    ("column", "known", "given"),
    [
        ("first_name", "Annie", "Ann"),
        ("last_name", "Lee", "Lea"),
        ("zone", "Europe/London", "Europe/Paris"),
        ("language", "en", "fr"),
        ("attributes", {"town": "Ulm"}, {"town": "Bonn"}),
    ],
)
def test_what_a_file_alone_knows_otherwise_is_changed_only_where_it_may_overwrite(
    target: Callable[..., MergeTarget],
    active: Callable[..., int],
    now: datetime,
    overwrite: bool,
    column: str,
    known: Any,
    given: Any,
) -> None:
    person = models.Subscriber.objects.filter(id=active("ann@example.com"))
    person.update(**{column: known})
    cell = json.dumps(given) if column == "attributes" else given
    result = merge.merge_chunk([row("ann@example.com", "active", cell)], target(column, overwrite=overwrite), now)
    assert result.outcomes["updated"] == overwrite
    assert person.values_list(column, flat=True).get() == (given if overwrite else known)


@pytest.mark.parametrize("name", ["Ann\\tLee", "\\N", "Ann\tLee", "Ann\nLee", "Ann\rLee"])
def test_a_cell_comes_in_as_it_is_whatever_signs_are_in_it(
    target: Callable[..., MergeTarget], now: datetime, name: str
) -> None:
    merge.merge_chunk([row("ann@example.com", "active", name)], target("first_name"), now)
    assert models.Subscriber.objects.get(address="ann@example.com").first_name == name


def test_the_tier_follows_the_file_whether_or_not_it_may_overwrite(
    target: Callable[..., MergeTarget], active: Callable[..., int], now: datetime
) -> None:
    person = models.Subscriber.objects.filter(id=active("ann@example.com"))
    assert merge.merge_chunk([row("ann@example.com", "active", "paid")], target("tier"), now).outcomes["updated"] == 1
    assert person.values_list("tier", flat=True).get() == "paid"


def test_tags_are_given_to_all_but_those_who_are_kept_out(
    target: Callable[..., MergeTarget], active: Callable[..., int], morning: List, now: datetime
) -> None:
    people.unsubscribe(active("ann@example.com"), morning.id, by=SYSTEM, now=now)
    active("ben@example.com")
    tag = models.Tag.objects.create(name="VIP")
    addresses = ("ann@example.com", "ben@example.com", "cleo@example.com")
    result = merge.merge_chunk([row(each, "active", '["VIP"]') for each in addresses], target("tags"), now)
    assert (result.outcomes["kept_unsubscribed"], result.outcomes["updated"], result.outcomes["new"]) == (1, 1, 1)
    tagged = models.SubscriberTag.objects.filter(tag=tag).values_list("subscriber__address", "run_id")
    assert sorted(tagged) == [(each, target().run) for each in addresses[1:]]


def test_what_one_row_of_a_chunk_asks_for_is_done_whatever_becomes_of_the_others(
    target: Callable[..., MergeTarget], active: Callable[..., int], evening: List, now: datetime
) -> None:
    joining = people.add_subscriber("ann@example.com", evening.id, by=SYSTEM, now=now, reason="asked in person").id
    active("ben@example.com")
    models.Tag.objects.create(name="VIP")
    rows = [row("ann@example.com", "active", "Ann", '["VIP"]'), row("ben@example.com", "unsubscribed", "", "")]
    result = merge.merge_chunk(rows, target("first_name", "tags"), now)
    assert (result.outcomes["new"], result.outcomes["updated"]) == (1, 1)
    assert models.Subscriber.objects.get(id=joining).first_name == "Ann"
    assert models.SubscriberTag.objects.get().subscriber_id == joining


@pytest.mark.parametrize(
    ("status", "known", "reason", "is_of_the_import"),
    [
        ("unsubscribed", "", None, False),
        ("bounced", "", "bounced", True),
        ("complained", "", "complained", True),
        ("complained", "bounced", "complained", False),
        ("bounced", "asked", "asked", False),
    ],
)
def test_who_bounced_or_complained_elsewhere_is_suppressed_and_the_graver_reason_stands(
    target: Callable[..., MergeTarget],
    now: datetime,
    status: str,
    known: str,
    reason: str | None,
    is_of_the_import: bool,
) -> None:
    if known:
        suppressions.suppress("ann@example.com", reason=known, by=SYSTEM, now=now)
    to = target()
    merge.merge_chunk([row("ann@example.com", status), row("ben@example.com")], to, now)
    expected = [] if reason is None else [("ann@example.com", reason, to.run if is_of_the_import else None)]
    assert list(models.Suppression.objects.values_list("address_key", "reason", "run_id")) == expected


def test_who_is_suppressed_elsewhere_leaves_the_list_and_is_suppressed_here(
    target: Callable[..., MergeTarget], active: Callable[..., int], state: Look, now: datetime
) -> None:
    active("ann@example.com")
    to = target()
    merge.merge_chunk([row("ann@example.com", "suppressed"), row("ben@example.com", "suppressed")], to, now)
    assert (state("ann@example.com"), state("ben@example.com")) == ("unsubscribed", "unsubscribed")
    suppressed = models.Suppression.objects.order_by("address_key").values_list("address_key", "reason", "run_id")
    assert list(suppressed) == [(f"{name}@example.com", "imported", to.run) for name in ("ann", "ben")]


def test_two_rows_for_one_person_by_a_former_and_the_present_address_are_one_person(
    target: Callable[..., MergeTarget], active: Callable[..., int], now: datetime
) -> None:
    person_id = active("old@example.com")
    people.change_address(person_id, "new@example.com", by=SYSTEM, seen=None, now=now)
    rows = [
        row("ann@example.com", "active", "", "", repeats=2),
        row("new@example.com", "active", "Ann", ""),
        row("old@example.com", "active", "", "Lee"),
    ]
    rows = [(key, key.upper(), *rest) for key, _, *rest in rows]  # an address as typed, and its key
    to = target("first_name", "last_name")
    judged = merge.judge_chunk(rows, to, now).outcomes
    assert judged == {"new": 1, "updated": 1, "unchanged": 3, "kept_unsubscribed": 0}
    asked: list[int] = []

    def before_former() -> None:
        asked.append(models.Subscriber.objects.filter(address_key="ann@example.com").count())

    result = merge.merge_chunk(rows, to, now, before_former=before_former)
    assert result == merge.MergeResult({"new": 1, "updated": 2, "unchanged": 2, "kept_unsubscribed": 0}, True)
    assert asked[0] == 0, "before anything is written"
    person = models.Subscriber.objects.get(id=person_id)
    assert (person.address, person.first_name, person.last_name) == ("new@example.com", "Ann", "Lee")


def test_an_erased_address_stays_out_and_its_hash_is_all_that_is_kept(
    target: Callable[..., MergeTarget], active: Callable[..., int], now: datetime
) -> None:
    erasure.erase_subscriber(active("ann@example.com"), by=SYSTEM, now=now)
    rows = [("ann@example.com", "Ann@Example.com", *row("ann@example.com")[2:]), row("ben@example.com")]
    expected = dict.fromkeys(merge.OUTCOMES, 0) | {"new": 1, "kept_unsubscribed": 1}
    assert merge.judge_chunk(rows, target(), now).outcomes == expected
    assert merge.merge_chunk(rows, target(), now).outcomes == expected
    assert not models.Subscriber.objects.filter(address_key="ann@example.com").exists()


def test_a_chunk_that_is_always_overtaken_is_given_up_after_five_tries_and_leaves_nothing(
    target: Callable[..., MergeTarget], morning: List, now: datetime
) -> None:
    tries: list[str] = []

    def overtaken(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.lstrip().startswith("INSERT INTO subscribers_subscriber ("):
            tries.append(sql)
            people.add_subscriber("ann@example.com", morning.id, by=SYSTEM, now=now)  # gone with what the try wrote
        return execute(sql, params, many, context)

    to = target()
    with connection.execute_wrapper(overtaken), pytest.raises(merge._ConcurrentInsertError):
        merge.merge_chunk([row("ann@example.com")], to, now)
    assert len(tries) == 5
    assert not models.Subscriber.objects.filter(address="ann@example.com").exists()


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time")
def test_who_is_in_a_chunk_cannot_leave_between_being_judged_and_being_written(
    target: Callable[..., MergeTarget], active: Callable[..., int], now: datetime
) -> None:
    person_id, to = active("ann@example.com"), target()
    active("ben@example.com")
    locked: list[tuple[int]] = []

    def look() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT subscriber_id FROM subscribers_subscription WHERE xmax <> 0")  # locked, by us
            locked.extend(cursor.fetchall())

    with just_before("INSERT INTO import_judged", look):
        merge.merge_chunk([row("ann@example.com", "bounced"), row("new@example.com")], to, now)
    assert locked == [(person_id,)]


@pytest.fixture
def foreign(active: Callable[..., int], morning: List, evening: List, now: datetime) -> dict[str, int]:
    """Who is on the evening list too (ann), on the morning list alone (ben), and only asked to confirm it (cleo)."""
    ids = {name: active(f"{name}@example.com", first_name=name.title()) for name in ("ann", "ben")}
    people.add_subscriber("ann@example.com", evening.id, reason="at the fair", by=SYSTEM, now=now)
    cleo = people.add_subscriber("cleo@example.com", morning.id, first_name="Cleo", by=SYSTEM, now=now)
    return ids | {"cleo": cleo.id}


def test_people_of_lists_that_are_not_the_importers_keep_what_is_known_of_them(
    target: Callable[..., MergeTarget], foreign: dict[str, int], morning: List, now: datetime
) -> None:
    models.Tag.objects.create(name="VIP")
    columns = ("first_name", "tier", "attributes", "tags")
    details = ("New", "paid", '{"town": "Leeds"}', '["VIP"]')
    rows = [row(f"{name}@example.com", "active", *details) for name in ("ann", "ben", "cleo", "dan")]
    to = replace(target(*columns, overwrite=True), list_ids=frozenset([morning.id]))
    expected = {"new": 1, "updated": 1, "unchanged": 2, "kept_unsubscribed": 0}
    assert merge.judge_chunk(rows, to, now).outcomes == expected
    assert merge.merge_chunk(rows, to, now).outcomes == expected
    known = {
        row.address.partition("@")[0]: (row.first_name, row.tier, row.attributes, row.tagged.count())
        for row in models.Subscriber.objects.exclude(address="earlier@example.com")
    }
    changed = ("New", "paid", {"town": "Leeds"}, 1)
    assert known == {"ann": ("Ann", "free", {}, 0), "ben": changed, "cleo": ("Cleo", "free", {}, 0), "dan": changed}
    assert merge.merge_chunk(rows, replace(to, list_ids=None), now).outcomes["updated"] == 2


def test_a_list_that_only_asked_somebody_does_not_keep_an_import_from_changing_them(
    target: Callable[..., MergeTarget], foreign: dict[str, int], morning: List, evening: List, now: datetime
) -> None:
    people.add_subscriber("ben@example.com", evening.id, by=SYSTEM, now=now)
    rows = [row("ben@example.com", "active", "New")]
    theirs = replace(target("first_name", overwrite=True), list_ids=frozenset([evening.id]))
    merge.merge_chunk(rows, theirs, now)
    assert models.Subscriber.objects.get(id=foreign["ben"]).first_name == "Ben"
    merge.merge_chunk(rows, replace(theirs, list_ids=frozenset([morning.id])), now)
    assert models.Subscriber.objects.get(id=foreign["ben"]).first_name == "New"


def test_who_may_change_no_list_changes_nobody(
    target: Callable[..., MergeTarget], foreign: dict[str, int], now: datetime
) -> None:
    """Not even the people of the first list there is."""
    rows = [row(f"{name}@example.com", "active", "New") for name in ("ann", "ben", "cleo")]
    merge.merge_chunk(rows, replace(target("first_name", overwrite=True), list_ids=frozenset()), now)
    known = models.Subscriber.objects.filter(id__in=foreign.values()).order_by("id")
    assert list(known.values_list("first_name", flat=True)) == ["Ann", "Ben", "Cleo"]


@pytest.mark.parametrize("status", ["bounced", "complained"])
def test_only_the_importers_own_people_are_suppressed_by_a_file(
    status: str, target: Callable[..., MergeTarget], foreign: dict[str, int], morning: List, state: Look, now: datetime
) -> None:
    if status == "complained":
        suppressions.suppress("ann@example.com", reason="bounced", by=SYSTEM, now=now)
    rows = [row(f"{name}@example.com", status) for name in ("ann", "ben", "dan")]
    merge.merge_chunk(rows, replace(target(), list_ids=frozenset([morning.id])), now)
    assert [state(f"{name}@example.com") for name in ("ann", "ben", "dan")] == [status] * 3
    before = {"ann@example.com": "bounced"} if status == "complained" else {}
    assert dict(models.Suppression.objects.values_list("address_key", "reason")) == {
        **before,
        "ben@example.com": status,
        "dan@example.com": status,
    }


def test_a_former_address_leads_only_to_people_whom_the_importer_can_see(
    target: Callable[..., MergeTarget], foreign: dict[str, int], morning: List, evening: List, now: datetime
) -> None:
    for name in ("ann", "ben"):
        people.change_address(foreign[name], f"{name}@example.org", seen=None, by=SYSTEM, now=now)
    models.Subscription.objects.filter(subscriber=foreign["ann"], list_id=morning.id).delete()
    rows = [row("ann@example.com"), row("ben@example.com")]
    to = replace(target(), list_ids=frozenset([morning.id]))
    assert merge.merge_chunk(rows, to, now).outcomes["new"] == 1
    on_it = models.Subscriber.objects.filter(subscriptions__list_id=morning.id).values_list("address", flat=True)
    assert {*on_it} == {"earlier@example.com", "cleo@example.com", "ann@example.com", "ben@example.org"}


@pytest.mark.parametrize(
    ("changed_by", "sees_evening", "leads_to"),
    [
        ("desk", True, "ann@example.com"),  # changed for the evening list, which is not the file's
        (READER, False, "ann@example.com"),  # who may not see the evening list learns of nobody on it
        (READER, True, "ann@example.org"),
    ],
)
def test_a_former_address_of_another_list_leads_on_if_the_reader_gave_it_up_and_the_importer_sees_it(
    changed_by: str,
    sees_evening: bool,
    leads_to: str,
    target: Callable[..., MergeTarget],
    foreign: dict[str, int],
    morning: List,
    evening: List,
    now: datetime,
) -> None:
    people.change_address(foreign["ann"], "ann@example.org", seen=None, by=SYSTEM, now=now)
    models.FormerAddress.objects.update(changed_by=changed_by)
    models.Subscription.objects.filter(subscriber=foreign["ann"], list_id=morning.id).delete()
    lists = frozenset([morning.id, evening.id] if sees_evening else [morning.id])
    merge.merge_chunk([row("ann@example.com")], replace(target(), list_ids=lists), now)
    added = models.Subscription.objects.filter(list_id=morning.id).latest("id")
    assert added.subscriber.address == leads_to


def test_the_date_of_leaving_is_the_files_and_never_that_of_joining(take_in: TakeIn) -> None:
    take_in(
        "email,status,unsubscribed_at,created_at\nann@example.com,unsubscribed,2021-03-04,2019-01-02\n"
        "ben@example.com,unsubscribed,,2019-01-02\ncleo@example.com,active,,2019-01-02\n"
    )
    claimed = models.ConsentEvent.objects.order_by("subscriber__address_key").values_list("claimed_at", flat=True)
    assert [at and f"{at:%Y-%m-%d}" for at in claimed] == ["2021-03-04", None, "2019-01-02"]


def test_a_dry_run_says_in_which_state_everybody_would_be_and_who_gets_the_next_edition(
    take_in: TakeIn, active: Callable[..., int], morning: List, now: datetime
) -> None:
    active("ann@example.com")
    people.unsubscribe(active("ben@example.com"), morning.id, by=SYSTEM, now=now)
    suppressions.suppress("cleo@example.com", reason="asked", by=SYSTEM, now=now)
    report = take_in(
        "email,first_name,status\nann@example.com,Ann,active\nben@example.com,,active\ncleo@example.com,,active\n"
        "dan@example.com,,active\neve@example.com,,pending\nfred@example.com,,bounced\ngil@example.com,,spam\n"
        "hal@example.com,,blocklisted\ndan@example.com,,active\n",
        dry_run=True,
    )
    assert report.states == {
        "active": 2,
        "pending": 1,
        "unsubscribed": 1,
        "bounced": 1,
        "complained": 1,
        "suppressed": 2,
    }
    assert report.newly_active == 1
    assert report.examples[0] == {"address": "ann@example.com", "first_name": "Ann", "status": "active"}
    assert len(report.examples) == 8
