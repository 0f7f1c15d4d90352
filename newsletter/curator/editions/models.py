"""Editions with their picks and boxes, frozen snapshots, and what the desk decided about them."""

from __future__ import annotations

from django.db import models

from newsletter.curator.editions.states import (
    BoxPlace,
    EditionState,
    LinkCheckState,
    PageCheckState,
    PickSize,
    RuleEffect,
    SnapshotPurpose,
)


class SuggestionRule(models.Model):
    """What the editors of a newsletter want of a source, or of stories with a word or phrase."""

    newsletter = models.ForeignKey("catalog.Newsletter", on_delete=models.CASCADE, related_name="+")
    effect = models.CharField(max_length=5, choices=RuleEffect.list_choices())
    source = models.ForeignKey("Source", on_delete=models.CASCADE, null=True, related_name="+")  # null: by the phrase
    phrase = models.CharField(max_length=100, blank=True)
    section = models.SlugField(max_length=40, blank=True)  # where such stories go; "": anywhere
    by = models.CharField(max_length=254)
    at = models.DateTimeField()

    class Meta:
        db_table = "curator_rule"
        constraints = [
            models.UniqueConstraint(fields=["newsletter", "source"], name="one_rule_per_source"),
            models.UniqueConstraint(
                fields=["newsletter", "phrase"], condition=~models.Q(phrase=""), name="one_rule_per_phrase"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.effect} {self.phrase or self.source_id}"


class Edition(models.Model):
    """One dated issue of a newsletter."""

    newsletter = models.ForeignKey("catalog.Newsletter", on_delete=models.PROTECT, related_name="+")
    date = models.DateField()  # in the newsletter's zone
    number = models.PositiveSmallIntegerField(default=1, db_default=1)  # of the day: a newsletter may go out twice
    state = models.CharField(max_length=12, choices=EditionState.list_choices(), default=EditionState.DRAFT.value)
    reason = models.CharField(max_length=300, blank=True)
    subject = models.CharField(max_length=300, blank=True)
    preheader = models.CharField(max_length=300, blank=True)
    second_subject = models.CharField(
        max_length=300, blank=True, default="", db_default=""
    )  # for half of the subscribers
    intro = models.TextField(blank=True)  # Markdown
    signed = models.CharField(max_length=120, blank=True)
    version = models.PositiveIntegerField(
        default=1
    )  # grows with every edit: two editors cannot overwrite each other unseen
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["newsletter", "date", "number"], name="one_edition_a_day")]

    def __str__(self) -> str:
        return f"{self.newsletter_id} {self.date}"


class EditionTransition(models.Model):
    """An edition went from one state to another: when, by whom, why."""

    edition = models.ForeignKey(Edition, on_delete=models.CASCADE, related_name="+")
    before = models.CharField(max_length=12, choices=EditionState.list_choices())
    after = models.CharField(max_length=12, choices=EditionState.list_choices())
    at = models.DateTimeField()
    by = models.CharField(max_length=254, blank=True)  # "": the programs, in their course
    why = models.CharField(max_length=300, blank=True)
    asked = models.CharField(max_length=254, blank=True)  # whose approval is asked for

    def __str__(self) -> str:
        return f"{self.edition_id} {self.before} → {self.after}"


class FirstApproval(models.Model):
    """What one person approved of an edition that takes two; of no use once its mail is another."""

    edition = models.OneToOneField(Edition, on_delete=models.CASCADE, related_name="+")
    sha256 = models.CharField(max_length=64)  # of the mail
    by = models.CharField(max_length=254)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.edition_id} by {self.by}"


class Pick(models.Model):
    """An article placed in an edition. Its words are copied: a later change of the article never changes them."""

    edition = models.ForeignKey(Edition, on_delete=models.CASCADE, related_name="picks")
    article = models.ForeignKey("Article", on_delete=models.PROTECT, related_name="+")
    key = models.CharField(max_length=12, unique=True)  # carried in its links, so that a click counts for the story
    section = models.SlugField(max_length=40)  # key of a section of the newsletter
    position = models.PositiveIntegerField()  # within the section
    size = models.CharField(max_length=1, choices=PickSize.list_choices(), default=PickSize.MEDIUM.value)
    headline = models.CharField(max_length=500)
    blurb = models.TextField(blank=True)
    label = models.CharField(max_length=60, blank=True)
    url = models.URLField(max_length=2000, blank=True)
    publisher = models.CharField(max_length=200, blank=True)
    byline = models.CharField(max_length=300, blank=True)
    minutes = models.PositiveSmallIntegerField(default=0)
    picture = models.ForeignKey("catalog.Picture", on_delete=models.SET_NULL, null=True, related_name="+")
    image_alt = models.TextField(blank=True)
    image_caption = models.TextField(blank=True)
    image_credit = models.CharField(max_length=300, blank=True)
    focus = models.CharField(max_length=7, blank=True, default="", db_default="")  # “60 44”, see FocalPoint; "": centre
    plain_link = models.BooleanField(default=False, db_default=False)  # without the newsletter's parameters
    visibility = models.CharField(
        max_length=80, blank=True, default="", db_default="", db_column="shown_to"
    )  # see variants
    because = models.CharField(max_length=300, blank=True, default="", db_default="")  # why it was suggested
    again_reason = models.CharField(
        max_length=300, blank=True, default="", db_default=""
    )  # why it may run again, and who decided so
    clicks = models.PositiveIntegerField(default=0, db_default=0)  # by people
    machine_clicks = models.PositiveIntegerField(default=0, db_default=0)
    clicks_as_of = models.DateTimeField(null=True)  # null: not counted yet

    class Meta:
        ordering = ["position", "id"]
        constraints = [models.UniqueConstraint(fields=["edition", "article"], name="article_once_per_edition")]

    def __str__(self) -> str:
        return self.headline


