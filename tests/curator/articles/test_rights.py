"""Who may do what in the pool: every act for everybody."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from newsletter.accounts import audit_log, users
from newsletter.accounts.audit_log import AuditFilter
from newsletter.catalog import newsletter_settings
from newsletter.curator.articles import article_lookup, rights, triage
from newsletter.curator.articles.values import Article
from newsletter.kernel.actors import Actor
from newsletter.kernel.errors import Conflict, NotAllowed
from tests.actors import SYSTEM, act_as
from tests.conftest import NOW, PASSWORD

AddArticle = Callable[..., Article]
Mark = Callable[[int, Actor], object]


def mark(standing: str, seen: str = "new") -> Mark:
    return lambda article_id, by: triage.set_standing(article_id, standing, seen=seen, by=by, now=NOW)


HELPFUL: dict[str, Mark] = {
    "shortlist": mark("shortlisted"),
    "tag": lambda article_id, by: triage.set_tags(article_id, ["rivers"], seen=[], by=by, now=NOW),
    "note": lambda article_id, by: triage.add_note(article_id, "Call first.", by=by, now=NOW),
}
FOR_ALL: dict[str, Mark] = {
    "ignore": mark("ignored"),
    "days": lambda article_id, by: triage.set_eligible_dates(
        article_id, first=NOW.date(), last=None, seen=(None, None), by=by, now=NOW
    ),
}
# Roles by newsletter (None: all of them), and what somebody with these may do.
CAST: dict[str, tuple[list[tuple[str, str | None]], bool, bool]] = {
    "a viewer of all": ([("viewer", None)], False, False),
    "the audience’s": ([("readers", None)], False, False),
    "an author of one": ([("author", "morning")], True, False),
    "an editor of one": ([("editor", "morning")], True, False),
    "an editor of each": ([("editor", "morning"), ("editor", "evening")], True, True),
    "an editor of one who sees the other": ([("editor", "morning"), ("viewer", "evening")], True, False),
    "an editor of all": ([("editor", None)], True, True),
}


@pytest.fixture
def invite(newsroom: Any, now: datetime) -> Callable[[str], Actor]:
    def make(who: str) -> Actor:
        ids = {"morning": newsroom.briefing.id, "evening": newsroom.other.id, None: None}
        (role, of), *others = CAST[who][0]
        users.create_user("ann@example.com", PASSWORD, role=role, newsletter_id=ids[of], by=SYSTEM, now=now)
        for role, of in others:
            users.set_role("ann@example.com", role, newsletter_id=ids[of], seen=None, by=SYSTEM, now=now)
        return act_as("ann@example.com")

    return make


@pytest.mark.parametrize("who", CAST)
@pytest.mark.parametrize("act", [*HELPFUL, *FOR_ALL])
def test_everybody_may_what_is_theirs(
    add_article: AddArticle, invite: Callable[[str], Actor], act: str, who: str
) -> None:
    article_id, by = add_article("Ferry").id, invite(who)
    _, may_help, may_for_all = CAST[who]
    if may_help if act in HELPFUL else may_for_all:
        (HELPFUL | FOR_ALL)[act](article_id, by)
        assert audit_log.list_entries(AuditFilter(actor="ann", target=f"article {article_id}"))
        return
    before = article_lookup.get_article(article_id)
    with pytest.raises(NotAllowed):
        (HELPFUL | FOR_ALL)[act](article_id, by)
    assert article_lookup.get_article(article_id) == before
    assert not audit_log.list_entries(AuditFilter(actor="ann"))


@pytest.mark.parametrize("standing", ["new", "shortlisted"])
def test_what_others_ignore_is_not_brought_back_by_an_editor_of_one(
    add_article: AddArticle, invite: Callable[[str], Actor], standing: str
) -> None:
    article_id = add_article("Ferry").id
    triage.set_standing(article_id, "ignored", seen="new", by=SYSTEM, now=NOW)
    by = invite("an editor of one")
    with pytest.raises(NotAllowed, match="You have no right to edit Evening Letter, where this is on offer too"):
        mark(standing, "ignored")(article_id, by)
    assert article_lookup.get_article(article_id).standing == "ignored"


def test_shortlisting_is_saved_against_what_was_seen(add_article: AddArticle, invite: Callable[[str], Actor]) -> None:
    article_id, by = add_article("Ferry").id, invite("an editor of one")
    mark("shortlisted")(article_id, by)
    with pytest.raises(Conflict):
        mark("new", "ignored")(article_id, by)
    mark("new", "shortlisted")(article_id, by)
    assert article_lookup.get_article(article_id).standing == "new"


def test_a_newsletter_that_is_over_is_not_asked(
    add_article: AddArticle, invite: Callable[[str], Actor], newsroom: Any, now: datetime
) -> None:
    by = invite("an editor of one")
    assert not rights.may_change_for_all(by)
    newsletter_settings.change_newsletter(newsroom.other.id, state="paused", seen=None, by=SYSTEM, now=now)
    assert not rights.may_change_for_all(by)
    newsletter_settings.change_newsletter(newsroom.other.id, state="cancelled", seen=None, by=SYSTEM, now=now)
    assert rights.may_change_for_all(by)
    FOR_ALL["ignore"](add_article("Ferry").id, by)
