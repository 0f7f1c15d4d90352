"""What editors pick and readers click, learned and shown."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from newsletter.curator.editions.track_record import OfferedArticle, TrackRecord, learn


def history(
    publisher: str, title: str, *, offered: int, picked: int, clicks: float | None = None
) -> list[OfferedArticle]:
    return [
        OfferedArticle(title, publisher, number < picked, clicks if number < picked else None)
        for number in range(offered)
    ]


OTHERS = history("Other Paper", "Something else entirely", offered=80, picked=4)


def test_nothing_is_liked_before_anything_was_offered() -> None:
    assert learn([]) == TrackRecord()
    assert learn([]).score("Any title", "Any paper") == (0.0, "")


def test_a_paper_that_is_picked_often_is_liked_and_one_that_never_is_is_not() -> None:
    taste = learn(
        [
            *OTHERS,
            *history("Lake Echo", "Ferry", offered=30, picked=15),
            *history("Noise", "Gossip", offered=60, picked=0),
        ]
    )
    assert taste.publishers["Lake Echo"].score > 0.3
    assert taste.publishers["Noise"].score < 0
    assert taste.score("A new title", "Lake Echo")[0] > 0 > taste.score("A new title", "Noise")[0]


def test_one_pick_proves_little() -> None:
    taste = learn([*OTHERS, *history("Lake Echo", "Ferry", offered=1, picked=1)])
    assert 0 < taste.publishers["Lake Echo"].score < 0.1


def test_clicks_count_against_the_usual() -> None:
    more = learn([*OTHERS, *history("Lake Echo", "Ferry", offered=20, picked=10, clicks=2.0)])
    less = learn([*OTHERS, *history("Lake Echo", "Ferry", offered=20, picked=10, clicks=0.3)])
    assert more.publishers["Lake Echo"].score > less.publishers["Lake Echo"].score
    assert more.publishers["Lake Echo"].clicks == 2.0


def test_a_word_of_few_picks_is_not_learned() -> None:
    taste = learn(
        [
            *OTHERS,
            *history("A", "Otters return", offered=4, picked=2),
            *history("B", "Ferry sails", offered=10, picked=5),
        ]
    )
    assert "otters" not in taste.words
    assert taste.words["ferry"].picked == 5
    assert taste.score("The ferry again", "Nobody knows")[1] == "ferry"


@given(
    st.lists(
        st.builds(
            OfferedArticle,
            title=st.text(max_size=40),
            publisher=st.sampled_from(["A", "B", ""]),
            picked=st.booleans(),
            clicks=st.none() | st.floats(0, 50),
        ),
        max_size=60,
    )
)
def test_a_liking_stays_between_minus_one_and_one(offers: list[OfferedArticle]) -> None:
    taste = learn(offers)
    assert all(-1 <= liking.score <= 1 for liking in (*taste.publishers.values(), *taste.words.values()))
    assert all(-1 <= taste.score(offer.title, offer.publisher)[0] <= 1 for offer in offers)
