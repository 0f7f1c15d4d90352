"""The form of a schedule."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from newsletter.catalog.values import Newsletter
from newsletter.kernel import clock
from newsletter.scheduling import recurrence, rule_text
from newsletter.scheduling.schedules import ScheduleChanges, format_values
from newsletter.scheduling.states import OnHoliday
from newsletter.scheduling.values import Schedule
from newsletter.web.forms.base import DayField, DeskForm

WEEKDAYS, MONTHLY, RULE = "weekdays", "monthly", "recurrence"
_MAY_BE_LEFT = {"zone", "on_holiday"}  # empty, they stay as they are
_TEXTS = ("time", "zone", "starts_on", "ends_on", "region", "on_holiday")


class ScheduleForm(DeskForm):
    """When a newsletter goes out. What it means is checked by the service, whose refusals stand at the fields."""

    days_by = forms.ChoiceField(
        label=_("Repeats"),
        choices=[(WEEKDAYS, _("On weekdays")), (MONTHLY, _("On a day of the month")), (RULE, _("By a rule"))],
        widget=forms.RadioSelect,
        initial=WEEKDAYS,
        required=False,
    )
    weekdays = forms.MultipleChoiceField(
        label=_("Weekdays"),
        choices=[(str(day), _(rule_text.format_weekdays(str(day)))) for day in range(1, 8)],
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    every_weeks = forms.CharField(label=_("Every … weeks"), initial="1", required=False)
    monthly = forms.CharField(
        label=_("Day of the month"), help_text=_("15, last, first monday, last weekday"), required=False
    )
    recurrence = forms.CharField(
        label=_("Rule (RFC 5545)"), help_text="FREQ=MONTHLY;BYDAY=2TU", required=False, max_length=recurrence.LONGEST
    )
    time = forms.CharField(label=_("Time"), help_text=_("07:00, or several: 07:00, 17:30"), required=False)
    zone = forms.CharField(label=_("Time zone"), help_text=_("Empty: the newsletter’s"), required=False)
    starts_on = forms.CharField(label=_("First day"), widget=forms.DateInput(attrs={"type": "date"}), required=False)
    ends_on = forms.CharField(label=_("Last day"), widget=forms.DateInput(attrs={"type": "date"}), required=False)
    region = forms.CharField(
        label=_("Holidays of"), help_text=_("GB-ENG, England, Germany; empty: none"), required=False
    )
    on_holiday = forms.ChoiceField(label=_("On a holiday"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["every_weeks"].widget.attrs["class"] = "input input--short"
        choice: Any = self.fields["on_holiday"]
        choice.choices = [(value, gettext(label)) for value, label in OnHoliday.list_choices()]

    @classmethod
    def of(cls, schedule: Schedule, prefix_id: str) -> ScheduleForm:
        """The form filled with a schedule that is there."""
        parsed = recurrence.parse_recurrence(schedule.recurrence)
        days = "".join(
            str(recurrence.WEEKDAYS.index(day) + 1)
            for day in parsed.parts.get("BYDAY", "").split(",")
            if parsed.frequency == "WEEKLY" and set(parsed.parts) <= {"FREQ", "INTERVAL", "BYDAY"} and day
        )
        return cls(
            initial={
                **format_values(schedule),
                "days_by": WEEKDAYS if days else RULE,
                "weekdays": list(days),
                "every_weeks": str(parsed.interval) if days else "1",
                "recurrence": "" if days else schedule.recurrence,
            },
            auto_id=f"{prefix_id}-%s",
        )

    def read_changes(self) -> ScheduleChanges:
        """What was sent, as the service takes it; without what the page did not send."""
        sent = self.data
        changes: ScheduleChanges = {}
        by = sent.get("days_by") or WEEKDAYS
        if by == MONTHLY:
            changes["monthly"] = sent.get("monthly", "") or " "
        elif by == RULE:
            changes["recurrence"] = sent.get("recurrence", "") or " "
        else:
            changes["weekdays"] = "".join(self["weekdays"].value() or ())
            changes["every_weeks"] = sent.get("every_weeks") or "1"
        for name in _TEXTS:
            if name in sent and (sent[name] or name not in _MAY_BE_LEFT):
                changes[name] = sent[name]  # type: ignore[literal-required]
        return changes


class NewScheduleForm(ScheduleForm):
    """The schedule of a newsletter that is chosen with it."""

    newsletter = forms.CharField(
        label=_("Newsletter"),
        widget=forms.Select(attrs={"class": "input--mid"}),
        error_messages={"required": _("Choose the newsletter.")},
    )

    def __init__(self, *args: Any, newsletters: Iterable[Newsletter], **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "new-%s"} | kwargs)
        select = cast(forms.Select, self.fields["newsletter"].widget)
        select.choices = [(each.slug, each.name) for each in newsletters]


class SkipDateForm(DeskForm):
    """Which date is skipped and why; or that it is unskipped."""

    date = DayField(hidden=True, error_messages={"required": _("The page does not say which date.")})
    instant = forms.CharField(widget=forms.HiddenInput, required=False)
    # The browser asks for it, so that the dialog stays; the button that unskips is on a form without it.
    reason = forms.CharField(
        label=_("Reason"),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"required": True, "pattern": r".*\S.*"}),
    )
    undo = forms.BooleanField(widget=forms.HiddenInput, required=False)

    def clean(self) -> dict[str, Any]:
        """Skipping takes a reason."""
        if not self.cleaned_data.get("undo") and not self.cleaned_data.get("reason") and "reason" not in self.errors:
            self.add_error("reason", _("Say why it is skipped."))
        return self.cleaned_data

    def read_time(self, zone: str) -> str:
        """At which of the times of the date: that of the row, for the others of a day have rows of their own."""
        instant = self.cleaned_data["instant"]
        if not instant:
            return ""
        return f"{clock.parse_local_moment(instant, zone, 'instant').astimezone(clock.get_zone(zone)):%H:%M}"
