"""What the form that restores reads."""

from __future__ import annotations

import pytest
from django.http import QueryDict

from newsletter.kernel.errors import BadInput
from newsletter.web.forms.history import RestoreForm


def test_a_field_a_part_or_all() -> None:
    assert RestoreForm(QueryDict("since=3&upto=9")).read() == (3, 9, None)
    assert RestoreForm(QueryDict("since=3&upto=9&address=|subject")).read() == (3, 9, [("", "subject")])
    assert RestoreForm(QueryDict("since=3&upto=9&address=story:ab|")).read() == (3, 9, [("story:ab", "")])
    with pytest.raises(BadInput):
        RestoreForm(QueryDict("since=3&upto=x")).read()
