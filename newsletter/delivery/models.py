"""The ledger: what was to be sent to whom, in which request, and what became of it.

Fields that were added later have a default in the database too: a worker of the version before must be able to
write rows while a new one is rolled out.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import ClassVar

from django.db import models

from newsletter.delivery.ledger.states import BatchState, ExclusionReason, MailingKind, MailingState, RecallState
from newsletter.kernel import clock


class Mailing(models.Model):
    """One sending of one snapshot to one audience."""

    key = models.CharField(max_length=12, unique=True)  # opaque; travels as nl_mailing
    kind = models.CharField(max_length=10, choices=MailingKind.list_choices())
    newsletter = models.ForeignKey("catalog.Newsletter", on_delete=models.PROTECT, related_name="+")
    edition = models.ForeignKey("curator.Edition", on_delete=models.PROTECT, related_name="+")
    snapshot = models.ForeignKey("curator.Snapshot", on_delete=models.PROTECT, related_name="+")
    occurrence = models.OneToOneField("scheduler.Occurrence", on_delete=models.PROTECT, null=True, related_name="+")
    list = models.ForeignKey("subscribers.List", on_delete=models.PROTECT, related_name="+")
    provider = models.CharField(max_length=20)
    state = models.CharField(max_length=12, db_index=True, choices=MailingState.list_choices())
    reason = models.CharField(max_length=300, blank=True)
    due_at = models.DateTimeField()
    recall = models.CharField(max_length=8, blank=True, db_default="", choices=RecallState.list_choices())
    begins_at = models.DateTimeField(null=True)  # with a recall window: when submitting begins, before `due_at`
    cancel_id = models.CharField(
        max_length=100, blank=True, db_default=""
    )  # the provider's id by which all of it can be cancelled
    recalled_at = models.DateTimeField(null=True)  # when the provider confirmed it
    recalling_since = models.DateTimeField(null=True)  # when somebody last asked for a recall
    recalling_by = models.CharField(max_length=254, blank=True, db_default="")
    ask_provider_at = models.DateTimeField(null=True)  # when the provider is next asked about `cancel_id`; None: now
    cancel_ids_asked = models.PositiveIntegerField(default=0, db_default=0)  # one is `cancel_id`, others were lost
    window_checked_at = models.DateTimeField(null=True)  # when, past the last call, the provider had it not cancelled
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=254)
    frozen_at = models.DateTimeField(null=True)  # addresses and subscriptions count as of this instant
    frozen_through = models.BigIntegerField(default=0)  # highest subscriber id already planned or excluded
    frozen_upto = models.BigIntegerField(null=True)  # highest subscriber id of the audience
    suppressed_upto = models.BigIntegerField(
        default=0
    )  # highest suppression id there was: later ones count at hand-over
    # What every message has besides the composed mail, as of the freeze. None: of the version before, which asks the
    # newsletter with every batch.
    envelope_settings = models.JSONField(null=True)
    account = models.CharField(max_length=200, blank=True, default="", db_default="")  # the only one it may leave by
    started_at = models.DateTimeField(null=True)  # first hand-over
    finished_at = models.DateTimeField(null=True)
    resumed_at = models.DateTimeField(null=True)  # the last time
    # When a batch of it last began, by the minute, or somebody decided that it goes on: lateness counts from it.
    underway_at = models.DateTimeField(null=True)
    proven_at = models.DateTimeField(null=True)  # since it began or was resumed, the provider accepts its batches
    per_minute = models.PositiveIntegerField(default=0, db_default=0)  # its newsletter's limit when times were planned
    closed_unknown = models.PositiveIntegerField(
        default=0, db_default=0
    )  # so many were unknown when somebody closed it
    ordinal = models.PositiveIntegerField(default=0, db_default=0)  # of its list, by the freeze; 0: never frozen
    candidates = models.PositiveIntegerField(default=0)
    planned = models.PositiveIntegerField(default=0)
    excluded = models.PositiveIntegerField(default=0)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["edition"],
                condition=models.Q(kind=MailingKind.EDITION.value) & ~models.Q(state=MailingState.CANCELLED.value),
                name="one_mailing_per_edition",
            )
        ]

    def __str__(self) -> str:
        return self.key


class Batch(models.Model):
    """The deliveries that share one provider request; its members and their outcomes are packed."""

    mailing = models.ForeignKey(Mailing, on_delete=models.CASCADE, related_name="batches")
    number = models.PositiveIntegerField()
    key = models.CharField(max_length=12, unique=True)  # opaque; travels as nl_batch
    stratum = models.PositiveSmallIntegerField(
        default=0, db_default=0
    )  # number of its stratum in this mailing, as in `AudienceIndex`
    wave = models.PositiveSmallIntegerField(default=0)
    variant = models.CharField(max_length=20, blank=True)
    language = models.CharField(max_length=16, blank=True)
    tracking = models.BooleanField(default=True)
    repair = models.BooleanField(default=False)  # its members were planned before, in a batch that did not reach them
    format = models.PositiveSmallIntegerField()  # of `members` and `outcomes`; see delivery.ledger
    members = models.BinaryField()
    outcomes = models.BinaryField()
    size = models.PositiveIntegerField()
    first_id = models.BigIntegerField()
    last_id = models.BigIntegerField()
    state = models.CharField(max_length=10, choices=BatchState.list_choices())
    attempt = models.PositiveIntegerField(default=0)
    # Attempts that were begun, ever: unlike `attempt` it never falls, so a lower one is of rows that went back in time.
    begun = models.PositiveIntegerField(default=0, db_default=0)
    attempt_key = models.CharField(max_length=12, blank=True)  # opaque; travels as nl_attempt
    # The attempt that an event proved to have gone through. "": none, or the latest, where the answer said so.
    proven_attempt = models.CharField(max_length=40, blank=True, default="", db_default="")
    lease_owner = models.CharField(max_length=80, blank=True)
    lease_until = models.DateTimeField(null=True)
    due_at = models.DateTimeField()
    send_at = models.DateTimeField(null=True)  # within a recall window: when the provider is to send it
    submitted_at = models.DateTimeField(null=True, db_column="handed_over_at")
    provider_id = models.CharField(max_length=200, blank=True)
    error = models.TextField(blank=True)
    failing_since = models.DateTimeField(null=True)  # each attempt since then was in vain; `due_at` moves on with each
    version = models.PositiveIntegerField(default=1)
    folded = models.PositiveIntegerField(default=0, db_default=0)  # the version whose engagement subscribers have

    class Meta:
        constraints = [models.UniqueConstraint(fields=["mailing", "number"], name="batch_number_once")]
        indexes = [
            models.Index(fields=["state", "due_at"], name="batch_due"),
            models.Index(fields=["first_id", "last_id"], name="batch_members"),
            models.Index(fields=["mailing", "stratum", "first_id"], name="batch_of_person"),
            models.Index(
                fields=["mailing", "due_at"], name="batch_planned", condition=models.Q(state=BatchState.PLANNED.value)
            ),
            # How far a ledger is, without a look at its rows, which are long: reports.ledger_sums.
            models.Index(fields=["mailing", "state", "version", "number"], name="batch_stand"),
        ]

    def __str__(self) -> str:
        return f"{self.mailing_id}/{self.number}"


class LedgerSums(models.Model):
    """What the batches of a mailing add up to, as of a stand of its ledger: see reports.ledger_sums."""

    mailing = models.OneToOneField(Mailing, on_delete=models.CASCADE, primary_key=True, related_name="sums")
    batches = models.PositiveIntegerField()
    changes = models.PositiveBigIntegerField()
    sums = models.JSONField()  # by variant: members by outcome, by flag

    class Meta:
        db_table = "delivery_sums"

    def __str__(self) -> str:
        return f"{self.mailing_id} at {self.batches}, {self.changes}"


class Exclusion(models.Model):
    """Candidates excluded from a mailing for one reason, packed like the members of a batch."""

    mailing = models.ForeignKey(Mailing, on_delete=models.CASCADE, related_name="exclusions")
    reason = models.CharField(max_length=20, choices=ExclusionReason.list_choices())
    format = models.PositiveSmallIntegerField()
    members = models.BinaryField()
    size = models.PositiveIntegerField()
    first_id = models.BigIntegerField()
    last_id = models.BigIntegerField()

    class Meta:
        indexes = [
            models.Index(fields=["first_id", "last_id"], name="exclusion_members"),
            models.Index(
                fields=["mailing"],
                condition=models.Q(reason=ExclusionReason.UNDECIDED.value),
                name="exclusion_undecided",
            ),
            models.Index(fields=["mailing", "reason", "size"], name="exclusion_sum"),
        ]

    def __str__(self) -> str:
        return f"{self.mailing_id} {self.reason}"


class AudienceIndex(models.Model):
    """Where the candidates of a mailing with ids from `first_id` on are: a stratum of batches, or an exclusion.

    Without it, finding one person would mean to look into a batch of every stratum of every mailing.
    """

    mailing = models.ForeignKey(Mailing, on_delete=models.CASCADE, related_name="audience_index")
    first_id = models.BigIntegerField()
    last_id = models.BigIntegerField()
    format = models.PositiveSmallIntegerField()
    places = models.BinaryField()  # delivery.ledger.pack_places

    class Meta:
        db_table = "delivery_directory"
        indexes = [models.Index(fields=["mailing", "first_id"], name="directory_of_person")]

    def __str__(self) -> str:
        return f"{self.mailing_id} {self.first_id}–{self.last_id}"


class DeliveryException(models.Model):
    """Something out of the ordinary that happened to one delivery: refused, withdrawn, bounced, dropped, complained."""

    mailing = models.ForeignKey(Mailing, on_delete=models.CASCADE, related_name="exceptions")
    batch = models.ForeignKey(Batch, on_delete=models.CASCADE, null=True, related_name="exceptions")
    subscriber = models.ForeignKey(
        "subscribers.Subscriber", on_delete=models.DO_NOTHING, db_constraint=False, related_name="+"
    )
    address = models.CharField(max_length=320)
    kind = models.CharField(max_length=20)
    reason = models.TextField(blank=True)
    at = models.DateTimeField()

    class Meta:
        db_table = "delivery_incident"
        indexes = [models.Index(fields=["mailing", "kind"], name="incident_kind")]

    def __str__(self) -> str:
        return f"{self.kind} {self.address}"


class WebhookPayloads(models.QuerySet["WebhookPayload"]):
    """Payloads, and which of them are to be applied."""

    def due(self, now: datetime) -> WebhookPayloads:
        """Fresh ones, and those that failed and whose time has come again."""
        return self.filter(models.Q(next_at=None) | models.Q(next_at__lte=now))


class WebhookPayload(models.Model):
    """What the provider posted to us, as it came, until it is applied. Nothing that is not applied is deleted."""

    digest = models.BinaryField(max_length=32, unique=True)  # SHA-256: the same payload sent again is the same row
    body = models.BinaryField()
    received_at = models.DateTimeField(db_index=True)
    failures = models.PositiveIntegerField(default=0, db_default=0)  # how often applying it failed
    next_at = models.DateTimeField(null=True)  # when it is tried again; None: it did not fail
    error = models.CharField(max_length=300, blank=True, default="", db_default="")
    quarantined_at = models.DateTimeField(null=True)  # since when it is kept aside, tried now and then

    objects: ClassVar[WebhookPayloads] = WebhookPayloads.as_manager()  # type: ignore[assignment]

    class Meta:
        db_table = "delivery_post"

    def __str__(self) -> str:
        return f"{self.received_at:%Y-%m-%d %H:%M:%S}"


class SeenEvent(models.Model):
    """An event that was applied: the provider may report it again for as long as its payloads are taken."""

    id = models.BigIntegerField(primary_key=True)  # 63 bits of a hash of the provider's event id
    at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return str(self.id)


class WorkerLock(models.Model):
    """The one process that applies events, or folds engagement down, at this time: a lease, so that no two do."""

    name = models.CharField(max_length=20, primary_key=True)
    owner = models.CharField(max_length=80, blank=True)
    lease_until = models.DateTimeField(null=True)

    class Meta:
        db_table = "delivery_applier"

    def __str__(self) -> str:
        return f"{self.name} {self.owner}"


class Alarm(models.Model):
    """Something an operator must know of a mailing or (null) of our account with the provider; stored once, counted."""

    mailing = models.ForeignKey(Mailing, on_delete=models.CASCADE, null=True, related_name="alarms")
    message = models.CharField(max_length=300)
    count = models.PositiveIntegerField(default=0)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["mailing", "message"], name="alarm_once"),
            models.UniqueConstraint(fields=["message"], condition=models.Q(mailing=None), name="house_alarm_once"),
        ]

    def __str__(self) -> str:
        return self.message


class FailedItem(models.Model):
    """Something a step fails with: a mailing, a batch, or (0) the step itself. Deleted when it succeeds."""

    step = models.CharField(max_length=40)
    item = models.BigIntegerField(default=0, db_default=0)
    failures = models.PositiveIntegerField(default=0, db_default=0)
    error = models.CharField(max_length=300, blank=True, default="", db_default="")
    first_at = models.DateTimeField()
    next_at = models.DateTimeField()  # when it is tried again

    class Meta:
        constraints = [models.UniqueConstraint(fields=["step", "item"], name="failed_item_once")]

    def __str__(self) -> str:
        return f"{self.step} {self.item}"


class SendAgain(models.Model):
    """A subscriber who bounced for a reason that was ours, and is to be sent the mailing again: an intention.

    Stored before anything is done about it, deleted when it is: `released_at` the provider gave the address free,
    `lifted_at` our own lists did.
    """

    mailing = models.ForeignKey(Mailing, on_delete=models.CASCADE, related_name="+")
    exception = models.OneToOneField(DeliveryException, on_delete=models.CASCADE, related_name="+")
    subscriber_id = models.BigIntegerField(db_index=True)
    asked_at = models.DateTimeField()
    asked_by = models.CharField(max_length=254)
    released_at = models.DateTimeField(null=True)
    lifted_at = models.DateTimeField(null=True)
    next_at = models.DateTimeField()  # when the provider is asked
    error = models.CharField(max_length=300, blank=True, default="", db_default="")  # of the provider

    class Meta:
        indexes = [models.Index(fields=["released_at", "next_at"], name="send_again_due")]

    def __str__(self) -> str:
        return f"{self.mailing_id} {self.subscriber_id}"


class RateLimits(models.QuerySet["RateLimit"]):
    """Limits, and which of them are closed."""

    LONGEST_CLOSED = timedelta(hours=1)  # what a provider may ask for: `retry`

    def select_closed(self, now: datetime) -> RateLimits:
        """The providers that want nothing of us now."""
        latest = clock.compute_latest_end(now, self.LONGEST_CLOSED)
        return self.filter(closed_until__gt=now, closed_until__lte=latest)


class RateLimit(models.Model):
    """A limit that mailings share: of a provider (by its name), of a newsletter, or of recall windows.

    Its row is locked while due times are planned, a batch is claimed under it, or a window is opened.
    """

    name = models.CharField(max_length=20, primary_key=True)
    next_at = models.DateTimeField(null=True)  # when the next batch may leave, after those that have
    closed_until = models.DateTimeField(null=True)  # the provider asked us to wait until then

    objects: ClassVar[RateLimits] = RateLimits.as_manager()  # type: ignore[assignment]

    class Meta:
        db_table = "delivery_pace"

    def __str__(self) -> str:
        return self.name


class SuppressionSync(models.Model):
    """How far the provider's own lists of suppressed addresses are taken over, and when they are asked for again."""

    provider = models.CharField(max_length=20, primary_key=True)
    synced_until = models.DateTimeField(null=True, db_column="pulled_until")
    next_at = models.DateTimeField()
    error = models.CharField(max_length=300, blank=True)

    class Meta:
        db_table = "delivery_pull"

    def __str__(self) -> str:
        return f"{self.provider} until {self.synced_until}"


