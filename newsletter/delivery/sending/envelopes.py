"""What a newsletter's mail has in common for all recipients: sender, headers, tracking."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from newsletter.catalog.states import TrackingMode
from newsletter.catalog.values import Newsletter
from newsletter.delivery.providers.base import Envelope
from newsletter.kernel.text import clean_name
from newsletter.templater.briefing import Rendered


@dataclass(frozen=True, slots=True)
class EnvelopeSettings:
    """What every message of a mailing has besides the composed mail: fixed with the audience, and kept with it.

    So the second half of a mailing leaves as the first did, whatever is changed meanwhile. `zone` and `language` are
    for the day of the sending in words.
    """

    from_email: str
    from_name: str
    reply_to: str
    headers: tuple[tuple[str, str], ...]
    unsubscribe_base: str
    click_tracking: bool
    open_tracking: bool
    zone: str
    language: str
    tracking: TrackingMode = TrackingMode.ON
    unsubscribe_email: str = ""

    @property
    def tracks(self) -> bool:
        """Whether opens or clicks are tracked, of those who accept it."""
        return self.click_tracking or self.open_tracking

    def is_tracked(self, accepts: bool, agreed: bool) -> bool:
        """Whether opens and clicks of somebody are tracked who does not refuse it (`accepts`), or `agreed` to it."""
        return accepts and (agreed or self.tracking == TrackingMode.ON)

    def to_json(self) -> dict[str, Any]:
        """As it is stored."""
        return asdict(self)

    def without_tracking(self) -> EnvelopeSettings:
        """The same for those who accept no tracking."""
        return replace(self, click_tracking=False, open_tracking=False)


def read_envelope_settings(newsletter: Newsletter, *, base_url: str) -> EnvelopeSettings:
    """The settings of a newsletter as they are now: list mail, with one-click leaving (RFC 2369, 2919, 8058)."""
    return EnvelopeSettings(
        from_email=newsletter.from_email,
        from_name=newsletter.from_name,
        reply_to=newsletter.reply_to,
        headers=(
            ("List-Id", format_list_id(newsletter)),
            ("Precedence", "bulk"),
        ),  # Precedence keeps vacation replies away (fact 63)
        unsubscribe_base=f"{base_url}/u/",
        click_tracking=newsletter.click_tracking and newsletter.tracking != TrackingMode.OFF,
        open_tracking=newsletter.open_tracking and newsletter.tracking != TrackingMode.OFF,
        zone=newsletter.zone,
        language=newsletter.language,
        tracking=newsletter.tracking,
        unsubscribe_email=newsletter.unsubscribe_email,
    )


def renew_envelope_settings(before: EnvelopeSettings, newsletter: Newsletter, *, base_url: str) -> EnvelopeSettings:
    """The settings of now for a mailing whose audience was sorted by those of `before`.

    Who was sorted among the tracked without having agreed must not be tracked where consent is asked for now.
    """
    present = read_envelope_settings(newsletter, base_url=base_url)
    if before.tracking == TrackingMode.ON and present.tracking != TrackingMode.ON:
        return present.without_tracking()
    return replace(present, tracking=before.tracking)


def parse_envelope_settings(stored: Mapping[str, Any]) -> EnvelopeSettings:
    """Settings as they were stored; what a later version added to them is left aside, what this one added is off."""
    known = {each.name: stored[each.name] for each in fields(EnvelopeSettings) if each.name in stored}
    headers = tuple((name, value) for name, value in stored["headers"])
    tracking = TrackingMode(stored.get("tracking", TrackingMode.ON))  # the version before tracked all who accept it
    return EnvelopeSettings(**{**known, "headers": headers, "tracking": tracking})


def build_envelope(rendered: Rendered, settings: EnvelopeSettings, *, subject_prefix: str = "") -> Envelope:
    """The envelope of an edition."""
    return Envelope(
        from_email=settings.from_email,
        from_name=clean_name(settings.from_name),
        reply_to=settings.reply_to,
        subject=subject_prefix + rendered.subject,
        html=rendered.html,
        text=rendered.text,
        merge=tuple(rendered.merge),
        headers=settings.headers,
        unsubscribe_base=settings.unsubscribe_base,
        unsubscribe_email=settings.unsubscribe_email,
        click_tracking=settings.click_tracking,
        open_tracking=settings.open_tracking,
    )


def build_transactional_envelope(rendered: Rendered, newsletter: Newsletter) -> Envelope:
    """The envelope of a mail about a subscription: an automatic answer to one person (RFC 3834), never tracked."""
    return Envelope(
        from_email=newsletter.from_email,
        from_name=clean_name(newsletter.publication or newsletter.from_name),
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
