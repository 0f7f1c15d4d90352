"""What is wrong with a draft, and that nothing blocking can be approved."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from newsletter.catalog import newsletter_settings, pictures
from newsletter.checks import preflight
from newsletter.checks.findings import FindingLevel
from newsletter.curator.editions import decisions, edition_lookup, editions, models, picks
from newsletter.kernel.errors import BadInput, Conflict, NotFound, Refused
from tests.actors import SYSTEM
from tests.interleaving import just_before


def found(edition_id: int, now: datetime) -> dict[str, str]:
    """The gravest level by place: what blocks comes first, so it is written last."""
    findings = preflight.inspect_edition(edition_id, now=now).findings
    return {finding.where: finding.level for finding in reversed(findings)}


def picture() -> bytes:
    out = BytesIO()
    Image.new("RGB", (640, 400), "teal").save(out, "JPEG")
    return out.getvalue()


def test_a_good_draft_has_nothing_that_blocks(edition: Any, now: datetime) -> None:
    assert "block" not in found(edition.id, now).values()
    assert (
        preflight.approve_edition(edition.id, by=SYSTEM, now=now, content_hash=None).subject
        == "The railway reaches the mill"
    )


def test_without_a_subject_it_cannot_be_approved(edition: Any, now: datetime) -> None:
    editions.edit_edition(edition.id, now=now, subject="", seen=None, by=SYSTEM)
    assert found(edition.id, now)["subject"] == "block"
    with pytest.raises(Refused, match="subject: There is no subject"):
        preflight.approve_edition(edition.id, by=SYSTEM, now=now, content_hash=None)
    assert edition_lookup.get_edition(edition.id).state == "open"


def test_a_picture_without_a_credit_blocks(edition: Any, now: datetime) -> None:
    stored = pictures.store_picture(picture(), source_url="", now=now)
    key = edition.picks[0].key
    models.Pick.objects.filter(key=key).update(picture_id=stored.id)
    assert found(edition.id, now)[f"story:{key}"] == "block"
    picks.edit_pick(edition.id, key, now=now, image_credit="Ann Example", image_alt="A railway", seen=None, by=SYSTEM)
    assert found(edition.id, now).get(f"story:{key}") != "block"


def test_too_few_stories_block(edition: Any, now: datetime) -> None:
    newsletter_settings.change_newsletter(edition.newsletter_id, now=now, stories_least=5, seen=None, by=SYSTEM)
    assert found(edition.id, now)["stories"] == "block"


def test_an_unknown_merge_field_blocks_and_names_the_known_ones(edition: Any, now: datetime) -> None:
    editions.edit_edition(edition.id, now=now, intro="Dear {{ surname }},", seen=None, by=SYSTEM)
    finding = next(f for f in preflight.inspect_edition(edition.id, now=now).findings if f.where == "intro")
    assert finding.level == FindingLevel.BLOCK
    assert "{{ first_name }}" in finding.message


def test_what_blocks_comes_first(edition: Any, now: datetime) -> None:
    editions.edit_edition(edition.id, now=now, subject="", preheader="", seen=None, by=SYSTEM)
    levels = [finding.level for finding in preflight.inspect_edition(edition.id, now=now).findings]
    assert levels == sorted(levels, key=lambda level: level != "block")


def codes(edition_id: int, now: datetime, level: str = "") -> set[str]:
    findings = preflight.inspect_edition(edition_id, now=now).findings
    return {each.code for each in findings if not level or each.level == level}


def test_a_finding_that_blocks_stands_with_a_reason_that_is_kept(edition: Any, now: datetime) -> None:
    editions.edit_edition(edition.id, now=now, intro="Good morning, TK writes this.", seen=None, by=SYSTEM)
    (finding,) = [each for each in preflight.inspect_edition(edition.id, now=now).findings if each.blocks]
    assert (finding.code, finding.where) == ("placeholder", "intro")
    with pytest.raises(Refused):
        preflight.approve_edition(edition.id, by=SYSTEM, now=now, content_hash=None)
    with pytest.raises(BadInput, match="Say why"):
        preflight.override(edition.id, "placeholder", "intro", reason=" ", by=SYSTEM, now=now, content_hash=None)
    with pytest.raises(NotFound):
        preflight.override(
            edition.id, "placeholder", "subject", reason="It is a name.", by=SYSTEM, now=now, content_hash=None
        )
    preflight.override(
        edition.id, "placeholder", "intro", reason="TK is a poet.", by=SYSTEM, now=now, content_hash=None
    )
    findings = preflight.inspect_edition(edition.id, now=now).findings
    (finding,) = [each for each in findings if each.code == "placeholder"]
    assert not finding.blocks
    assert finding.overridden == "TK is a poet. (tests, 24 Nov 2026, 06:00 UTC)"
    preflight.approve_edition(edition.id, by=SYSTEM, now=now, content_hash=None)


def test_what_no_reason_helps_stays(edition: Any, now: datetime) -> None:
    editions.edit_edition(edition.id, now=now, subject="", seen=None, by=SYSTEM)
    with pytest.raises(Refused, match="cannot be overridden"):
        preflight.override(edition.id, "no-subject", "subject", reason="Art.", by=SYSTEM, now=now, content_hash=None)


def test_yesterdays_subject_blocks(edition: Any, now: datetime) -> None:
    yesterday = editions.create_edition(edition.newsletter_id, edition.date - timedelta(days=1), now=now, by=SYSTEM)
    models.Edition.objects.filter(id=yesterday.id).update(subject=edition.subject.upper(), state="sent")
    assert "subject-repeated" in codes(edition.id, now, "block")


def test_the_same_story_twice_blocks(edition: Any, now: datetime) -> None:
    first, second = edition.picks[:2]
    picks.edit_pick(edition.id, second.key, now=now, url=f"{first.url}?utm_source=x", seen=None, by=SYSTEM)
    assert "same-address" in codes(edition.id, now, "block")
    picks.edit_pick(edition.id, second.key, now=now, url=second.url, headline=first.headline, seen=None, by=SYSTEM)
    assert "same-headline" in codes(edition.id, now, "block")


def test_a_story_without_a_source_or_a_blurb_deserves_a_look(edition: Any, now: datetime) -> None:
    key = edition.picks[0].key
    picks.edit_pick(edition.id, key, now=now, publisher="", blurb="", seen=None, by=SYSTEM)
    assert {"no-source", "no-blurb"} <= codes(edition.id, now)


def test_what_ran_elsewhere_since_it_was_picked_is_said(edition: Any, newsroom: Any, now: datetime) -> None:
    other = editions.create_edition(newsroom.other.id, edition.date, now=now, by=SYSTEM)
    picks.add_pick(other.id, edition.picks[0].article_id, reason="They want it, too.", now=now, by=SYSTEM)
    assert "already-ran" in codes(edition.id, now, "warn")


def test_an_edition_very_unlike_the_last_is_said(edition: Any, now: datetime) -> None:
    yesterday = editions.create_edition(edition.newsletter_id, edition.date - timedelta(days=1), now=now, by=SYSTEM)
    models.Edition.objects.filter(id=yesterday.id).update(state="sent")
    models.Pick.objects.filter(edition_id=edition.id, key=edition.picks[0].key).update(edition_id=yesterday.id)
    assert "drift-stories" in codes(edition.id, now) or len(edition.picks) - 1 <= 2


def test_the_edition_of_a_day_that_is_past_says_so(edition: Any, now: datetime) -> None:
    assert "past-date" not in codes(edition.id, now)
    assert "past-date" in codes(edition.id, now + timedelta(days=2))


def test_a_check_of_every_kind_has_a_code_and_a_remedy(edition: Any, now: datetime) -> None:
    editions.edit_edition(
        edition.id,
        now=now,
        subject="RE: LOREM IPSUM DOLOR SIT!!",
        preheader="Short",
        intro="[here](http://bit.ly/x)",
        seen=None,
        by=SYSTEM,
    )
    found = preflight.inspect_edition(edition.id, now=now).findings
    assert all(each.code and each.message.rstrip().endswith((".", "?", "”)")) for each in found), found


def test_what_is_approved_is_what_was_seen_and_checked(edition: Any, now: datetime) -> None:
    seen = preflight.inspect_edition(edition.id, now=now)
    assert seen.content_hash == decisions.get_content_hash(edition.id)
    editions.edit_edition(edition.id, now=now, preheader="Words nobody saw", seen=None, by=SYSTEM)
    with pytest.raises(Conflict, match="Preheader"):
        preflight.approve_edition(edition.id, content_hash=seen.content_hash, by=SYSTEM, now=now)
    assert edition_lookup.get_edition(edition.id).state == "open"
    seen = preflight.inspect_edition(edition.id, now=now)
    snapshot = preflight.approve_edition(edition.id, content_hash=seen.content_hash, by=SYSTEM, now=now)
    assert preflight.inspect_edition(edition.id, now=now).content_hash == seen.content_hash
    assert seen.content_hash.endswith(snapshot.sha256[:16])


def test_nothing_slips_in_between_check_and_freeze(edition: Any, now: datetime) -> None:
    def spoil() -> None:
        editions.edit_edition(edition.id, now=now, subject="", seen=None, by=SYSTEM)

    with just_before("UPDATE curator_edition", spoil), pytest.raises(Conflict):
        preflight.approve_edition(edition.id, content_hash=None, by=SYSTEM, now=now)
    assert edition_lookup.get_edition(edition.id).snapshot_id is None


def test_a_finding_is_overridden_only_of_the_edition_that_was_seen(edition: Any, now: datetime) -> None:
    editions.edit_edition(edition.id, now=now, intro="TK writes this.", seen=None, by=SYSTEM)
    seen = decisions.get_content_hash(edition.id)
    given = {"reason": "TK is a poet.", "by": SYSTEM, "now": now}

    def rewrite() -> None:
        editions.edit_edition(edition.id, now=now, intro="TK, write this!", seen=None, by=SYSTEM)

    with just_before("UPDATE curator_edition", rewrite), pytest.raises(Conflict, match="Intro"):
        preflight.override(edition.id, "placeholder", "intro", content_hash=seen, **given)
    with pytest.raises(Conflict, match="Intro"):
        preflight.override(edition.id, "placeholder", "intro", content_hash=seen, **given)
    assert edition_lookup.list_overrides(edition.id) == {}
    preflight.override(edition.id, "placeholder", "intro", content_hash=decisions.get_content_hash(edition.id), **given)
    assert len(edition_lookup.list_overrides(edition.id)) == 1


def test_a_setup_that_would_do_harm_blocks_approval_unless_somebody_overrides_it(
    edition: Any, settings: Any, now: datetime
) -> None:
    real = {"provider": "sendgrid", "sendgrid_host": "https://api.sendgrid.com", "base_url": "https://news.example.com"}
    settings.CONFIG = replace(settings.CONFIG, **real)
    with pytest.raises(Refused, match="SendGrid has no way to report"):
        preflight.approve_edition(edition.id, by=SYSTEM, now=now, content_hash=None)
    why = "The webhook comes tomorrow."
    preflight.override(edition.id, "setup-webhook-key", "setup", reason=why, content_hash=None, by=SYSTEM, now=now)
    finding = next(each for each in preflight.inspect_edition(edition.id, now=now).findings if each.where == "setup")
    assert finding.overridden.startswith(f"{why} (tests")
    preflight.approve_edition(edition.id, by=SYSTEM, now=now, content_hash=None)


def test_in_a_trial_the_setup_deserves_a_look(edition: Any, settings: Any, now: datetime) -> None:
    trial = {"provider": "sendgrid", "sendgrid_host": "http://127.0.0.1:9", "base_url": "http://127.0.0.1:8000"}
    settings.CONFIG = replace(settings.CONFIG, **trial)
    findings = preflight.inspect_edition(edition.id, now=now).findings
    codes = {each.code: each.level for each in findings if each.where == "setup"}
    assert codes == {"setup-base-url": "warn", "setup-webhook-key": "warn"}
    preflight.approve_edition(edition.id, by=SYSTEM, now=now, content_hash=None)
