"""What only some readers see: chosen by editors, rendered for each group, frozen together."""

from __future__ import annotations

from datetime import datetime
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.accounts.actors import SystemActor
from newsletter.curator.editions import approval, edition_lookup, editions, models, picks, variants
from newsletter.curator.editions.values import Edition
from newsletter.curator.editions.variants import FREE, MAIL, MEMBERS, WEB, Variant
from newsletter.kernel.errors import NotFound
from subscribers.models import List
from tests.actors import SYSTEM
from tests.approving import approve
from tests.curator.editions.conftest import show

pytestmark = pytest.mark.django_db
ADA = SystemActor("ada@example.com")
LOCALS = {"all": [{"about": "language", "op": "is", "value": "de"}]}
GROUPS = (MEMBERS, FREE, "segment:locals", "segment:silent")


@pytest.fixture
def edition(morning_edition: Edition) -> Edition:
    """The morning briefing with three stories and a subject."""
    return morning_edition


def test_a_story_for_members_is_in_their_mail_alone(edition: Edition, now: datetime) -> None:
    edition = show(edition, 1, MEMBERS, now)
    headline = f"nl={edition.picks[1].key}"
    plain, members = variants.list_variants(edition)
    assert (plain.code, members.code, members.audiences) == ("", "a", {MEMBERS})
    for part in ("html", "text"):
        assert headline not in getattr(approval.preview(edition.id), part)
        assert headline in getattr(approval.preview(edition.id, variant=members), part)
        assert headline not in getattr(approval.preview(edition.id, variant=variants.PAGE), part)


def test_stories_are_numbered_without_gaps_in_every_variant(edition: Edition, now: datetime) -> None:
    edition = show(edition, 1, MEMBERS, now)
    for variant in variants.list_variants(edition):
        seen = variants.select_visible(edition, variant)
        assert sorted(each.number for each in seen.picks) == list(range(1, len(seen.picks) + 1))


def test_the_mail_and_the_page_can_have_parts_of_their_own(edition: Edition, now: datetime) -> None:
    show(edition, 1, MAIL, now)
    edition = show(edition, 2, WEB, now)
    _, in_mail, on_page = (f"nl={each.key}" for each in edition.picks)
    mail = approval.preview(edition.id).html
    page = approval.preview(edition.id, variant=variants.PAGE).html
    assert in_mail in mail
    assert on_page not in mail
    assert on_page in page
    assert in_mail not in page
    assert [each.code for each in variants.list_variants(edition)] == [""], "for neither the mail is rendered twice"


def test_approval_freezes_every_variant_and_the_page(edition: Edition, locals_: str, now: datetime) -> None:
    show(edition, 1, MEMBERS, now)
    edition = show(edition, 2, locals_, now)
    wanted = (*variants.list_variants(edition), variants.PAGE)
    before = {each.code: approval.preview(edition.id, variant=each) for each in wanted}
    snapshot = approve(edition.id, by=ADA, now=now)
    assert edition_lookup.list_frozen_variants(snapshot.id) == variants.list_variants(edition)
    assert {code: (mail.subject, mail.html, mail.text) for code, mail in before.items()} == {
        code: (mail.subject, mail.html, mail.text)
        for code in before
        for mail in [edition_lookup.get_frozen_mail(snapshot.id, code)]
    }
    assert sorted(before) == ["", "a", "ab", "b", "web"]


def test_the_hash_of_an_approval_tells_variants_apart(edition: Edition, now: datetime) -> None:
    hashes = set()
    for shown_to in ("", MEMBERS, FREE):
        show(edition_lookup.get_edition(edition.id), 1, shown_to, now)
        hashes.add(approve(edition.id, by=ADA, now=now).sha256)
    assert len(hashes) == 3


def test_half_get_the_second_subject(edition: Edition, now: datetime) -> None:
    edition = editions.edit_edition(
        edition.id, second_subject="Trains come back to the mill", now=now, seen=None, by=SYSTEM
    )
    plain, second = variants.list_variants(edition)
    assert approval.preview(edition.id, variant=plain).subject == "The railway reaches the mill"
    assert approval.preview(edition.id, variant=second).subject == "Trains come back to the mill"
    lots = [variants.gets_second_subject(person, edition.id) for person in range(10_000)]
    assert 4_800 < sum(lots) < 5_200
    assert lots != [variants.gets_second_subject(person, edition.id + 1) for person in range(10_000)], (
        "new lots every time"
    )


