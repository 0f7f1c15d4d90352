"""Newsletters (the products), their sections, and the pictures we serve."""

from __future__ import annotations

from django.db import models

from newsletter.catalog.states import ApprovalPolicy, LatePolicy, NewsletterState, TrackingMode


class Newsletter(models.Model):
    """A product: “Morning Briefing”. Who sends it, to which list, how it looks, how late it may be."""

    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=120)
    strap = models.CharField(max_length=200, blank=True)
    description = models.TextField(blank=True)
    state = models.CharField(max_length=10, choices=NewsletterState.list_choices(), default=NewsletterState.LIVE)

    publication = models.CharField(max_length=120)
    publication_url = models.URLField(max_length=500, blank=True)
    privacy_url = models.URLField(max_length=500, blank=True, default="", db_default="")
    imprint_url = models.URLField(max_length=500, blank=True, default="", db_default="")
    from_email = models.EmailField()
    from_name = models.CharField(max_length=120)
    reply_to = models.EmailField(blank=True)
    unsubscribe_email = models.EmailField(blank=True, default="", db_default="")
    postal_address = models.CharField(max_length=300)
    signed = models.CharField(max_length=120, blank=True)

    list = models.ForeignKey("subscribers.List", on_delete=models.PROTECT, related_name="+")
    language = models.CharField(max_length=16, default="en")
    zone = models.CharField(max_length=64, default="UTC")
    template = models.CharField(max_length=60, default="briefing")
    theme = models.JSONField(default=dict, blank=True)  # overrides of the template's theme
    logo_light = models.ForeignKey(
        "catalog.Picture", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    logo_dark = models.ForeignKey("catalog.Picture", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")

    stories_wanted = models.PositiveSmallIntegerField(default=12)
    stories_least = models.PositiveSmallIntegerField(default=1)
    late_after_minutes = models.PositiveIntegerField(default=30)  # later than this: held, and the editors asked
    click_tracking = models.BooleanField(default=True)
    open_tracking = models.BooleanField(default=True)
    tracking = models.CharField(
        max_length=8,
        choices=TrackingMode.list_choices(),
        default=TrackingMode.OPT_IN.value,
        db_default=TrackingMode.ON.value,  # those made before it was asked for keep what they do
    )
    recall_minutes = models.PositiveIntegerField(
        default=0, db_default=0
    )  # submitted that long before, so that it can be recalled; 0: off
    segment = models.CharField(max_length=60, blank=True, default="", db_default="")  # of the list; "": all of it
    test_addresses = models.CharField(
        max_length=500, blank=True, default="", db_default=""
    )  # where tests went last, with commas
    link_parameters = models.CharField(
        max_length=200, blank=True, default="", db_default=""
    )  # utm_source=…&utm_campaign={date}
    per_minute = models.PositiveIntegerField(default=0, db_default=0)  # messages; 0: no limit
    repair_after_minutes = models.PositiveIntegerField(
        default=0, db_default=0
    )  # of silence (may duplicate); 0: only by hand
    bounce_limit = models.PositiveIntegerField(default=5, db_default=5)  # per cent bounced or blocked; beyond it pauses
    warm_up_from = models.DateField(null=True, blank=True)  # first day of a new sender's domain, in the zone above
    warm_up_first = models.PositiveIntegerField(
        default=0, db_default=0
    )  # messages on that day, doubled every day; 0: no ceiling
    when_late = models.CharField(
        max_length=4,
        choices=LatePolicy.list_choices(),
        default=LatePolicy.HOLD.value,
        db_default=LatePolicy.HOLD.value,
    )
    approvals = models.CharField(
        max_length=4,
        choices=ApprovalPolicy.list_choices(),
        default=ApprovalPolicy.ONE.value,
        db_default=ApprovalPolicy.ONE.value,
    )
    cut_off_minutes = models.PositiveIntegerField(default=0, db_default=0)  # before its time; 0: no cut-off
    remind_minutes = models.PositiveIntegerField(
        default=30, db_default=30
    )  # before its time, if not approved; 0: never
    collects_from = models.DateTimeField(null=True)  # the end of its schedule's last pause
    collects_until = models.DateTimeField(null=True)  # its beginning: stories of the time between are not offered
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class Section(models.Model):
    """A part of every edition: “Top stories”, with the number of stories it wants."""

    newsletter = models.ForeignKey(Newsletter, on_delete=models.CASCADE, related_name="sections")
    key = models.SlugField(max_length=40)
    title = models.CharField(max_length=120)
    position = models.PositiveSmallIntegerField()
    quota = models.PositiveSmallIntegerField(default=3)

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["newsletter", "key"], name="section_key_once")]

    def __str__(self) -> str:
        return self.title


class Sponsor(models.Model):
    """A paid box in the editions of some days, always labelled."""

    newsletter = models.ForeignKey(Newsletter, on_delete=models.CASCADE, related_name="sponsors")
    label = models.CharField(max_length=60)  # “Sponsored by …”
    headline = models.CharField(max_length=120)
    text = models.CharField(max_length=400, blank=True)
    url = models.URLField(max_length=2000)
    first = models.DateField()  # of an edition
    last = models.DateField()

    class Meta:
        ordering = ["first"]

    def __str__(self) -> str:
        return self.headline


class Picture(models.Model):
    """A picture in our own store, named by the hash of its bytes."""

    sha256 = models.CharField(max_length=64, unique=True)
    extension = models.CharField(max_length=4)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    size = models.PositiveIntegerField()  # bytes
    source_url = models.URLField(max_length=2000, blank=True)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.sha256[:12]}.{self.extension}"


class PictureCut(models.Model):
    """A part of a picture in a shape and size that mails show, around its focal point; a file of its own."""

    picture = models.ForeignKey(Picture, on_delete=models.CASCADE, related_name="cuts")
    width = models.PositiveSmallIntegerField()  # as asked for; the file is smaller where the picture is
    height = models.PositiveSmallIntegerField()
    focus_x = models.PositiveSmallIntegerField()  # percent from the left
    focus_y = models.PositiveSmallIntegerField()  # percent from the top
    sha256 = models.CharField(max_length=64, db_index=True)
    extension = models.CharField(max_length=4)
    file_width = models.PositiveSmallIntegerField()
    file_height = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["picture", "width", "height", "focus_x", "focus_y"], name="one_cut_per_size_and_focus"
            )
        ]

    def __str__(self) -> str:
        return f"{self.picture_id} {self.width} × {self.height}"
