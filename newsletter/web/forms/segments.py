"""The form of a segment: blocks of conditions, of which all, any or none must hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from newsletter.kernel.errors import BadInput
from newsletter.kernel.numbers import parse_whole_number
from newsletter.web.forms.base import DeskForm
from newsletter.web.translated import describe_error
from subscribers.segments import grammar

FIRST_ROWS, MOST_ROWS, MOST_BLOCKS = 3, 12, 6


@dataclass(frozen=True, slots=True)
class ConditionRow:
    """A condition as the form has it: “about op” in one choice, the value, and a list where it is needed."""

    asked: str = ""
    value: str = ""
    list: str = ""
    error: str = ""  # what is wrong with it


@dataclass(frozen=True, slots=True)
class ConditionBlock:
    """Some conditions, of which all, any or none hold."""

    kind: str
    rows: tuple[ConditionRow, ...]


@dataclass(frozen=True, slots=True)
class SegmentDraft:
    """A segment as its form has it: blocks, of which all, any or none must hold. `slug`: the one to change."""

    group: str = "all"
    blocks: tuple[ConditionBlock, ...] = (ConditionBlock("all", (ConditionRow(),) * FIRST_ROWS),)
    name: str = ""
    slug: str = ""

    @property
    def is_grouped(self) -> bool:
        """Whether it matters how the blocks are joined."""
        return len(self.blocks) > 1 or self.group == "none"


class SegmentForm(DeskForm):
    """The name of a segment, and its conditions: kind-0, asked-0-0, value-0-0, list-0-0 and on.

    `draft` is what is shown: what was sent, or the segment that is changed.
    """

    use_required_attribute = False  # who is in it is counted before it has a name

    slug = forms.CharField(max_length=60, required=False, widget=forms.HiddenInput)
    name = forms.CharField(
        label=_("Name"),
        max_length=120,
        widget=forms.TextInput(attrs={"class": "input--mid"}),
        error_messages={"required": _("Give the segment a name.")},
    )

    def __init__(self, *args: Any, draft: SegmentDraft | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.draft = draft or (self._read_draft() if self.is_bound else SegmentDraft())
        self.initial = {"slug": self.draft.slug, "name": self.draft.name}

    def extend(self, do: str) -> SegmentDraft:
        """The draft with one more row in the block “more-N”, or with one more block."""
        place = parse_whole_number(do.removeprefix("more-"))
        blocks = list(self.draft.blocks)
        if place is not None and place < len(blocks):
            old = blocks[place]
            blocks[place] = ConditionBlock(old.kind, (*old.rows, ConditionRow())[:MOST_ROWS])
        elif len(blocks) < MOST_BLOCKS:
            blocks.append(ConditionBlock("any", (ConditionRow(),) * FIRST_ROWS))
        return replace(self.draft, blocks=tuple(blocks))

    def check_conditions(self, kinds: Mapping[str, str]) -> bool:
        """Shows what is wrong with a condition at its row; whether nothing is. `kinds` are those of the attributes."""
        blocks = tuple(
            replace(block, rows=tuple(replace(row, error=_find_error(row, kinds)) for row in block.rows))
            for block in self.draft.blocks
        )
        self.draft = replace(self.draft, blocks=blocks)
        wrong = [row for block in blocks for row in block.rows if row.error]
        if wrong:
            self.is_valid()
            self.add_error(None, _("There is a problem with a condition. It is said beside it."))
        return not wrong

    def _read_draft(self) -> SegmentDraft:
        sent: Any = self.data
        blocks = []
        for n in range(MOST_BLOCKS):
            if f"kind-{n}" not in sent:
                break
            rows = []
            for m in range(MOST_ROWS):
                if f"asked-{n}-{m}" not in sent:
                    break
                rows.append(ConditionRow(*(sent.get(f"{name}-{n}-{m}", "") for name in ("asked", "value", "list"))))
            blocks.append(ConditionBlock(sent[f"kind-{n}"], tuple(rows)))
        name, slug = sent.get("name", "").strip(), sent.get("slug", "")[:60]
        return SegmentDraft(sent.get("group", "all"), tuple(blocks) or SegmentDraft().blocks, name, slug)


class DropSegmentForm(DeskForm):
    """Which segment a button of the table deletes."""

    slug = forms.CharField(max_length=60, widget=forms.HiddenInput)


def _find_error(row: ConditionRow, kinds: Mapping[str, str]) -> str:
    """What is wrong with one condition; "" where nothing is."""
    if not row.asked:
        return ""
    try:
        grammar.parse_condition(_to_condition(row, kinds), kinds)
    except BadInput as problem:
        return describe_error(problem)
    return ""


def to_definition(draft: SegmentDraft, kinds: Mapping[str, str]) -> dict[str, Any]:
    """What the form says, as a definition; `kinds` are those of the attributes there are. Raises BadInput."""
    parts = []
    for block in draft.blocks:
        conditions = [_to_condition(row, kinds) for row in block.rows if row.asked]
        if conditions:
            parts.append({_check_group_kind(block.kind): conditions})
    group = _check_group_kind(draft.group)
    return parts[0] if len(parts) == 1 and group != "none" else {group: parts}


def _to_condition(row: ConditionRow, kinds: Mapping[str, str]) -> dict[str, Any]:
    about, _, op = row.asked.partition(" ")
    condition: dict[str, Any] = {"about": about, "op": op}
    if grammar.get_ops(about, kinds).get(op):
        condition["value"] = row.value
    if about in grammar.PER_LIST_SUBJECTS:
        condition["list"] = row.list
    return condition


def _check_group_kind(kind: str) -> str:
    if kind not in grammar.GROUPS:
        raise BadInput("Conditions are joined by all, any or none.", "group")
    return kind


def to_draft(definition: Any) -> SegmentDraft | None:
    """The form that says a definition; None where it is nested too deep, or too long."""
    group = next(iter(definition))
    parts = definition[group]
    plain = [part for part in parts if "about" in part]
    nested = [part for part in parts if "about" not in part]
    if not nested:
        found = SegmentDraft(blocks=(_to_block(group, plain),))
    else:
        # None of some conditions and blocks: none of any of these conditions, and none of the blocks.
        first = (_to_block("all" if group == "all" else "any", plain),) if plain else ()
        if any("about" not in each for part in nested for each in next(iter(part.values()))):
            return None
        found = SegmentDraft(
            group, (*first, *(_to_block(next(iter(part)), next(iter(part.values()))) for part in nested))
        )
    fits = len(found.blocks) <= MOST_BLOCKS and all(len(block.rows) <= MOST_ROWS for block in found.blocks)
    return found if fits else None


def _to_block(kind: str, conditions: list[dict[str, Any]]) -> ConditionBlock:
    rows = [
        ConditionRow(f"{each['about']} {each['op']}", _format_value(each.get("value")), each.get("list", ""))
        for each in conditions
    ]
    return ConditionBlock(kind, (*rows, ConditionRow()) if len(rows) < MOST_ROWS else tuple(rows))


def _format_value(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)
