"""Lists, the people on them, the proof that they asked, and who must never be mailed."""

from __future__ import annotations

from django.db import models


class List(models.Model):
    """What people subscribe to."""

    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=120)
    description = models.TextField(blank=True)
    language = models.CharField(max_length=16, default="en")
    double_opt_in = models.BooleanField(default=True)
    public = models.BooleanField(default=True)  # shown on the sign-up and preferences pages
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class Subscriber(models.Model):
    """One person per address."""

    address = models.CharField(max_length=320)  # as typed, for sending
    address_key = models.CharField(max_length=320, unique=True)  # subscribers.addresses.key: casefolded, domain in IDNA
    first_name = models.CharField(max_length=100, blank=True)
    last_name = models.CharField(max_length=100, blank=True)
    language = models.CharField(max_length=16, blank=True)
    zone = models.CharField(max_length=64, blank=True)
    source = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField()
    tracked = models.BooleanField(
        default=True, db_default=True
    )  # False: neither opens nor clicks of this reader are recorded
    soft_bounces = models.PositiveSmallIntegerField(default=0)  # in a row, no delivery between; see policy.MOST_SOFT

    class Meta:
        indexes = [models.Index(fields=["id"], condition=models.Q(soft_bounces__gt=0), name="subscriber_soft_bounced")]

    def __str__(self) -> str:
        return self.address


class AddressChange(models.Model):
    """An address a person had before; from `since` until `until` it was the one to mail."""

    subscriber = models.ForeignKey(Subscriber, on_delete=models.CASCADE, related_name="former_addresses")
    address = models.CharField(max_length=320)
    address_key = models.CharField(max_length=320, db_index=True)
    since = models.DateTimeField()
    until = models.DateTimeField()
    changed_by = models.CharField(max_length=254)

    def __str__(self) -> str:
        return f"{self.address} until {self.until:%Y-%m-%d}"


class Subscription(models.Model):
    """A person on a list."""

    class State(models.TextChoices):
        PENDING = "pending"
        ACTIVE = "active"
        UNSUBSCRIBED = "unsubscribed"
        BOUNCED = "bounced"
        COMPLAINED = "complained"

    list = models.ForeignKey(List, on_delete=models.PROTECT, related_name="subscriptions")
    subscriber = models.ForeignKey(Subscriber, on_delete=models.CASCADE, related_name="subscriptions")
    state = models.CharField(max_length=12, choices=State.choices)
    since = models.DateTimeField()  # of the present state
    confirmed_at = models.DateTimeField(null=True)  # empty when nobody knows
    source = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["list", "subscriber"], name="once_per_list")]
        indexes = [
            models.Index(fields=["list", "state"], name="subscription_state"),
            # Who is not to be mailed, in order: asked for every batch that leaves.
            models.Index(
                fields=["list", "subscriber"], condition=~models.Q(state="active"), name="subscription_silent"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.subscriber_id} {self.state}"


class Engagement(models.Model):
    """What a reader of a list did with its latest editions; only who ever opened or clicked one has a row.

    Bit 0 of `opened` and `clicked` is the edition with the number `newest` of this list, bit 1 the one before, and so on.
    """

    subscription = models.OneToOneField(
        Subscription, on_delete=models.CASCADE, primary_key=True, related_name="engagement"
    )
    newest = models.PositiveIntegerField()
    opened = models.BigIntegerField(default=0)
    clicked = models.BigIntegerField(default=0)
    last_opened_at = models.DateTimeField(null=True)
    last_clicked_at = models.DateTimeField(null=True)
    as_of = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.subscription_id} as of {self.as_of:%Y-%m-%d %H:%M}"


class Consent(models.Model):
    """One change of a subscription, append-only: who, when, how, from where, and the words shown."""

    subscriber = models.ForeignKey(Subscriber, on_delete=models.CASCADE, related_name="consents")
    list = models.ForeignKey(List, on_delete=models.CASCADE, null=True, related_name="+")
    state = models.CharField(max_length=12)  # the state it led to
    at = models.DateTimeField(db_index=True)
    how = models.CharField(max_length=40)  # form, confirmed, one-click, page, import, desk, command, event
    by = models.CharField(max_length=254, blank=True)
    origin = models.CharField(max_length=500, blank=True)  # page or file
    words = models.TextField(blank=True)
    network = models.GenericIPAddressField(null=True)

    def __str__(self) -> str:
        return f"{self.subscriber_id} {self.state} {self.how}"


class Suppression(models.Model):
    """An address never to be mailed, whoever it belongs to."""

    address_key = models.CharField(max_length=320, unique=True)
    reason = models.CharField(max_length=40)
    source = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.address_key}: {self.reason}"


class OwedMail(models.Model):
    """A mail this room owes somebody. `jobs` renders and sends it; the row is the truth."""

    class State(models.TextChoices):
        OWED = "owed"
        CLAIMED = "claimed"
        SENT = "sent"
        FAILED = "failed"
        UNKNOWN = "unknown"

    kind = models.CharField(max_length=20)  # confirm, welcome, goodbye, already, which
    subscriber = models.ForeignKey(Subscriber, on_delete=models.CASCADE, related_name="+")
    list = models.ForeignKey(List, on_delete=models.CASCADE, null=True, related_name="+")
    state = models.CharField(max_length=8, choices=State.choices, default=State.OWED, db_index=True)
    created_at = models.DateTimeField()
    due_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    error = models.TextField(blank=True)

    def __str__(self) -> str:
        return f"{self.kind} for {self.subscriber_id}"


class Visit(models.Model):
    """One knock at a public form, for the limits by address and network. Kept a day."""

    bucket = models.CharField(max_length=20)  # which form
    key = models.CharField(max_length=64)  # keyed hash of the address or network
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["bucket", "key", "at"], name="visit_recent")]

    def __str__(self) -> str:
        return f"{self.bucket} {self.at}"
