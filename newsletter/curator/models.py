"""Sources, the articles taken from them, editions with their picks, and frozen snapshots."""

from __future__ import annotations

from django.db import models


class Source(models.Model):
    """A feed we read."""

    url = models.URLField(max_length=2000, unique=True)
    title = models.CharField(max_length=300, blank=True)
    homepage = models.URLField(max_length=2000, blank=True)
    active = models.BooleanField(default=True)
    etag = models.CharField(max_length=500, blank=True)
    last_modified = models.CharField(max_length=100, blank=True)
    body_digest = models.CharField(max_length=64, blank=True, default="", db_default="")  # SHA-256 of the last answer
    added_at = models.DateTimeField()
    fetched_at = models.DateTimeField(null=True)  # last try
    fresh_at = models.DateTimeField(null=True)  # last success
    next_at = models.DateTimeField(null=True)  # when to look again
    failures = models.PositiveIntegerField(default=0)  # in a row
    error = models.TextField(blank=True)  # of the last try

    def __str__(self) -> str:
        return self.title or self.url


class Story(models.Model):
    """An event that one or several articles tell of. Its articles name it; what they say is what it is."""

    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.pk)


class Article(models.Model):
    """One story of one source, as it was when we took it, and what the desk thinks of it."""

    class Standing(models.TextChoices):
        """What an editor decided; whether it is picked or ran is told by its picks."""

        NEW = "new"
        SHORTLISTED = "shortlisted"
        IGNORED = "ignored"

    class Origin(models.TextChoices):
        FEED = "feed"
        PAGE = "page"
        FILE = "file"
        PASTED = "pasted"
        PUSHED = "pushed"  # by the newsroom's own system

    source = models.ForeignKey(Source, on_delete=models.SET_NULL, null=True, related_name="articles")
    entry_key = models.CharField(max_length=500, blank=True)  # the feed's own key for it
    origin = models.CharField(max_length=6, choices=Origin.choices)
    url = models.URLField(max_length=2000, blank=True)
    canonical_url = models.URLField(max_length=2000, blank=True)
    canonical_key = models.CharField(max_length=64, db_index=True)  # sha256 of curator.urls.canonical, or of the title
    title = models.CharField(max_length=500)
    title_key = models.CharField(max_length=500, db_index=True)  # curator.urls.normalised_title
    dek = models.TextField(blank=True)
    text = models.TextField(blank=True)
    byline = models.CharField(max_length=300, blank=True)
    published_at = models.DateTimeField(null=True)
    language = models.CharField(max_length=16, blank=True)
    publisher = models.CharField(max_length=200, blank=True)
    biography = models.TextField(blank=True)
    section = models.CharField(max_length=120, blank=True, default="", db_default="")  # of its paper
    paywalled = models.BooleanField(default=False, db_default=False)
    image_url = models.URLField(max_length=2000, blank=True)
    image_alt = models.TextField(blank=True)
    image_caption = models.TextField(blank=True)
    image_credit = models.CharField(max_length=300, blank=True)
    picture = models.ForeignKey("catalog.Picture", on_delete=models.SET_NULL, null=True, related_name="+")
    added_at = models.DateTimeField(db_index=True)
    story = models.ForeignKey(Story, on_delete=models.SET_NULL, null=True, related_name="articles")
    copy_of = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, related_name="copies"
    )  # whose text it prints
    standing = models.CharField(max_length=12, choices=Standing.choices, default=Standing.NEW, db_default=Standing.NEW)
    eligible_from = models.DateField(null=True)  # first edition's date it may be in: an embargo
    eligible_until = models.DateField(null=True)  # last one
    version = models.PositiveIntegerField(default=1, db_default=1)  # grows with what the desk changes
    changed_by = models.CharField(max_length=254, blank=True, default="", db_default="")  # who did last

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["source", "entry_key"],
                condition=~models.Q(entry_key=""),
                name="entry_once_per_source",
            )
        ]

    def __str__(self) -> str:
        return self.title


