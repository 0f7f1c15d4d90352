"""Telling: every kind of notification arrives by mail and by webhook while the provider is down, each once."""

from __future__ import annotations

import logging
import re
import socket
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from operator import add
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from newsletter.accounts import users
from newsletter.curator.editions.models import Edition
from newsletter.delivery import installation
from newsletter.delivery.models import Mailing
from newsletter.jobs import heartbeats, models, tasks
from newsletter.jobs.notification_kinds import CONDITION_RULES, KIND_RULES, MessageState, NotificationKind, Route
from newsletter.jobs.notifications import choices, messages, recording, sending, webhooks
from newsletter.jobs.notifications.facts import Fact
from tests.actors import SYSTEM, act_as
from tests.fakes.provider import Killed
from tests.interleaving import failing
from tests.jobs.notifications.conftest import Routes, keep_alive
from tests.jobs.notifications.scenarios import SCENARIOS, Scenario, Scene

MINUTE = timedelta(minutes=1)


@pytest.fixture
def scene(
    newsroom: Any,
    people: Any,
    articles: Callable[..., list[int]],
    readers: Callable[..., list[int]],
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> Scene:
    articles(6)
    return Scene(newsroom, readers, now, monkeypatch)


def want(email: str, *kinds: NotificationKind, now: datetime, but: tuple[NotificationKind, ...] = ()) -> None:
    """Somebody chooses these kinds and no others, everywhere they can."""
    wanted = {(each.newsletter_id, each.kind): each.kind in kinds for each in choices.list_choices(email)}
    choices.choose(email, wanted, by=act_as(email), now=now)


def find_mail() -> models.NotificationMessage:
    """The mail that asks the editor for approval."""
    kind = NotificationKind.APPROVAL_REQUESTED
    return models.NotificationMessage.objects.get(route=Route.MAIL, notification__kind=kind)


def tell_until(routes: Routes, scenario: Scenario, at: datetime) -> datetime:
    """Looks, and looks again once what lasts has lasted for long enough; everybody else is alive then."""
    routes.tell(at)
    rule = CONDITION_RULES.get(scenario.kind)
    if rule is not None and rule.patience:
        at += rule.patience
        alive = set(heartbeats.ProcessKind) - {heartbeats.ProcessKind.SUPERVISOR}
        if scenario.kind is NotificationKind.PROCESS_GONE:
            alive -= {heartbeats.ProcessKind.SCHEDULER}
        keep_alive(at, *alive)
        routes.tell(at)
    return at


@pytest.mark.parametrize("scenario", SCENARIOS, ids=str)
def test_each_arrives_by_mail_and_webhook_while_the_provider_is_down(
    scenario: Scenario, scene: Scene, routes: Routes
) -> None:
    want("admin@example.com", scenario.kind, now=scene.now)
    for other in ("editor@example.com", "viewer@example.com", "stranger@example.com"):
        want(other, now=scene.now)
    at = scenario.happen(scene)
    keep_alive_as_needed(scenario, at)
    tell_until(routes, scenario, at)
    subject = scenario.subject.format(host=socket.gethostname()[:50])
    assert routes.subjects == [("admin@example.com", subject)]
    edition, mailing = Edition.objects.order_by("id").last(), Mailing.objects.last()
    path = scenario.path.format(edition=edition and edition.id, mailing=mailing and mailing.id)
    url = f"https://desk.example.com{path}"
    (mail,) = routes.mails
    plain, html = (mail.get_body((kind,)).get_content().replace("\r", "") for kind in ("plain", "html"))  # type: ignore[union-attr]
    assert re.search(rf"^{re.escape(url)}(\?seen=\w+-\w+)?$", plain, re.M)
    assert f'href="{url}' in html
    (post,) = [each for each in routes.hook.posts if each.json["kind"] == scenario.kind]
    assert post.json["subject"] == subject
    assert post.json["url"].partition("?")[0] == url
    assert post.json["over"] is False
    assert not re.search(r"(reader|victim|ann)\w*@example", post.body.decode() + plain), "nobody's address but users'"


def keep_alive_as_needed(scenario: Scenario, at: datetime) -> None:
    kinds = [*heartbeats.BACKGROUND, heartbeats.ProcessKind.WEB]
    if scenario.kind is NotificationKind.PROCESS_GONE:
        kinds.remove(heartbeats.ProcessKind.SCHEDULER)
    keep_alive(at, *kinds)


def test_every_kind_has_its_scenario() -> None:
    assert {each.kind for each in SCENARIOS} == set(KIND_RULES)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=str)
