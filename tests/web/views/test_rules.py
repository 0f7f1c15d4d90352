"""Suggestion rules on the desk."""

from __future__ import annotations

from typing import Any

import lxml.html
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from newsletter.curator.editions import rules
from newsletter.kernel import clock
from tests.actors import SYSTEM
from tests.copies import copy_sent


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


def test_the_rules_ask_no_more_often_for_more_editions_articles_and_rules(
    editor: Client, newsroom: Any, sent: Any, edition: Any, articles: Any
) -> None:
    editor.get("/newsletters/morning/rules/")  # what is looked up once in a process
    queries = []
    for more in (1, 4):
        copy_sent(edition.id, more)
        for number in range(more):
            phrase = f"gossip {more} {number}"
            rules.set_rule(newsroom.briefing.id, "mute", phrase=phrase, seen=None, by=SYSTEM, now=clock.now())
        with CaptureQueriesContext(connection) as asked:
            page = editor.get("/newsletters/morning/rules/").content.decode()
        queries.append((page.count("“gossip"), len(asked)))
    assert [shown for shown, _ in queries] == [1, 5]
    assert queries[0][1] == queries[1][1] <= 30


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
