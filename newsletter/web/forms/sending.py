"""The form that sends an edition, now or at a time. Which of the two a button says: an empty time never means now."""

from __future__ import annotations

from datetime import datetime

from django import forms

from newsletter.kernel import clock
from newsletter.kernel.errors import BadInput
from newsletter.kernel.numbers import parse_whole_number

NOW, SCHEDULE = "now", "schedule"
_SEPARATORS = str.maketrans("", "", ",.  \N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}'’")


class SendForm(forms.Form):
    """When a mailing leaves, and the number of subscribers as a sign that somebody means it."""

    at = forms.CharField(
        label="Time",
        widget=forms.DateTimeInput(attrs={"type": "datetime-local", "class": "input"}),
        required=False,
    )
    readers = forms.CharField(
        label="Type the number of subscribers to send",
        widget=forms.TextInput(
            attrs={"class": "input input--short", "inputmode": "numeric", "autocomplete": "off", "required": True}
        ),
        required=False,
    )

    def check_readers(self, expected: int) -> None:
        """Raises BadInput unless the number was typed, with separators between the thousands or without."""
        typed = self.data.get("readers", "").translate(_SEPARATORS)
        if parse_whole_number(typed) != expected:
            raise BadInput(f"Type the number of subscribers: {expected:,}. Nothing was sent or scheduled.", "readers")

    def read_time(self, zone: str) -> datetime | None:
        """When it is to leave; None: now. Raises BadInput for a button that is none, and a time that is none."""
        match self.data.get("do", ""):
            case "now":
                return None
            case "schedule":
                typed = self.data.get("at", "").strip()
                if not typed:
                    raise BadInput("Give the date and time at which it is to leave, or press “Send now”.", "at")
                return clock.parse_local_moment(typed, zone, "at")
            case _:
                raise BadInput("Press “Schedule” or “Send now”.", "do")
