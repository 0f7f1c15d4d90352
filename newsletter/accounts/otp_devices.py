"""The devices of django-otp, with their secrets sealed at rest: the same tables, read in both forms.

Secrets are sealed when settings.SEAL_SECOND_FACTOR says so: a process of the version before would not understand them.
"""

from __future__ import annotations

import logging

from django.conf import settings
from django.db import transaction
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice

from newsletter.accounts import sealing

log = logging.getLogger(__name__)


class SealedTOTPDevice(TOTPDevice):
    """An authenticator."""

    key: str  # as it is stored

    class Meta:
        proxy = True
        app_label = "accounts"

    @property
    def bin_key(self) -> bytes:
        """The key. Raises `sealing.UnreadableSecretError`."""
        if not sealing.is_sealed(self.key):
            return bytes(super().bin_key)
        return sealing.open_sealed(self.key, self._owner)

    def verify_token(self, token: str) -> bool:
        """Whether a code is right and was not used before; seals the key where that is due."""
        try:
            verified: bool = super().verify_token(token)
        except sealing.UnreadableSecretError:
            log.error("The key of authenticator %s was sealed with another secret key.", self.pk)
            return False
        if verified:
            self.seal()
        return verified

    def seal(self) -> None:
        """Encrypts the key, where secrets are sealed and this one is not, or with a former secret key."""
        if settings.SEAL_SECOND_FACTOR and not sealing.is_current(self.key, self._owner):
            self.key = sealing.seal(self.bin_key, self._owner)
            self.save(update_fields=["key"])

    @property
    def _owner(self) -> str:
        return f"user {self.user_id}"


class SealedStaticDevice(StaticDevice):
    """Spare codes."""

    class Meta:
        proxy = True
        app_label = "accounts"

    def verify_token(self, token: str) -> bool:
        """Whether a code is one of those that are left, which it then is no more."""
        forms = list(sealing.list_digests(token, self._owner))
        if not sealing.is_digest(token):  # whoever reads a digest in the database cannot type it as a code
            forms.append(token)
        stored = self.token_set.filter(token__in=forms).values_list("token", flat=True).first()
        return bool(super().verify_token(stored or ""))  # the empty one is none, and counts as a wrong one

    def add_codes(self, codes: tuple[str, ...]) -> None:
        """Stores codes."""
        for code in codes:
            sealed = sealing.digest_code(code, self._owner) if settings.SEAL_SECOND_FACTOR else code
            self.token_set.create(token=sealed)

    def seal(self) -> None:
        """Replaces codes by their digests, where secrets are sealed and these are not."""
        if not settings.SEAL_SECOND_FACTOR:
            return
        with transaction.atomic():
            for each in self.token_set.select_for_update():
                if not sealing.is_digest(each.token):
                    each.token = sealing.digest_code(each.token, self._owner)
                    each.save(update_fields=["token"])

    @property
    def _owner(self) -> str:
        return f"user {self.user_id}"


def seal_stored() -> None:
    """Seals what the version before left readable. Nothing where secrets are not sealed; what cannot be read stays."""
    for device in (*SealedTOTPDevice.objects.all(), *SealedStaticDevice.objects.all()):
        try:
            device.seal()
        except sealing.UnreadableSecretError:
            log.error("The key of authenticator %s was sealed with another secret key.", device.pk)
