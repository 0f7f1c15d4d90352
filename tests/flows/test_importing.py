"""Imports from outside, on each database: what a file knows, a process killed in the middle, and taking it back."""

from __future__ import annotations

import signal
import time
from pathlib import Path

from tests.flows.conftest import Command

FIRST = (
    "Email Address,First Name,City,MEMBER_RATING,OPTIN_TIME,OPTIN_IP,CONFIRM_TIME,CONFIRM_IP,"
    "TIMEZONE,LEID,EUID,NOTES,TAGS\n"
    "Ann@example.com,,Leeds,2,2018-02-12 10:54:00,,2018-02-12 10:54:27,203.0.113.7,"
    'Europe/London,1,a,,"""VIP"",""Blog"""\n'
    'ben@example.com,Ben,,2,,,,,,2,b,"likes ""maps""",\n'
    "nobody@,,,2,,,,,,3,c,,\n"
)
SECOND = (
    "email,first_name,status,shoe size,tags\n"
    "ann@example.com,Ann,active,40,VIP;New\n"
    "ben@example.com,Benny,unsubscribed,,\n"
    "cleo@example.com,,cleaned,,\n"
)


def test_two_files_and_back_again(command: Command, tmp_path: Path) -> None:
    command("lists", "create", "morning", "--name", "Morning Briefing")
    for name, text in (("first.csv", FIRST), ("second.csv", SECOND)):
        (tmp_path / name).write_text(text)
    command("subscribers", "import", str(tmp_path / "first.csv"), "--list", "morning", "--json", code=4)
    first = command.json("subscribers", "imports", "show", "1")
    assert {name: first["report"][name] for name in ("new", "refused", "rows", "tool")} == {
        "new": 2,
        "refused": 1,
        "rows": 3,
        "tool": "Mailchimp",
    }
    second = command.json("subscribers", "import", str(tmp_path / "second.csv"), "--list", "morning")
    assert [second[name] for name in ("new", "updated", "unchanged", "kept_unsubscribed", "refused")] == [1, 2, 0, 0, 0]
    ann = command.json("subscribers", "show", "ann@example.com")
    assert (ann["first_name"], ann["attributes"], ann["tags"]) == (
        "Ann",
        {"city": "Leeds", "shoe_size": "40"},
        ["Blog", "New", "VIP"],
    )
    assert ann["subscriptions"][0]["confirmed_at"].startswith("2018-02-12T10:54:27")
    ben = command.json("subscribers", "show", "ben@example.com")
    assert (ben["first_name"], ben["subscriptions"][0]["state"]) == ("Ben", "unsubscribed")
    undone = command.json("subscribers", "imports", "undo", "2", "--yes")
    assert undone == {"removed": 1, "put_back": 1, "people_removed": 1, "left_alone": 0}
    ann = command.json("subscribers", "show", "ann@example.com")
    assert (ann["first_name"], ann["attributes"], ann["tags"]) == ("", {"city": "Leeds"}, ["Blog", "VIP"])
    assert command.json("lists", "show", "morning")["counts"] == {"active": 2}


def test_an_import_that_is_killed_goes_on_where_it_was_and_is_nowhere_half_done(
    command: Command, tmp_path: Path
) -> None:
    command("lists", "create", "morning", "--name", "Morning Briefing")
    file = tmp_path / "readers.csv"
    rows = 60_000
    file.write_text("email,tags\n" + "".join(f"reader{n}@example.com,all\n" for n in range(rows)))
    process = command.start("subscribers", "import", str(file), "--list", "morning")
    _wait_for_some(command)
    process.send_signal(signal.SIGKILL)
    process.wait(30)
    found = command.json("subscribers", "imports", "show", "1")
    assert 0 < found["merged"] < rows
    assert found["merged"] == command.json("lists", "show", "morning")["counts"]["active"]
    _let_the_lease_run_out(command)
    report = command.json("subscribers", "imports", "resume", "1")
    assert (report["new"], report["rows"]) == (rows, rows)
    assert command.json("lists", "show", "morning")["counts"] == {"active": rows}


def _wait_for_some(command: Command) -> None:
    for _ in range(200):
        runs = command.json("subscribers", "imports", "list")
        if runs and runs[0]["merged"] > 0:
            return
        time.sleep(0.05)
    raise AssertionError("nothing was merged")


def _let_the_lease_run_out(command: Command) -> None:
    command(
        *("manage", "shell", "-v", "0", "-c"),
        "from subscribers import models; models.ImportRun.objects.update(lease_until='2020-01-01T00:00:00Z')",
    )
