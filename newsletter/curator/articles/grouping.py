"""Which articles cover the same event? TF-IDF cosine over their words, in which names count double. Pure.

articles ─▶ weighted words ─▶ similar pairs ─▶ merged, closest first, while all pairs of a group stay similar
                 ▲                                   │
                 └── how many stories have a word ◀──┘

A word weighs more the fewer stories use it, not the fewer articles: otherwise the story of the day, which every source
covers, would make its own words worthless. So stories are found roughly, then again with words weighed by them.
The numbers were chosen by cross-validation over the topics of annotated news.
"""

from __future__ import annotations

import heapq
import math
import re
from collections import Counter, defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

ROUNDS = (0.13, 0.25, 0.31)  # how close two groups must be to merge, round by round
NAME_WEIGHT, TITLE_WEIGHT = 2.0, 3
OTHER_STORIES = 40  # stories there are besides: a handful of articles does not show which words are rare
LEAST_SIMILAR = 0.05  # cosine; below, two articles have nothing to do with each other
LEAST_SHARED = 4  # words: of two short texts one name in common makes half of the cosine
COMMON_IN = 60  # articles: a word used by more of them is not enough to make a pair
LEAST_RARE_SIMILARITY = 0.03  # of the cosine by rarer words alone, for a pair to be compared
NEIGHBOURS, EASE, LEAST_USUAL_SIMILARITY = 4, 0.3, 0.2  # see `_normalise`
LEAST_COUNTS = 0.7  # of the least similar pair across two groups, against the average of them
FURTHEST_DAYS = 4.0  # articles further apart than this cover different events
LONGEST_TEXT = 3000  # characters: the top of an article says what happened
_WORD = re.compile(r"[^\W\d_][\w'’-]+|\d[\d.,]*\d|\d\d", re.UNICODE)
_SENTENCE_START = re.compile(r"(?:^|[.!?\n\"“”:]\s*)$")  # what stands before the first word of a sentence
_ENGLISH = """
    a about above after again against ago all almost also although am among an and another any are aren't around as
    at away back be became because been before being between both but by came can can't come comes could did didn't
    do does doesn't doing don't down during each early either end even ever every few first for from further get
    gets getting give go goes going good got had has have having he her here hers him his how however i if in
    including into is isn't it it's its itself just know known last late later least less like likely look made make
    makes making many may me might more most much must my near need never new next no nor not now of off often on
    once one only or other others our out over own part people per put rather said same saw say saying says see seen
    she should since so some still such take taken tell than that that's the their them then there these they thing
    things think this those though three through time times to today told too took toward two under until up upon us
    use used using very want wants was wasn't way we week weeks well were what when where whether which while who
    whom whose why will with within without won't would year years yes yesterday yet you your monday tuesday
    wednesday thursday friday saturday sunday day days month months
"""
_GERMAN = """
    aber alle allem allen aller alles als also am an andere anderen auch auf aus bei beim bereits bis da damit dann
    das dass dem den denn der des dessen die dies diese diesem diesen dieser dieses doch dort durch ein eine einem
    einen einer eines er es etwa euch für gegen gibt hat hatte hatten haben hier ihm ihn ihnen ihr ihre ihren im
    immer in ins ist jetzt kann kein keine können mehr mit muss nach nicht noch nur ob oder ohne sagte schon sehr
    sein seine seinen seit sich sie sind so soll sollen sowie über um und uns unter viel viele vom von vor war waren
    was weil wenn werden wie wieder will wir wird wo wurde wurden zu zum zur zwei zwischen jahr jahre jahren
"""
_STOP_WORDS = frozenset((_ENGLISH + _GERMAN).split())  # they say nothing about what an article is about


def group(articles: list[dict[str, Any]]) -> list[int]:
    """A group number for each article: the same number, the same event. Numbers count up from 0 in order.

    Articles are dicts with `title` and, where known, `text` or `dek` and `published_at` (aware datetime).
    """
    read = [_read_terms(article) for article in articles]
    return _find_groups(read, articles, range(len(articles)), ROUNDS)  # at first each is a story of its own


