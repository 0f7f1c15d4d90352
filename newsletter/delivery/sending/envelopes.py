"""What a newsletter's mail has in common for all recipients: sender, headers, tracking."""

from __future__ import annotations

import re

from newsletter.catalog.values import Newsletter
from newsletter.delivery.providers.base import Envelope
from newsletter.templater.briefing import Rendered


def build_envelope(rendered: Rendered, newsletter: Newsletter, *, base_url: str, subject_prefix: str = "") -> Envelope:
    """The envelope of an edition: list mail, with one-click leaving (RFC 2369, 2919, 8058)."""
    return Envelope(
        from_email=newsletter.from_email,
        from_name=newsletter.from_name,
        reply_to=newsletter.reply_to,
        subject=subject_prefix + rendered.subject,
        html=rendered.html,
        text=rendered.text,
        merge=tuple(rendered.merge),
        headers=(
            ("List-Id", format_list_id(newsletter)),
            ("Precedence", "bulk"),
        ),  # Precedence keeps vacation replies away (fact 63)
        unsubscribe_base=f"{base_url}/u/",
        click_tracking=newsletter.click_tracking,
        open_tracking=newsletter.open_tracking,
    )


def build_transactional_envelope(rendered: Rendered, newsletter: Newsletter) -> Envelope:
    """The envelope of a mail about a subscription: an automatic answer to one person (RFC 3834), never tracked."""
    return Envelope(
        from_email=newsletter.from_email,
        from_name=newsletter.publication or newsletter.from_name,
        reply_to=newsletter.reply_to,
        subject=rendered.subject,
        html=rendered.html,
        text=rendered.text,
        merge=tuple(rendered.merge),
        headers=(("Auto-Submitted", "auto-generated"),),
    )


def format_list_id(newsletter: Newsletter) -> str:
    """A stable List-Id (RFC 2919): the name where it is plain ASCII, and slug.domain."""
    name = re.sub(r"[^A-Za-z0-9 &'-]", "", newsletter.name) if newsletter.name.isascii() else ""
    identifier = f"<{newsletter.slug}.{newsletter.from_email.rpartition('@')[2]}>"
    return f"{name} {identifier}".strip()
