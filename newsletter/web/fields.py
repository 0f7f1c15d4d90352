"""What a browser sends, as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from django.http import QueryDict

from newsletter.kernel.errors import BadInput, Conflict, NewsletterError
from newsletter.kernel.numbers import parse_whole_number
from newsletter.kernel.sentences import phrase

Act = TypeVar("Act")


def read_act(sent: QueryDict, acts: Mapping[str, Act], usual: str = "") -> Act:
    """What the button “do” that was pressed stands for. Raises BadInput for one that the page does not have."""
    act = acts.get(sent.get("do", usual))
    if act is None:
        raise BadInput(phrase("The form has no known action. Load the page again, then repeat it."), "do")
    return act


def get_form_status(problem: NewsletterError | None) -> int:
    """The status of a page that shows its form again with a problem; 200 without one."""
    if problem is None:
        return 200
    return problem.http_status if isinstance(problem, Conflict) else 422


def read_seen(sent: Mapping[str, str]) -> dict[str, str]:
    """What the page was filled with, by field: its form carries that in hidden inputs “seen_…”."""
    return {name.removeprefix("seen_"): sent.get(name, "") for name in sent if name.startswith("seen_")}


def read_number(sent: QueryDict, name: str) -> int | None:
    """The whole number in a field, zero or more; None when it holds anything else, or too many digits."""
    return parse_whole_number(sent.get(name, ""))
