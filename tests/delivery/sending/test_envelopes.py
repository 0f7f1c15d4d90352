from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from django.conf import settings

from newsletter.catalog import newsletter_settings
from newsletter.delivery import models
from newsletter.delivery.providers import registry
from newsletter.delivery.providers.sendgrid import SendGrid
from newsletter.delivery.reports import summary
from newsletter.delivery.reports.summary import Mailing
from newsletter.delivery.sending import envelopes, freeze, hand_over, mailings, prepared_batches
from newsletter.templater.briefing import Rendered
from subscribers.models import Subscriber
from tests.actors import SYSTEM
from tests.conftest import Newsroom
from tests.delivery.chaos import serving
from tests.delivery.conftest import hand_over_all
from tests.fakes.provider import ScriptedProvider, accepts, wants_another_key
from tests.fakes.sendgrid import KEY, SendGridServer

RENDERED = Rendered("Subject", "Preheader", "<p>html</p>", "text", ())


def test_an_edition_is_list_mail_that_can_be_left_with_one_click(newsroom: Newsroom) -> None:
    made = envelopes.build_envelope(
        RENDERED, envelopes.read_envelope_settings(newsroom.briefing, base_url="https://n.example.com")
    )
    assert made.unsubscribe_base == "https://n.example.com/u/"
    assert dict(made.headers) == {"List-Id": "Morning Briefing <morning.example.com>", "Precedence": "bulk"}
    assert (made.subject, made.html, made.text) == ("Subject", "<p>html</p>", "text")


def test_a_notice_is_an_automatic_answer_and_never_tracked(newsroom: Newsroom) -> None:
    tracked = replace(newsroom.briefing, click_tracking=True, open_tracking=True)
    made = envelopes.build_transactional_envelope(RENDERED, tracked)
    assert dict(made.headers) == {"Auto-Submitted": "auto-generated"}
    assert not made.click_tracking
    assert not made.open_tracking
    assert made.unsubscribe_base == ""


@pytest.mark.parametrize(
    ("name", "phrase"),
    [
        ("Morning Briefing", "Morning Briefing <morning.example.com>"),
        ("Ann, Bob & Co. <news>", "Ann Bob & Co news <morning.example.com>"),
        ("Frühstück", "<morning.example.com>"),
    ],
)
def test_a_list_id_holds_only_what_its_grammar_allows(newsroom: Newsroom, name: str, phrase: str) -> None:
    """RFC 2919 takes a phrase of RFC 5322: no comma, stop or bracket without quotes."""
    assert envelopes.format_list_id(replace(newsroom.briefing, name=name)) == phrase


def test_settings_that_were_stored_are_read_as_they_were_also_by_an_older_version(newsroom: Newsroom) -> None:
    read = envelopes.read_envelope_settings(newsroom.briefing, base_url="https://n.example.com")
    stored = json.loads(json.dumps(read.to_json()))
    assert envelopes.parse_envelope_settings(stored | {"unheard_of": 1}) == read


# What is fixed with the audience

Plan = Callable[..., Mailing]
Join = Callable[..., list[int]]
CHANGES = {
    "sender": {"from_email": "desk@example.org"},
    "name": {"from_name": "The Other Echo"},
    "reply address": {"reply_to": "answers@example.org"},
    "list": {"name": "Evening Briefing"},
    "tracking": {"tracking": "on"},
}


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[SendGridServer]:
    """A SendGrid of 20 recipients to a request, so that a mailing has several."""
    monkeypatch.setitem(registry._MAX_BATCH, "sendgrid", 20)
    with serving(delay=0) as made:
        yield made