@given(
    st.lists(st.sets(st.sampled_from(GROUPS[1:])), max_size=40),
    st.sets(st.sampled_from(GROUPS[1:]), max_size=3),
    st.booleans(),
)
def test_everybody_gets_a_variant_there_is(mine: list[set[str]], named: set[str], two: bool) -> None:
    groups = {group: {n for n, of in enumerate(mine) if group in of} for group in named}
    there = {
        variants.build_code(sorted(named), {g for g, yes in zip(sorted(named), flags, strict=True) if yes}, second)
        for flags in product((False, True), repeat=len(named))
        for second in ((False, True) if two else (False,))
    }
    codes = variants.assign_codes(range(len(mine)), groups, two_subjects=two, edition_id=7)
    assert set(codes) == set(range(len(mine)))
    assert set(codes.values()) <= there
    for person, code in codes.items():
        seen = {group for letter, group in zip("abc", sorted(named), strict=False) if letter in code}
        assert seen == {group for group in named if person in groups[group]}, "who sees what is exactly who is in it"


def test_nobody_is_a_member_and_not(edition: Edition, now: datetime) -> None:
    show(edition, 1, MEMBERS, now)
    edition = show(edition, 2, FREE, now)
    assert [sorted(each.audiences) for each in variants.list_variants(edition)] == [[], [FREE], [MEMBERS]]


def test_a_line_of_the_list_at_the_end_is_counted_by_its_key(edition: Edition, now: datetime) -> None:
    last = edition.picks[-1]
    picks.edit_pick(edition.id, last.key, size="a", now=now, seen=None, by=SYSTEM)
    mail = approval.preview(edition.id)
    assert mail.html.index("Also today") < mail.html.index(f"nl={last.key}")
    assert f"nl={last.key}" in mail.text


def test_the_page_speaks_to_nobody(edition: Edition, now: datetime) -> None:
    page = approval.preview(edition.id, variant=variants.PAGE)
    for part in (page.html, page.text):
        assert "This was sent to" not in part
        assert "/u/" not in part
        assert "/p/" not in part
    assert "View in browser" not in page.html
    assert "Get Morning Briefing by e-mail" in page.html
    assert not {field.field for field in page.merge} & {"email", "token"}


def test_an_old_snapshot_without_a_page_shows_the_mail(edition: Edition, now: datetime) -> None:
    snapshot = approve(edition.id, by=ADA, now=now)
    models.SnapshotVariant.objects.all().delete()
    assert edition_lookup.get_archive_page(snapshot.id) == snapshot.to_rendered()
    assert edition_lookup.list_frozen_variants(snapshot.id) == (variants.PLAIN,)


def test_a_list_that_is_not_public_has_no_page_to_lead_to(edition: Edition, now: datetime) -> None:
    List.objects.update(public=False)
    mail = approval.preview(edition.id)
    for part in (mail.html, mail.text):
        assert "/archive/" not in part
        assert "View in browser" not in part
        assert "Forward" not in part


@pytest.mark.parametrize(
    ("variant", "message"),
    [
        (Variant(), "everybody else"),
        (Variant("a", frozenset({MEMBERS})), "members only"),
        (Variant("2a", frozenset({"segment:locals"}), True), "Readers nearby, second subject"),
        (Variant("a", frozenset({"segment:gone"})), "gone"),
    ],
)
def test_variants_have_names(variant: Variant, message: str) -> None:
    assert variants.describe_variant(variant, {"locals": "Readers nearby"}) == message


def test_nobody_is_given_another_variant_than_theirs(edition: Edition, now: datetime) -> None:
    snapshot = approve(edition.id, by=ADA, now=now)
    with pytest.raises(NotFound, match="no variant"):
        edition_lookup.get_frozen_mail(snapshot.id, "a")
