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


class Article(models.Model):
    """One story of one source, as it was when we took it."""

    class Origin(models.TextChoices):
        FEED = "feed"
        PAGE = "page"
        FILE = "file"
        PASTED = "pasted"

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
    image_url = models.URLField(max_length=2000, blank=True)
    image_alt = models.TextField(blank=True)
    image_caption = models.TextField(blank=True)
    image_credit = models.CharField(max_length=300, blank=True)
    picture = models.ForeignKey("catalog.Picture", on_delete=models.SET_NULL, null=True, related_name="+")
    added_at = models.DateTimeField(db_index=True)

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
    clicks = models.PositiveIntegerField(default=0, db_default=0)  # by people
    machine_clicks = models.PositiveIntegerField(default=0, db_default=0)
    clicks_as_of = models.DateTimeField(null=True)  # null: nobody has told

    class Meta:
        ordering = ["position", "id"]
        constraints = [models.UniqueConstraint(fields=["edition", "article"], name="article_once_per_edition")]

    def __str__(self) -> str:
        return self.headline


class Snapshot(models.Model):
    """The frozen rendering of an approved edition: what was previewed is byte for byte what is sent."""

    edition = models.ForeignKey(Edition, on_delete=models.PROTECT, related_name="snapshots")
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
                condition=models.Q(voided_at=None),
                name="one_standing_snapshot_per_edition",
            )
        ]

    def __str__(self) -> str:
        return f"{self.edition_id} {self.sha256[:12]}"
