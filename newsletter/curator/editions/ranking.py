"""Which stories to suggest, and why: fresh, widely covered, varied, not run before, as the editors' rules say. Pure.

candidates ─▶ without muted and run ones ─▶ scored, with reasons ─▶ musts first ─▶ section by section, under caps

A story's date only orders; what counts as new is what the desk has not seen before, which the caller decides.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from newsletter.curator.editions.states import RuleEffect
from newsletter.curator.editions.track_record import TrackRecord

HALF_LIFE = timedelta(hours=14)
OLDEST = timedelta(days=10)  # of what came with a new feed, unless somebody shortlisted it
SHARE_OF_ONE_PUBLISHER = 1 / 3
BOOST = 0.6  # of an editor's rule: about what two more tellers add
SHORTLISTED = 0.8  # somebody of the newsroom wants it
COVERAGE = 0.3  # for each doubling of its sources
PICTURE, SUBSTANCE = 0.1, 0.15
TRACK_RECORD = 0.25  # the most that preferences add or take
COPY = 0.1  # taken from what prints another's text
PAYWALL = 0.3  # taken from what subscribers cannot read
SAME_TOPIC = 0.35  # taken for each chosen story that is about the same names and things
SUBSTANTIAL = 120  # words of a text that is more than a feed's teaser
ALIKE = 3.0  # a third of the rarer words in common is the same topic
_WORD = re.compile(r"[^\W\d_][\w'’-]{3,}")
_NAME = re.compile(r"(?<=[\w,] )[A-ZÀ-Þ][\w'’-]{3,}")  # within a sentence


@dataclass(frozen=True, slots=True)
class RankingCandidate:
    """An article that could be picked. `group` is its story; `at` when it was published, else added."""

    id: int
    title: str
    publisher: str
    at: datetime
    group: int
    has_picture: bool = False
    words: int = 0
    dek: str = ""
    source_id: int | None = None
    tags: tuple[str, ...] = ()
    shortlisted: bool = False
    paywalled: bool = False
    is_copy: bool = False  # prints the text of another, which is to be preferred
    came_with_feed: bool = False  # when the feed was new to us: it brings its archive along, so that its dates count


@dataclass(frozen=True, slots=True)
class RankingRule:
    """What an editor wants of a source, or of stories with a phrase; `section` says where they go ("": anywhere)."""

    effect: RuleEffect
    source_id: int | None = None
    phrase: str = ""
    section: str = ""
    name: str = ""  # of the source, for the reason

    def applies_to(self, candidate: RankingCandidate) -> bool:
        """Whether a candidate is from this source, or has the phrase in its headline, standfirst or tags."""
        if self.source_id is not None:
            return candidate.source_id == self.source_id
        phrase = r"\s+".join(map(re.escape, self.phrase.casefold().split()))
        if not phrase:
            return False
        text = f"{candidate.title}\n{candidate.dek}\n{' '.join(candidate.tags)}".casefold()
        return re.search(rf"(?<!\w){phrase}(?!\w)", text) is not None

    @property
    def label(self) -> str:
        """In words, for a reason."""
        return self.name if self.source_id is not None else f"“{self.phrase}”"


@dataclass(frozen=True, slots=True)
class Suggestion:
    """An article proposed for a section ("": any that is not full), with why in words."""

    id: int
    score: float
    reason: str
    section: str = ""


def suggest(
    candidates: Sequence[RankingCandidate],
    *,
    wanted: int,
    now: datetime,
    already_ran: Collection[int] = (),
    groups_taken: Collection[int] = (),
    rules: Sequence[RankingRule] = (),
    track_record: TrackRecord | None = None,
    quotas: Mapping[str, int] | None = None,
    publishers_taken: Iterable[str] = (),
    titles_taken: Iterable[str] = (),
) -> list[Suggestion]:
    """At most `wanted` suggestions, best first: one per story, none that ran or is muted, no publisher above a third,
    no topic again while others wait.

    `quotas` are the free places of each section; stories that a rule sends to a full section are dropped.
    """
    tellers: dict[int, set[str]] = defaultdict(set)
    for candidate in candidates:
        tellers[candidate.group].add(candidate.publisher)
    judged = [
        _score(candidate, tellers[candidate.group], rules, track_record or TrackRecord(), now)
        for candidate in candidates
        if candidate.id not in already_ran and candidate.group not in groups_taken
    ]
    ranked = sorted(
        (each for each in judged if each is not None), key=lambda each: (not each.must, -each.score, each.candidate.id)
    )
    taken = [_topic(title, "") for title in titles_taken]
    rarity = _rarity([*(each.topic for each in ranked), *taken])
    places = _OpenPlaces(dict(quotas or {}), wanted, Counter(publishers_taken), taken, rarity)
    chosen = _choose_varied(ranked, places)
    return [Suggestion(each.candidate.id, round(each.score, 4), each.reason, section) for each, section in chosen]


@dataclass(frozen=True, slots=True)
class _ScoredCandidate:
    candidate: RankingCandidate
    score: float
    must: bool
    section: str
    reason: str
    topic: frozenset[str]  # what it is about


def _score(
    candidate: RankingCandidate,
    tellers: Collection[str],
    rules: Sequence[RankingRule],
    track_record: TrackRecord,
    now: datetime,
) -> _ScoredCandidate | None:
    """What a candidate is worth and why; None when a rule mutes it."""
    mine = [rule for rule in rules if rule.applies_to(candidate)]
    if (
        candidate.came_with_feed
        and now - candidate.at > OLDEST
        and not candidate.shortlisted
        and not any(rule.effect == RuleEffect.MUST for rule in mine)
    ):
        return None
    if any(rule.effect == RuleEffect.MUTE for rule in mine) and not any(
        rule.effect == RuleEffect.MUST for rule in mine
    ):
        return None
    age = max(timedelta(0), now - candidate.at)
    score = 0.5 ** (age / HALF_LIFE) + COVERAGE * math.log2(max(1, len(tellers)))
    score += PICTURE * candidate.has_picture + SUBSTANCE * min(candidate.words, SUBSTANTIAL) / SUBSTANTIAL
    reasons = [_format_age(age)]
    if len(tellers) > 1:
        others = sorted(teller for teller in tellers if teller and teller != candidate.publisher)
        reasons.append(
            f"covered by {len(tellers)} sources ({_format_list(others)} too)"
            if others
            else f"covered by {len(tellers)} sources"
        )
    if candidate.shortlisted:
        score += SHORTLISTED
        reasons.append("shortlisted")
    for rule in mine:
        if rule.effect == RuleEffect.BOOST:
            score += BOOST
            reasons.append(f"rule: more of {rule.label}")
    must = [rule for rule in mine if rule.effect == RuleEffect.MUST]
    if must:
        reasons.insert(0, f"rule: always {must[0].label}")
    preference, strongest = track_record.score(candidate.title, candidate.publisher)
    score += TRACK_RECORD * preference
    if abs(preference) >= 0.1:
        reasons.append(f"this newsletter {'likes' if preference > 0 else 'seldom takes'} {strongest}")
    if candidate.is_copy:
        score -= COPY
    if candidate.paywalled:
        score -= PAYWALL
        reasons.append("behind a paywall")
    section = next((rule.section for rule in (*must, *mine) if rule.section), "")
    return _ScoredCandidate(
        candidate, score, bool(must), section, ", ".join(reasons), _topic(candidate.title, candidate.dek)
    )


@dataclass(slots=True)
class _OpenPlaces:
    """What is left to fill, and what fills the rest."""

    free: dict[str, int]
    wanted: int
    publishers: Counter[str]
    topics: list[frozenset[str]]
    rarity: Mapping[str, float]

    @property
    def max_per_publisher(self) -> int:
        return max(1, math.ceil((self.wanted + sum(self.publishers.values())) * SHARE_OF_ONE_PUBLISHER))


def _choose_varied(ranked: Sequence[_ScoredCandidate], places: _OpenPlaces) -> list[tuple[_ScoredCandidate, str]]:
    """Takes the best one by one, musts first; what is chosen already counts against more of the same.

    First under the cap on publishers; then, if places are left, without it.
    """
    chosen: list[tuple[_ScoredCandidate, str]] = []
    groups: set[int] = set()
    cap = places.max_per_publisher
    for most in (cap, len(ranked) + sum(places.publishers.values())):
        waiting = [each for each in ranked if each.candidate.group not in groups]
        while waiting and len(chosen) < places.wanted:
            best = min(
                waiting,
                key=lambda each: (not each.must, -(each.score - _topic_penalty(each, places)), each.candidate.id),
            )
            waiting.remove(best)
            section = _find_section(best, places.free)
            full = section is None or (not best.must and places.publishers[best.candidate.publisher] >= most)
            if full or best.candidate.group in groups:
                continue
            chosen.append((best, section or ""))
            groups.add(best.candidate.group)
            places.publishers[best.candidate.publisher] += 1
            places.topics.append(best.topic)
            if section:
                places.free[section] -= 1
    return sorted(chosen, key=lambda pair: (not pair[0].must, -pair[0].score, pair[0].candidate.id))


def _find_section(each: _ScoredCandidate, free: Mapping[str, int]) -> str | None:
    """Where a story goes: as its rule says if that is not full; None when all are."""
    if not each.section or each.section not in free:
        return ""
    return each.section if free[each.section] > 0 or each.must else None


def _topic_penalty(each: _ScoredCandidate, places: _OpenPlaces) -> float:
    """How much of a story is about what was chosen already: by the rarer words and names that both have."""
    return SAME_TOPIC * sum(_overlap(each.topic, topic, places.rarity) for topic in places.topics)


def _overlap(one: frozenset[str], other: frozenset[str], rarity: Mapping[str, float]) -> float:
    shared = sum(rarity[term] for term in one & other)
    if not shared:
        return 0.0
    least = min(sum(rarity[term] for term in one), sum(rarity[term] for term in other))
    return min(1.0, ALIKE * shared / least)


def _rarity(topics: Sequence[frozenset[str]]) -> dict[str, float]:
    spread = Counter(term for topic in topics for term in topic)
    return {term: math.log((1 + len(topics)) / count) for term, count in spread.items()}


def _topic(title: str, dek: str) -> frozenset[str]:
    """The words of a headline, and the names of the standfirst."""
    words = set(_WORD.findall(title.casefold()))
    names = {name.casefold() for name in _NAME.findall(dek)}
    return frozenset(word.removesuffix("'s").removesuffix("’s") for word in words | names) - _STOP_WORDS


_STOP_WORD_LIST = """
    about after against amid before from have into more most over says said than that their they this what when
    where which while will with would year years your
"""
_STOP_WORDS = frozenset(_STOP_WORD_LIST.split())


def _format_age(age: timedelta) -> str:
    hours = round(age.total_seconds() / 3600)
    return "new" if hours < 1 else f"{hours} h old" if hours < 48 else f"{hours // 24} days old"


def _format_list(names: Sequence[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
