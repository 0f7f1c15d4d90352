"""What a check finds: how grave, where, and what to do. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

# Without these there is no mail, or none that may be sent: no reason helps.
NEVER_OVERRIDDEN = frozenset(
    {
        "template",
        "no-subject",
        "no-headline",
        "no-text-part",
        "no-unsubscribe",
        "no-postal-address",
        "unknown-field",
        "no-segment",
        "two-texts",
        "unsaved-text",
    }
)


class FindingLevel(StrEnum):
    """What a finding does, the gravest first: it stops approval, deserves attention, or would make the draft better."""

    BLOCK = "block"
    WARN = "warn"
    ADVISE = "advise"


GRAVEST_FIRST = tuple(FindingLevel)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing about a draft.

    `where` names the field or story, `code` the kind of finding, the same in every version. `overridden` is the reason
    of an override and who gave it.
    """

    level: FindingLevel
    where: str
    message: str
    code: str = ""
    overridden: str = ""

    @property
    def blocks(self) -> bool:
        """Whether it stops approval as things stand."""
        return self.level == FindingLevel.BLOCK and not self.overridden

    @property
    def warns(self) -> bool:
        """Whether it deserves attention and stops nothing."""
        return self.level == FindingLevel.WARN

    @property
    def may_be_overridden(self) -> bool:
        """Whether somebody may override it, with a reason."""
        return self.level == FindingLevel.BLOCK and self.code not in NEVER_OVERRIDDEN
