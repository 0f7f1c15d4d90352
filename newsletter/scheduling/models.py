"""When newsletters go out: rules, and the single instants planned from them."""

from __future__ import annotations

from django.db import models

from newsletter.scheduling.states import OccurrenceState, OnHoliday


class Schedule(models.Model):
    """A rule: on these days at these local times in this zone.

    `weekdays` is set where that says all of its days, and empty where `recurrence` does: versions that know weekdays
    alone then plan nothing by it, rather than something else.
    """

    newsletter = models.ForeignKey("catalog.Newsletter", on_delete=models.CASCADE, related_name="+")
    weekdays = models.CharField(max_length=7)  # ISO weekdays, "12345" = Monday to Friday
    time = models.TimeField()  # local; the first of a day
    zone = models.CharField(max_length=64)
    recurrence = models.CharField(max_length=500, blank=True, default="", db_default="")  # RFC 5545
    more_times = models.CharField(max_length=200, blank=True, default="", db_default="")  # 17:30, 21:00
    starts_on = models.DateField(null=True)  # local; from when a recurrence counts
    ends_on = models.DateField(null=True)  # local; its last day
    region = models.CharField(max_length=20, blank=True, default="", db_default="")  # of its holidays; GB-ENG
    on_holiday = models.CharField(
        max_length=8,
        choices=OnHoliday.list_choices(),
        default=OnHoliday.SKIP.value,
        db_default=OnHoliday.SKIP.value,
    )
    planned_until = models.DateTimeField(null=True)  # its occurrences are written down up to then
    removed_at = models.DateTimeField(null=True)  # what it sent stays on record
    open_before_minutes = models.PositiveIntegerField(default=180)  # when the edition is opened and prefilled
    active = models.BooleanField(default=True)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.recurrence or self.weekdays} {self.time:%H:%M} {self.zone}"


class Skip(models.Model):
    """A local date on which a schedule rests, and why."""

    schedule = models.ForeignKey(Schedule, on_delete=models.CASCADE, related_name="skips")
    date = models.DateField()
    reason = models.CharField(max_length=300)
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=254)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["schedule", "date"], name="skip_once")]

    def __str__(self) -> str:
        return f"{self.date}: {self.reason}"


class Occurrence(models.Model):
    """One planned instant of a schedule."""

    schedule = models.ForeignKey(Schedule, on_delete=models.CASCADE, related_name="occurrences")
    newsletter = models.ForeignKey("catalog.Newsletter", on_delete=models.CASCADE, related_name="+")
    instant = models.DateTimeField(db_index=True)
    date = models.DateField()  # local
    moved_from = models.DateField(null=True)  # where a holiday moved it: its date by the rule
    opens_at = models.DateTimeField()
    state = models.CharField(
        max_length=8,
        choices=OccurrenceState.list_choices(),
        default=OccurrenceState.PLANNED.value,
    )
    reason = models.CharField(max_length=300, blank=True)
    edition = models.ForeignKey("curator.Edition", on_delete=models.SET_NULL, null=True, related_name="+")
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["schedule", "instant"], name="occurrence_once")]

    def __str__(self) -> str:
        return f"{self.schedule_id} {self.instant:%Y-%m-%d %H:%M} UTC"
