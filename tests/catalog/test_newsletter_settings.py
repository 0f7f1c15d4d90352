"""Making, changing and finding newsletters."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from newsletter.catalog import newsletter_settings, newsletters
from newsletter.catalog.values import Newsletter
from newsletter.kernel.errors import BadInput, Conflict, NotFound, Refused
from tests.actors import SYSTEM
from tests.conftest import NOW

Create = Callable[..., Newsletter]


def test_a_new_newsletter_has_three_sections_that_want_twelve_stories(create: Create) -> None:
    made = create()
    assert [section.key for section in made.sections] == ["top", "more", "good"]
    assert sum(section.quota for section in made.sections) == made.stories_wanted == 12


def test_sender_and_publication_default_to_the_name_of_the_newsletter(create: Create) -> None:
    plain = create()
    assert (plain.from_name, plain.publication) == ("The Hill Post", "The Hill Post")
    named = create(slug="second", from_name="Ada at the Post", publication="Hill Press")
    assert (named.from_name, named.publication) == ("Ada at the Post", "Hill Press")


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("slug", "Hill Post", "small letters"),
        ("slug", "-hill", "small letters"),
        ("slug", "a" * 60, "59 at most"),
        ("name", "  ", "may not be empty"),
        ("name", "n" * 121, "120 are the most"),
        ("postal_address", "", "may not be empty"),
        ("zone", "Europe/Londn", "Europe/London"),
        ("zone", "../../etc/passwd", "no time zone"),
        ("from_email", "news@", "not a valid address"),
        ("from_email", "", "not a valid address"),
        ("reply_to", "nobody", "not a valid address"),
        ("publication_url", "javascript:alert(1)", "https://"),
        ("language", "english!", "en or de-AT"),
        ("stories_wanted", "0", "from 1 to 60"),
        ("stories_wanted", "many", "from 1 to 60"),
        ("late_after_minutes", "-5", "from 1 to"),
        ("state", "asleep", "pending"),
        ("theme", "dark", "table"),
        ("colour", "red", "no setting"),
    ],
)
def test_a_value_that_cannot_be_is_refused_naming_its_field(
    create: Create, field: str, value: Any, message: str
) -> None:
    with pytest.raises(BadInput, match=message) as refused:
        create(**{field: value})
    assert refused.value.field == field
    assert newsletters.list_newsletters() == ()


def test_a_line_break_cannot_smuggle_a_header_into_the_sender(create: Create) -> None:
    assert create(from_name="Ada\r\nBcc: all@example.com").from_name == "Ada Bcc: all@example.com"


def test_no_name_reads_otherwise_than_it_is_written(create: Create) -> None:
    made = create(from_name="Ada \u202emoc.elpmaxe@gnp\u202c", name="\u2067The Post")
    assert (made.from_name, made.name) == ("Ada moc.elpmaxe@gnp", "The Post")


def test_a_taken_slug_is_refused_with_where_to_look(create: Create) -> None:
    create()
    with pytest.raises(Refused, match="a newsletter hill-post already"):
        create(name="Another")


def test_a_renamed_zone_keeps_working(create: Create) -> None:
    assert create(zone="Europe/Kiev").zone == "Europe/Kiev"


@pytest.mark.parametrize(
    "sections",
    [
        [],
        [("top", "Top", 3), ("top", "Again", 3)],
        [("Top stories", "Top", 3)],
        [("top", " ", 3)],
        [("top", "Top", 61)],
        [("top", "Top", -1)],
    ],
)
def test_sections_that_cannot_be_leave_the_old_ones(create: Create, sections: list[tuple[str, str, int]]) -> None:
    made = create()
    with pytest.raises(BadInput) as refused:
        newsletter_settings.set_sections(made.id, sections, seen=None, by=SYSTEM, now=NOW)
    assert refused.value.field == "sections"
    assert newsletters.get_newsletter(made.id).sections == made.sections


def test_bad_sections_leave_no_half_made_newsletter(create: Create) -> None:
    with pytest.raises(BadInput):
        create(sections=[])
    assert newsletters.list_newsletters() == ()


def test_sections_keep_the_order_given(create: Create) -> None:
    made = newsletter_settings.set_sections(
        create().id, [("z", "Last first", 2), ("a", "First last", 0)], seen=None, by=SYSTEM, now=NOW
    )
    assert [(s.key, s.position, s.quota) for s in made.sections] == [("z", 0, 2), ("a", 1, 0)]


def test_a_change_touches_only_what_was_named(create: Create, now: datetime) -> None:
    made = create()
    changed = newsletter_settings.change_newsletter(
        made.id, now=now, strap="News from above", click_tracking="off", seen=None, by=SYSTEM
    )
    assert (changed.strap, changed.click_tracking) == ("News from above", False)
    assert (changed.name, changed.zone, changed.open_tracking) == (made.name, made.zone, True)


def test_a_change_of_nothing_changes_nothing(create: Create, now: datetime) -> None:
    made = create()
    assert newsletter_settings.change_newsletter(made.id, now=now, seen=None, by=SYSTEM) == made


def test_a_refused_change_changes_nothing(create: Create, now: datetime) -> None:
    made = create()
    with pytest.raises(BadInput):
        newsletter_settings.change_newsletter(made.id, now=now, name="New name", zone="Nowhere", seen=None, by=SYSTEM)
    assert newsletters.get_newsletter(made.id) == made


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("on", True), (" Yes ", True), ("1", True), (True, True), ("off", False), ("", False), (False, False)],
)
def test_a_switch_is_on_or_off(typed: str | bool, kept: bool, create: Create, now: datetime) -> None:
    made = create(open_tracking=not kept)
    changed = newsletter_settings.change_newsletter(made.id, open_tracking=typed, seen=None, by=SYSTEM, now=now)
    assert changed.open_tracking is kept


@pytest.mark.parametrize("typed", ["maybe", "onn", "-1", "²", "\0"])
def test_what_is_neither_on_nor_off_is_refused(typed: str, create: Create, now: datetime) -> None:
    made = create(open_tracking=True)
    with pytest.raises(BadInput, match="on or off"):
        newsletter_settings.change_newsletter(made.id, open_tracking=typed, seen=None, by=SYSTEM, now=now)
    assert newsletters.get_newsletter(made.id).open_tracking


def test_a_newsletter_is_sent_to_a_list_that_there_is(create: Create, now: datetime) -> None:
    made = create()
    with pytest.raises(NotFound):
        newsletter_settings.change_newsletter(made.id, list_id=made.list_id + 99, seen=None, by=SYSTEM, now=now)
    assert newsletters.get_newsletter(made.id) == made


def test_parameters_for_links_are_checked(db: None) -> None:
    from newsletter.catalog.newsletter_settings import _check_link_parameters

    assert _check_link_parameters("utm_source=morning&utm_campaign={date}") == "utm_source=morning&utm_campaign={date}"
    assert _check_link_parameters("") == ""
    for wrong in ("utm_source", "a=b c", "a=b&", "a=<b>", "a={name}", "a=" + "b" * 300):
        with pytest.raises(BadInput):
            _check_link_parameters(wrong)


def test_sections_that_somebody_else_changed_meanwhile_are_not_overwritten(create: Create, now: datetime) -> None:
    made = create()
    seen = [(each.key, each.title, each.quota) for each in made.sections]
    newsletter_settings.set_sections(made.id, [("all", "All", 12)], seen=seen, by=SYSTEM, now=now)
    with pytest.raises(Conflict) as refused:
        newsletter_settings.set_sections(made.id, [("top", "Top", 3)], seen=seen, by=SYSTEM, now=now)
    assert [each.present for each in refused.value.differences] == ["all:All:12"]
    assert [each.key for each in newsletters.get_newsletter(made.id).sections] == ["all"]