@pytest.fixture(params=[*CHANGES, "public address"])
def change(
    request: pytest.FixtureRequest, newsroom: Newsroom, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> Callable[[], None]:
    """Changes something that is in every message."""

    def make() -> None:
        if request.param == "public address":
            monkeypatch.setattr(settings, "CONFIG", replace(settings.CONFIG, base_url="https://elsewhere.example"))
            return
        newsletter_settings.change_newsletter(
            newsroom.briefing.id, now=now, seen=None, by=SYSTEM, **CHANGES[request.param]
        )

    return make


def common_parts(server: SendGridServer) -> list[dict[str, Any]]:
    """What each request at the server has for all of its recipients, and where theirs lead to leave."""
    return [
        {name: value for name, value in body.items() if name != "personalizations"}
        | {"leave": {one["headers"]["List-Unsubscribe"].rpartition("/")[0] for one in body["personalizations"]}}
        for body in server.bodies
    ]


def test_the_second_half_of_a_mailing_leaves_as_the_first_did_whatever_is_changed_meanwhile(
    plan: Plan, join: Join, server: SendGridServer, change: Callable[[], None], now: datetime
) -> None:
    join(60)
    plan(provider="sendgrid")
    freeze.freeze_next(now)
    hand_over.hand_over_next(now, owner="worker/1", provider=SendGrid(KEY, server.url), clock=lambda: now)
    change()
    prepared_batches._load_mailing_context.cache_clear()  # another process does the second half
    hand_over_all(SendGrid(KEY, server.url), now, "worker/2")
    first, second, third = common_parts(server)
    assert first == second == third
    assert sum(server.accepted.values()) == 60


def test_it_stays_so_when_it_is_paused_and_resumed_after_somebody_was_mailed(
    plan: Plan, join: Join, server: SendGridServer, change: Callable[[], None], now: datetime
) -> None:
    join(60)
    made = plan(provider="sendgrid")
    freeze.freeze_next(now)
    hand_over.hand_over_next(now, owner="worker/1", provider=SendGrid(KEY, server.url), clock=lambda: now)
    mailings.pause(made.id, by=SYSTEM, now=now)
    change()
    mailings.resume(made.id, by=SYSTEM, now=now)
    freeze.freeze_next(now)
    hand_over_all(SendGrid(KEY, server.url), now)
    first, second, third = common_parts(server)
    assert first == second == third


def test_where_nobody_was_mailed_a_sender_that_was_fixed_is_used_after_resuming(
    frozen: Plan, join: Join, newsroom: Newsroom, now: datetime
) -> None:
    join(1)
    made = frozen()
    provider = ScriptedProvider(wants_another_key)
    hand_over_all(provider, now)
    newsletter_settings.change_newsletter(
        newsroom.briefing.id, now=now, from_email="desk@example.org", seen=None, by=SYSTEM
    )
    mailings.resume(made.id, by=SYSTEM, now=now)
    freeze.freeze_next(now)
    hand_over_all(provider, now)
    assert [request.envelope.from_email for request in provider.requests] == ["news@example.com", "desk@example.org"]


def test_a_mailing_that_the_version_before_froze_leaves_as_the_newsletter_is(
    frozen: Plan, join: Join, newsroom: Newsroom, now: datetime
) -> None:
    join(60)
    made = frozen()
    models.Mailing.objects.update(envelope_settings=None)
    provider = ScriptedProvider(accepts, wants_another_key)
    hand_over_all(provider, now)
    newsletter_settings.change_newsletter(
        newsroom.briefing.id, now=now, from_email="desk@example.org", seen=None, by=SYSTEM
    )
    mailings.resume(made.id, by=SYSTEM, now=now)
    assert models.Mailing.objects.get().envelope_settings is None
    freeze.freeze_next(now)
    hand_over_all(provider, now)
    senders = [request.envelope.from_email for request in provider.requests]
    assert senders == ["news@example.com", "news@example.com", "desk@example.org"]
    assert {request.envelope.unsubscribe_base for request in provider.requests} == {f"{settings.CONFIG.base_url}/u/"}


def test_the_day_in_words_stays_that_of_the_zone_the_newsletter_had(
    frozen: Plan, join: Join, newsroom: Newsroom, now: datetime
) -> None:
    join(1)
    made = frozen()
    newsletter_settings.change_newsletter(newsroom.briefing.id, now=now, zone="Pacific/Auckland", seen=None, by=SYSTEM)
    found = prepared_batches._load_mailing_context(made.id, 1, "", True)
    assert (found.zone, found.language) == (newsroom.briefing.zone, newsroom.briefing.language)


@pytest.mark.parametrize(
    ("before", "after"), [("on", "off"), ("off", "on"), ("on", "opt-in"), ("opt-in", "on"), ("opt-in", "off")]
)
def test_nobody_who_refuses_tracking_is_tracked_when_it_is_switched_while_the_audience_is_frozen(
    plan: Plan, join: Join, newsroom: Newsroom, now: datetime, before: str, after: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def switch(to: str) -> None:
        newsletter_settings.change_newsletter(newsroom.briefing.id, now=now, tracking=to, seen=None, by=SYSTEM)

    ids = join(90)
    Subscriber.objects.filter(id__in=ids[1::4]).update(tracking_agreed_at=now)
    Subscriber.objects.filter(id__in=ids[::2]).update(tracked=False)
    monkeypatch.setattr(freeze, "PAGE_SIZE", 30)
    switch(before)
    made = plan()
    write, pages = freeze._PageWriter.write, []

    def stop_after_the_first(self: freeze._PageWriter, *args: Any) -> bool:
        if pages:
            raise KeyboardInterrupt
        pages.append(1)
        return write(self, *args)

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(freeze._PageWriter, "write", stop_after_the_first)
        freeze.freeze_next(now)
    switch(after)
    freeze.freeze_next(now)
    provider = ScriptedProvider()
    hand_over_all(provider, now)
    assert summary.get_mailing(made.id).counts == {"accepted": 90}
    refusing = set(Subscriber.objects.filter(tracked=False).values_list("address", flat=True))
    tracked = {
        person.address
        for request in provider.requests
        for person in request.recipients
        if request.envelope.click_tracking or request.envelope.open_tracking
    }
    assert not tracked & refusing
    agreed = set(Subscriber.objects.exclude(tracking_agreed_at=None).values_list("address", flat=True))
    assert len(tracked) == {"on": 45, "opt-in": len(agreed), "off": 0}[before]
    assert before != "opt-in" or tracked == agreed


@pytest.mark.parametrize("after", ["opt-in", "off"])
def test_who_did_not_agree_is_not_tracked_when_consent_is_asked_for_before_a_mailing_is_resumed(
    plan: Plan, join: Join, newsroom: Newsroom, now: datetime, after: str
) -> None:
    join(3)
    newsletter_settings.change_newsletter(newsroom.briefing.id, now=now, tracking="on", seen=None, by=SYSTEM)
    made = plan()
    freeze.freeze_next(now)
    mailings.pause(made.id, by=SYSTEM, now=now)
    newsletter_settings.change_newsletter(newsroom.briefing.id, now=now, tracking=after, seen=None, by=SYSTEM)
    mailings.resume(made.id, by=SYSTEM, now=now)
    freeze.freeze_next(now)
    provider = ScriptedProvider()
    hand_over_all(provider, now)
    assert [(r.envelope.click_tracking, r.envelope.open_tracking) for r in provider.requests] == [(False, False)]


def test_settings_stored_by_the_version_before_track_whoever_does_not_refuse(newsroom: Newsroom) -> None:
    stored = envelopes.read_envelope_settings(newsroom.briefing, base_url="").to_json()
    assert not envelopes.parse_envelope_settings(stored).is_tracked(True, agreed=False)
    del stored["tracking"]
    assert envelopes.parse_envelope_settings(stored).is_tracked(True, agreed=False)
