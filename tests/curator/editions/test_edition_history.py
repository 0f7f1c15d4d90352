"""What the audit log knows of an edition."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from importlib import import_module

import pytest

from newsletter.accounts.actors import SystemActor
from newsletter.curator.editions import boxes, edition_history, edition_lookup, editions, picks
from newsletter.curator.editions.content_hash import compute_content_part
from newsletter.curator.editions.edition_history import LATEST
from newsletter.curator.editions.values import Edition
from newsletter.kernel.actors import ActionRecord
from newsletter.kernel.errors import Conflict, Difference
from tests.acts import World
from tests.conftest import Newsroom

ADA, BEN = SystemActor("ada@example.com"), SystemActor("ben@example.com")


def edit(edition: Edition, by: SystemActor, now: datetime, **texts: str) -> Edition:
    return editions.edit_edition(edition.id, seen=None, by=by, now=now, **texts)  # type: ignore[arg-type]


def test_what_changed_since_is_told_with_who_did_it(filled: Edition, now: datetime) -> None:
    seen = compute_content_part(filled)
    edit(filled, ADA, now, subject="Ada's")
    present = picks.edit_pick(filled.id, filled.picks[0].key, seen=None, by=BEN, now=now, label="Exclusive")
    found = edition_history.explain_changes(present, seen)
    assert [(each.name, each.seen, each.present, each.by) for each in found] == [
        ("subject", filled.subject, "Ada's", ADA.name),
        (f"story:{filled.picks[0].key} label", "", "Exclusive", BEN.name),
    ]
    assert edition_history.explain_changes(present, compute_content_part(present)) == []


def test_where_the_log_does_not_know_what_was_seen_the_latest_changes_are_told(filled: Edition, now: datetime) -> None:
    for number in range(LATEST + 2):
        present = edit(filled, ADA, now, subject=f"Subject {number}")
    (difference,) = edition_history.explain_changes(present, "0" * 16)
    assert (difference.seen, difference.present) == ("Subject 1", f"Subject {LATEST + 1}")


def test_settings_sponsors_and_corrections_since_are_told(filled: Edition, now: datetime) -> None:
    present = edit(filled, ADA, now, subject="Ada's")
    for action, target, before, after in (
        ("changed newsletter", "hill-post", {"strap": "Old"}, {"strap": "New"}),
        ("corrected", "edition 999", {}, {"correction:1": "It is in Upland.", "content": "1"}),
        ("edited", "edition 999", {"subject": "A"}, {"subject": "B", "content": "2"}),
    ):
        BEN.record(ActionRecord(action, target, now, filled.newsletter_id, before=before, after=after))
    BEN.record(ActionRecord("added sponsor", "hill-post", now, filled.newsletter_id, "Buy boats"))
    found = edition_history.explain_surroundings(present, compute_content_part(present))
    assert [(each.label, each.seen, each.present, each.by) for each in found] == [
        ("Strap", "Old", "New", BEN.name),
        ("Correction", "", "It is in Upland.", BEN.name),
        ("Added sponsor", "", "Buy boats", BEN.name),
    ]


def list_acts(package: str) -> list[str]:
    acts = import_module(f"tests.acts.{package}").ACTS
    return [f"{package} {name}" for name in acts]


@pytest.mark.parametrize("name", [each for each in list_acts("catalog") if not each.endswith("create_newsletter")])
def test_whatever_is_changed_of_a_newsletter_is_told(
    name: str, newsroom: Newsroom, filled: Edition, now: datetime
) -> None:
    assert len(perform(name, newsroom, filled, now)) >= 1


@pytest.mark.parametrize("name", [*list_acts("accounts"), *list_acts("delivery"), *list_acts("scheduling")])
def test_what_cannot_change_a_mail_is_not_told(name: str, newsroom: Newsroom, filled: Edition, now: datetime) -> None:
    assert perform(name, newsroom, filled, now) == []


def perform(name: str, newsroom: Newsroom, edition: Edition, now: datetime) -> list[Difference]:
    """Does an act about the newsletter, with its id in the entry; what is told of it."""
    package, _, function = name.partition(" ")
    act = import_module(f"tests.acts.{package}").ACTS[function](World(newsroom.briefing, newsroom.other, now))
    content = compute_content_part(editions.edit_edition(edition.id, seen=None, by=ADA, now=now, intro=name))
    act(AboutNewsletter("somebody", newsletter_id=edition.newsletter_id))
    return edition_history.explain_surroundings(edition_lookup.get_edition(edition.id), content)


@dataclass(frozen=True, slots=True)
class AboutNewsletter(SystemActor):
    """Somebody all of whose acts are recorded as being about a newsletter."""

    newsletter_id: int = 0

    def record(self, entry: ActionRecord) -> None:
        SystemActor.record(self, replace(entry, newsletter_id=self.newsletter_id))


def test_a_story_is_wound_back_to_what_was_seen(filled: Edition, now: datetime) -> None:
    story = filled.picks[0]
    for by, words in ((ADA, "First"), (ADA, "Second"), (BEN, "Third")):
        present = picks.edit_pick(filled.id, story.key, seen=None, by=by, now=now, headline=words)
        if words == "First":
            seen = present.picks[0].content_hash
    edit(filled, ADA, now, subject="Something else")
    (difference,) = edition_history.explain_pick(present, present.picks[0], seen)
    assert (difference.seen, difference.present, difference.by) == ("First", "Third", BEN.name)
    (difference,) = edition_history.explain_pick(present, present.picks[0], "0" * 16)
    assert (difference.seen, difference.present) == ("Second", "Third"), "the latest change, where none fits"


def test_who_took_a_story_out_and_who_changed_a_box_is_known(filled: Edition, now: datetime) -> None:
    (box,) = boxes.set_box(filled.id, title="A word", text="Of ours", seen=None, by=ADA, now=now).boxes
    boxes.set_box(filled.id, box_id=box.id, title="Theirs", text="Of ours", seen=None, by=BEN, now=now)
    story = filled.picks[0]
    present = picks.drop_pick(filled.id, story.key, content_hash=None, by=BEN, now=now)
    (gone,) = edition_history.explain_removal(present, story.key)
    assert (gone.seen, gone.present, gone.by) == (story.headline, "", BEN.name)
    (changed,) = edition_history.explain_box(present, box.id)
    assert (changed.seen, changed.present, changed.by) == ("A word", "Theirs", BEN.name)
    assert edition_history.explain_removal(present, filled.picks[1].key) == []


def test_a_conflict_names_who_changed_each_field_last(filled: Edition, now: datetime) -> None:
    edit(filled, ADA, now, subject="Ada's")
    edit(filled, BEN, now, subject="Ben's")
    conflict = Conflict("Changed.", [Difference("subject", "", "Ben's"), Difference("intro", "", "")])
    named = edition_history.name_authors(filled.id, conflict)
    assert [each.by for each in named.differences] == [BEN.name, ""]
    assert str(named) == "Changed."


def test_only_entries_that_changed_the_edition_are_its_history(filled: Edition, now: datetime) -> None:
    known = edition_history.list_changes(filled.id)
    BEN.record(ActionRecord("looked again", f"edition {filled.id}", now, filled.newsletter_id))
    assert edition_history.list_changes(filled.id) == known
    assert edition_lookup.get_edition(filled.id) == filled
