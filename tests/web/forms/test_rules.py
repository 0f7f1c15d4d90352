"""The forms of suggestion rules."""

from __future__ import annotations

from typing import Any

from django.http import QueryDict

from newsletter.web.forms.rules import RemoveRuleForm, RuleForm


def send(newsroom: Any, query: str) -> RuleForm:
    return RuleForm(newsroom.briefing, QueryDict(query))


def test_a_rule_names_the_rules_that_were_seen(newsroom: Any) -> None:
    form = send(newsroom, "effect=mute&phrase=Royal+gossip&seen_rules=abc+def")
    assert form.is_valid()
    assert form.cleaned_data == {
        "effect": "mute",
        "phrase": "Royal gossip",
        "source": None,
        "section": "",
        "seen_rules": ["abc", "def"],
    }
    assert send(newsroom, "effect=mute&phrase=x&seen_rules=").is_valid(), "there were none"
    old = send(newsroom, "effect=mute&phrase=x")
    assert not old.is_valid()
    assert "too old" in old.non_field_errors()[0]


def test_what_there_is_not_cannot_be_chosen(newsroom: Any) -> None:
    form = send(newsroom, "effect=ban&phrase=x&source=7&section=nowhere&seen_rules=")
    assert not form.is_valid()
    assert set(form.errors) == {"effect", "source", "section"}


def test_the_rule_to_remove_is_named_as_it_was_seen() -> None:
    form = RemoveRuleForm(QueryDict("rule_id="))
    assert not form.is_valid()
    assert len(form.non_field_errors()) == 2
