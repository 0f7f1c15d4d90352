"""Acts of this package: see `tests.acts`."""

from __future__ import annotations

import io
from datetime import timedelta

from subscribers import attributes, engagement, hygiene, lists, models, people, removed_lists, suppressions, tiers
from subscribers.consent import domain_rules, erasure, personal_data, proof
from subscribers.imports import export, import_lookup, restore, run, undo
from subscribers.imports.staging import ImportOptions
from subscribers.segments import service
from subscribers.values import ImportRun
from tests.actors import SYSTEM
from tests.acts import Act, Prepare, World


def _create_list(world: World) -> Act:
    return lambda by: lists.create_list("noon", "Noon", by=by, now=world.now)


def _change_list(world: World) -> Act:
    return lambda by: lists.change_list("morning", name="Dawn", seen=None, by=by, now=world.now)


def _mark_list_removed(world: World) -> Act:
    noon = lists.create_list("noon", "Noon", by=SYSTEM, now=world.now)
    return lambda by: removed_lists.mark_list_removed(noon.id, by=by, now=world.now)


def _ask_inactive(world: World) -> Act:
    long_ago = world.now - timedelta(days=400)
    ann = people.add_subscriber(
        "ann@example.com", world.morning.list_id, by=SYSTEM, reason="asked in person", now=long_ago
    ).id
    models.Subscriber.objects.filter(id=ann).update(tracking_agreed_at=long_ago - timedelta(days=1))
    engagement.record_engagement(world.morning.list_id, 1, opened=[ann], clicked=[], as_of=long_ago)
    engagement.record_engagement(world.morning.list_id, 2, opened=[], clicked=[], as_of=world.now)
    return lambda by: hygiene.ask_inactive(world.morning.list_id, 6, expected=1, by=by, now=world.now)


def _add_ann(world: World) -> int:
    ann = people.add_subscriber(
        "ann@example.com", world.morning.list_id, reason="asked in person", by=SYSTEM, now=world.now
    )
    return ann.id


def _add_subscriber(world: World) -> Act:
    list_id = world.morning.list_id
    return lambda by: people.add_subscriber("ben@example.com", list_id, reason="asked", by=by, now=world.now)


def _unsubscribe(world: World) -> Act:
    ann = _add_ann(world)
    return lambda by: people.unsubscribe(ann, world.morning.list_id, by=by, now=world.now)


def _change_address(world: World) -> Act:
    ann = _add_ann(world)
    return lambda by: people.change_address(ann, "ann@example.org", seen="ann@example.com", by=by, now=world.now)


def _create_attribute(world: World) -> Act:
    return lambda by: attributes.create_attribute("Town", by=by, now=world.now)


def _change_profile(world: World) -> Act:
    ann = _add_ann(world)
    return lambda by: attributes.change_profile(ann, tier="paid", seen=None, by=by, now=world.now)


def _erase_subscriber(world: World) -> Act:
    ann = _add_ann(world)
    return lambda by: erasure.erase_subscriber(ann, by=by, now=world.now)


def _collect_personal_data(world: World) -> Act:
    ann = _add_ann(world)
    return lambda by: personal_data.collect_personal_data(ann, by=by, now=world.now)


def _import_csv(world: World) -> Act:
    file = io.BytesIO(b"email\nben@example.com\n")
    list_id = world.morning.list_id
    return lambda by: run.import_csv(file, list_id, dry_run=False, by=by, now=world.now, name="readers.csv")


def _begin_import(world: World) -> Act:
    file = io.BytesIO(b"email\nben@example.com\n")
    return lambda by: run.begin_import(file, world.morning.list_id, by=by, now=world.now, name="readers.csv")


def _prepare_import(world: World) -> ImportRun:
    """An import that waits to be confirmed."""
    file = io.BytesIO(b"email\nben@example.com\n")
    made = run.begin_import(file, world.morning.list_id, by=SYSTEM, now=world.now, name="readers.csv")
    run.process_next_import(world.now, owner="worker", clock=lambda: world.now)
    return import_lookup.get_import(made.id)


def _change_import_options(world: World) -> Act:
    made = _prepare_import(world)
    options = ImportOptions(status="pending")
    return lambda by: run.change_import_options(made.id, options, seen=made.seen, by=by, now=world.now)


def _confirm_import(world: World) -> Act:
    made = _prepare_import(world)
    return lambda by: run.confirm_import(made.id, seen=made.seen, by=by, now=world.now)


def _discard_import(world: World) -> Act:
    made = _prepare_import(world)
    return lambda by: run.discard_import(made.id, by=by, now=world.now)


def _resume_import(world: World) -> Act:
    made = _prepare_import(world)
    run.confirm_import(made.id, seen=None, by=SYSTEM, now=world.now)
    return lambda by: run.resume_import(made.id, by=by, now=world.now)


