"""Acts of this package: see `tests.acts`."""

from __future__ import annotations

import io
from datetime import timedelta

from subscribers import engagement, hygiene, lists, people, suppressions
from subscribers.consent import domain_rules
from tests.actors import SYSTEM
from tests.acts import Act, Prepare, World


def _create_list(world: World) -> Act:
    return lambda by: lists.create_list("noon", "Noon", by=by, now=world.now)


def _change_list(world: World) -> Act:
    return lambda by: lists.change_list("morning", name="Dawn", seen=None, by=by, now=world.now)


def _ask_inactive(world: World) -> Act:
    long_ago = world.now - timedelta(days=400)
    ann = people.add_subscriber("ann@example.com", world.morning.list_id, by="test", confirmed=True, now=long_ago).id
    engagement.record_engagement(world.morning.list_id, 1, opened=[ann], clicked=[], as_of=long_ago)
    engagement.record_engagement(world.morning.list_id, 2, opened=[], clicked=[], as_of=world.now)
    return lambda by: hygiene.ask_inactive(world.morning.list_id, 6, expected=1, by=by, now=world.now)


def _suppress(world: World) -> Act:
    return lambda by: suppressions.suppress("ann@example.com", reason="asked", by=by, now=world.now)


def _lift_suppression(world: World) -> Act:
    suppressions.suppress("ann@example.com", reason="asked", by=SYSTEM, now=world.now)
    return lambda by: suppressions.lift_suppression("ann@example.com", complaints=True, by=by, now=world.now)


def _import_suppressions(world: World) -> Act:
    file = io.BytesIO(b"ann@example.com\n")
    return lambda by: suppressions.import_suppressions(file, source="old.csv", by=by, now=world.now)


def _stream_suppressions(world: World) -> Act:
    return lambda by: suppressions.stream_suppressions(by=by, now=world.now)


def _write_suppressions(world: World) -> Act:
    return lambda by: suppressions.write_suppressions([].append, by=by, now=world.now)


def _set_domain_rule(world: World) -> Act:
    return lambda by: domain_rules.set_domain_rule("spam.example", "deny", by=by, now=world.now)


def _remove_domain_rule(world: World) -> Act:
    domain_rules.set_domain_rule("spam.example", "deny", by=SYSTEM, now=world.now)
    return lambda by: domain_rules.remove_domain_rule("spam.example", by=by, now=world.now)


ACTS: dict[str, Prepare] = {
    "subscribers.lists.create_list": _create_list,
    "subscribers.lists.change_list": _change_list,
    "subscribers.hygiene.ask_inactive": _ask_inactive,
    "subscribers.suppressions.suppress": _suppress,
    "subscribers.suppressions.lift_suppression": _lift_suppression,
    "subscribers.suppressions.import_suppressions": _import_suppressions,
    "subscribers.suppressions.stream_suppressions": _stream_suppressions,
    "subscribers.suppressions.write_suppressions": _write_suppressions,
    "subscribers.consent.domain_rules.set_domain_rule": _set_domain_rule,
    "subscribers.consent.domain_rules.remove_domain_rule": _remove_domain_rule,
}
