"""The finished mail: does it render, is it whole, small enough, and does it say what the law asks? Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from newsletter.checks.findings import Finding, FindingLevel
from newsletter.kernel.sentences import mark, phrase
from newsletter.templater.briefing import ProblemLevel, Rendered

SIZE_WARN, SIZE_BLOCK = 80_000, 102_000  # bytes of HTML: Gmail clips at about 102 kB (SendGrid fact 69)
_OTHER_CHARACTERS = re.compile(r"[\W_]+")
MIN_SIMILARITY = 0.5  # of the last edition's size, before a difference is reported


def check_rendering(rendered: Rendered, *, postal_address: str) -> Iterator[Finding]:
    """What is wrong with the mail as it would leave."""
    for problem in rendered.problems:
        code = (
            "template"
            if problem.where.startswith("template")
            else "theme"
            if problem.where.startswith("theme")
            else "unknown-field"
            if problem.level == ProblemLevel.BLOCK
            else "content"
        )
        yield Finding(FindingLevel(problem.level), problem.where, problem.message, code)
    if not rendered.html:
        return
    size = len(rendered.html.encode())
    if size > SIZE_BLOCK:
        yield Finding(
            FindingLevel.BLOCK,
            "size",
            phrase("{size} kB: Gmail cuts mails at about 102 kB. Drop or shorten stories.", size=f"{size / 1000:.0f}"),
            "too-large",
        )
    elif size > SIZE_WARN:
        yield Finding(
            FindingLevel.WARN,
            "size",
            phrase(
                "{size} kB: with tracked links Gmail may cut it (it does at about 102 kB).", size=f"{size / 1000:.0f}"
            ),
            "large",
        )
    if not rendered.text.strip():
        yield Finding(
            FindingLevel.BLOCK, "text", phrase("There is no plain-text part. Fix the template."), "no-text-part"
        )
    for part, name in ((rendered.html, phrase("mail")), (rendered.text, phrase("plain-text part"))):
        if "/u/" not in part:
            yield Finding(
                FindingLevel.BLOCK,
                "template",
                phrase("The {name} has no unsubscribe link. Every mail must have one: fix the template.", name=name),
                "no-unsubscribe",
            )
        if _keep_letters_and_digits(postal_address) not in _keep_letters_and_digits(part):
            yield Finding(
                FindingLevel.BLOCK,
                "template",
                phrase("The {name} lacks the postal address, which the law requires: fix the template.", name=name),
                "no-postal-address",
            )


def _keep_letters_and_digits(text: str) -> str:
    """Letters and digits alone: escaping, wrapping and typography change the rest."""
    import html

    return _OTHER_CHARACTERS.sub("", html.unescape(text))


_DRIFTS = {
    "stories": mark("Stories: {now}. The last edition had {before}. Is that meant?"),
    "bytes": mark("Bytes: {now}. The last edition had {before}. Is that meant?"),
}


def check_drift(now: int, before: int, what: str) -> Iterator[Finding]:
    """Whether something is very unlike the last edition's."""
    if before and not MIN_SIMILARITY <= now / before <= 1 / MIN_SIMILARITY:
        yield Finding(
            FindingLevel.WARN,
            what,
            phrase(_DRIFTS[what], now=now, before=before),
            f"drift-{what}",
        )