def regroup(articles: list[dict[str, Any]], known: Sequence[Hashable | None]) -> list[int]:
    """The same, when some came in beside others whose group is `known` (None: new). Numbers as from `group`.

    The known groups show which words are rare, which saves the first round; what newer articles
    show to be one story, or two,
    becomes so. Who keeps groups looks for the new ones among the old by `match_groups`.
    """
    first = {label: index for index, label in reversed(list(enumerate(known))) if label is not None}
    story = [index if label is None else first[label] for index, label in enumerate(known)]
    return _find_groups([_read_terms(article) for article in articles], articles, story, ROUNDS[1:])


def match_groups(known: Sequence[Hashable | None], found: Sequence[int]) -> list[Hashable | None]:
    """For each article the known group that its new one goes on as: that of most of its members. None: a new group.

    A known group goes on in one new group only, where most of it is; of equals, in the first.
    """
    overlap = Counter((label, number) for label, number in zip(known, found, strict=True) if label is not None)
    goes_on: dict[int, Hashable] = {}
    gone: set[Hashable] = set()
    for (label, number), _ in overlap.most_common():
        if number not in goes_on and label not in gone:
            goes_on[number] = label
            gone.add(label)
    return [goes_on.get(number) for number in found]


def _find_groups(
    read: Sequence[_ArticleTerms], articles: list[dict[str, Any]], story: Sequence[int], rounds: Sequence[float]
) -> list[int]:
    pairs: list[_Pair] | None = None
    for closeness in rounds:
        vectors = _build_vectors(read, story)
        if pairs is None:
            pairs = _find_pairs(vectors, [article.get("published_at") for article in articles])
        story = _merge(len(articles), _normalise(_compare_pairs(vectors, pairs)), closeness)
    return _number_groups(story)


@dataclass(frozen=True, slots=True)
class _ArticleTerms:
    """The words of an article, stemmed, with how often each stands there; and those that are names in it."""

    terms: Counter[str]
    names: set[str]


def _read_terms(article: dict[str, Any]) -> _ArticleTerms:
    body = str(article.get("text") or article.get("dek") or "")[:LONGEST_TEXT]
    terms: Counter[str] = Counter()
    capital: Counter[str] = Counter()
    for match in _WORD.finditer(body):
        word = match[0]
        low = word.lower()
        if low in _STOP_WORDS:
            continue
        term = _stem(low)
        terms[term] += 1
        if not word[0].isupper():
            capital[term] -= 1
        elif not _SENTENCE_START.search(body, max(0, match.start() - 3), match.start()):
            capital[term] += 1
    for word in _WORD.findall(str(article.get("title") or "").lower()):
        if word not in _STOP_WORDS:
            terms[_stem(word)] += TITLE_WEIGHT
    return _ArticleTerms(terms, {term for term, count in capital.items() if count > 0})


def _stem(word: str) -> str:
    """Light stemming, enough that “votes” meets “voted”."""
    word = word.replace("’", "'").removesuffix("'s")
    for ending in ("ing", "ed", "es", "s"):
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            return word[: -len(ending)]
    return word


def _build_vectors(read: Sequence[_ArticleTerms], story: Sequence[int]) -> list[dict[str, float]]:
    """Normalises to length 1. A word of one article matches nothing but counts for the length."""
    spread = Counter(term for each in read for term in each.terms)
    named = Counter(term for each in read for term in each.names)
    terms_by_story: dict[int, set[str]] = defaultdict(set)
    for each, number in zip(read, story, strict=True):
        terms_by_story[number].update(each.terms)
    stories = Counter(term for terms in terms_by_story.values() for term in terms)
    worth = {
        term: math.log((OTHER_STORIES + len(terms_by_story)) / (0.5 + stories[term]))
        * (NAME_WEIGHT if 2 * named[term] >= count else 1.0)
        for term, count in spread.items()
    }
    vectors = []
    for each in read:
        weights = {term: (1 + math.log(n)) * worth[term] for term, n in each.terms.items()}
        length = math.sqrt(sum(weight * weight for weight in weights.values())) or 1.0
        vectors.append({term: weight / length for term, weight in weights.items() if spread[term] > 1})
    return vectors


class _Pair(NamedTuple):
    """Two articles that may cover the same event, and the words they share."""

    one: int
    other: int
    shared: tuple[str, ...]


