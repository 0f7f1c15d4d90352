"""The forms of lists."""

from __future__ import annotations

import pytest
from django.http import QueryDict

from newsletter.web.forms.lists import AskInactiveForm, ListForm, NewListForm

PRESENT = {
    "name": "Morning",
    "description": "",
    "language": "en",
    "opt_in": "double",
    "weekly_day": "friday",
    "privacy_notice": "",
    "public": "yes",
}
SENT = "name=+Dawn+&description=Six+stories&language=de&opt_in=single&weekly_day=monday&privacy_notice="


def test_settings_are_read_as_the_service_takes_them() -> None:
    form = ListForm(QueryDict(SENT), present=PRESENT)
    assert form.is_valid(), form.errors
    assert form.read_changes() == {
        "name": "Dawn",
        "description": "Six stories",
        "language": "de",
        "opt_in": "single",
        "weekly_day": "monday",
        "privacy_notice": "",
        "public": "no",
    }
    ticked = ListForm(QueryDict(f"{SENT}&public=on"), present=PRESENT)
    assert ticked.is_valid()
    assert ticked.read_changes()["public"] == "yes"


def test_a_language_that_only_the_command_line_knows_stays() -> None:
    form = ListForm(present=PRESENT | {"language": "de-AT"})
    assert '<option value="de-AT" selected>' in str(form["language"])
    assert ListForm(QueryDict(SENT.replace("=de&", "=de-AT&")), present=PRESENT | {"language": "de-AT"}).is_valid()
    assert {*ListForm(QueryDict(SENT.replace("=de&", "=de-AT&")), present=PRESENT).errors} == {"language"}


def test_a_new_list_needs_a_name_and_a_short_one() -> None:
    form = NewListForm(QueryDict("language=en"))
    assert {*form.errors} == {"name", "slug"}
    assert [*form.fields] == ["name", "slug", "description", "language"]


@pytest.mark.parametrize(
    ("months", "number", "wrong"), [("6", "", "number"), ("6", "x", "number"), ("5", "3", "months")]
)
def test_the_inactive_are_asked_by_their_number(months: str, number: str, wrong: str) -> None:
    form = AskInactiveForm(QueryDict(f"months={months}&number={number}"))
    assert {*form.errors} == {wrong if wrong == "number" else "__all__"}
    right = AskInactiveForm(QueryDict("months=6&number=1,234"))
    assert right.is_valid()
    assert right.cleaned_data == {"months": 6, "number": 1234}
    right.show_number("1,234")
    assert "1,234" in str(right["number"].label)
