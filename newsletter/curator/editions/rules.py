"""The editors' rules of a newsletter, and what its past editions taught: both shown, both used by suggestions."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from functools import reduce
from itertools import islice
from operator import itemgetter, or_
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import OuterRef, Q, Subquery

from newsletter.accounts.user_names import get_user_name
from newsletter.catalog import newsletters
from newsletter.curator.articles.models import Article, Source
from newsletter.curator.editions import models, ranking, track_record
from newsletter.curator.editions.states import OUT_STATES, RuleEffect
from newsletter.curator.editions.values import SuggestionRule
from newsletter.kernel.actors import ActionRecord, Actor, Verb, require_right
from newsletter.kernel.errors import BadInput, Conflict, Difference, NotFound, Refused

MOST_RULES = 200
EDITIONS_LEARNED_FROM = 30  # editions, the latest
OFFERED_WITHIN = timedelta(days=2)  # before an edition was made
MOST_OFFERED = 300  # articles an edition


def list_rules(newsletter_id: int) -> tuple[SuggestionRule, ...]:
    """The rules of a newsletter, those for sources first."""
    rows = (
        models.SuggestionRule.objects.filter(newsletter_id=newsletter_id)
        .select_related("source")
        .order_by("source__title", "phrase")
    )
    return tuple(_to_rule(row) for row in rows)


def set_rule(
    newsletter_id: int,
    effect: str,
    *,
    source_id: int | None = None,
    phrase: str = "",
    section: str = "",
    seen: Collection[str] | None,
    by: Actor,
    now: datetime,
) -> SuggestionRule:
    """Makes a rule for a source or for a word or phrase, or changes the one there is. `seen` are the content hashes of
    the rules that the editor saw.

    Raises BadInput for what can be no rule, NotFound for a source, Refused when there are too many, and Conflict where
    it would replace a rule that they did not see.
    """
    require_right(by, Verb.EDIT, newsletter_id=newsletter_id)
    wanted = " ".join(phrase.split()).casefold()
    if effect not in list(RuleEffect):
        raise BadInput(f"A rule can be {', '.join(RuleEffect)}, not “{effect}”.", "effect")
    if (source_id is None) == (not wanted):
        raise BadInput("A rule is for a source or for a phrase: give one of them.", "phrase")
    if len(wanted) > 100:
        raise BadInput("A phrase has at most 100 characters.", "phrase")
    source = Source.objects.filter(id=source_id).first() if source_id is not None else None
    if source_id is not None and source is None:
        raise NotFound(f"There is no feed {source_id}.", command_hint="See them all with: newsletter feeds list")
    keys = [each.key for each in newsletters.get_newsletter(newsletter_id).sections]
    if section and section not in keys:
        raise BadInput(f"There is no section “{section}”. There are {', '.join(keys)}.", "section")
    mine = models.SuggestionRule.objects.filter(newsletter_id=newsletter_id)
    if mine.count() >= MOST_RULES and not mine.filter(source=source, phrase=wanted).exists():
        raise Refused(f"There are {MOST_RULES} rules, which is the most.")
    try:
        with transaction.atomic():
            row, created = models.SuggestionRule.objects.get_or_create(
                newsletter_id=newsletter_id,
                source=source,
                phrase=wanted,
                defaults={"effect": effect, "section": section, "by": by.name[:254], "at": now},
            )
            before = None if created else _to_rule(row)
            if before is not None:
                if seen is not None and before.content_hash not in seen:
                    raise _build_conflict(before, f"{effect} {section}".strip())
                if (before.effect, before.section) == (effect, section):
                    return before
                row.effect, row.section, row.by, row.at = effect, section, by.name[:254], now
                row.save()
            by.record(
                ActionRecord(
                    f"made rule {effect}",
                    (str(source) if source else wanted)[:200],
                    now,
                    newsletter_id,
                    before={"effect": before.effect, "section": before.section} if before else {},
                    after={"effect": effect, "section": section},
                )
            )
    except IntegrityError:
        raise Refused("Somebody made this rule at the same moment. Reload the page.") from None
    return _to_rule(row)


def remove_rule(rule_id: int, newsletter_id: int, *, content_hash: str | None, by: Actor, now: datetime) -> None:
    """Removes a rule of a newsletter; `content_hash` is that of the rule as the editor saw it.

    Raises NotFound, and Conflict when somebody changed it since.
    """
    require_right(by, Verb.EDIT, newsletter_id=newsletter_id)
    with transaction.atomic():
        rows = models.SuggestionRule.objects.select_for_update(of=("self",)).select_related("source")
        row = rows.filter(id=rule_id, newsletter_id=newsletter_id).first()
        if row is None:
            raise NotFound("This rule is gone already.")
        rule = _to_rule(row)
        if content_hash is not None and content_hash != rule.content_hash:
            raise _build_conflict(rule)
        row.delete()
        before = {"effect": rule.effect, "of": rule.source or rule.phrase, "section": rule.section}
        by.record(ActionRecord("removed rule", f"rule {rule_id}", now, newsletter_id, before=before))


def _build_conflict(present: SuggestionRule, yours: str = "") -> Conflict:
    of = present.source or f"“{present.phrase}”"
    difference = Difference(
        "rule", "", f"{present.effect} {present.section}".strip(), yours, label=f"Rule for {of}", by=present.by
    )
    return Conflict(
        f"{get_user_name(present.by)} changed the rule for {of} since you looked. Look at it again.", [difference]
    )


def list_ranking_rules(newsletter_id: int) -> tuple[ranking.RankingRule, ...]:
    """The rules as suggestions use them."""
    return tuple(
        ranking.RankingRule(rule.effect, rule.source_id, rule.phrase, rule.section, rule.source)
        for rule in list_rules(newsletter_id)
    )


def build_track_record(newsletter_id: int) -> track_record.TrackRecord:
    """What the editors of a newsletter picked and its subscribers clicked, in its latest sent editions."""
    out = models.Edition.objects.filter(newsletter_id=newsletter_id, state__in=OUT_STATES).order_by("-date")
    editions = list(out.annotate(reaches_back=_select_reach()).prefetch_related("picks")[:EDITIONS_LEARNED_FROM])
    history: list[track_record.OfferedArticle] = []
    clicked = _relative_clicks([edition.pk for edition in editions])
    windows = {edition.pk: _find_window(edition) for edition in editions}
    offered = _list_offered(windows.values())
    for edition in editions:
        picks = {pick.article_id: pick for pick in edition.picks.all()}
        since, until = (bisect_right(offered, each, key=itemgetter(0)) for each in windows[edition.pk])
        others = (
            track_record.OfferedArticle(title, publisher, False)
            for _, id, title, publisher in reversed(offered[since:until])
            if id not in picks
        )
        history += islice(others, MOST_OFFERED)
        history += [
            track_record.OfferedArticle(pick.headline, pick.publisher, True, clicked.get(pick.pk))
            for pick in picks.values()
        ]
    return track_record.learn(history)


def _select_reach() -> Subquery:
    """For queries of editions: from when at the earliest what was offered is looked at, where there was plenty of it.

    By it what is read has a limit, and still the picks can be told from it.
    """
    before = Article.objects.filter(added_at__lte=OuterRef("created_at")).order_by("-added_at")
    return Subquery(before.values("added_at")[2 * MOST_OFFERED : 2 * MOST_OFFERED + 1])


def _find_window(edition: Any) -> tuple[datetime, datetime]:
    """Behind which time, and until when, articles came that an edition could have picked."""
    since = edition.created_at - OFFERED_WITHIN
    if edition.reaches_back is not None:
        since = max(since, edition.reaches_back - timedelta(microseconds=1))  # many come at one instant
    return since, edition.created_at


def _list_offered(windows: Iterable[tuple[datetime, datetime]]) -> Sequence[tuple[datetime, int, str, str]]:
    """The articles that came within any of these times, the latest last: when each came, its id, title, publisher."""
    ranges = [Q(added_at__gt=since, added_at__lte=until) for since, until in _merge(windows)]
    if not ranges:
        return ()
    rows = Article.objects.filter(reduce(or_, ranges)).order_by("added_at", "id")
    return tuple(rows.values_list("added_at", "id", "title", "publisher"))


def _merge(windows: Iterable[tuple[datetime, datetime]]) -> Sequence[tuple[datetime, datetime]]:
    """The same times, none of them twice: a daily newsletter's overlap."""
    merged: list[tuple[datetime, datetime]] = []
    for since, until in sorted(windows):
        if merged and since <= merged[-1][1]:
            since, until = merged[-1][0], max(until, merged.pop()[1])
        merged.append((since, until))
    return merged


