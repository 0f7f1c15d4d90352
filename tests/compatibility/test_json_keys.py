"""What programs read: the keys of every command's --json and of the interface for programs; the words of the audit log.

Keys may be added, never taken away; what a newsroom's script reads by name is still there.
"""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.compatibility.conftest import House, listed

STORY = "The ferry rings its bell again\n\n" + "The ferry came up the river on Monday, said the clerk. " * 5
BATCH = "UPDATE delivery_batch SET state = '{}', outcomes = X'{}' WHERE id = 4"
UNKNOWN, REFUSED = BATCH.format("unknown", "0a00" * 12), BATCH.format("refused", "1400" * 12)
SENDING = "UPDATE delivery_mailing SET state = 'sending' WHERE id = 3"
NOW = "strftime('%Y-%m-%d %H:%M:%S', 'now')"
PLAIN = "UPDATE curator_article SET image_url = ''"  # no picture is fetched in a test
FRESH = (
    f"{PLAIN}; DELETE FROM curator_look; DELETE FROM curator_pick WHERE article_id = 6; "
    f"UPDATE curator_article SET standing = 'new', added_at = {NOW}, published_at = {NOW}, story_id = NULL, "
    "title = 'Copper kettle sold', title_key = 'copper kettle sold', text = 'Two brothers wanted it.' WHERE id = 6"
)
NOT_CORRECTED = "; ".join(
    [
        *(
            f"DELETE FROM delivery_{table} WHERE mailing_id = 2"
            for table in ("directory", "exclusion", "incident", "batch")
        ),
        "DELETE FROM delivery_mailing WHERE id = 2",
        "DELETE FROM curator_snapshot WHERE id = 2",
    ]
)
LATER = "UPDATE scheduler_occurrence SET instant = strftime('%Y-%m-%d %H:%M:%S', 'now', '+' || id || ' days')"
RECENT = (
    f"UPDATE subscribers_list SET engagement_as_of = {NOW}; "
    f"UPDATE subscribers_consent SET at = {NOW} WHERE id = (SELECT max(id) FROM subscribers_consent)"
)
ADVERT = "--label Sponsored --headline Tea --url https://tea.example.com --from 2027-01-01"
PAYING = '{{"about":"tier","op":"is","value":"paid"}}'
# Commands, each with what is written to the database before, and its standard input. {folder} is one of files.
COMMANDS: list[tuple[str, str, str]] = [
    ("heartbeat --once", PLAIN, ""),
    ("doctor", "", ""),
    ("newsletters create noon --name Noon --from noon@example.com --list morning --address High-Street", "", ""),
    ("newsletters list", "", ""),
    ("newsletters show morning", "", ""),
    ("newsletters change morning zone=Europe/Paris", "", ""),
    ("newsletters sections morning top:Top:3 more:More:3", "", ""),
    ("newsletters sponsor morning", "", ""),
    (f"newsletters sponsor morning {ADVERT}", "", ""),
    ("newsletters sponsor morning --remove 1", "", ""),
    ("feeds add https://new.example.org/feed.xml", "", ""),
    ("feeds import {folder}/feeds.opml", "", ""),
    ("feeds list", "", ""),
    ("feeds fetch 1", "UPDATE curator_source SET url = 'file://{folder}/feed.xml' WHERE id = 1", ""),
    ("articles add - --url https://echo.example.com/ferry", "", STORY),
    ("articles mark 2 shortlisted", "", ""),
    ("articles tag 2 ferry", "", ""),
    ("articles hold 2 --from 2026-12-01", "", ""),
    ("articles list", "", ""),
    ("articles show 1", "", ""),
    ("editions create morning --date 2026-12-09 --suggest", PLAIN, ""),
    ("editions list", "", ""),
    ("editions show 1", "", ""),
    ("editions show 6", "", ""),
    ("editions suggest 6", FRESH, ""),
    ("editions suggest 6 --dry-run", FRESH, ""),
    ("editions pick 6 4 --reason again", PLAIN, ""),
    ("editions drop 6 ubn7dnfx", "", ""),
    ("editions move 6 ubn7dnfx --position 2", "", ""),
    ("editions edit 6 --subject New", "", ""),
    ("editions edit 6 ubn7dnfx --headline New", "", ""),
    ("editions box 6 Hello", "", ""),
    ("editions drop-box 6 2", "", ""),
    ("editions check 6", "", ""),
    ("editions preview 6 --out {folder}/preview", "", ""),
    ("editions approve 7", "UPDATE curator_linklook SET state = 'fine'", ""),
    ("editions correct 1", "", ""),
    ("editions correct 1 Wrong", "", ""),
    ("editions correct 1 --mail --yes", NOT_CORRECTED, ""),
    ("editions send 5", "UPDATE curator_edition SET date = date('now'), number = 9 WHERE id = 5", ""),
    ("editions send 6 --test-to desk@example.com", "", ""),
    ("rules list morning", "", ""),
    ("rules set morning boost --phrase ferry", "", ""),
    ("rules taste morning", "", ""),
    ("schedules create morning --time 18:00", "", ""),
    ("schedules list", "", ""),
    ("schedules next", LATER, ""),
    ("mailings list", "", ""),
    ("mailings show 1", "", ""),
    ("mailings show 3", "", ""),
    ("mailings who 1", "", ""),
    ("mailings who 1 --state suppressed", "", ""),
    ("mailings report 1", "", ""),
    ("mailings pause 3 --yes", SENDING, ""),
    ("mailings resume 3 --yes", f"UPDATE delivery_mailing SET due_at = {NOW} WHERE id = 3", ""),  # in time
    ("mailings cancel 3 --yes", "", ""),
    ("mailings repair 2 --yes", REFUSED, ""),
    ("mailings resolve 2 --accepted --yes", UNKNOWN, ""),
    ("mailings resolve 2 --resend --yes", UNKNOWN, ""),
    ("lists create noon --name Noon", "", ""),
    ("lists change morning --name Noon", "", ""),
    ("lists list", "", ""),
    ("lists show morning", "", ""),
    ("lists growth morning", RECENT, ""),
    ("lists silent morning", RECENT, ""),
    (f"segments create paying --name Paying --definition {PAYING}", "", ""),
    (f"segments change vip --definition {PAYING}", "", ""),
    ("segments list", "", ""),
    ("segments count vip --list morning", "", ""),
    ("segments attributes", "", ""),
    ("segments attribute Town", "", ""),
    ("suppressions list", "", ""),
    ("suppressions import {folder}/suppressions.csv", "", ""),
    ("suppressions domains", "", ""),
    ("subscribers add new@example.com --list morning", "", ""),
    ("subscribers import {folder}/people.csv --list morning", "", ""),
    ("subscribers import {folder}/people.csv --list morning --dry-run", "", ""),
    ("subscribers restore {folder}/export.jsonl", "", ""),
    ("subscribers set bea@example.com --tier paid --tag new --attribute company=Other", "", ""),
    ("subscribers tries --days 30", f"UPDATE subscribers_attempt SET at = {NOW}", ""),
    ("subscribers find example", "", ""),
    ("subscribers show ada@example.com", "", ""),
    ("subscribers show otto.new@example.com", "", ""),
    ("subscribers imports list", "", ""),
    ("subscribers imports show 1", "", ""),
    ("subscribers imports resume 3", "UPDATE subscribers_import SET state = 'stopped' WHERE id = 3", ""),
    ("subscribers imports undo 1 --yes", "", ""),
    ("users add new@example.com --password-file {folder}/password", "", ""),
    ("users list", "", ""),
    ("users role viewer@example.com author --newsletter morning", "", ""),
    ("users tokens", "", ""),
    ("users token admin@example.com --name other", "", ""),
]
# What a recall and SendGrid's own lists look like cannot be seen with the outbox.
NOT_WITH_THE_OUTBOX = {"mailings recall", "mailings pull"}
TO_COME = "2027-01-02"  # stands for a date that is still to come
# Without --json, for what they write into the audit log.
QUIET = [
    "feeds remove 2 --yes",
    "articles note 1 Note",
    "rules remove morning 1 --yes",
    "editions override 6 link-gone intro --reason Later",
    "editions withdraw 5",
    "editions skip 6 --reason Holiday --yes",
    f"schedules skip 1 {TO_COME} --reason Holiday",
    "schedules unskip 1 2026-11-30",
    "schedules pause 1 --yes",
    "segments drop vip --yes",
    "suppressions add x@example.com --yes",
    "suppressions lift kim@example.com --yes",
    "suppressions domain bad.example.net deny",
    "suppressions export --out {folder}/s.csv",
    "subscribers export --list morning --out {folder}/r.csv",
    "subscribers erase ada@example.com --yes",
    "subscribers move ada@example.com ada2@example.com",
    "subscribers unsubscribe ada@example.com --list morning --yes",
    "subscribers suppress ada@example.com --yes",
    "users password viewer@example.com --password-file {folder}/password",
    "users revoke 1 --yes",
]
QUIET_BEFORE = {"schedules unskip 1 2026-11-30": LATER}  # what is past stays skipped


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Files that commands are given."""
    item = "<item><title>The ferry rings again</title><link>https://paper.example.org/f</link><guid>f</guid></item>"
    outline = '<outline type="rss" text="A" xmlUrl="https://a.example.org/f.xml"/>'
    files = {
        "feed.xml": f'<rss version="2.0"><channel><title>The Paper</title>{item}</channel></rss>',
        "feeds.opml": f'<opml version="2.0"><body>{outline}</body></opml>',
        "suppressions.csv": "address\nx@example.com\nnot an address\n",
        "people.csv": "email,first_name\nnew@example.com,New\nbad,Bad\ninfo@example.com,\n",
        "export.jsonl": "",
        "password": "a long enough password\n",
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def shape(value: Any) -> Any:
    """The keys of a document, nested; those of all members of a list together."""
    if isinstance(value, dict):
        return {key: shape(each) for key, each in value.items()}
    if isinstance(value, list):
        merged: Any = None
        for each in map(shape, value):
            merged = _together(merged, each)
        return [merged] if merged else []
    return None


def _together(one: Any, other: Any) -> Any:
    if isinstance(one, dict) and isinstance(other, dict):
        return {key: _together(one.get(key), other.get(key)) for key in one | other}
    if isinstance(one, list) and isinstance(other, list):
        return [_together(*pair)] if (pair := [*one, *other])[1:] else [*one, *other]
    return one or other


def lost(then: Any, now: Any, place: str = "") -> list[str]:
    """The keys that were there and are not."""
    if isinstance(then, dict):
        if not isinstance(now, dict):
            return [place]
        return [
            each
            for key in then
            for each in (lost(then[key], now[key], f"{place}.{key}") if key in now else [f"{place}.{key}"])
        ]
    if isinstance(then, list) and then:
        return lost(then[0], now[0], f"{place}[]") if isinstance(now, list) and now else [f"{place}[]"]
    return []


def run(house: House, folder: Path, words: str, before: str, stdin: str, *more: str) -> dict[str, Any]:
    """A command's exit code, output, and what it wrote into the audit log; then it is undone."""
    house.begin()
    try:
        for statement in filter(None, before.split("; ")):
            house.do("write", sql=statement.replace("{folder}", str(folder)))
        last = house.value("SELECT max(id) FROM accounts_auditentry")
        done = house.run(*words.format(folder=folder).split(), *more, stdin=stdin)
        return done | {"audit": house.values(f"SELECT verb FROM accounts_auditentry WHERE id > {last} ORDER BY id")}
    finally:
        house.undo()