def test_none_comes_twice_not_by_another_process_nor_after_a_restart(
    scenario: Scenario, scene: Scene, routes: Routes
) -> None:
    want("admin@example.com", scenario.kind, now=scene.now)
    at = scenario.happen(scene)
    keep_alive_as_needed(scenario, at)
    at = tell_until(routes, scenario, at)
    told = [each for each in routes.kinds if each == scenario.kind]
    assert told == [scenario.kind]
    for _ in range(3):
        sending.watch(at)  # a process that has just begun knows the rows alone
        sending.send_due_messages(at)
    assert [each for each in routes.kinds if each == scenario.kind] == told
    assert len([subject for address, subject in routes.subjects if address == "admin@example.com"]) == 1


def test_a_good_morning_is_quiet_but_for_what_was_chosen(scene: Scene, routes: Routes) -> None:
    want("admin@example.com", *(set(KIND_RULES) - {NotificationKind.SENT}), now=scene.now)
    want("editor@example.com", NotificationKind.SENT, now=scene.now)
    webhooks.remove_webhook("chat", by=SYSTEM, now=scene.now)
    made = scene.send_mailing()
    for minutes in range(0, 120, 2):
        at = scene.now + minutes * MINUTE
        keep_alive(at)
        tasks.tick(at)
        routes.tell(at)
    assert made.state == "finished"
    expected = {
        ("admin@example.com", "Draft ready: Morning Briefing, Tue 24 Nov"),
        ("admin@example.com", "Approved by tests: Morning Briefing, Tue 24 Nov"),
        ("editor@example.com", "Sent to 3: Morning Briefing, Tue 24 Nov"),
    }
    assert set(routes.subjects) <= expected
    assert ("editor@example.com", "Sent to 3: Morning Briefing, Tue 24 Nov") in routes.subjects


def test_what_lasts_is_told_once_and_again_only_after_it_had_ended(scene: Scene, routes: Routes) -> None:
    want("admin@example.com", NotificationKind.PROCESS_GONE, now=scene.now)
    heartbeats.Heartbeat.objects.filter(kind=heartbeats.ProcessKind.SCHEDULER).delete()
    rest = (heartbeats.ProcessKind.WORKER, heartbeats.ProcessKind.WEB)
    at = scene.now
    for minutes, alive in ((30, rest), (30, (*rest, heartbeats.ProcessKind.SCHEDULER)), (30, rest)):
        for _ in range(minutes):
            at += MINUTE
            keep_alive(at, *alive)
            routes.tell(at)
    assert [subject for _, subject in routes.subjects] == [
        "No scheduler is running",
        "Running again: scheduler",
        "No scheduler is running",
    ]


def test_a_mail_whose_sender_was_killed_between_sending_and_marking_is_not_sent_again(
    scene: Scene, routes: Routes, monkeypatch: pytest.MonkeyPatch
) -> None:
    tasks.request_approval(scene.find_edition(), of="", note="", by=act_as("admin@example.com"), now=scene.now)
    sending.watch(scene.now)

    def die(*args: Any, **kwargs: Any) -> None:
        raise Killed

    with monkeypatch.context() as killing, pytest.raises(Killed):
        killing.setattr(messages, "mark_message_sent", die)
        sending.send_due_messages(scene.now)
    assert len(routes.mails) == 1
    for minutes in (1, 6, 30, 90):
        sending.send_due_messages(scene.now + minutes * MINUTE)
    assert len(routes.mails) == 1
    mail = find_mail()
    assert mail.state == MessageState.UNKNOWN
    assert "may have arrived" in mail.error
    assert [each.headers["webhook-id"] for each in routes.hook.posts], "the others did not wait for it"


