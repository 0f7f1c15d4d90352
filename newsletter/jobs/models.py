"""What the background processes say of themselves."""

from __future__ import annotations

from django.db import models


class Heartbeat(models.Model):
    """The last sign of life of a background process, for the watchdog, `doctor` and the desk."""

    name = models.CharField(max_length=80, unique=True)  # heartbeat@host:pid, worker@host:pid
    kind = models.CharField(max_length=20)
    started_at = models.DateTimeField()
    last_seen_at = models.DateTimeField(db_index=True, db_column="beat_at")
    note = models.CharField(max_length=300, blank=True)
    settings = models.CharField(max_length=32, blank=True, default="", db_default="")  # a fingerprint of them

    class Meta:
        db_table = "jobs_pulse"

    def __str__(self) -> str:
        return self.name
