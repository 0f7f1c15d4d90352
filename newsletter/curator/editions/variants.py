"""What only some subscribers see, what only the page of the archive shows, and a second subject to try. Pure.

A story or box is shown to everybody (""), in the mail or on the web page alone, to members, to those who do not pay, or
to a segment (`segment:SLUG`). The mail is then rendered once for every combination of groups: its variants. The variant
of a subscriber is chosen when the audience is frozen, and is part of the stratum of a batch.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from itertools import combinations
from zlib import crc32

from newsletter.curator.editions.values import Edition

EVERYBODY, MAIL, WEB, MEMBERS, FREE, SEGMENT = "", "mail", "web", "members", "free", "segment:"
MOST_GROUPS = 3  # in an edition: eight variants
_LETTERS = "abc"


@dataclass(frozen=True, slots=True)
class Variant:
    """One rendering of an edition: for those who are in all of `list_groups` and in no other that the edition names.

    `build_code` travels with batches: "" for the plain mail, "web" for the page of the archive.
    """

    code: str = ""
    audiences: frozenset[str] = frozenset()
    second_subject: bool = False

    @property
    def web(self) -> bool:
        """Whether it is the archive page, which is not mailed."""
        return self.code == WEB


PLAIN, PAGE = Variant(), Variant(WEB)


def list_groups(edition: Edition) -> tuple[str, ...]:
    """The groups that an edition names, in the order of their codes."""
    named = {each.visibility for each in edition.picks} | {each.visibility for each in edition.boxes}
    return tuple(sorted(named - {EVERYBODY, MAIL, WEB}))


def list_variants(edition: Edition) -> tuple[Variant, ...]:
    """All variants of the mail, the plain one first."""
    named = list_groups(edition)[:MOST_GROUPS]
    groups = [
        frozenset(some)
        for size in range(len(named) + 1)
        for some in combinations(named, size)
        if not {MEMBERS, FREE} <= set(some)  # nobody pays and does not
    ]
    seconds = (False, True) if edition.second_subject else (False,)
    return tuple(Variant(build_code(named, group, second), group, second) for second in seconds for group in groups)


def build_code(named: Sequence[str], mine: Set[str], second: bool) -> str:
    """The code of the variant for members of `mine` among all groups: "", "a", "ac", "2", "2a" …"""
    letters = "".join(letter for letter, group in zip(_LETTERS, named, strict=False) if group in mine)
    return ("2" if second else "") + letters


def assign_codes(
    ids: Sequence[int], groups: Mapping[str, Set[int]], *, two_subjects: bool, edition_id: int
) -> dict[int, str]:
    """The variant code of each subscriber. `groups`: the members of each group; half of all get the second subject."""
    named = sorted(groups)
    return {
        subscriber_id: build_code(
            named,
            {group for group in named if subscriber_id in groups[group]},
            two_subjects and gets_second_subject(subscriber_id, edition_id),
        )
        for subscriber_id in ids
    }


def gets_second_subject(subscriber_id: int, edition_id: int) -> bool:
    """Whether somebody gets the second subject: by lot, another one for every edition, always the same for the same."""
    return bool(crc32(f"{edition_id}:{subscriber_id}".encode()) & 1)


def select_visible(edition: Edition, variant: Variant) -> Edition:
    """The edition with what this variant shows, renumbered."""
    picks = [each for each in edition.picks if is_visible(variant, each.visibility)]
    numbers = {each.key: number for number, each in enumerate(sorted(picks, key=lambda each: each.number), 1)}
    return replace(
        edition,
        subject=edition.second_subject if variant.second_subject else edition.subject,
        picks=tuple(replace(each, number=numbers[each.key]) for each in picks),
        boxes=tuple(each for each in edition.boxes if is_visible(variant, each.visibility)),
    )


def is_visible(variant: Variant, visibility: str) -> bool:
    """Whether something shown to these is in a variant."""
    if visibility == EVERYBODY:
        return True
    if visibility in (MAIL, WEB):
        return variant.web == (visibility == WEB)
    return visibility in variant.audiences


def describe_visibility(visibility: str, segments: Mapping[str, str]) -> str:
    """For whom something is, in words; `segments` are names by slug."""
    if visibility.startswith(SEGMENT):
        slug = visibility.removeprefix(SEGMENT)
        return segments.get(slug, slug)
    return {
        EVERYBODY: "everybody",
        MAIL: "the mail only",
        WEB: "the web page only",
        MEMBERS: "members only",
        FREE: "subscribers who do not pay",
    }[visibility]


def describe_variant(variant: Variant, segments: Mapping[str, str]) -> str:
    """A variant in words: “members only, second subject”."""
    parts: Iterable[str] = (describe_visibility(each, segments) for each in sorted(variant.audiences))
    return ", ".join([*parts, *(["second subject"] if variant.second_subject else [])]) or "everybody else"