class PickClicks(models.Model):
    """How often the links of one story of a mailing were clicked, by people and by machines."""

    mailing = models.ForeignKey(Mailing, on_delete=models.CASCADE, related_name="pick_clicks")
    pick = models.CharField(max_length=40)  # the pick's key, as its links carry it
    people = models.PositiveIntegerField(default=0)
    machines = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["mailing", "pick"], name="clicks_once_per_pick")]

    def __str__(self) -> str:
        return f"{self.mailing_id} {self.pick}"


class SetupProbe(models.Model):
    """What asking over the network showed of our setup, the last time: `delivery.setup_problems`."""

    code = models.CharField(max_length=20, primary_key=True)
    about = models.CharField(max_length=300)  # the address or the account that was asked; of another it says nothing
    problem = models.CharField(max_length=300, blank=True)  # "": none
    checked_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.code} {self.problem}"


class RefusedPosts(models.Model):
    """Posts to the webhook that were refused on a day: counted, and not kept."""

    day = models.DateField(unique=True)
    count = models.PositiveIntegerField(default=0, db_default=0)
    reason = models.CharField(max_length=200)  # of the last
    last_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.day}: {self.count}"


class UnmatchedEventCount(models.Model):
    """Events of a day that were about no delivery and nobody of ours: counted, and not kept."""

    day = models.DateField(unique=True)
    count = models.PositiveIntegerField(default=0)

    class Meta:
        db_table = "delivery_stray"

    def __str__(self) -> str:
        return f"{self.day}: {self.count}"


