"""What people were shown when they agreed: each text is stored once, and consent events refer to it by its hash."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from newsletter.kernel.text import remove_unstorable
from subscribers import models
from subscribers.values import ConsentText


@dataclass(frozen=True, slots=True)
class ShownTexts:
    """The hashes of what somebody was shown: the form, the privacy notice, and the mail they answered; "" for none."""

    form: str = ""
    notice: str = ""
    mail: str = ""


NOTHING_SHOWN = ShownTexts()


def keep_text(text: str, now: datetime) -> str:
    """Stores a text, if it is not there yet: its hash, "" for none."""
    kept = remove_unstorable(text).strip()
    if not kept:
        return ""
    digest = hashlib.sha256(kept.encode()).hexdigest()
    if not models.ConsentText.objects.filter(hash=digest).exists():
        models.ConsentText.objects.get_or_create(hash=digest, defaults={"text": kept, "first_used_at": now})
    return digest


def get_texts(hashes: Iterable[str]) -> dict[str, ConsentText]:
    """The texts with these hashes."""
    rows = models.ConsentText.objects.filter(hash__in={*hashes} - {""})
    return {row.hash: ConsentText(row.hash, row.text, row.first_used_at) for row in rows}
