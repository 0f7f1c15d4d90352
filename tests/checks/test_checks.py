"""What is wrong with a draft, and that nothing blocking can be approved."""

from __future__ import annotations

from datetime import datetime
from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from newsletter.catalog import service as catalog
from newsletter.checks import service as checks
from newsletter.curator import models, reads, service
from newsletter.kernel.errors import Refused


def found(edition_id: int, now: datetime) -> dict[str, str]:
    """The gravest level by place: what blocks comes first, so it is written last."""
    return {finding.where: finding.level for finding in reversed(checks.check(edition_id, now=now))}


def picture() -> bytes:
    out = BytesIO()
    Image.new("RGB", (640, 400), "teal").save(out, "JPEG")
    return out.getvalue()


def test_a_good_draft_has_nothing_that_blocks(edition: Any, now: datetime) -> None:
    assert "block" not in found(edition.id, now).values()
    assert checks.approve(edition.id, by="editor", now=now).subject == "The railway reaches the mill"


def test_without_a_subject_it_cannot_be_approved(edition: Any, now: datetime) -> None:
    service.edit_edition(edition.id, now=now, subject="")
    assert found(edition.id, now)["subject"] == "block"
    with pytest.raises(Refused, match="subject: There is no subject"):
        checks.approve(edition.id, by="editor", now=now)
    assert reads.edition(edition.id).state == "open"


def test_a_picture_without_a_credit_blocks(edition: Any, now: datetime) -> None:
    stored = catalog.store_picture(picture(), source_url="", now=now)
    key = edition.picks[0].key
    models.Pick.objects.filter(key=key).update(picture_id=stored.id)
    assert found(edition.id, now)[f"story:{key}"] == "block"
    service.edit_pick(edition.id, key, now=now, image_credit="Ann Example", image_alt="A railway")
    assert f"story:{key}" not in found(edition.id, now)


def test_too_few_stories_block(edition: Any, now: datetime) -> None:
    catalog.change_newsletter(edition.newsletter_id, now=now, stories_least=5)
    assert found(edition.id, now)["stories"] == "block"


def test_an_unknown_merge_field_blocks_and_names_the_known_ones(edition: Any, now: datetime) -> None:
    service.edit_edition(edition.id, now=now, intro="Dear {{ surname }},")
    finding = next(f for f in checks.check(edition.id, now=now) if f.where == "intro")
    assert finding.level == "block"
    assert "{{ first_name }}" in finding.message


def test_what_blocks_comes_first(edition: Any, now: datetime) -> None:
    service.edit_edition(edition.id, now=now, subject="", preheader="")
    levels = [finding.level for finding in checks.check(edition.id, now=now)]
    assert levels == sorted(levels, key=lambda level: level != "block")