class ArticleTag(models.Model):
    """A word by which the desk finds an article again."""

    article = models.ForeignKey(Article, on_delete=models.CASCADE, related_name="tags")
    name = models.CharField(max_length=40, db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["article", "name"], name="tag_once_per_article")]

    def __str__(self) -> str:
        return self.name


class ArticleNote(models.Model):
    """What somebody of the desk noted about an article. Never changed; readers never see it."""

    article = models.ForeignKey(Article, on_delete=models.CASCADE, related_name="notes")
    text = models.CharField(max_length=1000)
    by = models.CharField(max_length=254)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return self.text[:60]


class Rule(models.Model):
    """What the editors of a newsletter want of a source, or of stories with a word or phrase."""

    class Effect(models.TextChoices):
        BOOST = "boost"
        MUTE = "mute"
        MUST = "must"

    newsletter = models.ForeignKey("catalog.Newsletter", on_delete=models.CASCADE, related_name="+")
    effect = models.CharField(max_length=5, choices=Effect.choices)
    source = models.ForeignKey(Source, on_delete=models.CASCADE, null=True, related_name="+")  # null: by the phrase
    phrase = models.CharField(max_length=100, blank=True)
    section = models.SlugField(max_length=40, blank=True)  # where such stories go; "": anywhere
    by = models.CharField(max_length=254)
    at = models.DateTimeField()

    class Meta:
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

    class State(models.TextChoices):
        OPEN = "open"
        LOCKED = "locked"
        IN_REVIEW = "in_review"
        APPROVED = "approved"
        HANDED_OVER = "handed_over"
        SENT = "sent"
        SKIPPED = "skipped"
        HELD = "held"
        MISSED = "missed"

    newsletter = models.ForeignKey("catalog.Newsletter", on_delete=models.PROTECT, related_name="+")
    date = models.DateField()  # in the newsletter's zone
    state = models.CharField(max_length=12, choices=State.choices, default=State.OPEN)
    reason = models.CharField(max_length=300, blank=True)
    subject = models.CharField(max_length=300, blank=True)
    preheader = models.CharField(max_length=300, blank=True)
    second_subject = models.CharField(max_length=300, blank=True, default="", db_default="")  # for half of the readers
    intro = models.TextField(blank=True)  # Markdown
    signed = models.CharField(max_length=120, blank=True)
    version = models.PositiveIntegerField(
        default=1
    )  # grows with every edit: two editors cannot overwrite each other unseen
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["newsletter", "date"], name="one_edition_a_day")]

    def __str__(self) -> str:
        return f"{self.newsletter_id} {self.date}"


class Pick(models.Model):
    """An article placed in an edition. Its words are copied: a later change of the article never changes them."""

    class Size(models.TextChoices):
        LARGE = "l"
        MEDIUM = "m"
        SMALL = "s"
        ALSO = "a"  # a line of the list at the end

    edition = models.ForeignKey(Edition, on_delete=models.CASCADE, related_name="picks")
    article = models.ForeignKey(Article, on_delete=models.PROTECT, related_name="+")
    key = models.CharField(max_length=12, unique=True)  # carried in its links, so that a click counts for the story
    section = models.SlugField(max_length=40)  # key of a section of the newsletter
    position = models.PositiveIntegerField()  # within the section
    size = models.CharField(max_length=1, choices=Size.choices, default=Size.MEDIUM)
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
    plain_link = models.BooleanField(default=False, db_default=False)  # without the newsletter's parameters
    shown_to = models.CharField(max_length=80, blank=True, default="", db_default="")  # curator.variants; "": everybody
    because = models.CharField(max_length=300, blank=True, default="", db_default="")  # why it was suggested
    again_reason = models.CharField(
        max_length=300, blank=True, default="", db_default=""
    )  # why although it ran, and who says so
    clicks = models.PositiveIntegerField(default=0, db_default=0)  # by people
    machine_clicks = models.PositiveIntegerField(default=0, db_default=0)
    clicks_as_of = models.DateTimeField(null=True)  # null: nobody has told

    class Meta:
        ordering = ["position", "id"]
        constraints = [models.UniqueConstraint(fields=["edition", "article"], name="article_once_per_edition")]

    def __str__(self) -> str:
        return self.headline


