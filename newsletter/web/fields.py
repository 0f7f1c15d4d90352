"""What a browser sends, as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from django.http import QueryDict

from newsletter.kernel.errors import BadInput, Conflict, NewsletterError
from newsletter.kernel.numbers import parse_whole_number

Act = TypeVar("Act")


def read_act(sent: QueryDict, acts: Mapping[str, Act], usual: str = "") -> Act:
    """What the button “do” that was pressed stands for. Raises BadInput for one that the page does not have."""
    act = acts.get(sent.get("do", usual))
    if act is None:
        raise BadInput("The form has no known action. Load the page again, then repeat it.", "do")
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


def require_seen(sent: QueryDict, name: str) -> str:
    """What a field held when the page was loaded, from the form's `seen_NAME`. Raises BadInput without it."""
    seen = sent.get(f"seen_{name}")
    if seen is None:
        raise BadInput("This page is too old to save from. Load it again.", name)
    return seen


def require_content_hash(sent: QueryDict) -> str:
    """The hash of what somebody saw and decides on, from the form's `content_hash`. Raises BadInput without it."""
    found = sent.get("content_hash", "").strip()
    if not found:
        raise BadInput("This page does not say what you saw. Load it again, then decide.", "content_hash")
    return found