def _finish_import(world: World) -> int:
    file = io.BytesIO(b"email\nben@example.com\n")
    list_id = world.morning.list_id
    return run.import_csv(file, list_id, dry_run=False, by=SYSTEM, now=world.now, name="readers.csv").id


def _request_undo(world: World) -> Act:
    import_id = _finish_import(world)
    return lambda by: run.request_undo(import_id, by=by, now=world.now)


def _begin_undo(world: World) -> Act:
    import_id = _finish_import(world)
    return lambda by: undo.begin_undo(import_id, by=by, now=world.now)


def _undo_import(world: World) -> Act:
    import_id = _finish_import(world)
    return lambda by: undo.undo_import(import_id, by=by, now=world.now)


def _restore_export(world: World) -> Act:
    _add_ann(world)
    parts: list[str] = []
    export.write_export(None, parts.append, export_format="jsonl", by=SYSTEM, now=world.now)
    file = io.BytesIO("".join(parts).encode())
    return lambda by: restore.restore_export(file, name="backup.jsonl", by=by, now=world.now)


def _stream_export(world: World) -> Act:
    return lambda by: export.stream_export(world.morning.list_id, by=by, now=world.now)


def _write_export(world: World) -> Act:
    return lambda by: export.write_export(world.morning.list_id, [].append, by=by, now=world.now)


_PAYERS = {"all": [{"about": "tier", "op": "is", "value": "paid"}]}


def _create_segment(world: World) -> Act:
    return lambda by: service.create_segment("payers", "Payers", _PAYERS, by=by, now=world.now)


def _change_segment(world: World) -> Act:
    service.create_segment("payers", "Payers", _PAYERS, by=SYSTEM, now=world.now)
    return lambda by: service.change_segment(
        "payers", name="Guests", definition=_PAYERS, seen=None, by=by, now=world.now
    )


def _drop_segment(world: World) -> Act:
    service.create_segment("payers", "Payers", _PAYERS, by=SYSTEM, now=world.now)
    return lambda by: service.drop_segment("payers", seen=None, by=by, now=world.now)


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


def _create_tier(world: World) -> Act:
    return lambda by: tiers.create_tier("founding-member", by=by, now=world.now)


def _set_tier(world: World) -> Act:
    ann = _add_ann(world)
    return lambda by: tiers.set_tier(ann, "paid", ends_at=None, how="command", by=by, now=world.now)


def _show_proof(world: World) -> Act:
    _add_ann(world)
    return lambda by: proof.show_proof("ann@example.com", by=by, now=world.now)


ACTS: dict[str, Prepare] = {
    "subscribers.tiers.create_tier": _create_tier,
    "subscribers.tiers.set_tier": _set_tier,
    "subscribers.consent.proof.show_proof": _show_proof,
    "subscribers.lists.create_list": _create_list,
    "subscribers.lists.change_list": _change_list,
    "subscribers.removed_lists.mark_list_removed": _mark_list_removed,
    "subscribers.hygiene.ask_inactive": _ask_inactive,
    "subscribers.people.add_subscriber": _add_subscriber,
    "subscribers.people.unsubscribe": _unsubscribe,
    "subscribers.people.change_address": _change_address,
    "subscribers.attributes.create_attribute": _create_attribute,
    "subscribers.attributes.change_profile": _change_profile,
    "subscribers.consent.erasure.erase_subscriber": _erase_subscriber,
    "subscribers.consent.personal_data.collect_personal_data": _collect_personal_data,
    "subscribers.imports.run.import_csv": _import_csv,
    "subscribers.imports.run.begin_import": _begin_import,
    "subscribers.imports.run.change_import_options": _change_import_options,
    "subscribers.imports.run.confirm_import": _confirm_import,
    "subscribers.imports.run.discard_import": _discard_import,
    "subscribers.imports.run.resume_import": _resume_import,
    "subscribers.imports.run.request_undo": _request_undo,
    "subscribers.imports.undo.begin_undo": _begin_undo,
    "subscribers.imports.undo.undo_import": _undo_import,
    "subscribers.imports.restore.restore_export": _restore_export,
    "subscribers.imports.export.stream_export": _stream_export,
    "subscribers.imports.export.write_export": _write_export,
    "subscribers.segments.service.create_segment": _create_segment,
    "subscribers.segments.service.change_segment": _change_segment,
    "subscribers.segments.service.drop_segment": _drop_segment,
    "subscribers.suppressions.suppress": _suppress,
    "subscribers.suppressions.lift_suppression": _lift_suppression,
    "subscribers.suppressions.import_suppressions": _import_suppressions,
    "subscribers.suppressions.stream_suppressions": _stream_suppressions,
    "subscribers.suppressions.write_suppressions": _write_suppressions,
    "subscribers.consent.domain_rules.set_domain_rule": _set_domain_rule,
    "subscribers.consent.domain_rules.remove_domain_rule": _remove_domain_rule,
}