def _relative_clicks(edition_ids: list[int]) -> dict[int, float]:
    """How often each story was clicked, relative to what a story in its position usually gets."""
    shares: dict[int, tuple[int, float]] = {}
    by_place: dict[int, list[float]] = defaultdict(list)
    of_edition: dict[int, list[models.Pick]] = defaultdict(list)
    rows = models.Pick.objects.filter(edition_id__in=edition_ids, clicks_as_of__isnull=False)
    for pick in rows.order_by("edition_id", "size", "section", "position", "id"):
        of_edition[pick.edition_id].append(pick)
    for picks in of_edition.values():
        mean = sum(pick.clicks for pick in picks) / len(picks)
        if mean <= 0:
            continue
        for place, pick in enumerate(picks):
            share = pick.clicks / mean
            shares[pick.pk] = (place, share)
            by_place[place].append(share)
    usual = {place: sum(values) / len(values) for place, values in by_place.items()}
    return {pk: share / usual[place] if usual[place] else 1.0 for pk, (place, share) in shares.items()}


def _to_rule(row: models.SuggestionRule) -> SuggestionRule:
    return SuggestionRule(
        id=row.pk,
        effect=RuleEffect(row.effect),
        source_id=row.source_id,
        source=str(row.source) if row.source else "",
        phrase=row.phrase,
        section=row.section,
        by=row.by,
        at=row.at,
    )
