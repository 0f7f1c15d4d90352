"""What is wrong with this draft: checks its wording, stories, rendering, links and audience."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from django.utils import translation
from django.utils.dates import MONTHS, WEEKDAYS

from newsletter.catalog import newsletters, sponsors
from newsletter.catalog.values import Newsletter, Sponsor
from newsletter.checks import client_support, mail, stories, wording
from newsletter.checks.findings import GRAVEST_FIRST, Finding, FindingLevel
from newsletter.curator.editions import (
    approval,
    decisions,
    edition_lookup,
    link_checks,
    page_checks,
    pool,
    unsaved_texts,
    variants,
    visibility,
)
from newsletter.curator.editions.content_hash import compute_mail_hash
from newsletter.curator.editions.edition_changes import BOX
from newsletter.curator.editions.pool import Run
from newsletter.curator.editions.states import EditionState, LinkCheckState
from newsletter.curator.editions.unsaved_texts import UnsavedText
from newsletter.curator.editions.values import EarlierEdition, Edition, PageCheck, Snapshot
from newsletter.curator.editions.variants import Variant
from newsletter.delivery import setup_problems
from newsletter.delivery.reports import summary
from newsletter.kernel import clock
from newsletter.kernel.actors import Actor, Verb, require_right
from newsletter.kernel.errors import BadInput, NotFound, Refused
from newsletter.kernel.sentences import phrase
from newsletter.templater.briefing import Rendered
from subscribers import lists
from subscribers.states import SubscriptionState

_TEXTS = {"preheader": phrase("The preheader"), "intro": phrase("The intro")}
EARLIER_EDITIONS = 7  # editions, whose subjects may have been left in
AUDIENCE_SHRINK_RATIO = 0.8  # of the last edition's


@dataclass(frozen=True, slots=True)
class CheckedEdition:
    """An edition as it was read, with its mail in all variants, what is wrong with it, and the hash of all that."""

    edition: Edition
    newsletter: Newsletter
    mails: Mapping[Variant, Rendered]
    findings: tuple[Finding, ...]
    content_hash: str
    subscribers: int  # active ones, of its list

    @property
    def blocked(self) -> bool:
        """Whether something stops its approval."""
        return any(each.blocks for each in self.findings)


def inspect_edition(edition_id: int, *, now: datetime) -> CheckedEdition:
    """Reads an edition once, and says what somebody who decides about it must know: its findings, the gravest first,
    those that were overridden marked. Raises NotFound.
    """
    edition = edition_lookup.get_edition(edition_id)
    newsletter = newsletters.get_newsletter(edition.newsletter_id)
    sponsor = sponsors.find_sponsor(newsletter.id, edition.date)
    mails = approval.preview_variants(edition, newsletter, sponsor)
    content_hash = decisions.find_content_hash(edition, mail_sha256=compute_mail_hash(mails))
    active = _count_active(newsletter)
    checks, unsaved = page_checks.list_page_checks(edition_id), unsaved_texts.list_unsaved_texts(edition)
    runs = pool.list_runs(edition.date)
    found = _find(edition, newsletter, sponsor, mails, checks, unsaved, runs, active, now)
    return CheckedEdition(edition, newsletter, mails, found, content_hash, active)


def find_findings(
    edition: Edition,
    newsletter: Newsletter,
    checks: Mapping[str, PageCheck],
    unsaved: Sequence[UnsavedText],
    runs: Sequence[Run],
    *,
    now: datetime,
) -> tuple[Finding, ...]:
    """Every finding about an edition that was read, with its newsletter, checks of its pages, unsaved texts, and what
    runs in the editions around it.
    """
    sponsor = sponsors.find_sponsor(newsletter.id, edition.date)
    mails = approval.preview_variants(edition, newsletter, sponsor)
    return _find(edition, newsletter, sponsor, mails, checks, unsaved, runs, _count_active(newsletter), now)


def approve_edition(edition_id: int, *, content_hash: str | None, by: Actor, now: datetime) -> Snapshot | None:
    """Approves the edition with this content hash unless something blocks it; None for the first of two approvals.

    Raises Refused, naming every blocker, and Conflict with the differences when it is not as the approver saw it;
    both change nothing.
    """

    def check(edition: Edition, mails: Mapping[Variant, Rendered]) -> None:
        newsletter = newsletters.get_newsletter(edition.newsletter_id)
        checks = page_checks.list_page_checks(edition_id)
        sponsor = sponsors.find_sponsor(newsletter.id, edition.date)
        unsaved = unsaved_texts.list_unsaved_texts(edition)
        runs = pool.list_runs(edition.date)
        found = _find(edition, newsletter, sponsor, mails, checks, unsaved, runs, _count_active(newsletter), now)
        blocking = [finding for finding in found if finding.blocks]
        if blocking:
            reasons = "\n".join(f"  {finding.where}: {finding.message}" for finding in blocking)
            raise Refused(
                phrase("Edition {number} cannot be approved yet:\n{reasons}", number=str(edition_id), reasons=reasons)
            )

    return approval.approve(edition_id, content_hash=content_hash, check=check, by=by, now=now)


def override(
    edition_id: int, code: str, where: str, *, reason: str, content_hash: str | None, by: Actor, now: datetime
) -> Finding:
    """Lets an edition be approved although a finding blocks it; the reason is kept with who gave it.

    Raises BadInput without a reason, NotFound when there is no such finding, Refused for one that no reason helps, and
    Conflict when the edition is not as it was seen.
    """
    require_right(by, Verb.APPROVE, newsletter_id=edition_lookup.get_edition(edition_id).newsletter_id)
    checked = inspect_edition(edition_id, now=now)
    decisions.check_content_hash(checked.edition, content_hash, mail_sha256=compute_mail_hash(checked.mails))
    finding = next((each for each in checked.findings if (each.code, each.where) == (code, where)), None)
    if finding is None:
        raise NotFound(phrase("There is no such finding any more. Reload the edition."))
    if not finding.may_be_overridden:
        raise Refused(phrase("This cannot be overridden: {message}", message=finding.message))
    if not reason.strip():
        raise BadInput(phrase("Say why it may go out anyway."), "reason")
    explained = approval.record_override(checked.edition, code, where, reason=reason, by=by, now=now)
    return replace(finding, overridden=explained)


def _count_active(newsletter: Newsletter) -> int:
    return lists.count_subscribers_by_state(newsletter.list_id).get(SubscriptionState.ACTIVE, 0)


def _find(
    edition: Edition,
    newsletter: Newsletter,
    sponsor: Sponsor | None,
    mails: Mapping[Variant, Rendered],
    checks: Mapping[str, PageCheck],
    unsaved: Sequence[UnsavedText],
    runs: Sequence[Run],
    active: int,
    now: datetime,
) -> tuple[Finding, ...]:
    earlier = edition_lookup.list_earlier(edition, limit=EARLIER_EDITIONS)
    mails = {variant: rendered for variant, rendered in mails.items() if not variant.web}
    rendered = mails[variants.PLAIN]
    groups = variants.list_groups(edition)
    segments = visibility.get_segment_names() if any(each.startswith(variants.SEGMENT) for each in groups) else {}
    found = [
        *_check_wording(edition, newsletter, {each.date: each.subject for each in earlier}, now),
        *_check_stories(edition, newsletter, runs),
        *_check_unsaved_texts(unsaved),
        *(
            Finding(FindingLevel.WARN, f"story:{key}", message, f"page-{state}")
            for key, state, message in page_checks.list_page_findings(edition, checks)
        ),
        *(
            Finding(
                FindingLevel.BLOCK if state == LinkCheckState.GONE else FindingLevel.WARN,
                where,
                message,
                f"link-{state}",
            )
            for where, state, message in link_checks.list_link_findings(edition, sponsor)
        ),
        *_check_renderings(mails, segments, newsletter.postal_address),
        *client_support.check_client_support(rendered),
        *_check_segments(groups, segments),
        *_check_drift(edition, rendered, earlier, active),
        *_check_audience(active),
        *_check_setup(now),
    ]
    overridden = edition_lookup.list_overrides(edition.id) if any(each.may_be_overridden for each in found) else {}
    marked = (
        replace(each, overridden=overridden.get((each.code, each.where), "")) if each.may_be_overridden else each
        for each in found
    )
    return tuple(sorted(marked, key=lambda each: (not each.blocks, GRAVEST_FIRST.index(each.level))))


def _check_wording(
    edition: Edition, newsletter: Newsletter, earlier: Mapping[date, str], now: datetime
) -> Iterator[Finding]:
    with translation.override(newsletter.language):
        weekdays = [str(WEEKDAYS[number]) for number in range(7)]
        months = [str(MONTHS[number]) for number in range(1, 13)]
    yield from wording.check_subject(
        edition.subject, day=edition.date, weekdays=weekdays, months=months, earlier=earlier
    )
    yield from wording.check_preheader(edition.preheader, edition.subject)
    if edition.second_subject:
        yield from wording.check_second_subject(
            edition.second_subject, edition.subject, day=edition.date, weekdays=weekdays, months=months, earlier=earlier
        )
    for where in ("subject", "second_subject", "preheader", "intro"):
        yield from wording.check_placeholders(getattr(edition, where), where)
        yield from wording.check_fields_closed(getattr(edition, where), where)
    for box in edition.boxes:
        yield from wording.check_placeholders(f"{box.title}\n{box.text}", "boxes")
        yield from wording.check_fields_closed(f"{box.title}\n{box.text}", "boxes")
        yield from wording.check_markdown_links(box.text, "boxes")
    yield from wording.check_markdown_links(edition.intro, "intro")
    for where, text in (("preheader", edition.preheader), ("intro", edition.intro)):
        yield from wording.check_dates(text, where, _TEXTS[where], day=edition.date, weekdays=weekdays, months=months)
    today = now.astimezone(clock.get_zone(newsletter.zone)).date()
    if edition.date < today and not edition.is_out and edition.state != EditionState.SKIPPED:
        yield Finding(
            FindingLevel.WARN,
            "date",
            phrase("This is the edition of {day}, which is past.", day=edition.date),
            "past-date",
        )


def _check_unsaved_texts(unsaved: Sequence[UnsavedText]) -> Iterator[Finding]:
    """Texts that a field did not take, and nobody has decided about: an approval would be refused."""
    for each in unsaved:
        if not each.blocks:
            continue
        where = "boxes" if each.part.startswith(BOX) else each.part or each.field
        if each.refusal:
            message = phrase(
                "{field}: a text of {who} was not saved. Correct or discard it on the board.",
                field=each.label,
                who=each.who,
            )
            yield Finding(FindingLevel.BLOCK, where, message, "unsaved-text")
            continue
        message = phrase(
            "{field}: {who} wrote another text. Choose one on the board.",
            field=each.label,
            who=each.who,
        )
        yield Finding(FindingLevel.BLOCK, where, message, "two-texts")


def _check_stories(edition: Edition, newsletter: Newsletter, runs: Sequence[Run]) -> Iterator[Finding]:
    fewest = min(len(variants.select_visible(edition, each).picks) for each in variants.list_variants(edition))
    yield from stories.check_count(fewest, newsletter.stories_least, newsletter.stories_wanted, newsletter.name)
    ran, same_event = pool.find_runs_and_stories_of_picks(edition, runs)
    for story in edition.picks:
        yield from stories.check_story(story, ran=ran.get(story.article_id, ""))
    yield from stories.check_duplicates(sorted(edition.picks, key=lambda each: each.number), same_event)
    yield from stories.check_picture_weight([each.picture_bytes for each in edition.picks if each.picture_id])


def _check_renderings(
    mails: Mapping[Variant, Rendered], segments: Mapping[str, str], postal_address: str
) -> Iterator[Finding]:
    """What is wrong with the mail, and with the variants that some subscribers get instead."""
    plain = list(mail.check_rendering(mails[variants.PLAIN], postal_address=postal_address))
    yield from plain
    for variant, rendered in mails.items():
        for finding in mail.check_rendering(rendered, postal_address=postal_address):
            if finding not in plain:
                yield replace(
                    finding,
                    message=phrase(
                        "For {whom}: {finding}",
                        whom=variants.describe_variant(variant, segments),
                        finding=finding.message,
                    ),
                )


def _check_segments(groups: Sequence[str], segments: Mapping[str, str]) -> Iterator[Finding]:
    """Segments that an edition names and that are there no more."""
    known = visibility.list_visibilities(segments)
    for group in (each for each in groups if each not in known):
        yield Finding(
            FindingLevel.BLOCK,
            "readers",
            phrase(
                "There is no segment {segment} any more. Choose another for its stories.",
                segment=group.removeprefix(variants.SEGMENT),
            ),
            "no-segment",
        )


def _check_drift(
    edition: Edition, rendered: Rendered, earlier: Sequence[EarlierEdition], readers: int
) -> Iterator[Finding]:
    """What is very unlike the edition before: its stories, its bytes, its audience."""
    if not earlier:
        return
    last = earlier[0]
    yield from mail.check_drift(len(edition.picks), last.stories, "stories")
    if rendered.html:
        yield from mail.check_drift(len(rendered.html.encode()), last.bytes, "bytes")
    sent = summary.find_outline_of_edition(last.id)
    if sent and sent.planned and 0 < readers < AUDIENCE_SHRINK_RATIO * sent.planned:
        yield Finding(
            FindingLevel.WARN,
            "readers",
            phrase(
                "{count} subscribers, but the last edition went to {before}. Is that intended?",
                count=readers,
                before=sent.planned,
            ),
            "drift-readers",
        )


def _check_audience(active: int) -> Iterator[Finding]:
    if not active:
        yield Finding(
            FindingLevel.WARN, "readers", phrase("Nobody on the list is active, so nobody would get it."), "no-readers"
        )


def _check_setup(now: datetime) -> Iterator[Finding]:
    """What is wrong with the installation so that a mail would do harm."""
    for problem in setup_problems.list_setup_problems(now):
        level = FindingLevel.BLOCK if problem.grave else FindingLevel.WARN
        yield Finding(
            level,
            "setup",
            phrase("{message} {remedy}", message=problem.message, remedy=problem.remedy),
            f"setup-{problem.code}",
        )
