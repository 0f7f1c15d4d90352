"""The editors' rules of a newsletter, and what is learned from its past editions."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from newsletter.accounts.actors import SystemActor
from newsletter.catalog.values import Newsletter
from newsletter.curator.articles import sources
from newsletter.curator.articles.models import Article
from newsletter.curator.editions import models, picks, rules, suggestions
from newsletter.curator.editions.values import Edition
from newsletter.kernel.errors import BadInput, NotFound, Refused
from tests.actors import SYSTEM
from tests.conftest import NOW
from tests.copies import copy_sent
from tests.curator.editions.conftest import sent
from tests.interleaving import just_before

AddArticle = Callable[..., Any]
ANN = SystemActor("ann@example.com")


def test_rules_are_made_changed_and_removed(newsletter: Newsletter, add_article: AddArticle, now: datetime) -> None:
    source = add_article("Otters").source_id
    by_source = rules.set_rule(newsletter.id, "boost", source_id=source, by=ANN, now=now, seen=None)
    by_phrase = rules.set_rule(newsletter.id, "mute", phrase="  Royal   Gossip ", by=ANN, now=now, seen=None)
    assert (by_phrase.phrase, by_phrase.by) == ("royal gossip", ANN.name)
    changed = rules.set_rule(newsletter.id, "must", phrase="royal gossip", section="good", by=ANN, now=now, seen=None)
    assert (changed.id, changed.effect, changed.section) == (by_phrase.id, "must", "good")
    assert {rule.id for rule in rules.list_rules(newsletter.id)} == {by_source.id, by_phrase.id}
    rules.remove_rule(by_source.id, newsletter.id, content_hash=None, by=SYSTEM, now=NOW)
    assert [rule.id for rule in rules.list_rules(newsletter.id)] == [by_phrase.id]
    with pytest.raises(NotFound):
        rules.remove_rule(by_source.id, newsletter.id, content_hash=None, by=SYSTEM, now=NOW)


def test_two_who_make_the_same_rule_at_the_same_moment_make_one(newsletter: Newsletter, now: datetime) -> None:
    def make(effect: str) -> None:
        rules.set_rule(newsletter.id, effect, phrase="otters", by=ANN, now=now, seen=None)

    with just_before('INSERT INTO "curator_rule"', lambda: make("mute")):
        make("boost")
    (rule,) = rules.list_rules(newsletter.id)
    assert (rule.phrase, rule.effect) == ("otters", "boost")


@pytest.mark.django_db(transaction=True)
def test_a_rule_for_a_feed_that_is_removed_at_the_same_moment_is_refused(
    newsletter: Newsletter, add_article: AddArticle, now: datetime
) -> None:
    source_id = add_article("Otters").source_id
    assert source_id is not None
    with (
        just_before('INSERT INTO "curator_rule"', lambda: sources.remove_source(source_id, by=SYSTEM, now=NOW)),
        pytest.raises(Refused, match="at the same moment"),
    ):
        rules.set_rule(newsletter.id, "mute", source_id=source_id, by=ANN, now=now, seen=None)
    assert rules.list_rules(newsletter.id) == ()


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ({"effect": "shout", "phrase": "x"}, "boost, mute, must"),
        ({"effect": "mute"}, "a source or for a phrase"),
        ({"effect": "mute", "phrase": "x", "source_id": 1}, "a source or for a phrase"),
        ({"effect": "mute", "phrase": "x" * 101}, "100 characters"),
        ({"effect": "must", "phrase": "x", "section": "sport"}, "no section “sport”"),
    ],
)
def test_what_can_be_no_rule_is_refused(
    newsletter: Newsletter, now: datetime, rule: dict[str, object], message: str
) -> None:
    with pytest.raises(BadInput, match=message):
        rules.set_rule(newsletter.id, by=ANN, now=now, **rule, seen=None)  # type: ignore[arg-type]


def test_suggestions_follow_the_rules_and_say_so(edition: Edition, add_article: AddArticle, now: datetime) -> None:
    add_article("Otters return", hours_ago=9)
    add_article("Royal gossip of the day", hours_ago=1)
    add_article("Bridge opens", hours_ago=2)
    rules.set_rule(edition.newsletter_id, "mute", phrase="royal", by=ANN, now=now, seen=None)
    rules.set_rule(edition.newsletter_id, "must", phrase="otters", section="good", by=ANN, now=now, seen=None)
    made = suggestions.suggest_picks(edition.id, now=now, by=SYSTEM)
    assert {(pick.section, pick.headline) for pick in made.picks} == {
        ("good", "Otters return"),
        ("top", "Bridge opens"),
    }
    assert {pick.headline: pick.because for pick in made.picks} == {
        "Otters return": "rule: always “otters”, 9 h old",
        "Bridge opens": "2 h old",
    }


def test_quotas_of_the_sections_are_filled_in_order(edition: Edition, add_article: AddArticle, now: datetime) -> None:
    names = ("Otters", "Bridge", "Weir", "Chapel", "Mast", "Quarry", "Ferry")
    for hours, name in enumerate(names, 1):
        add_article(f"{name} number {hours}", hours_ago=hours)
    made = suggestions.suggest_picks(edition.id, now=now, by=SYSTEM)
    assert [pick.section for pick in made.picks] == ["top", "top", "more", "more", "good"]
    assert made.picks[0].headline == "Otters number 1"


def test_past_editions_teach_what_is_liked(edition: Edition, add_article: AddArticle, now: datetime) -> None:
    for number in range(12):
        add_article(f"Otters {number}", publisher="Valley News", added=now - timedelta(hours=3))
        add_article(f"Gossip {number}", publisher="Noise", added=now - timedelta(hours=3))
    assert rules.build_track_record(edition.newsletter_id).publishers == {}  # nothing went out yet
    for each in suggestions.list_suggestions(edition.id, now=now, wanted=12):
        if each.article.publisher == "Valley News":
            picks.add_pick(edition.id, each.article.id, now=now, by=SYSTEM)
    sent(edition.id)
    track_record = rules.build_track_record(edition.newsletter_id)
    assert track_record.publishers["Valley News"].score > 0 > track_record.publishers["Noise"].score
    assert track_record.publishers["Valley News"].clicks is None


def test_what_came_long_before_an_edition_teaches_nothing(
    edition: Edition, add_article: AddArticle, now: datetime
) -> None:
    """Of two weeklies each was offered what came within two days before it was made, and nothing else."""
    models.Edition.objects.filter(id=edition.id).update(created_at=now)
    copy_sent(edition.id, 1)
    models.Edition.objects.exclude(id=edition.id).update(created_at=now - timedelta(days=7))
    sent(edition.id)
    models.Edition.objects.update(state="sent")
    offered = {"Otters": 1, "Herons": 8}
    others = {"Gossip": -1, "Bridges": 3, "Ferries": 6, "Mills": 9.5}
    for publisher, titles in (("Both", offered), ("Neither", others)):
        for title, days in titles.items():
            add_article(title, publisher=publisher, added=now - timedelta(days=days))
    publishers = rules.build_track_record(edition.newsletter_id).publishers
    assert {name: each.offered for name, each in publishers.items()} == {"Both": 2}


def test_of_what_was_offered_the_latest_are_learned_from(
    edition: Edition, add_article: AddArticle, now: datetime
) -> None:
    models.Edition.objects.filter(id=edition.id).update(created_at=now)
    first = add_article("Otters", publisher="Earlier", added=now - timedelta(hours=2))
    row = Article.objects.get(id=first.id)
    ages = [("Later", 1, rules.MOST_OFFERED - 1), ("Earlier", 2, 2 * rules.MOST_OFFERED)]
    for publisher, hours, count in ages:
        at = now - timedelta(hours=hours)
        Article.objects.bulk_create(_copy_article(row, publisher, number, at) for number in range(count))
    sent(edition.id)
    publishers = rules.build_track_record(edition.newsletter_id).publishers
    assert {name: each.offered for name, each in publishers.items()} == {"Later": rules.MOST_OFFERED - 1, "Earlier": 1}


def _copy_article(row: Article, publisher: str, number: int, at: datetime) -> Article:
    return Article(
        origin=row.origin,
        title=row.title,
        title_key="",
        canonical_key=f"{publisher}{number}",
        publisher=publisher,
        entry_key="",
        added_at=at,
    )
