"""Users of the desk, what they may do, and what they did."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models

from newsletter.accounts import otp_devices  # noqa: F401  Django finds models here alone
from newsletter.accounts.roles import RoleName


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        user = self.model(email=email.strip().casefold(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email=(username or "").strip().casefold())


class User(AbstractBaseUser):
    """Somebody who works at the desk; signs in with the address."""

    email = models.EmailField(unique=True)
    name = models.CharField(max_length=200, blank=True)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField()
    sessions_end_before = models.DateTimeField(null=True)  # sessions begun earlier have ended, whatever they hold
    language = models.CharField(max_length=8, blank=True, db_default="")  # of the desk; empty: as the browser asks

    objects: ClassVar[UserManager] = UserManager()
    known_roles: tuple[Role, ...] | None = None  # those read with the user of a request, for that request

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"

    def __str__(self) -> str:
        return self.name or self.email


class Role(models.Model):
    """What a user may do: for one newsletter, or for all when `newsletter` is empty."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="roles")
    newsletter = models.ForeignKey(
        "catalog.Newsletter", on_delete=models.CASCADE, null=True, blank=True, related_name="+"
    )
    name = models.CharField(max_length=20, choices=RoleName.list_choices())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "newsletter"], name="one_role_per_newsletter"),
            models.UniqueConstraint(
                fields=["user"], condition=models.Q(newsletter=None), name="one_role_for_the_house"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} of {self.newsletter_id or 'everything'}"


class ApiToken(models.Model):
    """Lets a program act for a person. The text is shown once; what is kept is its hash."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="tokens")
    name = models.CharField(max_length=60)  # the program that uses it
    prefix = models.CharField(max_length=8, unique=True)  # by which it is found and recognised
    digest = models.CharField(
        max_length=64
    )  # SHA-256 of the whole: it has 256 random bits, so that a slow hash adds nothing
    created_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)  # to five minutes
    # A process of before there were scopes gives what tokens could do then.
    scopes = models.CharField(max_length=200, db_default="articles:read articles:write")  # separated by blanks
    expires_at = models.DateTimeField(null=True)  # None: never, of before tokens expired

    def __str__(self) -> str:
        return f"{self.name} of {self.user_id}"


class CalendarLink(models.Model):
    """The secret address at which a calendar program reads a user's schedule. It is shown once; kept is its hash."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="calendar_link")
    digest = models.CharField(max_length=64, unique=True)  # SHA-256: it has 256 random bits
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"of {self.user_id}"


_APPEND_ONLY = "The audit log is append-only."


class AppendOnly(models.QuerySet[Any]):
    """Rows that are written once, and go when they are old."""

    def expire(self, ids: Collection[int]) -> int:
        """Deletes rows whose time is over, with what hangs on them. Returns how many rows."""
        models.QuerySet.delete(self.filter(id__in=ids))
        return len(ids)

    def update(self, **values: Any) -> int:
        raise TypeError(_APPEND_ONLY)

    def delete(self) -> tuple[int, dict[str, int]]:
        raise TypeError(_APPEND_ONLY)

    def bulk_create(self, *args: Any, update_conflicts: bool = False, **kwargs: Any) -> list[Any]:
        if update_conflicts:
            raise TypeError(_APPEND_ONLY)
        return super().bulk_create(*args, **kwargs)


class Redactable(AppendOnly):
    """Rows that are written once, of which only the values can be emptied."""

    def redact(self, now: datetime) -> int:
        """Empties the values of rows that have some. Returns how many had."""
        return models.QuerySet.update(self.filter(redacted_at=None), before={}, after={}, redacted_at=now)


class WrittenOnce(models.Model):
    """A row that is neither changed nor deleted by itself; what it hangs on may take it along."""

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise TypeError(_APPEND_ONLY)
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        raise TypeError(_APPEND_ONLY)


class AuditEntry(WrittenOnce):
    """One thing somebody did. Append-only."""

    at = models.DateTimeField(db_index=True)
    actor = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    actor_name = models.CharField(max_length=254)  # stays when the account goes; “command line (alice)” without one
    verb = models.CharField(max_length=60)
    target = models.CharField(max_length=200)
    newsletter = models.ForeignKey("catalog.Newsletter", on_delete=models.SET_NULL, null=True, related_name="+")
    detail = models.TextField(blank=True)
    network = models.CharField(max_length=64, db_default="", default="")  # the address the request came from
    before = models.JSONField(null=True)  # the values that changed, by field; None: of before there was this column
    after = models.JSONField(null=True)
    digest = models.CharField(max_length=64, db_default="", default="")  # keyed, of the personal values

    objects = AppendOnly.as_manager()

    class Meta:
        # Whatever the log is asked for, its latest entries are read from an index.
        indexes = [
            models.Index(fields=["target", "-at"], name="audit_of_target"),
            models.Index(fields=["newsletter", "-id"], name="audit_of_newsletter"),
            models.Index(fields=["actor_name", "-id"], name="audit_of_actor"),
            models.Index(fields=["verb", "-id"], name="audit_of_verb"),
        ]

    def __str__(self) -> str:
        return f"{self.actor_name} {self.verb} {self.target}"


class AuditEntryList(WrittenOnce):
    """A list that an entry is about: what was done to it, or to somebody on it."""

    entry = models.ForeignKey(AuditEntry, on_delete=models.CASCADE, related_name="lists")
    list_id = models.BigIntegerField()  # no foreign key: the entry stays when the list goes

    objects = AppendOnly.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["list_id", "entry"], name="once_per_list_of_entry")]

    def __str__(self) -> str:
        return f"list {self.list_id} of entry {self.entry_id}"


class AuditPersonalValues(WrittenOnce):
    """The personal values of an entry, apart from it, so that erasure and retention can redact them."""

    entry = models.OneToOneField(AuditEntry, on_delete=models.CASCADE, related_name="personal")
    subscriber_id = models.BigIntegerField(null=True, db_index=True)  # whose they are; None: of an address alone
    before = models.JSONField()
    after = models.JSONField()
    redacted_at = models.DateTimeField(null=True)

    objects = Redactable.as_manager()

    def __str__(self) -> str:
        return f"personal values of entry {self.entry_id}"
