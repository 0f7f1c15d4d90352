"""What of the audit log somebody may read, and whose personal values.

Whoever edits a newsletter reads what was done to it; whoever may see the subscribers of a list, what was done to the
list and the people on it. What is about the newsroom as a whole, such as users and settings, is for whoever may change
its users.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from newsletter.accounts import audit_log
from newsletter.accounts.audit_log import AuditFilter, AuditScope, RecordedEntry
from newsletter.kernel.actors import Actor, Verb
from newsletter.kernel.errors import NotAllowed
from newsletter.kernel.sentences import phrase


@dataclass(frozen=True, slots=True)
class VisibleEntry:
    """An entry as somebody may see it: without its personal values where `is_personal_hidden`."""

    entry: RecordedEntry
    is_personal_hidden: bool


def may_read_some(visible: Mapping[Verb, frozenset[int] | None]) -> bool:
    """Whether roles that allow these newsletters by verb allow to read any entry."""
    return visible[Verb.EDIT] != frozenset() or visible[Verb.SUBSCRIBERS] != frozenset() or visible[Verb.USERS] is None


def list_visible_entries(
    wanted: AuditFilter, *, by: Actor, limit: int = 100, before_id: int | None = None
) -> tuple[VisibleEntry, ...]:
    """The latest entries that `by` may read, newest first. Raises NotAllowed for whoever may read none."""
    found = audit_log.list_entries(replace(wanted, scope=_find_scope(by)), limit=limit, before_id=before_id)
    known: dict[tuple[int, ...], bool] = {}
    return tuple(_hide_personal(each, by, known) for each in found)


def iterate_visible_entries(wanted: AuditFilter, *, by: Actor) -> Iterator[RecordedEntry]:
    """All entries that `by` may read, oldest first, page by page. Raises NotAllowed for whoever may read none."""
    scoped = replace(wanted, scope=_find_scope(by))
    known: dict[tuple[int, ...], bool] = {}
    return (_hide_personal(each, by, known).entry for each in audit_log.iterate_entries(scoped))


def _find_scope(by: Actor) -> AuditScope:
    if by.may(Verb.USERS):
        return AuditScope()
    scope = AuditScope(by.list_visible_newsletters(Verb.EDIT), by.list_visible_lists(Verb.SUBSCRIBERS), False)
    if scope.newsletter_ids == frozenset() and by.list_visible_newsletters(Verb.SUBSCRIBERS) == frozenset():
        raise NotAllowed(
            phrase(
                "You have no right to read the audit log. Whoever edits a newsletter or manages a list may; an "
                "administrator of the desk can give you that right."
            )
        )
    return scope


def _hide_personal(entry: RecordedEntry, by: Actor, known: dict[tuple[int, ...], bool]) -> VisibleEntry:
    """The entry without the values of a person whom `by` may not see: on each of its lists, or on any at all."""
    if not (entry.personal_before or entry.personal_after):
        return VisibleEntry(entry, False)
    if entry.list_ids not in known:
        known[entry.list_ids] = by.may(Verb.SUBSCRIBERS, entry.list_ids)
    if known[entry.list_ids]:
        return VisibleEntry(entry, False)
    nothing: dict[str, Any] = {}
    return VisibleEntry(replace(entry, personal_before=nothing, personal_after=nothing), True)
