"""Who may do what in the pool, which all newsletters share.

What helps whoever picks (shortlisting, tags, notes) is for everybody who edits a newsletter. What takes a story away
from the others, gives it back, or changes their words for it, is judged against every newsletter it is offered to.
"""

from __future__ import annotations

from newsletter.catalog import newsletters
from newsletter.catalog.states import NewsletterState
from newsletter.catalog.values import Newsletter
from newsletter.curator.articles.states import ArticleStanding
from newsletter.kernel.actors import Actor, Verb
from newsletter.kernel.errors import NotAllowed


def may_change_for_all(by: Actor) -> bool:
    """Whether `by` may edit every newsletter that is offered the articles of the pool."""
    return by.may(Verb.EDIT) or (bool(offered := _list_offered()) and not _list_denied(by, offered))


def require_right_for_all(by: Actor) -> None:
    """Raises NotAllowed unless `may_change_for_all(…)`, naming the newsletters whose right is missing."""
    if may_change_for_all(by):
        return
    names = ", ".join(each.name for each in _list_denied(by, _list_offered())[:3]) or "all newsletters"
    raise NotAllowed(
        f"You have no right to edit {names}, where this is on offer too. An administrator of the desk can give it "
        "to you."
    )


def require_right_to_mark(by: Actor, standing: str, before: str) -> None:
    """Raises NotAllowed when an article may not go from one standing to another: ignored means for all newsletters."""
    if ArticleStanding.IGNORED in (standing, before) and standing != before:
        require_right_for_all(by)


def _list_offered() -> list[Newsletter]:
    """The newsletters that may get what is in the pool: all but those that are over."""
    return [each for each in newsletters.list_newsletters() if each.state != NewsletterState.CANCELLED]


def _list_denied(by: Actor, offered: list[Newsletter]) -> list[Newsletter]:
    return [each for each in offered if not by.may(Verb.EDIT, newsletter_id=each.id)]
