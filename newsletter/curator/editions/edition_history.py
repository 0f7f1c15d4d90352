"""What the audit log knows of an edition: what changed since somebody saw it, who changed a part of it last."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from newsletter.accounts import audit_log
from newsletter.accounts.audit_log import AuditFilter, RecordedEntry
from newsletter.curator.editions import edition_changes
from newsletter.curator.editions.edition_changes import BOX, CONTENT, NO_FIELDS, STORY
from newsletter.curator.editions.values import Edition, Pick, compute_pick_hash
from newsletter.kernel.errors import Conflict, Difference

MOST_ENTRIES = 500  # of one edition
LATEST = 5  # entries shown where the log does not say which ones are news
# What may change the mail of an edition from outside it, by the word in the log. What else is done about a newsletter
# (roles, mailings) does not, and is none of the business of whoever edits.
_SURROUNDINGS = frozenset(
    {
        "changed newsletter",
        "set sections",
        "set logos",
        "added sponsor",
        "removed sponsor",
        "changed list",
        "corrected",
    }
)


def list_changes(edition_id: int) -> tuple[RecordedEntry, ...]:
    """The entries about an edition that changed it, newest first."""
    found = audit_log.list_entries(AuditFilter(target=f"edition {edition_id}"), limit=MOST_ENTRIES)
    return tuple(each for each in found if CONTENT in each.after)


def explain_changes(edition: Edition, seen_content: str) -> list[Difference]:
    """What changed since the edition had this content; where the log does not know it, the latest changes."""
    changes = list_changes(edition.id)
    news = _list_since(changes, seen_content)
    return _merge(news if news is not None else changes[:LATEST], edition)


def explain_surroundings(edition: Edition, seen_content: str) -> list[Difference]:
    """What else changed that the mail is made of: settings, sponsors, corrections of other editions."""
    base = next((each for each in list_changes(edition.id) if each.after[CONTENT] == seen_content), None)
    wanted = AuditFilter(newsletter_ids=[edition.newsletter_id], since=base.at if base else None)
    entries = [
        each
        for each in audit_log.list_entries(wanted, limit=MOST_ENTRIES)
        if (base is None or each.id > base.id) and each.action in _SURROUNDINGS
    ]
    return [difference for each in reversed(entries[:LATEST]) for difference in _describe_entry(each, edition)]


def explain_pick(edition: Edition, pick: Pick, seen_hash: str) -> list[Difference]:
    """What changed of a story since it had this content hash; where that is not known, its latest change."""
    prefix = f"{STORY}{pick.key} "
    content, found = dict(pick.content), list[RecordedEntry]()
    for entry in list_changes(edition.id):
        mine = {name.removeprefix(prefix): value for name, value in entry.before.items() if name.startswith(prefix)}
        if mine.keys() & content.keys():
            found.append(_keep(entry, prefix))
            content |= {name: value for name, value in mine.items() if name in content}
            if compute_pick_hash(content) == seen_hash:
                return _merge(found, edition)
    return _merge(found[:1], edition)


def explain_box(edition: Edition, box_id: int) -> list[Difference]:
    """The latest change of a box."""
    prefix = f"{BOX}{box_id} "
    changes = [_keep(each, prefix) for each in list_changes(edition.id)]
    return _merge([each for each in changes if each.after][:1], edition)


def explain_removal(edition: Edition, key: str) -> list[Difference]:
    """Who took a story out of an edition, as far as that is known."""
    name = f"{STORY}{key}"
    return _merge([_keep(each, name) for each in list_changes(edition.id) if each.after.get(name) == ""][:1], edition)


def name_authors(edition_id: int, conflict: Conflict, prefix: str = "") -> Conflict:
    """The same conflict with who changed each field last; `prefix` is of the story or box that the fields are of."""
    changes = list_changes(edition_id)

    def find_author(name: str) -> str:
        recorded = f"{prefix}{'picture_id' if name == 'picture' else name}"
        return next((each.actor for each in changes if recorded in each.after), "")

    return Conflict(str(conflict), [replace(each, by=find_author(each.name)) for each in conflict.differences])


def _list_since(changes: Sequence[RecordedEntry], content: str) -> Sequence[RecordedEntry] | None:
    """The entries newer than the latest one that left this content; None: there is none."""
    for position, entry in enumerate(changes):
        if entry.after[CONTENT] == content:
            return changes[:position]
    return None


def _merge(entries: Iterable[RecordedEntry], edition: Edition) -> list[Difference]:
    """What entries, the newest first, come to."""
    return edition_changes.merge_differences(
        [(each.before, each.after, each.actor) for each in reversed(list(entries))], edition
    )


def _keep(entry: RecordedEntry, prefix: str) -> RecordedEntry:
    def select(values: Mapping[str, object]) -> dict[str, object]:
        return {name: value for name, value in values.items() if name.startswith(prefix)}

    return replace(entry, before=select(entry.before), after=select(entry.after))


def _describe_entry(entry: RecordedEntry, edition: Edition) -> list[Difference]:
    names = [name for name in entry.after if name not in NO_FIELDS]
    if not names:
        return [
            Difference(entry.action, "", entry.detail or entry.target, label=entry.action.capitalize(), by=entry.actor)
        ]
    return [
        Difference(
            name,
            edition_changes.to_text(entry.before.get(name)),
            edition_changes.to_text(entry.after[name]),
            label=edition_changes.label_change(name, edition),
            by=entry.actor,
        )
        for name in names
    ]
