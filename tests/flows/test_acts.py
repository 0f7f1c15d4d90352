"""Whoever changes something is asked for the right and recorded: every service function, for friend and stranger."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction

from newsletter.accounts import audit_log, users
from newsletter.accounts.audit_log import AuditFilter
from newsletter.kernel.errors import NotAllowed
from tests.actors import SYSTEM, act_as
from tests.acts import Prepare, World
from tests.conftest import PASSWORD
from tests.flows.writers import find_writers_called_from_edges

ROOT = Path(__file__).parents[2]
PACKAGES = ("accounts", "catalog", "articles", "editions", "checks", "scheduling", "delivery", "jobs", "subscribers")
ACTS: dict[str, Prepare] = {
    name: prepare for package in PACKAGES for name, prepare in import_module(f"tests.acts.{package}").ACTS.items()
}
SERVICES = ("accounts", "catalog", "curator", "checks", "scheduling", "delivery", "jobs")
# Acts that any user may do, or that are about the user alone: what a stranger may not do is tested with them.
FOR_EVERYBODY: dict[str, str] = {
    "newsletter.curator.articles.intake.add_article_from_page": "whoever edits any newsletter adds to the pool",
    "newsletter.curator.articles.intake.add_article_from_html": "whoever edits any newsletter adds to the pool",
    "newsletter.curator.articles.intake.add_article_from_paste": "whoever edits any newsletter adds to the pool",
    "newsletter.curator.articles.intake.add_article_from_fields": "whoever edits any newsletter adds to the pool",
    "newsletter.curator.articles.triage.set_tags": "whoever edits any newsletter may tag",
    "newsletter.curator.articles.triage.add_note": "whoever edits any newsletter may note something",
}
# Functions with `by` that only pass it on to one of the above, or that read.
PASSED_ON: dict[str, str] = {
    "newsletter.accounts.audit_access.iterate_visible_entries": "reads what they may see",
    "newsletter.accounts.audit_access.list_visible_entries": "reads what they may see",
    "newsletter.accounts.sign_in_log.record_session_end": "records",
    "newsletter.accounts.sign_in_log.record_sign_in": "records",
    "newsletter.accounts.sign_in_log.record_sign_out": "records",
    "newsletter.accounts.own_account.confirm_password": "its caller has asked; a wrong password is recorded",
    "newsletter.accounts.own_account.refuse_own": "asks",
    "newsletter.accounts.own_account.require_own": "asks",
    "newsletter.accounts.own_account.require_own_or_users": "asks",
    "newsletter.curator.articles.rights.may_change_for_all": "asks what they may",
    "newsletter.curator.articles.rights.require_right_for_all": "asks what they may",
    "newsletter.curator.articles.rights.require_right_to_mark": "asks what they may",
    "newsletter.jobs.restore.restore": "replaces the whole database: tests/jobs/test_restore.py",
    "newsletter.jobs.tasks.sync_suppressions_now": "needs a provider that keeps lists: tests/jobs/test_tasks.py",
    "newsletter.delivery.providers.outbox.get_message": "reads",
    "newsletter.delivery.providers.outbox.list_folders": "reads",
    "newsletter.delivery.providers.outbox.list_messages": "reads",
    "newsletter.delivery.reports.history.list_deliveries": "reads",
    "newsletter.delivery.reports.recipients.iterate_recipients": "reads",
    "newsletter.delivery.reports.recipients.list_recipients": "reads",
    "subscribers.rights.find_changeable_lists": "asks what they may",
    "newsletter.curator.editions.picture_choice.list_used_pictures": "reads what they may see",
    "subscribers.rights.require_person": "asks what they may",
    "subscribers.rights.require_visible_list": "asks what they may",
    "subscribers.rights.select_changeable": "asks what they may",
    "subscribers.rights.select_named": "asks what they may",
    "subscribers.subscriber_lookup.find_matching": "reads what they may see",
    "subscribers.subscriber_lookup.find_subscribers": "reads what they may see",
    "subscribers.subscriber_lookup.show_subscriber": "reads what they may see",
}
# Acts that are about the newsroom as a whole: one pool, one suppression list, users, what all lists share.
OF_THE_NEWSROOM = (
    "newsletter.accounts.api_tokens.",
    "newsletter.accounts.calendar_links.",
    "newsletter.accounts.second_factor.",
    "newsletter.accounts.sign_in_limits.",
    "newsletter.accounts.users.change_own_password",
    "newsletter.accounts.users.set_own_language",
    "newsletter.accounts.users.disable_user",
    "newsletter.accounts.users.enable_user",
    "newsletter.accounts.users.remove_user",
    "newsletter.accounts.users.set_password",
    "newsletter.curator.articles.",
    "newsletter.delivery.events.inbox.retry_quarantined",
    "newsletter.delivery.isolation.retry_failed",
    "newsletter.jobs.backup.",
    "newsletter.jobs.continuity.",
    "newsletter.jobs.notifications.testing.",
    "newsletter.jobs.recounting.",
    "subscribers.attributes.create_attribute",
    "subscribers.consent.domain_rules.",
    "subscribers.imports.restore.",
    "subscribers.segments.",
    "subscribers.suppressions.",
    "subscribers.tiers.create_tier",
)

# Functions that write and are called from the edges, but act for nobody who could be asked.
WITHOUT_ACTOR = {
    "newsletter.curator.editions.presence.end_presence": "who has a board open: nothing of the edition changes",
    "newsletter.curator.editions.presence.note_presence": "who has a board open: nothing of the edition changes",
    "newsletter.accounts.api_tokens.find_active_token": "notes when a token was used",
    "newsletter.checks.preflight.find_findings": "renders, and keeps the cuts of pictures that lack them",
    "newsletter.checks.preflight.inspect_edition": "renders, and keeps the cuts of pictures that lack them",
    "newsletter.curator.editions.approval.preview_edition": "renders, and keeps the cuts of pictures that lack them",
    "newsletter.curator.editions.decisions.find_content_hash": "renders, and keeps the cuts of pictures that lack them",
    "newsletter.catalog.pictures.store_picture": "keeps bytes under their hash; what shows them asks",
    "newsletter.curator.articles.polling.fetch_sources": "reads feeds, as the scheduler does",
    "newsletter.curator.editions.suggestions.list_suggestions": "stores the track record that it reads",
    "newsletter.delivery.events.inbox.receive": "the provider's posts prove themselves by their signature",
    "newsletter.delivery.events.inbox.note_refused": "counts what anybody may post and nobody takes",
    "newsletter.delivery.installation.check": "a process looks whether its database went back in time",
    "newsletter.delivery.sending.freeze.freeze_next": "the demo does a worker's step",
    "newsletter.delivery.sending.hand_over.hand_over_next": "the demo does a worker's step",
    "newsletter.delivery.sending.mailings.finish_settled": "the demo does a worker's step",
    "newsletter.jobs.continuity.describe_situation": "says what is known, and notes where the database is",
    "newsletter.jobs.worker_threads.try_report_trouble": "a web process says of itself that it hangs",
    "newsletter.jobs.doctor.examine": "says what is wrong, and notes where the database is",
    "newsletter.jobs.erasure.propagate_erasures": "carries out what was decided",
    "newsletter.jobs.setup_probe.probe_setup": "asks what the scheduler asks every ten minutes",
    "newsletter.jobs.tasks.tick": "does what the schedules say",
    "newsletter.jobs.worker_threads.try_record_heartbeat": "a process says that it is alive",
    "newsletter.scheduling.occurrences.materialise": "plans what the schedules say",
    "subscribers.rate_limits.note_forwarding": "notes a header of anybody's request",
    # What readers do themselves is proved by their signed link, and is in the history of their consent.
    "subscribers.address_changes.take_back": "a reader's link",
    "subscribers.consent.erasure.erase_oneself": "a reader's link",
    "subscribers.self_service.change_details": "a reader's link",
    "subscribers.self_service.confirm_address_change": "a reader's link",
    "subscribers.self_service.confirm_interest": "a reader's link",
    "subscribers.self_service.confirm_subscription": "a reader's link",
    "subscribers.self_service.record_leaving_reason": "a reader's link",
    "subscribers.self_service.request_address_change": "a reader's link",
    "subscribers.self_service.request_address_reminder": "anybody may ask; the answer goes to the address alone",
    "subscribers.self_service.request_link": "a reader's link",
    "subscribers.self_service.set_frequency": "a reader's link",
    "subscribers.self_service.sign_up": "anybody may ask; nothing counts before the address confirms it",
    "subscribers.self_service.undo_unsubscribe": "a reader's link",
    "subscribers.self_service.unsubscribe_by_link": "a reader's link",
}


@pytest.fixture
def world(newsroom: Any, now: datetime) -> World:
    return World(newsroom.briefing, newsroom.other, now)


@pytest.mark.parametrize("name", ACTS)
def test_an_act_is_recorded_with_who_did_it(name: str, world: World) -> None:
    act = ACTS[name](world)
    known = {each.id for each in audit_log.list_entries(AuditFilter(), limit=1000)}
    act(SYSTEM)
    entries = [each for each in audit_log.list_entries(AuditFilter(actor=SYSTEM.name)) if each.id not in known]
    assert entries, f"{name} is not in the audit log"
    assert all(each.at == world.now for each in entries)


@pytest.mark.parametrize("name", ACTS)
def test_an_act_is_recorded_with_the_newsletter_or_list_it_is_about(name: str, world: World) -> None:
    act = ACTS[name](world)
    known = {each.id for each in audit_log.list_entries(AuditFilter(), limit=1000)}
    act(SYSTEM)
    entries = [each for each in audit_log.list_entries(AuditFilter(), limit=1000) if each.id not in known]
    assert any(each.newsletter_id or each.list_ids for each in entries) is not name.startswith(OF_THE_NEWSROOM)


@pytest.mark.parametrize("role", ["viewer", "admin of the other newsletter"])
@pytest.mark.parametrize("name", [name for name in ACTS if name not in FOR_EVERYBODY])
def test_a_stranger_is_refused_and_nothing_changes(name: str, role: str, world: World) -> None:
    if role == "viewer":
        users.create_user("stranger@example.com", PASSWORD, role="viewer", by=SYSTEM, now=world.now)
    else:
        users.create_user("stranger@example.com", PASSWORD, newsletter_id=world.evening.id, by=SYSTEM, now=world.now)
    act = ACTS[name](world)
    before = _read_database()
    # Rolled back by the act itself, or never begun: the transaction here is kept.
    with pytest.raises(NotAllowed), transaction.atomic():
        act(act_as("stranger@example.com"))
    assert _read_database() == before


def test_every_function_that_acts_for_somebody_is_tried() -> None:
    found = {name for name, _ in _list_functions_with_by()}
    assert found - ACTS.keys() - PASSED_ON.keys() == set()
    assert ACTS.keys() - found == set(), "there is no such function any more"


def test_whoever_acts_is_an_actor_and_never_a_text() -> None:
    found = dict(_list_functions_with_by())
    assert [name for name, of in found.items() if of != "Actor"] == []


def test_every_function_that_the_edges_write_with_takes_an_actor() -> None:
    writers = find_writers_called_from_edges().keys()
    with_actor = {name for name in writers if "by" in inspect.signature(_get(name)).parameters}
    unasked = writers - with_actor
    assert unasked - WITHOUT_ACTOR.keys() == set(), "these write for somebody who is not asked and not recorded"
    assert WITHOUT_ACTOR.keys() - (writers - with_actor) == set(), "these need no exception any more"


@pytest.mark.parametrize(
    ("name", "writes"),
    [
        ("subscribers.lists.create_list", True),  # a row
        ("subscribers.suppressions.lift_suppression", True),  # through another function
        ("newsletter.catalog.newsletters.get_newsletter", False),
        ("newsletter.curator.editions.edition_lookup.list_editions", False),
    ],
)
def test_what_writes_is_recognised(name: str, writes: bool) -> None:
    assert (name in find_writers_called_from_edges()) is writes


def _get(name: str) -> Any:
    module, _, function = name.rpartition(".")
    return getattr(import_module(module), function)


def _list_functions_with_by() -> Iterator[tuple[str, str]]:
    """The public functions with a parameter `by`: the dotted name, and how the parameter is annotated."""
    folders = [*(ROOT / "newsletter" / name for name in SERVICES), ROOT / "subscribers"]
    for path in sorted(file for folder in folders for file in folder.rglob("*.py")):
        if "migrations" in path.parts or "views" in path.parts:
            continue
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for node in ast.parse(path.read_text("utf-8")).body:
            if not isinstance(node, ast.FunctionDef) or node.name.startswith("_"):
                continue
            for argument in (*node.args.args, *node.args.kwonlyargs):
                if argument.arg == "by" and argument.annotation is not None:
                    yield f"{module}.{node.name}", ast.unparse(argument.annotation)


def _read_database() -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table."""
    found = {}
    with connection.cursor() as cursor:
        for table in sorted(connection.introspection.table_names(cursor)):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            found[table] = sorted(cursor.fetchall(), key=repr)
    return found


def test_the_names_of_acts_are_those_of_functions() -> None:
    for name in ACTS:
        assert "by" in inspect.signature(_get(name)).parameters, name


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        (
            "newsletter.catalog.sponsors.remove_sponsor",
            {
                "label": "Sponsored by A",
                "headline": "Boots",
                "text": "",
                "url": "https://example.com",
                "first": "2026-12-01",
                "last": "2026-12-01",
            },
            {},
        ),
        (
            "subscribers.lists.create_list",
            {},
            {
                "name": "Noon",
                "description": "",
                "language": "en",
                "opt_in": "double",
                "weekly_day": "saturday",
                "privacy_notice": "",
                "public": "yes",
            },
        ),
    ],
)
def test_all_that_came_or_went_is_in_the_entry(
    name: str, before: dict[str, str], after: dict[str, str], world: World
) -> None:
    ACTS[name](world)(SYSTEM)
    entry = audit_log.list_entries(AuditFilter())[0]
    assert (entry.before, entry.after) == (before, after)
