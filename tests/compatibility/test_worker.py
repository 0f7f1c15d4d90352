"""Work that 0.1.0 left half done is taken over by the worker of now, and by the names that both know it by."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.compatibility.conftest import House, copy_of

BATCH, ATTEMPT = "m6nmqvcnp6qm", "hfxpqfa8yauu"  # of mailing 1: to ada and bea
HALF_SENT = "2sadbqsepdf9"  # mailing 3: planned, paused
# Every kind of mail for one person; a row of each may be owed when the program is replaced.
MAILS = [
    "confirm",
    "welcome",
    "already",
    "goodbye",
    "which",
    "address",
    "details",
    "data",
    "erase",
    "newaddress",
    "moved",
    "stay",
]
_OWED = "kind, to_address, subscriber_id, about, list_id, state, created_at, due_at, attempts, error"
# Every hint for procrastinate: task, queue, lock, queueing lock.
HINTS = {
    ("newsletter.jobs.queue.hand_over", "hand-over", None, "hand-over 0"),
    ("newsletter.jobs.queue.mailings", "rest", None, "mailings"),
    ("newsletter.jobs.queue.owed", "rest", None, "owed"),
    ("newsletter.jobs.queue.events", "rest", "events", "events"),
    ("newsletter.jobs.queue.imports", "rest", None, "imports"),
}
_NOTE_HINTS = """
    CREATE TABLE hints (task_name text, queue_name text, lock text, queueing_lock text);
    CREATE FUNCTION note_hint() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            INSERT INTO hints VALUES (NEW.task_name, NEW.queue_name, NEW.lock, NEW.queueing_lock);
            RETURN NEW;
        END $$;
    CREATE TRIGGER note_hint BEFORE INSERT ON procrastinate_jobs FOR EACH ROW EXECUTE FUNCTION note_hint();
"""


@pytest.fixture
def taken_over(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[House]:
    """A newsroom of its own in which there is work of each kind, and the worker at it until all of it is done."""
    house = House(kind, copy_of(request.getfixturevalue(f"left_{kind}"), tmp_path / "house"))
    _leave_work(house)
    worker = subprocess.Popen([sys.executable, "-m", "newsletter", "worker"], env=house.environment)
    try:
        _wait(lambda: house.value("SELECT state FROM delivery_mailing WHERE id = 3") == "finished")
        _report(house)  # only now: who bounced is not mailed any more
        _wait(lambda: house.value("SELECT count(*) FROM delivery_post") == 0)
        _wait(
            lambda: (
                house.value("SELECT count(*) FROM subscribers_owedmail WHERE state='owed' AND due_at < '2099-01-01'")
                == 0
            )
        )
        _wait(lambda: house.value("SELECT state FROM subscribers_import WHERE id = 1") == "undone")
        _wait(lambda: house.value("SELECT state FROM subscribers_import WHERE id = 3") == "done")
        yield house
    finally:
        worker.send_signal(signal.SIGTERM)
        worker.wait(20)
        house.end()


def _leave_work(house: House) -> None:
    now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S")
    house.do("write", sql=f"UPDATE delivery_mailing SET due_at = '{now}', state = 'sending', reason = '' WHERE id = 3")
    house.do("write", sql=f"UPDATE delivery_batch SET due_at = '{now}' WHERE mailing_id = 3")
    house.do("write", sql="UPDATE subscribers_import SET state = 'waiting' WHERE id = 3")
    options = '{"undo": {"by": "admin@example.com", "keep_people": false}}'
    house.do("write", sql=f"UPDATE subscribers_import SET state = 'undoing', options = '{options}' WHERE id = 1")
    for kind in MAILS:
        values = f"'{kind}', '', 3, 1, 1, 'owed', '{now}', '{now}', 0, ''"
        house.do("write", sql=f"INSERT INTO subscribers_owedmail ({_OWED}) VALUES ({values})")
    if house.kind == "postgres":
        house.do("write", sql=_NOTE_HINTS)


def _report(house: House) -> None:
    """Events of mailing 1, which 0.1.0 sent, with the ids that it gave them."""
    ids = {"nl_mailing": "94f43jatvtz5", "nl_batch": BATCH, "nl_attempt": ATTEMPT}
    arrived = {"email": "ada@example.com", "event": "delivered", "sg_event_id": "a", "nl_delivery": f"{BATCH}.0"}
    bounced = {"email": "bea@example.com", "event": "bounce", "sg_event_id": "b", "nl_delivery": f"{BATCH}.1"}
    house.report(arrived | ids, bounced | ids | {"reason": "550 no such user"})


def _wait(done: Callable[[], bool], seconds: float = 40) -> None:
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end
        time.sleep(0.1)


def test_the_worker_goes_on_with_what_is_stored(taken_over: House) -> None:
    house = taken_over
    # the mailing: each of its twelve readers once
    letters = [path.read_text("utf-8", "replace") for path in (house.folder / "outbox" / HALF_SENT).glob("*.eml")]
    told = sorted(next(line for line in each.splitlines() if line.startswith("To: ")) for each in letters)
    assert len(told) == len(set(told)) == 12
    assert [each for each in letters if "-nl_" in each or "/u/" not in each] == []  # its merge fields are filled in
    assert house.json("mailings", "show", "3")["counts"] == {"accepted": 12}
    # mail for one person
    owed = house.do("rows", sql="SELECT kind, state FROM subscribers_owedmail WHERE subscriber_id = 3 ORDER BY id")
    assert owed[-len(MAILS) :] == [[each, "sent"] for each in MAILS]
    # events: by batch, attempt and place
    assert {"ada@example.com"} == {
        each["address"] for each in house.json("mailings", "who", "1", "--state", "delivered")
    }
    assert house.value("SELECT state FROM subscribers_subscription WHERE subscriber_id=2 AND list_id=1") == "bounced"
    # an import with its file, another taken back as its stored options say
    assert house.values("SELECT id FROM subscribers_subscriber WHERE address = 'vera@example.com'") != []
    undone = "SELECT address FROM subscribers_subscriber WHERE address IN ('rosa@example.com', 'sven@example.com')"
    assert house.values(undone) == ["rosa@example.com"], "whom an edition reached stays; who left before goes"
    # the lease rows of 0.1.0 are the ones taken, and the worker says that it lives
    assert sorted(house.values("SELECT name FROM delivery_applier")) == ["engagement", "events"]
    owner = house.value("SELECT owner FROM delivery_applier WHERE name = 'events'")
    assert owner.startswith("worker@")
    assert owner != "worker@host:1"
    signs = house.do("rows", sql="SELECT name, kind FROM jobs_pulse WHERE name NOT LIKE '%@host:1'")
    assert signs
    assert {(name.partition("@")[0], kind) for name, kind in signs} == {("worker", "worker")}
    if house.kind == "postgres":
        given = {tuple(row) for row in house.do("rows", sql="SELECT DISTINCT * FROM hints")}
        assert {
            hint for hint in given if not str(hint[3]).startswith("hand-over ") or hint[3] == "hand-over 0"
        } == HINTS


def test_procrastinate_knows_the_tasks_by_the_names_they_had(open_postgres: House) -> None:
    """Hints of an old process wait in the queue while a new one starts, and the reverse."""
    found = open_postgres.do("tasks")
    for task, queue, _, _ in HINTS:
        assert found.get(task) == queue
