"""Two of everything at once: several processes tick and work, and one mailing reaches everybody once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from tests.flows.conftest import Command
from tests.flows.test_feed_to_inbox import ready


def test_processes_that_tick_at_once_make_one_mailing(command: Command) -> None:
    now = datetime.now(UTC)
    zone = f"Etc/GMT{now.hour - 12:+d}"  # where it is noon: an hour later is the same day, whenever this runs
    ready(command, readers=5, zone=zone)
    at = (now.astimezone(ZoneInfo(zone)) + timedelta(hours=1)).strftime("%H:%M")
    command("schedules", "add", "morning", "--time", at, "--zone", zone, "--draft-before", "120")
    (occurrence,) = [each for each in command.json("schedules", "next", "--days", "1") if each["state"] == "planned"]

    def tick_all(instant: datetime) -> list[str]:
        with ThreadPoolExecutor() as threads:
            ticks = [threads.submit(command, instant.isoformat(), module="tests.flows.tick") for _ in range(4)]
            return sorted(tick.result().strip().splitlines()[-1] for tick in ticks)

    tick_all(now)  # opens the edition that was made by hand before
    claimed = tick_all(datetime.fromisoformat(occurrence["instant"]) + timedelta(seconds=1))
    assert claimed == ["0", "0", "0", "1"]
    assert len(command.json("mailings", "list")) == 1


def test_two_imports_of_one_file_at_once_add_everybody_once(command: Command, tmp_path: Path) -> None:
    command("lists", "create", "morning", "--name", "Morning Briefing")
    file = tmp_path / "readers.csv"
    file.write_text("email\n" + "".join(f"reader{n}@example.com\n" for n in range(3_000)))
    both = [command.start("subscribers", "import", str(file), "--list", "morning") for _ in range(2)]
    assert [process.wait(90) for process in both] == [0, 0]
    assert command.json("lists", "show", "morning")["counts"] == {"active": 3_000}