class Box(models.Model):
    """A part of an edition that is not a story: a word to members, a notice."""

    edition = models.ForeignKey(Edition, on_delete=models.CASCADE, related_name="boxes")
    place = models.CharField(max_length=3, choices=BoxPlace.list_choices(), default=BoxPlace.END.value)
    title = models.CharField(max_length=120, blank=True)
    text = models.TextField(blank=True)  # Markdown
    visibility = models.CharField(max_length=80, blank=True, db_column="shown_to")  # see variants

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.title or self.text[:60]


class Snapshot(models.Model):
    """The frozen rendering of an approved edition: what was previewed is byte for byte what is sent."""

    edition = models.ForeignKey(Edition, on_delete=models.PROTECT, related_name="snapshots")
    purpose = models.CharField(
        max_length=10,
        choices=SnapshotPurpose.list_choices(),
        default=SnapshotPurpose.EDITION.value,
        db_default=SnapshotPurpose.EDITION.value,
    )
    sha256 = models.CharField(max_length=64)
    subject = models.TextField()
    preheader = models.TextField(blank=True)
    html = models.TextField()
    text = models.TextField()
    merge = models.JSONField()  # [{token, field, fallback, html}]
    approved_at = models.DateTimeField()
    approved_by = models.CharField(max_length=254)
    voided_at = models.DateTimeField(null=True)
    void_reason = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["edition"],
                condition=models.Q(voided_at=None, purpose="edition"),
                name="one_standing_approval_per_edition",
            )
        ]

    def __str__(self) -> str:
        return f"{self.edition_id} {self.sha256[:12]}"


class SnapshotVariant(models.Model):
    """A variant of the mail, or the page of the archive (`web`), frozen with the snapshot."""

    snapshot = models.ForeignKey(Snapshot, on_delete=models.CASCADE, related_name="variants")
    code = models.CharField(max_length=20)  # variants
    audiences = models.JSONField(default=list)
    second_subject = models.BooleanField(default=False)
    sha256 = models.CharField(max_length=64)
    subject = models.TextField()
    preheader = models.TextField(blank=True)
    html = models.TextField()
    text = models.TextField()
    merge = models.JSONField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["snapshot", "code"], name="variant_once_per_snapshot")]

    def __str__(self) -> str:
        return f"{self.snapshot_id} {self.code}"


class PageCheck(models.Model):
    """What was found when a picked story's page was checked again, between the pick and the send."""

    pick = models.OneToOneField(Pick, on_delete=models.CASCADE, related_name="page_check")
    state = models.CharField(
        max_length=11,
        choices=PageCheckState.list_choices(),
        default=PageCheckState.WAITING.value,
    )
    detail = models.CharField(
        max_length=500, blank=True
    )  # the new headline, the new address, the correction, the error
    page_title = models.CharField(max_length=500, blank=True)  # its headline when we looked first
    page_address = models.CharField(max_length=2000, blank=True)  # where its address led then
    page_sketch = models.CharField(max_length=600, blank=True, default="", db_default="")  # of its text then
    page_paywalled = models.BooleanField(null=True)  # then
    looked_at = models.DateTimeField(null=True)
    next_at = models.DateTimeField(db_index=True)
    failures = models.PositiveIntegerField(default=0)  # in a row
    etag = models.CharField(max_length=500, blank=True)
    last_modified = models.CharField(max_length=100, blank=True)
    overridden_by = models.CharField(max_length=300, blank=True, db_column="seen")

    class Meta:
        db_table = "curator_look"

    def __str__(self) -> str:
        return f"{self.pick_id} {self.state}"


