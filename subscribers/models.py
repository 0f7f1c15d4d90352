"""Lists, the people on them, the proof that they asked, and who must never be mailed."""

from __future__ import annotations

import builtins

from django.db import models

from subscribers.states import (
    AttributeKind,
    DomainVerdict,
    Frequency,
    ImportState,
    SubscriptionState,
    Tier,
    TransactionalState,
)


class List(models.Model):
    """What people subscribe to."""

    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=120)
    description = models.TextField(blank=True)
    language = models.CharField(max_length=16, default="en")
    double_opt_in = models.BooleanField(default=True)
    public = models.BooleanField(default=True)  # shown on the sign-up and preferences pages
    privacy_notice = models.TextField(blank=True, default="", db_default="")  # under the form; its addresses are links
    weekly_day = models.PositiveSmallIntegerField(
        default=5, db_default=5
    )  # of the week, Monday 0: whose edition those get who want one a week
    newest_edition = models.PositiveIntegerField(default=0, db_default=0)  # whose opens and clicks are known
    engagement_as_of = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True)  # the row stays: subscriptions, consents and mailings are proof

    def __str__(self) -> str:
        return self.name


class Subscriber(models.Model):
    """One person per address."""

    address = models.CharField(max_length=320)  # as typed, for sending
    address_key = models.CharField(
        max_length=320, unique=True
    )  # subscribers.addresses.to_key: casefolded, domain in IDNA
    first_name = models.CharField(max_length=100, blank=True)
    last_name = models.CharField(max_length=100, blank=True)
    language = models.CharField(max_length=16, blank=True)
    zone = models.CharField(max_length=64, blank=True)
    source = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField()
    tracked = models.BooleanField(
        default=True, db_default=True
    )  # False: neither opens nor clicks of this subscriber are recorded
    tracking_agreed_at = models.DateTimeField(null=True)  # when they agreed to it, where they are asked
    soft_bounces = models.PositiveSmallIntegerField(
        default=0
    )  # in a row, no delivery between; see policy.MAX_SOFT_BOUNCES
    tier = models.CharField(
        max_length=8, choices=Tier.list_choices(), default=Tier.FREE.value, db_default=Tier.FREE.value
    )
    # From then on the tier counts as free, whether or not the sweep has come by: subscribers.tiers.
    tier_ends_at = models.DateTimeField(null=True)
    attributes = models.JSONField(default=dict, db_default={})  # by the names of Attribute; values as its kind wants

    class Meta:
        indexes = [
            models.Index(fields=["id"], condition=models.Q(soft_bounces__gt=0), name="subscriber_soft_bounced"),
            models.Index(fields=["tier", "id"], condition=~models.Q(tier=Tier.FREE.value), name="subscriber_not_free"),
            models.Index(
                fields=["tier_ends_at"], condition=models.Q(tier_ends_at__isnull=False), name="subscriber_tier_ends"
            ),
        ]

    def __str__(self) -> str:
        return self.address


class OwnTier(models.Model):
    """A tier of the newsroom's own: its name, and the code that subscribers are stored with, which has 8 letters."""

    code = models.CharField(max_length=8, unique=True)
    name = models.CharField(max_length=40, unique=True)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class TierChange(models.Model):
    """One change of a subscriber's tier, append-only: who, when, how, and until when the new one lasts."""

    subscriber = models.ForeignKey(Subscriber, on_delete=models.CASCADE, related_name="tier_changes")
    tier = models.CharField(max_length=8)
    ends_at = models.DateTimeField(null=True)
    before = models.CharField(max_length=8)
    before_ends_at = models.DateTimeField(null=True)
    at = models.DateTimeField()
    how = models.CharField(max_length=40)  # import, command, desk, api, lapsed, import undone
    by = models.CharField(max_length=254, blank=True)
    run = models.ForeignKey(
        "ImportRun", on_delete=models.SET_NULL, null=True, related_name="+", db_index=False, db_constraint=False
    )  # see ConsentEvent.run

    def __str__(self) -> str:
        return f"{self.subscriber_id} {self.tier} {self.how}"


class Attribute(models.Model):
    """Something the newsroom knows of people beyond their name: its kind says what a value may be."""

    slug = models.CharField(max_length=60, unique=True)
    name = models.CharField(max_length=100)
    kind = models.CharField(max_length=8, choices=AttributeKind.list_choices(), default=AttributeKind.TEXT.value)
    choices = models.JSONField(default=list)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class Tag(models.Model):
    """A word the newsroom sticks to people."""

    name = models.CharField(max_length=60, unique=True)

    def __str__(self) -> str:
        return self.name


