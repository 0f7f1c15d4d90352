"""What is wrong with this draft: asked of the edition's words, its rendering, and its readers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from newsletter.catalog import reads as catalog
from newsletter.curator import reads as editions
from newsletter.curator import service as curator
from newsletter.curator import watch
from newsletter.kernel.errors import Refused
from newsletter.templater import Rendered
from subscribers import reads as subscribers

SUBJECT_SHORT, SUBJECT_LONG = 10, 78  # characters; longer ones are cut by most inboxes
SIZE_LOOK, SIZE_BLOCK = 80_000, 102_000  # bytes of HTML: Gmail clips at about 102 kB (SendGrid fact 69)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing about a draft. "block" stops approval, "warn" deserves a look. `where` names the field or story."""

    level: Literal["block", "warn"]
    where: str
    message: str


def check(edition_id: int, *, now: datetime) -> tuple[Finding, ...]:
    """Every finding about an edition as it stands; those that block come first."""
    edition = editions.edition(edition_id)
    newsletter = catalog.newsletter(edition.newsletter_id)
    findings = [
        *_words(edition),
        *_stories(edition, newsletter),
        *_watched(edition),
        *_rendering(curator.preview(edition_id, now=now)),
        *_readers(newsletter),
    ]
    return tuple(sorted(findings, key=lambda finding: finding.level != "block"))


def approve(edition_id: int, *, by: str, now: datetime) -> editions.Snapshot:
    """Freezes the edition, unless something blocks it. Raises Refused with everything that does; the draft stays as it was."""
    blocking = [finding for finding in check(edition_id, now=now) if finding.level == "block"]
    if blocking:
        reasons = "\n".join(f"  {finding.where}: {finding.message}" for finding in blocking)
        raise Refused(f"Edition {edition_id} cannot be approved yet:\n{reasons}")
    return curator.approve(edition_id, by=by, now=now)


def _words(edition: editions.Edition) -> Iterator[Finding]:
    length = len(edition.subject)
    if not edition.subject.strip():
        yield Finding("block", "subject", "There is no subject. Write one.")
    elif not SUBJECT_SHORT <= length <= SUBJECT_LONG:
        yield Finding(
            "warn",
            "subject",
            f"The subject has {length} characters; {SUBJECT_SHORT} to {SUBJECT_LONG} read best.",
        )
    if not edition.preheader.strip():
        yield Finding(
            "warn", "preheader", "There is no preheader, so inboxes show the first words of the mail instead."
        )


def _stories(edition: editions.Edition, newsletter: catalog.Newsletter) -> Iterator[Finding]:
    if len(edition.picks) < newsletter.stories_least:
        yield Finding(
            "block",
            "stories",
            f"{len(edition.picks)} stories, and {newsletter.name} needs at least {newsletter.stories_least}.",
        )
    elif len(edition.picks) < newsletter.stories_wanted:
        yield Finding("warn", "stories", f"{len(edition.picks)} stories of {newsletter.stories_wanted}.")
    for story in edition.picks:
        where = f"story:{story.key}"
        if not story.headline.strip():
            yield Finding("block", where, "There is no headline. Write one or drop the story.")
        if not story.url:
            yield Finding("warn", where, f"“{story.headline}” has no link.")
        if story.picture_id and not story.image_credit.strip():
            yield Finding(
                "block",
                where,
                f"The picture of “{story.headline}” has no credit. Add the credit or take the picture out.",
            )
        if story.picture_id and not story.image_alt.strip():
            yield Finding(
                "warn",
                where,
                f"The picture of “{story.headline}” has no alternative text for those who cannot see it.",
            )


def _watched(edition: editions.Edition) -> Iterator[Finding]:
    """What was found when the stories' pages were looked at again, and where a story ran before."""
    for key, message in watch.findings(edition.id):
        yield Finding("warn", f"story:{key}", message)
    for story in edition.picks:
        if story.again_reason:
            yield Finding("warn", f"story:{story.key}", f"“{story.headline}” {story.again_reason}.")


def _rendering(rendered: Rendered) -> Iterator[Finding]:
    for problem in rendered.problems:
        yield Finding(problem.level, problem.where, problem.message)
    size = len(rendered.html.encode())
    if size > SIZE_BLOCK:
        yield Finding(
            "block",
            "size",
            f"{size / 1000:.0f} kB: Gmail cuts mails at about 102 kB. Drop or shorten stories.",
        )
    elif size > SIZE_LOOK:
        yield Finding(
            "warn",
            "size",
            f"{size / 1000:.0f} kB: with tracked links Gmail may cut it (it does at about 102 kB).",
        )


def _readers(newsletter: catalog.Newsletter) -> Iterator[Finding]:
    if not subscribers.counts(newsletter.list_id).get("active", 0):
        yield Finding("warn", "readers", "Nobody on the list is active, so nobody would get it.")
