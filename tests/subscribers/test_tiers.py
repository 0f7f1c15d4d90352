"""Tiers: who pays, until when, and how it came about."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from newsletter.curator.editions import visibility
from newsletter.kernel.errors import BadInput, Refused
from subscribers import models, retention, subscriber_lookup, tiers
from subscribers.attributes import change_profile
from subscribers.imports import export, restore, run, undo
from subscribers.imports.staging import ImportOptions
from subscribers.segments import service
from subscribers.values import List
from tests.actors import SYSTEM

Active = Callable[..., int]
DAY = timedelta(days=1)


def give(person: int, name: str, now: datetime, until: datetime | None = None) -> None:
    tiers.set_tier(person, name, ends_at=until, how="command", by=SYSTEM, now=now)


def in_segment(name: str, now: datetime, op: str = "is") -> set[int]:
    everybody = [*models.Subscriber.objects.values_list("id", flat=True)]
    return {*service.filter_matching({"all": [{"about": "tier", "op": op, "value": name}]}, everybody, now=now)}


def history(person: int) -> list[tuple[str, str, str]]:
    """How a tier changed, oldest first: before, after, how."""
    return [(each.before, each.tier, each.how) for each in reversed(tiers.list_tier_changes(person))]


def test_a_tier_of_the_newsrooms_own_is_known_wherever_tiers_are(active: Active, morning: List, now: datetime) -> None:
    assert tiers.create_tier("Founding-Member", by=SYSTEM, now=now) == "founding-member"
    tiers.create_tier("founding-friend", by=SYSTEM, now=now)
    ann, ben = active("ann@example.com"), active("ben@example.com")
    give(ann, "founding-member", now)
    give(ben, "founding-friend", now)
    assert subscriber_lookup.get_subscriber(ann).tier == "founding-member"
    assert in_segment("founding-member", now) == {ann}
    assert in_segment("founding-member", now, "is_not") == {ben}
    written = io.StringIO()
    export.write_export(morning.id, written.write, by=SYSTEM, now=now, export_format="csv")
    assert "founding-member" in written.getvalue()
    with pytest.raises(BadInput, match="founding-friend"):
        give(ann, "gold", now)
    with pytest.raises(BadInput, match="founding-friend"):
        service.create_segment("gold", "Gold", {"about": "tier", "op": "is", "value": "gold"}, by=SYSTEM, now=now)
    with pytest.raises(Refused):
        tiers.create_tier("paying", by=SYSTEM, now=now)


def test_paying_is_another_word_for_paid(active: Active, now: datetime) -> None:
    ann = active("ann@example.com")
    give(ann, "paying", now)
    assert (subscriber_lookup.get_subscriber(ann).tier, in_segment("paid", now)) == ("paid", {ann})


def test_a_lapsed_tier_is_free_at_once_and_the_sweep_notes_it(active: Active, morning: List, now: datetime) -> None:
    ann, ben = active("ann@example.com"), active("ben@example.com")
    give(ann, "paid", now, now + 9 * DAY)
    give(ben, "paid", now)
    before, after = now + 9 * DAY - timedelta(seconds=1), now + 9 * DAY
    for instant, paying in ((before, {ann, ben}), (after, {ben})):
        assert in_segment("paid", instant) == paying
        assert in_segment("free", instant, "is_not") == paying
        assert in_segment("free", instant) == {ann, ben} - paying
        assert in_segment("paid", instant, "is_not") == {ann, ben} - paying
        assert visibility.select_group_members(visibility.MEMBERS, [ann, ben], now=instant) == paying
        assert visibility.select_group_members(visibility.FREE, [ann, ben], now=instant) == {ann, ben} - paying
        assert tiers.settle(subscriber_lookup.get_subscriber(ann), instant).tier == (
            "paid" if ann in paying else "free"
        )
        written = io.StringIO()
        export.write_export(morning.id, written.write, by=SYSTEM, now=instant, export_format="csv")
        assert written.getvalue().count(",paid,") == len(paying)
    retention.apply_retention(after + DAY)
    assert history(ann) == [("free", "paid", "command"), ("paid", "free", "lapsed")]
    assert tiers.list_tier_changes(ann)[0].at == after
    assert history(ben) == [("free", "paid", "command")]
    retention.apply_retention(after + 2 * DAY)
    assert len(history(ann)) == 2


def test_metered_does_not_pay(active: Active, now: datetime) -> None:
    ann = active("ann@example.com")
    give(ann, "metered", now)
    assert visibility.select_group_members(visibility.MEMBERS, [ann], now=now) == frozenset()
    assert visibility.select_group_members(visibility.FREE, [ann], now=now) == {ann}


def test_the_same_tier_again_changes_nothing_and_another_end_does(active: Active, now: datetime) -> None:
    ann = active("ann@example.com")
    for until in (now + DAY, now + DAY, now + 2 * DAY, None):
        give(ann, "paid", now, until)
    assert [each.ends_at for each in tiers.list_tier_changes(ann)] == [None, now + 2 * DAY, now + DAY]


@pytest.mark.parametrize(("name", "days"), [("free", 1), ("paid", 0), ("paid", -1)])
def test_an_end_that_makes_no_sense_is_refused(active: Active, now: datetime, name: str, days: int) -> None:
    with pytest.raises(BadInput):
        give(active("ann@example.com"), name, now, now + days * DAY)


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("", None),
        ("2027-11-24", datetime(2027, 11, 25, tzinfo=UTC)),
        ("2027-11-24T12:00+02:00", datetime(2027, 11, 24, 10, tzinfo=UTC)),
        ("2027-11-24T12:00:00Z", datetime(2027, 11, 24, 12, tzinfo=UTC)),
    ],
)
def test_an_end_is_a_day_that_counts_in_full_or_an_instant(text: str, instant: datetime | None) -> None:
    assert tiers.parse_end(text) == instant


@pytest.mark.parametrize("text", ["soon", "2027-13-01", "2027-11-24T12:00", "9999-12-31"])
def test_what_is_no_end_is_refused(text: str) -> None:
    with pytest.raises(BadInput):
        tiers.parse_end(text)


def test_the_desk_changes_a_tier_with_its_history(active: Active, now: datetime) -> None:
    ann = active("ann@example.com")
    give(ann, "paid", now, now + DAY)
    change_profile(ann, seen={"tier": "paid"}, by=SYSTEM, now=now, tier="paid")
    assert subscriber_lookup.get_subscriber(ann).tier_ends_at == now + DAY
    change_profile(ann, seen={"tier": "free"}, by=SYSTEM, now=now + DAY, tier="comp")
    assert history(ann) == [("free", "paid", "command"), ("free", "comp", "desk")]
    assert subscriber_lookup.get_subscriber(ann).tier_ends_at is None


def test_an_import_sets_tiers_with_their_history_and_its_undoing_puts_them_back(
    active: Active, morning: List, now: datetime
) -> None:
    tiers.create_tier("founding-member", by=SYSTEM, now=now)
    people = {name: active(f"{name}@example.com") for name in ("ann", "ben", "cleo", "dan")}
    give(people["ann"], "paid", now, now + 9 * DAY)
    give(people["ben"], "paid", now, now + DAY)
    give(people["cleo"], "comp", now, now + 9 * DAY)
    late = now + 2 * DAY
    file = (
        "email,tier\nann@example.com,paid\nben@example.com,paid\ncleo@example.com,Founding-Member\nnew@example.com,A\n"
    )
    options = ImportOptions(tiers={"A": "founding-member"})
    report = run.import_csv(
        io.BytesIO(file.encode()), morning.id, dry_run=False, by=SYSTEM, now=late, name="readers.csv", options=options
    )
    found = {name: subscriber_lookup.get_subscriber(person) for name, person in people.items()}
    assert {name: (each.tier, each.tier_ends_at) for name, each in found.items()} == {
        "ann": ("paid", now + 9 * DAY),
        "ben": ("paid", None),
        "cleo": ("founding-member", None),
        "dan": ("free", None),
    }
    new = subscriber_lookup.find_subscriber_by_address("new@example.com")
    assert new is not None
    assert history(new.id) == [("free", "founding-member", "import")]
    assert history(people["ann"]) == [("free", "paid", "command")]
    assert history(people["ben"])[1:] == [("free", "paid", "import")]
    assert history(people["cleo"])[1:] == [("comp", "founding-member", "import")]
    undo.undo_import(report.id, by=SYSTEM, now=late)
    cleo = subscriber_lookup.get_subscriber(people["cleo"])
    assert (cleo.tier, cleo.tier_ends_at) == ("comp", now + 9 * DAY)
    assert history(cleo.id)[2:] == [("founding-member", "comp", "import undone")]


def test_our_own_export_brings_tiers_their_ends_and_history_back(active: Active, morning: List, now: datetime) -> None:
    tiers.create_tier("founding-member", by=SYSTEM, now=now)
    give(active("ann@example.com"), "founding-member", now, now + DAY)
    written = io.StringIO()
    export.write_export(None, written.write, by=SYSTEM, now=now, export_format="jsonl")
    for model in (models.Subscriber, models.OwnTier):
        model._default_manager.all().delete()
    restored = restore.restore_export(io.BytesIO(written.getvalue().encode()), by=SYSTEM, name="x", now=now)
    assert restored.refused == 0
    ann: Any = subscriber_lookup.find_subscriber_by_address("ann@example.com")
    assert (ann.tier, ann.tier_ends_at) == ("founding-member", now + DAY)
    assert history(ann.id) == [("free", "founding-member", "command")]


def test_a_file_gives_tiers_an_end_and_its_undoing_puts_the_former_one_back(
    active: Active, morning: List, now: datetime
) -> None:
    ann = active("ann@example.com")
    give(ann, "paid", now, now + timedelta(days=9))
    before = models.Subscriber.objects.get(id=ann).tier_ends_at
    file = (
        "email,status,tier,paid until\nann@example.com,active,paid,2027-01-31\nben@example.com,active,paid,31.3.2027\n"
        "cleo@example.com,active,free,2027-01-31\ndan@example.com,active,comp,9999-12-31\neve@example.com,active,paid,soon\n"
    )
    report = run.import_csv(io.BytesIO(file.encode()), morning.id, dry_run=False, by=SYSTEM, now=now)
    ends = dict(models.Subscriber.objects.values_list("address", "tier_ends_at"))
    assert ends == {
        "ann@example.com": datetime(2027, 2, 1, tzinfo=UTC),
        "ben@example.com": datetime(2027, 4, 1, tzinfo=UTC),
        "cleo@example.com": None,
        "dan@example.com": None,
    }
    assert [bad.reason for bad in report.bad] == ["This is no day on which a tier can end."]
    assert [each.ends_at for each in tiers.list_tier_changes(ann)][:1] == [ends["ann@example.com"]]
    again = run.import_csv(io.BytesIO(file.encode()), morning.id, dry_run=False, by=SYSTEM, now=now)
    assert (again.updated, len(tiers.list_tier_changes(ann))) == (0, 2)
    undo.undo_import(report.id, by=SYSTEM, now=now)
    assert models.Subscriber.objects.get(id=ann).tier_ends_at == before


def test_the_desk_gives_a_tier_an_end(active: Active, now: datetime) -> None:
    ann = active("ann@example.com")
    change_profile(ann, tier="paid", tier_until="2027-01-31", seen=None, by=SYSTEM, now=now)
    assert models.Subscriber.objects.get(id=ann).tier_ends_at == datetime(2027, 2, 1, tzinfo=UTC)
    change_profile(ann, tier="paid", tier_until="2027-02-28", seen=None, by=SYSTEM, now=now)
    assert models.Subscriber.objects.get(id=ann).tier_ends_at == datetime(2027, 3, 1, tzinfo=UTC)
    with pytest.raises(BadInput, match="The end is past"):
        change_profile(ann, tier="paid", tier_until="2020-01-31", seen=None, by=SYSTEM, now=now)
    change_profile(ann, tier="free", tier_until="2027-02-28", seen=None, by=SYSTEM, now=now)
    assert models.Subscriber.objects.get(id=ann).tier_ends_at is None
