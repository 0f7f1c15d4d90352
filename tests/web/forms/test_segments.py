"""The form of a segment."""

from __future__ import annotations

from typing import Any

from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st

from newsletter.web.forms import segments
from newsletter.web.forms.segments import MOST_BLOCKS, MOST_ROWS, DropSegmentForm, SegmentDraft, SegmentForm
from subscribers.segments import grammar

SENT = "name=+Payers+&group=all&kind-0=any&asked-0-0=tier+is&value-0-0=paid&asked-0-1=joined+after&value-0-1=someday"


def test_conditions_are_read_and_what_is_wrong_with_one_stands_at_its_row() -> None:
    form = SegmentForm(QueryDict(SENT))
    assert form.is_valid()
    assert (form.draft.name, [row.value for row in form.draft.blocks[0].rows]) == ("Payers", ["paid", "someday"])
    assert not form.check_conditions({})
    assert [bool(row.error) for row in form.draft.blocks[0].rows] == [False, True]
    assert form.status == 422


def test_rows_and_groups_are_added_up_to_a_limit() -> None:
    draft = SegmentDraft()
    for _ in range(MOST_ROWS + 3):
        draft = SegmentForm(draft=draft).extend("more-0")
    for _ in range(MOST_BLOCKS + 3):
        draft = SegmentForm(draft=draft).extend("more")
    assert (len(draft.blocks), len(draft.blocks[0].rows)) == (MOST_BLOCKS, MOST_ROWS)


def test_a_button_of_the_table_says_which_segment() -> None:
    assert "__all__" in DropSegmentForm(QueryDict("")).errors


@given(st.data())
def test_the_form_of_a_segment_keeps_its_meaning(data: st.DataObject) -> None:
    kinds = st.sampled_from(["all", "any", "none"])
    condition = st.sampled_from(
        [
            {"about": "tier", "op": "is", "value": "paid"},
            {"about": "tracked", "op": "is", "value": False},
            {"about": "opened", "op": "never", "list": "morning"},
        ]
    )
    block = st.builds(lambda kind, parts: {kind: parts}, kinds, st.lists(condition, min_size=1, max_size=3))
    definition = data.draw(st.builds(lambda k, p: {k: p}, kinds, st.lists(condition | block, min_size=1, max_size=4)))
    draft = segments.to_draft(definition)
    assert draft is not None
    people = [
        {"tier": t, "tracked": k, "opened": o} for t in (True, False) for k in (True, False) for o in (True, False)
    ]

    def holds(part: dict[str, Any], person: dict[str, bool]) -> bool:
        if "about" in part:
            return person[part["about"]]
        ((kind, parts),) = part.items()
        found = [holds(each, person) for each in parts]
        return {"all": all(found), "any": any(found), "none": not any(found)}[kind]

    again = grammar.to_document(grammar.parse_definition(segments.to_definition(draft, {}), {}))
    assert [holds(again, each) for each in people] == [holds(definition, each) for each in people]