class SubscriberTag(models.Model):
    """A tag on a person; `run` is the import that put it there."""

    tag = models.ForeignKey(Tag, on_delete=models.CASCADE, related_name="tagged", db_index=False)
    subscriber = models.ForeignKey(Subscriber, on_delete=models.CASCADE, related_name="tagged")
    run = models.ForeignKey(
        "ImportRun", on_delete=models.SET_NULL, null=True, related_name="+", db_index=False, db_constraint=False
    )  # see ConsentEvent.run

    class Meta:
        db_table = "subscribers_tagged"
        constraints = [models.UniqueConstraint(fields=["tag", "subscriber"], name="tagged_once")]
        indexes = [models.Index(fields=["run"], condition=models.Q(run__isnull=False), name="tagged_by_import")]

    def __str__(self) -> str:
        return f"{self.tag_id} on {self.subscriber_id}"


class FormerAddress(models.Model):
    """An address a person had before; from `since` until `until` it was the one to mail."""

    subscriber = models.ForeignKey(Subscriber, on_delete=models.CASCADE, related_name="former_addresses")
    address = models.CharField(max_length=320)
    address_key = models.CharField(max_length=320, db_index=True)
    since = models.DateTimeField()
    until = models.DateTimeField()
    changed_by = models.CharField(max_length=254)

    class Meta:
        db_table = "subscribers_addresschange"

    def __str__(self) -> str:
        return f"{self.address} until {self.until:%Y-%m-%d}"


