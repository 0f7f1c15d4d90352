"""Importing a file of readers: what is counted, what is kept, and who is never signed up again."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from newsletter.kernel.errors import BadInput, SurroundingsError
from subscribers import people, policy, self_service, subscriber_lookup, suppressions
from subscribers.imports import chunks, run, staging
from subscribers.imports.chunks import FIRST_CHUNK
from subscribers.states import SubscriptionState
from subscribers.values import ImportReport, List
from tests.conftest import just_before, reported

TakeIn = Callable[..., ImportReport]
Look = Callable[..., str | None]


def counted(report: ImportReport) -> tuple[int, int, int, int, int]:
    return (report.new, report.updated, report.unchanged, report.kept_unsubscribed, report.refused)


def adds_up(report: ImportReport) -> bool:
    return sum(counted(report)) == report.rows and len(report.bad) == report.refused


FILE = "email,first_name,zone\nAnn@example.com,Ann,Europe/London\nben@example.com,Ben,\nnobody@,,\ncleo@example.com,,Mars/Phobos\n"


def test_good_rows_come_in_and_bad_ones_are_reported(take_in: TakeIn, state: Look) -> None:
    report = take_in(FILE)
    assert counted(report) == (2, 0, 0, 0, 2)
    assert [(bad.line, bad.field) for bad in report.bad] == [(4, "email"), (5, "zone")]
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
    assert [(c.how, c.by, c.origin, c.state) for c in person.consents] == [("import", "test", "readers.csv", "active")]


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
    assert dry == replace(take_in(FILE), id=0)


def test_a_dry_run_counts_an_address_once_however_far_apart_its_rows_are(take_in: TakeIn) -> None:
    between = "".join(f"r{n}@example.com,active\n" for n in range(FIRST_CHUNK + 5))
    file = f"email,status\nann@example.com,active\n{between}ANN@example.com,unsubscribed\n"
    dry = take_in(file, dry_run=True)
    assert counted(dry) == (FIRST_CHUNK + 6, 0, 1, 0, 0)
    assert dry == replace(take_in(file), id=0)


@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize("gap", [0, FIRST_CHUNK + 5])
def test_the_strongest_word_against_mailing_wins_in_whatever_order(
    order: int, gap: int, take_in: TakeIn, state: Look
) -> None:
    said = [f"ann@example.com,{status}\n" for status in ("active", "unsubscribed")][::order]
    between = "".join(f"r{n}@example.com,active\n" for n in range(gap))
    report = take_in("email,status\n" + between.join(said))
    assert state("ann@example.com") == "unsubscribed"
    assert adds_up(report)


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
        people.unsubscribe(person_id, morning.id, how="desk", by="test", now=now)
    else:
        reported(person_id, morning.id, act, reason="", now=now)
    before = state("ann@example.com")
    assert counted(take_in("email\nANN@example.com\n")) == (0, 0, 0, 1, 0)
    assert state("ann@example.com") == before


def test_an_old_address_of_somebody_who_left_is_not_signed_up_either(
    take_in: TakeIn, active: Callable[..., int], morning: List, state: Look, now: datetime
) -> None:
    person_id = active("ann@example.com")
    people.unsubscribe(person_id, morning.id, how="desk", by="test", now=now)
    people.change_address(person_id, "ann@example.org", by="test", now=now)
    assert counted(take_in("email\nann@example.com\n")) == (0, 0, 0, 1, 0)
    assert [found.id for found in subscriber_lookup.find_subscribers("ann@")] == [person_id]


def test_a_suppressed_address_stays_out(take_in: TakeIn, state: Look, now: datetime) -> None:
    suppressions.suppress("ann@example.com", reason="asked", source="letter", now=now)
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
def test_a_file_may_take_a_reader_off(
    status: str, stored: str, take_in: TakeIn, active: Callable[..., int], state: Look
) -> None:
    active("ann@example.com")
    take_in(f"email,status\nann@example.com,{status}\n")
    assert state("ann@example.com") == stored


def test_a_file_that_cannot_be_taken_leaves_nothing_behind(take_in: TakeIn, state: Look) -> None:
    good = "".join(f"r{n}@example.com,active\n" for n in range(FIRST_CHUNK + 5))
    with pytest.raises(BadInput, match="maybe"):
        take_in(f"email,status\n{good}ann@example.com,maybe\n")
    assert state("r0@example.com") is None


def test_a_file_comes_from_disk_too_and_a_missing_one_is_named(morning: List, now: datetime, tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_text(FILE)
    steps: list[int] = []
    report = run.import_csv(path, morning.id, dry_run=False, by="test", now=now, progress=steps.append)
    assert (report.new, sum(steps)) == (2, 4 + 2)  # rows read, and addresses merged
    with pytest.raises(SurroundingsError, match=r"absent\.csv"):
        run.import_csv(tmp_path / "absent.csv", morning.id, dry_run=False, by="test", now=now)


def test_a_stroke_of_rows_costs_a_handful_of_queries_however_many_rows(
    take_in: TakeIn, django_assert_max_num_queries: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chunks, "CHUNK_SECONDS", 60.0)  # or a slow machine would make more of them
    monkeypatch.setattr(chunks, "POSTGRES_CHUNK_SECONDS", 60.0)
    chunk_count = 4
    file = "email,first_name\n" + "".join(f"reader{n}@example.com,Ann\n" for n in range(chunk_count * FIRST_CHUNK))
    with django_assert_max_num_queries(25 * chunk_count):
        assert take_in(file).new == chunk_count * FIRST_CHUNK


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
            people.add_subscriber(address, morning.id, by="test", now=now, confirmed=True)
        elif name == "stranger signs up":
            self_service.sign_up(address, [morning.id], origin="", network="", now=now)
        elif person and name in ("hard", "complained"):
            reported(person.id, morning.id, name, reason="", now=now)
        elif person and name == "desk-leave":
            people.unsubscribe(person.id, morning.id, how="desk", by="test", now=now)
        elif person and name == "one-click":
            self_service.unsubscribe_by_link(
                Claims(FOOTER, morning.id, person.id), how="one-click", network="", now=now
            )
        elif person and name == "move":
            people.change_address(person.id, f"moved.{address}", by="test", now=now)
    except Refused:
        pass  # a refusal changes nothing, which is what is looked at


def test_the_report_adds_up_to_the_rows(take_in: TakeIn) -> None:
    report = take_in(
        "email,status\na@example.com,active\nA@example.com,active\nb@example.com,unsubscribed\nrubbish,active\n\n"
    )
    assert adds_up(report)
    assert report == replace(report, rows=4, new=2, unchanged=1, refused=1)


@pytest.mark.parametrize("known", [False, True])
def test_who_signs_up_while_a_file_is_being_merged_is_judged_anew(
    known: bool, morning: List, evening: List, take_in: TakeIn, state: Look, now: datetime
) -> None:
    """Counted and written as they are by then: one person, who waits for their own confirmation."""
    if known:
        people.add_subscriber("ann@example.com", evening.id, by="test", now=now, confirmed=True)

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
        return run.import_csv(file, morning.id, dry_run=dry_run, by="test", now=now)

    monkeypatch.setattr(run, "LARGEST_FILE", len(FILE))
    assert take().new == 2
    monkeypatch.setattr(run, "LARGEST_FILE", len(FILE) - 1)
    with pytest.raises(BadInput, match="Split it"):
        take()


def test_what_is_uploaded_may_be_as_large_as_the_limit_and_no_larger(
    morning: List, take_in: TakeIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(staging, "LARGEST_FILE", len(FILE))
    assert take_in(FILE).new == 2
    monkeypatch.setattr(staging, "LARGEST_FILE", len(FILE) - 1)
    with pytest.raises(BadInput, match="Split it"):
        take_in(FILE)
