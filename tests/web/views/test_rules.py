"""Suggestion rules on the desk."""

from __future__ import annotations

from typing import Any

import lxml.html
from django.test import Client

from newsletter.curator.editions import rules
from tests.actors import SYSTEM


def test_rules_are_added_and_removed(editor: Client, newsroom: Any, articles: Any) -> None:
    page = "/newsletters/morning/rules/"
    assert b"No rules yet" in editor.get(page).content
    editor.post(
        page, {"do": "add", "effect": "mute", "phrase": "Royal gossip", "source": "", "section": "", "seen_rules": ""}
    )
    (rule,) = rules.list_rules(newsroom.briefing.id)
    assert "“royal gossip”" in editor.get(page).content.decode()
    answer = editor.post(page, {"effect": "must", "seen_rules": ""})
    assert answer.status_code == 422
    shown = lxml.html.fromstring(answer.content.decode())
    assert "a source or for a phrase" in shown.get_element_by_id("phrase_error").text_content()
    assert shown.get_element_by_id("effect").value == "must", "what was chosen is kept"
    editor.post(page, {"do": "remove", "rule_id": rule.id, "content_hash": rule.content_hash})
    assert rules.list_rules(newsroom.briefing.id) == ()


def test_a_rule_that_a_colleague_made_is_not_replaced_or_removed_unseen(
    editor: Client, newsroom: Any, now: Any
) -> None:
    page = "/newsletters/morning/rules/"
    theirs = rules.set_rule(newsroom.briefing.id, "boost", phrase="gossip", seen=None, by=SYSTEM, now=now)
    answer = editor.post(page, {"do": "add", "effect": "mute", "phrase": "Gossip", "seen_rules": ""})
    assert answer.status_code == 409
    assert "changed the rule for “gossip”" in answer.content.decode()
    rules.set_rule(newsroom.briefing.id, "must", phrase="gossip", seen=None, by=SYSTEM, now=now)
    answer = editor.post(page, {"do": "remove", "rule_id": theirs.id, "content_hash": theirs.content_hash})
    assert answer.status_code == 409
    assert [rule.effect for rule in rules.list_rules(newsroom.briefing.id)] == ["must"]
    shown = {"seen_rules": rules.list_rules(newsroom.briefing.id)[0].content_hash}
    assert editor.post(page, {"do": "add", "effect": "mute", "phrase": "Gossip"} | shown).status_code == 302
    assert [rule.effect for rule in rules.list_rules(newsroom.briefing.id)] == ["mute"]
