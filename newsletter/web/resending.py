"""A form that was sent when the session had ended: the sign-in pages carry it along, and offer to send it again.

Nothing is stored: the text goes from page to page in hidden fields until somebody has signed in and presses the button.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from django.http import HttpRequest

CARRIED = 200_000  # characters of a form at most; longer than all fields of a story together
_SECRETS = ("password", "code")  # a form with one of these is not carried along
_OLD = "csrfmiddlewaretoken"  # the token of the session that ended


@dataclass(frozen=True, slots=True)
class UnsentForm:
    """A form that was sent to a page of the desk, and not taken."""

    address: str
    values: tuple[tuple[str, str], ...]

    def pack(self) -> str:
        """The form as a text for a hidden field."""
        return json.dumps([self.address, self.values])

    @property
    def typed(self) -> tuple[str, ...]:
        """What somebody may have typed, to be read before it is sent again: texts that a field did not hold before."""
        seen = {name: value for name, value in self.values if name.startswith("seen_")}
        typed = [(name, value) for name, value in self.values if name not in seen and " " in value]
        return tuple(value for name, value in typed if value != seen.get(f"seen_{name}"))


def read_unsent(request: HttpRequest) -> UnsentForm | None:
    """The form that was sent; None for what is not carried along: files, passwords, and what is too long."""
    values = tuple((name, text) for name, texts in request.POST.lists() for text in texts if name != _OLD)
    is_secret = any(secret in name for name, _text in values for secret in _SECRETS)
    unsent = UnsentForm(request.get_full_path(), values)
    return unsent if values and not request.FILES and not is_secret and len(unsent.pack()) <= CARRIED else None


def unpack(text: str) -> UnsentForm | None:
    """What `UnsentForm.pack` packed; None for anything else."""
    try:
        address, values = json.loads(text)
        pairs = tuple((str(name), str(value)) for name, value in values)
    except (ValueError, TypeError, RecursionError):
        return None
    return UnsentForm(str(address), pairs) if len(text) <= CARRIED else None