def test_a_post_whose_sender_was_killed_is_posted_again_under_the_same_id(
    scene: Scene, routes: Routes, monkeypatch: pytest.MonkeyPatch
) -> None:
    want("editor@example.com", now=scene.now)
    tasks.request_approval(scene.find_edition(), of="", note="", by=act_as("admin@example.com"), now=scene.now)
    models.NotificationMessage.objects.filter(route=Route.MAIL).delete()
    sending.watch(scene.now)

    def die(*args: Any, **kwargs: Any) -> None:
        raise Killed

    with monkeypatch.context() as killing, pytest.raises(Killed):
        killing.setattr(messages, "mark_message_sent", die)
        sending.send_due_messages(scene.now)
    sending.send_due_messages(scene.now + MINUTE)
    first = routes.hook.posts[0].headers["webhook-id"]
    assert [each.headers["webhook-id"] for each in routes.hook.posts].count(first) == 1, "the lease still runs"
    sending.send_due_messages(scene.now + 6 * MINUTE)
    assert [each.headers["webhook-id"] for each in routes.hook.posts].count(first) == 2


@pytest.mark.parametrize(
    ("broken", "state", "tries"),
    [
        ({"end": {"editor@example.com": "drop after"}}, MessageState.UNKNOWN, 1),
        ({"end": {"editor@example.com": "451 later"}}, MessageState.SENT, 2),
        ({"rcpt": {"editor@example.com": "550 nobody"}}, MessageState.FAILED, 1),
        ({"greeting": "drop"}, MessageState.SENT, 2),
    ],
    ids=["answer lost", "refused for now", "refused for good", "not reached"],
)
def test_what_the_mail_server_says_decides(
    broken: dict[str, Any], state: MessageState, tries: int, scene: Scene, routes: Routes
) -> None:
    for name, value in broken.items():
        setattr(routes.smtp, name, value)
    tasks.request_approval(scene.find_edition(), of="", note="", by=act_as("admin@example.com"), now=scene.now)
    routes.tell(scene.now)
    if state is MessageState.SENT:
        assert find_mail().state == MessageState.WAITING
        routes.smtp.greeting, routes.smtp.end = "220 local", {}
    for minutes in (1, 2, 4, 8):
        routes.tell(scene.now + minutes * MINUTE)
    row = find_mail()
    assert (row.state, row.attempts) == (state, tries)


def test_a_webhook_that_fails_is_tried_for_a_day_and_stops_no_other(scene: Scene, routes: Routes) -> None:
    routes.hook.statuses = [500] * 1_000
    tasks.request_approval(scene.find_edition(), of="", note="", by=act_as("admin@example.com"), now=scene.now)
    for minutes in range(0, 26 * 60, 5):
        sending.send_due_messages(scene.now + minutes * MINUTE) if minutes else routes.tell(scene.now)
    assert len(routes.mails) == 1
    row = models.NotificationMessage.objects.filter(route=Route.WEBHOOK).first()
    assert row is not None
    assert row.state == MessageState.FAILED
    assert 20 < row.attempts < 40
    assert row.error.endswith("answered 500.")


def test_no_secret_is_in_logs_errors_or_lists(
    scene: Scene, routes: Routes, caplog: pytest.LogCaptureFixture, settings: Any
) -> None:
    caplog.set_level(logging.DEBUG, "newsletter")
    caplog.set_level(logging.INFO)
    routes.hook.statuses = [500, 500, 500, 302, 0, 404] * 10
    routes.hook.location = "http://127.0.0.1:1/elsewhere?token=leaked"
    routes.smtp.login = "535 no"
    config = settings.CONFIG
    settings.CONFIG = replace(config, notify_smtp_url=config.notify_smtp_url.replace("//", "//mailer:s3cret-password@"))
    tasks.request_approval(scene.find_edition(), of="", note="", by=act_as("admin@example.com"), now=scene.now)
    for minutes in (0, 1, 2, 4, 8, 16, 32):
        routes.tell(scene.now + minutes * MINUTE)
    shown = caplog.text + str([*models.NotificationMessage.objects.values_list("error", flat=True)])
    shown += str(webhooks.list_webhooks())
    shown += str([*models.NotificationWebhook.objects.values_list("address", "secret")])
    assert "answered 500" in shown
    for secret in ("secret-path", routes.secret, routes.secret.removeprefix("whsec_"), "s3cret-password", "leaked"):
        assert secret not in shown


