"""Suggestion rules on the desk."""

from __future__ import annotations

from typing import Any

from django.test import Client

from newsletter.curator.editions import rules


def test_rules_are_added_and_removed(editor: Client, house: Any, articles: Any) -> None:
    page = "/newsletters/morning/rules/"
    assert b"No rule yet" in editor.get(page).content
    editor.post(page, {"do": "make", "effect": "mute", "phrase": "Royal gossip", "source": "", "section": ""})
    (rule,) = rules.list_rules(house.briefing.id)
    assert "“royal gossip”" in editor.get(page).content.decode()
    assert "a source or for a phrase" in editor.post(page, {"effect": "mute"}, follow=True).content.decode()
    editor.post(page, {"do": "remove", "rule": rule.id})
    assert rules.list_rules(house.briefing.id) == ()
