"""Stories in an edition, and which of them a variant shows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from newsletter.curator.articles.values import Article
from newsletter.curator.editions import picks
from newsletter.curator.editions.values import Edition
from subscribers.segments.service import create_segment
from tests.actors import SYSTEM

AddArticle = Callable[..., Article]
TITLES = tuple(f"{what} {verb}" for what in ("Bridge", "Weir", "Mill", "Chapel") for verb in ("opens", "closes"))
ADA = "ada@example.com"
LOCALS = {"all": [{"about": "language", "op": "is", "value": "de"}]}


@pytest.fixture
def locals_(now: datetime) -> str:
    create_segment("locals", "Readers nearby", LOCALS, by=SYSTEM, now=now)
    return "segment:locals"


def keys(edition: Edition) -> list[str]:
    return [each.key for each in edition.picks]


def show(edition: Edition, story: int, to: str, now: datetime) -> Edition:
    return picks.edit_pick(edition.id, keys(edition)[story], visibility=to, now=now, seen=None, by=SYSTEM)


def sent(edition_id: int) -> None:
    from newsletter.curator.editions import models

    models.Edition.objects.filter(id=edition_id).update(state="sent")


def key(edition: Edition, headline: str) -> str:
    return next(pick.key for pick in edition.picks if pick.headline == headline)


@pytest.fixture
def feed_articles(add_article: AddArticle) -> list[Article]:
    return [add_article(title) for title in TITLES]


@pytest.fixture
def place(edition: Edition, feed_articles: list[Article], now: datetime) -> Callable[..., Edition]:
    def place(number: int, **where: Any) -> Edition:
        return picks.add_pick(edition.id, feed_articles[number].id, reason="again", now=now, **where, by=SYSTEM)

    return place
