"""When newsletters go out: rules, and the single instants planned from them."""

from __future__ import annotations

from django.db import models

from newsletter.scheduling.states import OccurrenceState


class Schedule(models.Model):
    """A rule: on these weekdays at this local time in this zone."""

    newsletter = models.ForeignKey("catalog.Newsletter", on_delete=models.CASCADE, related_name="+")
    weekdays = models.CharField(max_length=7)  # ISO weekdays, "12345" = Monday to Friday
    time = models.TimeField()  # local
    zone = models.CharField(max_length=64)
    open_before_minutes = models.PositiveIntegerField(default=180)  # when the edition is opened and prefilled
    active = models.BooleanField(default=True)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.weekdays} {self.time:%H:%M} {self.zone}"


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
