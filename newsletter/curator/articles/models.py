"""Sources, the articles taken from them, and the stories they cover."""

from __future__ import annotations

from django.db import models

from newsletter.curator.articles.states import ArticleOrigin, ArticleStanding


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
    """An event that one or several articles cover. Its articles name it; what they say is what it is."""

    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.pk)


class Article(models.Model):
    """One story of one source, as it was when we took it, and what the desk thinks of it."""

    source = models.ForeignKey(Source, on_delete=models.SET_NULL, null=True, related_name="articles")
    entry_key = models.CharField(max_length=500, blank=True)  # the feed's own key for it
    origin = models.CharField(max_length=6, choices=ArticleOrigin.list_choices())
    url = models.URLField(max_length=2000, blank=True)
    canonical_url = models.URLField(max_length=2000, blank=True)
    canonical_key = models.CharField(max_length=64, db_index=True)  # canonical_urls.compute_story_key
    title = models.CharField(max_length=500)
    title_key = models.CharField(max_length=500, db_index=True)  # canonical_urls.normalise_title
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
    page_read_at = models.DateTimeField(null=True)  # when the page of one that came by a feed was tried
    story = models.ForeignKey(Story, on_delete=models.SET_NULL, null=True, related_name="articles")
    copy_of = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, related_name="copies"
    )  # whose text it prints
    standing = models.CharField(
        max_length=12,
        choices=ArticleStanding.list_choices(),
        default=ArticleStanding.NEW.value,
        db_default=ArticleStanding.NEW.value,
    )
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
        indexes = [
            models.Index(fields=["source", "added_at"], name="article_of_source"),  # what each brought, and when
            models.Index(fields=["standing", "added_at"], name="article_by_standing"),  # the shortlisted of any time
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
    """What somebody of the desk noted about an article. Never changed; shown only on the desk."""

    article = models.ForeignKey(Article, on_delete=models.CASCADE, related_name="notes")
    text = models.CharField(max_length=1000)
    by = models.CharField(max_length=254)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return self.text[:60]
