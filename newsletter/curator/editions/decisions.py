"""What a decision about an edition is held against: the content hash that whoever decides saw."""

from __future__ import annotations

from newsletter.curator.editions import content_hash, correction_lookup, edition_history, edition_lookup, rendering
from newsletter.curator.editions.values import Edition
from newsletter.kernel.errors import Conflict, Difference


def get_content_hash(edition_id: int) -> str:
    """The hash of an edition as it stands: of an approved one with the mail that was frozen. Raises NotFound."""
    return find_content_hash(edition_lookup.get_edition(edition_id))


def find_content_hash(edition: Edition, *, mail_sha256: str = "") -> str:
    """The hash of an edition that was read; `mail_sha256` is of its mail where that was rendered already."""
    if edition.snapshot_id is not None:
        mail_sha256 = edition_lookup.get_snapshot(edition.snapshot_id).sha256
    elif not mail_sha256:
        mail_sha256 = content_hash.compute_mail_hash(rendering.render_variants(edition))
    corrections = correction_lookup.list_corrections(edition.id) if edition.is_out else ()
    return content_hash.join_parts(content_hash.compute_content_part(edition, corrections), mail_sha256)


def require_content_hash(edition_id: int, seen: str | None) -> None:
    """Raises Conflict, with what changed, unless the edition is as somebody saw it; None: they do not say.

    Called in the transaction of what is decided, or before something that checks again that nothing changed.
    """
    if seen is not None:
        check_content_hash(edition_lookup.get_edition(edition_id), seen)


def check_content_hash(edition: Edition, seen: str | None, *, mail_sha256: str = "") -> None:
    """The same for an edition that was read."""
    if seen is None:
        return
    present = find_content_hash(edition, mail_sha256=mail_sha256)
    if seen.strip() != present:
        raise Conflict(*_explain(edition, seen, present))


def build_conflict(edition_id: int, seen: str) -> Conflict:
    """For a decision that was overtaken: what changed since somebody read the edition with this hash."""
    edition = edition_lookup.get_edition(edition_id)
    return Conflict(*_explain(edition, seen, find_content_hash(edition)))


def _explain(edition: Edition, seen: str, present: str) -> tuple[str, list[Difference]]:
    seen_content, seen_mail = content_hash.split_parts(seen)
    content, mail = content_hash.split_parts(present)
    found = edition_history.explain_changes(edition, seen_content) if seen_content != content else []
    if seen_mail != mail:
        found += edition_history.explain_surroundings(edition, seen_content)
    if not found:
        found = [Difference("mail", seen_mail, mail, label="The mail as it is rendered")]
    names = ", ".join(dict.fromkeys(each.label or each.name for each in found))
    return f"Edition {edition.id} changed since you looked at it: {names}. Look at it again, then decide.", found