def test_where_nothing_is_to_be_told_nothing_is_written(scene: Scene, routes: Routes) -> None:
    """On SQLite whoever writes waits for whoever writes."""
    scene.send_mailing()
    routes.tell(scene.now)
    with CaptureQueriesContext(connection) as asked:
        routes.tell(scene.now)
    assert {each["sql"].split()[0] for each in asked} == {"SELECT"}
    assert len(asked) < 50


def test_who_lost_the_right_meanwhile_is_not_told(scene: Scene, routes: Routes) -> None:
    tasks.request_approval(scene.find_edition(), of="", note="", by=act_as("admin@example.com"), now=scene.now)
    sending.watch(scene.now)
    users.disable_user("editor@example.com", by=SYSTEM, now=scene.now)
    sending.send_due_messages(scene.now)
    assert routes.mails == []


def test_without_a_mail_server_of_their_own_none_is_mailed_later_either(
    scene: Scene, routes: Routes, settings: Any
) -> None:
    config = settings.CONFIG
    settings.CONFIG = replace(config, notify_smtp_url="")
    tasks.request_approval(scene.find_edition(), of="", note="", by=act_as("admin@example.com"), now=scene.now)
    routes.tell(scene.now)
    settings.CONFIG = config
    routes.tell(scene.now + MINUTE)
    assert routes.mails == []
    assert "approval_requested" in routes.kinds


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("route", Route)
def test_what_left_and_could_not_be_marked_is_not_taken_for_refused(route: Route, scene: Scene, routes: Routes) -> None:
    tasks.request_approval(scene.find_edition(), of="", note="", by=act_as("admin@example.com"), now=scene.now)
    sending.watch(scene.now)
    models.NotificationMessage.objects.exclude(route=route).delete()
    models.NotificationMessage.objects.exclude(notification__kind=NotificationKind.APPROVAL_REQUESTED).delete()
    with failing("UPDATE jobs_notificationmessage", MessageState.SENT), pytest.raises(ValueError, match="broken"):
        sending.send_due_messages(scene.now)
    assert models.NotificationMessage.objects.get().state == MessageState.SENDING


def test_what_cannot_be_prepared_is_tried_again_and_stops_no_other(scene: Scene, routes: Routes) -> None:
    for subject, values in (("occurrence 1", {"due_at": "no instant"}), ("occurrence 2", {})):
        fact = Fact(NotificationKind.HELD, subject, scene.newsroom.briefing.id, scene.now, values)
        recording.record_fact(fact, scene.now)
    sending.send_due_messages(scene.now)
    assert [address for address, _ in routes.subjects] == ["admin@example.com", "editor@example.com"]
    waiting = models.NotificationMessage.objects.filter(state=MessageState.WAITING)
    assert {each.error for each in waiting} == {"It could not be prepared (ValueError); the log has more."}
    assert waiting.count() == 3


def test_a_webhook_sealed_with_another_key_is_given_up_with_the_remedy(
    scene: Scene, routes: Routes, settings: Any
) -> None:
    tasks.request_approval(scene.find_edition(), of="", note="", by=act_as("admin@example.com"), now=scene.now)
    settings.SECRET_KEY = "another"
    routes.tell(scene.now)
    row = models.NotificationMessage.objects.filter(route=Route.WEBHOOK).first()
    assert row is not None
    assert row.state == MessageState.FAILED
    assert "add it again" in row.error


def test_a_copy_of_an_installation_tells_nobody(scene: Scene, routes: Routes) -> None:
    installation.check(scene.now)
    installation.become_copy(scene.now)
    tasks.request_approval(scene.find_edition(), of="", note="", by=act_as("admin@example.com"), now=scene.now)
    routes.tell(scene.now)
    assert (routes.mails, routes.hook.posts) == ([], [])


def test_a_post_that_always_ends_its_process_is_given_up_after_a_day(scene: Scene, routes: Routes) -> None:
    fact = Fact(NotificationKind.DRAFT_READY, "occurrence 1", scene.newsroom.briefing.id, scene.now)
    recording.record_fact(fact, scene.now)
    for hours in range(0, 30):
        list(messages.claim_messages(partial(add, scene.now, timedelta(hours=hours))))
    assert models.NotificationMessage.objects.get().state == MessageState.FAILED
