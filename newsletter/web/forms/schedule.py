"""The form of a schedule."""

from __future__ import annotations

from typing import Any

from django import forms

from newsletter.kernel.errors import BadInput, NewsletterError
from newsletter.scheduling import recurrence, rule_text
from newsletter.scheduling.schedules import ScheduleChanges, format_values
from newsletter.scheduling.states import OnHoliday
from newsletter.scheduling.values import Schedule

WEEKDAYS, MONTHLY, RULE = "weekdays", "monthly", "recurrence"
_MAY_BE_LEFT = {"zone", "on_holiday"}  # empty, they stay as they are
_TEXTS = ("time", "zone", "starts_on", "ends_on", "region", "on_holiday")


class ScheduleForm(forms.Form):
    """When a newsletter goes out. What it means is checked by the service, whose refusals stand at the fields."""

    days_by = forms.ChoiceField(
        label="Repeats",
        choices=[(WEEKDAYS, "On weekdays"), (MONTHLY, "On a day of the month"), (RULE, "By a rule")],
        widget=forms.RadioSelect,
        initial=WEEKDAYS,
        required=False,
    )
    weekdays = forms.MultipleChoiceField(
        label="Weekdays",
        choices=[(str(day), rule_text.format_weekdays(str(day))) for day in range(1, 8)],
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    every_weeks = forms.CharField(label="Every … weeks", initial="1", required=False)
    monthly = forms.CharField(
        label="Day of the month", help_text="15, last, first monday, last weekday", required=False
    )
    recurrence = forms.CharField(
        label="Rule (RFC 5545)", help_text="FREQ=MONTHLY;BYDAY=2TU", required=False, max_length=recurrence.LONGEST
    )
    time = forms.CharField(label="Time", help_text="07:00, or several: 07:00, 17:30", required=False)
    zone = forms.CharField(label="Time zone", help_text="By default the newsletter's", required=False)
    starts_on = forms.CharField(label="First day", widget=forms.DateInput(attrs={"type": "date"}), required=False)
    ends_on = forms.CharField(label="Last day", widget=forms.DateInput(attrs={"type": "date"}), required=False)
    region = forms.CharField(label="Holidays of", help_text="GB-ENG, England, Germany; empty: none", required=False)
    on_holiday = forms.ChoiceField(label="On a holiday", choices=OnHoliday.list_choices(), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            if not isinstance(field.widget, forms.RadioSelect | forms.CheckboxSelectMultiple):
                field.widget.attrs["class"] = "input"
        for name in ("every_weeks", "time"):
            self.fields[name].widget.attrs["class"] = "input input--short"

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

    def show_problem(self, problem: NewsletterError) -> None:
        """Shows a refusal of the service at its field, or above the form where it has none here."""
        self.is_valid()
        field = problem.field if isinstance(problem, BadInput) and problem.field in self.fields else None
        self.add_error(field, str(problem))
