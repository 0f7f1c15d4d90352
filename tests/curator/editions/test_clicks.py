"""Clicks of stories, as delivery counted them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from newsletter.curator.articles.values import Article
from newsletter.curator.editions import clicks, picks, rules
from newsletter.curator.editions.values import Edition
from tests.actors import SYSTEM
from tests.curator.editions.conftest import sent

AddArticle = Callable[..., Article]


def test_a_click_counts_against_what_its_place_usually_gets(
    edition: Edition, add_article: AddArticle, now: datetime
) -> None:
    keys = []
    for title, paper in (("Otters", "A"), ("Bridge", "B"), ("Weir", "C")):
        made = picks.add_pick(edition.id, add_article(title, publisher=paper).id, now=now, by=SYSTEM)
        keys.append(next(pick.key for pick in made.picks if pick.headline == title))
    sent(edition.id)
    clicks.record_clicks({keys[0]: (60, 0), keys[1]: (30, 900), keys[2]: (0, 0)}, as_of=now)
    track_record = rules.build_track_record(edition.newsletter_id)
    # One edition alone: what each place got is what it usually gets.
    assert {name: liking.clicks for name, liking in track_record.publishers.items()} == {"A": 1.0, "B": 1.0, "C": 1.0}
