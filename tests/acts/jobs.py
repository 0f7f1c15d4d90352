"""Acts of this package: see `tests.acts`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings

from newsletter.accounts import users
from newsletter.curator.editions import models
from newsletter.curator.editions.states import EditionState
from newsletter.delivery import installation
from newsletter.jobs import backup, continuity, list_removal, recounting, tasks
from newsletter.jobs.notification_kinds import NotificationKind
from newsletter.jobs.notifications import choices, testing, webhooks
from subscribers.lists import create_list
from tests.actors import SYSTEM
from tests.acts import Act, Prepare, World


def _edition(world: World, state: EditionState, **fields: Any) -> int:
    edition = models.Edition.objects.create(
        newsletter_id=world.morning.id,
        date=world.now.date(),
        state=state.value,
        subject="The railway reaches the mill",
        created_at=world.now,
        changed_at=world.now,
        **fields,
    )
    if state is not EditionState.DRAFT:
        models.Snapshot.objects.create(
            edition=edition, sha256="0" * 64, subject="x", html="x", text="x", merge=[], approved_at=world.now
        )
    return edition.id


def _remove_list(world: World) -> Act:
    create_list("noon", "Noon", by=SYSTEM, now=world.now)
    return lambda by: list_removal.remove_list("noon", by=by, now=world.now)


def _send_edition(world: World) -> Act:
    edition_id = _edition(world, EditionState.APPROVED)
    return lambda by: tasks.send_edition(edition_id, at=None, content_hash=None, by=by, now=world.now)


def _request_approval(world: World) -> Act:
    edition_id = _edition(world, EditionState.DRAFT)
    return lambda by: tasks.request_approval(edition_id, of="", note="The lead", by=by, now=world.now)


def _send_test(world: World) -> Act:
    edition_id = _edition(world, EditionState.DRAFT)
    return lambda by: tasks.send_test(edition_id, ["desk@example.org"], content_hash=None, by=by, now=world.now)


def _send_correction(world: World) -> Act:
    edition_id = _edition(world, EditionState.SENT)
    models.Correction.objects.create(edition_id=edition_id, text="The mill is in Upland.", by="x", at=world.now)
    return lambda by: tasks.send_correction(edition_id, content_hash=None, by=by, now=world.now)


def _check_pages(world: World) -> Act:
    edition_id = _edition(world, EditionState.DRAFT)
    return lambda by: tasks.check_pages_and_links_of_edition(edition_id, by=by, now=world.now)


def _back_up(world: World) -> Act:
    file = Path(settings.CONFIG.data_dir) / "backup.tar"
    file.parent.mkdir(exist_ok=True)
    return lambda by: backup.back_up(file, by=by, now=world.now)


def _recount(world: World) -> Act:
    return lambda by: recounting.recount(by=by, now=world.now)


def _resume_sending(world: World) -> Act:
    installation.check(world.now)
    installation.hold("to be looked at", world.now)
    return lambda by: continuity.resume_sending(reason="looked at the provider", by=by, now=world.now)


def _make_copy(world: World) -> Act:
    installation.check(world.now)
    return lambda by: continuity.make_copy(by=by, now=world.now)


def _allow_provider(world: World) -> Act:
    installation.check(world.now)
    installation.become_copy(world.now)
    return lambda by: continuity.allow_provider(by=by, now=world.now)


def _choose_notifications(world: World) -> Act:
    users.create_user("ann@example.com", "a long enough password", by=SYSTEM, now=world.now)
    wanted = {(world.morning.id, NotificationKind.SENT): True}
    return lambda by: choices.choose("ann@example.com", wanted, by=by, now=world.now)


def _add_webhook(world: World) -> Act:
    address, of = "https://hooks.example.com/x", world.morning.id
    return lambda by: webhooks.add_webhook("chat", address, newsletter_id=of, by=by, now=world.now)


def _remove_webhook(world: World) -> Act:
    _add_webhook(world)(SYSTEM)
    return lambda by: webhooks.remove_webhook("chat", by=by, now=world.now)


def _test_notifications(world: World) -> Act:
    webhooks.add_webhook("chat", "http://127.0.0.1:1/", by=SYSTEM, now=world.now)  # refused: it is private
    return lambda by: testing.send_test_notification("chat", by=by, now=world.now)


ACTS: dict[str, Prepare] = {
    "newsletter.jobs.backup.back_up": _back_up,
    "newsletter.jobs.continuity.allow_provider": _allow_provider,
    "newsletter.jobs.continuity.make_copy": _make_copy,
    "newsletter.jobs.continuity.resume_sending": _resume_sending,
    "newsletter.jobs.list_removal.remove_list": _remove_list,
    "newsletter.jobs.notifications.choices.choose": _choose_notifications,
    "newsletter.jobs.notifications.testing.send_test_notification": _test_notifications,
    "newsletter.jobs.notifications.webhooks.add_webhook": _add_webhook,
    "newsletter.jobs.notifications.webhooks.remove_webhook": _remove_webhook,
    "newsletter.jobs.recounting.recount": _recount,
    "newsletter.jobs.tasks.check_pages_and_links_of_edition": _check_pages,
    "newsletter.jobs.tasks.request_approval": _request_approval,
    "newsletter.jobs.tasks.send_correction": _send_correction,
    "newsletter.jobs.tasks.send_edition": _send_edition,
    "newsletter.jobs.tasks.send_test": _send_test,
}
