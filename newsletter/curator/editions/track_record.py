"""What a newsletter's editors pick and its subscribers click, counted by publisher and by word. Pure.

A preference is between -1 and 1 and begins at 0: it needs evidence (`EVIDENCE_FOR_HALF`) before it weighs much, and it
weighs little in a suggestion (`ranking`). Nothing is learned from machines' clicks.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

EVIDENCE_FOR_HALF = 8.0  # offers or clicks, before a preference counts half
LEAST_PICKS = 3  # of a word, before it counts at all
MOST_WORDS = 200
_WORD = re.compile(r"[^\W\d_][\w'’-]{3,}")


@dataclass(frozen=True, slots=True)
class OfferedArticle:
    """An article that was in the pool of an edition, and what became of it. `clicks` is against the usual one of its
    edition (1.0: as often as the average); None: not counted."""

    title: str
    publisher: str
    picked: bool
    clicks: float | None = None


@dataclass(frozen=True, slots=True)
class Preference:
    """How a paper or word did: offered, picked, and clicked against the usual; `score` between -1 and 1."""

    name: str
    offered: int
    picked: int
    clicks: float | None
    score: float


@dataclass(frozen=True, slots=True)
class TrackRecord:
    """The preferences of one newsletter."""

    publishers: Mapping[str, Preference] = field(default_factory=dict)
    words: Mapping[str, Preference] = field(default_factory=dict)

    def score(self, title: str, publisher: str) -> tuple[float, str]:
        """How well such articles did in this newsletter, between -1 and 1, and the strongest preference, in words."""
        paper = self.publishers.get(publisher)
        words = [self.words[word] for word in sorted(_words(title)) if word in self.words]
        known = [*([paper] if paper else []), *words]
        if not known:
            return 0.0, ""
        strongest = max(known, key=lambda preference: abs(preference.score))
        score = (paper.score if paper else 0.0) * 0.5 + (
            sum(word.score for word in words) / len(words) if words else 0.0
        ) * 0.5
        return max(-1.0, min(1.0, score)), strongest.name


def learn(history: Iterable[OfferedArticle]) -> TrackRecord:
    """The track record that a history of offers shows."""
    offers = list(history)
    usual = sum(offer.picked for offer in offers) / len(offers) if offers else 0.0
    by_paper = _count_preferences([([offer.publisher], offer) for offer in offers if offer.publisher], usual)
    by_word = _count_preferences([(sorted(_words(offer.title)), offer) for offer in offers], usual)
    telling = sorted(
        (preference for preference in by_word.values() if preference.picked >= LEAST_PICKS),
        key=lambda preference: (-abs(preference.score), preference.name),
    )
    return TrackRecord(by_paper, {preference.name: preference for preference in telling[:MOST_WORDS]})


def _count_preferences(offers: Sequence[tuple[Sequence[str], OfferedArticle]], usual: float) -> dict[str, Preference]:
    offered: Counter[str] = Counter()
    picked: Counter[str] = Counter()
    clicks: dict[str, list[float]] = {}
    for names, offer in offers:
        for name in names:
            offered[name] += 1
            picked[name] += offer.picked
            if offer.clicks is not None:
                clicks.setdefault(name, []).append(offer.clicks)
    return {name: _to_preference(name, offered[name], picked[name], clicks.get(name, []), usual) for name in offered}


def _to_preference(name: str, offered: int, picked: int, clicks: Sequence[float], usual: float) -> Preference:
    """Half of it from editors (picked more than usual), half from clicks (more than usual)."""
    expected = usual * offered
    by_editors = math.tanh((picked - expected) / (expected + 1)) * offered / (offered + EVIDENCE_FOR_HALF)
    mean = sum(clicks) / len(clicks) if clicks else None
    by_readers = math.tanh(mean - 1.0) * len(clicks) / (len(clicks) + EVIDENCE_FOR_HALF) if mean is not None else 0.0
    return Preference(
        name, offered, picked, None if mean is None else round(mean, 2), round((by_editors + by_readers) / 2, 3)
    )


def _words(title: str) -> set[str]:
    return set(_WORD.findall(title.casefold()))
