"""What a change of an edition did, part by part, with values that can be put back. Pure.

part          field       value
""            a text      its text
""            order       [[key, section], …] of the stories
story:KEY     a field     its value
story:KEY     ""          the whole story, where it came or went
box:ID        the same    of boxes
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from newsletter.curator.editions import edition_changes
from newsletter.curator.editions.content_hash import TEXTS
from newsletter.curator.editions.edition_changes import BOX, STORY
from newsletter.curator.editions.values import Box, Edition, Pick

ORDER = "order"
Address = tuple[str, str]  # part and field


@dataclass(frozen=True, slots=True)
class Change:
    """A change of one field or part; None: it was not there, or is not any more."""

    part: str
    field: str
    label: str
    before: object
    after: object


def list_differing_parts(before: Edition, after: Edition) -> list[Change]:
    """The changes between two readings of an edition; stories that stay are in the order's change when they moved."""
    old, new = list_values(before), list_values(after)
    found = []
    for part, field in {**old, **new}:
        was, now = old.get((part, field)), new.get((part, field))
        if was == now or (field and part and (part, "") in old.keys() ^ new.keys()):
            continue  # the fields of what came or went are in the whole
        if part and not field and was is not None and now is not None:
            continue  # the whole of what stayed is in its fields
        if field == ORDER:
            stayed = {each.key for each in before.picks} & {each.key for each in after.picks}
            if _list_places(before, stayed) == _list_places(after, stayed):
                continue
        found.append(Change(part, field, label_address(part, field, after if now is not None else before), was, now))
    return found


def list_values(edition: Edition) -> dict[Address, object]:
    """Every value of an edition, by its address."""
    found: dict[Address, object] = {("", name): getattr(edition, name) for name in TEXTS}
    for pick in edition.picks:
        found[f"{STORY}{pick.key}", ""] = describe_story(pick)
        found |= {(f"{STORY}{pick.key}", name): value for name, value in pick.content.items()}
    for box in edition.boxes:
        found[f"{BOX}{box.id}", ""] = describe_box(box)
        found |= {(f"{BOX}{box.id}", name): value for name, value in describe_box(box).items()}
    found["", ORDER] = [[each.key, each.section] for each in edition.picks]
    return found


def describe_story(pick: Pick) -> dict[str, object]:
    """A story with its place and its article, to bring it back."""
    place = {"section": pick.section, "position": pick.position, "article_id": pick.article_id}
    return {**pick.content, **place}


def describe_box(box: Box) -> dict[str, object]:
    """A box, to bring it back."""
    return {name: value for name, value in asdict(box).items() if name != "id"}


def label_address(part: str, field: str, edition: Edition) -> str:
    """A field or part as people read it."""
    if part and not field:
        titles = {f"{STORY}{each.key}": each.headline for each in edition.picks}
        titles |= {f"{BOX}{each.id}": each.title or each.text[:60] for each in edition.boxes}
        return f"{'Story' if part.startswith(STORY) else 'Box'} “{titles.get(part, '')[:100]}”"
    return edition_changes.label_change(f"{part} {field}".strip(), edition)


def is_whole_same(stored: object, present: Mapping[str, object] | None) -> bool:
    """Whether a story or box is what came with a revision, its place apart."""
    if not isinstance(stored, Mapping) or present is None:
        return stored is None and present is None
    return all(stored.get(name, "") == value for name, value in present.items() if name != "position")


def _list_places(edition: Edition, keys: set[str]) -> list[tuple[str, str]]:
    return [(each.key, each.section) for each in edition.picks if each.key in keys]