class Box(models.Model):
    """A part of an edition that is no story: a word to members, a notice."""

    class Place(models.TextChoices):
        TOP = "top"  # below the intro
        END = "end"  # below the stories

    edition = models.ForeignKey(Edition, on_delete=models.CASCADE, related_name="boxes")
    place = models.CharField(max_length=3, choices=Place.choices, default=Place.END)
    title = models.CharField(max_length=120, blank=True)
    text = models.TextField(blank=True)  # Markdown
    shown_to = models.CharField(max_length=80, blank=True)  # curator.variants; "": everybody

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.title or self.text[:60]


class Snapshot(models.Model):
    """The frozen rendering of an approved edition: what was previewed is byte for byte what is sent."""

    class Purpose(models.TextChoices):
        EDITION = "edition"
        CORRECTION = "correction"  # the mail to those who were sent it, of what it got wrong

    edition = models.ForeignKey(Edition, on_delete=models.PROTECT, related_name="snapshots")
    purpose = models.CharField(
        max_length=10, choices=Purpose.choices, default=Purpose.EDITION, db_default=Purpose.EDITION
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
    """What some readers get instead of the plain mail, or the page of the archive (`web`), frozen with the snapshot."""

    snapshot = models.ForeignKey(Snapshot, on_delete=models.CASCADE, related_name="variants")
    code = models.CharField(max_length=20)  # curator.variants
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


class Look(models.Model):
    """What was found when a picked story's page was looked at again, between the pick and the send."""

    class State(models.TextChoices):
        WAITING = "waiting"  # not looked at yet
        SAME = "same"
        GONE = "gone"
        MOVED = "moved"
        CHANGED = "changed"  # its headline
        CORRECTED = "corrected"
        UNREACHABLE = "unreachable"

    pick = models.OneToOneField(Pick, on_delete=models.CASCADE, related_name="look")
    state = models.CharField(max_length=11, choices=State.choices, default=State.WAITING)
    detail = models.CharField(
        max_length=500, blank=True
    )  # the new headline, the new address, the correction, the trouble
    page_title = models.CharField(max_length=500, blank=True)  # its headline when we looked first
    page_address = models.CharField(max_length=2000, blank=True)  # where its address led then
    looked_at = models.DateTimeField(null=True)
    next_at = models.DateTimeField(db_index=True)
    failures = models.PositiveIntegerField(default=0)  # in a row
    etag = models.CharField(max_length=500, blank=True)
    last_modified = models.CharField(max_length=100, blank=True)
    seen = models.CharField(max_length=300, blank=True)  # who looked at it and let it stand

    def __str__(self) -> str:
        return f"{self.pick_id} {self.state}"


class LinkLook(models.Model):
    """What was found where a link leads that an editor wrote into an intro, a blurb or a box."""

    class State(models.TextChoices):
        WAITING = "waiting"  # not looked at yet
        FINE = "fine"
        GONE = "gone"
        FORBIDDEN = "forbidden"  # a place that readers cannot reach
        UNREACHABLE = "unreachable"

    key = models.CharField(max_length=64, unique=True)  # SHA-256 of the address
    url = models.CharField(max_length=2000)
    state = models.CharField(max_length=11, choices=State.choices, default=State.WAITING)
    detail = models.CharField(max_length=300, blank=True)
    failures = models.PositiveIntegerField(default=0)  # in a row
    looked_at = models.DateTimeField(null=True)
    next_at = models.DateTimeField(db_index=True)
    wanted_until = models.DateField()  # the last day of an edition with this link; then it is forgotten

    def __str__(self) -> str:
        return f"{self.url[:60]} {self.state}"


class Override(models.Model):
    """Why an edition may go out although a check blocks it, and who says so."""

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
