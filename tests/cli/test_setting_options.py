"""An option for every setting of a newsletter, made from its declaration."""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import Any

import pytest

from newsletter.catalog.settings_fields import SETTINGS
from subscribers import lists
from subscribers.segments import service
from tests.actors import SYSTEM
from tests.cli.conftest import Newsletter


def test_every_setting_can_be_changed_by_an_option(newsletter: Newsletter, newsroom: Any, now: datetime) -> None:
    lists.create_list("noon", "Noon", by=SYSTEM, now=now)
    service.create_segment("payers", "Payers", {"about": "tier", "op": "is", "value": "paid"}, by=SYSTEM, now=now)
    values: dict[str, str | bool] = {
        "name": "Dawn",
        "strap": "Early",
        "description": "All of it",
        "state": "paused",
        "template": "letter",
        "publication": "The Post",
        "publication_url": "https://post.example",
        "privacy_url": "https://post.example/privacy",
        "imprint_url": "https://post.example/imprint",
        "from_name": "Ann",
        "from_email": "dawn@example.com",
        "reply_to": "answers@example.com",
        "unsubscribe_email": "leave@example.com",
        "postal_address": "2 High Street",
        "signed": "Ann",
        "language": "de",
        "zone": "Europe/Paris",
        "stories_wanted": "9",
        "stories_least": "3",
        "late_after_minutes": "45",
        "when_late": "skip",
        "approvals": "two",
        "cut_off_minutes": "40",
        "remind_minutes": "45",
        "recall_minutes": "60",
        "segment": "payers",
        "link_parameters": "a=b",
        "per_minute": "600",
        "warm_up_from": "2026-12-01",
        "warm_up_first": "100",
        "repair_after_minutes": "90",
        "bounce_limit": "12",
        "tracking": "on",
        "click_tracking": True,
        "open_tracking": True,
        "theme": '{"light": {"accent": "#0b4f6c"}}',
        "list_id": "noon",
    }
    assert values.keys() == SETTINGS.keys()
    words = [word for name, value in values.items() for word in _give(SETTINGS[name].option, value)]
    status, out, err = newsletter("newsletters", "change", "morning", *words, "--json")
    assert status == 0, err
    changed = json.loads(out)
    assert changed["list_id"] == lists.get_list_by_slug("noon").id
    assert changed["theme"] == {"light": {"accent": "#0b4f6c"}}
    others = values.keys() - {"list_id", "theme"}
    assert {name: str(changed[name]) for name in others} == {name: str(values[name]) for name in others}
    assert json.loads(newsletter("newsletters", "change", "morning", "--no-open-tracking", "--json")[1])[
        "click_tracking"
    ]


def _give(option: str, value: str | bool) -> list[str]:
    return [option] if value is True else [option, str(value)]


@pytest.mark.parametrize("verb", ["create", "change"])
def test_the_help_of_a_setting_says_what_it_is_its_limits_and_its_default(
    newsletter: Newsletter, monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    shown = " ".join(re.sub("[│╭╮╰╯─]", " ", newsletter("newsletters", verb, "--help")[1]).split())
    for setting in SETTINGS.values():
        assert setting.option in shown
        assert f"{setting.label}: {setting.help[:10].replace('`', '')}" in shown
    assert "20 to 1440, or 0; default: 0: off." in shown
    assert "[1<=x<=60]" in shown
    assert "so that it can be recalled: docs/recall.md" in shown
