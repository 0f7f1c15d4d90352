"""What the background processes say of themselves, and what they tell users: `jobs.notifications`."""

from __future__ import annotations

from django.db import models

from newsletter.jobs.notification_kinds import MessageState, NotificationKind, Route, WebhookForm


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


class Notification(models.Model):
    """One thing that was told, once: `kind` and `subject` are what it is about. Its text is made of `values`."""

    key = models.CharField(max_length=16, unique=True)  # opaque; receivers of webhooks know it again by this
    kind = models.CharField(max_length=24, choices=NotificationKind.list_choices())
    subject = models.CharField(max_length=200)
    newsletter = models.ForeignKey("catalog.Newsletter", on_delete=models.CASCADE, null=True, related_name="+")
    values = models.JSONField(default=dict)
    at = models.DateTimeField()  # when it happened
    created_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "subject"], name="notification_once")]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}"


class NotificationWebhook(models.Model):
    """An address that notifications are posted to. It and the secret that signs them are sealed."""

    name = models.CharField(max_length=60, unique=True)
    host = models.CharField(max_length=300)  # what of the address may be shown
    address = models.TextField()  # sealed
    secret = models.TextField()  # sealed
    form = models.CharField(max_length=8, choices=WebhookForm.list_choices())
    newsletter = models.ForeignKey("catalog.Newsletter", on_delete=models.CASCADE, null=True, related_name="+")
    kinds = models.JSONField(default=list)  # stored values; empty: all
    allows_private = models.BooleanField(default=False, db_default=False)  # its address may be on a private network
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=254)

    def __str__(self) -> str:
        return self.name


class NotificationMessage(models.Model):
    """A notification to one recipient by one route: to a user by mail, or to a webhook."""

    notification = models.ForeignKey(Notification, on_delete=models.CASCADE, related_name="messages")
    route = models.CharField(max_length=8, choices=Route.list_choices())
    user = models.ForeignKey("accounts.User", on_delete=models.CASCADE, null=True, related_name="+")
    webhook = models.ForeignKey(NotificationWebhook, on_delete=models.CASCADE, null=True, related_name="+")
    state = models.CharField(max_length=8, choices=MessageState.list_choices(), default=MessageState.WAITING.value)
    attempts = models.PositiveIntegerField(default=0, db_default=0)
    due_at = models.DateTimeField()
    lease_until = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=300, blank=True, default="", db_default="")  # of the last try

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["notification", "user"], name="notification_once_per_user"),
            models.UniqueConstraint(fields=["notification", "webhook"], name="notification_once_per_webhook"),
        ]
        indexes = [models.Index(fields=["state", "due_at"], name="notification_message_due")]

    def __str__(self) -> str:
        return f"{self.notification_id} by {self.route}"


class NotificationChoice(models.Model):
    """Whether a user wants to be notified of a kind, of a newsletter or (null) of the service; without: the default."""

    user = models.ForeignKey("accounts.User", on_delete=models.CASCADE, related_name="+")
    newsletter = models.ForeignKey("catalog.Newsletter", on_delete=models.CASCADE, null=True, related_name="+")
    kind = models.CharField(max_length=24, choices=NotificationKind.list_choices())
    wanted = models.BooleanField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "newsletter", "kind"], name="notification_choice_once"),
            models.UniqueConstraint(
                fields=["user", "kind"], condition=models.Q(newsletter=None), name="service_notification_choice_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} for {self.user_id}: {self.wanted}"


class NotificationCondition(models.Model):
    """Something that lasts, and how far telling of it is: `notifications.conditions.ConditionState`."""

    key = models.CharField(max_length=180, unique=True)
    kind = models.CharField(max_length=24, choices=NotificationKind.list_choices())
    newsletter = models.ForeignKey("catalog.Newsletter", on_delete=models.CASCADE, null=True, related_name="+")
    values = models.JSONField(default=dict)  # of when it was told, for saying that it is over
    episode = models.PositiveIntegerField()
    began_at = models.DateTimeField()
    absent_since = models.DateTimeField(null=True)
    told_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True, db_index=True)
    tellings = models.JSONField(default=list)  # instants of the last day, ISO 8601
    version = models.PositiveIntegerField(default=1, db_default=1)

    def __str__(self) -> str:
        return f"{self.key} #{self.episode}"
