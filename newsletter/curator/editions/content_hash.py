"""The hash of what somebody decides on: an edition's own content, and the mail that is made of it. Pure.

“<content>-<mail>”, sixteen hexadecimal digits each. The first tells that somebody edited the edition; the second also
that a setting of the newsletter, a sponsor, a picture or a correction of another edition changed what readers get.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from hashlib import sha256

from newsletter.curator.editions.values import Correction, Edition, select_hashed
from newsletter.curator.editions.variants import Variant
from newsletter.templater.briefing import Rendered

DIGITS = 16
TEXTS = ("subject", "second_subject", "preheader", "intro", "signed")


def compute_content_part(edition: Edition, corrections: Iterable[Correction] = ()) -> str:
    """Changes with the texts, the stories and their order, the boxes, and what was corrected once it is out."""
    content = {
        "texts": [getattr(edition, name) for name in TEXTS],
        "picks": [[each.key, each.section, select_hashed(each.content)] for each in edition.picks],
        "boxes": [asdict(each) for each in edition.boxes],
        "corrections": [(each.id, each.text) for each in corrections],
    }
    return sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:DIGITS]


def compute_mail_hash(mails: Mapping[Variant, Rendered]) -> str:
    """The hash of all that may be sent: that of the mail, or of its variants, with who gets them, where it has any.

    The page of the archive is not mailed, and does not count.
    """
    parts = [  # the same words for others are another mail
        (sorted(variant.audiences), variant.second_subject, rendered.sha256)
        for variant, rendered in mails.items()
        if not variant.web
    ]
    return parts[0][-1] if len(parts) == 1 else sha256(json.dumps(parts).encode()).hexdigest()


def join_parts(content: str, mail_sha256: str) -> str:
    """The hash as it is shown and handed back."""
    return f"{content}-{mail_sha256[:DIGITS]}"


def split_parts(content_hash: str) -> tuple[str, str]:
    """Its two parts; what is no hash equals none."""
    content, _, mail = content_hash.strip().partition("-")
    return content, mail
