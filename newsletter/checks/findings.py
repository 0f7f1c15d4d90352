"""What a check finds: how grave, where, and what to do. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Level = Literal["block", "warn", "advise"]
GRAVEST_FIRST: tuple[Level, ...] = ("block", "warn", "advise")
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
    }
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing about a draft. "block" stops approval, "warn" deserves attention, "advise" would make it better.

    `where` names the field or story, `code` the kind of finding, the same in every version. `overridden` is the reason
    of an override and who gave it.
    """

    level: Level
    where: str
    message: str
    code: str = ""
    overridden: str = ""

    @property
    def blocks(self) -> bool:
        """Whether it stops approval as things stand."""
        return self.level == "block" and not self.overridden

    @property
    def warns(self) -> bool:
        """Whether it deserves attention and stops nothing."""
        return self.level == "warn"

    @property
    def may_be_overridden(self) -> bool:
        """Whether somebody may override it, with a reason."""
        return self.level == "block" and self.code not in NEVER_OVERRIDDEN
