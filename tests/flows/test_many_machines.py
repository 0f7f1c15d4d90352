"""Many workers on one PostgreSQL, as if on many machines: nobody twice, whatever becomes of workers and hints."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest

from tests.fakes.sendgrid import SendGridServer
from tests.flows.conftest import Command
from tests.flows.test_feed_to_inbox import ready, until_finished
from tests.forking import Process

pytestmark = pytest.mark.parametrize("command", ["postgres"], indirect=True)


@pytest.fixture
def start(to_sendgrid: Command) -> Iterator[Callable[..., Process]]:
    """Starts processes, and ends in order what still runs at the end."""
    running: list[Process] = []

    def begin(*words: str) -> Process:
        running.append(to_sendgrid.start(*words))
        return running[-1]

    yield begin
    for process in running:
        process.terminate()
    assert {process.wait(30) for process in running} <= {0, -signal.SIGKILL}


@pytest.fixture
def query(to_sendgrid: Command) -> Callable[..., Any]:
    def ask(sql: str) -> Any:
        with psycopg.connect(to_sendgrid.environment["NEWSLETTER_DATABASE_URL"], autocommit=True) as connection:
            cursor = connection.execute(sql)
            return cursor.fetchall() if cursor.description else cursor.rowcount

    return ask


def until(what: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_workers_share_a_mailing_though_hints_are_lost_and_one_of_them_is_killed(
    to_sendgrid: Command,
    sendgrid: SendGridServer,
    start: Callable[..., Process],
    query: Callable[..., Any],
) -> None:
    edition = ready(to_sendgrid, readers=6_500)
    sendgrid.delay = 0.4
    idle = start("worker", "--threads", "1")
    for _ in range(2):
        start("worker", "--threads", "2")
    until(lambda: query("SELECT count(*) FROM procrastinate_workers")[0][0] == 6)
    idle.send_signal(signal.SIGKILL)
    mailing = to_sendgrid.json("editions", "send", str(edition))["id"]
    until(lambda: len(sendgrid.bodies) >= 2)
    query("DELETE FROM procrastinate_jobs WHERE status = 'todo'")
    shown = until_finished(to_sendgrid, mailing)
    assert shown["counts"] == {"accepted": 6_500}
    assert len(sendgrid.accepted) == 6_500
    assert set(sendgrid.accepted.values()) == {1}
    until(lambda: query("SELECT count(*) FROM procrastinate_jobs WHERE status NOT IN ('todo', 'doing')")[0][0] == 0)


def test_hints_that_dead_workers_held_do_not_block_the_others(
    to_sendgrid: Command, start: Callable[..., Process], query: Callable[..., Any]
) -> None:
    query("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '1 hour')")
    for lock in ("owed", "imports", "events"):
        query(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, lock, status, worker_id, args, attempts) "
            f"SELECT 'rest', 'newsletter.jobs.queue.{lock}', '{lock}', 'doing', id, '{{}}', 0 "
            "FROM procrastinate_workers"
        )
    query(  # as when another worker takes it away at the same moment
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'gone'; END $$; "
        "CREATE TRIGGER refuse BEFORE DELETE ON procrastinate_jobs FOR EACH ROW WHEN (old.lock = 'imports') "
        "EXECUTE FUNCTION refuse()"
    )
    worker = start("worker")
    held = "SELECT lock FROM procrastinate_jobs WHERE lock IS NOT NULL AND status = 'doing'"
    until(lambda: query(held) == [("imports",)])
    dead = "SELECT count(*) FROM procrastinate_workers WHERE last_heartbeat < now() - interval '1 minute'"
    until(lambda: query(dead) == [(0,)])
    worker.terminate()
    began = time.monotonic()
    assert worker.wait(30) == 0
    assert time.monotonic() - began < 10, "an idle worker ends at once"


def test_a_worker_that_others_took_for_dead_goes_on_when_it_is_back(
    to_sendgrid: Command, sendgrid: SendGridServer, start: Callable[..., Process], query: Callable[..., Any]
) -> None:
    edition = ready(to_sendgrid, readers=5)
    worker = start("worker")
    until(lambda: query("SELECT count(*) FROM procrastinate_workers") == [(2,)])
    assert query("DELETE FROM procrastinate_workers") == 2
    shown = until_finished(to_sendgrid, to_sendgrid.json("editions", "send", str(edition))["id"])
    assert shown["counts"] == {"accepted": 5}
    until(lambda: query("SELECT count(*) FROM procrastinate_workers")[0][0] >= 1)
    assert worker.poll() is None


def test_hints_for_the_same_work_are_given_once(to_sendgrid: Command, query: Callable[..., Any]) -> None:
    edition = ready(to_sendgrid, readers=5)
    to_sendgrid("editions", "send", str(edition))
    script = (
        "from datetime import datetime, UTC\n"
        "from newsletter.jobs import worker_procrastinate\n"
        "for _ in range(3): worker_procrastinate.hint_due_work(datetime.now(UTC))"
    )
    to_sendgrid("manage", "shell", "-c", script)
    assert query("SELECT task_name, count(*) FROM procrastinate_jobs GROUP BY task_name") == [
        ("newsletter.jobs.queue.mailings", 1)
    ]