def _find_pairs(vectors: Sequence[dict[str, float]], dates: Sequence[datetime | None]) -> list[_Pair]:
    """The pairs that may cover the same event, found through the rarer words they share."""
    spread = Counter(term for vector in vectors for term in vector)
    words = [frozenset(vector) for vector in vectors]
    holders: dict[str, list[tuple[int, float]]] = defaultdict(list)
    found = []
    for index, vector in enumerate(vectors):
        sums: dict[int, float] = defaultdict(float)
        for term, weight in vector.items():
            if spread[term] <= COMMON_IN:
                for other, other_weight in holders[term]:
                    sums[other] += weight * other_weight
                holders[term].append((index, weight))
        for other, value in sums.items():
            if value >= LEAST_RARE_SIMILARITY and _is_near(dates[index], dates[other]):
                shared = words[index] & words[other]
                if len(shared) >= LEAST_SHARED:
                    found.append(_Pair(other, index, tuple(shared)))
    return found


def _compare_pairs(vectors: Sequence[dict[str, float]], pairs: Sequence[_Pair]) -> dict[tuple[int, int], float]:
    """The cosine of those pairs that have something to do with each other."""
    similar = {}
    for one, other, shared in pairs:
        mine, theirs = vectors[one], vectors[other]
        value = sum([mine[term] * theirs[term] for term in shared])
        if value >= LEAST_SIMILAR:
            similar[(one, other)] = value
    return similar


def _is_near(one: datetime | None, other: datetime | None) -> bool:
    return one is None or other is None or abs((one - other).total_seconds()) <= FURTHEST_DAYS * 86400


def _normalise(similar: dict[tuple[int, int], float]) -> dict[tuple[int, int], float]:
    """Similarities relative to each article's usual ones: long reports of one event are all alike, short ones less."""
    closest: dict[int, list[float]] = defaultdict(list)
    for (one, other), value in similar.items():
        closest[one].append(value)
        closest[other].append(value)
    used_to = {
        index: max(LEAST_USUAL_SIMILARITY, sum(heapq.nlargest(NEIGHBOURS, values)) / NEIGHBOURS)
        for index, values in closest.items()
    }
    return {
        (one, other): min(1.0, value / math.sqrt(used_to[one] * used_to[other]) ** EASE)
        for (one, other), value in similar.items()
    }


@dataclass(slots=True)
class _Linkage:
    """The pairs across two groups: their sum, their number, and the least of them."""

    total: float
    count: int
    least: float

    def closeness(self) -> float:
        return LEAST_COUNTS * self.least + (1 - LEAST_COUNTS) * self.total / self.count


def _merge(count: int, similar: dict[tuple[int, int], float], closeness: float) -> list[int]:
    """Merges the closest two groups, again and again. Groups with a pair that has nothing in common never merge."""
    of = list(range(count))
    members = {index: [index] for index in range(count)}
    between: dict[int, dict[int, _Linkage]] = defaultdict(dict)
    queue: list[tuple[float, int, int]] = []

    def note(one: int, other: int, found: _Linkage) -> None:
        between[one][other] = between[other][one] = found
        if found.closeness() >= closeness:
            heapq.heappush(queue, (-found.closeness(), min(one, other), max(one, other)))

    for (one, other), value in similar.items():
        note(one, other, _Linkage(value, 1, value))
    while queue:
        value, one, other = heapq.heappop(queue)
        found = between[one].get(other)
        if found is None or -value != found.closeness():
            continue  # one of them has grown since
        members[one] += members.pop(other)
        mine, theirs = between.pop(one), between.pop(other)
        for third in {*mine, *theirs} - {one, other}:
            between[third].pop(one, None)
            between[third].pop(other, None)
            if third in mine and third in theirs:
                a, b = mine[third], theirs[third]
                note(one, third, _Linkage(a.total + b.total, a.count + b.count, min(a.least, b.least)))
    for root, group_members in members.items():
        for index in group_members:
            of[index] = root
    return of


def _number_groups(of: Sequence[int]) -> list[int]:
    numbers: dict[int, int] = {}
    return [numbers.setdefault(root, len(numbers)) for root in of]