class WitnessedRequest(models.Model):
    """A request that the provider reports on and the ledger does not know: `sending.witnessed_requests`."""

    mailing = models.CharField(max_length=40, db_index=True)  # the keys, as events name them
    batch = models.CharField(max_length=40, unique=True)
    attempt = models.CharField(max_length=40, blank=True)
    people = models.BinaryField()  # digests of the addresses, packed
    size = models.PositiveIntegerField(default=0, db_default=0)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    noted_at = models.DateTimeField(db_index=True)

    class Meta:
        db_table = "delivery_witnessed"

    def __str__(self) -> str:
        return f"{self.mailing} {self.batch}"


class Installation(models.Model):
    """This installation, one row: who it is, how far it is, and whether sending is held: `delivery.installation`."""

    identity = models.CharField(max_length=12)
    history = models.CharField(max_length=12)  # another one begins when a person decides after rows went back
    former_histories = models.JSONField(default=list)  # those that a person has decided about
    mark = models.BigIntegerField(default=0, db_default=0)  # only rises; other machines' state folders know it too
    marked_at = models.DateTimeField(null=True)
    machine = models.CharField(max_length=40, blank=True, default="", db_default="")  # SQLite: which ran it last
    held_since = models.DateTimeField(null=True)
    held_reason = models.CharField(max_length=500, blank=True, default="", db_default="")
    outbox_only = models.BooleanField(default=False, db_default=False)  # a copy: nothing leaves by the provider

    class Meta:
        db_table = "delivery_installation"

    def __str__(self) -> str:
        return self.identity
