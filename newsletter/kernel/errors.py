"""Every error a person may meet, in one tree.

    NewsletterError                 what went wrong, in one sentence, with the remedy
    ├── Refused           exit 1    a rule of ours says no; nothing was changed
    │   ├── NotFound                there is no such thing
    │   ├── NotAllowed              this person may not do that
    │   └── Conflict                somebody else was faster, or the state has moved on
    ├── BadInput          exit 2    a value we were given cannot be right; `field` names it
    └── SurroundingsError exit 3    database, provider, network or file did not do its part

Work that was done for a part alone, because some of what it was given was bad, ends with 4 (DONE_IN_PART).

The message is written to the person who reads it: it names the thing, the place and the remedy.
The command line prints it and ends with `exit_code`; the desk shows it on the page with
`http_status`. No other exception is meant to reach a person.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

DONE_IN_PART = 4  # exit status: the good rows of a file were taken, the bad ones are named


class NewsletterError(Exception):
    """Root of the tree. `str(error)` is a sentence for people, remedy included.

    `command_hint` is what the command line says besides: the command that helps. The desk has pages for that.
    """

    exit_code = 1
    http_status = 400

    def __init__(self, message: str = "", *, command_hint: str = "") -> None:
        super().__init__(message)
        self.command_hint = command_hint


class Refused(NewsletterError):
    """A rule says no. Nothing was changed."""

    exit_code = 1
    http_status = 409


class NotFound(Refused):
    """There is no such thing."""

    http_status = 404


class NotAllowed(Refused):
    """This person may not do that."""

    http_status = 403


@dataclass(frozen=True, slots=True)
class Difference:
    """What changed between what a person saw and what is there now."""

    name: str  # of the field or the part
    seen: str  # what they saw; "" when unknown
    present: str  # what is there now
    yours: str = ""  # what they wanted to save, where they wanted to save something
    label: str = ""  # the name as people read it
    by: str = ""  # who changed it, where that is known


class Conflict(Refused):
    """Somebody else was faster, or the state has moved on since it was read. `differences` says what changed."""

    http_status = 409

    def __init__(self, message: str, differences: Iterable[Difference] = (), *, command_hint: str = "") -> None:
        super().__init__(message, command_hint=command_hint)
        self.differences = tuple(differences)


class BadInput(NewsletterError):
    """A value cannot be right. `field` is the name of the field or option, "" if there is none."""

    exit_code = 2
    http_status = 422

    def __init__(self, message: str, field: str = "", *, command_hint: str = "") -> None:
        super().__init__(message, command_hint=command_hint)
        self.field = field


class SurroundingsError(NewsletterError):
    """Database, provider, network or file did not do its part; trying again later may help."""

    exit_code = 3
    http_status = 503