class LinkCheck(models.Model):
    """What was found where a link leads that an editor wrote into an intro, a blurb or a box."""

    key = models.CharField(max_length=64, unique=True)  # SHA-256 of the address
    url = models.CharField(max_length=2000)
    state = models.CharField(
        max_length=11,
        choices=LinkCheckState.list_choices(),
        default=LinkCheckState.WAITING.value,
    )
    detail = models.CharField(max_length=300, blank=True)
    failures = models.PositiveIntegerField(default=0)  # in a row
    looked_at = models.DateTimeField(null=True)
    next_at = models.DateTimeField(db_index=True)
    wanted_until = models.DateField()  # the last day of an edition with this link; then it is forgotten

    class Meta:
        db_table = "curator_linklook"

    def __str__(self) -> str:
        return f"{self.url[:60]} {self.state}"


class Override(models.Model):
    """Why an edition may go out although a check blocks it, and who decided so."""

    edition = models.ForeignKey(Edition, on_delete=models.CASCADE, related_name="overrides")
    code = models.CharField(max_length=40)  # of the finding
    where = models.CharField(max_length=80)  # the field or story
    reason = models.CharField(max_length=300)
    by = models.CharField(max_length=254)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["edition", "code", "where"], name="one_override_per_finding")]

    def __str__(self) -> str:
        return f"{self.code} of {self.edition_id}"


class Correction(models.Model):
    """What an edition that was sent got wrong, in words for its readers."""

    edition = models.ForeignKey(Edition, on_delete=models.PROTECT, related_name="corrections")
    pick = models.ForeignKey(Pick, on_delete=models.SET_NULL, null=True, related_name="+")
    text = models.CharField(max_length=1000)
    by = models.CharField(max_length=254)
    at = models.DateTimeField()
    carried_in = models.ForeignKey(
        Edition, on_delete=models.SET_NULL, null=True, related_name="carries"
    )  # the next edition

    def __str__(self) -> str:
        return self.text[:60]


class UnsavedText(models.Model):
    """What somebody wrote into a field that did not take it; kept until it is decided."""

    edition = models.ForeignKey(Edition, on_delete=models.CASCADE, related_name="+")
    part = models.CharField(max_length=40, blank=True)  # “story:KEY”, “box:ID”; "": the edition's own texts
    field = models.CharField(max_length=40)
    by = models.CharField(max_length=254)
    seen = models.TextField(blank=True)  # before both changes
    yours = models.TextField(blank=True)
    refusal = models.TextField(blank=True, db_default="")  # "": somebody else changed the field meanwhile
    at = models.DateTimeField()

    class Meta:
        db_table = "curator_fieldconflict"
        constraints = [
            models.UniqueConstraint(fields=["edition", "part", "field", "by"], name="one_conflict_per_field_and_user")
        ]

    def __str__(self) -> str:
        return f"{self.part} {self.field} of {self.edition_id}"


class Revision(models.Model):
    """One recorded change of an edition: a field, the order, or a story or box that came or went.

    Rows of one act share `act`, the sequence number of the first of them. Values are stored whole, so that they can be
    restored.
    """

    edition = models.ForeignKey(Edition, on_delete=models.CASCADE, related_name="+")
    sequence = models.PositiveIntegerField()  # within the edition, from 1
    act = models.PositiveIntegerField()
    action = models.CharField(max_length=60)  # as in the audit log
    by = models.CharField(max_length=254)
    began_at = models.DateTimeField()  # of successive saves the first
    at = models.DateTimeField()
    part = models.CharField(max_length=40, blank=True)  # “story:KEY”, “box:ID”; "": the edition itself
    field = models.CharField(max_length=40, blank=True)  # "": the part came or went; “order”: the running order
    label = models.CharField(max_length=200, blank=True)  # as people read it
    before = models.JSONField(null=True)  # null: was not there
    after = models.JSONField(null=True)
    undone = models.BooleanField(default=False, db_default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["edition", "sequence"], name="revisions_are_numbered")]
        indexes = [models.Index(fields=["edition", "part", "field"], name="revisions_of_a_field")]

    def __str__(self) -> str:
        return f"{self.edition_id} {self.sequence} {self.part} {self.field}"


class EditionPresence(models.Model):
    """Somebody has the board of an edition open, and where they write; out of date after a few seconds."""

    edition = models.ForeignKey(Edition, on_delete=models.CASCADE, related_name="+")
    who = models.CharField(max_length=254)  # their address
    name = models.CharField(max_length=254)  # as colleagues read it
    part = models.CharField(max_length=40, blank=True)  # “story:KEY”; "": no story
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["edition", "who"], name="one_presence_per_user")]

    def __str__(self) -> str:
        return f"{self.who} on {self.edition_id}"