class Subscription(models.Model):
    """A person on a list."""

    list = models.ForeignKey(
        List, on_delete=models.PROTECT, related_name="subscriptions", db_index=False
    )  # others begin with it
    subscriber = models.ForeignKey(Subscriber, on_delete=models.CASCADE, related_name="subscriptions")
    state = models.CharField(max_length=12, choices=SubscriptionState.list_choices())
    since = models.DateTimeField()  # of the present state
    confirmed_at = models.DateTimeField(null=True)  # empty when nobody knows
    source = models.CharField(max_length=200, blank=True)
    frequency = models.CharField(
        max_length=8, default=Frequency.EVERY.value, db_default=Frequency.EVERY.value
    )  # every edition, or weekly
    paused_until = models.DateField(null=True)  # no edition before this day
    asked_at = models.DateTimeField(null=True)  # whether they still want it, after a long silence
    # A sign-up by somebody who is out, not confirmed yet: beside the state, for anybody can type their address.
    requested_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["list", "subscriber"], name="once_per_list")]
        indexes = [
            models.Index(fields=["list", "state", "subscriber"], name="subscription_members"),
            # Who is not to be mailed, in order: asked for every batch that leaves.
            models.Index(
                fields=["list", "subscriber"],
                condition=~models.Q(state=SubscriptionState.ACTIVE.value),
                name="subscription_silent",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.subscriber_id} {self.state}"


class SubscriptionCount(models.Model):
    """So many subscriptions of a list are in a state: all rows of both added up. See subscribers.subscription_counts.

    The database writes them. Nothing refers to anything: a trigger must not fail, nor wait for a lock on a list.
    """

    list_id = models.BigIntegerField()
    state = models.CharField(max_length=12)
    count = models.BigIntegerField()

    class Meta:
        indexes = [models.Index(fields=["list_id", "state"], name="subscription_count")]

    def __str__(self) -> str:
        return f"{self.list_id} {self.state}: {self.count}"


class Engagement(models.Model):
    """What a subscriber of a list did with its latest editions; only who ever opened or clicked one has a row.

    Bit 0 of `opened` and `clicked` is the edition with the number `newest` of this list, bit 1 the one before, and so
    on.
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


class ConsentText(models.Model):
    """What somebody was shown and agreed to, stored once: a form, a privacy notice, a confirmation mail."""

    hash = models.CharField(max_length=64, unique=True)  # SHA-256 of the text in UTF-8, hexadecimal
    text = models.TextField()
    first_used_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.hash


class ConsentEvent(models.Model):
    """One change of a subscription, append-only: who, when, how, from where, and the words shown."""

    subscriber = models.ForeignKey(Subscriber, on_delete=models.CASCADE, related_name="consents")
    list = models.ForeignKey(List, on_delete=models.CASCADE, null=True, related_name="+", db_index=False)
    state = models.CharField(max_length=12)  # the state it led to
    at = models.DateTimeField(db_index=True)
    how = models.CharField(max_length=40)  # form, confirmed, one-click, page, import, desk, command, event
    by = models.CharField(max_length=254, blank=True)
    origin = models.CharField(max_length=500, blank=True)  # page or file
    words = models.TextField(blank=True)
    network = models.GenericIPAddressField(null=True)
    before = models.CharField(max_length=12, blank=True, default="", db_default="")  # the state it came from
    claimed_at = models.DateTimeField(null=True)  # when they asked, confirmed or left, as an imported file says
    reason = models.CharField(max_length=300, blank=True, default="", db_default="")  # the subscriber's, for leaving
    # What they were shown: hashes of ConsentText, "" for none.
    form_hash = models.CharField(max_length=64, blank=True, default="", db_default="")
    notice_hash = models.CharField(max_length=64, blank=True, default="", db_default="")  # the privacy notice
    mail_hash = models.CharField(max_length=64, blank=True, default="", db_default="")  # the mail they answered
    tracking = models.BooleanField(null=True)  # whether they agreed that opens and clicks are counted; null: not asked
    # Not looked up by the database for each of a million rows: they are written with the note on the import's own row,
    # in one transaction (imports/chunks.py), so it is there.
    run = models.ForeignKey(
        "ImportRun", on_delete=models.SET_NULL, null=True, related_name="+", db_index=False, db_constraint=False
    )

    class Meta:
        db_table = "subscribers_consent"
        indexes = [
            models.Index(fields=["run", "subscriber"], condition=models.Q(run__isnull=False), name="consent_of_import")
        ]

    def __str__(self) -> str:
        return f"{self.subscriber_id} {self.state} {self.how}"


class Suppression(models.Model):
    """An address never to be mailed, or a whole domain, or the hash of an erased address.

    `address_key` is a key of subscribers.addresses, "@domain" for a domain, or "#hash" of the key of an erased address
    (subscribers.consent.erased_addresses).
    """

    address_key = models.CharField(max_length=320, unique=True)
    reason = models.CharField(max_length=40)
    source = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, db_index=True)  # lifted then, by the sweep
    run = models.ForeignKey("ImportRun", on_delete=models.SET_NULL, null=True, related_name="+")

    def __str__(self) -> str:
        return f"{self.address_key}: {self.reason}"


class ConsentProof(models.Model):
    """A consent event of somebody who was erased: no address, no name, nothing that leads to them but the hash."""

    key_hash = models.CharField(max_length=40, db_index=True)  # as in the suppressions: consent.erased_addresses
    list = models.ForeignKey(List, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False)
    state = models.CharField(max_length=12)
    before = models.CharField(max_length=12, blank=True)
    at = models.DateTimeField()
    how = models.CharField(max_length=40)
    origin = models.CharField(max_length=500, blank=True)  # the page, without what stood behind its “?”
    words = models.TextField(blank=True)
    claimed_at = models.DateTimeField(null=True)
    form_hash = models.CharField(max_length=64, blank=True)
    notice_hash = models.CharField(max_length=64, blank=True)
    mail_hash = models.CharField(max_length=64, blank=True)
    tracking = models.BooleanField(null=True)
    run_id = models.BigIntegerField(null=True)  # the import
    erased_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.state} {self.how} {self.at:%Y-%m-%d}"


class Pepper(models.Model):
    """The one secret the hashes of erased addresses are made with. It never changes, or the erased could be mailed."""

    value = models.BinaryField(max_length=32)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return "pepper"


class ImportRun(models.Model):
    """One import of a file into a list: what was asked, how far it is, and what came of it.

    Rows are merged in the order of their addresses' keys; `merged_to` is the last one that is in.
    """

    list = models.ForeignKey(List, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=200)  # of the file
    sha256 = models.CharField(max_length=64)
    size = models.PositiveBigIntegerField()
    tool = models.CharField(max_length=20, blank=True)
    options = models.JSONField(default=dict)
    state = models.CharField(max_length=8, choices=ImportState.list_choices(), db_index=True)
    by = models.CharField(max_length=254)
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    owner = models.CharField(max_length=120, blank=True)
    lease_until = models.DateTimeField(null=True)
    merged_to = models.CharField(max_length=320, blank=True)
    counts = models.JSONField(default=dict)
    people = models.PositiveBigIntegerField(default=0)  # in the file, each address once
    merged = models.PositiveBigIntegerField(default=0)  # of them
    bad = models.JSONField(default=builtins.list)  # the first of the bad rows; `list` is the field above
    flags = models.JSONField(default=dict)  # what is suspicious, by kind: how often, and the first of them
    error = models.TextField(blank=True)
    questions = models.JSONField(null=True)  # what the importer must answer (imports.questions); null: nothing
    file_kept = models.BooleanField(default=True)

    class Meta:
        db_table = "subscribers_import"

    def __str__(self) -> str:
        return f"{self.name} into {self.list_id}"


class ImportedChange(models.Model):
    """What an import changed of a person who was there before, so that it can be undone."""

    run = models.ForeignKey(ImportRun, on_delete=models.CASCADE, related_name="+")
    subscriber = models.ForeignKey(Subscriber, on_delete=models.CASCADE, related_name="+")
    before = models.JSONField()
    after = models.JSONField(null=True)

    def __str__(self) -> str:
        return f"{self.subscriber_id} by {self.run_id}"


class SignupAttempt(models.Model):
    """One use of a sign-up form, written before any mail goes out. Kept a month: how attacks are seen."""

    at = models.DateTimeField(db_index=True)
    address = models.CharField(max_length=320)
    lists = models.CharField(max_length=500)
    origin = models.CharField(max_length=500, blank=True)
    network = models.GenericIPAddressField(null=True)
    verdict = models.CharField(max_length=20)  # a SignupVerdict, with the field where the input was bad

    class Meta:
        db_table = "subscribers_attempt"

    def __str__(self) -> str:
        return f"{self.verdict} {self.at}"


class DomainRule(models.Model):
    """A domain whose people may not sign up (deny), or may although it looks disposable (allow)."""

    domain = models.CharField(max_length=255, unique=True)
    verdict = models.CharField(max_length=5, choices=DomainVerdict.list_choices())
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.verdict} {self.domain}"


class AddressChangeRequest(models.Model):
    """A new address a subscriber asked for; it counts once the mail that went there is answered."""

    subscriber = models.ForeignKey(Subscriber, on_delete=models.CASCADE, related_name="+")
    address = models.CharField(max_length=320)
    asked_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "subscribers_addresswish"

    def __str__(self) -> str:
        return f"{self.subscriber_id} at {self.asked_at:%Y-%m-%d %H:%M}"


class Segment(models.Model):
    """A named question about people; see subscribers.segments.grammar for what it may ask."""

    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=120)
    definition = models.JSONField()
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    changed_by = models.CharField(max_length=254)

    def __str__(self) -> str:
        return self.name


class Erasure(models.Model):
    """Somebody who was erased here; `addresses` stay until the other packages have deleted them too (`done_at`)."""

    subscriber_id = models.BigIntegerField()
    addresses = models.JSONField(default=list)
    at = models.DateTimeField()
    by = models.CharField(max_length=254)
    done_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.subscriber_id} at {self.at:%Y-%m-%d}"


class TransactionalMail(models.Model):
    """A mail to one person. `jobs` renders and sends it; the row is the truth."""

    kind = models.CharField(max_length=20)  # a TransactionalKind
    to_address = models.CharField(
        max_length=320, blank=True, default="", db_default=""
    )  # where not to the person's own
    # None: “which address did I use?” with an address that is looked up when the mail is due, not while somebody waits
    subscriber = models.ForeignKey(Subscriber, on_delete=models.CASCADE, related_name="+", null=True)
    about = models.BigIntegerField(default=0, db_default=0)  # the id of what its link is about; see transactional
    list = models.ForeignKey(List, on_delete=models.CASCADE, null=True, related_name="+")
    state = models.CharField(
        max_length=8, choices=TransactionalState.list_choices(), default=TransactionalState.QUEUED.value, db_index=True
    )
    created_at = models.DateTimeField()
    due_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    error = models.TextField(blank=True)
    text_hash = models.CharField(
        max_length=64, blank=True, default="", db_default=""
    )  # of a ConsentText: what a mail that asks for consent says

    class Meta:
        db_table = "subscribers_owedmail"

    def __str__(self) -> str:
        return f"{self.kind} for {self.subscriber_id}"


class FormHit(models.Model):
    """One use of a public form, for the limits by address and network. Kept a day."""

    bucket = models.CharField(max_length=20)  # which form
    key = models.CharField(max_length=64)  # keyed hash of the address or network
    at = models.DateTimeField()

    class Meta:
        db_table = "subscribers_visit"
        indexes = [models.Index(fields=["bucket", "key", "at"], name="visit_recent")]

    def __str__(self) -> str:
        return f"{self.bucket} {self.at}"
