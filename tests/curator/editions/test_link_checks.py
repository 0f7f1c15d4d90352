"""Where the links lead that editors write themselves: checked in the background, reported, never acted on."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from newsletter.catalog import sponsors
from newsletter.checks import preflight
from newsletter.curator.editions import boxes, editions, link_checks, models, picks
from newsletter.curator.editions.values import Edition
from newsletter.fetching import FetchError, FetchRefused, FetchResponse, ResponseTooLarge
from tests.actors import SYSTEM
from tests.interleaving import failing, just_before

MAP = "https://maps.paper.example.net/upland"


class Servers:
    """The edge of the network: what each address answers."""

    def __init__(self) -> None:
        self.answers: dict[str, Exception] = {}
        self.asked: list[str] = []

    def __call__(self, url: str, *, most_bytes: int, **terms: str) -> FetchResponse:
        self.asked.append(url)
        if url in self.answers:
            raise self.answers[url]
        return FetchResponse(url, 200, b"<p>here</p>")


@pytest.fixture
def servers(monkeypatch: pytest.MonkeyPatch) -> Servers:
    monkeypatch.setattr("newsletter.curator.articles.fetch_queue.PAUSE", 0.0)
    return Servers()


@pytest.fixture
def linked(filled: Edition, now: datetime) -> Edition:
    return editions.edit_edition(filled.id, intro=f"See [the map]({MAP}).", now=now, seen=None, by=SYSTEM)


def found(edition: Edition, now: datetime) -> list[tuple[str, str, str]]:
    return [
        (each.code, each.level, each.where)
        for each in preflight.inspect_edition(edition.id, now=now).findings
        if "link-" in each.code
    ]


def test_every_place_where_editors_write_is_read(linked: Edition, now: datetime) -> None:
    picks.edit_pick(
        linked.id,
        linked.picks[0].key,
        blurb="[One](https://one.example.net/) and <https://two.example.net/>",
        now=now,
        seen=None,
        by=SYSTEM,
    )
    sponsors.add_sponsor(
        linked.newsletter_id,
        label="Ad",
        headline="Boots",
        text="Good",
        url="https://boots.example.net/",
        first=linked.date,
        last=linked.date,
        by=SYSTEM,
        now=now,
    )
    edition = boxes.set_box(
        linked.id, title="", text=f"[Map]({MAP}) [mail](mailto:a@example.com)", now=now, seen=None, by=SYSTEM
    )
    sponsor = sponsors.find_sponsor(edition.newsletter_id, edition.date)
    assert link_checks.list_written_links(edition, sponsor) == {
        MAP: "intro",
        "https://one.example.net/": f"story:{linked.picks[0].key}",
        "https://two.example.net/": f"story:{linked.picks[0].key}",
        "https://boots.example.net/": "sponsor",
    }


def test_our_own_pages_are_not_asked_for(filled: Edition, now: datetime) -> None:
    edition = editions.edit_edition(
        filled.id, intro="[Join](http://testserver/join/morning/)", now=now, seen=None, by=SYSTEM
    )
    assert link_checks.list_written_links(edition, None) == {}


def test_a_link_that_leads_nowhere_blocks_until_it_is_mended(linked: Edition, servers: Servers, now: datetime) -> None:
    servers.answers[MAP] = FetchError("gone", status=404)
    assert link_checks.check_due_links(now, fetch=servers) == 1
    assert found(linked, now) == [("link-gone", "block", "intro")]
    editions.edit_edition(linked.id, intro="No link any more.", now=now, seen=None, by=SYSTEM)
    assert found(linked, now) == []


@pytest.mark.parametrize(
    "answer",
    [
        FetchError("no", status=403),
        FetchError("no", status=405),
        FetchError("busy", status=503),
        ResponseTooLarge("a film"),
    ],
)
def test_sites_that_turn_programs_away_are_no_finding(
    linked: Edition, servers: Servers, now: datetime, answer: Exception
) -> None:
    servers.answers[MAP] = answer
    assert link_checks.check_due_links(now, fetch=servers) == 0
    assert found(linked, now) == []


def test_a_server_may_hiccup_before_it_is_called_unreachable(linked: Edition, servers: Servers, now: datetime) -> None:
    servers.answers[MAP] = FetchError("The name is not known.")
    said = []
    for _ in range(3):
        link_checks.check_due_links(now, fetch=servers)
        said.append(found(linked, now))
        now += timedelta(minutes=21)
    assert said == [[], [], [("link-unreachable", "warn", "intro")]]


def test_private_places_are_told_and_do_not_block(linked: Edition, servers: Servers, now: datetime) -> None:
    servers.answers[MAP] = FetchRefused("It is a private address.")
    link_checks.check_due_links(now, fetch=servers)
    assert found(linked, now) == [("link-forbidden", "warn", "intro")]


def test_what_is_well_is_not_asked_for_again_for_hours(linked: Edition, servers: Servers, now: datetime) -> None:
    for hours in (0, 1, 5):
        link_checks.check_due_links(now + timedelta(hours=hours), fetch=servers)
    assert servers.asked == [MAP]
    link_checks.check_due_links(now + timedelta(hours=7), fetch=servers)
    assert servers.asked == [MAP, MAP]
    link_checks.check_due_links(now + timedelta(hours=7), fetch=servers, edition_id=linked.id)
    assert len(servers.asked) == 3, "asked for one edition, it is checked now"


def test_what_no_edition_wants_any_more_is_forgotten(linked: Edition, servers: Servers, now: datetime) -> None:
    link_checks.check_due_links(now, fetch=servers)
    link_checks.check_due_links(now + timedelta(days=4), fetch=servers)
    assert models.LinkCheck.objects.count() == 0


def test_a_fault_of_ours_is_only_a_try_that_failed(linked: Edition, now: datetime) -> None:
    def broken(url: str, **terms: Any) -> FetchResponse:
        raise RuntimeError("boom")

    assert link_checks.check_due_links(now, fetch=broken) == 0
    assert models.LinkCheck.objects.get().failures == 1


def test_who_asks_is_told_at_once(linked: Edition, servers: Servers, now: datetime) -> None:
    servers.answers[MAP] = FetchError("The name is not known.")
    assert link_checks.check_due_links(now, fetch=servers, edition_id=linked.id) == 1
    assert found(linked, now) == [("link-unreachable", "warn", "intro")]


def test_two_who_look_at_the_same_moment_do_not_stop_each_other(
    linked: Edition, servers: Servers, now: datetime
) -> None:
    with just_before(
        'INSERT OR IGNORE INTO "curator_linklook"', lambda: link_checks.check_due_links(now, fetch=servers)
    ):
        link_checks.check_due_links(now, fetch=servers)
    assert [row.state for row in models.LinkCheck.objects.filter(url=MAP)] == ["fine"]


def test_an_answer_that_cannot_be_stored_stops_no_other(linked: Edition, servers: Servers, now: datetime) -> None:
    other = "https://another.example.net/"
    editions.edit_edition(linked.id, intro=f"[One]({MAP}) [two]({other})", now=now, seen=None, by=SYSTEM)
    servers.answers = {MAP: FetchRefused("this: \ud800"), other: FetchRefused("a private address")}
    with failing("UPDATE curator_linklook", "this: "):
        link_checks.check_due_links(now, fetch=servers)
    states = dict(models.LinkCheck.objects.values_list("url", "state"))
    assert (states[MAP], states[other]) == ("waiting", "forbidden")
    models.LinkCheck.objects.update(next_at=now)
    link_checks.check_due_links(now, fetch=servers)
    assert models.LinkCheck.objects.get(url=MAP).detail == "this: "
