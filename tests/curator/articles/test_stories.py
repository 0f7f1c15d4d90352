"""Articles about one event are one story."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from newsletter.accounts.actors import SystemActor
from newsletter.curator.articles import stories
from newsletter.curator.articles.values import Article
from newsletter.curator.editions import editions, picks
from newsletter.curator.editions.values import Edition
from newsletter.kernel.errors import Refused
from tests.actors import SYSTEM

AddArticle = Callable[..., Article]
ANN = SystemActor("ann@example.com")


def test_what_ran_runs_again_with_a_reason_only(edition: Edition, add_article: AddArticle, now: datetime) -> None:
    article = add_article("Otters return", dek="A family of four otters is back at the mill race after nine years.")
    again = add_article(
        "Otters are back at the mill race",
        dek="Four otters are back at the mill race after nine years, a family.",
        link="https://wire.example.org/otters",
    )
    picks.add_pick(edition.id, article.id, now=now, by=SYSTEM)
    stories.group_new(now)
    next_day = editions.create_edition(edition.newsletter_id, edition.date + timedelta(days=1), now=now, by=ANN)
    with pytest.raises(Refused, match=r"ran Tue 24 Nov in Hill Post. To run it anyway, give a reason"):
        picks.add_pick(next_day.id, article.id, now=now, by=SYSTEM)
    with pytest.raises(Refused, match="same story ran Tue 24 Nov"):
        picks.add_pick(next_day.id, again.id, now=now, by=SYSTEM)
    (pick,) = picks.add_pick(next_day.id, article.id, reason="They have cubs now.", by=ANN, now=now).picks
    assert pick.again_reason == "ran Tue 24 Nov in Hill Post: They have cubs now. (ann@example.com)"
