"""For whom a story or box may be: what an editor can choose, that it is not too much, and who that is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from newsletter.curator.editions import models, variants
from newsletter.curator.editions.values import Edition
from newsletter.curator.editions.variants import EVERYBODY, FREE, MAIL, MEMBERS, MOST_GROUPS, SEGMENT, WEB, Variant
from newsletter.kernel.errors import BadInput, Refused
from newsletter.kernel.sentences import phrase
from subscribers.segments import service
from subscribers.tiers import UNPAID

PLAIN_CHOICES = (EVERYBODY, MAIL, WEB, MEMBERS, FREE)


def list_options() -> tuple[tuple[str, str], ...]:
    """Everything that `visibility` can be, with its words."""
    known = get_segment_names()
    return tuple((each, variants.describe_visibility(each, known)) for each in list_visibilities(known))


def list_visibilities(segments: Iterable[str]) -> tuple[str, ...]:
    """Everything that `visibility` can be, with these segments, given by their slugs."""
    return (*PLAIN_CHOICES, *(f"{SEGMENT}{slug}" for slug in segments))


def get_segment_names() -> dict[str, str]:
    """The segments' names by their slugs."""
    return {each.slug: each.name for each in service.list_segments()}


def check_visibility(visibility: str) -> str:
    """The choice, if it is one. Raises BadInput."""
    wanted = " ".join(str(visibility).split())
    known = list_visibilities(get_segment_names())
    if wanted in known:
        return wanted
    raise BadInput(
        phrase(
            "“{given}” is nobody a story can be shown to. There are {names}; empty is everybody.",
            given=wanted[:60],
            names=", ".join(filter(None, known)),
        ),
        "shown_to",
    )


def check_group_limit(row: models.Edition) -> None:
    """Raises Refused when an edition names too many groups: each doubles the number of variants."""
    named = {*row.picks.values_list("visibility", flat=True), *row.boxes.values_list("visibility", flat=True)}
    if len(named - {EVERYBODY, MAIL, WEB}) > MOST_GROUPS:
        raise Refused(
            phrase(
                "An edition can have parts for {most} groups of subscribers, and this would be one more.",
                most=MOST_GROUPS,
            )
        )


def select_group_members(group: str, ids: Sequence[int], *, now: datetime) -> frozenset[int]:
    """Which of some subscribers are in a group. Raises NotFound for a segment that was deleted."""
    if group.startswith(SEGMENT):
        return service.filter_members(group.removeprefix(SEGMENT), ids, now=now)
    unpaid = [{"about": "tier", "op": "is", "value": str(tier)} for tier in sorted(UNPAID)]
    return service.filter_matching({{MEMBERS: "none", FREE: "any"}[group]: unpaid}, ids, now=now)


def get_variant(edition: Edition, subscriber_id: int, *, now: datetime) -> Variant:
    """The variant one subscriber gets."""
    groups = {group: select_group_members(group, [subscriber_id], now=now) for group in variants.list_groups(edition)}
    wanted = variants.assign_codes(
        [subscriber_id], groups, two_subjects=bool(edition.second_subject), edition_id=edition.id
    )[subscriber_id]
    return next((each for each in variants.list_variants(edition) if each.code == wanted), variants.PLAIN)
