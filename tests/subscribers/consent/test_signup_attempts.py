"""Sign-up attempts, domains, captchas, and forms on other sites."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from django.test import Client

from newsletter.kernel.errors import BadInput, Refused
from subscribers import models, rate_limits, self_service, subscriber_lookup
from subscribers.consent import signup_attempts
from subscribers.values import List
from subscribers.views import joining


def verdicts() -> list[str]:
    return [*models.SignupAttempt.objects.order_by("id").values_list("verdict", flat=True)]


def join(address: str, target: List, now: datetime, **more: Any) -> None:
    self_service.sign_up(address, [target.id], origin="https://www.example.com/a", network="192.0.2.1", now=now, **more)


def test_every_try_is_written_down_with_what_became_of_it(morning: List, now: datetime) -> None:
    join("ann@example.com", morning, now)
    join("bot@example.com", morning, now, trapped=True)
    for wrong in ("rubbish", "x@mailinator.com"):
        with pytest.raises(BadInput):
            join(wrong, morning, now)
    assert verdicts() == ["taken", "trapped", "bad email", "domain"]
    assert signup_attempts.count_attempts(now).by_verdict == {"taken": 1, "trapped": 1, "bad email": 1, "domain": 1}
    assert subscriber_lookup.find_subscriber_by_address("bot@example.com") is None
    assert models.SignupAttempt.objects.first().origin == "https://www.example.com/a"  # type: ignore[union-attr]


def test_a_form_that_everybody_uses_at_once_is_shut_for_a_while(
    morning: List, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(rate_limits.MAX_HITS, "form", 2)
    for n in range(2):
        join(f"r{n}@example.com", morning, now)
    with pytest.raises(Refused, match="Try again in an hour"):
        join("late@example.com", morning, now)
    assert verdicts()[-1] == "too often"


def test_language_and_zone_of_the_browser_are_kept_for_a_new_person_alone(morning: List, now: datetime) -> None:
    join("ann@example.com", morning, now, language="de-AT", zone="Europe/Vienna")
    join("ann@example.com", morning, now, language="fr", zone="Europe/Paris")
    join("ben@example.com", morning, now, language="<script>", zone="Mars/Phobos")
    ann, ben = (
        subscriber_lookup.find_subscriber_by_address("ann@example.com"),
        subscriber_lookup.find_subscriber_by_address("ben@example.com"),
    )
    assert ann is not None
    assert ben is not None
    assert (ann.language, ann.zone, ben.language, ben.zone) == ("de-AT", "Europe/Vienna", "", "")


@pytest.fixture
def origins(settings: Any) -> None:
    settings.CONFIG = replace(settings.CONFIG, embed_origins=("https://www.example.com",))


def test_the_form_for_other_sites_needs_no_cookie_and_may_be_framed_by_them_alone(morning: List, origins: None) -> None:
    browser = Client(enforce_csrf_checks=True)
    page = browser.get("/embed/morning/")
    assert page.cookies == {}
    assert "frame-ancestors https://www.example.com;" in page["Content-Security-Policy"]
    assert "X-Frame-Options" not in page
    done = browser.post("/embed/morning/", {"email": "ann@example.com", "from": "https://www.example.com/story"})
    assert done.status_code == 200
    assert done.cookies == {}
    person = subscriber_lookup.find_subscriber_by_address("ann@example.com")
    assert person is not None
    assert person.consents[0].origin == "https://www.example.com/story"
    assert "frame-ancestors 'none'" in Client().get("/join/morning/")["Content-Security-Policy"]


def test_without_a_word_on_the_article_the_page_that_led_here_counts(morning: List) -> None:
    Client().post("/embed/morning/", {"email": "ann@example.com"}, headers={"Referer": "https://www.example.com/b"})
    assert models.SignupAttempt.objects.get().origin == "https://www.example.com/b"


def test_a_slip_is_asked_about_and_kept_if_it_is_meant(morning: List) -> None:
    page = Client().post("/join/morning/", {"email": "ann@gmail.con"})
    assert page.status_code == 422
    assert b"ann@gmail.com" in page.content
    assert verdicts() == []
    assert Client().post("/join/morning/", {"email": "ann@gmail.con", "sure": "ann@gmail.con"}).status_code == 200
    assert verdicts() == ["taken"]


def api(document: Any, **headers: str) -> Any:
    body = document if isinstance(document, str) else json.dumps(document)
    return Client(enforce_csrf_checks=True).post(
        "/api/subscriptions", body, content_type="application/json", headers=headers
    )


def test_programs_sign_people_up_and_hear_the_same_whoever_it_is(
    morning: List, active: Callable[..., int], origins: None
) -> None:
    active("known@example.com")
    for address in ("known@example.com", "new@example.com"):
        answer = api({"email": address, "lists": ["morning"], "from": "app"}, Origin="https://www.example.com")
        assert (answer.status_code, answer.json()["message"][:4]) == (202, "Look")
        assert answer["Access-Control-Allow-Origin"] == "https://www.example.com"
    assert "Access-Control-Allow-Origin" not in api({"email": "x@example.com"}, Origin="https://evil.example")


@pytest.mark.parametrize(
    ("document", "field"),
    [
        ("rubbish", "body"),
        ("[1]", "body"),
        ("[" * 9000, "body"),
        ({"email": "x" * 20_000}, "body"),
        ({"email": "rubbish", "lists": ["morning"]}, "email"),
        ({"email": "ann@example.com", "lists": ["gone"]}, "lists"),
        ({"email": "ann@example.com", "lists": "morning"}, "lists"),
        ({"email": "ann@gmial.com", "lists": ["morning"]}, "email"),
    ],
)
def test_what_will_not_do_is_said_with_the_field(document: Any, field: str, morning: List, evening: List) -> None:
    answer = api(document)
    assert (answer.status_code, answer.json()["field"]) == (422, field)


def test_which_address_takes_the_same_work_whether_it_is_known_or_not(
    active: Callable[..., int], morning: List, django_assert_num_queries: Any
) -> None:
    active("known@example.com")
    for address in ("known@example.com", "unknown@example.com"):
        with django_assert_num_queries(5):
            assert Client().post("/which/", {"email": address}).status_code == 200


def test_a_body_may_be_as_large_as_the_limit_and_no_larger(morning: List) -> None:
    body = json.dumps({"email": "ann@example.com", "lists": ["morning"]})
    assert api(body.ljust(joining.LARGEST_JSON)).status_code == 202
    assert api(body.ljust(joining.LARGEST_JSON + 1)).json()["field"] == "body"