def fill(house: House, folder: Path) -> None:
    """An export to restore."""
    house.run("subscribers", "export", "--out", str(folder / "export.jsonl"))


def test_every_json_of_0_1_0_has_the_keys_it_had(open_sqlite: House, folder: Path) -> None:
    fill(open_sqlite, folder)
    troubles = []
    for words, before, stdin in COMMANDS:
        then, done = listed("json_keys")["commands"][words], run(open_sqlite, folder, words, before, stdin, "--json")
        if done["code"] not in (0, 1, 4) or not done["out"]:
            troubles.append(f"{words}: {done['err']}")
            continue
        troubles += [f"{words}: {each}" for each in lost(then["keys"], shape(json.loads(done["out"])))]
        troubles += [f"{words}: audit says {done['audit']}"] * (not set(then["audit"]) <= set(done["audit"]))
    assert troubles == [], "\n".join(troubles)


def test_commands_without_json_write_what_they_wrote_into_the_audit_log(open_sqlite: House, folder: Path) -> None:
    then = listed("json_keys")["audit"]
    to_come = f"{date.today() + timedelta(days=2)}"
    found = {
        words: run(open_sqlite, folder, words.replace(TO_COME, to_come), QUIET_BEFORE.get(words, ""), "")
        for words in QUIET
    }
    assert {words for words, done in found.items() if not set(then[words]) <= set(done["audit"])} == set()


def test_every_command_with_json_is_looked_at() -> None:
    known = {words for words, each in listed("commands").items() if "--json" in each["options"]}
    asked = {next(each for each in known if f"{words} ".startswith(f"{each} ")) for words, _, _ in COMMANDS}
    assert known - asked == NOT_WITH_THE_OUTBOX


def test_the_interface_for_programs_has_the_keys_it_had(house: House) -> None:
    token = "Bearer nl_4b194748_mYY26AequxuWOgzfuWtLhssnrMT-sClZDoxqyoAk0rc"
    for path, then in listed("json_keys")["web"].items():
        answer = house.get(path, HTTP_AUTHORIZATION=token)
        assert lost(then, shape(json.loads(answer["text"]))) == [], path


def test_the_look_for_lost_keys_finds_them() -> None:
    then = shape({"a": [{"b": 1}, {"c": {"d": 2}}], "e": 3})
    assert then == {"a": [{"b": None, "c": {"d": None}}], "e": None}
    assert lost(then, shape({"a": [{"b": 1}], "f": 3})) == [".a[].c", ".e"]
