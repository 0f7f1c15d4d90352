"""The form that sends an edition, now or at a time. Which of the two a button says: an empty time never means now."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.utils import formats
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from newsletter.kernel import clock
from newsletter.kernel.errors import BadInput
from newsletter.kernel.numbers import parse_whole_number
from newsletter.web.forms.base import CountField, DecisionForm
from newsletter.web.translated import describe_error

FEW, SMALL_PART = 10, 0.01  # so many, or such a part of all, may join or leave while somebody types the number
NOW, SCHEDULE = "now", "schedule"
_PRESS = _("Press one of the buttons that say when to send it.")
_SHOWN_AS = "%Y-%m-%dT%H:%M"  # in a field of a date and a time


class SendForm(DecisionForm):
    """When a mailing leaves, and the number of subscribers as a sign that somebody means it."""

    readers = CountField(label=_("Type the number of subscribers to send"), required=False)
    at = forms.CharField(label=_("Time"), widget=forms.DateTimeInput(attrs={"type": "datetime-local"}), required=False)
    on_other_day = forms.BooleanField(label=_("Send it on that day anyway"), required=False)
    named = forms.CharField(widget=forms.HiddenInput, required=False)  # the time that the button said, as in `at`
    do = forms.ChoiceField(
        widget=forms.HiddenInput,
        choices=[(SCHEDULE, _("Schedule")), (NOW, _("Send now"))],
        error_messages={"required": _PRESS, "invalid_choice": _PRESS},
    )

    def __init__(
        self, *args: Any, subscribers: int, zone: str, planned_at: datetime | None = None, **kwargs: Any
    ) -> None:
        """`subscribers` is how many would get it at this moment, `planned_at` when its schedule would send it."""
        super().__init__(*args, **kwargs)
        if planned_at is not None:
            self.initial["at"] = planned_at.astimezone(clock.get_zone(zone)).strftime(_SHOWN_AS)
        self._subscribers, self._zone = subscribers, zone
        number = formats.number_format(subscribers, force_grouping=True)
        wrong = gettext("Type the number of subscribers: %(number)s. Nothing was sent or scheduled.")
        self._wrong_number = wrong % {"number": number}
        self.fields["readers"].help_text = gettext("What is sent stays sent.")
        self.fields["readers"].error_messages["invalid"] = self._wrong_number
        self.fields["readers"].widget.attrs["required"] = True
        self.fields["at"].help_text = gettext("In %(zone)s") % {"zone": zone}

    @property
    def departs_at(self) -> datetime | None:
        """The time in the field, which the button names; None where none can be read there."""
        try:
            return clock.parse_local_moment(self["at"].value() or "", self._zone, "at")
        except BadInput:
            return None

    def clean_readers(self) -> int:
        """The number that was typed: that of this moment, or the one shown, where few joined or left meanwhile."""
        typed: int = self.cleaned_data["readers"]
        shown = parse_whole_number(self.data.get("shown", ""))
        drift = max(FEW, round(self._subscribers * SMALL_PART))
        is_near = shown is not None and typed == shown and abs(shown - self._subscribers) <= drift
        if typed != self._subscribers and not is_near:
            raise forms.ValidationError(self._wrong_number)
        return typed

    def clean(self) -> dict[str, Any]:
        """When it is to leave; None: now."""
        sent = self.cleaned_data
        typed, at = sent.get("at", ""), None
        if sent.get("do") == SCHEDULE and not typed:
            self.add_error("at", _("Give the date and time at which it is to leave, or press “Send now”."))
        elif sent.get("do") == SCHEDULE:
            try:
                at = clock.parse_local_moment(typed, self._zone, "at")
            except BadInput as problem:
                self.add_error("at", describe_error(problem))
            else:
                if sent.get("named", typed) not in ("", typed):
                    # The button did not say this time yet: what somebody presses is what happens.
                    self.add_error("at", _("You changed the time. If the button says the right one now, press it."))
        return sent | {"at": at}
