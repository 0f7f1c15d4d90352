"""What the desk says about articles: standing, tags, eligible days, notes; and how the pool shows and finds it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from newsletter.accounts.actors import SystemActor
from newsletter.curator.articles import article_lookup, triage
from newsletter.curator.articles.values import Article
from newsletter.curator.editions import picks, suggestions
from newsletter.curator.editions.pool import PoolFilter
from newsletter.curator.editions.values import Edition, PoolArticle
from newsletter.kernel.errors import BadInput, Conflict, NotFound, Refused
from tests.actors import SYSTEM
from tests.conftest import NOW
from tests.interleaving import just_before
from tests.pools import read_pool

AddArticle = Callable[..., Article]
ANN, BO = SystemActor("ann@example.com"), SystemActor("bo@example.com")


def shown(edition: Edition, now: datetime, **wanted: str) -> dict[str, PoolArticle]:
    return {each.article.title: each for each in read_pool(edition.id, PoolFilter(**wanted), now=now)}


def test_an_article_goes_from_new_to_run(edition: Edition, add_article: AddArticle, now: datetime) -> None:
    for title in ("New", "Short", "Ignored", "Picked"):
        add_article(title)
    ids = {title: each.article.id for title, each in shown(edition, now).items()}
    triage.set_standing(ids["Short"], "shortlisted", by=ANN, seen=None, now=NOW)
    triage.set_standing(ids["Ignored"], "ignored", by=ANN, seen=None, now=NOW)
    picks.add_pick(edition.id, ids["Picked"], now=now, by=SYSTEM)
    everything = shown(edition, now, state="all")
    assert {title: each.state for title, each in everything.items()} == {
        "New": "new",
        "Short": "shortlisted",
        "Ignored": "ignored",
        "Picked": "picked",
    }
    assert "Ignored" not in shown(edition, now)
    for state, title in (("new", "New"), ("shortlisted", "Short"), ("ignored", "Ignored"), ("picked", "Picked")):
        assert list(shown(edition, now, state=state)) == [title]
    assert shown(edition, now, state="run") == {}
    with pytest.raises(BadInput, match="no state"):
        shown(edition, now, state="lost")


def test_what_somebody_shortlisted_stays_on_offer(edition: Edition, add_article: AddArticle, now: datetime) -> None:
    old = add_article("Old", added=now - timedelta(days=30))
    assert shown(edition, now) == {}
    triage.set_standing(old.id, "shortlisted", by=ANN, seen=None, now=NOW)
    assert list(shown(edition, now)) == ["Old"]


def test_what_is_ignored_is_not_suggested(edition: Edition, add_article: AddArticle, now: datetime) -> None:
    add_article("Kept")
    triage.set_standing(add_article("Ignored").id, "ignored", by=ANN, seen=None, now=NOW)
    assert [each.article.title for each in suggestions.list_suggestions(edition.id, now=now)] == ["Kept"]


def test_two_editors_cannot_overwrite_each_other(add_article: AddArticle, now: datetime) -> None:
    article = add_article("Otters")
    triage.set_standing(article.id, "shortlisted", seen="new", by=ANN, now=now)
    with pytest.raises(Conflict, match=r"ann@example.com changed this article") as refused:
        triage.set_standing(article.id, "ignored", seen="new", by=BO, now=now)
    (difference,) = refused.value.differences
    assert (difference.seen, difference.present, difference.yours) == ("new", "shortlisted", "ignored")
    assert difference.by == ANN.name
    assert article_lookup.get_article(article.id).standing == "shortlisted"


def test_two_editors_at_different_fields_of_an_article_never_conflict(add_article: AddArticle, now: datetime) -> None:
    article = add_article("Otters")
    triage.set_standing(article.id, "shortlisted", seen="new", by=ANN, now=now)
    triage.set_tags(article.id, ["animals"], seen=[], by=BO, now=now)
    first, last = now.date(), now.date() + timedelta(days=3)
    triage.set_eligible_dates(article.id, first=first, last=None, seen=(None, None), by=ANN, now=now)
    both = triage.set_eligible_dates(article.id, first=None, last=last, seen=(None, None), by=BO, now=now)
    assert (both.standing, both.eligible_from, both.eligible_until) == ("shortlisted", first, last)


def test_of_two_editors_who_write_at_the_same_moment_one_is_refused(add_article: AddArticle) -> None:
    article = add_article("Otters")
    theirs = lambda: triage.set_standing(article.id, "ignored", by=ANN, seen=None, now=NOW)  # noqa: E731
    with just_before('UPDATE "curator_article"', theirs), pytest.raises(Conflict):
        triage.set_standing(article.id, "shortlisted", by=BO, seen="new", now=NOW)
    assert article_lookup.get_article(article.id).standing == "ignored"


def test_as_many_tags_and_as_long_words_as_the_limits_are_taken(
    add_article: AddArticle, edition: Edition, now: datetime
) -> None:
    article = add_article("Otters")
    tags = [f"{n:02}".ljust(40, "x") for n in range(20)]
    triage.set_tags(article.id, tags, by=ANN, seen=None, now=NOW)
    triage.add_note(article.id, "x" * 1000, by=ANN, now=now)
    kept = shown(edition, now)["Otters"]
    assert (kept.tags, len(kept.notes[0].text)) == (tuple(tags), 1000)


def test_tags_are_words_by_which_articles_are_found(edition: Edition, add_article: AddArticle, now: datetime) -> None:
    otters = add_article("Otters")
    add_article("Bridge")
    triage.set_tags(otters.id, [" Animals ", "animals", "Upper  lake", ""], by=ANN, seen=None, now=NOW)
    assert shown(edition, now)["Otters"].tags == ("animals", "upper lake")
    assert list(shown(edition, now, tag="Animals")) == ["Otters"]
    triage.set_tags(otters.id, ["rivers"], by=ANN, seen=None, now=NOW)
    assert shown(edition, now)["Otters"].tags == ("rivers",)


@pytest.mark.parametrize("tags", [["x" * 41], ["a,b"], [f"t{n}" for n in range(21)]])
def test_what_can_be_no_tag_is_refused(add_article: AddArticle, tags: list[str]) -> None:
    with pytest.raises(BadInput):
        triage.set_tags(add_article("Otters").id, tags, by=ANN, seen=None, now=NOW)


def test_notes_say_who_and_when(edition: Edition, add_article: AddArticle, now: datetime) -> None:
    article = add_article("Otters")
    triage.add_note(article.id, "Call the mill first.", by=ANN, now=now)
    triage.add_note(article.id, "Done,\nthey agree.", by=BO, now=now + timedelta(hours=1))
    notes = shown(edition, now)["Otters"].notes
    assert [(note.text, note.by) for note in notes] == [
        ("Call the mill first.", ANN.name),
        ("Done, they agree.", BO.name),
    ]
    for text in ("  ", "x" * 1001):
        with pytest.raises(BadInput):
            triage.add_note(article.id, text, by=ANN, now=now)
    with pytest.raises(NotFound):
        triage.add_note(9999, "Hello", by=ANN, now=now)


def test_an_embargo_holds_a_story_back(edition: Edition, add_article: AddArticle, now: datetime) -> None:
    article = add_article("Prize announced")
    tomorrow = edition.date + timedelta(days=1)
    triage.set_eligible_dates(article.id, first=tomorrow, last=None, by=ANN, seen=None, now=NOW)
    assert shown(edition, now)["Prize announced"].obstacle == "held until Wed 25 Nov"
    assert suggestions.list_suggestions(edition.id, now=now) == ()
    with pytest.raises(Refused, match="held until Wed 25 Nov"):
        picks.add_pick(edition.id, article.id, now=now, by=SYSTEM)
    triage.set_eligible_dates(article.id, first=None, last=edition.date - timedelta(days=1), by=ANN, seen=None, now=NOW)
    assert shown(edition, now)["Prize announced"].obstacle == "stale since Mon 23 Nov"
    triage.set_eligible_dates(article.id, first=edition.date, last=edition.date, by=ANN, seen=None, now=NOW)
    assert shown(edition, now)["Prize announced"].obstacle == ""
    with pytest.raises(BadInput, match="never run"):
        triage.set_eligible_dates(article.id, first=tomorrow, last=edition.date, by=ANN, seen=None, now=NOW)


def test_the_pool_is_filtered_by_source_and_language(edition: Edition, add_article: AddArticle, now: datetime) -> None:
    one = add_article("Otters", publisher="Valley News")
    add_article("Bridge", publisher="Upland Wire")
    found = read_pool(edition.id, PoolFilter(source_id=one.source_id), now=now)
    assert [each.article.title for each in found] == ["Otters"]
    assert read_pool(edition.id, PoolFilter(language="xx"), now=now) == ()
