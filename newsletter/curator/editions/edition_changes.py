"""What changed between two readings of an edition, by name: for the audit log, and for those who did not see it. Pure.

subject, intro …    a text               story:KEY           a story that came or went: its headline
state               as stored            story:KEY blurb     a field of a story
order               the running order    box:ID, box:ID text  the same of boxes
correction:ID       its text             override:CODE PLACE  its reason
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime

from newsletter.curator.editions.content_hash import TEXTS, compute_content_part
from newsletter.curator.editions.values import Correction, Edition
from newsletter.kernel.actors import ActionRecord
from newsletter.kernel.errors import Difference

Values = dict[str, object]

CONTENT = "content"  # the name under which an entry keeps the first part of the content hash, as the change left it
REVISIONS = "revisions"  # and under this the numbers of its revisions
NO_FIELDS = frozenset({CONTENT, REVISIONS})
STORY, BOX, CORRECTION, OVERRIDE = "story:", "box:", "correction:", "override:"
LONGEST_HEADLINE = 40  # characters, in the running order
LABELS = {
    "second_subject": "Second subject",
    "signed": "Signed by",
    "order": "Running order",
    "picture_id": "Picture",
    "picture": "Picture",
    "focus": "Focal point",
    "image_alt": "Alternative text",
    "image_caption": "Picture caption",
    "image_credit": "Picture credit",
    "publisher": "Source",
    "url": "Link",
    "plain_link": "Plain link",
    "visibility": "For",
}


def describe_changes(before: Edition, after: Edition) -> tuple[Values, Values]:
    """The values that differ, by name: what they were, and what they are now."""
    old, new = _list_values(before), _list_values(after)
    parts = {name for name in old.keys() & new.keys() if name.startswith((STORY, BOX)) and " " not in name}
    names = [
        name
        for name in old | new
        if old.get(name) != new.get(name) and name not in parts and (" " not in name or name.split(" ")[0] in parts)
    ]
    was, now = ({name: values.get(name, "") for name in names} for values in (old, new))
    stayed = {each.key for each in before.picks} & {each.key for each in after.picks}
    if _list_order(before, stayed) != _list_order(after, stayed):
        was["order"], now["order"] = _describe_order(before), _describe_order(after)
    return was, now


def build_record(
    action: str,
    before: Edition,
    after: Edition,
    *,
    at: datetime,
    detail: str = "",
    revisions: Sequence[int] = (),
) -> ActionRecord:
    """The entry about a change of an edition that is not out, with the content as the change left it."""
    was, now = describe_changes(before, after)
    now |= describe_content(after)
    if revisions:
        now[REVISIONS] = list(revisions)
    return ActionRecord(action, f"edition {after.id}", at, after.newsletter_id, detail, before=was, after=now)


def describe_content(edition: Edition, corrections: Sequence[Correction] = ()) -> Values:
    """The part of an entry by which it is found by those who saw the edition as the change left it."""
    return {CONTENT: compute_content_part(edition, corrections)}


def merge_differences(
    changes: Iterable[tuple[Mapping[str, object], Mapping[str, object], str]], edition: Edition
) -> list[Difference]:
    """What several changes (before, after, by whom) come to, the oldest first; what was changed back is left out."""
    was: Values = {}
    now: Values = {}
    who: dict[str, str] = {}
    for before, after, by in changes:
        for name in after:
            if name not in NO_FIELDS:
                was.setdefault(name, before.get(name, ""))
                now[name], who[name] = after[name], by
    return [
        Difference(name, to_text(was[name]), to_text(now[name]), label=label_change(name, edition), by=who[name])
        for name in now
        if was[name] != now[name]
    ]


def label_change(name: str, edition: Edition) -> str:
    """A name as people read it: “Headline of “Ferry returns””."""
    if name.startswith((CORRECTION, OVERRIDE)):
        return name.partition(":")[0].capitalize()
    if not name.startswith((STORY, BOX)):
        return label_field(name)
    part, _, field = name.partition(" ")
    kind = "story" if name.startswith(STORY) else "box"
    titles = {f"{STORY}{each.key}": each.headline for each in edition.picks}
    titles |= {f"{BOX}{each.id}": each.title for each in edition.boxes}
    if not field:
        return kind.capitalize()
    title = titles.get(part, "")
    return f"{label_field(field)} of “{_shorten(title)}”" if title else f"{label_field(field)} of a {kind}"


def to_text(value: object) -> str:
    """A value as people read it."""
    return "" if value is None else "yes" if value is True else "no" if value is False else str(value)


def _list_values(edition: Edition) -> Values:
    found: Values = {name: getattr(edition, name) for name in TEXTS} | {"state": edition.state.value}
    for pick in edition.picks:
        found[f"{STORY}{pick.key}"] = pick.headline
        content = {**pick.content, "section": pick.section}
        found |= {f"{STORY}{pick.key} {name}": value for name, value in content.items()}
    for box in edition.boxes:
        found[f"{BOX}{box.id}"] = box.title or box.text
        found |= {f"{BOX}{box.id} {name}": value for name, value in asdict(box).items() if name != "id"}
    return found


def label_field(name: str) -> str:
    """The name of a text, or of a field of a story or box, as people read it."""
    return LABELS.get(name, name.replace("_", " ").capitalize())


def _list_order(edition: Edition, keys: set[str]) -> list[str]:
    return [each.key for each in edition.picks if each.key in keys]


def _describe_order(edition: Edition) -> str:
    return " · ".join(f"{number} {_shorten(each.headline)}" for number, each in enumerate(edition.picks, 1))


def _shorten(text: str) -> str:
    return text if len(text) <= LONGEST_HEADLINE else text[: LONGEST_HEADLINE - 1] + "…"
